"""Data-parallel training: real processes, by gloo on the loopback, held to one process; and what happens when one dies.

The oracle is the NumPy engine in this process: it knows of no shares, no exchange and no autograd.
"""

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import psutil
import pytest

from course_lib.data import DataError, Dataset, Split
from course_lib.recipe import Recipe, RecipeError
from course_lib.training import CheckpointError, fit, load_network, make_network, parallel
from course_lib.training.dataset_file import fingerprint, named_dataset, save_dataset
from course_lib.training.parallel import ParallelRunFailed, launch
from course_lib.training.run_checkpoint import RunCheckpoint
from course_lib.training.shares import check_batches, check_processes, usable_cores
from parallel_worker import CASES, CASES_OF_THREE, N_CLASSES, N_INPUTS, PLAIN, joint_batch, make_data

pytestmark = pytest.mark.processes("runs torchrun")
WORKER = Path(__file__).with_name("parallel_worker.py")
EQUAL = [name for name in CASES if name != "batch_norm"]
LONG = Recipe(hidden_layers=(8,), normalization="none", batch_size=8, epochs=4, learning_rate=0.003, schedule="cosine")
AT_ONCE = {"dtype": "float64", "oversubscribe": True, "progress": False}  # a machine with one core can do it too
BOUND = 90  # seconds; what is tested is that there is a bound, on a busy machine too


def start_worker(n_processes, folder):
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--local-addr", "127.0.0.1"]
    command += ["--nproc-per-node", str(n_processes), str(WORKER), str(folder)]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    run = subprocess.run(command, capture_output=True, text=True, timeout=300, env=environment)
    assert run.returncode == 0, run.stderr[-3000:]
    return [json.loads((folder / f"rank{rank}.json").read_text()) for rank in range(n_processes)]


@pytest.fixture(scope="module")
def two(tmp_path_factory):
    """What each of two processes saw of every case, and the folder."""
    folder = tmp_path_factory.mktemp("two")
    return start_worker(2, folder), folder


@pytest.fixture(scope="module")
def three(tmp_path_factory):
    return start_worker(3, tmp_path_factory.mktemp("three"))


@pytest.fixture(scope="module")
def alone():
    """{name: the Result of one process, NumPy, with the joint batches}."""
    return {name: fit(recipe, make_data(), "numpy", dtype="float64", progress=False) for name, recipe in CASES.items()}


def without_seconds(rows):
    return [{name: value for name, value in row.items() if name != "seconds"} for row in rows]


def assert_same_run(seen, one):
    state = one.network.state()
    assert seen["state"].keys() == state.keys()
    for name, array in state.items():
        np.testing.assert_allclose(seen["state"][name], array, rtol=0, atol=1e-9, err_msg=name)
    np.testing.assert_allclose(seen["step_losses"], one.step_losses, rtol=0, atol=1e-9)
    assert len(seen["rows"]) == len(one.history)
    for row, expected in zip(without_seconds(seen["rows"]), without_seconds(one.history), strict=True):
        assert row == pytest.approx(expected, rel=0, abs=1e-9)
    assert seen["clipped"] == one.network.clipped_steps
    assert (seen["stopped_early"], seen["best_epoch"]) == (one.stopped_early, one.best_epoch)


# The same numbers as one process with the joint batch


@pytest.mark.parametrize("name", EQUAL)
def test_two_processes_are_one_process_with_the_joint_batch(two, alone, name):
    seen, _ = two
    for rank in range(2):
        assert_same_run(seen[rank][name], alone[name])


@pytest.mark.parametrize("name", CASES_OF_THREE)
def test_three_processes_are_one_process_with_the_joint_batch(three, alone, name):
    for rank in range(3):
        assert_same_run(three[rank][name], alone[name])


def test_the_mechanisms_were_at_work(alone):
    assert alone["momentum_clip_norm"].network.clipped_steps > 0
    assert alone["rmsprop_clip_value"].network.clipped_steps > 0
    lengths = np.linalg.norm(alone["nesterov_max_norm"].network.parameters()["dense1.weight"], axis=0)
    assert lengths.max() == pytest.approx(1.0)
    assert alone["early_stopping"].stopped_early
    assert len(make_data().train) % 17 == 1 and len(make_data().train) % 13 == 12


