"""Chapter 0 keeps its promise: thirty minutes, nothing to solve, and a way to each chapter."""

import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOK = ROOT / "chapters" / "00_thirty_minutes.ipynb"
WORDS_A_MINUTE = 200
RUN_SECONDS = 60  # the most that any chapter may take
EXPLORER_SECONDS, GUESS_SECONDS = 90, 20  # to play with each, to think about each


@pytest.fixture(scope="module")
def cells():
    found = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
    return [(cell["cell_type"], "".join(cell["source"]), cell["metadata"]) for cell in found]


def is_folded(metadata):
    return metadata.get("jupyter", {}).get("source_hidden", False)


def minutes(cells):
    """Reading at 200 words a minute, of all text and of the code that is not folded; running; playing; guessing."""
    read = [text for kind, text, metadata in cells if kind == "markdown" or not is_folded(metadata)]
    asked = [text for kind, text, metadata in cells if kind == "code" and is_folded(metadata) and "Prediction(" in text]
    words = sum(len(re.findall(r"\w+", text)) for text in read + asked)
    explorers = sum(bool(re.fullmatch(r"\w+(Explorer|Laboratory)\(\)", text.strip())) for _, text, _ in cells)
    seconds = RUN_SECONDS + EXPLORER_SECONDS * explorers + GUESS_SECONDS * len(asked)
    return words / WORDS_A_MINUTE + seconds / 60


def test_it_takes_less_than_thirty_minutes(cells):
    assert 10 < minutes(cells) < 30


def test_more_text_takes_more_minutes(cells):
    longer = [*cells, ("markdown", "word " * WORDS_A_MINUTE, {}), ("code", "NeuronExplorer()", {})]
    assert minutes(longer) == pytest.approx(minutes(cells) + 1 + EXPLORER_SECONDS / 60, abs=0.01)


def test_there_is_nothing_to_solve(cells):
    assert not any("NotImplementedError" in text or "check(" in text for _, text, _ in cells)


def test_every_chapter_is_linked_and_every_link_leads_to_one(cells):
    text = "\n".join(text for kind, text, _ in cells if kind == "markdown")
    linked = set(re.findall(r"\]\((\d\d_\w+\.ipynb)\)", text))
    there = {path.name for path in (ROOT / "chapters").glob("*.ipynb")} - {NOTEBOOK.name}
    assert linked == there


def test_it_is_the_first_of_the_chapters():
    assert min(path.name for path in (ROOT / "chapters").glob("*.ipynb")) == NOTEBOOK.name
