"""A source as the text of its two notebooks (.ipynb, nbformat 4.5): the same source gives the same text anywhere.

Where the course has a public address, a line of badges stands below each title.
"""

import copy
import hashlib
import json

from course_lib.authoring.address import badges, with_badges
from course_lib.authoring.first_cell import TAG, first_cell
from course_lib.authoring.regions import chapter_text, solution_text

_METADATA = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {
        "file_extension": ".py",
        "mimetype": "text/x-python",
        "name": "python",
        "pygments_lexer": "ipython3",
    },
}


def chapter_notebook(source, address=""):
    """For learners: exercises open, worked solutions left out, checks allowed to raise so that Run All goes on.

    The cells that a learner writes and those that check them say so in nbgrader's metadata, which a class may be graded
    by, and by which an exercise's cell is known wherever it was moved. (The notebooks in solutions/ carry none:
    nbgrader hands out what it finds, and would hand out the worked solutions.)

    address : the course's public one, for who has the notebook alone; "" while unknown
    """
    cells, identities = [], set()
    for cell, identity in zip(source.cells, _identities(source), strict=True):
        if cell.for_solutions_only:
            continue
        metadata = _metadata(cell)
        if cell.role == "check":
            metadata["tags"] = [*cell.tags, "raises-exception"]
        if cell.role in ("exercise", "check"):
            metadata["nbgrader"] = _nbgrader(cell, identities)
        text = chapter_text(cell.text, cell.exercise) if cell.role == "exercise" else cell.text
        cells.append(_cell(cell.kind, text, metadata, identity))
    return _notebook(source, cells, "chapters", address, {"jupyter": {"source_hidden": True}})


def solution_notebook(source, address=""):
    """For reading: everything solved, explained and unfolded. A check that fails here is an error."""
    cells = []
    for cell, identity in zip(source.cells, _identities(source), strict=True):
        metadata = {key: value for key, value in _metadata(cell).items() if key != "jupyter"}  # it says what is folded
        text = solution_text(cell.text) if cell.role == "exercise" else cell.text
        cells.append(_cell(cell.kind, text, metadata, identity))
    return _notebook(source, cells, "solutions", address)


def _metadata(cell):
    """A cell's metadata without what jupytext notes about the blank lines and markers of the source."""
    own = {
        key: value for key, value in cell.metadata.items() if key != "cell_marker" and not key.startswith("lines_to_")
    }
    return copy.deepcopy(own)


def _nbgrader(cell, identities):
    """What nbgrader (version 3 of its metadata) must know of an exercise's cell or of its check, a point each."""
    identity = f"{cell.role}-{cell.exercise.replace('.', '-')}"
    while identity in identities:  # an exercise may have two cells to write
        identity += "-more"
    identities.add(identity)
    is_check = cell.role == "check"
    metadata = {"grade": is_check, "grade_id": identity, "locked": is_check, "schema_version": 3}
    metadata |= {"solution": not is_check, "task": False}
    return metadata | ({"points": 1} if is_check else {})


def _identities(source):
    """An id for each cell, from what is in it: it stays when other cells come, go or change."""
    times = {}
    identities = []
    for cell in source.cells:
        key = f"{source.path.stem}\n{cell.kind}\n{cell.text}"
        times[key] = times.get(key, 0) + 1
        identities.append(hashlib.sha256(f"{key}\n{times[key]}".encode()).hexdigest()[:12])
    return identities


def _cell(kind, text, metadata, identity):
    cell = {"cell_type": kind, "id": identity, "metadata": metadata, "source": text.splitlines(keepends=True)}
    if kind == "code":
        cell.update(execution_count=None, outputs=[])
    return cell


def _notebook(source, cells, folder, address, metadata=None):
    """The notebook as JSON: badges below its title, and before its other code the cell that asks for what it needs."""
    first = cells[0] if cells else {"cell_type": ""}
    if address and first["cell_type"] == "markdown":
        line = badges(address, f"{folder}/{source.path.stem}.ipynb")
        first["source"] = with_badges("".join(first["source"]), line).splitlines(keepends=True)
    place = next((place for place, cell in enumerate(cells) if cell["cell_type"] == "code"), len(cells))
    identity = hashlib.sha256(f"{source.path.stem}\n{TAG}".encode()).hexdigest()[:12]
    asking = _cell("code", first_cell(source, address), {"tags": [TAG], **(metadata or {})}, identity)
    cells = [*cells[:place], asking, *cells[place:]]
    about = {**_METADATA, "course_lib": {"generated_from": f"solutions/{source.path.name}"}}
    notebook = {"cells": cells, "metadata": about, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(notebook, indent=1, ensure_ascii=False, sort_keys=True) + "\n"
