"""An autoencoder of two torch.nn.Linear, and the pretraining of a network's layers with it; autograd does the rest."""

import math
from collections import OrderedDict

import numpy as np
import torch
from torch import nn

from course_lib.arrays import check_dtype, check_inputs, check_named
from course_lib.engine.device import choose_device
from course_lib.engine.torch_optimizers import optimizer_for
from course_lib.pytorch.activations import Activation
from course_lib.pytorch.dense import Dense
from course_lib.pytorch.losses import mean_squared_error
from course_lib.recipe import ACTIVATIONS, Recipe, RecipeError, check_count, random_stream

ENCODING_BATCH = 2000  # examples per forward pass in evaluation: bounds the memory


class PretrainingDiverged(ArithmeticError):
    """The loss of a layer's autoencoder is not a finite number. `parameters` holds the layers that were finished."""

    def __init__(self, message, parameters):
        super().__init__(message)
        self.parameters = parameters


class Autoencoder:
    """h = f(x W + b), r = h V + c; the loss is the mean of (r - x)^2 over the batch and the inputs.

    Parameters
    ----------
    n_inputs, n_hidden : columns of x, number of hidden units
    activation : f, as in a Recipe, but neither "rrelu" nor "prelu", which have slopes of their own
    initialization : of both weight matrices; biases start at 0
    optimizer, learning_rate, seed : as in a Recipe
    dtype : "float32" or "float64"
    device : "auto", "cpu", "cuda" or "mps"

    Raises
    ------
    RecipeError : a word or a number that cannot work
    """

    def __init__(
        self, n_inputs, n_hidden, activation="sigmoid", initialization="xavier_normal", optimizer="adam",
        learning_rate=0.001, seed=0, dtype="float32", device="auto",
    ):  # fmt: skip
        _check_activation(activation)
        recipe = Recipe(
            (n_hidden,), activation, initialization, "none", optimizer=optimizer, learning_rate=learning_rate, seed=seed
        )
        self.n_inputs, self.n_hidden = check_count("n_inputs", n_inputs, 1), recipe.hidden_layers[0]
        self.dtype = check_dtype(dtype)
        self.device = choose_device(device, self.dtype)
        rng = random_stream(recipe.seed, "initialization")
        layers = OrderedDict(
            encoder=Dense(self.n_inputs, self.n_hidden, initialization, rng, dtype=self.dtype),
            activation=Activation(activation),
            decoder=Dense(self.n_hidden, self.n_inputs, initialization, rng, dtype=self.dtype),
        )
        self.module = nn.Sequential(layers).to(self.device)
        self._slots = dict(self.module.named_parameters())  # PyTorch's names are ours; its weights are transposed
        slots = list(self._slots.values())
        self.optimizer = optimizer_for(recipe, slots, [slot for slot in slots if slot.ndim == 2])

    def parameters(self):
        """Copies of all arrays: "encoder.weight" (n_inputs, n_hidden), "encoder.bias", "decoder.weight", ..."""
        return {name: _to_numpy(parameter) for name, parameter in self._slots.items()}

    def load_parameters(self, named):
        """Set all arrays. A name or shape that does not fit is an ArrayError, and nothing is changed."""
        arrays = check_named(named, {name: tuple(slot.shape[::-1]) for name, slot in self._slots.items()})
        with torch.no_grad():
            for name, slot in self._slots.items():
                slot.copy_(torch.from_numpy(np.array(arrays[name].T, copy=True)))

    def encode(self, x):
        """The hidden units' outputs: x (examples, n_inputs) -> (examples, n_hidden)."""
        return self._encoded(self._placed(x)).cpu().numpy()

    def reconstruct(self, x):
        """What the decoder makes of them: x (examples, n_inputs) -> (examples, n_inputs)."""
        with torch.no_grad():
            return torch.cat([self.module(part) for part in self._placed(x).split(ENCODING_BATCH)]).cpu().numpy()

    def loss_and_gradients(self, x):
        """The loss, and {name: gradient} under the parameters' names."""
        x = self._placed(x)
        loss = mean_squared_error(self.module(x), x)
        self._backward(loss)
        return loss.item(), {name: _to_numpy(slot.grad) for name, slot in self._slots.items()}

    def train_step(self, x):
        """One update of all parameters; returns the loss before it. A loss that is not finite: without an update."""
        return self._update(self._placed(x))

    def _placed(self, x):
        return _place(check_inputs(x, self.n_inputs, self.dtype), self.dtype, self.device)

    def _update(self, x):
        loss = mean_squared_error(self.module(x), x)
        value = loss.item()
        if math.isfinite(value):
            self._backward(loss)
            self.optimizer.step()
        return value

    def _backward(self, loss):
        self.optimizer.zero_grad()
        loss.backward()

    def _encoded(self, x):
        with torch.no_grad():
            return torch.cat([self.module[:2](part) for part in x.split(ENCODING_BATCH)])


