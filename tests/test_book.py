"""How the book is made: links, notebooks as pages, formulas, the glossary, and what is refused."""

import importlib
import json
import re
import subprocess
import sys
import tomllib
from importlib.metadata import EntryPoint

import nbformat
import pytest

from course_copy import ROOT
from course_lib.authoring.first_cell import TAG
from course_lib.authoring.syllabus import chapters
from course_lib.book.__main__ import main
from course_lib.book.dead_links import dead_links
from course_lib.book.docstrings import restructured
from course_lib.book.glossary import glossary_page, words
from course_lib.book.links import moved, with_places
from course_lib.book.notebooks import page
from course_lib.book.one_file import CourseExporter
from course_lib.book.site import BookError, build, notebook, pages_of, write_sources
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
        ("chapters", "[CLAIMS.md](../CLAIMS.md#x)", "[](claims.md#x)"),
        ("chapters", '<a href="../CLAIMS.md#x">', '<a href="claims.md#x">'),
    ],
)
def test_links_become_those_of_the_book(folder, text, expected):
    assert moved(text, folder, PAGES) == expected


def test_a_place_in_a_text_is_named_as_sphinx_finds_it():
    assert with_places('<a id="place"></a>\n\ntext') == "(place)=\n\n\ntext"


def test_a_file_that_is_no_page_is_linked_where_the_course_is_public_and_named_where_it_is_not():
    text = "see [its *source*](course_lib/recipe.py#L3)"
    assert moved(text, "", PAGES) == "see its *source*"
    public = moved(text, "", PAGES, "https://example.org/a/b")
    assert public == "see [its *source*](https://example.org/a/b/blob/HEAD/course_lib/recipe.py#L3)"


def test_a_link_that_a_cell_shows_leads_to_the_built_page(tmp_path):
    link = shown({"text/html": '<a href="../CLAIMS.md#x_y">all</a>'})
    for folder, output in (("chapters", []), ("solutions", [link])):
        (tmp_path / folder).mkdir()
        cells = [text("# T"), code("x", "1", *output)]
        (tmp_path / folder / "01a_n.ipynb").write_text(json.dumps({"cells": cells, "metadata": {}}), encoding="utf-8")
    (tmp_path / "pyproject.toml").write_text("[project]\n", encoding="utf-8")
    written = json.loads(notebook(tmp_path, "01a_n", PAGES, None))
    assert written["cells"][-1]["outputs"][0]["data"]["text/html"] == '<a href="claims.html#x-y">all</a>'


def test_a_link_that_leads_nowhere_is_named_with_its_page(tmp_path):
    good = '<a class="x" href="b.html#here">b</a> <a href="https://example.org">x</a> <a href="#top">t</a> <p id="top">'
    (tmp_path / "a.html").write_text(
        f'{good} <a href="../CLAIMS.md">c</a> <a href="b.html#away">b</a>', encoding="utf-8"
    )
    (tmp_path / "b.html").write_text('<h1 id="here">b</h1>', encoding="utf-8")
    assert dead_links(tmp_path) == [("a.html", "../CLAIMS.md"), ("a.html", "b.html#away")]


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
    code("b", "def f():\n    # BEGIN SOLUTION\n    return 1\n    # END SOLUTION"),
    code("c", 'check("1.1", f)', CARD),
    text("Because.", tags=["solution"]),
]


def test_an_exercise_stays_open_and_its_solution_card_and_reason_are_folded():
    cells = page(SOLVED, OPENED, HOW)
    assert [cell["source"] for cell in cells][2:6] == [
        "tools",
        "def f(): ...",
        "def f():\n    return 1\n",
        'check("1.1", f)',
    ]
    assert [cell["metadata"].get("tags") for cell in cells][2:6] == [
        ["hide-input"],
        None,
        ["hide-cell"],
        ["hide-output"],
    ]
    assert cells[3]["outputs"] == [] and cells[5]["outputs"][0]["data"] == {"text/html": "<p>passed</p>"}
    assert cells[6]["source"].startswith("<details>") and "Because." in cells[6]["source"]
    assert HOW in cells[1]["source"]


