"""How the book is made: links, notebooks as pages, formulas, the glossary, and what is refused."""

import importlib
import json

import pytest

from course_copy import ROOT
from course_lib.authoring.first_cell import TAG
from course_lib.authoring.syllabus import chapters
from course_lib.book.__main__ import main
from course_lib.book.docstrings import restructured
from course_lib.book.glossary import glossary_page, words
from course_lib.book.links import moved
from course_lib.book.notebooks import page
from course_lib.book.site import BookError, build, pages_of, write_sources
from course_lib.explorers import page_form
from course_lib.explorers.prediction import Prediction, recall
from course_lib.explorers.quiz import Quiz
from course_lib.explorers.xor import XorExplorer

mathml = pytest.importorskip("course_lib.book.mathml", reason="the extra `book` is missing. pip install -e .[book]")
PAGES = {"chapters/01a_neurons.ipynb": "01a_neurons.ipynb", "CLAIMS.md": "claims.md", "README.md": "index.md"}
HOW = "open it"


# ---- links ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("folder", "text", "expected"),
    [
        ("chapters", "[a](01a_neurons.ipynb)", "[a](01a_neurons.ipynb)"),
        ("chapters", "[a](../CLAIMS.md#dropout)", "[a](claims.md#dropout)"),
        ("", "[a](chapters/01a_neurons.ipynb) and [b](README.md)", "[a](01a_neurons.ipynb) and [b](index.md)"),
        ("", '<img src=".github/pictures/claims.svg" alt="x">', '<img src="_pictures/claims.svg" alt="x">'),
        ("", "[a](https://example.org/CLAIMS.md)", "[a](https://example.org/CLAIMS.md)"),
        ("", "[a](#place)", "[a](#place)"),
        ("", '<a id="place"></a>\n\ntext', "(place)=\n\n\ntext"),
    ],
)
def test_links_become_those_of_the_book(folder, text, expected):
    assert moved(text, folder, PAGES) == expected


def test_a_file_that_is_no_page_is_linked_where_the_course_is_public_and_named_where_it_is_not():
    text = "see [its *source*](course_lib/recipe.py#L3)"
    assert moved(text, "", PAGES) == "see its *source*"
    public = moved(text, "", PAGES, "https://example.org/a/b")
    assert public == "see [its *source*](https://example.org/a/b/blob/HEAD/course_lib/recipe.py#L3)"


def test_both_forms_of_a_notebook_lead_to_its_one_page():
    found = pages_of(["01a_neurons"])
    assert found["chapters/01a_neurons.ipynb"] == found["solutions/01a_neurons.ipynb"] == "01a_neurons.ipynb"


# ---- notebooks ------------------------------------------------------------------------------------------------------


def code(identity, text, *outputs, **metadata):
    return {"id": identity, "cell_type": "code", "source": text, "outputs": list(outputs), "metadata": metadata}


def text(words_, **metadata):
    return {"id": words_, "cell_type": "markdown", "source": words_, "metadata": metadata}


def shown(bundle):
    return {"output_type": "display_data", "data": bundle, "metadata": {}}


CARD = shown({"text/html": "<p>passed</p>", "text/plain": "passed"})
OPENED = [
    text("# Title"),
    code("a", "tools", jupyter={"source_hidden": True}),
    code("b", "def f(): ...", nbgrader={"solution": True, "grade": False}),
    code("c", 'check("1.1", f)', nbgrader={"solution": False, "grade": True}),
]
SOLVED = [
    text("# Title"),
    code("a", "tools"),
    code("b", "def f(): return 1"),
    code("c", 'check("1.1", f)', CARD),
    text("Because.", tags=["solution"]),
]


def test_an_exercise_stays_open_and_its_solution_card_and_reason_are_folded():
    cells = page(SOLVED, OPENED, HOW)
    assert [cell["source"] for cell in cells][2:6] == ["tools", "def f(): ...", "def f(): return 1", 'check("1.1", f)']
    assert [cell["metadata"].get("tags") for cell in cells][2:6] == [
        ["hide-input"],
        None,
        ["hide-cell"],
        ["hide-output"],
    ]
    assert cells[3]["outputs"] == [] and cells[5]["outputs"][0]["data"] == {"text/html": "<p>passed</p>"}
    assert ":class: dropdown" in cells[6]["source"] and "Because." in cells[6]["source"]
    assert HOW in cells[1]["source"]


def test_the_cell_that_asks_what_is_installed_is_left_out():
    """A page needs no kernel, so nothing is installed for it."""
    asking = code("n", "import course_lib", tags=[TAG], jupyter={"source_hidden": True})
    with_it = page([SOLVED[0], asking, *SOLVED[1:]], [OPENED[0], asking, *OPENED[1:]], HOW)
    assert with_it == page(SOLVED, OPENED, HOW)


def test_what_moves_becomes_a_place_that_the_page_fills():
    data, _ = XorExplorer(y_bias=-1.0)._repr_mimebundle_()
    (_, _, cell) = page([text("# T"), code("x", "XorExplorer()", shown(data))], [], HOW)
    (written,) = cell["outputs"][0]["data"].values()
    assert 'class="course-live"' in written and "&quot;y_bias&quot;: -1.0" in written and "xor" in written


