export default {
  "explorer": "gradient_flow",
  "version": 1,
  "title": "Gradient flow",
  "fields": [
    {"name": "depth", "kind": "number", "label": "hidden layers", "meaning": "how many hidden layers the network has", "group": "The network", "low": 1, "high": 30, "step": 1, "digits": 0, "whole": true, "start": 15},
    {"name": "width", "kind": "choice", "ordered": true, "label": "units a layer", "meaning": "how many units each hidden layer has", "group": "The network", "start": 10,
     "options": [["10", 10], ["30", 30], ["100", 100], ["300", 300]]},
    {"name": "activation", "kind": "choice", "label": "activation", "meaning": "the function of every hidden layer", "group": "The network", "start": "sigmoid",
     "options": [["sigmoid", "sigmoid"], ["tanh", "tanh"], ["ReLU", "relu"], ["leaky ReLU", "leaky_relu"], ["RReLU", "rrelu"], ["PReLU", "prelu"], ["ELU", "elu"], ["SELU", "selu"], ["GELU", "gelu"], ["SiLU", "silu"]]},
    {"name": "normalization", "kind": "choice", "label": "normalize", "meaning": "every layer's sums are brought to mean 0 and standard deviation 1: each unit's over the images, or each image's over the units", "group": "The network", "start": "none",
     "options": [["nothing", "none"], ["batch norm", "batch"], ["layer norm", "layer"]]},
    {"name": "residual", "kind": "flag", "label": "residual connections", "meaning": "what goes into a hidden layer is added to what comes out of it, from the second layer on", "group": "The network", "start": false},
    {"name": "initialization", "kind": "choice", "label": "weights start", "meaning": "how large the random weights are at the start", "group": "How it starts", "start": "standard_normal",
     "options": [["N(0, 1)", "standard_normal"], ["Xavier", "xavier_normal"], ["He", "he_normal"], ["LeCun", "lecun_normal"], ["PyTorch's own", "pytorch_uniform"]]},
    {"name": "seed", "kind": "number", "label": "random draw", "meaning": "which of ten random starts, to see what is luck", "group": "How it starts", "low": 0, "high": 9, "step": 1, "digits": 0, "whole": true, "start": 0}
  ]
};
