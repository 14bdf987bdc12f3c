export default {
  "explorer": "overfitting_laboratory",
  "version": 1,
  "title": "The overfitting laboratory",
  "fields": [
    {"name": "n_points", "kind": "choice", "ordered": true, "label": "training points", "meaning": "how many points the network learns from", "group": "The data", "start": 80,
     "options": [["20", 20], ["40", 40], ["80", 80], ["160", 160], ["320", 320]]},
    {"name": "wrong", "kind": "choice", "ordered": true, "label": "labels redrawn", "meaning": "the share of the training labels that are drawn anew by chance; half come out wrong", "group": "The data", "start": 0.3,
     "options": [["0%", 0], ["10%", 0.1], ["20%", 0.2], ["30%", 0.3], ["40%", 0.4]]},
    {"name": "units", "kind": "choice", "ordered": true, "label": "units a layer", "meaning": "how many units each of the two hidden layers has", "group": "The data", "start": 64,
     "options": [["1", 1], ["2", 2], ["4", 4], ["8", 8], ["16", 16], ["32", 32], ["64", 64]]},
    {"name": "seed", "kind": "number", "label": "draw", "meaning": "other points, other wrong labels and other first weights: what of it all was luck?", "group": "The data", "low": 0, "high": 99, "step": 1, "digits": 0, "whole": true, "start": 1},
    {"name": "patience", "kind": "choice", "label": "early stopping", "meaning": "stop after so many epochs without a lower loss on new points", "group": "Remedies", "start": 0,
     "options": [["off", 0], ["after 10 epochs", 10], ["after 30 epochs", 30]]},
    {"name": "dropout", "kind": "choice", "ordered": true, "label": "dropout", "meaning": "the share of units that sit out each step", "group": "Remedies", "start": 0,
     "options": [["off", 0], ["0.2", 0.2], ["0.5", 0.5]]},
    {"name": "copies", "kind": "choice", "label": "more data", "meaning": "each point also mirrored left to right, top to bottom, and both: four times as many points", "group": "Remedies", "start": false,
     "options": [["off", false], ["mirrored copies", true]]},
    {"name": "l1", "kind": "choice", "ordered": true, "label": "L1", "meaning": "the strength of the penalty on |weights|", "group": "On the weights", "start": 0,
     "options": [["off", 0], ["0.001", 0.001], ["0.003", 0.003], ["0.01", 0.01]]},
    {"name": "l2", "kind": "choice", "ordered": true, "label": "L2", "meaning": "the strength of the penalty on squared weights", "group": "On the weights", "start": 0,
     "options": [["off", 0], ["0.01", 0.01], ["0.03", 0.03], ["0.1", 0.1]]},
    {"name": "max_norm", "kind": "choice", "ordered": true, "label": "max-norm", "meaning": "the longest that each unit's incoming weights may be", "group": "On the weights", "start": 0,
     "options": [["off", 0], ["2", 2], ["1", 1], ["0.5", 0.5]]}
  ]
};
