"""Training and validation side by side, epoch by epoch; and how sure a network is against how often it is right."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from course_lib.plots.figures import axes_or_new
from course_lib.plots.style import BLACK, BLUE, GRAY, TRAIN, VALIDATION, VERMILION

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LOOKS = {"training": (TRAIN, "-"), "validation": (VALIDATION, "--")}


def plot_learning_curves(
    axes: "Axes | None",
    training: ArrayLike,
    validation: ArrayLike,
    test: float | None = None,
    mark_best: bool = False,
    names: bool = True,
) -> "Axes":
    """Two curves over the epochs, counted from 1: training solid and blue, validation dashed and orange.

    Parameters
    ----------
    axes : matplotlib Axes; None makes a new one
    training, validation : (epochs,) values of one quantity, a loss for example
    test : value on new images after the last epoch, drawn as a diamond; None for none
    mark_best : ring the lowest point of the validation curve
    names : write each curve's name beside it

    Returns
    -------
    the Axes

    Raises
    ------
    ValueError : curves of unequal or no length
    """
    curves = {"training": np.asarray(training, dtype=float), "validation": np.asarray(validation, dtype=float)}
    shapes = [values.shape for values in curves.values()]
    if shapes[0] != shapes[1] or len(shapes[0]) != 1 or not shapes[0][0]:
        raise ValueError(f"training has shape {shapes[0]} and validation {shapes[1]}; expected (epochs,) for both.")
    epochs = np.arange(1, shapes[0][0] + 1)
    axes = axes_or_new(axes)
    for name, values in curves.items():
        color, dash = LOOKS[name]
        axes.plot(epochs, values, color=color, linestyle=dash, linewidth=2, label=name)
    if mark_best:
        best = int(np.argmin(curves["validation"]))
        ring = {"marker": "o", "markersize": 12, "markerfacecolor": "none", "markeredgewidth": 2}
        axes.plot(epochs[best], curves["validation"][best], markeredgecolor=BLACK, gid="best", **ring)
    if test is not None:
        axes.plot(epochs[-1], test, "D", color=BLACK, markersize=8, label="new images", gid="test", clip_on=False)
    if names:
        _name_curves(axes, epochs, curves)
    return axes


def _name_curves(axes, epochs, curves):
    """Each name at the end of its curve, the upper one above and the lower one below where they end close together."""
    ends = {name: values[-1] for name, values in curves.items()}
    upper = max(ends, key=ends.get)
    low, high = axes.get_ylim()
    close = abs(ends["training"] - ends["validation"]) < 0.1 * (high - low)
    for name, value in ends.items():
        shift = 0 if not close else (8 if name == upper else -8)
        axes.annotate(
            name,
            (epochs[-1], value),
            xytext=(7, shift),
            textcoords="offset points",
            color=LOOKS[name][0],
            va="center",
            annotation_clip=False,
        )


def plot_reliability(axes: "Axes | None", counts: ArrayLike, confidence: ArrayLike, accuracy: ArrayLike) -> "Axes":
    """A reliability picture: for each bin, how sure the network was (across) and how often it was right (up).

    On the diagonal the two agree. Red strokes below it say "too sure", blue ones above it "not sure enough". The area
    of a dot is the share of the examples that lie in its bin.

    Parameters
    ----------
    axes : matplotlib Axes; None makes a new one
    counts, confidence, accuracy : (bins,) as `calibration.reliability` returns them

    Returns
    -------
    the Axes

    Raises
    ------
    ValueError : arrays of unequal length, or no example in any bin
    """
    counts, confidence, accuracy = (np.asarray(array, dtype=float) for array in (counts, confidence, accuracy))
    if not counts.shape == confidence.shape == accuracy.shape or counts.ndim != 1:
        raise ValueError(
            f"counts, confidence and accuracy have shapes {counts.shape}, {confidence.shape} and {accuracy.shape}; "
            "expected (bins,) for all."
        )
    if not counts.sum() > 0:
        raise ValueError("There is no example in any bin.")
    axes = axes_or_new(axes)
    axes.plot([0, 1], [0, 1], color=GRAY, linewidth=1.4, linestyle="--", gid="diagonal")
    used = counts > 0
    for place in np.flatnonzero(used):
        color = VERMILION if accuracy[place] < confidence[place] else BLUE
        axes.plot([confidence[place]] * 2, [confidence[place], accuracy[place]], color=color, linewidth=2.5, gid="gap")
    area = 30 + 400 * counts[used] / counts.sum()
    axes.scatter(confidence[used], accuracy[used], s=area, color=BLACK, alpha=0.75, zorder=3)
    axes.set(xlim=(0, 1.03), ylim=(0, 1.03), xlabel="how sure (largest probability)", ylabel="share that is right")
    axes.set_aspect("equal")
    return axes
