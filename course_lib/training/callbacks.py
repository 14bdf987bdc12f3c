"""What happens around the training steps: keeping history, showing progress, stopping early."""

import math


class Callback:
    """Base of all callbacks: override what you need. `run` is the TrainingRun; `run.stop()` ends it after this call."""

    def on_start(self, run):
        """Before the first step."""

    def on_step(self, run, loss):
        """After each step; `loss` is the batch's loss before the update, with penalties."""

    def on_epoch(self, run, row):
        """After each epoch; `row` is its line of the history."""

    def on_end(self, run):
        """After the last step, also when the run was stopped, interrupted or failed."""


class History(Callback):
    """Keeps every step's loss and every epoch's row, as plain numbers."""

    def __init__(self):
        self.step_losses = []
        self.rows = []

    def on_step(self, run, loss):
        self.step_losses.append(loss)

    def on_epoch(self, run, row):
        self.rows.append(row)


class Progress(Callback):
    """A progress bar with the latest losses: a widget in a notebook, a line in a terminal (tqdm)."""

    bar = None  # until on_start: an interrupt may come before

    def on_start(self, run):
        from tqdm.auto import tqdm

        self.bar = tqdm(total=run.total_steps, unit="step", desc=f"epoch 1/{run.recipe.epochs}", leave=True)

    def on_step(self, run, loss):
        self.bar.update()

    def on_epoch(self, run, row):
        self.bar.set_description(f"epoch {min(row['epoch'] + 1, run.recipe.epochs)}/{run.recipe.epochs}", refresh=False)
        shown = {"loss": row["batch_loss"], "validation accuracy": row["validation_accuracy"]}
        self.bar.set_postfix({name: f"{value:.3f}" for name, value in shown.items() if value is not None})

    def on_end(self, run):
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

    def __init__(self, patience):
        if patience < 1:
            raise ValueError(f"patience is {patience!r}; it must be 1 epoch or more.")
        self.patience = patience
        self.best_loss, self.best_epoch, self.best_state = math.inf, None, None

    def on_start(self, run):
        if run.data.validation is None:
            raise ValueError(
                "early stopping needs validation data to watch, and this data set has none. Split some off the "
                "training data (course_lib.data.split), or set patience=None."
            )
        self.best_loss, self.best_epoch, self.best_state = math.inf, None, None  # also when it watched another run

    def on_epoch(self, run, row):
        if row["validation_loss"] < self.best_loss:
            self.best_loss, self.best_epoch = row["validation_loss"], row["epoch"]
            self.best_state = run.network.state()
        elif row["epoch"] - (self.best_epoch or 0) >= self.patience:
            run.stopped_early = True
            run.stop()

    def on_end(self, run):
        if self.best_state is not None and not run.interrupted:
            run.network.load_state(self.best_state)
            run.best_epoch = self.best_epoch
