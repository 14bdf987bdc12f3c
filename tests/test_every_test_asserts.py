"""Every test can fail: it has an assertion of its own, or calls something that has one."""

import ast
from pathlib import Path

TESTS = Path(__file__).parent
RAISING = {"raises", "warns", "fail"}  # of pytest


def without_assertion(texts):
    """The names of the tests in these texts that assert nothing, neither themselves nor by a function of the texts."""
    functions = [node for text in texts for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef)]
    asserting, before = set(), None
    while asserting != before:  # until no function is found that calls one of those found
        before = set(asserting)
        asserting |= {each.name for each in functions if _asserts(each, before)}
    return [each.name for each in functions if each.name.startswith("test_") and each.name not in asserting]


def _asserts(function, asserting):
    for node in ast.walk(function):
        if isinstance(node, ast.Assert):
            return True
        if isinstance(node, ast.Call):
            called = getattr(node.func, "attr", getattr(node.func, "id", ""))
            if called in RAISING or called in asserting or called.startswith("assert_"):
                return True
    return False


def test_every_test_asserts_something():
    texts = [path.read_text(encoding="utf-8") for path in sorted(TESTS.rglob("*.py"))]
    assert without_assertion(texts) == []


def test_a_test_that_only_runs_something_is_found_and_one_that_asserts_elsewhere_is_not():
    texts = [
        "def test_runs(): subprocess.run(command, check=True)",
        "def test_asks(): held()\ndef held(): deeper()",
        "def deeper(): assert True\ndef test_raises():\n    with pytest.raises(E): f()",
        "def test_compares(): np.testing.assert_array_equal(a, b)",
    ]
    assert without_assertion(texts) == ["test_runs"]
