"""Building chapters: what a source becomes, and the errors of a source with file and line."""

import json
import re
import sys
import tomllib
from pathlib import Path

import nbformat
import pytest

from course_copy import run_pytest
from course_lib.authoring.__main__ import main
from course_lib.authoring.build import build, differences, notebooks
from course_lib.authoring.rules import CODE_WIDTH
from course_lib.authoring.source import INSTALL_JUPYTEXT, SourceError, read_source, source_paths

SOURCE = '''\
# ---
# jupyter:
#   kernelspec:
#     display_name: My Python
#     language: python
#     name: mine
# ---

# %% [markdown]
# # Chapter 99 · Tiny

# %%
import numpy as np

from course_lib.checks import exercise
from course_lib.learner import check
from course_lib.checks.expectations import expect_close


@exercise("99.1", title="Double")
def double_check(submitted):
    known = [([1.0, 9.0], "This is the square.")]
    expect_close(submitted(np.array([1.0, 3.0])), [2, 6], because=known)


@exercise("99.2", title="A value", kind="value")
def value_check(value):
    expect_close(value, 7.0)


# %% [markdown]
# ### Exercise 99.1 · Double
#
# Double it.


# %%
def double(x):
    """Twice x."""
    # BEGIN SOLUTION
    factor = 2.0

    return factor * x
    # END SOLUTION


# %%
check("99.1", double)

# %% [markdown] tags=["solution"]
# The factor is 2.

# %%
print("goes on")

# %% [markdown]
# ### Exercise 99.2 · A value

# %%
# BEGIN SOLUTION
value = 3 + 4
# END SOLUTION
unit = "m"

# %%
check("99.2", value)

# %% tags=["wide"] jupyter={"source_hidden": true}
# %matplotlib inline
print("goes on")
'''
STUB = 'raise NotImplementedError("exercise 99.1: your code replaces this")'


@pytest.fixture
def course(tmp_path):
    (tmp_path / "solutions").mkdir()
    write(tmp_path, SOURCE)
    return tmp_path


def write(course, text, name="99_tiny"):
    (course / "solutions" / f"{name}.py").write_text(text, encoding="utf-8")


def built(course, folder, name="99_tiny"):
    build(course)
    return nbformat.read(course / folder / f"{name}.ipynb", as_version=4)


def texts(notebook):
    return [cell.source for cell in notebook.cells]


# What a source becomes


def test_in_chapters_the_solution_is_a_stub_and_the_worked_solution_is_left_out(course):
    found = texts(built(course, "chapters"))
    assert f'def double(x):\n    """Twice x."""\n    {STUB}' in found
    assert 'value = ...  # exercise 99.2: your answer in place of the dots\nunit = "m"' in found
    assert not any("factor" in text or "SOLUTION" in text for text in found)


def test_in_solutions_everything_stays(course):
    found = texts(built(course, "solutions"))
    solved = [text for text in found if text.startswith("def double")]
    assert solved == [re.search(r"def double\(.*?END SOLUTION", SOURCE, re.DOTALL)[0]]
    assert "The factor is 2." in found


def test_only_check_cells_of_chapters_may_raise(course):
    for folder, tagged in (("chapters", ['check("99.1", double)', 'check("99.2", value)']), ("solutions", [])):
        cells = built(course, folder).cells
        assert [cell.source for cell in cells if "raises-exception" in cell.metadata.get("tags", [])] == tagged


def test_cells_to_write_and_checks_of_chapters_are_marked_for_nbgrader(course):
    marked = [cell for cell in built(course, "chapters").cells if "nbgrader" in cell.metadata]
    assert [cell.metadata.nbgrader.grade_id for cell in marked] == [
        "exercise-99-1",
        "check-99-1",
        "exercise-99-2",
        "check-99-2",
    ]
    written, checked = marked[0].metadata.nbgrader, marked[1].metadata.nbgrader
    assert (written.solution, written.grade, written.locked) == (True, False, False)
    assert (checked.solution, checked.grade, checked.locked, checked.points) == (False, True, True, 1)
    assert {each.metadata.nbgrader.schema_version for each in marked} == {3}
    assert not any("nbgrader" in cell.metadata for cell in built(course, "solutions").cells)


