"""Benchmarks: results on disk, tables, the command, the banner, and scaling. No test takes a time."""

import argparse
import json
import subprocess
import sys
from html.parser import HTMLParser

import numpy as np
import pytest
import torch

from bench import main as tools_main
from course_lib.arrays import ArrayError
from course_lib.benchmarks import banner, command, facts, machine, machine_plan, results, scaling
from course_lib.benchmarks.plan import Part, Plan
from course_lib.benchmarks.results import ResultError, goal, load_result, make_result, rows_of, section, write_result
from course_lib.benchmarks.tables import figure, goal_lines, rows_table, table
from course_lib.cli import main
from course_lib.data import Dataset, load_fashion_mnist
from course_lib.recipe import Recipe
from course_lib.training.launching import ParallelRunFailed

FACTS = {
    "processor": "a processor",
    "cores": 2,
    "threads": 1,
    "device": {"kind": "cpu", "name": "a processor"},
    "python": "3.11.1",
    "numpy": "2.0.0",
    "torch": "2.6.0",
}


@pytest.fixture(autouse=True)
def threads_as_before():
    """The plans set the number of threads of the whole process."""
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


# Results on disk


def made(name="machine", **fields):
    columns = {"way": "way", "milliseconds": "ms a step"}
    rows = [{"way": "slow <loops>", "milliseconds": 1234.5}, {"way": "a|b", "milliseconds": 0.01234}]
    rows.append({"way": "large", "problem": "out of memory"})
    sections = [section("ways", "Ways", columns, rows, "A note.")]
    return make_result(name, FACTS, sections, [goal("speed: times", 5.0, 4.0)], **fields)


def test_a_result_is_read_back_as_it_was_written(tmp_path):
    path = write_result(made(), tmp_path)
    assert path == tmp_path / "machine.json" and load_result("machine", tmp_path) == made()
    assert rows_of(made(), "ways")[0]["milliseconds"] == 1234.5
    with pytest.raises(ResultError, match=r"no section 'parts'\. It has: ways"):
        rows_of(made(), "parts")


def test_what_was_not_measured_is_none(tmp_path):
    assert load_result("gpu", tmp_path) is None
    with pytest.raises(ResultError, match=r"no benchmark 'gpus'\. The benchmarks are: machine, gpu, scaling"):
        load_result("gpus", tmp_path)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "cannot be used"),
        ('{"schema": 1', "cannot be used"),
        ("[]", "holds a list"),
        (json.dumps(made() | {"schema": 99}), "version 99, and this course reads version 1"),
        (json.dumps(made("gpu")), "result of 'gpu', not of 'machine'"),
        (json.dumps({key: value for key, value in made().items() if key != "goals"}), "'goals'"),
        (json.dumps(made() | {"sections": [{"rows": []}]}), "not a table"),
        (json.dumps(made() | {"machine": {"cores": 2}}), "does not say 'processor'"),
    ],
)
def test_a_file_that_cannot_be_used_says_why_and_how_to_measure_again(tmp_path, text, said):
    (tmp_path / "machine.json").write_text(text)
    with pytest.raises(ResultError, match=said) as refused:
        load_result("machine", tmp_path)
    assert str(tmp_path / "machine.json") in str(refused.value)
    assert "python -m course_lib bench machine --write" in str(refused.value)


def test_a_smoke_run_is_never_written_and_an_interrupted_one_never_over_a_complete_one(tmp_path):
    with pytest.raises(ResultError, match="smoke"):
        write_result(made(smoke=True), tmp_path)
    assert not list(tmp_path.iterdir())
    write_result(made(interrupted=True), tmp_path)
    write_result(made(), tmp_path)
    with pytest.raises(ResultError, match="stays as it is"):
        write_result(made(interrupted=True), tmp_path)
    assert not load_result("machine", tmp_path)["interrupted"]


def test_a_figure_that_is_no_number_is_none_in_the_file(tmp_path):
    result = made()
    result["sections"][0]["rows"][0]["milliseconds"] = float("nan")
    write_result(result, tmp_path)
    assert load_result("machine", tmp_path)["sections"][0]["rows"][0]["milliseconds"] is None


@pytest.mark.parametrize("name", results.BENCHMARKS)
def test_a_result_of_the_course_is_whole(name):
    result = load_result(name)
    if result is not None:
        assert not result["smoke"] and not result["interrupted"] and result["sections"]
        assert str(table(result))


