"""Where the tasks of a measurement run: in this process, side by side in processes of this machine, or on Dask.

Each of the three is a function (tasks) -> iterator of (task, result), in the order in which the tasks finish. A task is
a function and its arguments; it depends on nothing else, so the numbers are the same in all three.
"""

import asyncio
import contextlib
import logging
import queue
import threading
import time
from dataclasses import dataclass

from course_lib.experiments.measurement import MeasurementError, WorkersLost
from course_lib.threads import limit_threads, one_thread

ANSWER_SECONDS = 10  # how long a scheduler may take to answer


@dataclass(frozen=True)
class Task:
    """One seed to measure or to tune with: `function(seed, *arguments)`.

    Parameters
    ----------
    kind : "tune", "longer" or "seed"
    seed : whole number
    function, arguments : what is called
    case : of the experiment
    """

    kind: str
    seed: int
    function: object
    arguments: tuple
    case: str = ""


def compute(task):
    """(result, seconds of processor time) of a task."""
    start = time.thread_time()  # of this thread alone: a Dask worker has several
    result = task.function(task.seed, *task.arguments)
    return result, time.thread_time() - start


def compute_elsewhere(task):
    """As `compute`, in a process that does nothing but tasks. NumPy and PyTorch stay on one thread there."""
    limit_threads(1)
    return compute(task)


@contextlib.contextmanager
def workers(jobs=1, scheduler=None):
    """The function (tasks) -> iterator of (task, (result, seconds)) for this many jobs, or for this Dask scheduler."""
    if scheduler is not None:
        with _dask_client(scheduler) as client:
            yield lambda tasks: _on_dask(tasks, client, scheduler)
    elif jobs == 1:
        yield _in_this_process
    else:
        yield lambda tasks: _side_by_side(tasks, jobs)


def _in_this_process(tasks):
    for task in tasks:
        with one_thread():
            done = compute(task)
        yield task, done


def _side_by_side(tasks, jobs):
    import joblib
    from joblib.externals.loky.process_executor import TerminatedWorkerError

    parallel = joblib.Parallel(n_jobs=jobs, batch_size=1, return_as="generator_unordered")
    finished = parallel(joblib.delayed(_numbered)(number, task) for number, task in enumerate(tasks))
    try:
        for number, done in finished:
            yield tasks[number], done
    except TerminatedWorkerError as error:
        raise WorkersLost(
            f"A worker process was ended from outside, perhaps because memory ran out; try fewer jobs than {jobs}. "
            f"({str(error).splitlines()[0]})"
        ) from None
    finally:
        finished.close()


def _numbered(number, task):
    return number, compute_elsewhere(task)


@contextlib.contextmanager
def _dask_client(address):
    try:
        from distributed import Client
    except ImportError:
        raise MeasurementError(
            "--scheduler needs Dask, which is not installed. Install it: python -m pip install 'course_lib[dask]' "
            "(in a clone: python -m pip install -e '.[dask]')."
        ) from None

    def connect():
        # Greeted first: a Client that finds nobody has a last word of 20 seconds and a traceback.
        asyncio.run(_greet(address))
        return Client(address, timeout=ANSWER_SECONDS, set_as_default=False)

    client = _answer_within(connect, address)
    logger = logging.getLogger("distributed.client")
    level = logger.level
    logger.setLevel(logging.CRITICAL)  # it writes a traceback for a connection that breaks, which is reported below
    try:
        try:
            client.wait_for_workers(1, timeout=ANSWER_SECONDS)
        except TimeoutError:
            raise WorkersLost(
                f"The scheduler at {address!r} has no workers. Start some: dask worker {address}."
            ) from None
        yield client
    finally:
        client.close(timeout=ANSWER_SECONDS)
        logger.setLevel(level)


async def _greet(address):
    """Connect to whatever listens at this address, hear that it speaks Dask's language, and hang up."""
    from distributed.comm import connect

    line = await connect(address, timeout=ANSWER_SECONDS)
    await line.close()


def _answer_within(connect, address):
    """What `connect` returns; WorkersLost if it fails or does not return in time."""
    answers = queue.SimpleQueue()

    def ask():
        try:
            answers.put((connect(), None))
        except Exception as error:  # whatever is wrong with the address, Dask says it with many kinds of errors
            answers.put((None, error))

    # A thread of its own: of something that takes connections and then says nothing, Dask would wait for ever.
    threading.Thread(target=ask, daemon=True).start()
    try:
        client, error = answers.get(timeout=ANSWER_SECONDS + 1)
    except queue.Empty:
        client, error = None, TimeoutError()
    if error is not None:
        raise WorkersLost(
            f"No Dask scheduler answers at {address!r} within {ANSWER_SECONDS} seconds ({type(error).__name__}). "
            f"Expected an address like 'tcp://127.0.0.1:8786', which `dask scheduler` prints when it starts."
        )
    return client


def _on_dask(tasks, client, address):
    # By hand, not by joblib's Dask back end: that waits for ever once the scheduler is silent or the last worker gone.
    from distributed import KilledWorker

    ended = queue.SimpleQueue()
    waiting = {}
    for task in tasks:
        future = client.submit(compute_elsewhere, task, pure=False)
        waiting[future.key] = (task, future)
        future.add_done_callback(lambda future: ended.put(future.key))
    watch = _Watch(client, address)
    while waiting:
        with contextlib.suppress(queue.Empty):
            task, future = waiting.pop(ended.get(timeout=0.5))
            if future.status not in ("finished", "error"):  # Dask gives up on all futures with the scheduler
                raise WorkersLost(f"The Dask scheduler at {address!r} stopped answering.")
            try:
                done = future.result()
            except KilledWorker as error:
                what = f"Dask workers were ended while they computed, perhaps because memory ran out: {error}."
                raise WorkersLost(what) from None
            yield task, done
        watch.look()


class _Watch:
    """Looks now and then whether the scheduler still answers and has workers."""

    def __init__(self, client, address):
        self.client, self.address = client, address
        self.looked, self.had_workers = time.monotonic(), True

    def look(self):
        """Raise WorkersLost when there is no answer, or no worker twice in a row."""
        if time.monotonic() - self.looked < ANSWER_SECONDS:
            return
        try:
            has_workers = bool(self.client.sync(self.client.scheduler.ncores, callback_timeout=ANSWER_SECONDS))
        except (OSError, TimeoutError):
            raise WorkersLost(f"The Dask scheduler at {self.address!r} stopped answering.") from None
        if not has_workers and not self.had_workers:
            raise WorkersLost(f"The Dask scheduler at {self.address!r} has lost all its workers.")
        self.looked, self.had_workers = time.monotonic(), has_workers
