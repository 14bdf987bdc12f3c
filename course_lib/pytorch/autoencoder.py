"""An autoencoder of two torch.nn.Linear; autograd does the rest."""

import torch
from torch import nn

from course_lib.pytorch.activations import Activation
from course_lib.pytorch.losses import mean_squared_error


class Autoencoder(nn.Module):
    """h = f(x W + b), r = h V + c; the loss is the mean of (r - x)^2 over the batch and the inputs.

    Parameters
    ----------
    parameters, activation : as in `course_lib.scratch.autoencoder.Autoencoder`; parameters are tensors, which are
        copied into `encoder` and `decoder`, where weights are (fan_out, fan_in)
    """

    def __init__(self, parameters: dict[str, torch.Tensor], activation: str = "sigmoid"):
        super().__init__()
        (n_inputs, n_hidden), dtype = parameters["encoder.weight"].shape, parameters["encoder.weight"].dtype
        self.encoder = nn.Linear(n_inputs, n_hidden, dtype=dtype)
        self.activation = Activation(activation)
        self.decoder = nn.Linear(n_hidden, n_inputs, dtype=dtype)
        with torch.no_grad():
            for name, parameter in self.named_parameters():
                parameter.copy_(parameters[name].t())

    def encode(self, x: torch.Tensor) -> torch.Tensor:
        """The code, the outputs of the hidden units: x (batch, n_inputs) -> (batch, n_hidden)."""
        return self.activation(self.encoder(x))

    def decode(self, code: torch.Tensor) -> torch.Tensor:
        """The reconstruction of a code: (batch, n_hidden) -> (batch, n_inputs)."""
        return self.decoder(code)

    def loss(self, x: torch.Tensor) -> torch.Tensor:
        """L = mean (r - x)^2; its `backward` fills the gradients of the parameters."""
        return mean_squared_error(self.decode(self.encode(x)), x)