# Tables


class Cells(HTMLParser):
    """The texts of a table's cells by row; tags must be closed in order."""

    def __init__(self, text):
        super().__init__()
        self.rows, self.captions, self.open = [], [], []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        self.open.append(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] in ("td", "th"):
            self.rows[-1][-1] += data
        if self.open and self.open[-1] == "caption":
            self.captions.append(data)


def test_a_table_shows_every_row_with_its_figures_or_its_problem():
    rows = [["way", "ms a step"], ["slow <loops>", "1,230"], ["a|b", "0.0123"], ["large", "out of memory"]]
    cells = Cells(table(made()).html())
    assert cells.rows == rows and cells.captions == ["Ways"]
    lines = table(made()).markdown().splitlines()
    assert "| a\\|b | 0.0123 |" in lines and "| --- | --: |".replace(" ", "") in [
        line.replace(" ", "") for line in lines
    ]
    assert "large" in str(table(made())) and "A note." in str(table(made()))


def test_a_table_says_what_it_was_measured_on():
    text = str(table(made()))
    assert "Measured on: a processor, 2 cores; 1 thread where nothing else is said; python 3.11.1, numpy 2.0.0" in text
    gpu = made()
    gpu["machine"] = FACTS | {"device": {"kind": "cuda", "name": "a chip"}}
    assert "cuda: a chip" in str(table(gpu))
    assert "say nothing" in str(table(made(smoke=True))) and "interrupted" in str(table(made(interrupted=True)))


def test_what_was_not_measured_says_so_and_names_the_command():
    for text in (str(table(None, "gpu")), table(None, "gpu").html(), table(None, "gpu").markdown()):
        assert "not measured here" in text and "python tools/bench.py gpu --write" in text


def test_a_column_without_a_figure_is_left_out():
    rows = [{"batch": 64, "numpy": 10.0}]
    assert Cells(rows_table(rows, machine.BATCH_SIZE_COLUMNS).html()).rows[0] == [
        "batch size",
        "NumPy, images a second",
    ]


def test_one_section_can_be_shown_alone():
    assert table(made(), section="ways").goals == () and len(table(made(), section="ways").sections) == 1
    with pytest.raises(ResultError, match="no section"):
        table(made(), section="other")


def test_goals_are_met_missed_or_not_measured():
    goals = [goal("a", 4.0, 4.0), goal("b", 3.9, 4.0), goal("c", None, 4.0), goal("d", 0.4, 0.5, at_least=False)]
    assert [each["met"] for each in goals] == [True, False, None, True]
    assert goal("e", 0.6, 0.5, at_least=False)["met"] is False and goal("f", float("nan"), 1)["met"] is None
    lines = goal_lines(goals)
    assert lines[0].endswith("at least 4.00: met") and lines[1].endswith(": missed") and "not measured" in lines[2]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1234567.0, "1,230,000"),
        (0.0001234, "0.000123"),
        (99.96, "100.0"),
        (1.0, "1.00"),
        (0.0, "0"),
        (None, "–"),
        (float("inf"), "–"),
        (16384, "16,384"),
        (True, "yes"),
        ("text", "text"),
        (-2.346, "-2.35"),
    ],
)
def test_figures_have_three_digits(value, text):
    assert figure(value) == text


# The command


def arguments(name="machine", **words):
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    line = [name, *(f"--{word}" if value is True else f"--{word}={value}" for word, value in words.items())]
    return parser.parse_args(line)


def with_plan(monkeypatch, parts_, goals=lambda sections: [], smoke=False):
    plan = Plan("machine", FACTS, parts_, goals, smoke)
    monkeypatch.setattr(machine_plan, "plan", lambda words: plan)


def part(name, rows=None, error=None):
    def measure(sections):
        if error is not None:
            raise error
        return machine.Rows(rows or [{"way": name, "figure": float(len(sections))}])

    return Part(name, name.title(), {"way": "way", "figure": "figure"}, measure)