def test_a_widget_that_only_a_kernel_moves_says_so():
    bundle = {"application/vnd.jupyter.widget-view+json": {"model_id": "1"}, "text/plain": "VBox()"}
    (_, _, cell) = page([text("# T"), code("x", "Other()", shown(bundle))], [], HOW)
    assert HOW in cell["outputs"][0]["data"]["text/markdown"]


def test_questions_say_all_that_a_page_needs(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_LEARNER_FOLDER", str(tmp_path))
    asked = Prediction("book-test", "How many?", slider=(0, 10, 1))._repr_mimebundle_()[page_form.PAGE_FORM]
    assert asked == {"kind": "prediction", "key": "book-test", "question": "How many?", "slider": (0, 10, 1)}
    chosen = Prediction("book-test-2", "Which?", choices=["a", "b"])._repr_mimebundle_()[page_form.PAGE_FORM]
    assert chosen["choices"] == ["a", "b"] and "slider" not in chosen
    assert recall("book-test", "7")._repr_mimebundle_()[page_form.PAGE_FORM]["answer"] == "7"
    quiz = Quiz("Q?", {"x": "because", "y": "not"}, "x")._repr_mimebundle_()[page_form.PAGE_FORM]
    assert quiz["choices"] == {"x": "because", "y": "not"} and quiz["correct"] == "x"
    assert json.loads(json.dumps(quiz)) == quiz


# ---- formulas -------------------------------------------------------------------------------------------------------


def test_a_formula_becomes_mathml_with_its_source_to_read_aloud():
    found = mathml.mathml(r"\frac{1}{n} \sum_i x_i", "inline")
    assert found.startswith('<math alttext="\\frac{1}{n}') and "<mfrac>" in found


@pytest.mark.parametrize("tex", [r"\nosuchcommand{x}", r"\frac{1", r"\begin{cases} 1"])
def test_a_formula_that_is_none_is_refused_with_its_page(tex):
    with pytest.raises(mathml.FormulaError, match="page_7"):
        mathml.mathml(tex, "block", "page_7")


# ---- docstrings -----------------------------------------------------------------------------------------------------


def test_marks_of_plain_text_stay_what_they_are_and_indented_lines_become_code():
    lines = ["Sum of |w| and x_ * y, `a*b`.", "", "    python -m x --all", "", "After.", "", "Parameters", "----------"]
    lines += ["w : array", "    the weights, *all*", "", "    and more"]
    assert restructured(lines) == [
        "Sum of \\|w\\| and x\\_ \\* y, `a*b`.",
        "",
        "::",
        "",
        "    python -m x --all",
        "",
        "After.",
        "",
        "Parameters",
        "----------",
        "w : array",
        "    the weights, \\*all\\*",
        "",
        "    and more",
    ]


# ---- the glossary ---------------------------------------------------------------------------------------------------


def test_every_word_stands_once_and_its_code_is_there():
    names = [name.lower() for each in words() for name in (each.word, *each.also)]
    assert len(set(names)) == len(names) > 40
    assert [each.word for each in words()] == sorted((each.word for each in words()), key=str.lower)
    for each in words():
        assert each.meaning.endswith(".") and len(each.meaning) < 220, each.word
        if each.code:
            module, _, name = each.code.rpartition(".")
            try:
                importlib.import_module(each.code)
            except ModuleNotFoundError:
                assert hasattr(importlib.import_module(module), name), each.code


def test_every_word_is_in_the_notebook_that_is_said_to_explain_it():
    stems = {stem.partition("_")[0]: stem for stem in (each.stem for each in chapters(ROOT))}
    for each in words():
        source = (ROOT / "solutions" / f"{stems[each.evening]}.py").read_text(encoding="utf-8").lower()
        forms = [name.lower() for name in (each.said or each.word, *each.also)]
        assert any(form in " ".join(source.replace("# ", " ").split()) for form in forms), each.word
    assert "Explained in [2a](02a_downhill.ipynb)" in glossary_page(list(stems.values()))


# ---- what is refused ------------------------------------------------------------------------------------------------


def test_a_notebook_that_is_not_there_is_named_with_those_that_are(tmp_path):
    with pytest.raises(BookError, match="'09_none'; there are: 00_thirty_minutes"):
        build(ROOT, ["09_none"], tmp_path)


def test_the_command_says_where_it_has_to_run(tmp_path, capsys):
    assert main(["--root", str(tmp_path)]) == 1
    assert "has no folder solutions/" in capsys.readouterr().err


def test_sources_that_are_the_same_are_not_written_again(tmp_path):
    write_sources(tmp_path, {"a.md": "a", "b.md": "b"})
    before = (tmp_path / "a.md").stat().st_mtime_ns
    write_sources(tmp_path, {"a.md": "a", "c.md": "c"})
    assert (tmp_path / "a.md").stat().st_mtime_ns == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.md", "c.md"]