def test_a_second_cell_to_write_has_a_name_of_its_own(course):
    more = "# %%\n# BEGIN SOLUTION\nother = 5\n# END SOLUTION\n\n"
    write(course, SOURCE.replace('# %%\ncheck("99.2"', more + '# %%\ncheck("99.2"'))
    found = [cell.metadata.nbgrader.grade_id for cell in built(course, "chapters").cells if "nbgrader" in cell.metadata]
    assert found[2:] == ["exercise-99-2", "exercise-99-2-more", "check-99-2"]


def test_the_notebooks_are_valid_and_carry_no_run(course):
    for folder in ("chapters", "solutions"):
        notebook = built(course, folder)
        nbformat.validate(notebook)
        assert notebook.metadata.kernelspec.name == "python3"
        assert notebook.metadata.course_lib.generated_from == "solutions/99_tiny.py"
        assert set(notebook.metadata) == {"kernelspec", "language_info", "course_lib"}
        for cell in notebook.cells:
            assert set(cell.metadata) <= ({"tags", "jupyter", "nbgrader"} if folder == "chapters" else {"tags"})
            if cell.cell_type == "code":
                assert (cell.outputs, cell.execution_count) == ([], None)
    assert built(course, "chapters").cells[-1].metadata == {"tags": ["wide"], "jupyter": {"source_hidden": True}}
    assert texts(notebook)[-1] == '%matplotlib inline\nprint("goes on")'


def test_a_cell_keeps_its_id_when_others_come_go_and_change(course):
    before = {cell.source: cell.id for cell in built(course, "chapters").cells}
    write(
        course, SOURCE.replace("# # Chapter 99 · Tiny", "# # Chapter 99 · Small\n\n# %%\nnew = 1").replace("it.", "x.")
    )
    after = {cell.source: cell.id for cell in built(course, "chapters").cells}
    shared = before.keys() & after.keys()
    assert len(shared) == len(before) - 2
    assert {text: after[text] for text in shared} == {text: before[text] for text in shared}


def test_two_cells_with_the_same_text_have_different_ids(course):
    write(course, SOURCE + '\n# %%\nprint("twin")\n\n# %%\nprint("twin")\n')
    build(course)
    notebook = json.loads((course / "chapters" / "99_tiny.ipynb").read_text(encoding="utf-8"))
    identities = [cell["id"] for cell in notebook["cells"]]
    assert len(set(identities)) == len(identities)


def test_building_twice_changes_nothing(course):
    assert [path.as_posix() for path in build(course)] == ["chapters/99_tiny.ipynb", "solutions/99_tiny.ipynb"]
    first = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in course.rglob("*.ipynb")}
    assert build(course) == []
    assert {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in course.rglob("*.ipynb")} == first


def test_a_broken_version_can_stand_in_place_of_the_solution(course):
    solution = "    factor = 2.0\n\n    return factor * x\n"
    instead = f"{solution}    # INSTEAD\n    # for _ in range(2):\n    #     x = x + x  # mend me\n    # return x\n"
    write(course, SOURCE.replace(solution, instead))
    learner = '"""Twice x."""\n    for _ in range(2):\n        x = x + x  # mend me\n    return x'
    assert f"def double(x):\n    {learner}" in texts(built(course, "chapters"))
    assert not any("INSTEAD" in text or "mend me" in text for text in texts(built(course, "solutions")))


