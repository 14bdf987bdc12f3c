"""Runs of several processes: what is refused before anything starts, and a process whose memory is full."""

import os
import signal
import subprocess
import sys

import numpy as np
import pytest

from course_lib.recipe import Recipe
from course_lib.training import launching, parallel
from course_lib.training.parallel import launch
from parallel_worker import N_CLASSES, N_INPUTS, PLAIN, joint_batch, make_data

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

DistributedNetwork._loss = with_little_memory(DistributedNetwork._loss, lambda arguments: len(arguments[0]))
DistributedNetwork._try_alone = with_little_memory(DistributedNetwork._try_alone, lambda arguments: arguments[-1])
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
        tried._try_alone(x, labels, 8)
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
