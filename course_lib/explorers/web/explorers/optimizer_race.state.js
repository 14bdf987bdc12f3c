export default {
  "explorer": "optimizer_race",
  "version": 1,
  "title": "Six optimizers race",
  "fields": [
    {"name": "surface", "kind": "choice", "label": "surface", "meaning": "the loss as a function of two parameters", "group": "The surface", "start": "ravine",
     "options": [["ravine", "ravine"], ["turned ravine", "turned ravine"], ["saddle", "saddle"], ["plateau", "plateau"]]},
    {"name": "rates", "kind": "choice", "label": "rates", "meaning": "whether all have the slider's learning rate, or each the one with which it is quickest here", "group": "The surface", "start": "same",
     "options": [["one for all", "same"], ["each its best", "tuned"]]},
    {"name": "learning_rate", "kind": "choice", "ordered": true, "label": "learning rate η", "meaning": "how far a step goes, for all six; not used when each has its best", "group": "The optimizers", "start": 0.01,
     "options": [["0.001", 0.001], ["0.0015", 0.0015], ["0.002", 0.002], ["0.003", 0.003], ["0.005", 0.005], ["0.007", 0.007], ["0.01", 0.01], ["0.015", 0.015], ["0.02", 0.02],
                 ["0.03", 0.03], ["0.05", 0.05], ["0.07", 0.07], ["0.1", 0.1], ["0.15", 0.15], ["0.2", 0.2], ["0.3", 0.3], ["0.5", 0.5], ["0.7", 0.7], ["1", 1.0], ["1.5", 1.5], ["2", 2.0]]},
    {"name": "momentum", "kind": "choice", "ordered": true, "label": "momentum μ", "meaning": "the share of the last step that is kept: μ of momentum and Nesterov, β₁ of Adam and AdamW", "group": "The optimizers", "start": 0.9,
     "options": [["0", 0.0], ["0.3", 0.3], ["0.5", 0.5], ["0.6", 0.6], ["0.7", 0.7], ["0.8", 0.8], ["0.85", 0.85], ["0.9", 0.9], ["0.95", 0.95], ["0.97", 0.97], ["0.99", 0.99]]}
  ]
};
