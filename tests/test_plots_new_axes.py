"""Every plot takes None for its Axes or Figure and then makes a new one: what the reader tries first."""

import ast
import importlib
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.axes import Axes

from course_lib import plots

FOLDER = Path(plots.__file__).parent
GRID = np.add.outer(np.arange(4.0), np.arange(4.0))
EFFECT = {"label": "one", "mean": 1.0, "low": 0.5, "high": 1.5}
LEDGER_ROW = {**EFFECT, "name": "n", "title": "t", "figures": "f", "unit": "u"}
LEDGER_ROW |= {"verdict": "open", "article": True, "elsewhere": [(0.5, "open")]}
LAYERS = [np.ones((2, 3)), np.ones((3, 1))]
BIASES = [np.zeros(3), np.zeros(1)]
VALUES = [np.ones(2), np.ones(3), np.ones(1)]
# module.function: what stands behind the Axes or the Figure
CALLS = {
    "activations.plot_activation": (np.linspace(-1, 1, 9), np.zeros(9), np.ones(9), "title"),
    "activations.plot_activation_grid": (
        np.linspace(-1, 1, 9),
        [{"value": np.zeros(9), "derivative": np.ones(9), "title": "title"}],
        2,
    ),
    "backpropagation.draw_backward": (LAYERS, BIASES, VALUES, LAYERS, BIASES),
    "decision.plot_regions": (np.arange(4.0), GRID, 2.5),
    "decision.plot_levels": (np.arange(4.0), GRID),
    "decision.plot_points": (np.zeros((2, 2)), [0, 1]),
    "decision.plot_boundary": ([1.0, 1.0], 0.5, -2, 2),
    "durations.plot_durations": ({"slow": 2.0, "fast": 1.0},),
    "filters.plot_filters": (np.ones((4, 3)), (2, 2)),
    "gradient_norms.plot_gradient_norms": ([1.0, 2.0, 3.0],),
    "images.plot_image_grid": (np.zeros((2, 4)), ["a", "b"], (2, 2)),
    "images.plot_worst_mistakes": (np.zeros((2, 4)), [0, 1], [[0.1, 0.9], [0.8, 0.2]], ["a", "b"], (2, 2)),
    "images.plot_confusion": (np.eye(2, dtype=int), ["a", "b"]),
    "label_counts.plot_label_counts": ([10, 100], {"arm": [(1, 0, 2), (2, 1, 3)]}),
    "layers.plot_layer_violins": ([np.arange(9.0), np.arange(9.0)],),
    "learning_curves.plot_learning_curves": ([2.0, 1.0], [2.1, 1.5]),
    "learning_curves.plot_reliability": ([3, 4], [0.4, 0.9], [0.5, 0.8]),
    "learning_rates.plot_range_test": ([0.1, 1.0], [2.0, 1.0], [2.0, 1.0]),
    "learning_rates.plot_schedules": ({"constant": [0.1, 0.1]},),
    "ledger.plot_ledger": ([LEDGER_ROW],),
    "matrix_product.draw_layer_product": (np.ones((2, 2)), np.ones((2, 3)), np.zeros(3)),
    "measurements.plot_effects": ([EFFECT],),
    "network_drawing.draw_network": (LAYERS, BIASES),
    "parts.plot_pairs": ({("a", "b"): 1.0}, ["a", "b"]),
    "race.plot_paths": (lambda x, y: x**2 + y**2, {"adam": [[1.0, 1.0], [0.5, 0.5]]}, (-2, 2, -2, 2)),
    "surface.plot_surface": (np.arange(4.0), np.arange(4.0), GRID + 1),
    "surface.plot_path": ([[1.0, 1.0], [0.5, 0.5]],),
    "training.plot_curves": ([1, 2], {"loss": [2.0, 1.0]}),
    "training.plot_line_fit": ([1.0, 2.0], [1.0, 2.5], 1.0, 0.0),
    "training.plot_step_errors": ([0.1, 0.01], {"central": [1e-3, 1e-5]}),
    "training.plot_sizes": ([1.0, 10.0],),
    "training.plot_intervals": ({"arm": [1.0, 2.0]}, {"arm": (1.5, 1.0, 2.0)}),
    "training_map.plot_training_map": (np.eye(2), ["a", "b"], ["c", "d"]),
}
# These add to a figure, or show one, that must be there.
DRAWN_INTO = {"ledger.ledger_legend", "training.label_ends", "figures.show", "figures.as_picture"}


def functions():
    """(module.function, its syntax tree) of every public function of plots/."""
    for path in sorted(FOLDER.glob("*.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
                yield f"{path.stem}.{node.name}", node


def test_every_function_that_draws_is_tried_here():
    drawing = {
        name
        for name, node in functions()
        if node.args.args
        and node.args.args[0].arg in ("axes", "figure", "axes_or_figure")
        and not name.endswith("_or_new")
    }
    assert drawing - DRAWN_INTO == set(CALLS)


@pytest.mark.parametrize("name", CALLS)
def test_without_axes_a_new_figure_is_made_and_its_axes_are_returned(name):
    plt.close("all")
    module, function = name.split(".")
    drawn = getattr(importlib.import_module(f"course_lib.plots.{module}"), function)(None, *CALLS[name])
    every = [drawn] if isinstance(drawn, Axes) else list(np.ravel(drawn))
    assert len(plt.get_fignums()) == 1
    assert every and all(isinstance(axes, Axes) and axes.figure is plt.gcf() for axes in every)
    assert any(axes.has_data() or axes.texts or axes.patches for axes in every)
    plt.close("all")


def test_what_cannot_be_drawn_leaves_no_empty_figure_behind():
    plt.close("all")
    with pytest.raises(ValueError, match="arms is empty"):
        plots.label_counts.plot_label_counts(None, [10, 100], {})
    assert plt.get_fignums() == []
