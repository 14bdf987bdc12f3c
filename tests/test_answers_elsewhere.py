"""Checks that judge time, with an answer that runs in the sandbox of marking: passing the inputs is not counted."""

import inspect

import numpy as np
import pytest

from course_lib.checks import run_check
from course_lib.checks.chapter_04.next_batch import slow_batch
from course_lib.grading.jail import Jail
from course_lib.grading.sandbox import NoSandbox, working_sandbox
from right_answers_ch04 import RIGHT

ALL_IMAGES_AT_ONCE = """
def batch_of_all(images, indices):
    images = images.astype(float)
    spread = images.std(axis=1, keepdims=True) + 1e-8
    return ((images - images.mean(axis=1, keepdims=True)) / spread)[indices]
"""


@pytest.fixture(scope="module")
def jail():
    try:
        sandbox = working_sandbox()
    except NoSandbox as missing:
        pytest.skip(str(missing))
    with Jail(sandbox) as jail:
        yield jail


def defined(jail, text, name):
    return jail.begin([("imports", "import numpy as np", True), ("cell", text, False)], name, {})["value"]


@pytest.mark.parametrize("answer", RIGHT["4.6"], ids=lambda answer: answer.__name__)
def test_a_right_answer_to_4_6_is_fast_enough_there_too(jail, answer):
    function = defined(jail, inspect.getsource(answer), answer.__name__)
    outcome = run_check("4.6", function, rng=np.random.default_rng(0))
    assert outcome.passed, outcome


@pytest.mark.parametrize("text", [inspect.getsource(slow_batch), ALL_IMAGES_AT_ONCE])
def test_work_on_all_images_is_too_slow_there_too(jail, text):
    outcome = run_check("4.6", defined(jail, text, text.split("(")[0].split()[-1]))
    assert outcome.status == "failed"
    assert "and the time is not" in outcome.message