@pytest.mark.parametrize("name", EQUAL)
def test_gradients_are_those_of_the_joint_batch(two, name):
    seen, _ = two
    loss, gradients = make_network(CASES[name], N_INPUTS, N_CLASSES, "numpy", "float64").loss_and_gradients(
        *joint_batch()
    )
    for rank in range(2):
        assert seen[rank][name]["loss"] == pytest.approx(loss, rel=0, abs=1e-12)
        for key, gradient in gradients.items():
            np.testing.assert_allclose(seen[rank][name]["gradients"][key], gradient, rtol=0, atol=1e-12, err_msg=key)


# Batch norm: the statistics of each process's own rows


def test_with_batch_norm_each_share_is_normalized_by_itself(two):
    """8 of the 17 examples and the other 9, each a batch of its own: the joint gradient is their weighted mean."""
    seen, _ = two
    recipe = CASES["batch_norm"]
    x, labels = joint_batch()
    shares = []
    for rows in (slice(0, 8), slice(8, 17)):
        network = make_network(recipe, N_INPUTS, N_CLASSES, "numpy", "float64")
        shares.append(network.loss_and_gradients(x[rows], labels[rows])[1])
    whole = make_network(recipe, N_INPUTS, N_CLASSES, "numpy", "float64").loss_and_gradients(x, labels)[1]
    for key in whole:
        expected = (8 * shares[0][key] + 9 * shares[1][key]) / 17
        for rank in range(2):
            gradient = np.array(seen[rank]["batch_norm"]["gradients"][key])
            np.testing.assert_allclose(gradient, expected, rtol=0, atol=1e-12, err_msg=key)
    difference = np.abs(np.array(seen[0]["batch_norm"]["gradients"]["dense1.weight"]) - whole["dense1.weight"])
    assert difference.max() > 1e-3


def test_with_batch_norm_all_processes_measure_with_the_running_statistics_of_rank_0(two):
    seen, _ = two
    assert seen[0]["batch_norm"]["state"] == seen[1]["batch_norm"]["state"]
    network = make_network(CASES["batch_norm"], N_INPUTS, N_CLASSES, "numpy", "float64")
    network.load_state({name: np.array(array) for name, array in seen[0]["batch_norm"]["state"].items()})
    validation = make_data().validation
    loss, accuracy = network.evaluate(*network.place(validation.x, validation.labels))
    last = seen[1]["batch_norm"]["rows"][-1]
    assert (last["validation_loss"], last["validation_accuracy"]) == pytest.approx((loss, accuracy), rel=0, abs=1e-9)


def test_joint_statistics_need_gpus():
    """torch.nn.SyncBatchNorm, which would make batch norm the same, refuses the CPU: the docstring says so."""
    from torch import nn, zeros

    from course_lib.engine.distributed import DistributedNetwork
    from course_lib.engine.process_group import ProcessGroup

    assert "SyncBatchNorm" in DistributedNetwork.__doc__ and "GPUs only" in DistributedNetwork.__doc__
    with ProcessGroup("cpu"), pytest.raises(ValueError, match="GPU"):
        nn.SyncBatchNorm(3)(zeros(4, 3))


# Going on from a checkpoint


@pytest.mark.parametrize("name", CASES)
def test_a_resumed_run_gives_exactly_what_an_uninterrupted_one_gives(two, name):
    seen, _ = two
    for rank in range(2):
        whole, resumed = seen[rank][name], seen[rank][name]["resumed"]
        assert resumed["state"] == whole["state"]
        assert resumed["step_losses"] == whole["step_losses"]
        assert without_seconds(resumed["rows"]) == without_seconds(whole["rows"])


@pytest.mark.parametrize("name", CASES_OF_THREE)
def test_three_processes_resume_exactly_too(three, name):
    for rank in range(3):
        assert three[rank][name]["resumed"]["state"] == three[rank][name]["state"]


# One process dies, or hangs


def long_data():
    """Enough steps that a run can be struck in the middle of an epoch."""
    rng = np.random.default_rng(3)
    x = rng.normal(size=(2460, N_INPUTS))
    labels = (x @ rng.normal(size=(N_INPUTS, N_CLASSES))).argmax(axis=1)
    return Dataset(Split(x[60:], labels[60:]), Split(x[:60], labels[:60]), image_shape=(4, 4))


