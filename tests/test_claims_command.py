"""python -m course_lib claims: the list, measuring one, measuring all, and the exit codes."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from course_lib.cli import main
from course_lib.experiments import fingerprints, storage, workers
from course_lib.experiments.measurement import MeasurementError
from course_lib.experiments.runner import measure
from course_lib.experiments.storage import load_measurement

pytestmark = pytest.mark.usefixtures("made_up")
NAMES = ["even_steps", "coin", "waits"]  # by chapter


@pytest.fixture(autouse=True)
def results(monkeypatch, tmp_path):
    """An empty folder in place of the course's results."""
    monkeypatch.setattr(storage, "RESULTS", tmp_path / "results")
    return tmp_path / "results"


@pytest.fixture
def claims(capsys):
    """claims("run", "coin"): (exit code, what was printed, what was printed to the error stream)."""

    def call(*words):
        code = main(["claims", *map(str, words)])
        out, err = capsys.readouterr()
        return code, out, err

    return call


@pytest.fixture
def begun(tmp_path, monkeypatch):
    """How many tasks of the claim "waits" were begun since the last call."""
    path = tmp_path / "begun"
    monkeypatch.setenv("BEGUN", str(path))

    def count():
        found = len(path.read_text().splitlines()) if path.exists() else 0
        path.unlink(missing_ok=True)
        return found

    return count


def make_stale(results, name):
    path = results / f"{name}.json"
    content = json.loads(path.read_text())
    path.write_text(json.dumps(content | {"fingerprint": "0"}))


def line_of(name, text):
    (line,) = [line for line in text.splitlines() if line.split()[:1] == [name]]
    return line


# ---- the list -------------------------------------------------------------------------------------------------------


def test_claims_that_were_not_measured_are_listed_as_such_with_the_command(claims):
    code, out, _ = claims()
    assert code == 0
    for name in NAMES:
        assert "not measured yet" in line_of(name, out)
    assert "3 claims, 3 not measured yet" in out
    assert "python -m course_lib claims run --all" in out


def test_a_measured_claim_is_listed_with_verdict_effect_and_interval(claims):
    measurement = measure("even_steps", jobs=1, progress=False)
    out = claims()[1]
    assert "clearly helps" in line_of("even_steps", out)
    assert "+2.45 [+2.23, +2.67] steps, flat ground" in line_of("even_steps", out)
    assert "elsewhere: 1 harms" in out
    assert measurement.primary.low == pytest.approx(2.2334, abs=1e-3)
    assert "3 claims, 2 not measured yet" in claims()[1]


def test_a_law_is_so_or_not_and_does_not_help(claims):
    measure("coin", jobs=1, progress=False)
    out = claims()[1]
    assert "clearly so" in line_of("coin", out)
    assert "elsewhere: 1 open" in out


def test_a_stale_result_is_listed_with_its_figures_and_the_reason(claims, results):
    measure("coin", jobs=1, progress=False)
    measure("even_steps", seeds=4, jobs=1, progress=False)
    make_stale(results, "coin")
    code, out, _ = claims()
    assert code == 0
    assert "stale: its experiment was changed after it was measured" in out
    assert "stale: it has 4 seeds, and its experiment asks for 10" in out
    assert "+0.277" in line_of("coin", out)
    assert "1 not measured yet, 2 stale" in out


def test_a_result_that_cannot_be_read_is_listed_and_is_an_error(claims, results):
    measure("coin", jobs=1, progress=False)
    (results / "coin.json").write_text("{")
    code, out, _ = claims()
    assert code == 1
    assert "unreadable" in line_of("coin", out)
    assert "python -m course_lib claims run coin" in out
    assert line_of("even_steps", out)


def test_json_has_every_claim_with_its_figures(claims):
    measurement = measure("coin", jobs=1, progress=False)
    code, out, _ = claims("--json")
    rows = {row["name"]: row for row in json.loads(out)}
    assert code == 0
    assert list(rows) == NAMES
    coin = rows["coin"]
    assert (coin["effect"], coin["low"], coin["high"]) == (
        measurement.primary.mean,
        measurement.primary.low,
        measurement.primary.high,
    )
    assert coin["claim"] == "A bent coin lands on heads more often."
    assert coin["source"] == "made up"
    assert (coin["primary"], coin["verdict"], coin["status"]) == ("bent", "clearly so", "measured")
    assert (coin["kind"], coin["elsewhere"], coin["smallest_effect"]) == ("law", {"open": 1}, 0.02)
    assert (coin["unit"], coin["seeds"], coin["edges"], coin["log"]) == ("of all throws", 10, {}, [])
    assert coin["command"] == "python -m course_lib claims run coin --seeds 10"
    measure("even_steps", jobs=1, progress=False)
    measure("even_steps", jobs=1, progress=False, why="a better ruler")
    steps = {row["name"]: row for row in json.loads(claims("--json")[1])}["even_steps"]
    assert steps["beside"]["slope"]["mean"] == pytest.approx(0.1)
    assert steps["edges"] == {arm: {"slope": "smallest"} for arm in ("short, flat", "short, uphill")}
    assert steps["log"] == [{"what": "measured anew", "why": "a better ruler", "verdict": ["clearly helps"] * 2}]
    waits = rows["waits"]
    assert (waits["status"], waits["verdict"], waits["effect"], waits["seeds"]) == ("not measured yet", *[None] * 3)
    assert waits["command"] == "python -m course_lib claims run waits --seeds 6"


