"""Work that is alike: after names are taken out, by what few have."""

from course_lib.grading.assignment import Assignment, Task
from course_lib.grading.class_run import StudentRecord
from course_lib.grading.similar import alike, pieces_of

ODD = """
def backward(x, weight, g):
    rows = len(x)
    grads = []
    for k in range(rows):
        column = x[k].reshape(-1, 1)
        row = g[k].reshape(1, -1)
        grads.append(np.kron(column, row).reshape(weight.shape))
    total = sum(grads, start=np.zeros(weight.shape))
    bias = np.array([sum(g[r][c] for r in range(rows)) for c in range(weight.shape[1])])
    back = np.stack([weight @ g[r] for r in range(rows)], axis=0)
    return total, bias, back
"""
RENAMED = ODD.replace("grads", "pieces").replace("column", "c1").replace("rows", "count").replace("backward", "solve")
USUAL = "def backward(x, weight, g):\n    return x.T @ g, g.sum(axis=0), g @ weight.T\n"
ASSIGNMENT = Assignment(
    "x", {"2.4": Task("2.4", "t", "function", "backward", "n", (), {}, "def backward(x, weight, g): ...")}
)


def record(student, code):
    return StudentRecord(student, [], None, {}, code={"2.4": code})


def test_names_comments_and_docstrings_do_not_hide_a_likeness():
    changed = RENAMED.replace("    total", "    # my own idea\n    total").replace("g):\n", 'g):\n    """Mine."""\n', 1)
    assert pieces_of(changed) == pieces_of(ODD)


def test_two_who_alone_have_an_odd_form_are_listed_and_nobody_else():
    others = [record(f"s{n}", USUAL) for n in range(10)]
    (pair,) = alike([record("ada", ODD), record("bob", RENAMED), *others], ASSIGNMENT)
    assert (pair.one, pair.other, pair.exercises, pair.letters) == ("ada", "bob", ("2.4",), ())
    assert pair.share == 1.0


def test_the_same_text_to_the_letter_is_told():
    (pair,) = alike([record("ada", ODD), record("bob", ODD)], ASSIGNMENT)
    assert pair.letters == ("2.4",)


def test_the_usual_short_form_is_no_reason_for_anything():
    assert alike([record(name, USUAL) for name in ("ada", "bob")], ASSIGNMENT) == []
    assert alike([record(f"s{n}", ODD) for n in range(6)], ASSIGNMENT) == []


def test_what_no_parser_takes_is_compared_all_the_same():
    for deep in ("x = " + "-" * 20_000 + "1", "x = " + "+".join(["1"] * 50_000), "x = 1\0"):
        assert pieces_of(deep)
        alike([record("ada", deep), record("bob", deep)], ASSIGNMENT)


def test_what_is_no_python_is_compared_as_it_is():
    broken = "def f(:\n" + " ".join(f"word{n}" for n in range(100))
    (pair,) = alike([record("ada", broken), record("bob", broken)], ASSIGNMENT)
    assert pair.share == 1.0
