"""The card a learner sees, as text and as HTML, in a real kernel and in a terminal."""

import dataclasses
import html
import re
import subprocess
import sys

import nbformat
import pytest
from nbclient import NotebookClient

from course_lib.checks.cards import card_html, card_text
from course_lib.checks.verdict import Outcome


def test_the_text_card_says_everything_without_color():
    outcome = Outcome("1.2", "Title", "failed", "message", "hint", "line 2 of your cell", "x = 1")
    assert card_text(outcome) == (
        "Exercise 1.2 · Title: not right yet\n  message\n  line 2 of your cell:  x = 1\n  Hint: hint"
    )


@pytest.mark.parametrize(
    ("status", "word"),
    [
        ("passed", "passed"),
        ("failed", "not right yet"),
        ("not_written", "not written yet"),
        ("broken", "could not be checked"),
    ],
)
def test_the_html_card_names_its_status_in_words_and_is_announced(status, word):
    card = card_html(Outcome("1.2", "Title", status, "message"))
    assert 'role="status"' in card
    assert f"Exercise 1.2 · Title: {word}</div>" in card


def test_what_a_learner_wrote_cannot_become_html():
    outcome = Outcome("1.2", "T", "failed", "<script>`a<b`</script>", "h<i>", "line 1 of <x>", "a<b>")
    card = card_html(outcome)
    assert "<script>" not in card
    assert "&lt;script&gt;<code>a&lt;b</code>" in card
    assert "<code>a&lt;b&gt;</code>" in card
    assert "h&lt;i&gt;" in card


SETUP = """
import numpy as np
from course_lib.checks import exercise
from course_lib.learner import check
from course_lib.checks.expectations import call, expect_close

@exercise("99.1", title="Double")
def double_check(submitted):
    expect_close(call(submitted, 2.0), 4.0, because=[(2.0**0.5, "This is the square root.")])
"""
CELLS = {
    "passed": "check('99.1', lambda x: 2 * x)",
    "failed": "check('99.1', np.sqrt)",
    "open": "def double(x):\n    raise NotImplementedError\ncheck('99.1', double)",
    "raises": "def double(x):\n    y = x\n    return y[0]\ncheck('99.1', double)",
    "interrupted": "def double(x):\n    raise KeyboardInterrupt\ncheck('99.1', double)",
    "exits": "def double(x):\n    exit()\ncheck('99.1', double)",
    "endless": "def double(x):\n    while True:\n        pass\ncheck('99.1', double, seconds=0.5)",
    "unknown": "check('99.7', np.sqrt)",
    "alive": "print(6 * 7)",
}


@pytest.fixture(scope="module")
def notebook_outputs():
    """Name of a cell of CELLS -> its outputs, from a real kernel."""
    cells = [nbformat.v4.new_code_cell(source) for source in (SETUP, *CELLS.values())]
    notebook = nbformat.v4.new_notebook(cells=cells)
    NotebookClient(notebook, timeout=120, allow_errors=True, kernel_name="python3").execute()
    return dict(zip(CELLS, (cell.outputs for cell in cells[1:]), strict=True))


def test_in_a_notebook_a_passed_check_is_one_card_and_no_error(notebook_outputs):
    (card,) = notebook_outputs["passed"]
    assert card.output_type == "execute_result"
    assert "Exercise 99.1 · Double: passed" in card.data["text/html"]
    assert card.data["text/plain"] == "Exercise 99.1 · Double: passed"


@pytest.mark.parametrize(
    ("cell", "name", "words"),
    [
        ("failed", "CheckFailed", ["not right yet", "This is the square root."]),
        ("open", "NotWrittenYet", ["not written yet", "Line 2 of your cell"]),
        ("raises", "CheckFailed", ["TypeError: 'float' object is not subscriptable", "<code>return y[0]</code>"]),
        ("exits", "CheckFailed", ["ends the program", "<code>exit()</code>"]),
    ],
)
def test_in_a_notebook_an_open_check_is_a_card_and_an_error_of_one_line(notebook_outputs, cell, name, words):
    card, error = notebook_outputs[cell]
    for each in words:
        assert each in card.data["text/html"]
    assert (error.output_type, error.ename) == ("error", name)
    (line,) = error.traceback
    assert "\n" not in line
    assert "<summary" not in line
    assert line.startswith("Exercise 99.1, ")


