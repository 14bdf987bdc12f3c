"""An executed notebook as the book's: exercises open, their solutions behind a fold, nothing that needs a kernel."""

import html
import json

from course_lib.authoring.address import without_badges
from course_lib.authoring.first_cell import TAG
from course_lib.explorers.page_form import PAGE_FORM

WIDGET = "application/vnd.jupyter.widget-view+json"
SHOW_CODE, HIDE_CODE = "Show the code", "Hide the code"
SHOW_SOLUTION, HIDE_SOLUTION = "Show a solution", "Hide the solution"
SHOW_CARD, HIDE_CARD = "Show what the check says of the solution", "Hide it"
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
    cells = [
        _markdown(without_badges(_text(first))),
        _markdown(f"{{.note-kernel}}\nHere you read and move. To write and run: {how}."),
    ]
    for cell in (each for each in rest if TAG not in each["metadata"].get("tags", [])):
        if cell["cell_type"] == "markdown":
            is_solution = "solution" in cell["metadata"].get("tags", [])
            cells.append(_markdown(_folded(_text(cell)) if is_solution else _text(cell)))
        elif cell["id"] in exercises:
            cells.append(_code(_text(exercises[cell["id"]]), []))
            cells.append(_code(_text(cell), outputs(cell, how), "hide-cell", SHOW_SOLUTION, HIDE_SOLUTION))
        elif cell["id"] in checks:
            cells.append(_code(_text(cell), outputs(cell, how), "hide-output", SHOW_CARD, HIDE_CARD))
        elif cell["id"] in hidden:
            cells.append(_code(_text(cell), outputs(cell, how), "hide-input", SHOW_CODE, HIDE_CODE))
        else:
            cells.append(_code(_text(cell), outputs(cell, how)))
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
            data = {"text/markdown": NEEDS_KERNEL.format(how=how)}
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
    return f'<div class="course-live" data-form="{told}"><p>{html.escape(words)}</p></div>'


def _text(cell):
    return "".join(cell["source"])


def _folded(text):
    return f"::::{{admonition}} About the solution\n:class: dropdown\n\n{text}\n::::"


def _markdown(text):
    return {"cell_type": "markdown", "metadata": {}, "source": "".join(text)}


def _code(text, shown, tag=None, show=None, hide=None):
    metadata = {} if tag is None else {"tags": [tag], "mystnb": {"code_prompt_show": show, "code_prompt_hide": hide}}
    return {"cell_type": "code", "execution_count": None, "metadata": metadata, "outputs": shown, "source": text}
