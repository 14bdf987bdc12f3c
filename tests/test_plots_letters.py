"""Letters in pictures are 13 pixels or more on the page."""

import ast
import re
from pathlib import Path

import matplotlib
import matplotlib.pyplot as plt
import pytest

from course_lib.plots import figures

PLOTS = Path(figures.__file__).parent
LEAST = 13  # pixels
OTHER = {
    "layers.py",  # ten violins side by side, each with the share of its zeros
    "ledger.py",  # the README's picture, which is not shown by `show`
}


def test_matplotlibs_usual_letters_are_large_enough_in_a_figure_of_any_size():
    for inches in (5, 6.6):
        figure = plt.figure(figsize=(inches, 3), layout="constrained")
        figure.subplots().set_title("A title")
        width = int(re.search(r"width:(\d+)px", figures.as_picture(figure, "An axis.").html)[1])
        points = matplotlib.rcParamsDefault["font.size"]
        assert points / 72 * width / inches >= LEAST - 0.02


@pytest.mark.parametrize("path", sorted(PLOTS.glob("*.py")), ids=lambda path: path.name)
def test_no_drawing_asks_for_smaller_letters(path):
    calls = [node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.keyword)]
    sizes = [node.value.value for node in calls if node.arg == "fontsize" and isinstance(node.value, ast.Constant)]
    small = [size for size in sizes if not isinstance(size, str) and size / 72 * figures.PIXELS_AN_INCH < LEAST]
    assert small == [] or path.name in OTHER
