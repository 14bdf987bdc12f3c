"""Processes that compute together: torch.distributed, and a roll call that finds the one that no longer answers.

Gradients and sums travel by gloo between CPUs and by nccl between NVIDIA GPUs. Both end a process that waits too long
with an error, and neither says whom it waited for. So every process notes in the group's store who and where it is; a
thread of its own answers when the roll is called, also while the process waits; and who is silent is named.
(torch.distributed.monitored_barrier is no roll call: only who reaches it answers, so it blames a process that is at
work as it does one that is stopped, and it tells rank 0 alone.)
"""

import contextlib
import json
import os
import socket
import threading
import time
from datetime import timedelta

import psutil
import torch
from torch import distributed

LONGEST_START = 120  # seconds until all processes have loaded PyTorch and found each other
ROLL_CALL_SECONDS = 3.0  # more than a thread on a busy machine needs to answer
POLL_SECONDS = 0.2
HAS_ENDED = "has ended: it was killed, or it failed with the error that it printed."
LOOPBACK_NAMES = ("lo", "lo0")  # Linux, macOS


class ProcessLost(RuntimeError):
    """A process of the group died or no longer answers. The message names its rank."""


class ProcessGroup:
    """All processes that torchrun started for this run; without torchrun, this process alone.

    Parameters
    ----------
    device : "auto", "cpu" or "cuda". "auto" is a GPU for each process where there are enough, else the CPU
    seconds_without_answer : how long a process waits for the others before it gives up

    rank : this process's number, from 0; size : how many there are; local_rank : its number on this machine;
    device : where it computes, for example "cuda:1"; backend : how gradients travel, "gloo" or "nccl"

    Use it in a `with` block, which leaves the group at its end.

    Raises
    ------
    ValueError : a device that the processes cannot have, with both numbers
    """

    def __init__(self, device="auto", seconds_without_answer=20):
        environment = os.environ
        self.rank, self.size = int(environment.get("RANK", 0)), int(environment.get("WORLD_SIZE", 1))
        self.local_rank = int(environment.get("LOCAL_RANK", 0))
        self.local_size = int(environment.get("LOCAL_WORLD_SIZE", 1))
        self.device = device_of_process(device, self.local_rank, self.local_size)
        self.backend = "nccl" if self.device.startswith("cuda") else "gloo"
        self.seconds_without_answer = seconds_without_answer
        self.waiting = self.timed_out = False
        self._start(timedelta(seconds=max(LONGEST_START, seconds_without_answer)))
        me = psutil.Process()
        facts = {"host": socket.gethostname(), "pid": me.pid, "started": me.create_time()}
        self.store.set(f"process/{self.rank}", json.dumps(facts))
        self._left = threading.Event()
        self._answering = threading.Thread(target=self._answer_roll_calls, daemon=True)
        self._answering.start()

    def _start(self, longest_start):
        environment = os.environ
        if self.local_size == self.size:
            _use_loopback()
        if "RANK" in environment:
            store, _, _ = next(iter(distributed.rendezvous("env://", timeout=longest_start)))
            attempt = environment.get("TORCHELASTIC_RESTART_COUNT", "0")  # torchrun's store outlives a restart
            self.store = distributed.PrefixStore(f"attempt {attempt}", store)
        else:
            self.store = distributed.HashStore()
        # Sums of plain numbers always travel by gloo: its errors can be caught, those of nccl end the process.
        backend = "gloo" if self.backend == "gloo" else "cpu:gloo,cuda:nccl"
        if self.backend == "nccl":
            torch.cuda.set_device(self.local_rank)
        prefixed = distributed.PrefixStore("group", self.store)
        distributed.init_process_group(
            backend, store=prefixed, rank=self.rank, world_size=self.size, timeout=longest_start
        )
        limit = timedelta(seconds=self.seconds_without_answer)
        self.handle = distributed.new_group(backend=backend, timeout=limit)

    def __enter__(self):
        return self

    def __exit__(self, kind, error, traceback):
        self._left.set()
        self._answering.join(2 * ROLL_CALL_SECONDS)  # a thread that is in the store when Python ends would abort it
        if error is None:  # after an error, leaving in good order could mean waiting for a process that is gone
            distributed.destroy_process_group()

    @contextlib.contextmanager
    def among_peers(self):
        """A block in which the processes wait for each other: what fails in it is a ProcessLost that names a rank.

        An error that no other process is to blame for passes through unchanged.
        """
        self.waiting = True
        began = time.monotonic()
        try:
            yield
        except torch.OutOfMemoryError:
            raise
        except RuntimeError as error:
            if self.size == 1:
                raise
            self.timed_out = time.monotonic() - began >= 0.9 * self.seconds_without_answer
            message = self.call_the_roll()
            if self.store.check(["interrupted"]):
                raise KeyboardInterrupt from error
            if message is None:
                raise
            raise ProcessLost(message) from error
        finally:
            self.waiting = False

    def total(self, *numbers):
        """The sums of these numbers over all processes, as a list of floats."""
        sums = torch.tensor(numbers, dtype=torch.float64)
        if self.size > 1:
            with self.among_peers():
                distributed.all_reduce(sums, group=self.handle)
        return sums.tolist()

    def copy_from_first(self, tensors):
        """Overwrite these tensors, in place, with those of rank 0."""
        if self.size > 1:
            with self.among_peers():
                for tensor in tensors:
                    distributed.broadcast(tensor, src=0, group=self.handle)

    # The roll call

    def call_the_roll(self):
        """Who does not answer, in words, or None when all are there and none is to blame.

        A process of this machine that is silent is ended, so that none is left behind and nobody waits for it.
        """
        if self.store.check(["failed"]):
            return self.store.get("failed").decode()
        self.store.set("roll call", "")
        silent = self._silent()
        if self.store.check(["interrupted"]):
            return None  # who is silent has left because it was asked to
        if silent:
            return " ".join(self._end(rank) for rank in silent)
        at_work = [rank for rank in range(self.size) if self.store.get(f"here/{rank}") == b"at work"]
        if not (at_work and self.timed_out):
            return None
        return (
            f"Rank {at_work[0]} let the others wait for more than {self.seconds_without_answer:g} seconds. Its steps "
            "take that long, or it hangs."
        )

    def reports_for_all(self) -> bool:
        """True in one process, which reports for all: rank 0, or the first of those that answered the roll call."""
        present = [rank for rank in range(self.size) if self.store.check([f"here/{rank}"])]
        return self.rank == min(present, default=0)

    def note_interrupt(self):
        """Let the others know that this process leaves because it was asked to."""
        self.store.set("interrupted", "")

    def note_failure(self, what):
        """Let the others know why this process leaves: their roll call then says it."""
        self.store.set("failed", what)

    def _answer_roll_calls(self):
        with contextlib.suppress(RuntimeError):  # the store has gone, and with it whoever asked
            while not self._left.wait(POLL_SECONDS):
                if self.store.check(["roll call"]):
                    self.store.set(f"here/{self.rank}", "waiting" if self.waiting else "at work")
                    return

    def _silent(self):
        deadline = time.monotonic() + ROLL_CALL_SECONDS
        while True:
            silent = [rank for rank in range(self.size) if not self.store.check([f"here/{rank}"])]
            if not silent or time.monotonic() > deadline:
                return silent
            time.sleep(POLL_SECONDS / 4)

    def _end(self, rank):
        """End a silent process of this machine; what there is to say of it."""
        facts = json.loads(self.store.get(f"process/{rank}"))
        name = f"Rank {rank} (process {facts['pid']} on {facts['host']})"
        silent = f"{name} did not answer for {self.seconds_without_answer:g} seconds"
        if facts["host"] != socket.gethostname():
            return f"{name} does not answer: it has ended, hangs, or cannot be reached."
        try:
            process = psutil.Process(facts["pid"])
            if process.create_time() != facts["started"] or process.status() == psutil.STATUS_ZOMBIE:
                return f"{name} {HAS_ENDED}"
            was = "it was stopped, and " if process.status() == psutil.STATUS_STOPPED else "it "
            process.kill()
        except psutil.NoSuchProcess:
            return f"{name} {HAS_ENDED}"
        except psutil.AccessDenied:
            return f"{silent}, and this user may not end it."
        return f"{silent}: {was}has been ended."


def device_of_process(device, local_rank, local_size):
    """The device of one of `local_size` processes on this machine: "cpu", or "cuda:" and its rank.

    Raises
    ------
    ValueError : another device than "auto", "cpu" and "cuda", or fewer GPUs than processes
    """
    if device not in ("auto", "cpu", "cuda"):
        raise ValueError(f"device is {device!r}; several processes compute on 'cpu' or 'cuda' ('auto' chooses).")
    gpus = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if device == "cuda" and gpus < local_size:
        raise ValueError(
            f"{local_size} processes on GPUs need one GPU each, and this machine has {gpus}. Start {gpus} processes, "
            "or compute on the CPU: device 'cpu'."
            if gpus
            else f"{local_size} processes on GPUs need one GPU each, and PyTorch finds none here. Use device 'cpu'."
        )
    return f"cuda:{local_rank}" if device != "cpu" and gpus >= local_size else "cpu"


def _use_loopback():
    """All processes are on this machine: let gloo use the loopback, whatever the machine's name leads to."""
    names = {name for _, name in socket.if_nameindex()}
    for name in LOOPBACK_NAMES:
        if name in names:
            os.environ.setdefault("GLOO_SOCKET_IFNAME", name)
