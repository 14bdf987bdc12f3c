export default {
  "explorer": "recurrent_gradients",
  "version": 1,
  "title": "Gradients through time",
  "fields": [
    {"name": "steps", "kind": "number", "label": "time steps", "meaning": "how many steps a sequence has", "group": "The network", "low": 2, "high": 100, "step": 1, "digits": 0, "whole": true, "start": 60},
    {"name": "gain", "kind": "number", "label": "gain of W", "meaning": "by how much the recurrent weights W lengthen every vector", "group": "The network", "low": 0.5, "high": 2, "step": 0.05, "digits": 2, "start": 1.8},
    {"name": "activation", "kind": "choice", "label": "activation", "meaning": "the function of every hidden unit", "group": "The network", "start": "tanh",
     "options": [["tanh", "tanh"], ["ReLU", "relu"], ["linear", "linear"]]},
    {"name": "limit", "kind": "choice", "ordered": true, "label": "clip at", "meaning": "the longest gradient, of all weights together, that is let through", "group": "Clipping", "start": 1,
     "options": [["0.01", 0.01], ["0.03", 0.03], ["0.1", 0.1], ["0.3", 0.3], ["1", 1], ["3", 3], ["10", 10], ["30", 30], ["100", 100], ["off", 0]]}
  ]
};
