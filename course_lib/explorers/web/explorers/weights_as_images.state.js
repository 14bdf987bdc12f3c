export default {
  "explorer": "weights_as_images",
  "version": 1,
  "title": "Weights as images",
  "fields": [
    {"name": "hidden_units", "kind": "choice", "ordered": true, "label": "hidden units", "meaning": "none: the pixels go to the classes directly; else a hidden layer of so many units. The network starts over", "group": "Network", "start": 0,
     "options": [["none", 0], ["4", 4], ["6", 6], ["8", 8], ["10", 10], ["12", 12], ["14", 14], ["16", 16]]},
    {"name": "activation", "kind": "choice", "label": "activation", "meaning": "of the hidden units; without them there is nothing to choose. The network starts over", "group": "Network", "start": "relu",
     "options": [["sigmoid", "sigmoid"], ["tanh", "tanh"], ["ReLU", "relu"], ["leaky ReLU", "leaky_relu"], ["ELU", "elu"], ["SELU", "selu"], ["GELU", "gelu"], ["SiLU", "silu"]]},
    {"name": "seed", "kind": "number", "label": "seed", "meaning": "which random numbers: of the first weights and the batches. The network starts over", "group": "Network", "low": 0, "high": 999, "step": 1, "digits": 0, "whole": true, "start": 1},
    {"name": "optimizer", "kind": "choice", "label": "optimizer", "meaning": "how a gradient becomes a step", "group": "Training", "start": "gradient_descent",
     "options": [["gradient descent", "gradient_descent"], ["momentum", "momentum"], ["Nesterov", "nesterov"], ["RMSProp", "rmsprop"], ["Adam", "adam"], ["AdamW", "adamw"], ["Muon", "muon"]]},
    {"name": "learning_rate", "kind": "choice", "ordered": true, "label": "learning rate", "meaning": "how long a step is", "group": "Training", "start": 0.1,
     "options": [["0.0001", 0.0001], ["0.0003", 0.0003], ["0.001", 0.001], ["0.003", 0.003], ["0.01", 0.01], ["0.03", 0.03], ["0.1", 0.1], ["0.3", 0.3], ["1", 1], ["3", 3]]},
    {"name": "l2", "kind": "choice", "ordered": true, "label": "L2", "meaning": "a price on the square of every weight. Weights that the images do not ask for shrink to 0, and with them the noise of the random start: the tiles become smooth. With AdamW and Muon, weight decay", "group": "Training", "start": 0,
     "options": [["0", 0], ["0.0001", 0.0001], ["0.0003", 0.0003], ["0.001", 0.001], ["0.003", 0.003], ["0.01", 0.01], ["0.03", 0.03], ["0.1", 0.1], ["0.3", 0.3]]},
    {"name": "batch_size", "kind": "number", "label": "batch", "meaning": "how many images each step looks at", "group": "Training", "low": 1, "high": 128, "step": 1, "digits": 0, "whole": true, "start": 32},
    {"name": "image", "kind": "number", "label": "image", "meaning": "which of the validation images is looked at; the network does not learn from them", "group": "Validation image", "low": 0, "high": 499, "step": 1, "digits": 0, "whole": true, "start": 0}
  ]
};