def test_a_result_is_written_with_write_alone(monkeypatch, tmp_path, capsys):
    with_plan(monkeypatch, [part("first"), part("second")], lambda sections: [goal("speed", 1.0, 2.0)])
    assert command.run(arguments(folder=tmp_path)) == 0
    assert not list(tmp_path.iterdir()) and "bench machine --write" in capsys.readouterr().out
    assert command.run(arguments(write=True, folder=tmp_path)) == 0
    result = load_result("machine", tmp_path)
    assert [rows_of(result, name)[0]["figure"] for name in ("first", "second")] == [0.0, 1.0]
    assert "speed: 1.00, at least 2.00: missed" in capsys.readouterr().out


def test_a_part_that_fails_is_named_and_the_others_go_on(monkeypatch, tmp_path, capsys):
    failing = [part("first", error=ZeroDivisionError("of nothing")), part("full", error=MemoryError()), part("last")]
    with_plan(monkeypatch, failing)
    assert command.run(arguments(write=True, folder=tmp_path)) == 1
    result = load_result("machine", tmp_path)
    assert "ZeroDivisionError: of nothing" in rows_of(result, "first")[0]["problem"]
    assert rows_of(result, "full")[0]["problem"] == "out of memory" and rows_of(result, "last")[0]["figure"] == 2.0
    assert "Traceback" in capsys.readouterr().err


@pytest.mark.parametrize("within", [True, False])
def test_an_interrupt_shows_and_keeps_what_was_measured(monkeypatch, tmp_path, capsys, within):
    rows = machine.Rows([{"way": "half", "figure": 7.0}], interrupted=True)
    second = part("second", rows) if within else part("second", error=KeyboardInterrupt())
    second = second if not within else Part("second", "Second", second.columns, lambda _: rows)
    with_plan(monkeypatch, [part("first"), second, part("never")])
    assert command.run(arguments(write=True, folder=tmp_path)) == 130
    result = load_result("machine", tmp_path)
    assert result["interrupted"]
    assert [each["name"] for each in result["sections"]] == (["first", "second"] if within else ["first"])
    assert "Stopped" in capsys.readouterr().err


def test_smoke_is_not_judged_and_not_written(monkeypatch, tmp_path, capsys):
    with_plan(monkeypatch, [part("first")], lambda sections: [goal("speed", 1.0, 2.0)], smoke=True)
    assert command.run(arguments(smoke=True)) == 0
    assert "missed" not in capsys.readouterr().out
    assert command.run(arguments(smoke=True, write=True)) == 2
    assert "say nothing" in capsys.readouterr().err


def test_a_folder_that_cannot_be_written_is_an_error(monkeypatch, tmp_path, capsys):
    with_plan(monkeypatch, [part("first")])
    (tmp_path / "file").write_text("")
    assert command.run(arguments(write=True, folder=tmp_path / "file")) == 1
    assert "Not written" in capsys.readouterr().err


def test_bench_machine_runs_in_small(capsys):
    assert main(["bench", "machine", "--smoke"]) == 0
    said = capsys.readouterr().out
    for wanted in (machine.PYTHON, machine.FUSED, "batch taking", "threads", "bfloat16", "DataLoader, 2 workers"):
        assert wanted in said
    assert "failed" not in said


@pytest.mark.parametrize(
    ("command_line", "name"),
    [(main, "bench machine"), (main, "bench scaling"), (tools_main, "gpu"), (tools_main, "chapters")],
)
def test_the_help_of_a_benchmark_is_plain_text(command_line, name, capsys):
    with pytest.raises(SystemExit) as ended:
        command_line([*name.split(), "--help"])
    assert ended.value.code == 0 and "%%" not in capsys.readouterr().out


def test_an_unknown_benchmark_is_refused(capsys):
    with pytest.raises(SystemExit) as ended:
        main(["bench", "memory"])
    assert ended.value.code == 2 and "machine" in capsys.readouterr().err


def test_the_command_loads_no_torch_before_it_measures():
    code = "import sys, course_lib.benchmarks.command, course_lib.benchmarks.results, course_lib.benchmarks.tables\n"
    code += "import course_lib.benchmarks.machine; print('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "False"


# The machine and the banner


def test_the_facts_are_those_of_this_machine():
    found = facts.machine_facts("cpu")
    assert found["torch"] == torch.__version__ and found["numpy"] == np.__version__
    assert found["device"]["kind"] == "cpu" and found["processor"] and found["cores"] >= 1
    json.dumps(found)
    with pytest.raises(ValueError, match="tpu"):
        facts.machine_facts("tpu")


