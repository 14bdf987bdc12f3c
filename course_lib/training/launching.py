"""launch(): start torchrun on `course_lib.training.parallel`, show how far it is, and bring the result back."""

import contextlib
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import psutil

from course_lib.arrays import check_dtype
from course_lib.data import DataError, Dataset
from course_lib.engine.back_ends import make_network, torch_machinery
from course_lib.recipe import Recipe, RecipeError, check_count, check_number
from course_lib.training.checkpoint import load_network
from course_lib.training.dataset_file import SUBSETS, named_dataset, save_dataset
from course_lib.training.run_checkpoint import RunCheckpoint, named_under
from course_lib.training.shares import check_batches, check_processes, usable_cores
from course_lib.whole_file import write_file

ENDED = "Ended: "  # begins the line in which a process says why the run could not go on
SECONDS_TO_LEAVE = 10.0  # for torchrun to end its processes when it is asked to
TORCHRUN_VARIABLES = ("RANK", "LOCAL_RANK", "WORLD_SIZE", "LOCAL_WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT")
RANK = r"(?:\[rank\d+\]: )?"  # which torch puts before the lines of a traceback
TRACEBACK = re.compile(rf"^{RANK}Traceback \(most recent call last\):\n(?:{RANK}[ \t].*\n)*{RANK}(\S.*)$", re.MULTILINE)
LINES_KEPT = 200  # of what torchrun and the processes write to standard error


@dataclass
class ParallelResult:
    """What a run of several processes leaves.

    history, step_losses, recipe : as in the Result of `fit`
    parameters : {name: array}, as Network.parameters() gives them
    network : the trained Network of the PyTorch engine, on the CPU
    seconds : from the start of torchrun to its end; loading PyTorch is most of it in a short run
    step_seconds : for each epoch the seconds of its training steps alone, without start, measurement and checkpoint
    n_processes : how many there were
    resumed_from : the epoch after which this call went on, 0 when it began anew
    interrupted : the call was interrupted; all else is as the last checkpoint has it
    """

    history: list
    step_losses: list
    parameters: dict
    network: object
    recipe: Recipe
    seconds: float
    step_seconds: list
    n_processes: int
    resumed_from: int = 0
    interrupted: bool = False


class ParallelRunFailed(RuntimeError):
    """The processes ended before the run did. The message says which rank, if one is to blame, and how to go on.

    result : what was kept up to the last checkpoint, or None; output : the last lines of standard error
    """

    def __init__(self, message, result, output):
        super().__init__(message)
        self.result, self.output = result, output


def launch(
    recipe: Recipe,
    n_processes: int = 2,
    data: str | Dataset = "embedded",
    checkpoint: str | os.PathLike | None = None,
    *,
    dtype: str = "float32",
    device: str = "auto",
    threads: int = 1,
    seconds_without_answer: float = 20,
    time_limit: float | None = None,
    max_restarts: int = 0,
    oversubscribe: bool = False,
    progress: bool = True,
) -> ParallelResult:
    """Train a recipe with several processes on this machine, as `torchrun` does, and wait for the result.

    Parameters
    ----------
    recipe : Recipe
    n_processes : 1 or more, not more than this machine's cores (on GPUs: than its GPUs)
    data : "embedded" or "full" (Fashion-MNIST), or a Dataset
    checkpoint : folder of this run; the run goes on from what it holds. None keeps nothing after the call
    dtype : "float32" or "float64"
    device : "auto" (GPUs where there is one for each process), "cpu" or "cuda"
    threads : of each process
    seconds_without_answer : how long a process waits for the others before it ends the run
    time_limit : seconds for the whole call; None is none
    max_restarts : how often torchrun starts all processes anew, from the last checkpoint, when one has died
    oversubscribe : allow more processes than cores
    progress : print what rank 0 reports, a line an epoch

    Returns
    -------
    ParallelResult. An interrupted call (the Stop button, Ctrl-C) ends the processes: it holds what was kept until then.

    Raises
    ------
    ValueError, RecipeError, DataError, CheckpointError, NotWritten : it cannot work; nothing was started
    ParallelRunFailed : a process died or hung, the loss diverged, or the time was up
    """
    options = {"--dtype": check_dtype(dtype), "--device": device, "--seconds-without-answer": seconds_without_answer}
    dataset = _checked_data(recipe, n_processes, data, oversubscribe)
    _check_how(n_processes, device, threads, seconds_without_answer, time_limit, max_restarts)
    flags = ["--oversubscribe"] if oversubscribe else []
    start = partial(_Torchrun, n_processes, max_restarts, flags=flags, threads=threads, progress=progress)
    return _launched(recipe, data, dataset, checkpoint, options, start, time_limit)


