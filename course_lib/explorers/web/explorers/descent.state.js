export default {
  "explorer": "descent",
  "version": 1,
  "title": "Gradient descent",
  "fields": [
    {"name": "surface", "kind": "choice", "label": "surface", "meaning": "the loss as a function of two parameters", "group": "The surface", "start": "ravine",
     "options": [["bowl", "bowl"], ["ravine", "ravine"], ["two valleys", "two valleys"]]},
    {"name": "start_x", "kind": "number", "label": "start x", "meaning": "where the path starts, left to right", "group": "The surface", "low": -2.5, "high": 2.5, "step": 0.1, "start": -2.0},
    {"name": "start_y", "kind": "number", "label": "start y", "meaning": "where the path starts, bottom to top", "group": "The surface", "low": -2.5, "high": 2.5, "step": 0.1, "start": 1.5},
    {"name": "learning_rate", "kind": "choice", "ordered": true, "label": "learning rate η", "meaning": "how far a step goes for a gradient of a given size", "group": "The descent", "start": 0.03,
     "options": [["0.001", 0.001], ["0.0015", 0.0015], ["0.002", 0.002], ["0.003", 0.003], ["0.005", 0.005], ["0.007", 0.007], ["0.01", 0.01], ["0.015", 0.015], ["0.02", 0.02],
                 ["0.03", 0.03], ["0.05", 0.05], ["0.07", 0.07], ["0.08", 0.08], ["0.09", 0.09], ["0.1", 0.1], ["0.11", 0.11], ["0.15", 0.15], ["0.2", 0.2], ["0.3", 0.3],
                 ["0.5", 0.5], ["0.7", 0.7], ["1", 1.0], ["1.5", 1.5], ["1.9", 1.9], ["2", 2.0], ["2.1", 2.1]]},
    {"name": "steps", "kind": "number", "label": "steps", "meaning": "how many steps are taken", "group": "The descent", "low": 1, "high": 100, "step": 1, "digits": 0, "whole": true, "start": 30}
  ]
};
