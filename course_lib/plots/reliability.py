"""Calibration as a picture: how often answers are right, against how sure the network was of them."""

import numpy as np

from course_lib.plots.style import GRAY, series

LARGEST_MARKER = 260  # points squared, of a bin that holds all examples


def plot_reliability(axes, arms):
    """A reliability diagram: accuracy against confidence, bin by bin; on the gray line they are equal.

    Below the line a network is surer than it may be. The larger a marker, the more answers lie in its bin; a bin
    without answers has none. Niculescu-Mizil and Caruana 2005; Guo et al. 2017, figure 1.

    Parameters
    ----------
    axes : matplotlib Axes
    arms : {name: (counts, confidence, accuracy)}, each (bins,), as `calibration.reliability` returns them

    Returns
    -------
    the Axes

    Raises
    ------
    ValueError : no arms, three arrays of unequal lengths, counts that are negative or all 0, a share that does not lie
        between 0 and 1
    """
    if not arms:
        raise ValueError("arms is empty; expected {name: (counts, confidence, accuracy)}, one or more.")
    checked = {name: _checked(name, values) for name, values in arms.items()}
    axes.plot([0, 100], [0, 100], color=GRAY, linewidth=1.2, linestyle=":", gid="calibrated")
    for index, (name, (counts, confidence, accuracy)) in enumerate(checked.items()):
        filled, look = counts > 0, series(index)
        sizes = 8 + LARGEST_MARKER * counts[filled] / counts.sum()
        axes.plot(100 * confidence[filled], 100 * accuracy[filled], linewidth=1.6, label=name, **look)
        axes.scatter(
            100 * confidence[filled], 100 * accuracy[filled], s=sizes, color=look["color"], marker=look["marker"],
            alpha=0.45, gid=name,
        )  # fmt: skip
    axes.text(97, 88, "exactly as sure\nas it may be", ha="right", va="top", fontsize=9, color=GRAY)
    axes.set_xlim(0, 102)
    axes.set_ylim(0, 102)
    axes.set_xlabel("how sure it was (%)")
    axes.set_ylabel("how many were right (%)")
    axes.grid(color=GRAY, alpha=0.25, linewidth=0.6)
    axes.legend(frameon=False, loc="upper left")
    return axes


def _checked(name, values):
    arrays = [np.asarray(each, dtype=float) for each in values]
    if len(arrays) != 3 or any(each.ndim != 1 or each.shape != arrays[0].shape for each in arrays):
        shapes = ", ".join(str(each.shape) for each in arrays)
        raise ValueError(
            f"{name!r} has the shapes {shapes}; expected (bins,) three times: counts, confidence, accuracy."
        )
    counts, *shares = arrays
    if not (counts >= 0).all() or not counts.sum() > 0:
        raise ValueError(f"the counts of {name!r} are {counts.tolist()}; expected none below 0, and not all 0.")
    if not all(((each >= 0) & (each <= 1)).all() for each in shares):
        raise ValueError(f"{name!r} has a confidence or an accuracy that does not lie between 0 and 1.")
    return arrays
