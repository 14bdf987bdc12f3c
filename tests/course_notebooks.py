"""Which notebook of the course an exercise stands in: a chapter is one notebook, or several evenings."""

import json
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def notebook_path(number, folder="chapters"):
    """The one notebook in `folder` that asks exercise `number`."""
    heading = f"### Exercise {number} ·"
    (path,) = [
        path for path in ROOT.glob(f"{folder}/{int(number.split('.')[0]):02d}*_*.ipynb") if heading in _text(path)
    ]
    return path


def notebook_of(number, folder="chapters"):
    """Its JSON."""
    return json.loads(_text(notebook_path(number, folder)))


def _text(path):
    return path.read_text(encoding="utf-8")
