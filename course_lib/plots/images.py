"""Images of a data set in a grid, and which class is taken for which."""

import math

import numpy as np

from course_lib.plots.style import BLACK


def plot_image_grid(figure, images, titles, image_shape, columns=6):
    """Draw images in a grid, each under its title. White is 0, black is 1.

    Parameters
    ----------
    figure : matplotlib Figure, empty
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
    for position, (image, title) in enumerate(zip(images, titles, strict=True), start=1):
        axes = figure.add_subplot(rows, columns, position)
        axes.imshow(np.reshape(image, image_shape), cmap="gray_r", vmin=0, vmax=1)
        axes.set_title(title, fontsize=9.5)
        axes.set_xticks([])
        axes.set_yticks([])
        drawn.append(axes)
    return drawn


def confusion_counts(labels, predictions, n_classes):
    """counts[i, j]: how many examples of class i were taken for class j. Shape (n_classes, n_classes)."""
    counts = np.zeros((n_classes, n_classes), dtype=int)
    np.add.at(counts, (np.asarray(labels), np.asarray(predictions)), 1)
    return counts


def plot_confusion(axes, counts, class_names):
    """The counts of a confusion matrix as a table: true class down, predicted class across. Mistakes are shaded.

    Parameters
    ----------
    axes : matplotlib Axes
    counts : (classes, classes) from `confusion_counts`
    class_names : a name a class

    Returns
    -------
    the Axes
    """
    counts = np.asarray(counts)
    mistakes = counts.astype(float)
    np.fill_diagonal(mistakes, 0)
    axes.imshow(mistakes, cmap="Oranges", vmin=0, vmax=max(mistakes.max() * 1.3, 1))
    for (row, column), count in np.ndenumerate(counts):
        if count:
            weight = "bold" if row == column else "normal"
            axes.text(column, row, str(count), ha="center", va="center", fontsize=9, color=BLACK, weight=weight)
    axes.set_xticks(range(len(class_names)), class_names, rotation=45, ha="right")
    axes.set_yticks(range(len(class_names)), class_names)
    axes.set_xlabel("predicted class")
    axes.set_ylabel("true class")
    return axes
