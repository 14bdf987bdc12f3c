export default {
  "explorer": "neuron",
  "version": 1,
  "title": "One neuron",
  "fields": [
    {"name": "w1", "kind": "number", "label": "weight w₁", "meaning": "how strongly input x₁ counts", "group": "The neuron", "low": -3, "high": 3, "step": 0.1, "start": 1},
    {"name": "w2", "kind": "number", "label": "weight w₂", "meaning": "how strongly input x₂ counts", "group": "The neuron", "low": -3, "high": 3, "step": 0.1, "start": 2},
    {"name": "bias", "kind": "number", "label": "bias b", "meaning": "what is added to the sum, whatever the inputs are", "group": "The neuron", "low": -8, "high": 8, "step": 0.1, "start": -1},
    {"name": "activation", "kind": "choice", "label": "activation", "meaning": "the function that turns the sum into the output", "group": "The neuron", "start": "relu",
     "options": [["step", "step"], ["sigmoid", "sigmoid"], ["tanh", "tanh"], ["ReLU", "relu"], ["leaky ReLU", "leaky_relu"], ["ELU", "elu"], ["SELU", "selu"], ["GELU", "gelu"], ["SiLU", "silu"]]},
    {"name": "x1", "kind": "number", "label": "input x₁", "meaning": "where the input is, left to right", "group": "The input", "low": -5, "high": 5, "step": 0.1, "start": 2},
    {"name": "x2", "kind": "number", "label": "input x₂", "meaning": "where the input is, bottom to top", "group": "The input", "low": -5, "high": 5, "step": 0.1, "start": 1}
  ]
};
