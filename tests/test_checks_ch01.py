"""Chapter 1's checks: right answers in many styles pass, and each common mistake gets the diagnosis that fits it."""

import re

import numpy as np
import pytest

from checks_scaffold import ChapterChecks
from course_lib.checks import run_check
from right_answers_ch01 import RIGHT, forward_recursive


class TestChapter1(ChapterChecks):
    chapter, right = 1, RIGHT
    fewest_right, fewest_wrong = 2, 3


@pytest.mark.parametrize("number", ["1.4", "1.6"])
def test_a_batch_that_is_cut_off_at_0_in_place_is_told_and_nothing_else(number):
    def cuts_in_place(z, layers=None):
        if layers is None:
            z[z < 0] = 0
            return z, np.sign(z)
        return [*forward_recursive(z.copy(), layers)[:1], *forward_recursive(np.abs(z, out=z), layers)[1:]]

    outcome = run_check(number, cuts_in_place)
    assert outcome.status == "failed"
    assert "changes its input" in f"{outcome.message} {outcome.hint}"


def test_the_broken_layer_of_the_chapter_has_both_its_mistakes_left():
    broken = re.search(r"^def broken_layer.*?return sums$", TestChapter1().source(), flags=re.M | re.S)[0]
    namespace = {}
    exec(broken, namespace)
    outcome = run_check("1.3", namespace["broken_layer"])
    assert outcome.hint.startswith("Both mistakes are still in"), outcome


def test_a_wrong_prediction_is_not_told_the_right_numbers():
    outcome = run_check("1.5", lambda: [[14, 5], [34, 0], [46, 2]])
    assert outcome.status == "failed"
    assert "y1 is right" in outcome.message
    assert "3" not in outcome.message.replace("[14, 5]", "")


def test_a_design_of_tensors_is_told_to_convert_them_and_not_that_its_rows_differ():
    torch = pytest.importorskip("torch")
    design = [torch.ones(2, 2), torch.tensor([0.0, -1.0]), torch.tensor([[-1.0], [2.0]]), torch.ones(1)]
    outcome = run_check("1.7", lambda: design)
    assert outcome.status == "failed"
    assert "numpy()" in str(outcome), outcome
    assert "rows" not in str(outcome), outcome
