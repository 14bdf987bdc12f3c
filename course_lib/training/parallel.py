"""Data-parallel training: several processes share each batch. Run it under torchrun:

    torchrun --standalone --nproc-per-node 2 -m course_lib.training.parallel --recipe recipe.json --checkpoint FOLDER

(`python -m torch.distributed.run` is the same program as `torchrun`.) Without torchrun it is one process. The batches,
their order, the masks and the result are those of `fit`, to rounding; batch normalization alone makes a difference, see
`course_lib.engine.distributed`. After each epoch rank 0 writes a checkpoint. A run that was ended, by whatever, goes
on from there when the same command is given again, and gives what it would have given. With `--max-restarts 3` before
the `-m`, torchrun gives it again by itself.

From Python: `launch(recipe, n_processes)` starts torchrun and returns the result.

It is tested on Linux and written for Linux and macOS; on Windows it is not tested. GPUs, by nccl, need Linux.
"""

import argparse
import contextlib
import os
import signal
import sys
import time
from pathlib import Path

import numpy as np

from course_lib.arrays import DTYPES, ArrayError
from course_lib.data import DataError, DataUnavailable
from course_lib.engine.back_ends import torch_machinery
from course_lib.execution import OutOfMemory
from course_lib.recipe import Recipe, RecipeError, check_number
from course_lib.training.callbacks import Callback
from course_lib.training.checkpoint import CheckpointError, save_network
from course_lib.training.dataset_file import named_dataset
from course_lib.training.fit import TrainingDiverged, TrainingRun
from course_lib.training.launching import ENDED, ParallelResult, ParallelRunFailed, launch
from course_lib.training.run_checkpoint import RunCheckpoint
from course_lib.training.shares import check_batches, check_processes, usable_cores

__all__ = ["ParallelResult", "ParallelRunFailed", "launch", "main", "train"]

SECONDS_BETWEEN_REPORTS = 5.0  # within an epoch
SECONDS_FOR_RANK_0 = 30.0  # an error that all processes have is printed by rank 0; the others wait to be ended
WRONG_REQUEST = (RecipeError, DataError, DataUnavailable, ArrayError, CheckpointError, ValueError, OSError)


def main(arguments=None):
    """One process of the run. Returns the exit code: 0 done, 1 ended by a failure, 2 asked for what cannot be, 130."""
    arguments = _parser().parse_args(arguments)
    try:
        recipe, data, kept = _request(arguments)
        group = torch_machinery("process_group").ProcessGroup(arguments.device, arguments.seconds_without_answer)
    except WRONG_REQUEST as error:
        return _refuse(error)
    with group, _ending_as_asked():
        try:
            run = train(recipe, data, group, kept, arguments.dtype)
            run.end()
            if group.rank == 0:
                save_network(run.network, kept.network_file)
            return 0
        except (OutOfMemory, OSError) as error:  # OSError: a checkpoint that could not be written
            group.note_failure(f"Rank {group.rank}: {error}")
            return _report(group, kept, f"Rank {group.rank}: {error}", exit_code=1)
        except WRONG_REQUEST as error:
            return _refuse(error)
        except TrainingDiverged as error:
            return _report(group, kept, str(error), exit_code=1)
        except torch_machinery("process_group").ProcessLost as error:
            return _report(group, kept, str(error), exit_code=1)
        except _AskedToEnd:  # by torchrun, which has seen a process die, or by whoever started it
            return _report(group, kept, group.call_the_roll() or "The run was asked to end.", exit_code=1)
        except KeyboardInterrupt:
            group.note_interrupt()
            return _report(group, kept, "The run was interrupted.", exit_code=130)


def train(recipe, data, group, kept, dtype="float32"):
    """Train a recipe with all processes of a group, from its checkpoint if there is one. Returns the TrainingRun.

    Parameters
    ----------
    recipe, data, dtype : as for `fit`; the same in every process
    group : the ProcessGroup of this run
    kept : the RunCheckpoint of this run, which every process reads and rank 0 writes

    Raises
    ------
    RecipeError : the recipe does not fit the data, or its batches not the number of processes
    CheckpointError : the checkpoint is of another run, or damaged
    TrainingDiverged : the loss is not finite
    course_lib.engine.process_group.ProcessLost : another process died or does not answer
    """
    check_batches(recipe, len(data.train), group.size)
    facts, arrays = kept.read()
    if facts is not None:
        kept.check_fits(facts, recipe, data, dtype)
    run = TrainingRun(recipe, data, "torch", group.device, dtype)
    distributed = torch_machinery("distributed")
    run.network = distributed.DistributedNetwork(group, recipe, data.n_inputs, data.n_classes, dtype)
    run.callbacks.append(_Keeper(group, kept, dtype, facts, arrays))
    with np.errstate(all="ignore"):  # step() reports what matters of it
        while not run.finished:
            run.step()
    return run


