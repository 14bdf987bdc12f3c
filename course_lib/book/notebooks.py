"""An executed notebook as the book's: exercises open, their solutions behind a fold, nothing that needs a kernel."""

import html
import json
import re

from course_lib.authoring.address import without_badges
from course_lib.authoring.first_cell import TAG
from course_lib.explorers.page_form import PAGE_FORM

WIDGET = "application/vnd.jupyter.widget-view+json"
SHOW_CODE, HIDE_CODE = "Show the code", "Hide the code"
SHOW_SOLUTION, HIDE_SOLUTION = "Show a solution", "Hide the solution"
SHOW_CARD, HIDE_CARD = "Show what the check says of the solution", "Hide it"
# What only somebody who runs the cells needs: how to run them, how long one takes, whose function the next lines use.
_HOW_TO_RUN = re.compile(r"^\*\*(?:How it works|Waits)\.\*\*.*?(?:\n\n|\Z)", re.MULTILINE | re.DOTALL)
_SECONDS = r"(?<![*\w])\*(?![*\s])[^*]*\b(?:about\s+\d+\s+s|some\s+seconds|a\s+second\s+or\s+two)\b[^*]*\*(?!\*)"
_WAIT = re.compile(rf"\s*(?:\([^()*]*{_SECONDS}\)|{_SECONDS})", re.IGNORECASE)
_WHOSE = re.compile(r"^\w+: (?:your own, from this notebook|the course's own\..*)\.\n", re.MULTILINE)
_MARKERS = re.compile(r"^ *# (?:BEGIN|END) SOLUTION\n?", re.MULTILINE)
_RUN_AGAIN = re.compile(r"\brun\s[^.]*\bcells?\s+again\b")
_IS_BOARD = re.compile(r"^board\(", re.MULTILINE)
# In their place, at the top of each page, and where a text asks to run something.
HOW_HERE = (
    "**How it works here.** Make each prediction before you open its answer: a wrong guess is where most of the "
    "learning happens. What can be moved moves. An exercise stands open, its solution behind a fold. To write and run: "
    "{how}."
)
TO_RUN = "(To run it: {how}.)"
BOARD = "Your own numbers stand here when you have worked in the notebook: {how}."
# What a picture that trains on images shows where nothing can train.
NEEDS_KERNEL = "This one trains on images, and needs the notebook: {how}."


def page(solved: list[dict], opened: list[dict], how: str) -> list[dict]:
    """The cells of a page.

    Parameters
    ----------
    solved : cells of the notebook in solutions/, executed
    opened : cells of the notebook in chapters/, as a learner gets it
    how : where it can be run, in Markdown: "[open it on Binder](...)"
    """
    exercises = {cell["id"]: cell for cell in opened if cell["metadata"].get("nbgrader", {}).get("solution")}
    checks = {cell["id"] for cell in opened if cell["metadata"].get("nbgrader", {}).get("grade")}
    hidden = {cell["id"] for cell in opened if cell["metadata"].get("jupyter", {}).get("source_hidden")}
    first, *rest = solved
    cells = [_markdown(_HOW_TO_RUN.sub("", without_badges(_for_a_reader(first)))), _markdown(HOW_HERE.format(how=how))]
    for cell in (each for each in rest if TAG not in each["metadata"].get("tags", [])):
        text = _text(cell)
        if cell["cell_type"] == "markdown":
            cells.append(_told(cell, how))
            continue
        shown = _without_whose(outputs(cell, how))
        if cell["id"] in exercises:
            cells.append(_code(_text(exercises[cell["id"]]), []))
            cells.append(_code(_MARKERS.sub("", text), shown, "hide-cell", SHOW_SOLUTION, HIDE_SOLUTION))
        elif cell["id"] in checks:
            cells.append(_code(text, shown, "hide-output", SHOW_CARD, HIDE_CARD))
        elif cell["id"] in hidden:
            cells.append(_code(text, shown, "hide-input", SHOW_CODE, HIDE_CODE))
        elif _IS_BOARD.search(text):
            cells.append(_code(text, [_said(BOARD.format(how=how))]))
        else:
            cells.append(_code(text, shown))
    return cells


def outputs(cell: dict, how: str) -> list[dict]:
    """What a cell showed, without what only a kernel's front end could draw."""
    found = []
    for output in cell["outputs"]:
        data = output.get("data")
        if data is None:
            found.append(output)
            continue
        if PAGE_FORM in data:
            data = {"text/html": live(data[PAGE_FORM])}
        elif WIDGET in data:
            data = _said(NEEDS_KERNEL.format(how=how))["data"]
        elif "text/html" in data:
            data = {"text/html": data["text/html"]}
        found.append({**output, "data": data, "metadata": {}})
    return found


def live(form: dict) -> str:
    """The place of something that the page's script builds, with words for a reader who has no script."""
    words = {
        "explorer": f"{form.get('title', '')}: this picture moves, and needs JavaScript.",
        "prediction": f"Predict: {form.get('question', '')}",
        "answer": f"Answer: {form.get('answer', '')}",
        "quiz": form.get("question", ""),
    }[form["kind"]]
    told = html.escape(json.dumps(form, ensure_ascii=False), quote=True)
    return f'<div class="course-live" data-kind="{form["kind"]}" data-form="{told}"><p>{html.escape(words)}</p></div>'


def _said(text):
    return {"output_type": "display_data", "data": {"text/markdown": text}, "metadata": {}}


def _told(cell, how):
    ask = f" {TO_RUN.format(how=how)}"
    paragraphs = _for_a_reader(cell).split("\n\n")
    text = "\n\n".join(each + ask if _RUN_AGAIN.search(each) else each for each in paragraphs)
    return _markdown(_folded(text) if "solution" in cell["metadata"].get("tags", []) else text)


def _without_whose(shown):
    """Outputs without the lines that say whose function is used: here it is the solution's."""
    left = [{**each, "text": _WHOSE.sub("", "".join(each["text"]))} if "text" in each else each for each in shown]
    return [each for each in left if each.get("text") != ""]


def _for_a_reader(cell):
    return _WAIT.sub("", _text(cell)).strip()


def _text(cell):
    return "".join(cell["source"])


def _folded(text):
    return f"<details><summary>About the solution</summary>\n\n{text}\n\n</details>"


def _markdown(text):
    return {"cell_type": "markdown", "metadata": {}, "source": "".join(text)}


def _code(text, shown, tag=None, show=None, hide=None):
    metadata = {} if tag is None else {"tags": [tag], "mystnb": {"code_prompt_show": show, "code_prompt_hide": hide}}
    return {"cell_type": "code", "execution_count": None, "metadata": metadata, "outputs": shown, "source": text}
