"""The card of a check in JupyterLab in a real browser: its hints open by keyboard, and the notebook stays as it was."""

import pytest

pytestmark = pytest.mark.timeout(300)

NOTEBOOK = """import numpy as np
from course_lib.checks import exercise
from course_lib.learner import check
from course_lib.checks.expectations import expect_close

@exercise("99.1", title="Double")
def double(submitted):
    expect_close(submitted(np.array([1.0, 3.0])), np.array([2.0, 6.0]), because=[(np.array([4.0, 12.0]), "Twice.")])

check("99.1", lambda x: 4 * x)"""
OPENED = "() => [...document.querySelectorAll('.course-check details')].map(details => details.open)"


@pytest.mark.parametrize("key", ["Enter", "Space"])
def test_the_hints_of_a_card_open_one_after_the_other_by_keyboard(lab, key):
    page = lab.show(NOTEBOOK)
    page.wait_for_selector(".course-check details")
    assert page.evaluate(OPENED) == [False, False]
    page.locator(".course-check summary").first.focus()
    page.keyboard.press(key)
    assert page.evaluate(OPENED) == [True, False]
    page.keyboard.press("Tab")
    page.keyboard.press(key)
    assert page.evaluate(OPENED) == [True, True]
    assert page.locator(".course-check").inner_text().rstrip().endswith("Twice.")
    assert page.locator(".jp-mod-editMode").count() == 0
    page.keyboard.press(key)
    assert page.evaluate(OPENED) == [True, False]