def test_two_parts_of_one_function_become_two_stubs(course):
    solution = "    factor = 2.0\n\n    return factor * x\n"
    parts = "    factor = 2.0\n    # END SOLUTION\n    print(x)\n    # BEGIN SOLUTION\n    return factor * x\n"
    write(course, SOURCE.replace(solution, parts))
    assert f'"""Twice x."""\n    {STUB}\n    print(x)\n    {STUB}' in "\n".join(texts(built(course, "chapters")))


# Errors with file and line


def problem_of(course, text):
    """The first problem of a source (others may follow from it): the line that it names, and its message."""
    write(course, text)
    with pytest.raises(SourceError) as caught:
        notebooks(course)
    place, line, message = re.fullmatch(r"(.*?):(\d+): (.*)", str(caught.value.problems[0])).groups()
    assert place == "solutions/99_tiny.py"
    return text.splitlines()[int(line) - 1], message


EXERCISE_1 = SOURCE[SOURCE.index("# %% [markdown]\n# ### Exercise 99.1") : SOURCE.index('# %% [markdown] tags=["sol')]
BEGIN, END = "    # BEGIN SOLUTION\n", "    # END SOLUTION\n"
WIDE = f"x = {'1' * 73}\n"
INSIDE_A_LOOP = SOURCE[SOURCE.index(BEGIN) : SOURCE.index(END) + len(END)]
INSIDE_LOOPS = "    for _ in x:\n        for _ in x:\n" + re.sub("^(?=.)", 8 * " ", INSIDE_A_LOOP, flags=re.MULTILINE)


