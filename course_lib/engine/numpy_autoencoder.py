"""An autoencoder: a network that learns to repeat its inputs through fewer numbers. It needs no labels.

What the hidden units have to keep, so that the inputs can be rebuilt from them, can serve as the first layers of a
classifier: `pretrain_layers` trains them one after the other. Hinton and Salakhutdinov 2006; Bengio et al. 2007.
"""

import math

import numpy as np

from course_lib.arrays import check_dtype, check_inputs, check_named
from course_lib.engine.numpy_optimizers import optimizer_for
from course_lib.recipe import ACTIVATIONS, Recipe, RecipeError, check_count, random_stream
from course_lib.scratch import activations, initializers
from course_lib.scratch.losses import mean_squared_error, mean_squared_error_gradient

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
    device : "auto" or "cpu"; this engine knows no other

    Raises
    ------
    RecipeError : a word or a number that cannot work
    """

    def __init__(
        self, n_inputs, n_hidden, activation="sigmoid", initialization="xavier_normal", optimizer="adam",
        learning_rate=0.001, seed=0, dtype="float32", device="auto",
    ):  # fmt: skip
        if device not in ("auto", "cpu"):
            raise ValueError(f"device is {device!r}; the NumPy engine uses the CPU. Others: course_lib.pytorch.")
        _check_activation(activation)
        recipe = Recipe(
            (n_hidden,), activation, initialization, "none", optimizer=optimizer, learning_rate=learning_rate, seed=seed
        )
        self.n_inputs, self.n_hidden = check_count("n_inputs", n_inputs, 1), recipe.hidden_layers[0]
        self.dtype, self.device = check_dtype(dtype), "cpu"
        self.activation = getattr(activations, activation)
        self.derivative = getattr(activations, f"{activation}_derivative")
        self._shapes = {
            "encoder.weight": (self.n_inputs, self.n_hidden), "encoder.bias": (self.n_hidden,),
            "decoder.weight": (self.n_hidden, self.n_inputs), "decoder.bias": (self.n_inputs,),
        }  # fmt: skip
        size = sum(math.prod(shape) for shape in self._shapes.values())
        self.flat_parameters, self.flat_gradients = np.zeros(size, self.dtype), np.zeros(size, self.dtype)
        self._parameters, self._gradients = self._views(self.flat_parameters), self._views(self.flat_gradients)
        rng = random_stream(recipe.seed, "initialization")
        for name in ("encoder.weight", "decoder.weight"):
            self._parameters[name][...] = getattr(initializers, initialization)(*self._shapes[name], rng)
        self.optimizer = optimizer_for(recipe, self.flat_parameters, self._shapes.values())

    def _views(self, flat):
        """{name: the part of `flat` that is this array}: the optimizer then works on one vector."""
        views, start = {}, 0
        for name, shape in self._shapes.items():
            views[name] = flat[start : start + math.prod(shape)].reshape(shape)
            start += math.prod(shape)
        return views

    def parameters(self):
        """Copies of all arrays: "encoder.weight" (n_inputs, n_hidden), "encoder.bias", "decoder.weight", ..."""
        return {name: array.copy() for name, array in self._parameters.items()}

    def load_parameters(self, named):
        """Set all arrays. A name or shape that does not fit is an ArrayError, and nothing is changed."""
        for name, array in check_named(named, self._shapes).items():
            self._parameters[name][...] = array

    def encode(self, x):
        """The hidden units' outputs: x (examples, n_inputs) -> (examples, n_hidden)."""
        x = self._checked(x)
        return np.concatenate([self._hidden(part)[1] for part in _parts(x)])

    def reconstruct(self, x):
        """What the decoder makes of them: x (examples, n_inputs) -> (examples, n_inputs)."""
        return np.concatenate([self._decoded(self._hidden(part)[1]) for part in _parts(self._checked(x))])

    def loss_and_gradients(self, x):
        """The loss, and {name: gradient} under the parameters' names."""
        loss = self._forward(self._checked(x))
        self._backward()
        return loss, {name: gradient.copy() for name, gradient in self._gradients.items()}

    def train_step(self, x):
        """One update of all parameters; returns the loss before it. A loss that is not finite: without an update."""
        return self._update(self._checked(x))

    def _checked(self, x):
        return np.asarray(check_inputs(x, self.n_inputs, self.dtype), self.dtype)

    def _update(self, x):
        loss = self._forward(x)
        if math.isfinite(loss):
            self._backward()
            self.optimizer.step(self.flat_gradients)
        return loss

    def _hidden(self, x):
        sums = x @ self._parameters["encoder.weight"] + self._parameters["encoder.bias"]  # z = x W + b
        return sums, self.activation(sums)  # h = f(z)

    def _decoded(self, hidden):
        return hidden @ self._parameters["decoder.weight"] + self._parameters["decoder.bias"]  # r = h V + c

    def _forward(self, x):
        self._x = x
        self._sums, self._outputs = self._hidden(x)
        self._reconstruction = self._decoded(self._outputs)
        return mean_squared_error(self._reconstruction, x)  # L = mean (r - x)^2

    def _backward(self):
        gradients = self._gradients
        of_reconstruction = mean_squared_error_gradient(self._reconstruction, self._x)  # dL/dr = 2 (r - x) / entries
        np.matmul(self._outputs.T, of_reconstruction, out=gradients["decoder.weight"])  # dL/dV = h^T dL/dr
        np.sum(of_reconstruction, axis=0, out=gradients["decoder.bias"])  # dL/dc = sum over the batch
        of_outputs = of_reconstruction @ self._parameters["decoder.weight"].T  # dL/dh = dL/dr V^T
        of_sums = of_outputs * self.derivative(self._sums)  # dL/dz = dL/dh * f'(z)
        np.matmul(self._x.T, of_sums, out=gradients["encoder.weight"])  # dL/dW = x^T dL/dz
        np.sum(of_sums, axis=0, out=gradients["encoder.bias"])  # dL/db = sum over the batch


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
    values = np.asarray(check_inputs(x, x.shape[-1] if x.ndim else 0, dtype), dtype)
    autoencoders, n_layers = {}, len(recipe.hidden_layers)
    bar = _bar(steps * n_layers, progress)

    def report(layer, loss):
        bar.update()
        if on_step is not None:
            on_step(layer, loss)

    try:
        with np.errstate(over="ignore", invalid="ignore"):  # a loss that is not finite is an error of its own
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
        values = np.concatenate([autoencoder._hidden(part)[1] for part in _parts(values)])  # what the next layer gets


def _draw_rows(x, n_rows, rng):
    return x[rng.integers(0, len(x), n_rows)]


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


def _parts(x):
    return [x[start : start + ENCODING_BATCH] for start in range(0, len(x), ENCODING_BATCH)]