def test_in_a_notebook_no_output_shows_our_own_code(notebook_outputs):
    for outputs in notebook_outputs.values():
        assert "course_lib/checks" not in str(outputs)
        assert "Traceback" not in str(outputs)


def test_in_a_notebook_an_interrupt_and_an_unknown_number_take_one_line(notebook_outputs):
    (interrupt,) = notebook_outputs["interrupted"]
    assert interrupt.ename == "KeyboardInterrupt"
    assert interrupt.traceback == [
        "KeyboardInterrupt: your function was interrupted at line 2 of your cell: raise KeyboardInterrupt"
    ]
    (unknown,) = notebook_outputs["unknown"]
    assert unknown.traceback == [
        'UnknownExercise: There is no exercise "99.7". Did you mean 99.1 (Double)? Chapter 99 has 99.1.'
    ]


def test_a_learner_who_calls_exit_keeps_the_kernel(notebook_outputs):
    assert notebook_outputs["alive"][0].text == "42\n"


def test_in_a_terminal_a_failing_check_says_everything_once(tmp_path):
    lines = [
        *SETUP.strip().replace("\n    ", " ").splitlines(),
        "",
        "check('99.1', np.sqrt)",
        "check('99.1', lambda x: 2 * x)",
    ]
    run = subprocess.run(
        [
            sys.executable,
            "-m",
            "IPython",
            "--simple-prompt",
            "--no-banner",
            "--colors=NoColor",
            f"--ipython-dir={tmp_path}",
        ],
        input="\n".join(lines) + "\n",
        capture_output=True,
        text=True,
        timeout=120,
        encoding="utf-8",
    )
    assert run.stdout.count("This is the square root.") == 1
    assert run.stdout.count("The result is 1.41421; expected 4.") == 1
    assert "Exercise 99.1 · Double: passed" in run.stdout
    assert "course_lib" not in run.stdout + run.stderr
    assert "Traceback" not in run.stdout + run.stderr


# Hints, when they are asked for


def visible(card):
    """The text of a card while nothing in it is opened."""
    while "<details" in card:
        card = re.sub(r"<details[^>]*>(?:(?!<details).)*?</details>", lambda it: summary_of(it[0]), card, flags=re.S)
    return html.unescape(re.sub("<[^>]*>", "", card))


def summary_of(details):
    return re.search("<summary[^>]*>(.*?)</summary>", details)[1]


def test_the_html_card_keeps_the_hint_behind_a_line_that_opens_it():
    card = card_html(Outcome("1.2", "Title", "failed", "message", "the hint", "line 2 of your cell", "x = 1"))
    assert "the hint" in card
    assert visible(card).endswith("messageLine 2 of your cell: x = 1Show a hint")


def test_a_place_to_look_at_comes_before_the_hint_that_names_the_mistake():
    outcome = Outcome("1.2", "Title", "failed", "message", "the mistake", look="the place")
    card = card_html(outcome)
    first, stronger = card.index("the place"), card.index("the mistake")
    assert first < card.index("Show a stronger hint") < stronger
    assert visible(card).endswith("messageShow a first hint")
    assert card.count("<details") == card.count("</details>") == 2
    opened = card.replace("<details", "<div", 1)[: first + 9]
    assert "the mistake" not in opened


def test_text_cannot_be_opened_so_the_hint_stands_there_as_it_is():
    outcome = Outcome("1.2", "Title", "failed", "message", "the mistake", look="the place")
    assert card_text(outcome).endswith("  message\n  Hint: the mistake")
    assert card_text(dataclasses.replace(outcome, hint="")).endswith("  message\n  Hint: the place")


def test_the_keys_that_open_a_hint_are_not_taken_by_the_notebook(notebook_outputs):
    html_of_card = notebook_outputs["failed"][0].data["text/html"]
    (details,) = re.findall("<details[^>]*>", html_of_card)
    assert 'data-lm-suppress-shortcuts="true"' in details
    assert "tabindex" not in html_of_card  # a summary is reached with Tab by itself


def test_in_a_notebook_an_endless_loop_is_a_card_and_the_kernel_goes_on(notebook_outputs):
    card, error = notebook_outputs["endless"]
    assert "does not come back: it was ended after 0.5 seconds" in card.data["text/html"]
    assert "<code>pass</code>" in card.data["text/html"] or "<code>while True:</code>" in card.data["text/html"]
    assert (error.ename, len(error.traceback)) == ("CheckFailed", 1)
