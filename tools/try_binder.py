"""Try what Binder would do, on this machine: install binder/ into an empty environment, then run the chapters in it.

    python tools/try_binder.py                       all chapters
    python tools/try_binder.py 02a_downhill          only these
    python tools/try_binder.py --write               all, and the table in INSTRUCTORS.md

The chapters run beside a JupyterLab server, as on Binder: on two cores, without a network, not as an administrator
(where there is bubblewrap), with a package that can only be read; and they are stopped above 2 GB of memory. The memory
is that of the server and of the kernel with all that it starts, added up four times a second, without the program that
executes the notebook, which Binder does not have; pages that several processes share are counted once (on Linux). The
operating system's own limits are no use here: they count the address space or the data segment of one process, and
PyTorch reserves far more than it ever uses.

Prints what the installation took, and for every chapter the wall time, the processor time and the highest memory, then
the goals. Only the installation needs a network.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from isolation import as_a_guest, keep_to_cores, memory

ROOT = Path(__file__).resolve().parent.parent
CORES = 2
MOST_MEMORY, MOST_DISK = 1.2e9, 1.5e9  # bytes, the goals: of kernel and server together; of all that is installed
GUIDE, BLOCK = "INSTRUCTORS.md", "binder"
RESULTS = "binder_results.json"
MEMORY_LIMIT = 2 * 1024**3  # bytes, what mybinder.org gives at most
LEFT_OUT = shutil.ignore_patterns(".venv", ".git", "build", "*.egg-info", "__pycache__", ".*_cache", ".hypothesis")
SAMPLE_SECONDS = 0.25


def main():
    """Install, run, report. Exit status 0 if every chapter ran through within the memory."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("chapters", nargs="*", metavar="NN_name", help="only these chapters (default: all)")
    parser.add_argument("--write", action="store_true", help=f"write the table into {GUIDE}")
    parser.add_argument("--run-in", type=Path, help=argparse.SUPPRESS)  # the second half, in the new environment
    options = parser.parse_args()
    if options.run_in is not None:
        return run_chapters(options.run_in, options.chapters)
    with tempfile.TemporaryDirectory(prefix="binder-") as folder:
        copy = Path(folder) / "course"
        shutil.copytree(ROOT, copy, ignore=LEFT_OUT)
        python, disk = install(copy, Path(folder) / "environment")
        words, what = as_a_guest(copy, [copy / "course_lib"])
        print(f"The chapters run with {what}.", flush=True)
        command = [*words, python, "-B", copy / "tools" / "try_binder.py", "--run-in", copy, *options.chapters]
        status = subprocess.run(command, env=environment_of(python)).returncode
        rows = json.loads((copy / RESULTS).read_text(encoding="utf-8")) if (copy / RESULTS).exists() else []
    lines = goals(rows, disk)
    print("\n".join(lines))
    if options.write and status == 0:
        write_table(rows, lines)
    return status or any(not line.endswith(": met") for line in lines)


def goals(rows, disk):
    """A line a goal: what was measured, what is wanted, "met" or "missed"."""
    lines = []
    for name, found, most in (
        (
            "the largest memory of kernel and server together",
            max((row["peak"] for row in rows), default=0),
            MOST_MEMORY,
        ),
        ("size on disk", disk, MOST_DISK),
    ):
        verdict = "met" if found <= most else "missed"
        lines.append(f"{name}: {found / 1e9:.2f} GB, at most {most / 1e9:.1f}: {verdict}")
    return lines


def write_table(rows, lines):
    """Write what was measured into INSTRUCTORS.md."""
    from course_lib.marked_block import write_block

    table = ["| notebook | processor time, s | kernel and server, MB |", "|---|--:|--:|"]
    table += [f"| {row['name']} | {row['processor']:.0f} | {row['peak'] / 1e6:.0f} |" for row in rows]
    about = (
        "Run from the top as Binder would, by `tools/try_binder.py --write`: two cores, no network, no administrator."
    )
    text = "\n".join([about, "", *table, "", *(f"- {line}" for line in lines)])
    print(f"wrote {GUIDE}" if write_block(ROOT / GUIDE, BLOCK, text) else f"{GUIDE} is current.")


