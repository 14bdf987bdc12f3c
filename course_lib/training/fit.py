"""fit(): train a Recipe on a data set, with either engine: one loop, one order of batches, one start."""

import math
import time
from dataclasses import dataclass, field

import numpy as np

from course_lib.arrays import ArrayError, check_dtype, check_inputs, check_labels
from course_lib.data import check_no_overlap
from course_lib.engine.back_ends import check_execution, lesson, make_network
from course_lib.execution import OutOfMemory
from course_lib.recipe import Recipe, RecipeError, random_stream
from course_lib.training.batches import augment, epoch_batches, steps_per_epoch
from course_lib.training.callbacks import EarlyStopping, History, Progress
from course_lib.training.schedules import check_schedule, learning_rate_at

MEASURED_TRAINING_EXAMPLES = 2000  # the first ones: enough for a curve, and an epoch is not spent on measuring


class TrainingDiverged(ArithmeticError):
    """The loss is no longer a finite number. `result` holds the history and the network up to then."""

    def __init__(self, message, result):
        super().__init__(message)
        self.result = result


@dataclass
class Result:
    """What a training run leaves.

    history : one dict an epoch with epoch (from 1), batch_loss (mean over the epoch's steps, training mode, with
        penalties), train_loss and train_accuracy (first 2,000 training examples, evaluation mode, no penalties),
        validation_loss and validation_accuracy (None without validation data), seconds (since the start)
    step_losses : the batch's loss of every step, before its update
    network, recipe : the trained Network and its Recipe
    interrupted : the run was interrupted; history and network are as far as it got
    stopped_early : early stopping ended it
    best_epoch : the epoch whose parameters were restored, None without early stopping
    """

    history: list
    step_losses: list = field(repr=False)
    network: object
    recipe: Recipe
    interrupted: bool = False
    stopped_early: bool = False
    best_epoch: int | None = None


class TrainingRun:
    """A run that advances step by step: `fit` runs it to the end, an explorer a few steps at a time.

    Parameters are those of `fit`; `step()` does one training step, `finished` says when there are none left.
    """

    def __init__(
        self,
        recipe,
        data,
        engine="numpy",
        device="auto",
        dtype="float32",
        callbacks=(),
        progress=False,
        execution=None,
    ):
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

    def step(self):
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
            recipe, shape = self.recipe, self.data.image_shape
            x = augment(x, shape, recipe.augmentation, self.augmentation_rng, self.engine_augmentation)
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

    def stop(self):
        """End the run: no further step is done."""
        self.finished = True

    def end(self):
        """Tell the callbacks that no more steps will be done."""
        if self._start_time is None:
            return
        for callback in self.callbacks:
            callback.on_end(self)

    def result(self):
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
        for callback in self.callbacks:
            callback.on_epoch(self, row)

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


def fit(recipe, data, engine="numpy", device="auto", dtype="float32", callbacks=(), progress=True, execution=None):
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
    run = TrainingRun(recipe, data, engine, device, dtype, callbacks, progress, execution)
    try:
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):  # step() reports what matters of it
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
    run.end()
    return run.result()


def _check_fit(recipe, data, dtype):
    if not isinstance(recipe, Recipe):
        raise RecipeError(
            f"fit() needs a Recipe first; it got {type(recipe).__name__}. For example: fit(Recipe(), data)."
        )
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
