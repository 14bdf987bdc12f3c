"""The report of `make bench`: its ratios, its goals, the table in CONTRIBUTING.md; and that the benchmark runs."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from engine_report import (
    BLOCK,
    FUSED,
    NUMPY,
    PAGE,
    PLAIN,
    PRODUCTS,
    TORCH,
    page_block,
    page_with_block,
    summarize,
    table,
)

from course_lib.marked_block import difference, markers

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
RESULTS = HERE / "results" / "engines.json"
MACHINE = {
    "processor": "Abacus",
    "cores": 4,
    "python": "3.11.0",
    "numpy": "2.0.0",
    "torch": "2.6.0",
    "scikit-learn": "1.5",
}
# Three rounds; the second is three times as slow for everything, as on a machine that does something else meanwhile.
ROUNDS = {
    PRODUCTS: [1.0, 3.0, 1.0],
    NUMPY: [1.5, 4.5, 2.0],
    TORCH: [3.3, 9.0, 3.0],
    PLAIN: [4.0, 12.0, 4.0],
    FUSED: [3.0, 9.0, 3.0],
}
IMPORTS = {"numpy": [0.10, 0.30, 0.10], "course": [0.35, 0.45, 0.20]}


@pytest.fixture
def results():
    return summarize(MACHINE, {64: ROUNDS, 256: ROUNDS}, IMPORTS, 3)


def test_a_ratio_is_taken_within_each_round(results):
    way = results["steps"]["64"][NUMPY]
    assert way["to_products"] == {"median": 1.5, "min": 1.5, "max": 2.0}
    assert way["to_plain_pytorch"] == {"median": 0.375, "min": 0.375, "max": 0.5}
    assert way["milliseconds"] == 2000.0


def test_goals_say_whether_they_are_met(results):
    met = {goal["what"]: goal["met"] for goal in results["goals"]}
    assert met == {
        f"batch 64: {NUMPY} / {PLAIN}": True,  # 0.375, at most 0.6
        f"batch 256: {NUMPY} / {PLAIN}": True,
        f"batch 64: {NUMPY} / {PRODUCTS}": True,  # 1.5, at most 1.9
        f"batch 256: {NUMPY} / {PRODUCTS}": False,  # 1.5, at most 1.4
        f"batch 64: {TORCH} / {FUSED}": True,  # 1.0, at most 1.05
        f"batch 256: {TORCH} / {FUSED}": True,
        "seconds that `import course_lib` adds to `import numpy`": False,  # 0.15, at most 0.1
    }


def test_the_printed_table_says_which_goal_is_not_met(results):
    lines = [line for line in table(results).splitlines() if "NOT MET" in line]
    assert len(lines) == 2
    assert f"batch 256: {NUMPY} / {PRODUCTS}" in lines[0]
    assert "1.500, at most 1.4" in lines[0]


def test_the_page_keeps_its_text_around_the_table(results):
    begin, end = markers(BLOCK)
    text = page_with_block(f"before\n{begin}\nold\n{end}\nafter\n", results)
    assert text.startswith(f"before\n{begin}\n")
    assert text.endswith(f"\n{end}\nafter\n")
    assert "old" not in text
    assert f"| {NUMPY} | 2000.00 ms, 0.38 | 2000.00 ms, 0.38 |" in text
    assert page_with_block(text, results) == text


def test_a_page_without_the_markers_is_an_error(results):
    with pytest.raises(ValueError, match="bench:begin"):
        page_with_block("no table here", results)


def test_the_page_has_the_figures_of_the_results_file():
    measured = json.loads(RESULTS.read_text(encoding="utf-8"))
    page = (ROOT / PAGE).read_text(encoding="utf-8")
    assert difference(page, BLOCK, page_block(measured), "make bench", PAGE) is None


def test_the_benchmark_runs_and_writes_nothing_when_it_is_quick():
    before = [path.read_bytes() for path in (RESULTS, ROOT / PAGE)]
    command = [sys.executable, HERE / "bench_engines.py", "--quick"]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    assert "matrix products alone" in run.stdout
    assert run.stdout.count("at most") == 7
    assert [path.read_bytes() for path in (RESULTS, ROOT / PAGE)] == before