def _launched(recipe, data, dataset, checkpoint, options, start, time_limit):
    """What came of the processes that `start(options)` starts."""
    dtype = options["--dtype"]
    with tempfile.TemporaryDirectory(prefix="course_lib_parallel_") as scratch:
        kept = RunCheckpoint(Path(scratch) / "run" if checkpoint is None else checkpoint)
        kept.check_writable()
        before = _epochs_kept(kept, recipe, dataset, dtype)
        torchrun = start(_files(recipe, data, Path(scratch)) | {"--checkpoint": kept.folder} | options)
        torchrun.wait(time_limit)
        result = _result(kept, recipe, dataset, dtype, torchrun, before)
        if torchrun.interrupted or (torchrun.exit_code == 0 and result is not None):
            return result
        raise ParallelRunFailed(_what_happened(torchrun, kept, checkpoint), result, torchrun.errors())


def _check_how(n_processes, device, threads, seconds_without_answer, time_limit, max_restarts):
    """A RecipeError or ValueError for what torchrun or its processes would only refuse seconds later."""
    check_count("threads", threads, 1)
    check_count("max_restarts", max_restarts, 0)
    seconds = {"seconds_without_answer": seconds_without_answer, "time_limit": time_limit}
    for name, value in seconds.items():
        if not (name == "time_limit" and value is None):
            check_number(name, value, lambda number: number > 0, "a finite number of seconds above 0")
    torch_machinery("process_group").device_of_process(device, 0, n_processes)


def _epochs_kept(kept, recipe, data, dtype):
    """How many epochs of this very run its checkpoint holds."""
    facts, _ = kept.read()
    if facts is None:
        return 0
    kept.check_fits(facts, recipe, data, dtype)
    return facts["epoch"]


def _files(recipe, data, folder):
    """What the processes read, written: {option: its value}."""
    recipe_file, data_file = folder / "recipe.json", folder / "data.safetensors"
    write_file(recipe_file, recipe.to_json())
    if isinstance(data, str):
        return {"--recipe": recipe_file, "--data": data}
    save_dataset(data, data_file)
    return {"--recipe": recipe_file, "--data": data_file}


class _Torchrun:
    """torchrun as a child process, whose reports are shown and whose processes are ended with it."""

    def __init__(self, n_processes, max_restarts, options, flags, threads, progress):
        command = [
            *(sys.executable, "-m", "torch.distributed.run", "--standalone", "--local-addr", "127.0.0.1"),
            *("--nproc-per-node", str(n_processes), "--max-restarts", str(max_restarts)),
            *("-m", "course_lib.training.parallel", *flags),
            *(str(part) for option in options.items() for part in option),
        ]
        environment = os.environ | {"OMP_NUM_THREADS": str(threads), "PYTHONUTF8": "1", "PYTHONUNBUFFERED": "1"}
        environment = {name: value for name, value in environment.items() if name not in TORCHRUN_VARIABLES}
        self.n_processes = n_processes
        self.interrupted = self.out_of_time = False
        self.exit_code, self._family, self._lines = None, {}, []
        self._began = time.perf_counter()
        self._process = subprocess.Popen(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            errors="replace",
            start_new_session=True,  # Ctrl-C reaches this process alone, which then ends the others in order
        )
        readers = ((self._process.stdout, self._show if progress else None), (self._process.stderr, self._keep))
        self._readers = [threading.Thread(target=_read, args=reader, daemon=True) for reader in readers]
        for reader in self._readers:
            reader.start()

    def wait(self, time_limit):
        """Until all have ended: by themselves, because the time is up, or because the caller was interrupted."""
        try:
            while self._process.poll() is None:
                self._note_family()
                if time_limit is not None and time.perf_counter() - self._began > time_limit:
                    self.out_of_time = True
                    break
                time.sleep(0.1)
        except KeyboardInterrupt:
            self.interrupted = True
        finally:
            self._end()
        self.exit_code = self._process.wait()
        self.seconds = time.perf_counter() - self._began
        for reader in self._readers:
            reader.join(timeout=SECONDS_TO_LEAVE)

    def errors(self):
        """The last lines of standard error."""
        return "".join(self._lines[-LINES_KEPT:])

    def _end(self):
        """Ask torchrun to end its processes; end those that are left."""
        if self._process.poll() is None:
            self._note_family()
            self._process.send_signal(signal.SIGINT)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(SECONDS_TO_LEAVE)
        for process in [*self._family.values(), self._process]:
            with contextlib.suppress(psutil.Error, ProcessLookupError):
                process.kill()  # psutil makes sure that it is still the same process; none that has ended is touched

    def _note_family(self):
        with contextlib.suppress(psutil.Error):
            for process in psutil.Process(self._process.pid).children(recursive=True):
                self._family.setdefault(process.pid, process)

    def _show(self, line):
        print(line, end="", flush=True)

    def _keep(self, line):
        self._lines.append(line)
        del self._lines[:-LINES_KEPT]