def test_the_command_that_json_names_measures_the_claim_again(claims):
    measure("coin", jobs=1, seeds=4, progress=False)
    first = load_measurement("coin")
    (command,) = [row["command"] for row in json.loads(claims("--json")[1]) if row["name"] == "coin"]
    prefix = "python -m course_lib claims "
    assert command.startswith(prefix)
    assert claims(*command.removeprefix(prefix).split(), "--jobs", 1)[0] == 0
    assert load_measurement("coin").effects == first.effects


def test_results_in_another_folder_are_listed(claims, tmp_path):
    measure("coin", jobs=1, folder=tmp_path / "other", progress=False)
    assert "clearly so" in line_of("coin", claims("--folder", tmp_path / "other")[1])
    assert "not measured yet" in line_of("coin", claims()[1])


# ---- one claim ------------------------------------------------------------------------------------------------------


def test_run_measures_shows_and_writes(claims, results):
    code, out, err = claims("run", "even_steps", "--jobs", 1, "--seeds", 5)
    assert code == 0
    assert "19/19" in err  # the progress bar: two cases of 3 tuning seeds and 5 seeds, and 3 of twice the budget
    assert load_measurement("even_steps").seeds == (0, 1, 2, 3, 4)
    for wanted in (
        "Verdict   clearly helps",
        "clearly helps (primary)",
        "up the hill",
        "+2.2 [",
        "mean of 5 seeds",
        "edge of the grid",
        str(results / "even_steps.json"),
    ):
        assert wanted in out


def test_run_smoke_shows_and_writes_nothing(claims, results):
    code, out, _ = claims("run", "even_steps", "--smoke")
    assert code == 0
    assert "+4.1 [" in out
    assert "mean of 3 seeds" in out
    assert "Nothing was written" in out
    assert not results.exists()


def test_run_writes_to_the_folder_that_is_named(claims, tmp_path, results):
    assert claims("run", "coin", "--jobs", 1, "--folder", tmp_path / "mine")[0] == 0
    assert load_measurement("coin", tmp_path / "mine").name == "coin"
    assert not results.exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["coins"], "Did you mean coin?"),
        (["coin", "--seeds", "1"], "an interval needs 2 seeds or more"),
        (["coin", "--jobs", "0"], "jobs is 0"),
        (["coin", "--first-seed", "1000"], "first_seed is 1000; expected 0 to 999"),
        ([], "Name one claim, or say --all"),
        (["coin", "--all"], "Name one claim, or say --all"),
        (["coin", "--anew"], "--anew goes with --all"),
        (["--all", "--jobs", "0"], "jobs is 0"),
    ],
)
def test_what_cannot_be_run_is_refused_with_exit_code_2(words, said, claims, results):
    code, _, err = claims("run", *words)
    assert code == 2
    assert said in err
    assert not results.exists()


def test_a_measurement_that_fails_has_exit_code_1(claims, monkeypatch):
    monkeypatch.setattr(workers, "compute", lambda task: ("no Outcome", 0.0))
    code, _, err = claims("run", "coin", "--jobs", 1)
    assert code == 1
    assert "must return an Outcome" in err


def test_a_measurement_that_is_stopped_has_exit_code_130_and_says_how_it_goes_on(claims, monkeypatch):
    monkeypatch.setattr(workers, "compute", stopping_at(workers.compute, 4))
    code, _, err = claims("run", "coin", "--jobs", 1)
    assert code == 130
    assert "4 of 10 tasks are done and kept. To go on: python -m course_lib claims run coin" in err


def stopping_at(compute, n):
    """`compute`, and Ctrl+C instead of its call number n, counted from 0."""
    calls = []

    def compute_or_stop(task):
        calls.append(task)
        if len(calls) == n + 1:
            raise KeyboardInterrupt
        return compute(task)

    return compute_or_stop


@pytest.mark.parametrize("words", [("run", "coin", "--jobs", 1), ()])
def test_a_folder_that_is_a_file_is_named(words, claims, tmp_path):
    place = tmp_path / "file"
    place.write_text("")
    code, out, err = claims(*words, "--folder", place)
    assert code == (1 if words else 0)
    assert str(place) in err if words else "not measured yet" in out


