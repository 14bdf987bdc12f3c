"""Notebooks executed as a reader would, in a folder of their own, and kept until the course changes."""

import hashlib
import json
import os
import tempfile
from pathlib import Path

from course_lib.whole_file import write_file


class ExecutionError(ValueError):
    """A notebook that fails. The message names it and shows the cell."""


def execute(path: Path, root: Path) -> list[dict]:
    """The cells of a notebook with their outputs. It runs in an empty folder, for what a learner would keep there.

    Raises
    ------
    ExecutionError : a cell fails
    """
    import nbformat
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError

    notebook = nbformat.read(path, as_version=4)
    with tempfile.TemporaryDirectory() as folder:
        client = NotebookClient(notebook, timeout=900, kernel_name="python3", resources={"metadata": {"path": folder}})
        try:
            client.execute(env={**os.environ, "PYTHONPATH": str(root), "COURSE_LEARNER_FOLDER": folder})
        except CellExecutionError as error:
            raise ExecutionError(f"{path.name}: {error}") from None
    return notebook.cells


def executed(path: Path, root: Path, keep: Path) -> list[dict]:
    """As `execute`; taken from the folder `keep` where neither the notebook nor the package has changed since."""
    kept = Path(keep) / f"{path.stem}.json"
    digest = _digest(path, root)
    if kept.is_file():
        known = json.loads(kept.read_text(encoding="utf-8"))
        if known["digest"] == digest:
            return known["cells"]
    cells = json.loads(json.dumps(execute(path, root)))
    kept.parent.mkdir(parents=True, exist_ok=True)
    write_file(kept, json.dumps({"digest": digest, "cells": cells}))
    return cells


def _digest(path, root):
    """Of the notebook and of all code and results that it may run or show."""
    found = hashlib.sha256(path.read_bytes())
    package = Path(root) / "course_lib"
    for each in sorted(each for ending in ("py", "js", "json") for each in package.rglob(f"*.{ending}")):
        if each.relative_to(package).parts[0] not in ("book", "authoring", "grading", "ledger"):
            found.update(f"{each.relative_to(package).as_posix()}\n".encode())
            found.update(each.read_bytes())
    return found.hexdigest()
