export default {
  "explorer": "back_propagation",
  "version": 1,
  "title": "Back-propagation, link by link",
  "fields": [
    {"name": "x1", "kind": "number", "label": "input x₁", "meaning": "input 1", "group": "Example", "low": -10, "high": 10, "step": 0.5, "short": true, "start": 3},
    {"name": "x2", "kind": "number", "label": "input x₂", "meaning": "input 2", "group": "Example", "low": -10, "high": 10, "step": 0.5, "short": true, "start": 4},
    {"name": "t1", "kind": "number", "label": "target t₁", "meaning": "what y1 should be", "group": "Example", "low": -100, "high": 100, "step": 1, "short": true, "start": 44},
    {"name": "t2", "kind": "number", "label": "target t₂", "meaning": "what y2 should be", "group": "Example", "low": -100, "high": 100, "step": 1, "short": true, "start": 1},
    {"name": "w11", "kind": "number", "label": "w₁₁: x₁→n₁", "meaning": "weight from x1 to n1", "group": "Hidden layer", "low": -10, "high": 10, "step": 0.1, "short": true, "start": 1},
    {"name": "w21", "kind": "number", "label": "w₂₁: x₂→n₁", "meaning": "weight from x2 to n1", "group": "Hidden layer", "low": -10, "high": 10, "step": 0.1, "short": true, "start": -1},
    {"name": "b1", "kind": "number", "label": "bias b₁", "meaning": "bias of n1: added to its sum", "group": "Hidden layer", "low": -20, "high": 20, "step": 0.1, "short": true, "start": 9},
    {"name": "w12", "kind": "number", "label": "w₁₂: x₁→n₂", "meaning": "weight from x1 to n2", "group": "Hidden layer", "low": -10, "high": 10, "step": 0.1, "short": true, "start": 2},
    {"name": "w22", "kind": "number", "label": "w₂₂: x₂→n₂", "meaning": "weight from x2 to n2", "group": "Hidden layer", "low": -10, "high": 10, "step": 0.1, "short": true, "start": 0},
    {"name": "b2", "kind": "number", "label": "bias b₂", "meaning": "bias of n2: added to its sum", "group": "Hidden layer", "low": -20, "high": 20, "step": 0.1, "short": true, "start": -3},
    {"name": "v11", "kind": "number", "label": "v₁₁: n₁→y₁", "meaning": "weight from n1 to y1", "group": "Output layer", "low": -10, "high": 10, "step": 0.1, "short": true, "start": 4},
    {"name": "v21", "kind": "number", "label": "v₂₁: n₂→y₁", "meaning": "weight from n2 to y1", "group": "Output layer", "low": -10, "high": 10, "step": 0.1, "short": true, "start": 3},
    {"name": "c1", "kind": "number", "label": "bias c₁", "meaning": "bias of y1: added to its sum", "group": "Output layer", "low": -20, "high": 20, "step": 0.1, "short": true, "start": 5},
    {"name": "v12", "kind": "number", "label": "v₁₂: n₁→y₂", "meaning": "weight from n1 to y2", "group": "Output layer", "low": -10, "high": 10, "step": 0.1, "short": true, "start": -2},
    {"name": "v22", "kind": "number", "label": "v₂₂: n₂→y₂", "meaning": "weight from n2 to y2", "group": "Output layer", "low": -10, "high": 10, "step": 0.1, "short": true, "start": 1},
    {"name": "c2", "kind": "number", "label": "bias c₂", "meaning": "bias of y2: added to its sum", "group": "Output layer", "low": -20, "high": 20, "step": 0.1, "short": true, "start": 0},
    {"name": "learning_rate", "kind": "choice", "ordered": true, "label": "learning rate", "meaning": "the share of its slope that a step takes off every weight and bias", "group": "The step", "start": 0.001, "options": [["0.0001", 0.0001], ["0.0003", 0.0003], ["0.001", 0.001], ["0.003", 0.003], ["0.01", 0.01], ["0.03", 0.03]]},
    {"name": "position", "kind": "number", "hidden": true, "label": "position", "meaning": "how many links of the two passes are lit", "low": 0, "high": 31, "step": 1, "start": 0},
    {"name": "losses", "kind": "numbers", "hidden": true, "label": "losses", "meaning": "the loss before the first step, and after each step", "most": 100, "low": 0, "high": 1000000000000, "start": []}
  ]
};
