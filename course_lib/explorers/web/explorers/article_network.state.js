export default {
  "explorer": "article_network",
  "version": 1,
  "title": "The article's network",
  "fields": [
    {"name": "x1", "kind": "number", "label": "x₁", "meaning": "input 1", "group": "Inputs", "low": -10, "high": 10, "step": 0.5, "start": 3},
    {"name": "x2", "kind": "number", "label": "x₂", "meaning": "input 2", "group": "Inputs", "low": -10, "high": 10, "step": 0.5, "start": 4},
    {"name": "w11", "kind": "number", "label": "x₁ → n₁", "meaning": "weight from x1 to n1", "group": "Into n₁", "low": -6, "high": 6, "step": 0.5, "start": 1},
    {"name": "w21", "kind": "number", "label": "x₂ → n₁", "meaning": "weight from x2 to n1", "group": "Into n₁", "low": -6, "high": 6, "step": 0.5, "start": -1},
    {"name": "b1", "kind": "number", "label": "bias of n₁", "meaning": "added to the sum of n1", "group": "Into n₁", "low": -10, "high": 10, "step": 0.5, "start": 9},
    {"name": "w12", "kind": "number", "label": "x₁ → n₂", "meaning": "weight from x1 to n2", "group": "Into n₂", "low": -6, "high": 6, "step": 0.5, "start": 2},
    {"name": "w22", "kind": "number", "label": "x₂ → n₂", "meaning": "weight from x2 to n2", "group": "Into n₂", "low": -6, "high": 6, "step": 0.5, "start": 0},
    {"name": "b2", "kind": "number", "label": "bias of n₂", "meaning": "added to the sum of n2", "group": "Into n₂", "low": -10, "high": 10, "step": 0.5, "start": -3},
    {"name": "v11", "kind": "number", "label": "n₁ → y₁", "meaning": "weight from n1 to y1", "group": "Into y₁", "low": -6, "high": 6, "step": 0.5, "start": 4},
    {"name": "v21", "kind": "number", "label": "n₂ → y₁", "meaning": "weight from n2 to y1", "group": "Into y₁", "low": -6, "high": 6, "step": 0.5, "start": 3},
    {"name": "c1", "kind": "number", "label": "bias of y₁", "meaning": "added to the sum of y1", "group": "Into y₁", "low": -10, "high": 10, "step": 0.5, "start": 5},
    {"name": "v12", "kind": "number", "label": "n₁ → y₂", "meaning": "weight from n1 to y2", "group": "Into y₂", "low": -6, "high": 6, "step": 0.5, "start": -2},
    {"name": "v22", "kind": "number", "label": "n₂ → y₂", "meaning": "weight from n2 to y2", "group": "Into y₂", "low": -6, "high": 6, "step": 0.5, "start": 1},
    {"name": "c2", "kind": "number", "label": "bias of y₂", "meaning": "added to the sum of y2", "group": "Into y₂", "low": -10, "high": 10, "step": 0.5, "start": 0}
  ]
};
