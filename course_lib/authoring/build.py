"""Writes the notebooks whose source has changed, or says which ones are not current."""

import difflib
import json
from pathlib import Path

from course_lib.authoring.address import address
from course_lib.authoring.notebook import chapter_notebook, solution_notebook
from course_lib.authoring.rules import apply_rules
from course_lib.authoring.source import Problem, SourceError, read_source, source_paths
from course_lib.whole_file import write_file

MOST_DIFFERENCES = 12  # lines of difference that `check` shows for each notebook


def notebooks(root, names=()):
    """What the notebooks of a course folder must be: {path relative to root: text}, for all sources or those named.

    Raises SourceError with every problem in the sources, and AddressError for a public address that is none.
    """
    problems, texts, found = [], {}, address(root)
    for path in source_paths(root, names):
        try:
            source = read_source(path)
        except SourceError as error:
            problems += error.problems
            continue
        wrong = apply_rules(source)
        if wrong:
            problems += wrong
            continue
        texts[Path("chapters", f"{path.stem}.ipynb")] = chapter_notebook(source, found)
        texts[Path("solutions", f"{path.stem}.ipynb")] = solution_notebook(source, found)
    if problems:
        raise SourceError(problems)
    return texts


def orphans(root):
    """Notebooks in chapters/ and solutions/ that no source makes."""
    stems = {path.stem for path in source_paths(root)}
    found = [path for folder in ("chapters", "solutions") for path in (Path(root) / folder).glob("*.ipynb")]
    return sorted(path.relative_to(root) for path in found if path.stem not in stems)


def build(root, names=(), overwrite=False):
    """Write what differs. Returns the relative paths written.

    A notebook in chapters/ that has outputs is one that somebody worked in: it is a Problem and stays as it is, unless
    `overwrite`. Nothing is written when anything is wrong.
    """
    texts = notebooks(root, names)
    changed = [path for path, text in texts.items() if _text(root, path) != text]
    if not overwrite:
        worked_in = [path for path in changed if path.parts[0] == "chapters" and _has_outputs(_text(root, path))]
        if worked_in:
            message = (
                "has outputs, so somebody worked in it. Move it away, or replace it: "
                "python -m course_lib.authoring build --overwrite"
            )
            raise SourceError([Problem(Path(root) / path, 1, message) for path in worked_in])
    for path in changed:
        (Path(root) / path).parent.mkdir(exist_ok=True)
        write_file(Path(root) / path, texts[path])
    return changed


def differences(root, names=()):
    """What keeps the notebooks from being current: {relative path: short description}; empty when they are."""
    found = {}
    for path, text in notebooks(root, names).items():
        present = _text(root, path)
        if present is None:
            found[path] = "is missing"
        elif present != text:
            found[path] = "differs from its source (- as it is, + as it must be):\n" + _short_difference(present, text)
    if not names:
        found.update(dict.fromkeys(orphans(root), "has no source in solutions/: delete it"))
    return found


def _text(root, path):
    path = Path(root) / path
    return path.read_text(encoding="utf-8") if path.exists() else None


def _has_outputs(text):
    try:
        cells = json.loads(text or "{}").get("cells", [])
    except json.JSONDecodeError:
        return False
    return any(cell.get("outputs") or cell.get("execution_count") for cell in cells)


def _short_difference(present, text):
    lines = difflib.unified_diff(present.splitlines(), text.splitlines(), n=0, lineterm="")
    changed = [f"    {line[:110]}" for line in list(lines)[2:] if not line.startswith("@@")]
    more = [f"    ... and {len(changed) - MOST_DIFFERENCES} lines more"] if len(changed) > MOST_DIFFERENCES else []
    return "\n".join(changed[:MOST_DIFFERENCES] + more)
