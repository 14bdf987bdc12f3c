"""The learning-rate range test: one short run in which the rate grows from step to step, to see which rates can work.

Smith 2017, "Cyclical learning rates for training neural networks", section 3.3; with a rate that grows by the same
factor at every step, so that each power of ten gets as many steps.
"""

from dataclasses import dataclass

import numpy as np

from course_lib.data import Dataset
from course_lib.progress_bar import progress_bar
from course_lib.recipe import Recipe, RecipeError, check_count, check_number
from course_lib.training.fit import TrainingDiverged, TrainingRun

GREW_TOO_FAR = 4.0  # times the lowest smoothed loss: no larger rate will work
SMOOTHING = 0.8  # weight of a loss in the mean of its neighbor
WINDOW = 20  # steps to each side that the mean goes; 0.8^20 is about 0.01
FEWEST_STEPS = 10


@dataclass(frozen=True)
class RangeTest:
    """What a range test saw.

    Parameters
    ----------
    rates : array (steps,), the learning rate of every step, growing
    losses : array (steps,), the batch's loss of every step before its update, all finite
    smoothed : array (steps,), a mean of each loss and its neighbors, the near ones with more weight
    suggestion : the rate at which the smoothed loss fell fastest on the logarithmic scale of rates; None if it never
        fell. A rate to begin tuning with, not the best one
    stopped : why it ended: "highest rate", "loss grew" (over 4 times the lowest smoothed loss), "not finite" or
        "interrupted"
    """

    rates: np.ndarray
    losses: np.ndarray
    smoothed: np.ndarray
    suggestion: float | None
    stopped: str


def learning_rate_range_test(
    recipe, data, engine="numpy", lowest=1e-5, highest=10.0, steps=100, device="auto", dtype="float32", progress=True
):
    """Train one network while its learning rate grows, until the loss does.

    Parameters
    ----------
    recipe : Recipe; its learning rate, schedule, epochs and patience do not count
    data : Dataset; only its training part is used
    engine, device, dtype : as for `fit`
    lowest, highest : learning rates of the first and the last step, above 0
    steps : at most so many, 10 or more; it ends earlier when the smoothed loss is over 4 times its lowest
    progress : show a progress bar

    Returns
    -------
    RangeTest. An interrupted test (the Stop button, Ctrl-C) returns what it has so far.

    Raises
    ------
    RecipeError : rates or steps that cannot be, or a recipe that does not fit the data
    ArrayError : arrays that cannot be trained on
    """
    rates = _checked_rates(lowest, highest, steps)
    run = _training_run(recipe, data, engine, device, dtype, len(rates))
    losses, stopped = [], "highest rate"
    bar = progress_bar(len(rates), "range test", shown=progress)
    try:
        with np.errstate(all="ignore"):
            for rate in rates:
                run.network.optimizer.learning_rate = float(rate)
                losses.append(run.step())
                bar.update()
                smoothed = smooth(losses)
                if smoothed[-1] > GREW_TOO_FAR * smoothed.min():
                    stopped = "loss grew"
                    break
    except TrainingDiverged:
        stopped = "not finite"
    except KeyboardInterrupt:
        stopped = "interrupted"
        print(f"Interrupted after {len(losses)} of {len(rates)} steps. What was measured so far is kept.")
    finally:
        bar.close()
    rates, smoothed = rates[: len(losses)], smooth(losses)
    return RangeTest(rates, np.array(losses), smoothed, _steepest_fall(rates, smoothed), stopped)


def smooth(losses):
    """The mean over all losses up to 20 steps away, a loss k steps away with weight 0.8^k: array (steps,)."""
    losses = np.asarray(losses, dtype=float)
    if not len(losses):
        return losses
    weights = SMOOTHING ** np.abs(np.arange(-WINDOW, WINDOW + 1))  # 0.8^|k|
    inside = slice(WINDOW, WINDOW + len(losses))
    return np.convolve(losses, weights)[inside] / np.convolve(np.ones_like(losses), weights)[inside]  # ends have fewer


def _steepest_fall(rates, smoothed):
    if len(rates) < 2:
        return None
    slopes = np.gradient(smoothed, np.log(rates))  # dL / d log(eta)
    steepest = int(slopes.argmin())
    return float(rates[steepest]) if slopes[steepest] < 0 else None


def _checked_rates(lowest, highest, steps):
    expected = "a finite number above 0"
    lowest = check_number("lowest", lowest, lambda value: value > 0, expected)
    highest = check_number("highest", highest, lambda value: value > 0, expected)
    if lowest >= highest:
        raise RecipeError(f"lowest is {lowest:g} and highest is {highest:g}; the rate grows from lowest to highest.")
    return np.geomspace(lowest, highest, check_count("steps", steps, FEWEST_STEPS))


def _training_run(recipe, data, engine, device, dtype, steps):
    """A TrainingRun long enough, whose rate nobody else sets; without validation data, which nobody would look at."""
    if isinstance(recipe, Recipe) and isinstance(data, Dataset):  # else TrainingRun says what is wrong
        recipe = recipe.replace(schedule="constant", schedule_steps=(), epochs=steps, patience=None)
        data = Dataset(data.train, None, None, data.name, data.class_names, data.image_shape)
    return TrainingRun(recipe, data, engine, device, dtype)
