"""A lesson is short, reads alone and knows no machinery: a learner can read it in one sitting and type it again."""

import ast
import io
import tokenize
from pathlib import Path

import pytest

import course_lib

PACKAGE = Path(course_lib.__file__).parent
MOST_LINES = 60  # of code: docstrings, comments and blank lines do not count
# Files that hold one idea many times
MOST_LINES_OF = {"activations.py": 130, "optimizers.py": 110}
IMPORTED = {"scratch": {"math", "numpy"}, "pytorch": {"math", "numpy", "torch"}}
# What a layer alone can know, and has to say
MAY_RAISE = {"batch_norm.py"}  # that a batch of one example has no variance
NOT_CODE = {
    tokenize.COMMENT,
    tokenize.NL,
    tokenize.NEWLINE,
    tokenize.INDENT,
    tokenize.DEDENT,
    tokenize.ENCODING,
    tokenize.ENDMARKER,
}
LESSONS = [
    pytest.param(folder, path.name, id=f"{folder}/{path.name}")
    for folder in ("scratch", "pytorch")
    for path in sorted((PACKAGE / folder).glob("*.py"))
]


def code_lines(source):
    """How many lines hold code."""
    lines = set()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type not in NOT_CODE:
            lines.update(range(token.start[0], token.end[0] + 1))
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node) is not None:
            lines.difference_update(range(node.body[0].lineno, node.body[0].end_lineno + 1))
    return len(lines)


def foreign_imports(folder, source):
    """What a lesson of this folder imports besides numbers, its library and other lessons of its folder."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            modules = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            modules = ["." * node.level + (node.module or "")]
        else:
            continue
        for module in modules:
            is_lesson = module == f"course_lib.{folder}" or module.startswith(f"course_lib.{folder}.")
            if not is_lesson and module.split(".")[0] not in IMPORTED[folder]:
                found.append(f"line {node.lineno}: {module}")
    return found


def raises(source):
    return [f"line {node.lineno}" for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Raise)]


def source_of(folder, name):
    return (PACKAGE / folder / name).read_text(encoding="utf-8")


@pytest.mark.parametrize(("folder", "name"), LESSONS)
def test_a_lesson_has_few_lines_of_code(folder, name):
    most = MOST_LINES_OF.get(name, MOST_LINES)
    lines = code_lines(source_of(folder, name))
    assert lines <= most, f"{lines} lines of code; a lesson has {most} at most. What is no formula belongs to engine/."


@pytest.mark.parametrize(("folder", "name"), LESSONS)
def test_a_lesson_imports_its_library_and_other_lessons_alone(folder, name):
    assert foreign_imports(folder, source_of(folder, name)) == []


@pytest.mark.parametrize(("folder", "name"), [lesson for lesson in LESSONS if lesson.values[1] not in MAY_RAISE])
def test_a_lesson_checks_no_arrays(folder, name):
    assert raises(source_of(folder, name)) == []


# The tests themselves


def test_docstrings_comments_and_blank_lines_are_no_code():
    source = '''"""What the file is.

Two lines of it."""

import numpy as np  # counted: 1

# a reason


def double(x):  # 2
    """Twice x."""
    text = """a text that is
    no docstring"""  # 3 and 4

    return (  # 5
        2 * x  # 6
    )  # 7


class Layer:  # 8
    """A layer."""
'''
    assert code_lines(source) == 8


@pytest.mark.parametrize(
    "line",
    [
        "from course_lib.recipe import Recipe",
        "import course_lib.arrays",
        "from course_lib import arrays",
        "from course_lib.pytorch.dense import Dense",
        "from course_lib.scratch_more import Dense",
        "from . import losses",
        "def f():\n    import torch",
        "import scipy.linalg",
    ],
)
def test_an_import_that_is_none_of_a_lesson_is_found(line):
    assert len(foreign_imports("scratch", f"import numpy as np\n{line}\n")) == 1


def test_imports_of_lessons_are_none():
    lessons = "from course_lib.scratch import losses\nfrom course_lib.scratch.dense import Dense\n"
    assert foreign_imports("scratch", f"import math\nimport numpy as np\n{lessons}") == []
    assert foreign_imports("pytorch", "import torch\nfrom torch import nn\n") == []


def test_a_check_is_found():
    assert raises("def f(x):\n    if len(x) == 0:\n        raise ValueError('empty')\n") == ["line 3"]
