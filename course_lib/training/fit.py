"""fit(): train a Recipe on a data set, with either engine: one loop, one order of batches, one start."""

import math
import time
from collections.abc import Iterable
from typing import Any

import numpy as np

from course_lib.arrays import ArrayError, check_dtype, check_inputs, check_labels
from course_lib.data import Dataset, check_no_overlap
from course_lib.engine.back_ends import check_execution, lesson, make_network
from course_lib.execution import Execution, OutOfMemory
from course_lib.recipe import Recipe, RecipeError, as_recipe, random_stream
from course_lib.training.batches import augment, epoch_batches, steps_per_epoch
from course_lib.training.callbacks import Callback, EarlyStopping, History, Progress, check_callbacks
from course_lib.training.result import Result
from course_lib.training.schedules import check_schedule, learning_rate_at

MEASURED_TRAINING_EXAMPLES = 2000  # the first ones: enough for a curve, and an epoch is not spent on measuring


class TrainingDiverged(ArithmeticError):
    """The loss is no longer a finite number. `result` holds the history and the network up to then."""

    def __init__(self, message: str, result: Any):
        super().__init__(message)
        self.result = result


class TrainingRun:
    """A run that advances step by step: `fit` runs it to the end, an explorer a few steps at a time.

    Parameters are those of `fit`; `step()` does one training step, `finished` says when there are none left.
    """

    def __init__(
        self,
        recipe: Recipe,
        data: Dataset,
        engine: str = "numpy",
        device: str = "auto",
        dtype: str = "float32",
        callbacks: Iterable[Callback] = (),
        progress: bool = False,
        execution: Execution | None = None,
    ):
        recipe = as_recipe(recipe, "fit()")
        callbacks = check_callbacks(callbacks)
        self.recipe, self.data = recipe, data
        if execution is not None:
            check_execution(execution, engine, dtype, device)
        _check_fit(recipe, data, check_dtype(dtype) if execution is None else execution.dtype)
        self.network = make_network(recipe, data.n_inputs, data.n_classes, engine, dtype, device, execution)
        self.engine_augmentation = lesson(engine, "augmentation")
        self.train = self.network.place(data.train.x, data.train.labels)
        self.measured = self.network.place(
            data.train.x[:MEASURED_TRAINING_EXAMPLES], data.train.labels[:MEASURED_TRAINING_EXAMPLES]
        )
        validation = data.validation
        self.validation = None if validation is None else self.network.place(validation.x, validation.labels)
        self.batch_rng = random_stream(recipe.seed, "batches")
        self.augmentation_rng = random_stream(recipe.seed, "augmentation")
        self.epoch, self.step_in_epoch, self.steps = 0, 0, 0
        self.batches, self.batch_losses = [], []
        self.total_steps = recipe.epochs * steps_per_epoch(len(data.train.x), recipe.batch_size)
        self.finished = self.interrupted = self.stopped_early = False
        self.best_epoch = None
        self.history = History()
        self.callbacks = [self.history, *callbacks]
        if recipe.patience is not None:
            self.callbacks.append(EarlyStopping(recipe.patience))
        if progress:
            self.callbacks.append(Progress())
        self._start_time = None

    def step(self) -> float | None:
        """One training step; at the end of an epoch also its measurement. Returns the batch's loss before the update,
        or None when a callback stopped the run before its first step.

        Raises
        ------
        TrainingDiverged : the loss is not finite
        """
        if self._start_time is None:
            self._start_time = time.perf_counter()
            for callback in self.callbacks:
                callback.on_start(self)
            if self.finished:
                return None
        if self.step_in_epoch == len(self.batches):
            self.batches = epoch_batches(len(self.train[0]), self.recipe.batch_size, self.batch_rng)
            self.epoch, self.step_in_epoch, self.batch_losses = self.epoch + 1, 0, []
        indices = self.batches[self.step_in_epoch]
        x, labels = (self.network.take(array, indices) for array in self.train)
        if self.recipe.augmentation != "none":
            x = augment(x, self.data.image_shape, self.recipe, self.augmentation_rng, self.engine_augmentation)
        if self.recipe.schedule != "constant":
            self.network.optimizer.learning_rate = learning_rate_at(self.recipe, self.steps, self.total_steps)
        loss = self.network.update(x, labels)
        self.step_in_epoch += 1
        self.steps += 1
        if not math.isfinite(loss):
            self.finished = True
            raise TrainingDiverged(self._divergence_message(loss), self.result())
        self.batch_losses.append(loss)
        for callback in self.callbacks:
            callback.on_step(self, loss)
        if self.step_in_epoch == len(self.batches):
            self._end_epoch()
        return loss

    def stop(self) -> None:
        """End the run: no further step is done."""
        self.finished = True

    def end(self) -> None:
        """Tell the callbacks that no more steps will be done."""
        if self._start_time is None:
            return
        for callback in self.callbacks:
            callback.on_end(self)

    def result(self) -> Result:
        """The history and the network as they are now."""
        return Result(
            history=self.history.rows,
            step_losses=self.history.step_losses,
            network=self.network,
            recipe=self.recipe,
            interrupted=self.interrupted,
            stopped_early=self.stopped_early,
            best_epoch=self.best_epoch,
        )

    def _end_epoch(self):
        train_loss, train_accuracy = self.network.evaluate(*self.measured)
        validation_loss, validation_accuracy = (
            self.network.evaluate(*self.validation) if self.validation else (None, None)
        )
        row = {
            "epoch": self.epoch,
            "batch_loss": float(np.mean(self.batch_losses)),
            "train_loss": train_loss,
            "train_accuracy": train_accuracy,
            "validation_loss": validation_loss,
            "validation_accuracy": validation_accuracy,
            "seconds": time.perf_counter() - self._start_time,
        }
        if self.epoch == self.recipe.epochs:
            self.finished = True
        self._check_measured(row)
        for callback in self.callbacks:
            callback.on_epoch(self, row)

    def _check_measured(self, row):
        """A network can leave the finite numbers though every step's loss was one, by its running statistics."""
        odd = [name for name, array in self.network.state().items() if not np.isfinite(array).all()]
        lost = [
            name for name in ("train_loss", "validation_loss") if row[name] is not None and not math.isfinite(row[name])
        ]
        if odd or lost:
            self.finished = True
            found = f"{odd[0]} has entries that are not finite numbers" if odd else f"{lost[0]} is {row[lost[0]]}"
            raise TrainingDiverged(
                f"After epoch {self.epoch} {found}, though the loss of every step was finite. Scale x, to [0, 1] or to "
                f"mean 0 and variance 1, or use a smaller learning_rate (it is {self.recipe.learning_rate:g}). "
                "The history so far is in this error's `result`.",
                self.result(),
            )

    def _divergence_message(self, loss):
        norms = self.network.gradient_norms()
        largest = max(norms, key=lambda name: norms[name] if math.isfinite(norms[name]) else math.inf)
        blame = f"In the last backward pass the largest gradient was that of {largest} (length {norms[largest]:.3g})."
        if norms[largest] == 0:
            blame = "That was before any backward pass: the inputs or the first weights are too large (scale x)."
        tries = [f"a smaller learning_rate (it is {self.recipe.learning_rate:g})"]
        if self.recipe.clip_norm is None:
            tries.append("clip_norm=1.0")
        if self.recipe.initialization in ("standard_normal", "uniform"):
            tries.append("initialization='he_normal'")
        if self.recipe.normalization == "none":
            tries.append("normalization='batch'")
        return (
            f"The loss became {loss} in epoch {self.epoch}, step {self.step_in_epoch}. {blame} "
            f"Try {', or '.join(tries)}. "
            "The history so far is in this error's `result`."
        )


