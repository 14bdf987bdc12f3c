"""What a user of the package calls says in its signature what it takes and what it returns."""

import ast
import importlib
import inspect
from pathlib import Path

import pytest

import course_lib
from course_lib.explorers import every_explorer

# Where the public names are: those in `__all__`, or the one that is named.
PUBLIC = {
    "course_lib.data": None,
    "course_lib.training": None,
    "course_lib.checks": None,
    "course_lib.recipe": ["Recipe"],
    "course_lib.execution": ["Execution"],
    "course_lib.explorers": ["every_explorer"],
    "course_lib.explorers.explorer": ["Explorer"],
    "course_lib.explorers.live": ["LiveExplorer"],
    "course_lib.explorers.prediction": ["Prediction", "recall"],
    "course_lib.explorers.quiz": ["Quiz"],
}


def public_objects():
    """(name, object) of every public name, and of every explorer that there is."""
    for module_name, names in PUBLIC.items():
        module = importlib.import_module(module_name)
        for name in module.__all__ if names is None else names:
            if (made := getattr(module, name)) and callable(made):
                yield name, made
    for explorer in every_explorer():
        yield explorer.__name__, explorer


def without_annotation(name, made):
    """The functions among it that leave a parameter or what they return without an annotation: {"fit", "Recipe.x"}."""
    if not inspect.isclass(made):
        return set() if _complete(made) else {name}
    found = set()
    for attribute, value in vars(made).items():
        function = value.fget if isinstance(value, property) else getattr(value, "__func__", value)
        public = not attribute.startswith("_") or attribute == "__init__"
        if public and inspect.isfunction(function) and not _complete(function, attribute == "__init__"):
            found.add(f"{name}.{attribute}")
    return found


def _complete(function, returns_nothing=False):
    signature = inspect.signature(function)
    words = [each for each in signature.parameters.values() if each.name not in ("self", "cls")]
    said = all(each.annotation is not inspect.Parameter.empty for each in words)
    return said and (returns_nothing or signature.return_annotation is not inspect.Signature.empty)


def test_every_public_function_is_annotated():
    found = set().union(*(without_annotation(name, made) for name, made in public_objects()))
    assert sorted(found) == [], "annotate what these take and return"


class Half:
    def __init__(self, a: int): ...

    def said(self, a: int) -> int: ...

    def no_return(self, a: int): ...

    @staticmethod
    def no_parameter(a) -> int: ...

    @property
    def no_type(self): ...

    def _private(self, a): ...


@pytest.mark.parametrize(
    ("made", "found"),
    [
        (Half, {"Half.no_return", "Half.no_parameter", "Half.no_type"}),
        (Half.said, set()),
        (lambda a: a, {"<lambda>"}),
    ],
)
def test_what_is_not_annotated_is_found(made, found):
    assert without_annotation(made.__name__, made) == found


# Parts in which every public function is annotated, whoever calls it

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
