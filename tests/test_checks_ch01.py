"""Chapter 1's checks: right answers in many styles pass, and each common mistake gets the diagnosis that fits it."""

import numpy as np
import pytest

from checks_scaffold import ChapterChecks
from course_lib.checks import run_check
from right_answers_ch01 import RIGHT, activation_by_mask


class TestChapter1(ChapterChecks):
    chapter, right = 1, RIGHT
    fewest_right, fewest_wrong = 2, 3


@pytest.mark.filterwarnings("ignore:overflow")
def test_an_overflow_on_the_side_that_is_not_used_is_not_punished_if_the_numbers_are_right():
    def overflows(name, z):
        return np.where(z > 0, z, np.exp(z) - 1), np.where(z > 0, 1, np.exp(z))

    outcome = run_check("1.2", lambda name, z: (overflows if name == "elu" else activation_by_mask)(name, z))
    assert outcome.passed, outcome


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
