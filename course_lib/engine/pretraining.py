"""Autoencoders with what trains them, and the pretraining of a network's layers with them, for both libraries.

The autoencoder itself is a lesson, `scratch/autoencoder.py` and `pytorch/autoencoder.py`. What differs between the
libraries besides is in `numpy_autoencoder` and `torch_autoencoder`.
"""

import math
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any

import numpy as np

from course_lib.arrays import check_dtype, check_inputs, check_named
from course_lib.engine import numpy_autoencoder
from course_lib.engine.back_ends import ENGINES, lesson, torch_machinery
from course_lib.progress_bar import progress_bar
from course_lib.recipe import ACTIVATIONS, Recipe, RecipeError, check_choice, check_count, random_stream

ENCODING_BATCH = 2000  # examples per forward pass in evaluation: bounds the memory


class PretrainingDiverged(ArithmeticError):
    """The loss of a layer's autoencoder is not a finite number. `parameters` holds the layers that were finished."""

    def __init__(self, message: str, parameters: dict[str, np.ndarray]):
        super().__init__(message)
        self.parameters = parameters


class AutoencoderNetwork:
    """h = f(x W + b), r = h V + c; the loss is the mean of (r - x)^2 over the batch and the inputs.

    Parameters
    ----------
    n_inputs, n_hidden : columns of x, number of hidden units
    activation : f, as in a Recipe, but neither "rrelu" nor "prelu", which have slopes of their own
    initialization : of both weight matrices; biases start at 0
    optimizer, learning_rate, seed : as in a Recipe
    dtype : "float32" or "float64"
    device : "auto" or "cpu"; for engine="torch" also "cuda" or "mps"
    engine : "numpy" or "torch"; both start from the same parameters

    At the methods' boundary all arrays are NumPy arrays; weights are (fan_in, fan_out).

    Raises
    ------
    RecipeError : a word or a number that cannot work
    """

    def __init__(
        self,
        n_inputs: int,
        n_hidden: int,
        activation: str = "sigmoid",
        initialization: str = "xavier_normal",
        optimizer: str = "adam",
        learning_rate: float = 0.001,
        seed: int = 0,
        dtype: str = "float32",
        device: str = "auto",
        engine: str = "numpy",
    ):
        check_choice("engine", engine, ENGINES)
        self.engine = engine
        _check_activation(activation)
        words = {"activation": activation, "initialization": initialization, "optimizer": optimizer}
        recipe = Recipe((n_hidden,), normalization="none", learning_rate=learning_rate, seed=seed, **words)
        self.n_inputs, self.n_hidden = check_count("n_inputs", n_inputs, 1), recipe.hidden_layers[0]
        self.dtype = check_dtype(dtype)
        self.device = self.library.choose_device(device, self.dtype)
        first = self._drawn(getattr(lesson(engine, "initializers"), initialization), recipe.seed)
        self.trained = self.library.TrainedAutoencoder(first, activation, recipe, self.dtype, self.device)

    @property
    def library(self) -> ModuleType:
        """The engine's half of this: what it is made of in NumPy or in PyTorch."""
        return _library(self.engine)

    def _drawn(self, initialize, seed):
        """The first parameters, float64."""
        rng = random_stream(seed, "initialization")
        return {
            "encoder.weight": np.asarray(initialize(self.n_inputs, self.n_hidden, rng)),
            "encoder.bias": np.zeros(self.n_hidden),
            "decoder.weight": np.asarray(initialize(self.n_hidden, self.n_inputs, rng)),
            "decoder.bias": np.zeros(self.n_inputs),
        }

    def parameters(self) -> dict[str, np.ndarray]:
        """Copies of all arrays: "encoder.weight" (n_inputs, n_hidden), "encoder.bias", "decoder.weight", ..."""
        return self.trained.parameters()

    def load_parameters(self, named: Mapping[str, Any]) -> None:
        """Set all arrays. A name or shape that does not fit is an ArrayError, and nothing is changed."""
        shapes = {name: array.shape for name, array in self.parameters().items()}
        self.trained.load(check_named(named, shapes))

    def encode(self, x: Any) -> np.ndarray:
        """The hidden units' outputs: x (examples, n_inputs) -> (examples, n_hidden)."""
        return self.library.to_array(self.encode_placed(self._placed(x)))

    def reconstruct(self, x: Any) -> np.ndarray:
        """What the decoder makes of them: x (examples, n_inputs) -> (examples, n_inputs)."""
        parts = [self.trained.reconstruct(part) for part in _parts(self._placed(x))]
        return self.library.to_array(self.library.join(parts))

    def loss_and_gradients(self, x: Any) -> tuple[float, dict[str, np.ndarray]]:
        """The loss, and {name: gradient} under the parameters' names."""
        loss = self.trained.loss(self._placed(x))
        self.trained.backward()
        return loss, self.trained.named_gradients()

    def train_step(self, x: Any) -> float:
        """One update of all parameters; returns the loss before it. A loss that is not finite: without an update."""
        return self.update(self._placed(x))

    def _placed(self, x):
        return self.library.place(check_inputs(x, self.n_inputs, self.dtype), self.dtype, self.device)

    # What pretraining uses: data is checked and placed once.

    def update(self, x: Any) -> float:
        """`train_step` on what was placed, unchecked."""
        loss = self.trained.loss(x)
        if math.isfinite(loss):
            self.trained.backward()
            self.trained.step()
        return loss

    def encode_placed(self, x: Any) -> Any:
        """`encode` of what was placed, which stays on the device."""
        return self.library.join([self.trained.encode(part) for part in _parts(x)])


