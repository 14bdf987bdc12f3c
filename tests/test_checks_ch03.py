"""Chapter 3's checks: right answers in many styles pass, and each common mistake gets the diagnosis that fits it."""

import numpy as np
import pytest

from checks_scaffold import ChapterChecks
from course_lib.checks import run_check
from right_answers_ch03 import RIGHT
from wrong_answers_ch03 import WRONG


class TestChapter3(ChapterChecks):
    chapter, right, wrong = 3, RIGHT, WRONG
    elsewhere = ("3.10",)  # in test_broken_networks.py
    given_broken = {"3.8": "Each entry is cut by itself"}


@pytest.mark.parametrize("value", [None, "text", np.zeros(3), [1.0, 2.0]])
def test_a_strange_answer_in_the_last_case_only_is_a_diagnosis(value):
    elu, forward, clip, through_time = (RIGHT[number][0] for number in ("3.5", "3.6", "3.8", "3.9"))
    late = {
        "3.5": lambda z, alpha=1.0: value if z.max() > 900 else elu(z, alpha),
        "3.6": lambda x, *given: value if len(x) == 1 else forward(x, *given),
        "3.8": lambda gradients, limit: clip(gradients, limit) if any(map(np.any, gradients)) else value,
        "3.9": lambda states, *given: value if len(states) == 1 else through_time(states, *given),
    }
    for number, answer in late.items():
        assert run_check(number, answer).status == "failed", number


def leaky_in_place(z, slope):
    z[z < 0] = 0
    return z, z


def running_in_place(x, scale, shift, running_mean, running_variance, training, *settings):
    running_mean += 0.1 * (x.mean(axis=0) - running_mean)
    return x, running_mean, running_variance


def clip_in_place(gradients, limit):
    for gradient in gradients:
        gradient *= limit / np.sqrt(sum(np.sum(each**2) for each in gradients))
    return gradients


@pytest.mark.parametrize(
    ("number", "answer", "name"),
    [("3.4", leaky_in_place, "z"), ("3.6", running_in_place, "running_mean"), ("3.8", clip_in_place, "gradients")],
)
def test_an_input_that_is_changed_is_named(number, answer, name):
    outcome = run_check(number, answer)
    assert outcome.status == "failed"
    assert f"changes its input `{name}`" in outcome.message
