"""The optimizer that a Recipe names, for the parameters of the PyTorch engine."""

import torch

from course_lib.engine.plan import OPTIMIZERS
from course_lib.pytorch import optimizers
from course_lib.recipe import DECOUPLED_DECAY, RecipeError


def optimizer_for(recipe, parameters, weights, weight_axes=2):
    """The optimizer that a recipe names, with its learning rate.

    Parameters
    ----------
    parameters : list of tensors
    weights : those of them that "adamw" and "muon" decay by the recipe's l2; the others take Adam beside Muon
    weight_axes : how many axes a weight matrix has: three in a stack, where the first counts the networks

    Raises
    ------
    RecipeError : an optimizer that this engine does not know, "muon" for weights that are no matrices
    """
    name, rate = recipe.optimizer, recipe.learning_rate
    own = {id(weight) for weight in weights}
    rest = [parameter for parameter in parameters if id(parameter) not in own]
    if name == "adamw":
        groups = [{"params": list(weights), "weight_decay": recipe.l2}, {"params": rest, "weight_decay": 0.0}]
        return optimizers.AdamW([group for group in groups if group["params"]], rate)
    if name == "muon":
        for weight in weights:
            if weight.ndim != weight_axes:
                raise RecipeError(
                    f"optimizer is 'muon', which steps along matrices; a weight here has the shape "
                    f"{tuple(weight.shape)}, as the filters of a convolution have. Use 'adamw' for this network."
                )
        muon = optimizers.Muon(weights, rate, weight_decay=recipe.l2)
        return SideBySide([optimizers.Adam(rest, rate), muon]) if rest else muon
    if name in OPTIMIZERS:  # the same for all parameters
        return getattr(optimizers, OPTIMIZERS[name])(parameters, rate)
    raise RecipeError(f"optimizer is {name!r}, which has no part in the PyTorch engine.")


class SideBySide(torch.optim.Optimizer):
    """Optimizers of different parameters as one: their steps, states and parameter groups together."""

    def __init__(self, optimizers):
        self.optimizers = optimizers
        super().__init__([group for optimizer in optimizers for group in optimizer.param_groups], {})
        for optimizer in optimizers:
            self.state.update(optimizer.state)
        self._share()

    def _share(self):
        """Give each optimizer the state and the parameter groups that this one has."""
        start = 0
        for optimizer in self.optimizers:
            end = start + len(optimizer.param_groups)
            optimizer.state, optimizer.param_groups = self.state, self.param_groups[start:end]
            start = end

    def __getstate__(self):
        return super().__getstate__() | {"optimizers": self.optimizers}

    def __setstate__(self, state):
        super().__setstate__(state)
        self._share()

    @torch.no_grad()
    def step(self):
        """A step of each."""
        for optimizer in self.optimizers:
            optimizer.step()

    def load_state_dict(self, state_dict):
        """As torch.optim.Optimizer.load_state_dict, which makes a new state and new groups."""
        super().load_state_dict(state_dict)
        self._share()

    @property
    def learning_rate(self):
        """That of all of them."""
        return self.optimizers[0].learning_rate

    @learning_rate.setter
    def learning_rate(self, learning_rate):
        for optimizer in self.optimizers:
            optimizer.learning_rate = learning_rate


class StackedOptimizer:
    """An optimizer with a learning rate for each network of a stack, which torch.optim itself does not have.

    Every step is the learning rate times something that does not depend on it. The optimizer of `optimizer_for`
    computes that something: the negative of it is what it makes of zeros at a rate of 1.

    Parameters
    ----------
    recipes : of the networks; one optimizer and one l2 for all
    parameters : tensor (networks, numbers): flat arrays, one after the other, weights first
    shapes : of these arrays; those of weights are (networks, fan_in, fan_out)
    """

    def __init__(self, recipes, parameters, shapes):
        rates = [[recipe.learning_rate] for recipe in recipes]
        self.learning_rate = torch.tensor(rates, dtype=parameters.dtype, device=parameters.device)  # (networks, 1)
        self.n_weights = sum(shape[1:].numel() for shape in shapes if len(shape) == 3)
        self.attach(parameters)
        self.weight_decay = recipes[0].l2 if recipes[0].optimizer in DECOUPLED_DECAY else 0.0
        if recipes[0].optimizer != "muon":
            shapes = [parameters.shape]  # entry by entry: one array is enough, and faster
        self.steps = [parameters.new_zeros(shape) for shape in shapes]
        weights = [step for step in self.steps if step.ndim == 3]
        self.optimizer = optimizer_for(recipes[0].replace(l2=0.0), self.steps, weights, weight_axes=3)
        self.optimizer.learning_rate = 1.0

    def attach(self, parameters: torch.Tensor) -> None:
        """Change these from now on: a copy's own, in the place of the original's."""
        self.parameters, self.weights = parameters, parameters[:, : self.n_weights]

    def step(self, gradients, alive):
        """Change the parameters of the networks that are alive; the others' stay as they are."""
        stopped = ~alive[:, None]
        rates = torch.as_tensor(self.learning_rate, dtype=self.parameters.dtype, device=self.parameters.device)
        rates = torch.where(stopped, 0, rates)
        if self.weight_decay:
            self.weights.mul_(1 - rates * self.weight_decay)  # w <- w - eta lambda w
        sizes = [step[0].numel() for step in self.steps]
        for step, gradient in zip(self.steps, gradients.split(sizes, dim=1), strict=True):
            step.grad = gradient.contiguous().view(step.shape)
        self.optimizer.step()
        for step, own in zip(self.steps, self.parameters.split(sizes, dim=1), strict=True):
            change = step.flatten(1).masked_fill_(stopped, 0)  # 0 times the NaN of a network that diverged would be NaN
            own.addcmul_(rates, change)  # w <- w + eta step
            step.zero_()
