"""One notebook, executed from the top in a fresh kernel and without a network: how long it took, and its memory.

`run_notebook` starts this file as a program of its own, which is cut off from the network from its start.
"""

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from isolation import memory, without_network

CELL_SECONDS = 600  # after which a cell counts as hanging
SAMPLE_SECONDS = 0.25


@dataclass(frozen=True)
class NotebookRun:
    """What came of a notebook.

    Parameters
    ----------
    seconds : from the start of the kernel to the end of the last cell
    peak : highest memory of the kernel and all that it started, bytes; 0 where no kernel came up
    network : whether it was cut off from the network, in words
    problem : which cell failed and how, in one line; None when the notebook ran through
    """

    seconds: float
    peak: int
    network: str
    problem: str | None = None


def run_notebook(path):
    """A NotebookRun of the notebook at `path`. A cell that fails is a `problem`, unless its tag is raises-exception."""
    words, network = without_network()
    command = [*words, sys.executable, __file__, str(path), network]
    program = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", errors="replace")
    try:
        return NotebookRun(**json.loads(program.stdout.splitlines()[-1]))
    except (IndexError, ValueError):
        lines = program.stderr.strip().splitlines() or [f"exit status {program.returncode}"]
        return NotebookRun(0.0, 0, "", f"was not executed: {lines[-1]}")


def execute(path, network):
    """As `run_notebook`, in this process."""
    import nbformat
    from nbclient import NotebookClient

    path = Path(path).resolve()
    notebook = nbformat.read(path, as_version=4)
    client = NotebookClient(
        notebook, timeout=CELL_SECONDS, kernel_name="python3", resources={"metadata": {"path": str(path.parent)}}
    )
    start, problem = time.monotonic(), None
    with (
        tempfile.TemporaryDirectory() as learner,  # what it keeps is neither found by the next run nor left beside it
        client.setup_kernel(env=os.environ | {"COURSE_LEARNER_FOLDER": learner}),
        Peak(client.km.provisioner.pid) as peak,
    ):
        problem = _first_problem(client, notebook)
        seconds = time.monotonic() - start
    return NotebookRun(round(seconds, 2), peak.bytes, network, problem)


def _first_problem(client, notebook):
    """Execute the cells in order until one fails; which, as one line, or None.

    Cell by cell, and not by the client's own `execute`, whose errors do not say which cell it was.
    """
    from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

    number = 0
    for index, cell in enumerate(notebook.cells):
        if cell.cell_type != "code":
            continue
        number += 1
        try:
            client.execute_cell(cell, index)
        except CellExecutionError as error:
            return f"{_named(cell, number)}: {error.ename}: {error.evalue}".replace("\n", " ")
        except CellTimeoutError:
            return f"{_named(cell, number)}: took more than {CELL_SECONDS} seconds"
        except DeadKernelError:
            return f"{_named(cell, number)}: the kernel died"
    return None


def _named(cell, number):
    lines = [line.strip() for line in cell.source.splitlines() if line.strip() and not line.startswith("%")]
    return f"code cell {number} ({lines[0] if lines else 'empty'})"


class Peak:
    """The highest memory of a process and its children, `bytes`, while the `with` block runs."""

    def __init__(self, pid):
        import psutil

        self.bytes, self._process, self._done = 0, psutil.Process(pid), threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self):
        self._look()
        self._thread.start()
        return self

    def __exit__(self, *error):
        self._done.set()
        self._thread.join()
        self._look()

    def _watch(self):
        while not self._done.wait(SAMPLE_SECONDS):
            self._look()

    def _look(self):
        import psutil

        try:
            processes = [self._process, *self._process.children(recursive=True)]
        except psutil.NoSuchProcess:  # it died; what it held before is known
            return
        self.bytes = max(self.bytes, memory(processes))


if __name__ == "__main__":
    print(json.dumps(asdict(execute(*sys.argv[1:]))))
