"""The same measurement on a Dask cluster: the same numbers, and clear words when its scheduler is not there or goes."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from course_lib.experiments import workers
from course_lib.experiments.experiment import Comparison, Outcome
from course_lib.experiments.measurement import MeasurementError, MechanismDidNotFire, WorkersLost
from course_lib.experiments.runner import measure
from measured_claims import same

pytestmark = pytest.mark.usefixtures("made_up")
TESTS = Path(__file__).parent


@pytest.fixture
def dask():
    """Dask, or the test is skipped: it is an extra of the course."""
    return pytest.importorskip("distributed", reason="To run this test: python -m pip install -e '.[dask]'")


@pytest.fixture(scope="module")
def cluster():
    """The address of a cluster of two worker processes on this machine."""
    distributed = pytest.importorskip("distributed", reason="To run this test: python -m pip install -e '.[dask]'")
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, host="127.0.0.1", dashboard_address=None
    ) as running:
        yield running.scheduler_address


@pytest.mark.parametrize("name", ["coin", "even_steps", "waits"])
def test_a_cluster_gives_the_numbers_of_one_process(name, cluster, tmp_path):
    alone = measure(name, jobs=1, folder=tmp_path / "alone", progress=False)
    on_dask = measure(name, scheduler=cluster, folder=tmp_path / "dask", progress=False)
    assert same(alone, on_dask)
    assert sorted(path.name for path in (tmp_path / "dask").iterdir()) == [f"{name}.json"]


def where(seed, settings, chosen):
    """The process in which this runs. It takes a moment, so that the other worker gets something too."""
    time.sleep(0.2)
    process = float(os.getpid())
    return Outcome({"a": {"process": process}, "b": {"process": 0.0}}, {"seed": 3.5 - seed})


def test_two_workers_share_the_seeds(cluster, change, tmp_path):
    change("coin", run=where, primary=Comparison("x", "a", "b", "process"), elsewhere=())
    measurement = measure("coin", seeds=4, scheduler=cluster, folder=tmp_path, progress=False)
    processes = set(measurement.values("a", "process"))
    assert len(processes) == 2
    assert os.getpid() not in processes


def test_what_the_runner_refuses_it_refuses_on_a_cluster_too(cluster, change, tmp_path):
    change("coin", run=where, primary=Comparison("x", "a", "b", "process"), elsewhere=())
    with pytest.raises(MechanismDidNotFire, match=r"'seed' is -0.5"):
        measure("coin", seeds=5, scheduler=cluster, folder=tmp_path, progress=False)


def fails(seed, settings, chosen):
    raise ZeroDivisionError(f"made up in seed {seed}")


def test_an_error_of_an_experiment_comes_back_as_it_is(cluster, change, tmp_path):
    change("coin", run=fails)
    with pytest.raises(ZeroDivisionError, match="made up in seed"):
        measure("coin", scheduler=cluster, folder=tmp_path, progress=False)


# ---- a scheduler that is not there, or goes -------------------------------------------------------------------------


@pytest.fixture
def impatient(monkeypatch):
    """A scheduler gets one second to answer."""
    monkeypatch.setattr(workers, "ANSWER_SECONDS", 1)


def half_done(folder, monkeypatch):
    """Leave a measurement of "waits" in the folder that was stopped after four tasks."""
    real, done = workers.compute, []

    def compute(task):
        if len(done) == 4:
            raise KeyboardInterrupt
        done.append(task)
        return real(task)

    with monkeypatch.context() as during:
        during.setattr(workers, "compute", compute)
        with pytest.raises(KeyboardInterrupt):
            measure("waits", jobs=1, folder=folder, progress=False)


@pytest.mark.timeout(30)
@pytest.mark.usefixtures("dask", "impatient")
@pytest.mark.parametrize("listening", [False, True])
def test_an_address_that_does_not_answer_is_named_and_nothing_is_lost(listening, tmp_path, monkeypatch):
    half_done(tmp_path, monkeypatch)
    with socket.create_server(("127.0.0.1", 0)) as silent:  # takes connections, and never says a word
        address = f"tcp://127.0.0.1:{silent.getsockname()[1]}"
        if not listening:
            silent.close()
        with pytest.raises(WorkersLost, match="No Dask scheduler answers at") as caught:
            measure("waits", scheduler=address, folder=tmp_path, progress=False)
    assert address in str(caught.value)
    assert "4 of 9 tasks are done and kept. To go on: python -m course_lib claims run waits" in str(caught.value)
    monkeypatch.setenv("BEGUN", str(tmp_path / "begun"))
    measure("waits", jobs=1, folder=tmp_path, progress=False)
    assert len((tmp_path / "begun").read_text().splitlines()) == 5 + 4  # and the small version


@pytest.mark.usefixtures("dask", "impatient")
@pytest.mark.parametrize("address", ["nowhere", "tcp://", "ftp://127.0.0.1:1", "tcp://no such host:8786", ""])
def test_an_address_that_cannot_be_is_named(address, tmp_path):
    with pytest.raises(WorkersLost, match=r"Expected an address like 'tcp://127.0.0.1:8786'"):
        measure("waits", scheduler=address, folder=tmp_path, progress=False)


@pytest.mark.usefixtures("dask")
@pytest.mark.parametrize("address", ["nonsense", "tcp://127.0.0.1:1", "tcp://no such host:8786"])
def test_of_an_address_that_cannot_be_the_command_says_one_thing_and_ends(address, tmp_path):
    code = (
        "import sys\n"
        "from course_lib.experiments import registry\n"
        "registry.PACKAGE = 'made_up_claims'\n"
        "from course_lib.cli import main\n"
        "sys.exit(main(sys.argv[1:]))\n"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(TESTS), str(TESTS.parent)])}
    command = [sys.executable, "-c", code, "claims", "run", "coin", f"--scheduler={address}", f"--folder={tmp_path}"]
    run = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert run.returncode == 1
    assert f"No Dask scheduler answers at {address!r}" in run.stderr
    assert "Traceback" not in run.stderr and "Exception" not in run.stderr


@pytest.fixture
def remote(tmp_path, monkeypatch):
    """remote(n): (scheduler's process, workers' processes, address) of a cluster; seed 4 of "waits" waits in it."""
    distributed = pytest.importorskip("distributed", reason="To run this test: python -m pip install -e '.[dask]'")
    wait = tmp_path / "wait"
    wait.touch()
    places = [str(TESTS), str(TESTS.parent), *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = {
        **os.environ,
        "WAIT_AT": "4",
        "WAIT_WHILE": str(wait),
        "PYTHONPATH": os.pathsep.join(places),
    }
    started = []

    def start(module, *arguments):
        command = [sys.executable, "-m", f"distributed.cli.{module}", *arguments]
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        started.append(subprocess.Popen(command, env=environment, cwd=tmp_path, **quiet))
        return started[-1]

    def begin(n_workers):
        port = free_port()
        address = f"tcp://127.0.0.1:{port}"
        scheduler = start("dask_scheduler", "--host=127.0.0.1", f"--port={port}", "--no-dashboard")
        options = ("--nthreads=1", "--no-nanny", "--no-dashboard")
        joined = [start("dask_worker", address, *options) for _ in range(n_workers)]
        with distributed.Client(address, timeout=60, set_as_default=False) as client:  # until all of it has started
            if n_workers:
                client.wait_for_workers(n_workers, timeout=60)
        return scheduler, joined, address

    yield begin
    wait.unlink()
    for process in started:
        process.kill()
        process.wait()


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def rows_kept(folder):
    paths = list((folder / "unfinished").glob("*.jsonl")) if (folder / "unfinished").is_dir() else []
    return max(0, paths[0].read_bytes().count(b"\n") - 1) if paths else 0


def when_kept(rows, folder, do):
    """A running thread that calls `do` when so many tasks are kept."""

    def watch():
        for _ in range(1200):
            if rows_kept(folder) == rows:
                break
            time.sleep(0.05)
        do()

    watcher = threading.Thread(target=watch)
    watcher.start()
    return watcher


@pytest.mark.weekly("waits until a cluster counts as dead; its answer changes with Dask's version, which is pinned")
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")
@pytest.mark.parametrize("how", ["SIGKILL", "SIGSTOP"])  # the process is gone; the process is there and does nothing
def test_a_scheduler_that_goes_midway_ends_the_run_and_nothing_is_lost(how, remote, tmp_path, monkeypatch):
    scheduler, _, address = remote(2)
    results = tmp_path / "results"
    monkeypatch.setattr(workers, "ANSWER_SECONDS", 10 if how == "SIGKILL" else 5)

    watcher = when_kept(8, results, lambda: os.kill(scheduler.pid, getattr(signal, how)))
    with pytest.raises(WorkersLost, match="stopped answering") as caught:
        measure("waits", scheduler=address, folder=results, progress=False)
    watcher.join()
    assert "8 of 9 tasks are done and kept" in str(caught.value)
    monkeypatch.setenv("BEGUN", str(tmp_path / "begun"))
    measurement = measure("waits", jobs=1, folder=results, progress=False)
    assert (tmp_path / "begun").read_text().splitlines()[0] == "seed 4"
    assert (tmp_path / "begun").read_text().splitlines()[1:] == ["tune 1000", "seed 0", "seed 1", "seed 2"]  # small
    monkeypatch.delenv("BEGUN")
    assert same(measurement, measure("waits", jobs=1, folder=tmp_path / "other", progress=False))


@pytest.mark.weekly("waits until a cluster counts as dead; its answer changes with Dask's version, which is pinned")
def test_workers_that_all_go_midway_end_the_run_and_nothing_is_lost(remote, tmp_path, monkeypatch):
    _, joined, address = remote(2)
    results = tmp_path / "results"
    monkeypatch.setattr(workers, "ANSWER_SECONDS", 5)
    watcher = when_kept(8, results, lambda: [worker.kill() for worker in joined])
    with pytest.raises(WorkersLost, match="lost all its workers") as caught:
        measure("waits", scheduler=address, folder=results, progress=False)
    watcher.join()
    assert "8 of 9 tasks are done and kept" in str(caught.value)


def test_a_scheduler_without_workers_is_named(remote, tmp_path, monkeypatch):
    monkeypatch.setattr(workers, "ANSWER_SECONDS", 5)
    _, _, address = remote(0)
    with pytest.raises(WorkersLost, match=r"has no workers. Start some: dask worker tcp://127"):
        measure("waits", scheduler=address, folder=tmp_path / "results", progress=False)


# ---- without Dask ---------------------------------------------------------------------------------------------------


def test_without_dask_the_message_has_the_line_that_installs_it(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(MeasurementError, match=r"python -m pip install 'course_lib\[dask\]'"):
        measure("coin", scheduler="tcp://127.0.0.1:1", folder=tmp_path, progress=False)
    assert measure("coin", jobs=1, folder=tmp_path, progress=False).verdict == "clearly helps"


def test_dask_is_loaded_only_when_it_is_asked_for():
    code = (
        "import sys\n"
        "from course_lib.experiments import registry\n"
        "registry.PACKAGE = 'made_up_claims'\n"
        "from course_lib.cli import main\n"
        "code = main(['claims', 'run', 'coin', '--smoke'])\n"
        "loaded = {'distributed', 'dask', 'torch'} & set(sys.modules)\n"
        "sys.exit(str(loaded) if code or loaded else 0)\n"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(TESTS), str(TESTS.parent)])}
    run = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
