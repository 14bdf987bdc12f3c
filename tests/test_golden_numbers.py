"""The numbers of before: every kind of network computes what it computed when `golden/numbers.json` was written.

The last bits of a sum depend on the order in which a library adds, and so on its version and on the processor. On a
machine of the kind that the file was written on (`machine` in it) the numbers must be the same to the bit. Elsewhere
float64 must agree to 1e-9 of an array's length: the runs are short, and moving every starting parameter by its last bit
moves nothing by more than 1e-14. float32 is compared there before the first update alone, to 1e-3: an optimizer that
divides by the size of the gradient makes a whole step of what was rounding, where a gradient should have been 0.

`python tests/golden/measured.py --write` writes the file anew.
"""

import json
import math

import pytest

from golden import measured

ELSEWHERE = {"float64": 1e-9, "float32": 1e-3}
AFTER_UPDATES = "later"  # the part of a case's numbers that an optimizer had its hand in
GOLDEN = json.loads(measured.FILE.read_text(encoding="utf-8"))

# (engine, optimizer) -> (tolerance in float64, the reason): numbers after updates that are no longer the same to the
# bit, since the optimizer rounds otherwise than when the file was written. float32 is then compared before updates.
_BOOK_FORM = (1e-12, "the two corrected means are computed as in the paper, not folded into two numbers")
ROUNDS_OTHERWISE: dict[tuple[str, str], tuple[float, str]] = {
    ("numpy", "adam"): _BOOK_FORM,
    ("numpy", "adamw"): _BOOK_FORM,
}


def differing(expected, found, tolerance=None, path=""):
    """One line for each number that differs: to the bit, or by more than `tolerance` of an array's length.

    Of an array only its two numbers are looked at when there is a tolerance, since its sha256 says nothing of how much.
    """
    if type(expected) is not type(found):
        return [f"{path}: {expected!r} before, {found!r} now"]
    if isinstance(expected, dict):
        if list(expected) != list(found):
            return [f"{path}: has {list(expected)} before, {list(found)} now"]
        if "sha256" in expected and tolerance is not None:
            return _differing_arrays(expected["values"], found["values"], tolerance, path)
        parts = [differing(expected[name], found[name], tolerance, f"{path}/{name}") for name in expected]
        return [line for part in parts for line in part]
    if isinstance(expected, list):
        if len(expected) != len(found):
            return [f"{path}: {len(expected)} entries before, {len(found)} now"]
        parts = [differing(*pair, tolerance, path) for pair in zip(expected, found, strict=True)]
        return [line for part in parts for line in part]
    if tolerance is not None and isinstance(expected, float):
        same = math.isclose(expected, found, rel_tol=tolerance)
    else:
        same = expected == found
    return [] if same else [f"{path}: {expected!r} before, {found!r} now"]


def _differing_arrays(expected, found, tolerance, path):
    if list(expected) != list(found):
        return [f"{path}: has {list(expected)} before, {list(found)} now"]
    lines = []
    for name, (length, weighted_sum) in expected.items():
        distance = max(abs(length - found[name][0]), abs(weighted_sum - found[name][1]))
        if not distance <= tolerance * max(length, 1e-300):
            lines.append(f"{path}/{name}: {distance:.1e} apart, with a length of {length:.3g}")
    return lines


def differing_in_case(expected, found, dtype, same_machine, rounds_otherwise):
    """The lines of `differing`, with the tolerances that a case has here: see the top of this file."""
    later = ({}, {})
    if AFTER_UPDATES in expected:
        later = expected[AFTER_UPDATES], found[AFTER_UPDATES]
        expected, found = ({**case, AFTER_UPDATES: None} for case in (expected, found))
    lines = differing(expected, found, None if same_machine else ELSEWHERE[dtype])
    if same_machine and rounds_otherwise is None:
        return lines + differing(*later)
    if dtype == "float32":
        return lines
    return lines + differing(*later, rounds_otherwise[0] if same_machine else ELSEWHERE[dtype])


def test_the_file_holds_all_cases():
    assert list(GOLDEN["cases"]) == list(measured.CASES)


@pytest.mark.parametrize("case", measured.CASES)
def test_the_numbers_are_those_of_before(case):
    _, _, engine, dtype, optimizer = measured.CASES[case]
    same_machine = GOLDEN["machine"] == measured.machine()
    rounds_otherwise = ROUNDS_OTHERWISE.get((engine, optimizer))
    found = measured.measure(case)
    assert differing_in_case(GOLDEN["cases"][case], found, dtype, same_machine, rounds_otherwise) == []


# The comparison itself

ARRAY = {"sha256": "ab", "values": {"weight": [2.0, -0.5]}}
ROUNDED = {"sha256": "cd", "values": {"weight": [2.0, -0.5 + 1e-15]}}
MOVED = {"sha256": "ef", "values": {"weight": [2.0, -0.5 + 1e-5]}}
REASON = (1e-12, "it adds in another order")


def case_of(before_updates, after_updates):
    return {"loss": 1.0, "gradients": before_updates, "later": {"state": after_updates, "best epoch": 3}}


@pytest.mark.parametrize(
    ("found", "dtype", "same_machine", "rounds_otherwise", "differs"),
    [
        (case_of(ARRAY, ARRAY), "float64", True, None, False),
        (case_of(ROUNDED, ARRAY), "float64", True, None, True),
        (case_of(ARRAY, ROUNDED), "float64", True, None, True),
        (case_of(ARRAY, ROUNDED), "float32", True, None, True),
        (case_of(ARRAY, ROUNDED), "float64", True, REASON, False),
        (case_of(ARRAY, MOVED), "float64", True, REASON, True),
        (case_of(ROUNDED, ARRAY), "float64", True, REASON, True),
        (case_of(ARRAY, MOVED), "float32", True, REASON, False),
        (case_of(ROUNDED, ROUNDED), "float64", False, None, False),
        (case_of(MOVED, ARRAY), "float64", False, None, True),
        (case_of(ARRAY, MOVED), "float64", False, None, True),
        (case_of(MOVED, MOVED), "float32", False, None, False),
        ({**case_of(ARRAY, ARRAY), "loss": 1.01}, "float32", False, None, True),
        ({**case_of(ARRAY, ARRAY), "loss": float("nan")}, "float32", False, None, True),
        ({**case_of(ARRAY, ARRAY), "later": {"state": ARRAY, "best epoch": 2}}, "float64", False, None, True),
        ({**case_of(ARRAY, ARRAY), "later": {"state": ARRAY}}, "float64", False, None, True),
        (case_of({"sha256": "ab", "values": {"bias": [2.0, -0.5]}}, ARRAY), "float64", False, None, True),
    ],
)
def test_what_counts_as_a_difference(found, dtype, same_machine, rounds_otherwise, differs):
    assert bool(differing_in_case(case_of(ARRAY, ARRAY), found, dtype, same_machine, rounds_otherwise)) is differs


def test_no_entry_of_an_array_can_change_unnoticed():
    rng = measured.np.random.default_rng(0)
    array = rng.normal(size=(9, 8))
    before = measured.summary({"weight": array})
    for index in measured.np.ndindex(array.shape):
        moved = array.copy()
        moved[index] += 1e-6
        assert differing(before, measured.summary({"weight": moved}), tolerance=1e-9)
    swapped = array[::-1]
    assert differing(before, measured.summary({"weight": swapped}), tolerance=1e-9)
