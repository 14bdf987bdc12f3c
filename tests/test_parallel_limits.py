"""Runs of several processes: what is refused before anything starts, and a process whose memory is full."""

import os
import re
import signal
import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pytest

from course_lib.recipe import Recipe
from course_lib.training import CheckpointError, launching, parallel
from course_lib.training.parallel import launch
from course_lib.training.run_checkpoint import RunCheckpoint
from course_lib.whole_file import NotWritten
from parallel_worker import N_CLASSES, N_INPUTS, PLAIN, joint_batch, make_data

pytestmark = pytest.mark.processes("runs torchrun")
LONG = Recipe(hidden_layers=(8,), normalization="none", batch_size=8, epochs=4, learning_rate=0.003, schedule="cosine")
BOUND = 90  # seconds

MEMORY_OF_RANK_1 = """
import os, sys, torch
from course_lib.engine.distributed import DistributedNetwork
from course_lib.training import parallel

def with_little_memory(step, examples):
    def limited(network, *arguments):
        if os.environ["RANK"] == "1" and examples(arguments) > 4:
            raise torch.OutOfMemoryError("CUDA out of memory.")
        return step(network, *arguments)
    return limited

DistributedNetwork._data_loss = with_little_memory(DistributedNetwork._data_loss, lambda arguments: len(arguments[0]))
DistributedNetwork._try_step = with_little_memory(DistributedNetwork._try_step, lambda arguments: arguments[-1])
sys.exit(parallel.main())
"""


def test_a_process_whose_memory_is_full_says_what_would_fit(tmp_path):
    (tmp_path / "little_memory.py").write_text(MEMORY_OF_RANK_1)
    (tmp_path / "recipe.json").write_text(LONG.replace(drop_rate=0.5, batch_size=20).to_json())
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    command += [str(tmp_path / "little_memory.py"), "--checkpoint", str(tmp_path / "run"), "--oversubscribe"]
    command += ["--recipe", str(tmp_path / "recipe.json")]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    run = subprocess.run(command, capture_output=True, text=True, timeout=300, env=environment)
    assert run.returncode != 0
    said = [line for line in run.stderr.splitlines() if line.startswith("Ended: ")]
    assert said and all(line.startswith("Ended: Rank 1: A training step with a batch of 20") for line in said)
    assert all("Use batch_size=2 in the recipe" in line for line in said)


def test_what_is_tried_alone_moves_as_many_examples_as_a_share(tmp_path):
    """Of one process it is the step itself."""
    from course_lib.engine.distributed import DistributedNetwork
    from course_lib.engine.process_group import ProcessGroup

    recipe = LONG.replace(drop_rate=0.5)
    with ProcessGroup("cpu") as group:
        shared, tried = (DistributedNetwork(group, recipe, N_INPUTS, N_CLASSES, "float64") for _ in range(2))
        x, labels = shared.place(*joint_batch())
        shared.update(x[:8], labels[:8])
        tried._try_step(x, labels, 8)
    for name, array in shared.parameters().items():
        np.testing.assert_allclose(tried.parameters()[name], array, rtol=0, atol=1e-12)


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ({"threads": 0}, "threads is 0"),
        ({"threads": "x"}, "threads is 'x'"),
        ({"max_restarts": -1}, "max_restarts is -1"),
        ({"seconds_without_answer": -1}, "seconds_without_answer is -1"),
        ({"seconds_without_answer": float("nan")}, "seconds_without_answer is nan"),
        ({"seconds_without_answer": None}, "seconds_without_answer is None"),
        ({"time_limit": "soon"}, "time_limit is 'soon'"),
        ({"time_limit": 0}, "time_limit is 0"),
        ({"device": "mps"}, "device is 'mps'"),
        ({"device": "cuda:0"}, "device is 'cuda:0'"),
    ],
)
def test_launch_refuses_what_cannot_be_before_it_starts_anything(monkeypatch, how, said):
    def started(*words, **more):
        raise AssertionError("torchrun was started")

    monkeypatch.setattr(launching.subprocess, "Popen", started)
    with pytest.raises(ValueError, match=f"^{said}; "):
        launch(PLAIN, 1, make_data(), progress=False, **how)


@pytest.mark.parametrize("seconds", ["-1", "0", "nan", "inf"])
def test_a_waiting_time_is_a_number_of_seconds(tmp_path, capsys, seconds):
    arguments = ["--checkpoint", str(tmp_path / "run"), f"--seconds-without-answer={seconds}"]
    assert parallel.main(arguments) == 2
    assert "Ended: --seconds-without-answer is" in capsys.readouterr().err and not (tmp_path / "run").exists()


def test_an_error_while_launch_waits_leaves_no_process(monkeypatch):
    ended = []

    def failing(torchrun):
        raise RuntimeError("no list of processes")

    def end(torchrun):
        torchrun._process.kill()
        ended.append(torchrun._process.wait(timeout=BOUND))

    monkeypatch.setattr(launching._Torchrun, "_note_family", failing)
    monkeypatch.setattr(launching._Torchrun, "_end", end)
    with pytest.raises(RuntimeError, match="no list of processes"):
        launch(PLAIN, 1, make_data(), progress=False)
    assert ended == [-signal.SIGKILL]