def processes_of_ranks():
    """{rank: psutil.Process} of the training processes that this test has started."""
    found = {}
    for process in psutil.Process().children(recursive=True):
        try:
            if "course_lib.training.parallel" in process.cmdline() and "RANK" in process.environ():
                found[int(process.environ()["RANK"])] = process
        except psutil.Error:
            continue
    return found


class Strike(threading.Thread):
    """Once the checkpoint of the first epoch is there, does something to the processes of the run."""

    def __init__(self, folder, what):
        super().__init__(daemon=True)
        self.folder, self.what, self.processes = folder, what, {}
        self.when = self.launch_ended = None

    def run(self):
        while not (self.folder / "run.safetensors").is_file():
            time.sleep(0.02)
        self.processes = processes_of_ranks()
        self.what(self.processes)
        self.when = time.monotonic()

    def assert_all_ended_in_time(self):
        assert self.processes and (self.launch_ended or time.monotonic()) - self.when < BOUND
        for process in self.processes.values():
            assert not process.is_running() or process.status() == psutil.STATUS_ZOMBIE


def launch_and_strike(folder, what, n_processes=2, **options):
    strike = Strike(folder, what)
    strike.start()
    try:
        return strike, launch(LONG, n_processes, long_data(), folder, **AT_ONCE, **options)
    finally:
        strike.launch_ended = time.monotonic()
        strike.join(BOUND)


@pytest.fixture(scope="module")
def restarted(tmp_path_factory):
    """Rank 0 is killed once, and torchrun starts all anew."""
    folder = tmp_path_factory.mktemp("restarted") / "run"
    return launch_and_strike(folder, lambda processes: processes[0].kill(), max_restarts=1)


def test_torchrun_restarts_a_run_from_its_checkpoint(restarted):
    strike, result = restarted
    strike.assert_all_ended_in_time()
    one = fit(LONG, long_data(), "numpy", dtype="float64", progress=False)
    for name, array in one.network.parameters().items():
        np.testing.assert_allclose(result.parameters[name], array, rtol=0, atol=1e-9)
        np.testing.assert_array_equal(result.network.parameters()[name], result.parameters[name])
    np.testing.assert_allclose(result.step_losses, one.step_losses, rtol=0, atol=1e-9)
    assert [row["epoch"] for row in result.history] == [1, 2, 3, 4]
    assert len(result.step_seconds) == 4 and 0 < sum(result.step_seconds) < result.history[-1]["seconds"]
    assert (result.n_processes, result.resumed_from, result.interrupted) == (2, 0, False)


def test_a_killed_process_is_named_and_the_run_goes_on_as_it_would_have(restarted, tmp_path):
    folder = tmp_path / "run"
    strike = Strike(folder, lambda processes: processes[1].kill())
    strike.start()
    with pytest.raises(ParallelRunFailed, match=r"^Rank 1 \(process \d+ on .*\) has ended") as failure:
        launch(LONG, 2, long_data(), folder, **AT_ONCE)
    strike.assert_all_ended_in_time()
    kept = int(re.search(r"checkpoint of epoch (\d)", str(failure.value))[1])
    assert 1 <= kept < LONG.epochs and repr(str(folder)) in str(failure.value)
    assert len(failure.value.result.history) == kept
    assert str(strike.processes[1].pid) in str(failure.value)

    resumed = launch(LONG, 2, long_data(), folder, **AT_ONCE)
    _, other = restarted
    assert resumed.resumed_from == kept
    assert resumed.step_losses == other.step_losses  # interrupted elsewhere, and exactly the same
    for name, array in other.parameters.items():
        np.testing.assert_array_equal(resumed.parameters[name], array)


def test_a_process_that_hangs_is_named_and_ended(tmp_path):
    folder = tmp_path / "run"
    strike = Strike(folder, lambda processes: processes[0].suspend())
    strike.start()
    with pytest.raises(ParallelRunFailed, match=r"^Rank 0 .* did not answer for 3 seconds: it was stopped"):
        launch(LONG, 2, long_data(), folder, seconds_without_answer=3, **AT_ONCE)
    strike.assert_all_ended_in_time()


