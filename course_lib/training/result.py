"""What a training run leaves: its history, its network, and how it ended."""

from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from course_lib.recipe import Recipe

BARS = "▁▂▃▄▅▆▇█"
WIDEST = 40  # bars of a spark line


@dataclass(repr=False)
class Result:
    """What a training run leaves. Printed, it says in three lines how the run went.

    Parameters
    ----------
    history : one dict an epoch with epoch (from 1), batch_loss (mean over the epoch's steps, training mode, with
        penalties), train_loss and train_accuracy (first 2,000 training examples, evaluation mode, no penalties),
        validation_loss and validation_accuracy (None without validation data), seconds (since the start)
    step_losses : the batch's loss of every step, before its update
    network, recipe : the trained Network and its Recipe
    interrupted : the run was interrupted; history and network are as far as it got
    stopped_early : early stopping ended it
    best_epoch : the epoch whose parameters were restored, None without early stopping
    """

    history: list[dict[str, float | None]]
    step_losses: list[float] = field(repr=False)
    network: Any
    recipe: Recipe
    interrupted: bool = False
    stopped_early: bool = False
    best_epoch: int | None = None

    def __repr__(self) -> str:
        return "\n".join((f"Result of {self._how_long()}", f"  {self._how_good()}", f"  batch loss {self._curve()}"))

    def _repr_html_(self) -> str:
        lines = (f"<b>Result</b> of {self._how_long()}", self._how_good(), f"batch loss {self._curve()}")
        return f"<div>{'<br>'.join(lines)}</div>"

    def _how_long(self):
        ended = "interrupted" if self.interrupted else "stopped early" if self.stopped_early else "to the end"
        epochs = len(self.history)
        seconds = f" in {self.history[-1]['seconds']:.1f} s" if self.history else ""
        return f"{epochs} {'epoch' if epochs == 1 else 'epochs'}, {len(self.step_losses):,} steps{seconds}, {ended}"

    def _how_good(self):
        if not self.history:
            return "no epoch was finished"
        row = self.history[self.best_epoch - 1 if self.best_epoch else -1]
        part = "train" if row["validation_accuracy"] is None else "validation"
        kept = f", of epoch {self.best_epoch}, the best" if self.best_epoch else ""
        return f"{part} accuracy {row[f'{part}_accuracy']:.1%}, loss {row[f'{part}_loss']:.3f}{kept}"

    def _curve(self):
        """The batch losses as a line of bars, each the mean of its share of the steps."""
        n_bars = min(WIDEST, len(self.step_losses))
        if not n_bars:
            return "(no step was made)"
        edges = [len(self.step_losses) * place // n_bars for place in range(n_bars + 1)]
        means = [sum(self.step_losses[a:b]) / (b - a) for a, b in pairwise(edges)]
        finite = [mean for mean in means if abs(mean) < float("inf")]
        low, high = (min(finite), max(finite)) if finite else (0.0, 0.0)
        span = high - low if high > low else 1.0
        heights = [(mean - low) / span for mean in means]
        # a mean that is not a number is drawn as high as it gets
        bars = "".join(BARS[round(7 * height)] if 0 <= height <= 1 else BARS[-1] for height in heights)
        return f"{bars} {means[0]:.3g} to {means[-1]:.3g}"