@pytest.mark.parametrize(
    ("old", "new", "line", "message"),
    [
        (END, "", "    # BEGIN SOLUTION", "without an `# END SOLUTION` in this cell"),
        (BEGIN, "", "    # END SOLUTION", "without a `# BEGIN SOLUTION` above it"),
        (BEGIN, BEGIN + "    # BEGIN  SOLUTION\n", "    # BEGIN  SOLUTION", "looks like a marker"),
        (BEGIN, "    # Begin solution:\n" + BEGIN, "    # Begin solution:", "looks like a marker"),
        ("    factor = 2.0\n", "    factor = 2.0\n" + BEGIN, None, "inside the solution that begins 2 lines above"),
        (END, "  # END SOLUTION\n", "  # END SOLUTION", "not indented like the `# BEGIN SOLUTION` 4 lines above"),
        (BEGIN, "  # BEGIN SOLUTION\n", "    factor = 2.0", "not indented like the `# BEGIN SOLUTION` 1 lines above"),
        (
            "    factor = 2.0\n\n    return factor * x\n",
            "    # to do\n",
            "    # BEGIN SOLUTION",
            "the solution is empty",
        ),
        (END, "    # INSTEAD\n    return x\n" + END, "    return x", "each commented out"),
        (END, "    # INSTEAD\n" + END, "    # INSTEAD", "each commented out"),
        ("# ### Exercise 99.1 · Double\n", "# Text\n", "    # BEGIN SOLUTION", "a solution outside an exercise"),
        ("# Double it.\n", "# Double it.\n# # BEGIN SOLUTION\n", "# # BEGIN SOLUTION", "in a text cell"),
        ('# %%\ncheck("99.1", double)\n', "", "# ### Exercise 99.1 · Double", "exercise 99.1 has no check"),
        ('# %%\ncheck("99.2", value)\n', "", "# ### Exercise 99.2 · A value", "exercise 99.2 has no check"),
        (
            EXERCISE_1,
            EXERCISE_1 + '# %%\ncheck("99.1", double)\n',
            'check("99.1", double)',
            "no exercise above it is open",
        ),
        ('check("99.1", double)', 'check("99.2", double)', 'check("99.2", double)', "the exercise above is 99.1"),
        ('check("99.1", double)', 'check("99.1", triple)', 'check("99.1", triple)', "gives: double"),
        ('check("99.1", double)', 'check("99.1", double(3))', 'check("99.1", double(3))', "gives: double"),
        (
            'check("99.1", double)',
            'print()\nprint(check("99.1", np.sum))\n\n# %%\ncheck("99.1", double)',
            'print(check("99.1", np.sum))',
            "a check stands alone in its cell",
        ),
        (
            "Exercise 99.2 · A value",
            "Exercise 99.1 · Again",
            "# ### Exercise 99.1 · Again",
            "is there already, on line 32",
        ),
        ("Exercise 99.1", "Exercise 9.1", "# ### Exercise 9.1 · Double", "not of chapter 99: expected 99.1"),
        ("Exercise 99.2", "Exercise 99.3", "# ### Exercise 99.3 · A value", "out of order: expected 99.2"),
        (
            "### Exercise 99.1 · Double",
            "## Exercise 99.1: Double",
            None,
            "write the heading as `### Exercise 99.1 · Title`",
        ),
        (EXERCISE_1, EXERCISE_1.replace(BEGIN, "").replace(END, ""), 'check("99.1", double)', "nothing to write"),
        ("value = 3 + 4\n", "print(7)\n", "# BEGIN SOLUTION", "gives a value to a name"),
        ("value = 3 + 4\n", "value = 3 +\n", "value = 3 +", "not Python"),
        ('print("goes on")\n\n', "print('goes on'\n\n", None, "not Python"),
        (
            "def double(x):\n",
            "double = print\nfor x in [1]:\n",
            "    # BEGIN SOLUTION",
            "an indented solution stands inside a function",
        ),
        (
            'print("goes on")\n\n',
            "y = 1\nprint(double(y))\n\n",
            "print(double(y))",
            "what the learner writes in exercise 99.1",
        ),
        (
            'print("goes on")\n\n',
            "def again(x):\n    return double(x)\n\n",
            "    return double(x)",
            "breaks in chapters/",
        ),
        ('unit = "m"\n', "unit = double(3)\n", "unit = double(3)", "what the learner writes in exercise 99.1"),
        (
            "inline\n",
            "inline\nprint(f'{value:.2f}')\n",
            "print(f'{value:.2f}')",
            "what the learner writes in exercise 99.2",
        ),
        ('print("goes on")\n\n', "import x\nplt.plot(x)\n\n", "plt.plot(x)", "a figure without a text alternative"),
        (
            'print("goes on")\n\n',
            "figure = plt.figure()\nplt.show()\n\n",
            "figure = plt.figure()",
            "a text alternative",
        ),
        ('print("goes on")\n\n', "a = plt.figure()\nshow(a, alt=' ')\n\n", "a = plt.figure()", "a text alternative"),
        (
            '# %%\nprint("goes on")\n',
            "# %%\n\n\ny = 1\nprint(double(y))\n",
            "print(double(y))",
            "what the learner writes in exercise 99.1",
        ),
        ('print("goes on")\n\n', 'recall("a", answer="8")\n\n', 'recall("a", answer="8")', "break the line after"),
        ("# Double it.\n", "# ![](picture.png)\n", "# ![](picture.png)", "an image without a text alternative"),
        ("# Double it.\n", '# x\n\n# %% [markdown]\n"""\n![](a.png)\n"""\n', "![](a.png)", "an image without"),
        ("# Double it.\n", "# <img src='a.png' alt=''>\n", "# <img src='a.png' alt=''>", "an image without"),
        ("# Double it.\n", "# As in section\n# 1. Double it.\n", "# 1. Double it.", "becomes a list"),
        ("# Double it.\n", "# It is 8\n# - 3, doubled.\n", "# - 3, doubled.", "becomes a list"),
        ('print("goes on")\n\n', WIDE, WIDE.strip(), "77 characters: a code cell shows 76 in a window of 800 pixels"),
        ('unit = "m"\n', f'unit = "m"\n{WIDE}', WIDE.strip(), "77 characters"),
        ("    factor = 2.0\n", f"    factor = 2.0\n    # {'x' * 71}\n", f"    # {'x' * 71}", "77 characters"),
        (
            "# %matplotlib inline\n",
            f"{'x' * 71}\n",
            "x" * 71,
            "71 characters, and this cell is folded: three dots follow",
        ),
        (INSIDE_A_LOOP, INSIDE_LOOPS, f"{12 * ' '}# BEGIN SOLUTION", "its stub is 79 characters wide"),
    ],
)
def test_a_mistake_in_a_source_is_named_with_its_line(course, old, new, line, message):
    assert SOURCE.count(old) >= 1
    at, said = problem_of(course, SOURCE.replace(old, new, 1))
    assert message in said
    if line is not None:
        assert at == line