def pretrain_layers(
    recipe, x, steps, learning_rate=0.001, progress=False, on_step=None, dtype="float32", device="auto"
):
    """The hidden layers of a network, each trained as an encoder of what the layer below gives; without labels.

    The first autoencoder learns to rebuild x, the second to rebuild the first one's hidden outputs, and so on: each is
    trained alone, those below stand still. Bengio et al. 2007, here with a linear decoder, which is thrown away.
    To go on with labels: `network.load_parameters(network.parameters() | pretrained)` keeps the network's own head.

    Parameters
    ----------
    recipe : Recipe without batch norm; its hidden_layers, activation, initialization, optimizer, batch_size and seed
        count here, its regularization does not
    x : (examples, inputs), unlabeled
    steps : updates of each layer's autoencoder, on random batches
    learning_rate : of the autoencoders; the recipe's own is that of the training with labels
    progress : show a progress bar
    on_step : called after every update as on_step("dense1", loss before the update)
    dtype, device : as for `Autoencoder`

    Returns
    -------
    {"dense1.weight": (fan_in, fan_out), "dense1.bias": (fan_out,), "dense2.weight": ...}. An interrupted call (the Stop
    button, Ctrl-C) returns the layers that it has, the last one as far as it got.

    Raises
    ------
    RecipeError : batch norm, no hidden layer, an activation that an autoencoder cannot take, a bad number of steps
    ArrayError : an x that does not fit
    PretrainingDiverged : the loss is not finite
    """
    _check_pretraining(recipe)
    steps, x, dtype = check_count("steps", steps, 1), np.asarray(x), check_dtype(dtype)
    values = _place(check_inputs(x, x.shape[-1] if x.ndim else 0, dtype), dtype, choose_device(device, dtype))
    autoencoders, n_layers = {}, len(recipe.hidden_layers)
    bar = _bar(steps * n_layers, progress)

    def report(layer, loss):
        bar.update()
        if on_step is not None:
            on_step(layer, loss)

    try:
        _train_layers(recipe, values, steps, learning_rate, autoencoders, report, dtype, device)
    except KeyboardInterrupt:
        print(f"Interrupted in layer {len(autoencoders)} of {n_layers}. What was trained so far is returned.")
    finally:
        bar.close()
    return _encoders(autoencoders)


def _train_layers(recipe, values, steps, learning_rate, autoencoders, report, dtype, device):
    """Put an autoencoder for each layer into the dict `autoencoders`, one after the other, and train it there."""
    rng = random_stream(recipe.seed, "batches")
    seeds = np.random.SeedSequence(recipe.seed).generate_state(len(recipe.hidden_layers)).tolist()
    words = recipe.activation, recipe.initialization, recipe.optimizer, learning_rate
    for depth, (units, seed) in enumerate(zip(recipe.hidden_layers, seeds, strict=True), start=1):
        autoencoder = Autoencoder(values.shape[1], units, *words, seed, dtype, device)
        autoencoders[f"dense{depth}"] = autoencoder
        for step in range(1, steps + 1):
            loss = autoencoder._update(_draw_rows(values, recipe.batch_size, rng))
            if not math.isfinite(loss):
                raise _diverged(loss, step, learning_rate, autoencoders)
            report(f"dense{depth}", loss)
        values = autoencoder._encoded(values)  # what the next layer gets


def _draw_rows(x, n_rows, rng):
    return x[torch.as_tensor(rng.integers(0, len(x), n_rows), device=x.device)]


def _check_activation(activation):
    if activation in ("rrelu", "prelu"):
        raise RecipeError(
            f"activation is {activation!r}, whose slopes are drawn or learned; an autoencoder takes a fixed function. "
            f"The choices are: {', '.join(name for name in ACTIVATIONS if name not in ('rrelu', 'prelu'))}."
        )


def _check_pretraining(recipe):
    if not isinstance(recipe, Recipe):
        raise RecipeError(f"pretrain_layers() needs a Recipe first; it got {type(recipe).__name__}.")
    if recipe.normalization != "none":
        raise RecipeError(
            f"normalization is {recipe.normalization!r}; an autoencoder's layer has none, so its weights would not fit "
            "sums that are normalized. Set normalization='none'; a network with batch norm trains without pretraining."
        )
    if not recipe.hidden_layers:
        raise RecipeError("hidden_layers is (); pretraining trains hidden layers, so at least one is needed.")
    _check_activation(recipe.activation)


def _diverged(loss, step, learning_rate, autoencoders):
    *finished, name = autoencoders
    message = (
        f"The loss of the autoencoder of {name} became {loss} in step {step}. Try a smaller learning_rate (it is "
        f"{learning_rate:g}), or scale x to [0, 1]. The layers before it are in this error's `parameters`."
    )
    return PretrainingDiverged(message, _encoders({layer: autoencoders[layer] for layer in finished}))


def _encoders(autoencoders):
    """{"dense1.weight": ..., "dense1.bias": ...} from {"dense1": Autoencoder}."""
    return {
        f"{layer}.{name}": autoencoder.parameters()[f"encoder.{name}"]
        for layer, autoencoder in autoencoders.items()
        for name in ("weight", "bias")
    }


def _bar(total, progress):
    from tqdm.auto import tqdm

    return tqdm(total=total, unit="step", desc="pretraining", disable=not progress)


def _place(x, dtype, device):
    return torch.as_tensor(np.array(x, dtype, copy=True), device=device)


def _to_numpy(tensor):
    """A copy as a NumPy array; matrices are transposed, from PyTorch's (fan_out, fan_in) to (fan_in, fan_out)."""
    array = tensor.detach().cpu().numpy()
    return array.T.copy() if array.ndim == 2 else array.copy()
