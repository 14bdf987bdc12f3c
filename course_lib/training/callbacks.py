"""What happens around the training steps: keeping history, showing progress, stopping early."""

import math
from typing import Any

from course_lib.progress_bar import progress_bar
from course_lib.recipe import check_count


def check_callbacks(callbacks: Any) -> list["Callback"]:
    """The callbacks as a list; a TypeError unless each has what a run calls."""
    calls = ("on_start", "on_step", "on_epoch", "on_end")
    if isinstance(callbacks, Callback):
        raise TypeError(f"callbacks is one {type(callbacks).__name__}; it must be a list of them: callbacks=[...].")
    try:
        callbacks = list(callbacks)
    except TypeError:
        raise TypeError(f"callbacks is {callbacks!r}; it must be a list of Callback objects, [] for none.") from None
    for callback in callbacks:
        if isinstance(callback, type) or not all(callable(getattr(callback, name, None)) for name in calls):
            made = f" Did you mean {callback.__name__}()?" if isinstance(callback, type) else ""
            raise TypeError(
                f"callbacks has {callback!r} in it, which is no Callback object: a run calls {', '.join(calls)}.{made}"
            )
    return callbacks


class Callback:
    """Base of all callbacks: override what you need. `run` is the TrainingRun; `run.stop()` ends it after this call."""

    def on_start(self, run: Any) -> None:
        """Before the first step."""

    def on_step(self, run: Any, loss: float) -> None:
        """After each step; `loss` is the batch's loss before the update, with penalties."""

    def on_epoch(self, run: Any, row: dict[str, Any]) -> None:
        """After each epoch; `row` is its line of the history."""

    def on_end(self, run: Any) -> None:
        """After the last step, also when the run was stopped, interrupted or failed."""


class History(Callback):
    """Keeps every step's loss and every epoch's row, as plain numbers."""

    def __init__(self):
        self.step_losses = []
        self.rows = []

    def on_step(self, run: Any, loss: float) -> None:
        self.step_losses.append(loss)

    def on_epoch(self, run: Any, row: dict[str, Any]) -> None:
        self.rows.append(row)


class Progress(Callback):
    """A progress bar with the latest losses."""

    bar = None  # until on_start: an interrupt may come before

    def on_start(self, run: Any) -> None:
        self.bar = progress_bar(run.total_steps, f"epoch 1/{run.recipe.epochs}")

    def on_step(self, run: Any, loss: float) -> None:
        self.bar.update()

    def on_epoch(self, run: Any, row: dict[str, Any]) -> None:
        self.bar.set_description(f"epoch {min(row['epoch'] + 1, run.recipe.epochs)}/{run.recipe.epochs}", refresh=False)
        shown = {"loss": row["batch_loss"], "validation accuracy": row["validation_accuracy"]}
        self.bar.set_postfix({name: f"{value:.3f}" for name, value in shown.items() if value is not None})

    def on_end(self, run: Any) -> None:
        if self.bar is not None:
            self.bar.close()


class EarlyStopping(Callback):
    """Stop after `patience` epochs without a lower validation loss, and restore the best epoch's parameters.

    Patience is counted from the best epoch, not from the start. The best parameters (and batch norm's running
    statistics) are restored however the run ends, except when it is interrupted: then the network stays as it was.

    Parameters
    ----------
    patience : epochs, 1 or more
    """

    def __init__(self, patience: int):
        self.patience = check_count("patience", patience, 1)
        self.best_loss, self.best_epoch, self.best_state = math.inf, None, None

    def on_start(self, run: Any) -> None:
        if run.data.validation is None:
            raise ValueError(
                "early stopping needs validation data to watch, and this data set has none. Split some off the "
                "training data (course_lib.data.split), or set patience=None."
            )
        self.best_loss, self.best_epoch, self.best_state = math.inf, None, None  # also when it watched another run

    def on_epoch(self, run: Any, row: dict[str, Any]) -> None:
        if row["validation_loss"] < self.best_loss:
            self.best_loss, self.best_epoch = row["validation_loss"], row["epoch"]
            self.best_state = run.network.state()
        elif row["epoch"] - (self.best_epoch or 0) >= self.patience:
            run.stopped_early = True
            run.stop()

    def on_end(self, run: Any) -> None:
        if self.best_state is not None and not run.interrupted:
            run.best_epoch = self.best_epoch
            try:
                run.network.load_state(self.best_state)
            except KeyboardInterrupt:  # half a state is none
                run.network.load_state(self.best_state)
                raise