def test_the_banner_says_what_was_found_and_where_a_gpus_figures_are(monkeypatch, tmp_path):
    monkeypatch.setattr(results, "RESULTS", tmp_path)
    said = banner.device_banner("cpu")
    assert "No GPU" in said and "tools/bench.py gpu --write" in said
    write_result(made("gpu") | {"machine": FACTS | {"device": {"kind": "cuda", "name": "a fast chip"}}})
    assert "a fast chip" in banner.device_banner("cpu")
    (tmp_path / "gpu.json").write_text("{")
    assert "cannot be used" in banner.device_banner("cpu")
    monkeypatch.setattr(banner, "device_facts", lambda device: {"kind": "cuda", "name": "this chip", "memory": 80e9})
    monkeypatch.setattr(banner, "usable_cores", lambda: 1)
    said = banner.device_banner()
    assert "GPU: this chip (cuda, 80 GB" in said and "one core" in said


# Scaling


class MadeUp:
    """What `launch` would return: every step takes 1 s, divided by the processes."""

    def __init__(self, recipe, count, data):
        n_steps = -(-len(data.train) // recipe.batch_size)
        self.history, self.step_losses = [{}] * recipe.epochs, [1.0] * (recipe.epochs * n_steps)
        self.step_seconds = [99.0] + [n_steps / count] * (recipe.epochs - 1)
        self.seconds, self.interrupted = sum(self.step_seconds) + 3.0, False


NETWORKS = {"small": Recipe(hidden_layers=(4,), batch_size=50)}


def test_scaling_compares_with_one_process_and_leaves_out_the_first_epoch(monkeypatch):
    monkeypatch.setattr(scaling, "usable_cores", lambda: 4)
    monkeypatch.setattr(scaling, "launch", lambda recipe, count, data, **words: MadeUp(recipe, count, data))
    rows = scaling.measure_scaling(NETWORKS, (1, 2), images=100, epochs=2, progress=False)
    assert [row["milliseconds"] for row in rows] == pytest.approx([1000, 500])
    assert [row["images_a_second"] for row in rows] == pytest.approx([50, 100])
    assert rows[1]["times"] == pytest.approx(2) and rows[1]["efficiency"] == pytest.approx(100)
    assert rows[0]["start_seconds"] == pytest.approx(3)
    assert set(rows[0]) <= set(scaling.SCALING_COLUMNS)


def test_a_run_that_fails_is_a_row_and_an_interrupted_one_ends_the_rest(monkeypatch):
    monkeypatch.setattr(scaling, "usable_cores", lambda: 4)
    outcomes = iter([MadeUp, ParallelRunFailed("rank 1 died.\nMore.", None, ""), KeyboardInterrupt()])

    def launch(recipe, count, data, **words):
        outcome = next(outcomes)
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome(recipe, count, data)

    monkeypatch.setattr(scaling, "launch", launch)
    rows = scaling.measure_scaling(NETWORKS, (1, 2, 3, 4), images=100, progress=False)
    assert rows[1]["problem"] == "rank 1 died." and rows[2]["problem"] == "interrupted" and rows.interrupted
    assert len(rows) == 3


@pytest.mark.parametrize(
    ("named", "said"),
    [
        ({"counts": (1, 10**6)}, "cores"),
        ({"counts": (0,)}, "cores"),
        ({"epochs": 1}, "2 or more"),
        ({"images": 0}, "from 1 to"),
        ({"images": 10**6}, "from 1 to"),
    ],
)
def test_scaling_refuses_what_cannot_be(named, said):
    with pytest.raises(ArrayError, match=said):
        scaling.measure_scaling(NETWORKS, **{"counts": (1,)} | named)


def test_bench_scaling_runs_in_small(capsys):
    assert main(["bench", "scaling", "--smoke"]) == 0
    said = capsys.readouterr().out
    assert "784-16-10" in said and "failed" not in said and "interrupted" not in said


def test_the_images_of_an_epoch_are_the_first_ones(monkeypatch):
    seen = []
    monkeypatch.setattr(
        scaling, "launch", lambda recipe, count, data, **words: seen.append(data) or MadeUp(recipe, count, data)
    )
    scaling.measure_scaling(NETWORKS, (1,), images=60, progress=False)
    assert isinstance(seen[0], Dataset) and np.array_equal(seen[0].train.x, load_fashion_mnist().train.x[:60])
