"""A measurement that is stopped, killed or fails keeps what is done, and goes on where it was."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from course_lib.experiments import fingerprints, registry, runner, workers
from course_lib.experiments.measurement import (
    MeasurementError,
    MeasurementStopped,
)
from course_lib.experiments.runner import measure
from measured_claims import EVERYTHING, SMALL, outcome, same

pytestmark = pytest.mark.usefixtures("made_up")


@pytest.fixture
def stopped(tmp_path, monkeypatch, begun):
    """A measurement of "waits" in tmp_path that was stopped in seed 3; returns what the stop said."""
    with monkeypatch.context() as during:
        during.setattr(workers, "compute", stopping(workers.compute, 3))
        with pytest.raises(MeasurementStopped) as caught:
            measure("waits", jobs=1, folder=tmp_path, progress=False)
    assert begun() == EVERYTHING[:6]
    return str(caught.value)


def stopping(compute, seed):
    def compute_or_stop(task):
        if (task.kind, task.seed) == ("seed", seed):
            raise KeyboardInterrupt
        return compute(task)

    return compute_or_stop


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    """The measurement of "waits" that nobody stopped."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(registry, "PACKAGE", "made_up_claims")
        return measure("waits", jobs=1, folder=tmp_path_factory.mktemp("undisturbed"), progress=False)


def test_a_stop_says_what_is_kept_and_how_it_goes_on(stopped, tmp_path):
    assert "6 of 9 tasks are done and kept" in stopped
    assert f'python -m course_lib claims run waits --folder "{tmp_path}"' in stopped
    assert not (tmp_path / "waits.json").exists()


def test_a_stopped_measurement_goes_on_where_it_was_with_the_same_numbers(stopped, tmp_path, begun, undisturbed):
    measurement = measure("waits", jobs=1, folder=tmp_path, progress=False)
    assert begun() == EVERYTHING[6:] + SMALL
    assert same(measurement, undisturbed)
    assert [path.name for path in tmp_path.iterdir()] == ["waits.json"]  # nothing unfinished is left


def unfinished_file(folder):
    (path,) = (folder / "unfinished").iterdir()
    return path


def test_the_time_of_what_was_done_before_counts(stopped, tmp_path):
    path = unfinished_file(tmp_path)
    head, *rows = [json.loads(line) for line in path.read_text().splitlines()]
    rows[0]["seconds"] += 120.0
    path.write_text("".join(f"{json.dumps(row)}\n" for row in (head, *rows)))
    measurement = measure("waits", jobs=1, folder=tmp_path, progress=False)
    assert 2.0 <= measurement.cpu_minutes < 2.5


@pytest.mark.parametrize("cut", [1, 20, 60])
def test_half_a_line_at_the_end_is_left_out_and_does_no_harm(cut, stopped, tmp_path, begun, undisturbed, monkeypatch):
    path = unfinished_file(tmp_path)
    path.write_bytes(path.read_bytes()[:-cut])
    lost = [] if cut == 1 else ["seed 2"]  # without its line end alone, the line is whole
    with monkeypatch.context() as during:
        during.setattr(workers, "compute", stopping(workers.compute, 4))
        with pytest.raises(MeasurementStopped):
            measure("waits", jobs=1, folder=tmp_path, progress=False)
    assert begun() == [*lost, "seed 3"]
    assert same(measure("waits", jobs=1, folder=tmp_path, progress=False), undisturbed)
    assert begun() == ["seed 4", "seed 5", *SMALL]


def test_a_file_of_nonsense_is_measured_anew(stopped, tmp_path, begun, undisturbed):
    unfinished_file(tmp_path).write_bytes(b"\x00\xff{[\n3\n")
    assert same(measure("waits", jobs=1, folder=tmp_path, progress=False), undisturbed)
    assert begun() == EVERYTHING + SMALL


def test_more_seeds_use_the_seeds_that_are_done(stopped, tmp_path, begun):
    assert len(measure("waits", seeds=7, jobs=1, folder=tmp_path, progress=False).seeds) == 7
    assert begun() == [f"seed {seed}" for seed in (3, 4, 5, 6)] + SMALL


def test_other_settings_or_the_small_version_do_not_use_what_is_done(stopped, tmp_path, begun, change):
    measure("waits", small=True, folder=tmp_path, progress=False)
    assert begun() == SMALL
    change("waits", settings={"miles": 2})
    measure("waits", jobs=1, folder=tmp_path, progress=False)
    assert begun() == EVERYTHING + SMALL


def test_what_was_done_with_other_code_beneath_is_not_used(stopped, tmp_path, begun, monkeypatch, capsys):
    monkeypatch.setattr(fingerprints, "engine", lambda: "another")
    measure("waits", jobs=1, folder=tmp_path)
    assert begun() == EVERYTHING + SMALL
    assert "the code has changed since 6 tasks of waits were done" in "".join(capsys.readouterr())


def test_seeds_that_were_measured_at_other_choices_are_not_used(stopped, tmp_path, begun, monkeypatch):
    others = {"fast": {"speed": 0.4}, "slow": {"speed": 0.1}}
    monkeypatch.setattr(runner, "best_choices", lambda grids, scores: (others, {}, {}))
    measurement = measure("waits", jobs=1, folder=tmp_path, progress=False)
    assert begun() == EVERYTHING[3:] + SMALL
    assert measurement.values("fast", "way") == pytest.approx([(seed + 1) / 3 + 0.4 for seed in range(6)])