def test_an_interrupted_launch_returns_what_was_kept_and_leaves_no_process(tmp_path):
    """Not even one that is stopped and cannot end itself."""

    def hang_and_interrupt(processes):
        processes[0].suspend()
        os.kill(os.getpid(), signal.SIGINT)

    strike, result = launch_and_strike(tmp_path / "run", hang_and_interrupt, n_processes=1)
    strike.assert_all_ended_in_time()
    assert result.interrupted and 1 <= len(result.history) < LONG.epochs
    assert result.parameters["dense1.weight"].shape == (N_INPUTS, 8)


def test_the_time_limit_ends_a_run(tmp_path):
    with pytest.raises(ParallelRunFailed, match=r"time limit .* no checkpoint yet"):
        launch(LONG, 1, long_data(), tmp_path / "run", time_limit=1, **AT_ONCE)
    assert not processes_of_ranks()


# What cannot be


def test_too_many_processes_are_refused_once_with_both_numbers(tmp_path):
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    command += ["-m", "course_lib.training.parallel", "--checkpoint", str(tmp_path / "run")]
    environment = os.environ | {"OMP_NUM_THREADS": "1", "LOKY_MAX_CPU_COUNT": "1"}  # what joblib counts cores by
    run = subprocess.run(command, capture_output=True, text=True, timeout=300, env=environment)
    assert run.returncode != 0
    assert run.stderr.count("2 processes were asked for, and this machine has 1 usable core:") == 1
    assert not (tmp_path / "run").exists()


def test_launch_refuses_more_processes_than_cores(monkeypatch):
    monkeypatch.setenv("LOKY_MAX_CPU_COUNT", "2")
    few = min(usable_cores(), 2)
    with pytest.raises(ValueError, match=f"3 processes .* has {few} usable"):
        launch(PLAIN, 3, make_data())


@pytest.mark.parametrize("n_processes", [0, -1, 1.5, True, "2"])
def test_a_number_of_processes_is_a_whole_number(n_processes):
    with pytest.raises(ValueError, match="whole number"):
        check_processes(n_processes, 4)
    check_processes(np.int64(2), 4)


def test_fewer_gpus_than_processes_are_refused():
    from course_lib.engine.process_group import device_of_process

    assert device_of_process("cpu", 0, 2) == "cpu"
    with pytest.raises(ValueError, match="64 processes on GPUs"):
        device_of_process("cuda", 0, 64)
    with pytest.raises(ValueError, match="'mps'"):
        device_of_process("mps", 0, 2)


def test_batches_must_give_every_process_its_share():
    with pytest.raises(RecipeError, match="batch_size is 3 with 4 processes"):
        check_batches(PLAIN.replace(batch_size=3), 100, 4)
    check_batches(PLAIN.replace(batch_size=4), 101, 4)
    normalized = PLAIN.replace(normalization="batch", batch_size=10)
    check_batches(normalized, 104, 2)  # the last batch has 4
    with pytest.raises(RecipeError, match=r"smallest share of a batch has 1 example;.* Use batch_size=11"):
        check_batches(normalized, 103, 2)  # the last batch has 3
    check_batches(normalized.replace(batch_size=11), 103, 2)
    with pytest.raises(RecipeError, match="batch norm"):
        launch(normalized, 2, make_data(), oversubscribe=True)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"hidden_layers": (9, 8)}, "hidden_layers"),
        ({"learning_rate": 0.002}, "learning_rate"),
        ({"schedule": "cosine"}, "schedule"),
        ({"seed": 6}, "seed"),
        ({"epochs": 1}, "epochs"),
    ],
)
def test_a_checkpoint_of_another_recipe_is_refused_and_the_field_named(kept, change, field):
    recipe = PLAIN.replace(**change)
    with pytest.raises(CheckpointError, match=f"{field} was"):
        launch(recipe, 1, make_data(), kept, dtype="float64")


@pytest.fixture
def kept(tmp_path):
    """The folder of a run of PLAIN that has come to its end, by one process without torchrun."""
    assert run_main(tmp_path, PLAIN) == 0
    return tmp_path / "run"


