"""Chapter 0 keeps its promise: thirty minutes, nothing to solve, a network at work first, and a way to each evening."""

import json
import re
from pathlib import Path

import pytest

from course_lib.authoring.minutes import minutes_of

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOK = ROOT / "chapters" / "00_thirty_minutes.ipynb"
PROMISED = 30
FIVE_WORDS = ("He initialization", "ELU", "batch normalization", "dropout", "Adam")  # the article's configuration
NOT_FOR_BEGINNERS = r"\b(?:arms?|decades?|doublings?|holds|does not hold)\b|\[[−+\d.]+, [−+\d.]+\]"


@pytest.fixture(scope="module")
def cells():
    return json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]


def source(cell):
    return "".join(cell["source"])


def texts(cells):
    return "\n".join(source(cell) for cell in cells if cell["cell_type"] == "markdown")


def is_folded(cell):
    return cell["metadata"].get("jupyter", {}).get("source_hidden", False)


def test_it_takes_less_than_thirty_minutes_and_says_how_many(cells):
    minutes = minutes_of(cells)
    assert 10 < minutes.total < PROMISED
    assert f"**Time:** {minutes.total} minutes." in source(cells[0])


def test_more_text_takes_more_minutes(cells):
    longer = [*cells, {"cell_type": "markdown", "source": "word " * 1000, "metadata": {}}]
    assert minutes_of(longer).total == minutes_of(cells).total + 5


def test_no_open_cell_is_long_and_the_imports_are_folded(cells):
    assert minutes_of(cells).long_cells == ()
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    imports = [cell for cell in code if re.search(r"^(?:import|from) ", source(cell), re.MULTILINE)]
    assert imports == code[1:2]  # the cell before it asks whether the course is there
    assert is_folded(code[0])
    assert is_folded(imports[0])


def test_there_is_nothing_to_solve(cells):
    assert not any("NotImplementedError" in source(cell) or "check(" in source(cell) for cell in cells)


def test_a_network_works_before_any_arithmetic(cells):
    everything = [source(cell) for cell in cells]
    shown = next(place for place, text in enumerate(everything) if "plot_image_grid(figure" in text)
    formula = next(place for place, text in enumerate(everything) if "$" in text)
    assert any("fit(Recipe(" in text for text in everything[:shown])
    assert shown < formula


@pytest.mark.parametrize("word", FIVE_WORDS)
def test_each_of_the_five_words_has_its_line_before_the_table_that_lists_them(cells, word):
    before, _, table = texts(cells).partition("## 8 ·")
    assert re.search(rf"\*\*{word}:?\*\*", before, re.IGNORECASE)
    assert f"| **{word}** |" in table


def test_no_word_or_figure_of_statistics_meets_a_beginner(cells):
    assert not re.findall(NOT_FOR_BEGINNERS, texts(cells), re.IGNORECASE)
    assert not any("effect_text" in source(cell) or "show_measured" in source(cell) for cell in cells)


def test_the_article_is_introduced_once(cells):
    assert texts(cells).count("2017 an article") == 1


def test_every_notebook_is_linked_and_every_link_leads_to_one(cells):
    linked = set(re.findall(r"\]\((\d\d[a-z]?_\w+\.ipynb)\)", texts(cells)))
    there = {path.name for path in (ROOT / "chapters").glob("*.ipynb")} - {NOTEBOOK.name}
    assert linked == there


def test_it_is_the_first_of_the_chapters():
    assert min(path.name for path in (ROOT / "chapters").glob("*.ipynb")) == NOTEBOOK.name