@pytest.fixture
def measure_cases(tmp_path, monkeypatch):
    """measure_cases(stop_after): measures "even_steps" in tmp_path; returns what was computed, and the Measurement."""
    real = workers.compute

    def measure_and_note(stop_after):
        computed = []

        def compute(task):
            if len(computed) == stop_after:
                raise KeyboardInterrupt
            computed.append((task.kind, task.case, task.seed))
            return real(task)

        monkeypatch.setattr(workers, "compute", compute)
        try:
            return computed, measure("even_steps", seeds=2, jobs=1, folder=tmp_path, progress=False)
        except MeasurementStopped as stop:
            return computed, str(stop)

    return measure_and_note


def test_a_measurement_of_cases_that_was_stopped_goes_on_in_the_case_where_it_was(measure_cases, tmp_path):
    in_order = [
        *(("tune", case, 1000) for case in ("flat", "uphill")),  # whose scores say which choices the others try
        *(("tune", case, seed) for case in ("flat", "uphill") for seed in (1001, 1002)),
        *(("seed", case, seed) for case in ("flat", "uphill") for seed in (0, 1)),
        *(("longer", "flat", seed) for seed in (1000, 1001, 1002)),
    ]
    first, said = measure_cases(stop_after=8)
    second, said_again = measure_cases(stop_after=4)
    third, went_on = measure_cases(stop_after=None)
    assert "8 of 13 tasks are done" in said and "12 of 13 tasks are done" in said_again
    assert [*first, *second, *third[:1]] == in_order
    assert same(went_on, measure("even_steps", seeds=2, jobs=1, folder=tmp_path / "other", progress=False))


def test_an_error_in_a_seed_keeps_the_others(tmp_path, monkeypatch, begun, undisturbed):
    from made_up_claims import waits

    def fails(task):
        if task.seed == 4:
            raise ZeroDivisionError("made up")
        return waits.run(task.seed, *task.arguments) if task.kind == "seed" else waits.tune(task.seed, {}, {})

    with monkeypatch.context() as during:
        during.setattr(workers, "compute", lambda task: (fails(task), 0.0))
        with pytest.raises(ZeroDivisionError):
            measure("waits", jobs=1, folder=tmp_path, progress=False)
    assert begun() == EVERYTHING[:7]
    assert same(measure("waits", jobs=1, folder=tmp_path, progress=False), undisturbed)
    assert begun() == EVERYTHING[7:] + SMALL


PROGRAM = """
import sys
from course_lib.experiments import registry
registry.PACKAGE = "made_up_claims"
from course_lib.cli import main
if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no signals that a process can send to another's group")
@pytest.mark.parametrize("jobs", [1, 2])
@pytest.mark.parametrize("how", ["SIGINT", "SIGKILL"])
def test_a_run_that_is_interrupted_or_killed_goes_on_where_it_was(jobs, how, tmp_path, begun, undisturbed):
    wait = tmp_path / "wait"
    wait.touch()
    program = tmp_path / "program.py"
    program.write_text(PROGRAM)
    found_in = os.pathsep.join([str(Path(__file__).parent), str(Path(__file__).parents[1])])
    environment = {**os.environ, "PYTHONPATH": found_in, "WAIT_AT": "4", "WAIT_WHILE": str(wait)}
    command = [sys.executable, program, "claims", "run", "waits", f"--jobs={jobs}", f"--folder={tmp_path / 'results'}"]
    with open(tmp_path / "said", "w") as said:
        process = subprocess.Popen(command, env=environment, start_new_session=True, stdout=said, stderr=said)
    rows = 8 if jobs == 1 else 9  # the head, 3 tuning seeds, and all seeds that do not wait
    try:
        while len(lines_of(tmp_path / "results")) < rows and process.poll() is None:
            pass
    finally:
        os.killpg(process.pid, getattr(signal, how))
        code = process.wait(timeout=60)
        wait.unlink()
    text = (tmp_path / "said").read_text()
    assert code == (130 if how == "SIGINT" else -9), text
    assert "Traceback" not in text
    if how == "SIGINT":
        assert f"{rows - 1} of 9 tasks are done and kept" in text
    begun()
    assert same(measure("waits", jobs=1, folder=tmp_path / "results", progress=False), undisturbed)
    assert begun() == (["seed 4", "seed 5"] if jobs == 1 else ["seed 4"]) + SMALL


def lines_of(results):
    try:
        paths = list((results / "unfinished").glob("*.jsonl"))
    except FileNotFoundError:  # not there yet, or tried and taken away again
        paths = []
    return paths[0].read_bytes().split(b"\n")[:-1] if paths else []


def die(seed, settings, chosen):
    """As when the system ends a process that takes too much memory."""
    if seed == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    return outcome()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
def test_a_worker_that_is_killed_ends_the_measurement_with_a_message(change, tmp_path):
    change("coin", run=die)
    with pytest.raises(MeasurementError, match=r"(?s)worker process was ended.*fewer jobs than 2.*To go on: python"):
        measure("coin", jobs=2, folder=tmp_path, progress=False)