class _Keeper(Callback):
    """Goes on from a checkpoint, writes the next ones, and tells how far the run is. Must be the last callback."""

    def __init__(self, group, kept, dtype, facts, arrays):
        self.group, self.kept, self.dtype, self.facts, self.arrays = group, kept, dtype, facts, arrays
        self.seconds_before, self.step_seconds = 0.0, []

    def on_start(self, run):
        self._tell(f"{self.group.size} {'process' if self.group.size == 1 else 'processes'}, {self._places(run)}")
        if self.facts is not None:
            self.kept.restore(run, self.facts, self.arrays)
            self.seconds_before, self.step_seconds = self.facts["seconds"], self.facts["step_seconds"]
            self._tell(f"goes on after epoch {self.facts['epoch']}, from the checkpoint in {str(self.kept.folder)!r}")
            if self.facts["n_processes"] != self.group.size:
                self._tell(f"the checkpoint was written by {self.facts['n_processes']} processes: sums round otherwise")
        self.facts, self.arrays = None, {}
        self.epoch_began = self.told = time.perf_counter()

    def on_step(self, run, loss):
        self.last_step_ended = time.perf_counter()
        if self.last_step_ended - self.told > SECONDS_BETWEEN_REPORTS:
            self.told = self.last_step_ended
            self._tell(f"epoch {run.epoch}/{run.recipe.epochs}  step {run.step_in_epoch}/{len(run.batches)}")

    def on_epoch(self, run, row):
        self.step_seconds = [*self.step_seconds, self.last_step_ended - self.epoch_began]
        row["seconds"] += self.seconds_before
        if self.group.rank == 0:
            self.kept.write(run, self.dtype, row["seconds"], self.step_seconds, self.group.size)
        validated = row["validation_accuracy"]
        shown = "" if validated is None else f"  validation accuracy {validated:.3f}"
        self._tell(
            f"epoch {row['epoch']}/{run.recipe.epochs}  loss {row['batch_loss']:.4f}{shown}  {row['seconds']:.1f} s"
        )
        self.epoch_began = self.told = time.perf_counter()

    def _places(self, run):
        first, size = run.recipe.batch_size // self.group.size, self.group.size
        shares = f"{first}" if run.recipe.batch_size % size == 0 else f"{first} or {first + 1}"
        return f"device {self.group.device.split(':')[0]} ({self.group.backend}), {shares} examples a step each"

    def _tell(self, text):
        if self.group.rank == 0:
            print(text, flush=True)


class _AskedToEnd(BaseException):
    """SIGTERM has come."""


@contextlib.contextmanager
def _ending_as_asked():
    """Within this block SIGTERM raises _AskedToEnd, so that a process can say why it ends. Only under torchrun."""
    if "RANK" not in os.environ:
        yield
        return

    def ask(number, frame):
        signal.signal(signal.SIGTERM, signal.SIG_IGN)  # once: what follows takes a few seconds and then ends
        raise _AskedToEnd

    signal.signal(signal.SIGTERM, ask)
    yield


def _report(group, kept, what, exit_code):
    """Say why the run ends and how it goes on, in one of the processes that are left. Returns the exit code."""
    if "RANK" in os.environ:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if group.size == 1 or group.reports_for_all():
        facts, _ = kept.read()
        print(ENDED + " ".join(what.split()), file=sys.stderr)
        if facts is None:
            print("There is no checkpoint yet: the same command begins anew.", file=sys.stderr)
        else:
            again = f"the checkpoint of epoch {facts['epoch']} in {str(kept.folder)!r}"
            print(f"The same command goes on from {again}.", file=sys.stderr, flush=True)
    if group.size > 1:
        time.sleep(0.5)  # torchrun's own report blames who ended first: let that be the one who is to blame
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(exit_code)  # an exit in good order would wait for the others, of whom one is gone
    return exit_code


def _refuse(error):
    """Print once, for all processes, what cannot be. Returns the exit code."""
    if int(os.environ.get("LOCAL_RANK", 0)) > 0:
        time.sleep(SECONDS_FOR_RANK_0)
    print(ENDED + " ".join(str(error).split()), file=sys.stderr, flush=True)
    return 2


def _request(arguments):
    """The recipe, the data and the checkpoint folder; every check that needs no other process."""
    check_number(
        "--seconds-without-answer", arguments.seconds_without_answer, lambda value: value > 0, "a number above 0"
    )
    recipe = Recipe()
    if arguments.recipe is not None:
        recipe = Recipe.from_json(Path(arguments.recipe).read_text(encoding="utf-8"))
    if arguments.epochs is not None:
        recipe = recipe.replace(epochs=arguments.epochs)
    n_processes, n_local = (int(os.environ.get(name, 1)) for name in ("WORLD_SIZE", "LOCAL_WORLD_SIZE"))
    device_of_process = torch_machinery("process_group").device_of_process
    on_cpu = device_of_process(arguments.device, int(os.environ.get("LOCAL_RANK", 0)), n_local) == "cpu"
    if on_cpu and not arguments.oversubscribe:
        check_processes(n_local, usable_cores())
    data = named_dataset(arguments.data)
    check_batches(recipe, len(data.train), n_processes)
    kept = RunCheckpoint(arguments.checkpoint)
    if int(os.environ.get("RANK", 0)) == 0:
        kept.check_writable()
    return recipe, data, kept


def _parser():
    parser = argparse.ArgumentParser(prog="torchrun ... -m course_lib.training.parallel", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--recipe", metavar="FILE", help="Recipe.to_json() in a file (default: Recipe())")
    parser.add_argument("--epochs", type=int, metavar="N", help="instead of the recipe's")
    parser.add_argument("--data", default="embedded", metavar="D", help="embedded, full, or a file of save_dataset")
    parser.add_argument("--checkpoint", required=True, metavar="FOLDER", help="of this run; goes on from what it holds")
    parser.add_argument("--dtype", default="float32", choices=DTYPES)
    parser.add_argument("--device", default="auto", metavar="D", help="auto, cpu or cuda (a GPU for each process)")
    parser.add_argument("--seconds-without-answer", type=float, default=20.0, metavar="S")
    parser.add_argument("--oversubscribe", action="store_true", help="allow more processes than cores")
    return parser


if __name__ == "__main__":
    sys.exit(main())
