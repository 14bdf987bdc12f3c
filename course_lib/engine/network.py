"""What the networks of both back ends have in common: the boundary, state, freezing, penalties, clipping, evaluation.

A back end adds how its arrays are kept and how a step is computed. `numpy_backend` and `torch_backend` say that.
"""

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import numpy as np

from course_lib.arrays import check_dtype, check_frozen, check_inputs, check_labels, check_named
from course_lib.engine.monte_carlo import monte_carlo_masks
from course_lib.engine.plan import Part, leaves, make_layers, plan
from course_lib.recipe import DECOUPLED_DECAY, Recipe, check_count


class RecipeNetwork:
    """A classifier made from a Recipe: the parts of `plan`, from the inputs to the logits.

    Parameters
    ----------
    recipe : Recipe
    n_inputs, n_classes : columns of x, number of classes
    dtype : "float32" or "float64", of all parameters and computations
    device : where it computes; a back end says which it knows

    At the methods' boundary all arrays are NumPy arrays; weights are (fan_in, fan_out). `clipped_steps` counts the
    updates in which the gradient, or an entry of it, was over the recipe's limit.

    A back end has `lessons` (the package its layers come from), `clipping` and `regularizers` (two of those), and the
    methods that raise NotImplementedError here.
    """

    lessons = clipping = regularizers = None

    def __init__(self, recipe: Recipe, n_inputs: int, n_classes: int, dtype: str = "float32", device: Any = "auto"):
        self.recipe, self.n_inputs, self.n_classes = recipe, n_inputs, n_classes
        self.dtype, self.device = check_dtype(dtype), self._choose_device(device, dtype)
        self.parts = plan(recipe, n_inputs, n_classes)
        self.leaves = []  # [("dense1", layer), ...]: every layer with arrays or random numbers of its own, in order
        with self._building():
            self.layers = make_layers(self.parts, recipe, self.dtype, self.lessons, self._made)
            self._assemble()
        self.decoupled_decay = recipe.optimizer in DECOUPLED_DECAY
        self.clipped_steps = 0
        self._let_move_from(0)

    def _made(self, part: Part, layer: Any) -> Any:
        """What stands in the network for a layer that was made."""
        if not part.inside:
            self.leaves.append((part.name, layer))
        return layer

    def __repr__(self) -> str:
        names = ", ".join(f"{part.name} {part.units}" for part in leaves(self.parts) if part.technique != "activation")
        return f"{type(self).__name__}({self.n_inputs} inputs, {self.recipe.activation}: {names}; {self.dtype})"

    # What a back end says of itself

    def _choose_device(self, device: Any, dtype: str) -> Any:
        raise NotImplementedError

    def _assemble(self) -> None:
        """Once, after the layers were made."""
        raise NotImplementedError

    def _use(self, n_still: int) -> None:
        """Let the first `n_still` of `leaves` stand still, and start the optimizer of the others."""
        raise NotImplementedError

    def _slots(self) -> dict[str, Any]:
        """{"dense1.weight": the back end's array}, all trained arrays."""
        raise NotImplementedError

    def _statistics(self) -> dict[str, Any]:
        """{"batch_norm1.running_mean": the back end's array}: what prediction needs and no gradient changes."""
        raise NotImplementedError

    def _moving(self) -> dict[str, Any]:
        """Those of `_slots` that move."""
        raise NotImplementedError

    def _weights(self) -> list:
        """The weights that move, for penalties: matrices, or one vector that holds them all."""
        raise NotImplementedError

    def _bounded(self) -> list:
        """The hidden layers' weights that move, each as (fan_in, fan_out), for max-norm."""
        raise NotImplementedError

    def _gradients(self) -> Any:
        """All gradients together, as the lesson on clipping takes them."""
        raise NotImplementedError

    def _gradient_of(self, name: str) -> np.ndarray:
        """A copy of the last gradient of what moves."""
        raise NotImplementedError

    def _to_array(self, slot: Any) -> np.ndarray:
        raise NotImplementedError

    def _shape(self, slot: Any) -> tuple[int, ...]:
        raise NotImplementedError

    def _set(self, slot: Any, array: np.ndarray) -> None:
        raise NotImplementedError

    def _building(self) -> AbstractContextManager:
        """In here layers are made, and nothing of the caller's is changed by it."""
        return nullcontext()

    def _undisturbed(self) -> AbstractContextManager:
        """In here nothing that the caller has set, gradients off or errors at underflow, changes a result."""
        return nullcontext()

    def unmoved_modes(self) -> AbstractContextManager:
        """What is global in the library, such as gradients on or off, is afterwards as it was before."""
        return nullcontext()

    def _evaluating(self) -> AbstractContextManager:
        """In here the network computes in evaluation mode."""
        return nullcontext()

    def _forward_evaluating(self, x: Any, last: int | None = None) -> Any:
        """In evaluation mode, through the layers before `last`; None is through all."""
        raise NotImplementedError

    def _logits_dropping(self, x: Any, *masks: np.ndarray) -> Any:
        """The logits with the masks of the dropout layers given, all else in evaluation mode."""
        raise NotImplementedError

    def _in_parts(self, function: Any, *arrays: Any) -> list:
        """[function(part of each array), ...]: parts that fit into the memory."""
        raise NotImplementedError

    def _as_array(self, outputs: Any) -> np.ndarray:
        """Outputs of a forward pass as a NumPy array."""
        raise NotImplementedError

    def _probabilities(self, parts: list) -> np.ndarray:
        """Logits, in parts -> probabilities in float64."""
        raise NotImplementedError

    def _data_loss(self, x: Any, labels: Any) -> Any:
        """The loss of a batch in training mode, without penalties."""
        raise NotImplementedError

    def _value(self, loss: Any) -> float:
        """A loss as a plain number."""
        return float(loss)

    def _backward(self, loss: Any) -> None:
        raise NotImplementedError

    def _step(self) -> None:
        """The optimizer's step."""
        raise NotImplementedError

    def _loss_and_correct(self, x: Any, labels: Any) -> tuple[float, int]:
        """Of a part of the data, in evaluation mode: the sum of its losses, how many answers are right."""
        raise NotImplementedError

    def place(self, x: Any, labels: Any = None) -> tuple[Any, Any]:
        """x and labels as this back end computes with them."""
        raise NotImplementedError

    def take(self, array: Any, indices: np.ndarray) -> Any:
        """Rows of a placed array."""
        raise NotImplementedError

    # State

    def freeze(self, n_hidden: int) -> None:
        """Let the first `n_hidden` hidden layers stand still; 0 lets all move again.

        Their parameters keep their values and get no gradients. In training they compute as in evaluation: batch norm
        uses its running statistics and keeps them, no unit is dropped. Penalties, clipping, weight decay and max-norm
        act on what moves alone. The optimizer starts anew, at the recipe's learning rate.

        Raises
        ------
        ValueError : no whole number, or none from 0 to the number of hidden layers
        """
        check_frozen(n_hidden, len(self.recipe.hidden_layers))
        self._let_move_from(n_hidden)

    def _let_move_from(self, n_hidden):
        """Let what comes after the first `n_hidden` hidden layers move, and start its optimizer."""
        first = f"dense{n_hidden + 1}"  # the first layer that moves
        names = [[leaf.name for leaf in leaves([part])] for part in self.parts]
        self.n_still = next(place for place, inside in enumerate(names) if first in inside)
        self._use([name for name, _ in self.leaves].index(first))

    def parameters(self) -> dict[str, np.ndarray]:
        """Copies of all trained arrays: {"dense1.weight": (fan_in, fan_out), "dense1.bias": (fan_out,), ...}."""
        return {name: self._to_array(slot) for name, slot in self._slots().items()}

    def load_parameters(self, named: Mapping[str, np.ndarray]) -> None:
        """Set all trained arrays. A name or shape that does not fit is an ArrayError, and nothing is changed."""
        self._load(self._slots(), named)

    def state(self) -> dict[str, np.ndarray]:
        """Everything that prediction needs: the parameters, and batch norm's running statistics."""
        return self.parameters() | {name: self._to_array(slot) for name, slot in self._statistics().items()}

    def load_state(self, named: Mapping[str, np.ndarray]) -> None:
        """Set everything that `state` returns. A name or shape that does not fit is an ArrayError."""
        self._load(self._slots() | self._statistics(), named)

    def _load(self, slots, named):
        arrays = check_named(named, {name: self._shape(slot) for name, slot in slots.items()})
        for name, slot in slots.items():
            self._set(slot, arrays[name])

    # Prediction

    def logits(self, x: np.ndarray) -> np.ndarray:
        """x (examples, n_inputs) -> (examples, n_classes), in evaluation mode."""
        return self._outputs(x, None)

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """The logits."""
        return self.logits(x)

    def predict(self, x: np.ndarray) -> np.ndarray:
        """x (examples, n_inputs) -> the number of the likeliest class of each (examples,)."""
        return self.logits(x).argmax(axis=1)

    def features(self, x: np.ndarray) -> np.ndarray:
        """x (examples, n_inputs) -> outputs of the last hidden layer (examples, units), in evaluation mode.

        Without a hidden layer: x itself.
        """
        return self._outputs(x, -1)

    def _outputs(self, x, last):
        with self._undisturbed():
            x, _ = self.place(check_inputs(x, self.n_inputs, self.dtype))
            with self._evaluating():
                parts = self._in_parts(lambda part: self._as_array(self._forward_evaluating(part, last)), x)
        return np.concatenate(parts)

    def monte_carlo_probabilities(self, x: np.ndarray, passes: int = 20, seed: int = 0) -> np.ndarray:
        """Monte Carlo dropout: the mean of the probabilities over passes in each of which other units are dropped.

        Every hidden layer drops at the recipe's rate, one that stands still too; all else is in evaluation mode. The
        masks depend on `seed`, the number of examples and the recipe alone. Nothing in the network is changed, nor its
        own stream of masks. Gal and Ghahramani 2016, section 4.

        Parameters
        ----------
        x : (examples, n_inputs)
        passes : how many predictions are averaged, 1 or more; with a drop rate of 0 they are all the same
        seed : of the masks, whole number, 0 or more

        Returns
        -------
        (examples, n_classes) float64, rows that sum to 1

        Raises
        ------
        RecipeError : passes or seed is no such number
        ArrayError : an x that does not fit
        """
        passes, seed = check_count("passes", passes, 1), check_count("seed", seed, 0)
        widths = self.recipe.hidden_layers if self.recipe.drop_rate else ()
        passes = passes if widths else 1  # without dropout all are the same
        with self._undisturbed():
            x, _ = self.place(check_inputs(x, self.n_inputs, self.dtype))
            total = np.zeros((len(x), self.n_classes))
            with self._evaluating():
                for masks in monte_carlo_masks(len(x), widths, self.recipe.drop_rate, passes, seed):
                    total += self._probabilities(self._in_parts(self._logits_dropping, x, *masks))
        return total / passes  # 1 / T sum_t p(y | x, units of pass t)

    def evaluate(self, x: Any, labels: Any) -> tuple[float, float]:
        """Loss (without penalties and label smoothing) and accuracy on placed arrays, in evaluation mode."""
        with self._undisturbed(), self._evaluating():
            sums = self._in_parts(self._loss_and_correct, x, labels)
        loss, correct = map(sum, zip(*sums, strict=True))
        return loss / len(x), correct / len(x)

    # Training

    def loss_and_gradients(self, x: np.ndarray, labels: np.ndarray) -> tuple[float, dict[str, np.ndarray]]:
        """The data loss and every penalty in training mode, and {name: gradient} for the parameters that move."""
        with self._undisturbed():
            loss = self._loss(*self._checked(x, labels))
            self._backward(loss)
        return self._value(loss), {name: self._gradient_of(name) for name in self._moving()}

    def train_step(self, x: np.ndarray, labels: np.ndarray) -> float:
        """One update of all parameters that move; returns the loss before it."""
        return self.update(*self._checked(x, labels))

    def _checked(self, x, labels):
        x = check_inputs(x, self.n_inputs, self.dtype)
        return self.place(x, check_labels(labels, len(x), self.n_classes))

    def update(self, x: Any, labels: Any) -> float:
        """`train_step` on placed arrays, unchecked. A loss that is not finite is returned without an update."""
        with self._undisturbed():
            return self._update(x, labels)

    def _update(self, x, labels):
        loss = self._loss(x, labels)
        value = self._value(loss)
        if np.isfinite(value):
            self._finish_step(loss)
        return value

    def _loss(self, x, labels):
        return self._with_penalties(self._data_loss(x, labels))

    def _finish_step(self, loss):
        """Everything after the loss: backward pass, clipping, the optimizer's step, max-norm."""
        self._backward(loss)
        self.clipped_steps += self._clip()
        self._step()
        self._bound_weights()

    def _penalties(self):
        """[(penalty, its gradient, strength), ...] that the loss has. The first two take weights and a strength."""
        recipe, known = self.recipe, self.regularizers
        l2 = 0.0 if self.decoupled_decay else recipe.l2
        penalties = (known.l1_penalty, known.l1_gradient, recipe.l1), (known.l2_penalty, known.l2_gradient, l2)
        return [penalty for penalty in penalties if penalty[-1]]

    def _with_penalties(self, loss):
        for penalty, _, strength in self._penalties():
            loss = loss + sum(penalty(weight, strength) for weight in self._weights())
        return loss

    def _clip(self):
        """Clip as the recipe says; True where it changed the gradient."""
        limits, clipped = self.recipe, False
        if limits.clip_value is not None:
            clipped |= self.clipping.clip_by_value(self._gradients(), limits.clip_value) > 0
        if limits.clip_norm is not None:
            clipped |= self.clipping.clip_by_norm(self._gradients(), limits.clip_norm) > limits.clip_norm
        return clipped

    def _bound_weights(self):
        if self.recipe.max_norm is not None:
            for weight in self._bounded():
                self.regularizers.apply_max_norm(weight, self.recipe.max_norm)

    def gradient_norms(self) -> dict[str, float]:
        """{name: length of the gradient} of the last backward pass, from the last layer to the first that moves."""
        return {  # in float64: squares overflow float32
            name: float(np.linalg.norm(self._gradient_of(name).astype(np.float64))) for name in reversed(self._moving())
        }