@pytest.mark.parametrize(
    "allowed",
    [
        "from course_lib.scratch.activations import relu as double\nprint(double(2))",
        "double = 3\nprint(double)",
        "print([double for double in range(3)])",
        "def other(double):\n    return double",
        "print((lambda double: double)(3))",
        "import matplotlib.pyplot as plt\nplt.rcParams['font.size'] = 12",
        "import matplotlib.pyplot as plt\nfigure = plt.figure()\nplots.show(figure, alt='empty')",
        "print(1)\n\n# %% [markdown]\n# Two:\n#\n# 1. one, and\n#    more\n# 2. two\n#\n# In section\n# 6. there",
        "# !pip --version",
        f"x = {'1' * 72}",
        f'number = 1\n\n# %% jupyter={{"source_hidden": true}}\nx = {"1" * 66}\ny = {"1" * 72}',
        "number = 1\n# %timeit number",
    ],
)
def test_what_looks_like_a_mistake_but_is_none_is_allowed(course, allowed):
    write(course, SOURCE.replace('print("goes on")\n\n', f"{allowed}\n\n", 1))
    assert len(notebooks(course)) == 2


def test_all_problems_of_all_sources_are_told_together_and_nothing_is_written(course):
    write(
        course, SOURCE.replace(END, "").replace("Exercise 99.2", "Exercise 99.5").replace('check("99.2', 'check("99.5')
    )
    write(course, "text before the first cell\n\n# %%\nx = 1\n", "98_other")
    write(course, "# %%\nx = 1\n", "97_fine")
    with pytest.raises(SourceError) as caught:
        build(course)
    places = [(problem.path.name, problem.message[:20]) for problem in caught.value.problems]
    assert places == [
        ("98_other.py", "2 cells, but 1 lines"),
        ("99_tiny.py", "`# BEGIN SOLUTION` w"),
        ("99_tiny.py", "exercise 99.5 is out"),
    ]
    assert list(course.rglob("*.ipynb")) == []


def test_a_header_that_is_no_header_is_refused(course):
    write(course, SOURCE.replace("#     display_name: My Python\n", ""))
    with pytest.raises(SourceError, match=r"99_tiny\.py:1: the header is not valid: 'display_name' is a required"):
        notebooks(course)


@pytest.mark.parametrize(("name", "said"), [("99_twin", "is 99 too"), ("99b_evening", "is all of this chapter")])
def test_two_sources_of_one_chapter_are_refused_but_for_an_appendix(course, name, said):
    write(course, SOURCE, "99x_appendix")
    assert [path.stem for path in source_paths(course)] == ["99_tiny", "99x_appendix"]
    write(course, SOURCE, name)
    with pytest.raises(SourceError, match=rf"{name}\.py:1: 99_tiny\.py {said}"):
        build(course)


def test_a_marker_of_a_cell_inside_a_text_is_refused(course):
    write(course, SOURCE.replace('print("goes on")', 'print("""\n# %% inside\n""")', 1))
    with pytest.raises(SourceError, match="write no `# %%` at the start of a line inside a text"):
        notebooks(course)


def test_without_jupytext_the_error_says_how_to_install_it(course, monkeypatch):
    monkeypatch.setitem(sys.modules, "jupytext", None)
    with pytest.raises(ModuleNotFoundError) as caught:
        read_source(course / "solutions" / "99_tiny.py")
    assert str(caught.value) == INSTALL_JUPYTEXT