def _read(pipe, use):
    for line in pipe:
        if use is not None:
            use(line)


def _checked_data(recipe, n_processes, data, oversubscribe):
    """The Dataset, after the checks that need no process."""
    if not isinstance(recipe, Recipe):
        raise RecipeError(f"launch() needs a Recipe first; it got {type(recipe).__name__}.")
    check_processes(n_processes, n_processes if oversubscribe is True else usable_cores())
    if isinstance(data, str):
        if data not in SUBSETS:
            raise DataError(f"data is {data!r}; it must be 'embedded' or 'full' (Fashion-MNIST), or a Dataset.")
        data = named_dataset(data)
    elif not isinstance(data, Dataset):
        raise DataError(f"data is a {type(data).__name__}; it must be 'embedded' or 'full', or a Dataset.")
    check_batches(recipe, len(data.train), n_processes)
    return data


def _result(kept, recipe, data, dtype, torchrun, before):
    """What the folder holds, or None before the first epoch's end."""
    facts, arrays = kept.read()
    if facts is None:
        return None
    if torchrun.exit_code == 0 and kept.network_file.is_file():
        network = load_network(kept.network_file, "torch", "cpu")
    else:
        network = make_network(recipe, data.n_inputs, data.n_classes, "torch", dtype, "cpu")
        network.load_state(named_under("network/", arrays))
    return ParallelResult(
        history=facts["rows"],
        step_losses=arrays["step_losses"].tolist(),
        parameters=network.parameters(),
        network=network,
        recipe=recipe,
        seconds=torchrun.seconds,
        step_seconds=facts["step_seconds"],
        n_processes=torchrun.n_processes,
        resumed_from=before,
        interrupted=torchrun.interrupted,
    )


def _what_happened(torchrun, kept, checkpoint):
    """One message: who is to blame, and how the run goes on."""
    errors = torchrun.errors()
    said = [line.partition(ENDED)[2].strip() for line in errors.splitlines() if line.startswith(ENDED)]
    if torchrun.out_of_time:
        cause = "The time limit was reached, and all processes were ended."
    elif said:
        found_out = torch_machinery("process_group").HAS_ENDED  # of who ended, by the others
        own = [line for line in said if not line.endswith(found_out)]
        cause = (own or said)[-1]
        if not own and (printed := TRACEBACK.findall(errors)):
            cause = f"{cause[:-1]}: {printed[0]}."
    else:
        found = re.search(r"rank\s*:\s*(\d+).*?exitcode\s*:\s*(-?\d+)", errors.partition("Root Cause")[2], re.DOTALL)
        who = f"rank {found[1]} ended first, with exit code {found[2]}" if found else "a process ended"
        cause = f"Before the first step was done, {who}. The last lines were:\n{errors[-2000:]}\n"
    facts, _ = kept.read()
    if checkpoint is None:
        return f"{cause} Nothing was kept: launch(..., checkpoint=FOLDER) would have been able to go on."
    if facts is None:
        return f"{cause} There is no checkpoint yet: the same call begins anew."
    where = f"The checkpoint of epoch {facts['epoch']} is in {str(kept.folder)!r}"
    return f"{cause} {where}: the same call goes on from it."
