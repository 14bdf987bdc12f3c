export default {
  "explorer": "xor",
  "version": 1,
  "title": "Two hidden units fold the plane",
  "fields": [
    {"name": "h1_x1", "kind": "number", "label": "from x₁", "meaning": "how strongly switch x₁ counts for hidden unit 1", "group": "Hidden unit 1", "low": -6, "high": 6, "step": 0.1, "digits": 2, "start": 1},
    {"name": "h1_x2", "kind": "number", "label": "from x₂", "meaning": "how strongly switch x₂ counts for hidden unit 1", "group": "Hidden unit 1", "low": -6, "high": 6, "step": 0.1, "digits": 2, "start": 0.5},
    {"name": "h1_bias", "kind": "number", "label": "bias", "meaning": "what is added to the sum of hidden unit 1", "group": "Hidden unit 1", "low": -6, "high": 6, "step": 0.1, "digits": 2, "start": 0},
    {"name": "h2_x1", "kind": "number", "label": "from x₁", "meaning": "how strongly switch x₁ counts for hidden unit 2", "group": "Hidden unit 2", "low": -6, "high": 6, "step": 0.1, "digits": 2, "start": 0.5},
    {"name": "h2_x2", "kind": "number", "label": "from x₂", "meaning": "how strongly switch x₂ counts for hidden unit 2", "group": "Hidden unit 2", "low": -6, "high": 6, "step": 0.1, "digits": 2, "start": 1},
    {"name": "h2_bias", "kind": "number", "label": "bias", "meaning": "what is added to the sum of hidden unit 2", "group": "Hidden unit 2", "low": -6, "high": 6, "step": 0.1, "digits": 2, "start": -0.5},
    {"name": "y_h1", "kind": "number", "label": "from h₁", "meaning": "how strongly hidden unit 1 counts for the output", "group": "Output", "low": -6, "high": 6, "step": 0.1, "digits": 2, "start": 1},
    {"name": "y_h2", "kind": "number", "label": "from h₂", "meaning": "how strongly hidden unit 2 counts for the output", "group": "Output", "low": -6, "high": 6, "step": 0.1, "digits": 2, "start": -0.5},
    {"name": "y_bias", "kind": "number", "label": "bias", "meaning": "what is added to the output", "group": "Output", "low": -6, "high": 6, "step": 0.1, "digits": 2, "start": 0},
    {"name": "activation", "kind": "choice", "label": "activation", "meaning": "the function that turns the sum of a hidden unit into what it passes on", "group": "Both hidden units", "start": "relu",
     "options": [["ReLU", "relu"], ["tanh", "tanh"], ["sigmoid", "sigmoid"], ["step", "step"], ["none", "none"]]},
    {"name": "points", "kind": "list", "label": "points", "meaning": "where the four points are: x₁ and x₂ of each", "hidden": true, "least": 8, "most": 8,
     "of": {"kind": "number", "low": -0.5, "high": 1.5}, "start": [0, 0, 0, 1, 1, 0, 1, 1]}
  ]
};
