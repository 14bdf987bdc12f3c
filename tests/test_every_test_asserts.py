"""Every test can fail, as it asserts something; and one that a tier leaves out says why."""

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
        if isinstance(node, ast.Assert | ast.Raise):
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


def without_reason(text):
    """The lines of a text in which a test is left out of a tier and no reason is given."""
    nodes = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Attribute)]
    marks = [node for node in nodes if ast.unparse(node) in ("pytest.mark.weekly", "pytest.mark.processes")]
    calls = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call) and node.args]
    with_reason = {(node.func.lineno, node.func.col_offset) for node in calls if _is_reason(node.args[0])}
    return sorted(node.lineno for node in marks if (node.lineno, node.col_offset) not in with_reason)


def _is_reason(argument):
    return isinstance(argument, ast.Constant) and isinstance(argument.value, str) and len(argument.value.split()) > 1


def test_what_a_tier_leaves_out_says_why():
    found = {path.name: without_reason(path.read_text(encoding="utf-8")) for path in sorted(TESTS.rglob("*.py"))}
    assert {name: lines for name, lines in found.items() if lines} == {}


def test_a_mark_without_a_reason_is_found():
    text = (
        'a = pytest.mark.weekly\nb = pytest.mark.weekly()\nc = pytest.mark.weekly("x")\nd = pytest.mark.weekly("a b")'
    )
    assert without_reason(text) == [1, 2, 3]