def test_the_cell_that_asks_what_is_installed_is_left_out():
    """A page needs no kernel, so nothing is installed for it."""
    asking = code("n", "import course_lib", tags=[TAG], jupyter={"source_hidden": True})
    with_it = page([SOLVED[0], asking, *SOLVED[1:]], [OPENED[0], asking, *OPENED[1:]], HOW)
    assert with_it == page(SOLVED, OPENED, HOW)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("Watch **both**. *About 10 s.* Then stop.", "Watch **both**. Then stop."),
        ("You list the layers. *The first use takes about\n3 s, later none.*", "You list the layers."),
        ("Three runs. *It takes some seconds.*", "Three runs."),
        ("It measures them. (The table: *about 1 s.*)", "It measures them."),
        ("**One** step takes about 6 s more than *two*.", "**One** step takes about 6 s more than *two*."),
    ],
)
def test_how_long_a_cell_takes_is_not_said_where_none_is_run(source, expected):
    assert page([text("# T"), text(source)], [], HOW)[2]["source"] == expected


def test_how_to_run_is_said_for_the_page_and_not_for_the_notebook():
    opening = text("# T\n\n**How it works.** Run the\ncells.\n\nNext.")
    first, how, again = page([opening, text("Put 3 there and run that cell\nagain.\n\nThen go on.")], [], HOW)
    assert first["source"] == "# T\n\nNext." and how["source"].endswith(f"{HOW}.")
    assert again["source"] == f"Put 3 there and run that cell\nagain. (To run it: {HOW}.)\n\nThen go on."


def test_nothing_is_called_the_readers_own():
    said = {"output_type": "stream", "name": "stdout", "text": "f: your own, from this notebook.\nloss 3\n"}
    lent = {**said, "text": "g: the course's own. Exercise 1.3 is still open.\n"}
    board = code("y", "keep()\nboard(loss=3)", CARD)
    cells = page([text("# T"), code("x", "yours()", said, lent), board], [], HOW)[2:]
    assert [output["text"] for output in cells[0]["outputs"]] == ["loss 3\n"]
    assert [HOW in output["data"]["text/markdown"] for output in cells[1]["outputs"]] == [True]


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


# ---- one file -------------------------------------------------------------------------------------------------------


def test_nbconvert_knows_the_exporter_by_its_name():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    (entry,) = project["entry-points"]["nbconvert.exporters"].values()
    assert EntryPoint("course", entry, "nbconvert.exporters").load() is CourseExporter


def test_the_menu_of_jupyterlab_needs_nothing_of_the_extra_book():
    line = "import sys; sys.modules['latex2mathml'] = sys.modules['sphinx'] = None; import course_lib.book.one_file"
    assert subprocess.run([sys.executable, "-c", line], cwd=ROOT).returncode == 0


def test_a_script_inside_a_page_does_not_end_before_its_end():
    form = {"kind": "explorer", "name": "xor", "state": {}}
    cell = code("x", "1", shown({page_form.PAGE_FORM: form})) | {"execution_count": 1}
    told = {"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    text_, _ = CourseExporter().from_notebook_node(nbformat.from_dict(told), {"metadata": {"name": "x"}})
    assert text_.count("<script>") == text_.count("</script>") == 3
    assert "https://" not in re.sub("(?s)<script>.*?</script>|<style.*?</style>", "", text_)


# ---- formulas -------------------------------------------------------------------------------------------------------


def test_a_formula_becomes_mathml_with_its_source_to_read_aloud():
    found = mathml.mathml(r"\frac{1}{n} \sum_i x_i", "inline")
    assert found.startswith('<math alttext="\\frac{1}{n}') and "<mfrac>" in found


def test_aligned_formulas_are_lines_of_a_table():
    found = mathml.mathml(r"\begin{aligned} y = {} & x \\ & {} + z \end{aligned}", "block")
    assert found.count("<mtr>") == 2 and "<mi>&" not in found


def test_formulas_with_a_gap_between_them_can_stand_below_each_other():
    tex = r"a = \text{x \qquad y} \qquad\qquad b = \begin{cases} 1 \qquad 2 \end{cases}"
    assert mathml.formulas(tex) == [r"a = \text{x \qquad y}", r"b = \begin{cases} 1 \qquad 2 \end{cases}"]
    assert mathml.block(tex, "page_7").count("<math ") == 2


@pytest.mark.parametrize(
    "tex", [r"\nosuchcommand{x}", r"\frac{1", r"\begin{cases} 1", r"\begin{gathered} 1 \\ 2 \end{gathered}"]
)
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
        "w",
        "    array",
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