def pretrain_layers(
    recipe: Recipe,
    x: Any,
    steps: int,
    learning_rate: float = 0.001,
    progress: bool = False,
    on_step: Callable[[str, float], None] | None = None,
    dtype: str = "float32",
    device: str = "auto",
    engine: str = "numpy",
) -> dict[str, np.ndarray]:
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
    dtype, device, engine : as for `AutoencoderNetwork`

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
    steps, dtype = check_count("steps", steps, 1), check_dtype(dtype)
    placed = _placed(x, dtype, device, engine)
    return _encoders(_trained(recipe, placed, steps, learning_rate, progress, on_step, (dtype, device, engine)))


def _placed(x, dtype, device, engine):
    x, library = np.asarray(x), _library(engine)
    checked = check_inputs(x, x.shape[-1] if x.ndim else 0, dtype)
    return library.place(checked, dtype, library.choose_device(device, dtype))


def _trained(recipe, x, steps, learning_rate, progress, on_step, where):
    """{"dense1": AutoencoderNetwork, ...}: those that were trained before an interruption, or all."""
    autoencoders, n_layers = {}, len(recipe.hidden_layers)
    bar = progress_bar(steps * n_layers, "pretraining", shown=progress)

    def report(layer, loss):
        bar.update()
        if on_step is not None:
            on_step(layer, loss)

    try:
        with np.errstate(
            over="ignore", under="ignore", invalid="ignore"
        ):  # a loss that is not finite is an error of its own
            _train_layers(recipe, x, steps, learning_rate, autoencoders, report, where)
    except KeyboardInterrupt:
        print(f"Interrupted in layer {len(autoencoders)} of {n_layers}. What was trained so far is returned.")
    finally:
        bar.close()
    return autoencoders


def _train_layers(recipe, x, steps, learning_rate, autoencoders, report, where):
    """Put an autoencoder for each layer into the dict `autoencoders`, one after the other, and train it there."""
    rng = random_stream(recipe.seed, "batches")
    seeds = np.random.SeedSequence(recipe.seed).generate_state(len(recipe.hidden_layers)).tolist()
    words = recipe.activation, recipe.initialization, recipe.optimizer, learning_rate
    for depth, (units, seed) in enumerate(zip(recipe.hidden_layers, seeds, strict=True), start=1):
        autoencoder = AutoencoderNetwork(x.shape[1], units, *words, seed, *where)
        autoencoders[f"dense{depth}"] = autoencoder
        for step in range(1, steps + 1):
            rows = rng.integers(0, len(x), recipe.batch_size)
            loss = autoencoder.update(autoencoder.library.take(x, rows))
            if not math.isfinite(loss):
                raise _diverged(loss, step, learning_rate, autoencoders)
            report(f"dense{depth}", loss)
        x = autoencoder.encode_placed(x)  # what the next layer gets


def _library(engine):
    check_choice("engine", engine, ENGINES)
    return numpy_autoencoder if engine == "numpy" else torch_machinery("torch_autoencoder")


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
    """{"dense1.weight": ..., "dense1.bias": ...} from {"dense1": AutoencoderNetwork}."""
    return {
        f"{layer}.{name}": autoencoder.parameters()[f"encoder.{name}"]
        for layer, autoencoder in autoencoders.items()
        for name in ("weight", "bias")
    }


def _parts(x):
    return [x[start : start + ENCODING_BATCH] for start in range(0, len(x), ENCODING_BATCH)]