def fit(
    recipe: Recipe,
    data: Dataset,
    engine: str = "numpy",
    device: str = "auto",
    dtype: str = "float32",
    callbacks: Iterable[Callback] = (),
    progress: bool = True,
    execution: Execution | None = None,
) -> Result:
    """Train a network as the recipe says.

    Parameters
    ----------
    recipe : Recipe
    data : Dataset with train and, where there is one, validation; the test part is not touched
    engine : "numpy" or "torch"; both start from the same parameters and take the same batches, shifts and masks
    device : for engine="torch": "auto" (a GPU where there is one), "cpu", "cuda" or "mps"
    dtype : "float32" or "float64"
    callbacks : Callback objects, called in this order
    progress : show a progress bar
    execution : for engine="torch": an Execution, with everything about how it is computed; device and dtype are said
        there alone. What of it is not used here, and why, is in `result.network.notes`

    Returns
    -------
    Result. An interrupted run (the Stop button, Ctrl-C) returns what it has so far, with `interrupted` True.

    Raises
    ------
    RecipeError : the recipe does not fit the data
    ArrayError : arrays that cannot be trained on
    OverlapError : validation examples that are also in the training data
    TrainingDiverged : the loss is not finite; the message names epoch, step, the largest gradient and what to try
    ExecutionError : an execution that does not fit the engine, the other arguments or the machine
    OutOfMemory : a step does not fit in the device's memory; the message says the batch size that does, and the
        error's `result` holds the history and the network so far
    """
    return _run_to_its_end(TrainingRun(recipe, data, engine, device, dtype, callbacks, progress, execution))


def _run_to_its_end(run):
    """The Result. A run that is interrupted or fails keeps what it has; its callbacks are told that it is over."""
    try:
        with run.network.unmoved_modes(), np.errstate(all="ignore"):  # step() reports what matters of it
            while not run.finished:
                run.step()
    except KeyboardInterrupt:
        run.interrupted = True
        print(f"Interrupted in epoch {run.epoch}, after {run.steps} steps. History and parameters so far are kept.")
    except (TrainingDiverged, OutOfMemory) as error:
        run.end()
        error.result = run.result()
        raise
    except Exception:
        run.end()  # a callback failed: the others may have something to close
        raise
    try:
        run.end()
    except KeyboardInterrupt:
        run.interrupted = True
        print("Interrupted while the run was ending. History and parameters are kept.")
    return run.result()


def _check_fit(recipe, data, dtype):
    if not all(hasattr(data, name) for name in ("train", "validation", "n_inputs", "n_classes")):
        raise ArrayError(
            f"fit() needs a Dataset, as load_fashion_mnist() and split(x, labels) return; it got {type(data).__name__}."
        )
    for part in (data.train, data.validation):
        if part is not None:
            x = check_inputs(part.x, data.n_inputs, dtype)
            check_labels(part.labels, len(x), data.n_classes)
    check_no_overlap(data, ("train", "validation"))
    n_examples = len(data.train.x)
    if recipe.batch_size > n_examples:
        raise RecipeError(f"batch_size is {recipe.batch_size}, but there are only {n_examples} training examples.")
    check_schedule(recipe, recipe.epochs * steps_per_epoch(n_examples, recipe.batch_size))
    if recipe.patience is not None and data.validation is None:
        raise RecipeError(
            f"patience is {recipe.patience}, but this data set has no validation part to watch. Split some off the "
            "training data (course_lib.data.split), or set patience=None."
        )
    if recipe.augmentation != "none" and data.image_shape is None:
        raise RecipeError(f"augmentation is {recipe.augmentation!r}, but this data set does not hold images.")
