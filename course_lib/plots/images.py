"""Images of a data set in a grid, and which class is taken for which."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from course_lib.plots.figures import axes_or_new, figure_or_new
from course_lib.plots.style import BLACK

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def plot_image_grid(
    figure: "Figure | None", images: ArrayLike, titles: Sequence[str], image_shape: tuple[int, int], columns: int = 6
) -> "list[Axes]":
    """Draw images in a grid, each under its title. White is 0, black is 1.

    Parameters
    ----------
    figure : matplotlib Figure, empty; None makes a new one
    images : (n, pixels), each row an image, row by row
    titles : n texts
    image_shape : (rows, columns) of one image
    columns : images side by side

    Returns
    -------
    the list of Axes

    Raises
    ------
    ValueError : not one title for each image
    """
    if len(images) != len(titles):
        raise ValueError(f"{len(images)} images and {len(titles)} titles; there must be one title for each image.")
    rows = math.ceil(len(images) / columns)
    drawn = []
    figure = figure_or_new(figure)
    for position, (image, title) in enumerate(zip(images, titles, strict=True), start=1):
        axes = figure.add_subplot(rows, columns, position)
        axes.imshow(np.reshape(image, image_shape), cmap="gray_r", vmin=0, vmax=1)
        axes.set_title(title, fontsize=10)
        axes.set_xticks([])
        axes.set_yticks([])
        drawn.append(axes)
    return drawn


def confusion_counts(labels: ArrayLike, predictions: ArrayLike, n_classes: int) -> np.ndarray:
    """counts[i, j]: how many examples of class i were taken for class j. Shape (n_classes, n_classes)."""
    counts = np.zeros((n_classes, n_classes), dtype=int)
    np.add.at(counts, (np.asarray(labels), np.asarray(predictions)), 1)
    return counts


def worst_mistakes(probabilities: ArrayLike, labels: ArrayLike, n: int = 12) -> np.ndarray:
    """The wrong answers that were given most surely: indices of the examples, the surest mistake first.

    Parameters
    ----------
    probabilities : (examples, classes); the answer is the class with the largest one
    labels : (examples,) the true classes
    n : how many at most; there may be fewer

    Raises
    ------
    ValueError : not one row of probabilities for each label, n below 1
    """
    probabilities, labels = np.asarray(probabilities), np.asarray(labels)
    if probabilities.ndim != 2 or labels.shape != probabilities.shape[:1]:
        raise ValueError(
            f"probabilities have shape {probabilities.shape} and labels {labels.shape}; expected (examples, classes) "
            "and (examples,)."
        )
    if n < 1:
        raise ValueError(f"n is {n!r}; expected 1 or more.")
    wrong = np.flatnonzero(probabilities.argmax(axis=1) != labels)
    surest_first = np.argsort(-probabilities[wrong].max(axis=1), kind="stable")
    return wrong[surest_first[:n]]


def plot_worst_mistakes(
    figure: "Figure | None",
    images: ArrayLike,
    labels: ArrayLike,
    probabilities: ArrayLike,
    class_names: Sequence[str],
    image_shape: tuple[int, int],
    n: int = 12,
    columns: int = 6,
) -> "list[Axes]":
    """Draw the wrong answers that were given most surely, each under what was said, how surely, and what is true.

    Parameters
    ----------
    figure : matplotlib Figure, empty; None makes a new one
    images : (examples, pixels), each row an image, row by row, 0 (white) to 1 (black)
    labels, probabilities, n : as for `worst_mistakes`
    class_names : a name a class
    image_shape, columns : as for `plot_image_grid`

    Returns
    -------
    the list of Axes; empty where nothing is wrong
    """
    probabilities, labels = np.asarray(probabilities), np.asarray(labels)
    chosen = worst_mistakes(probabilities, labels, n)
    titles = [
        f"{class_names[row.argmax()]}, {100 * row.max():.0f}%\nis: {class_names[label]}"
        for row, label in zip(probabilities[chosen], labels[chosen], strict=True)
    ]
    return plot_image_grid(figure, np.asarray(images)[chosen], titles, image_shape, columns)


def plot_confusion(axes: "Axes | None", counts: ArrayLike, class_names: Sequence[str]) -> "Axes":
    """The counts of a confusion matrix as a table: true class down, predicted class across. Mistakes are shaded.

    Parameters
    ----------
    axes : matplotlib Axes; None makes a new one
    counts : (classes, classes) from `confusion_counts`
    class_names : a name a class

    Returns
    -------
    the Axes
    """
    counts = np.asarray(counts)
    mistakes = counts.astype(float)
    np.fill_diagonal(mistakes, 0)
    axes = axes_or_new(axes)
    axes.imshow(mistakes, cmap="Oranges", vmin=0, vmax=max(mistakes.max() * 1.3, 1))
    for (row, column), count in np.ndenumerate(counts):
        if count:
            weight = "bold" if row == column else "normal"
            axes.text(column, row, str(count), ha="center", va="center", fontsize=10, color=BLACK, weight=weight)
    axes.set_xticks(range(len(class_names)), class_names, rotation=45, ha="right")
    axes.set_yticks(range(len(class_names)), class_names)
    axes.set_xlabel("predicted class")
    axes.set_ylabel("true class")
    return axes
