"""What the public functions take and return is written down for editors and type checkers, and the package says so."""

import ast
from pathlib import Path

import pytest

import course_lib

PACKAGE = Path(course_lib.__file__).parent
ANNOTATED = sorted(
    path
    for place in ("data", "plots", "arrays.py", "threads.py")
    for path in ([PACKAGE / place] if place.endswith(".py") else (PACKAGE / place).glob("*.py"))
)


def lacking(tree):
    """NAME or NAME(argument) for each annotation that a public function, or a public class's method, lacks."""
    for scope in (tree, *(node for node in tree.body if isinstance(node, ast.ClassDef) and node.name[0] != "_")):
        for node in scope.body:
            if not isinstance(node, ast.FunctionDef) or (node.name[0] == "_" and not node.name.endswith("__")):
                continue
            arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
            arguments += [each for each in (node.args.vararg, node.args.kwarg) if each]
            for argument in arguments[0 if scope is tree else 1 :]:
                if argument.annotation is None:
                    yield f"{node.name}({argument.arg})"
            if node.returns is None:
                yield node.name


@pytest.mark.parametrize("path", ANNOTATED, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_every_public_function_says_what_it_takes_and_returns(path):
    assert list(lacking(ast.parse(path.read_text(encoding="utf-8")))) == []


def test_the_observer_sees_what_is_lacking():
    code = "def f(a, *, b: int): ...\ndef _g(a): ...\nclass C:\n    def m(self) -> int: ...\n    def n(self, c): ..."
    assert list(lacking(ast.parse(code))) == ["f(a)", "f", "n(c)", "n"]


def test_type_checkers_are_told_that_the_package_has_annotations():
    assert (PACKAGE / "py.typed").is_file()