def install(course, environment):
    """What Binder runs in the folder of the course: requirements, postBuild. Returns (its Python, bytes on disk)."""
    wanted = (course / "binder" / "runtime.txt").read_text(encoding="utf-8").strip().removeprefix("python-")
    found = ".".join(map(str, sys.version_info[:2]))
    if found != wanted:
        print(f"Binder will take Python {wanted}; this is {found}. To try that one: python{wanted} {sys.argv[0]}")
    start = time.monotonic()
    subprocess.run([sys.executable, "-m", "venv", environment], check=True)
    python = environment / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    pip = [python, "-m", "pip", "install", "--quiet", "--no-cache-dir", "--disable-pip-version-check"]
    subprocess.run([*pip, "-r", Path("binder") / "requirements.txt"], cwd=course, check=True)
    subprocess.run(["bash", "binder/postBuild"], cwd=course, env=environment_of(python), check=True)
    size = sum(path.lstat().st_size for folder in (environment, course) for path in folder.rglob("*"))
    print(f"Installed in {time.monotonic() - start:.0f} s, {size / 1e9:.2f} GB on disk.", flush=True)
    return python, size


def environment_of(python):
    """The environment variables with which `python`, `jupyter` and the kernels are those of the new environment."""
    inherited = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return inherited | {"PATH": f"{Path(python).parent}{os.pathsep}{os.environ['PATH']}", "PYTHONUNBUFFERED": "1"}


def run_chapters(course, names):
    """Run the chapters one after the other beside one JupyterLab server, and print a line for each."""
    notebooks = sorted(course.glob("chapters/*.ipynb"))
    if names:
        notebooks = [path for path in notebooks if path.stem in names]
    if not notebooks or (names and len(notebooks) < len(set(names))):
        print(f"Not all of these are in chapters/: {names}" if names else "There is no notebook in chapters/.")
        return 1
    print(f"{keep_to_cores(CORES)} cores.", flush=True)
    lab = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--ServerApp.open_browser=False"]
    with open(course / "lab.log", "wb") as log:
        server = subprocess.Popen(lab, cwd=course, stdout=log, stderr=log)
    try:
        time.sleep(5)  # the server's own memory is counted once it stands
        rows = [run_chapter(notebook, course) for notebook in notebooks]
    finally:
        server.kill()
        server.wait()
    (course / RESULTS).write_text(json.dumps(rows), encoding="utf-8")
    return 0 if all(row["passed"] for row in rows) else 1


def run_chapter(notebook, course):
    """Execute one notebook from the top. Returns {"name", "passed": whether it ran through in the memory, "processor":
    seconds, "peak": bytes}."""
    command = [sys.executable, "-m", "jupyter", "nbconvert", "--to", "notebook", "--execute"]
    command += ["--ExecutePreprocessor.timeout=600", "--output-dir", course / "executed", notebook]
    start, processor_start = time.monotonic(), processor_seconds()
    with open(course / "execute.log", "wb") as log:
        process = subprocess.Popen(command, cwd=course, stdout=log, stderr=log)
    peak, over = watch(process, MEMORY_LIMIT, apart=(process.pid,))
    seconds, processor = time.monotonic() - start, processor_seconds() - processor_start
    outcome = "passed" if process.returncode == 0 else "FAILED"
    outcome = "STOPPED: more than 2 GB" if over else outcome
    print(
        f"{notebook.stem:24} {outcome:8} {seconds:6.1f} s, {processor:6.1f} s of processor time, "
        f"at most {peak / 1e6:5.0f} MB",
        flush=True,
    )
    if process.returncode != 0 and not over:
        print((course / "execute.log").read_text(encoding="utf-8", errors="replace")[-3000:])
    passed = process.returncode == 0 and not over
    return {"name": notebook.stem, "passed": passed, "processor": processor, "peak": peak}


def processor_seconds():
    """Seconds that the processes which this one started and that have ended spent computing, over all cores."""
    times = os.times()
    return times.children_user + times.children_system


def watch(process, limit, apart=()):
    """Wait for the process. Returns (highest memory in bytes of this process's children, whether it was stopped).

    apart : numbers of processes whose own memory does not count, only that of what they start
    """
    import psutil  # a dependency of the course: there in the new environment

    peak, over = 0, False
    me = psutil.Process()
    while process.poll() is None:
        peak = max(peak, memory(child for child in me.children(recursive=True) if child.pid not in apart))
        if peak > limit:
            over = True
            for child in psutil.Process(process.pid).children(recursive=True):
                child.kill()
            process.kill()
            process.wait()
        time.sleep(SAMPLE_SECONDS)
    return peak, over


if __name__ == "__main__":
    sys.exit(main())