def test_sources_are_formatted_to_the_width_that_a_code_cell_shows():
    ruff = tomllib.loads((Path(__file__).parents[1] / "solutions" / "ruff.toml").read_text(encoding="utf-8"))
    assert ruff["line-length"] == CODE_WIDTH


# The command line


def test_the_command_says_what_it_wrote_and_then_that_all_is_current(course, capsys):
    assert main(["--root", str(course), "build"]) == 0
    assert capsys.readouterr().out == "wrote chapters/99_tiny.ipynb\nwrote solutions/99_tiny.ipynb\n"
    assert main(["--root", str(course), "build"]) == 0
    assert capsys.readouterr().out == "Every notebook is current.\n"


def test_check_writes_nothing_and_names_every_difference(course, capsys):
    assert main(["--root", str(course), "build", "--check"]) == 1
    assert "chapters/99_tiny.ipynb is missing" in capsys.readouterr().out
    assert list(course.rglob("*.ipynb")) == []
    build(course)
    assert main(["--root", str(course), "build", "--check"]) == 0
    write(course, SOURCE.replace("# Double it.", "# Multiply it by 2."))
    (course / "chapters" / "98_old.ipynb").write_text("{}")
    capsys.readouterr()
    assert main(["--root", str(course), "build", "--check"]) == 1
    said = capsys.readouterr().out
    assert '-    "Double it."' in said
    assert '+    "Multiply it by 2."' in said
    assert "chapters/98_old.ipynb has no source in solutions/" in said
    assert len(differences(course)) == 3


def test_a_wrong_source_exits_with_1_and_its_problems(course, capsys):
    write(course, SOURCE.replace(END, ""))
    assert main(["--root", str(course), "build"]) == 1
    assert re.match(r"solutions/99_tiny\.py:\d+: `# BEGIN SOLUTION` without", capsys.readouterr().err)


def test_one_chapter_can_be_built_while_another_is_wrong(course, capsys):
    write(course, SOURCE.replace(END, ""))
    write(course, "# %%\nx = 1\n", "98_other")
    assert main(["--root", str(course), "build", "98_other"]) == 0
    assert main(["--root", str(course), "build", "97_none"]) == 1
    assert "The sources are: 98_other, 99_tiny." in capsys.readouterr().err


def test_a_folder_without_sources_is_named(tmp_path, capsys):
    assert main(["--root", str(tmp_path), "build"]) == 1
    assert "has no folder solutions/" in capsys.readouterr().out


def test_a_learners_work_is_not_overwritten_unless_asked(course, capsys):
    build(course)
    path = course / "chapters" / "99_tiny.ipynb"
    notebook = json.loads(path.read_text(encoding="utf-8"))
    next(cell for cell in notebook["cells"] if cell["cell_type"] == "code")["execution_count"] = 1
    path.write_text(json.dumps(notebook), encoding="utf-8")
    assert main(["--root", str(course), "build"]) == 1
    assert "chapters/99_tiny.ipynb:1: has outputs, so somebody worked in it" in capsys.readouterr().err
    assert json.loads(path.read_text(encoding="utf-8")) == notebook
    assert main(["--root", str(course), "build", "--overwrite"]) == 0
    assert differences(course) == {}


# Executed as `make test` does


def test_a_chapter_with_open_exercises_passes_and_a_solution_with_a_failing_check_fails(course):
    write(course, SOURCE.replace("return factor * x", "return x**factor"))
    build(course)
    run = run_pytest(course)
    assert run.returncode == 1
    assert "1 failed, 15 passed" in run.stdout
    assert "FAILED solutions/99_tiny.ipynb::Cell 3" in run.stdout
    assert "Exercise 99.1, not right yet: The result is [1, 9]; expected [2, 6]." in run.stdout