@pytest.fixture(params=["a file", "below a file", "a folder in the result's place", "no folder for what is unfinished"])
def unwritable(request, tmp_path):
    """(where results cannot be written, the path that is in the way)."""
    file = tmp_path / "file"
    file.write_text("")
    if request.param == "a file":
        return file, file
    if request.param == "below a file":
        return file / "results", file
    if request.param == "a folder in the result's place":
        (tmp_path / "results" / "waits.json").mkdir(parents=True)
        return tmp_path / "results", tmp_path / "results" / "waits.json"
    (tmp_path / "results").mkdir()
    (tmp_path / "results" / "unfinished").write_text("")
    return tmp_path / "results", tmp_path / "results" / "unfinished"


@pytest.mark.parametrize("words", [("run", "waits"), ("run", "waits", "--smoke"), ("run", "--all", "--anew")])
def test_a_place_that_cannot_be_written_is_named_before_anything_is_computed(words, unwritable, claims, begun):
    place, in_the_way = unwritable
    code, _, err = claims(*words, "--jobs", 1, "--folder", place)
    assert (code, begun()) == (1, 0)
    assert str(in_the_way) in err
    assert "--folder F takes another folder" in err


def test_a_full_disk_is_named_before_anything_is_computed(claims, begun, monkeypatch, tmp_path):
    def full(path, content):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("course_lib.whole_file._write", full)
    code, _, err = claims("run", "waits", "--jobs", 1, "--folder", tmp_path / "results")
    assert (code, begun()) == (1, 0)
    assert "no room left" in err and str(tmp_path / "results") in err


def test_run_primary_measures_one_case_keeps_it_and_writes_nothing(claims, results):
    code, out, err = claims("run", "even_steps", "--primary", "--jobs", 1)
    assert code == 0 and "16/16" in err and "clearly helps (primary)" in out and "up the hill" not in out
    assert "It is kept; a whole measurement goes on from it." in out
    assert not (results / "even_steps.json").exists()
    assert "13/13" not in claims("run", "even_steps", "--jobs", 1)[2]
    assert load_measurement("even_steps").verdict == "clearly helps"


def test_run_with_other_seeds_goes_where_the_ledger_looks_for_it(claims, results):
    claims("run", "coin", "--jobs", 1)
    folder = results / storage.OTHER_SEEDS
    assert claims("run", "coin", "--first-seed", 100, "--folder", folder, "--jobs", 1)[0] == 0
    again = storage.load_other_seeds("coin")
    assert again.seeds == tuple(range(100, 110))
    assert again.primary.by_seed != load_measurement("coin").primary.by_seed
    assert storage.load_other_seeds("waits") is None


def test_run_with_other_seeds_prints_the_course_s_result_below(claims, results):
    other_seeds = ("run", "coin", "--primary", "--first-seed", 100, "--jobs", 1)
    assert "Before" not in claims(*other_seeds)[1]  # there is none yet
    assert "Before" not in claims("run", "coin", "--jobs", 1)[1]
    first = load_measurement("coin")
    figures = f"{first.primary.mean:+.3g} [{first.primary.low:+.3g}, {first.primary.high:+.3g}]"
    line = f"Before    {figures} {first.words()}: the course's result, with the seeds 0 to 9"
    out = claims(*other_seeds)[1]
    assert line in out.splitlines() and figures not in out.split("Before")[0]
    make_stale(results, "coin")
    assert "Before" not in claims(*other_seeds)[1]


@pytest.mark.parametrize("option", ["--seeds", "--jobs"])
@pytest.mark.parametrize("words", [("coin",), ("--all",)])
def test_a_number_of_30_digits_is_refused(option, words, claims, results):
    code, _, err = claims("run", *words, option, "9" * 30)
    assert code == 2
    assert f"{option.removeprefix('--')} is a number of some 30 digits; ask for 1000" in err
    assert not results.exists()


PROGRAM = """
import dataclasses, sys
from course_lib.experiments import registry
from made_up_claims import coin
registry.PACKAGE = "made_up_claims"
coin.EXPERIMENT = dataclasses.replace(coin.EXPERIMENT, claim="A bent coin \u2714 lands on heads more often.")
from course_lib.cli import main
sys.exit(main(sys.argv[1:]))
"""


