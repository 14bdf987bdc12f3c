"""A network is a list of layers: torch.nn.Sequential, from a list."""

from torch import nn


class Sequential(nn.Sequential):
    """torch.nn.Sequential. Its backward pass is autograd's.

    Parameters
    ----------
    layers : list of nn.Module
    """

    named = {}

    def __init__(self, layers):
        super().__init__(*layers)

    @property
    def layers(self) -> list[nn.Module]:
        """The layers, first to last."""
        return list(self)