# What cannot be written


@pytest.fixture
def nothing_starts(monkeypatch):
    def started(*words, **more):
        raise AssertionError("torchrun was started")

    monkeypatch.setattr(launching.subprocess, "Popen", started)


@pytest.mark.parametrize(
    ("folder", "says"),
    [("file/run", "a file and no folder"), ("x" * 300, "too long"), ("a\0b", "the character 0")],
)
def test_a_folder_that_cannot_be_is_refused_before_anything_starts(tmp_path, nothing_starts, capsys, folder, says):
    (tmp_path / "file").write_text("")
    with pytest.raises(NotWritten, match=says):
        launch(PLAIN, 1, make_data(), f"{tmp_path}/{folder}", progress=False)
    assert parallel.main(["--checkpoint", f"{tmp_path}/{folder}"]) == 2
    printed = capsys.readouterr()
    assert printed.out == "" and printed.err.startswith("Ended: ") and says in printed.err
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


@pytest.mark.parametrize(
    ("number", "says"), [(28, "no room left"), (30, "can only be read"), (13, "this user may not")]
)
def test_a_disk_that_takes_no_checkpoint_is_named_before_anything_starts(
    tmp_path, nothing_starts, monkeypatch, capsys, number, says
):
    def refuse(*given):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr("course_lib.whole_file._write", refuse)
    with pytest.raises(NotWritten, match=f"Nothing can be written into '.*run': .*{says}"):
        launch(PLAIN, 1, "embedded", tmp_path / "run", progress=False)
    assert parallel.main(["--checkpoint", str(tmp_path / "run")]) == 2
    printed = capsys.readouterr()
    assert printed.out == "" and says in printed.err  # no epoch was trained first
    assert not (tmp_path / "run").exists()


FULL_DISK_LATER = """
import sys
from course_lib.training import parallel, run_checkpoint
from course_lib.whole_file import NotWritten

def full(*given):
    raise NotWritten("'run.safetensors' was not written: there is no room left.")

run_checkpoint.write_tensors = full
sys.exit(parallel.main())
"""


def test_a_checkpoint_that_cannot_be_written_is_the_cause_that_all_processes_name(tmp_path):
    (tmp_path / "full_disk.py").write_text(FULL_DISK_LATER)
    (tmp_path / "recipe.json").write_text(LONG.replace(batch_size=500, epochs=1).to_json())
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    command += [str(tmp_path / "full_disk.py"), "--checkpoint", str(tmp_path / "run"), "--oversubscribe"]
    command += ["--recipe", str(tmp_path / "recipe.json"), "--seconds-without-answer", "5"]
    run = subprocess.run(
        command, capture_output=True, text=True, timeout=300, env=os.environ | {"OMP_NUM_THREADS": "1"}
    )
    assert run.returncode != 0
    said = [line for line in run.stderr.splitlines() if line.startswith("Ended: ")]
    assert said and set(said) == {"Ended: Rank 0: 'run.safetensors' was not written: there is no room left."}


ENDED = "Ended: Rank 0 (process 7 on here) has ended: it was killed, or it failed with the error that it printed.\n"
PRINTED = """[rank0]: Traceback (most recent call last):
[rank0]:   File "a.py", line 1, in <module>
[rank0]:     f()
[rank0]: RuntimeError: the first cause
"""


@pytest.mark.parametrize(
    ("errors", "says"),
    [
        (f"Ended: No room.\n{ENDED}", "^No room. "),
        (f"{ENDED}Ended: No room.\n", "^No room. "),
        (f"{PRINTED}{ENDED}", "^Rank 0 .* the error that it printed: RuntimeError: the first cause. "),
        (f"{PRINTED.replace('[rank0]: ', '')}{ENDED}", "that it printed: RuntimeError: the first cause. "),
        (ENDED, "^Rank 0 .*that it printed. "),
        (f"Ended: Attempt 1.\n{ENDED}Ended: Attempt 2.\n{ENDED}", "^Attempt 2. "),
    ],
)
def test_the_first_cause_is_told_and_not_who_found_it_out(tmp_path, errors, says):
    torchrun = SimpleNamespace(out_of_time=False, errors=lambda: errors)
    message = launching._what_happened(torchrun, RunCheckpoint(tmp_path / "run"), tmp_path / "run")
    assert re.search(says, message), message


def test_what_a_file_manager_or_a_killed_writer_left_does_not_make_it_another_folder(tmp_path):
    """As a run leaves it that was killed in its first checkpoint; the names that older versions left are among them."""
    for name in (".DS_Store", "run.safetensors.unfinished", ".run.safetensors.0123abcd.unfinished"):
        (tmp_path / name).write_text("")
    (tmp_path / ".ipynb_checkpoints").mkdir()
    assert RunCheckpoint(tmp_path).read() == (None, {})
    (tmp_path / "thesis.txt").write_text("")
    with pytest.raises(CheckpointError, match=r"holds 'thesis\.txt'"):
        RunCheckpoint(tmp_path)