def test_a_console_without_such_signs_gets_their_numbers(tmp_path):
    program = tmp_path / "program.py"
    program.write_text(PROGRAM, encoding="utf-8")
    found_in = os.pathsep.join([str(Path(__file__).parent), str(Path(__file__).parents[1])])
    environment = {**os.environ, "PYTHONPATH": found_in, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    command = [sys.executable, program, "claims", "run", "coin", "--smoke"]
    run = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    assert "Claim     A bent coin \\u2714 lands on heads" in run.stdout


# ---- all claims -----------------------------------------------------------------------------------------------------


def test_all_measures_what_is_missing_stale_or_unreadable_and_nothing_else(claims, results, begun):
    code, out, _ = claims("run", "--all", "--jobs", 1)
    assert code == 0
    assert "Measuring 3 of 3 claims" in out
    assert begun() == 9 + 4  # and the small version
    code, out, _ = claims("run", "--all", "--jobs", 1)
    assert (code, begun()) == (0, 0)
    assert "All 3 results are current" in out
    make_stale(results, "coin")
    (results / "even_steps.json").write_text("{")
    code, out, _ = claims("run", "--all", "--jobs", 1)
    assert (code, begun()) == (0, 0)
    assert "Measuring 2 of 3 claims" in out
    assert "current" not in claims()[1]
    assert [load_measurement(name).name for name in NAMES] == NAMES


def test_all_smoke_looks_at_every_claim_and_writes_nothing(claims, results):
    code, out, _ = claims("run", "--all", "--smoke")
    assert code == 0
    assert out.count("Nothing was written") == 3
    assert not results.exists()


def test_one_claim_that_fails_does_not_keep_the_others_from_their_turn(claims, monkeypatch):
    compute = workers.compute

    def fail_for_coins(task):
        return compute(task) if "coins" not in task.arguments[0] else ("no Outcome", 0.0)

    monkeypatch.setattr(workers, "compute", fail_for_coins)
    code, _, err = claims("run", "--all", "--jobs", 1)
    assert code == 1
    assert "1 of 3 failed: coin" in err
    assert load_measurement("even_steps").verdict == load_measurement("waits").verdict == "clearly helps"
    with pytest.raises(MeasurementError, match="not measured yet"):
        load_measurement("coin")


BEFORE_WAITS = 2 * (3 + 10) + 3 + 2 * (1 + 3) + 10 + 3  # tasks of even_steps and of coin, with their small versions


def test_all_anew_measures_everything_and_when_stopped_goes_on_where_it_was(claims, monkeypatch, begun, results):
    claims("run", "--all", "--jobs", 1)
    assert begun() == 9 + 4  # and the small version
    with monkeypatch.context() as during:
        during.setattr(workers, "compute", stopping_at(workers.compute, BEFORE_WAITS + 4))  # in the third claim
        code, _, err = claims("run", "--all", "--anew", "--jobs", 1)
        assert (code, begun()) == (130, 4)
        assert "4 of 9 tasks are done and kept" in err
        assert "python -m course_lib claims run --all --anew" in err
    code, out, _ = claims("run", "--all", "--anew", "--jobs", 1)
    assert (code, begun()) == (0, 5 + 4)
    assert "Measuring 1 of 3 claims anew. 2 were measured before this pass was stopped: even_steps, coin." in out
    assert sorted(path.name for path in results.iterdir()) == ["coin.json", "even_steps.json", "waits.json"]
    code, out, _ = claims("run", "--all", "--anew", "--jobs", 1)
    assert (code, begun()) == (0, 9 + 4)
    assert "Measuring 3 of 3 claims anew." in out


def test_all_says_at_the_start_and_before_each_claim_how_long_it_will_take(claims, results):
    said = claims("run", "--all", "--jobs", 1)[1]
    assert "about" not in said  # none was measured before: nothing is known
    for name, minutes in {"even_steps": 30.0, "coin": 12.0, "waits": 4.2}.items():
        path = results / f"{name}.json"
        path.write_text(json.dumps(json.loads(path.read_text()) | {"cpu_minutes": minutes}))
    said = claims("run", "--all", "--anew", "--jobs", 1)[1]
    assert "Measuring 3 of 3 claims anew. By what they took before: about 46 min.\n" in said
    for line in ("1 of 3: even_steps (left: about 46 min)", "2 of 3: coin (left: about 16 min)", "(left: about 4 min)"):
        assert line in said


def test_how_long_counts_the_processes_and_names_how_many_are_unknown(claims, results):
    claims("run", "even_steps", "--jobs", 1)
    make_stale(results, "even_steps")
    path = results / "even_steps.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"cpu_minutes": 30.0}))
    said = claims("run", "--all", "--jobs", 2)[1]
    assert "By what they took before: about 15 min, and 2 that were never measured." in said
    assert "2 of 3: coin\n" in said  # of those that are left nothing is known


def test_other_code_beneath_begins_the_pass_again(claims, monkeypatch, begun):
    with monkeypatch.context() as during:
        during.setattr(workers, "compute", stopping_at(workers.compute, 20))
        assert claims("run", "--all", "--anew", "--jobs", 1)[0] == 130
    monkeypatch.setattr(fingerprints, "engine", lambda: "another")
    assert "Measuring 3 of 3 claims anew." in claims("run", "--all", "--anew", "--jobs", 1)[1]
