"""The bench of the stack: what it makes of seconds, and that it runs."""

import json
import subprocess
import sys
from pathlib import Path

from bench_stack import ENGINES, ONE_BY_ONE, RESULTS, SETTINGS, STACKED, summarize

HERE = Path(__file__).parent
ROOT = HERE.parents[1]


def test_a_gain_is_the_median_over_rounds_of_the_gain_in_each_round():
    in_numpy = {("NumPy", ONE_BY_ONE): [0.004, 0.008, 0.006], ("NumPy", STACKED): [0.002, 0.002, 0.006]}
    in_pytorch = {("PyTorch", ONE_BY_ONE): [0.010, 0.030, 0.020], ("PyTorch", STACKED): [0.001, 0.001, 0.001]}
    found = summarize(in_numpy | in_pytorch)
    assert found["NumPy"]["times as fast"] == {"median": 2.0, "min": 1.0, "max": 4.0}
    assert found["NumPy"][f"{ONE_BY_ONE}, milliseconds"] == 6.0
    assert found["NumPy"][f"{STACKED}, milliseconds"] == 2.0
    assert found["PyTorch"]["times as fast"] == {"median": 20.0, "min": 10.0, "max": 30.0}


def test_the_bench_runs_and_writes_nothing_when_it_is_quick():
    before = RESULTS.read_bytes()
    run = subprocess.run([sys.executable, HERE / "bench_stack.py", "--quick"], cwd=ROOT, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    for name in ("20 x 12", "10 x 100", "784-300-100-10"):
        assert name in run.stdout
    assert RESULTS.read_bytes() == before


def test_the_committed_result_names_the_machine_and_every_setting():
    found = json.loads(RESULTS.read_text(encoding="utf-8"))
    assert list(found["networks"]) == list(SETTINGS)
    assert all(list(row) == list(ENGINES) for row in found["networks"].values())
    assert found["machine"]["numpy"] and found["rounds"] >= 11
