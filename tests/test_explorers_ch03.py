"""What the explorers of chapter 3 say of gradients in Python, and what an import of them costs."""

import math
import subprocess
import sys

import numpy as np
import pytest

import make_clothes_module
from course_lib.explorers import gradient_chart


@pytest.mark.parametrize(
    ("decades", "text"),
    [
        (0.0, "1 times"),
        (math.log10(0.37), "0.37 times"),
        (math.log10(12.4), "12 times"),
        (math.log10(2345), "2,300 times"),
        (7.61, "4.1·10⁷ times"),
        (12.0, "10¹² times"),
        (-12.0, "1/10¹²"),
        (-1.5, "1/32"),
        (-math.log10(2345), "1/2,300"),
        (-18.23, "1/(1.7·10¹⁸)"),
        (301.0, "more than 10³⁰⁰ times"),
        (math.inf, "more than 10³⁰⁰ times"),
        (-301.0, "less than 1/10³⁰⁰"),
        (-math.inf, "0 times"),
    ],
)
def test_a_ratio_is_said_in_two_digits(decades, text):
    assert gradient_chart.ratio_in_words(decades) == text


def test_sizes_are_counted_against_the_last_without_overflow():
    decades = gradient_chart.decades_to_last([1e-300, 0.0, 1e300, 1e200])
    assert decades[[0, 2, 3]] == pytest.approx([-500, 100, 0])
    assert decades[1] == -math.inf


@pytest.mark.parametrize(
    ("first", "kind"),
    [
        (-3.5, "vanishes"),
        (-2, "shrinks"),
        (-0.9, "keeps"),
        (0.9, "keeps"),
        (2, "grows"),
        (3.5, "explodes"),
        (-math.inf, "vanishes"),
        (math.inf, "explodes"),
        (math.nan, "lost"),
    ],
)
def test_the_verdict_follows_the_first_layer(first, kind):
    assert gradient_chart.verdict(np.array([first, 7.0, 0.0])) == kind
    assert gradient_chart.verdict(np.array([0.0])) == "alone"


def test_the_explorers_of_chapter_3_load_no_torch():
    modules = "gradient_flow, recurrent_gradients"
    program = (
        f"import sys; from course_lib.explorers import {modules}; "
        "gradient_flow.GradientFlowExplorer(); recurrent_gradients.RecurrentGradientsExplorer(); "
        "print('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, text=True).stdout == "False\n"


def test_the_browsers_images_are_made_by_their_tool(tmp_path):
    make_clothes_module.main([str(tmp_path / "clothes.js")])
    assert (tmp_path / "clothes.js").read_bytes() == make_clothes_module.FILE.read_bytes()
    assert make_clothes_module.FILE.stat().st_size < 100 * 2**10