def run_main(folder, recipe, *options):
    (folder / "recipe.json").write_text(recipe.to_json())
    save_dataset(make_data(), folder / "data.safetensors")
    arguments = ["--recipe", str(folder / "recipe.json"), "--data", str(folder / "data.safetensors")]
    arguments += ["--checkpoint", str(folder / "run"), "--dtype", "float64", *options]
    return parallel.main(arguments)


def test_a_checkpoint_of_other_data_or_dtype_is_refused(kept):
    data = make_data()
    other = Dataset(Split(data.train.x + 1, data.train.labels), data.validation, image_shape=data.image_shape)
    with pytest.raises(CheckpointError, match="data was"):
        launch(PLAIN, 1, other, kept, dtype="float64")
    with pytest.raises(CheckpointError, match="dtype was 'float64' and is now 'float32'"):
        launch(PLAIN, 1, data, kept)


def test_without_torchrun_it_is_one_process_that_can_be_made_longer(tmp_path, capsys):
    assert run_main(tmp_path, PLAIN, "--epochs", "1") == 0
    assert "1 process, device" in capsys.readouterr().out
    assert run_main(tmp_path, PLAIN) == 0
    assert "goes on after epoch 1" in capsys.readouterr().out
    network = load_network(tmp_path / "run" / "network.safetensors", "numpy")
    expected = fit(PLAIN, make_data(), "numpy", dtype="float64", progress=False).network.parameters()
    for name, array in network.parameters().items():
        np.testing.assert_allclose(array, expected[name], rtol=0, atol=1e-9)


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda path: path.write_text(""), "is a file"),
        (lambda path: (path.mkdir(), (path / "thesis.txt").write_text("")), "not a checkpoint folder.*thesis.txt"),
        (lambda path: (path.mkdir(), (path / "run.safetensors").write_bytes(b"no")), "can't be read"),
    ],
)
def test_what_is_not_a_checkpoint_folder_is_left_alone(tmp_path, capsys, make, says):
    make(tmp_path / "run")
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(CheckpointError, match=says):
        launch(PLAIN, 1, make_data(), tmp_path / "run")
    assert sorted(tmp_path.rglob("*")) == before
    assert run_main(tmp_path, PLAIN) == 2
    assert re.search(says, capsys.readouterr().err)


def test_a_half_written_checkpoint_is_never_read(kept):
    before = RunCheckpoint(kept).read()[0]
    (kept / "run.safetensors.unfinished").write_bytes(b"half")
    assert RunCheckpoint(kept).read()[0] == before


def test_a_diverged_run_says_so(tmp_path, capsys):
    recipe = PLAIN.replace(optimizer="gradient_descent", learning_rate=1e300)
    assert run_main(tmp_path, recipe) == 1
    assert re.search("Ended: The loss became .* Try a smaller learning_rate", capsys.readouterr().err)


def test_wrong_requests_are_refused(tmp_path):
    with pytest.raises(RecipeError, match="Recipe first"):
        launch("adam")
    with pytest.raises(DataError, match="'tiny'"):
        launch(PLAIN, 1, "tiny")
    with pytest.raises(DataError, match="no data set"):
        named_dataset(str(tmp_path / "none"))


def test_a_data_set_comes_back_whole(tmp_path):
    data = make_data()
    save_dataset(data, tmp_path / "data.safetensors")
    read = named_dataset(str(tmp_path / "data.safetensors"))
    assert fingerprint(read) == fingerprint(data)
    np.testing.assert_array_equal(read.validation.x, data.validation.x)
    assert (read.image_shape, read.class_names, read.test, read.name) == (
        data.image_shape,
        data.class_names,
        None,
        data.name,
    )


# The shares


def test_shares_are_the_whole_batch_in_order_and_differ_by_one_at_most():
    from course_lib.engine.distributed import rows_of_rank

    for n_rows in range(12):
        for size in range(1, 6):
            shares = [list(range(n_rows))[rows_of_rank(n_rows, rank, size)] for rank in range(size)]
            assert [row for share in shares for row in share] == list(range(n_rows))
            assert max(map(len, shares)) - min(map(len, shares)) <= 1
