"""python -m course_lib doctor: what this machine has, what is wrong, and the line that mends it.

`gather` looks at the machine and returns plain facts, `judge` says what is wrong with such facts, `describe` writes
both down. Nothing outside Python's own library is imported before it is known to be there.
"""

import argparse
import contextlib
import importlib.metadata
import json
import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from course_lib.needs import OPTIONAL

MINIMUM_PYTHON = (3, 11)
LEAST_MEMORY = 1.5e9  # bytes
PACKAGE = "course_lib"
CONTROL_GROUP = Path("/sys/fs/cgroup")
REINSTALL = "python -m pip install -e ."


@dataclass(frozen=True)
class Finding:
    """Something that is wrong, or could be better, and the line that mends it."""

    what: str
    mend: str


def add_arguments(parser: "argparse.ArgumentParser") -> None:
    """The options of the command."""
    parser.add_argument("--json", action="store_true", help="print JSON, for machines")


def run(arguments: "argparse.Namespace") -> int:
    """Print the report. Exit code 0 when nothing is wrong, else 1; hints are not wrong."""
    facts = gather()
    problems, hints = judge(facts)
    if arguments.json:
        findings = {"problems": [asdict(each) for each in problems], "hints": [asdict(each) for each in hints]}
        print(json.dumps(facts | findings, indent=2))
    else:
        print(describe(facts, problems, hints))
    return 1 if problems else 0


def gather(requirements: Sequence[str] | None = None) -> dict[str, Any]:
    """The facts about this machine as plain values, ready for JSON. Missing packages are facts too, not errors.

    requirements : lines such as "numpy>=1.26,<3"; None reads those of course_lib as it is installed
    """
    installed = _requirements() if requirements is None else requirements
    return {
        "python": {
            "version": list(sys.version_info[:3]),
            "executable": sys.executable,
            "platform": platform.platform(),
        },
        "packages": None if installed is None else [_package(line) for line in installed],
        "device": _device(),
        "cores": _cores(),
        "memory": _memory(),
        "data": _data(),
    }


def judge(facts: Mapping[str, Any]) -> tuple[list[Finding], list[Finding]]:
    """The facts' problems and hints, as two lists of Finding."""
    problems = []
    if tuple(facts["python"]["version"]) < MINIMUM_PYTHON:
        minimum, found = _dotted(MINIMUM_PYTHON), _dotted(facts["python"]["version"])
        problems.append(
            Finding(
                f"This is Python {found}; the course needs {minimum} or newer.",
                f"install Python {minimum} or newer from https://www.python.org/downloads/",
            )
        )
    problems += _package_problems(facts)
    device, memory, data = facts["device"], facts["memory"], facts["data"]
    if device["error"] and _is_installed(facts, "torch"):
        problems.append(
            Finding(
                f"torch is installed and cannot be imported: {device['error']}",
                _install_line(facts, "--force-reinstall torch"),
            )
        )
    if memory["total"] is not None and memory["total"] < LEAST_MEMORY:
        problems.append(
            Finding(
                f"This machine lets you use {_gigabytes(memory['total'])} of memory; the course needs "
                f"{_gigabytes(LEAST_MEMORY)}.",
                "give the machine, the container or the virtual machine 2 GB of memory or more",
            )
        )
    for part in ("embedded", "full"):
        if data[part]["error"]:
            problems.append(Finding(data[part]["error"], data[part]["mend"]))
    return problems, _hints(facts)


def describe(facts: Mapping[str, Any], problems: Sequence[Finding], hints: Sequence[Finding]) -> str:
    """The report as text."""
    python, device, cores, memory = facts["python"], facts["device"], facts["cores"], facts["memory"]
    count = f" x {device['count']}" if device["count"] > 1 else ""
    lines = [
        f"Python    {_dotted(python['version'])}  {python['executable']}",
        f"System    {python['platform']}",
        f"Device    {device['kind']}: {device['name']}{count}",
        f"Cores     {cores['usable']} to use, {cores['machine']} in the machine",
        f"Memory    {_gigabytes(memory['available'])} free of {_gigabytes(memory['total'])}",
        "Packages",
    ]
    for package in facts["packages"] or []:
        absent = "not here" if package["optional"] else "missing"
        lines.append(f"  {package['name']:<12} {package['version'] or absent:<14} needs {package['needs'] or 'any'}")
    lines.append("Fashion-MNIST")
    for part, missing in (("embedded", "missing"), ("full", 'not here; load_fashion_mnist("full") downloads it')):
        lines.append(f"  {part:<12} {facts['data'][part]['path'] or missing}")
    for title, findings in (("Wrong", problems), ("Hint", hints)):
        for finding in findings:
            lines += ["", f"{title}: {finding.what}", f"  mend it: {finding.mend}"]
    lines += ["", f"{len(problems)} wrong." if problems else "Nothing is wrong."]
    return "\n".join(lines)


def _requirements():
    """The lines of course_lib's run-time dependencies and of `needs.OPTIONAL`, or None when it is not installed."""
    try:
        lines = importlib.metadata.requires(PACKAGE) or []
    except importlib.metadata.PackageNotFoundError:
        return None
    return [line for line in lines if "extra ==" not in line or re.match(r"[\w.-]+", line)[0] in OPTIONAL]


def _package(line):
    """A dependency as facts: its name, the version here (None: missing), what is needed, whether it fits."""
    try:
        from packaging.requirements import Requirement
    except ImportError:  # it comes with Matplotlib; without it, a package that is here counts as fitting
        name = re.match(r"[\w.-]+", line)[0]
        needs, fitting = line[len(name) :].strip(), None
    else:
        requirement = Requirement(line)
        name, fitting = requirement.name, requirement.specifier
        needs = ",".join(sorted(map(str, fitting), reverse=True))
    needs = needs.partition(";")[0].strip()  # the extra that it belongs to
    try:
        version = importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        version = None
    fits = version is not None and (fitting is None or fitting.contains(version, prereleases=True))
    return {"name": name, "version": version, "needs": needs, "fits": fits, "optional": name in OPTIONAL}


def _package_problems(facts):
    if facts["packages"] is None:
        return [
            Finding(f"{PACKAGE} is not installed, so its packages cannot be checked.", f"{REINSTALL} (in the clone)")
        ]
    problems = []
    for package in facts["packages"]:
        if package["fits"] or (package["optional"] and package["version"] is None):
            continue
        if package["version"] is None:
            what = f"The package {package['name']} is missing."
        else:
            what = f"{package['name']} is {package['version']}; the course needs {package['needs']}."
        wanted = f'"{package["name"]}{package["needs"]}"'
        problems.append(Finding(what, _install_line(facts, wanted)))
    return problems


def _device():
    """Where PyTorch would compute: "cuda", "mps" or "cpu", its name, and the NVIDIA GPUs of the machine."""
    device = {"kind": "cpu", "name": _processor_name(), "count": 1, "torch_cuda": None, "error": None}
    device["nvidia_gpus"] = _nvidia_gpus()
    try:
        import torch
    except (ImportError, OSError) as error:  # OSError: a library of torch that does not load
        device["error"] = f"{type(error).__name__}: {error}"
        return device
    device["torch_cuda"] = torch.version.cuda
    if torch.cuda.is_available():
        device.update(kind="cuda", name=torch.cuda.get_device_name(0), count=torch.cuda.device_count())
    elif torch.backends.mps.is_available():
        device.update(kind="mps", name=f"Apple GPU ({platform.machine()})")
    return device


def _nvidia_gpus():
    """The names of the machine's NVIDIA GPUs, by its driver and not by torch."""
    program = shutil.which("nvidia-smi")
    if program is None:
        return []
    command = [program, "--query-gpu=name", "--format=csv,noheader"]
    try:
        answer = subprocess.run(command, capture_output=True, text=True, timeout=20, check=True)
    except (OSError, subprocess.SubprocessError):  # a driver that is installed on a machine without a GPU
        return []
    return [line.strip() for line in answer.stdout.splitlines() if line.strip()]


def _processor_name():
    with contextlib.suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.lower().startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()


def _cores(control_group=CONTROL_GROUP):
    """The machine's cores, and how many of them this process may use, by its affinity and its container's quota."""
    machine = os.cpu_count() or 1
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else machine
    with contextlib.suppress(OSError, ValueError):  # no container, or no quota: "max"
        quota, period = map(int, (control_group / "cpu.max").read_text().split())
        usable = min(usable, max(1, quota // period))
    return {"machine": machine, "usable": usable}


def _memory(control_group=CONTROL_GROUP):
    """Memory in bytes, total and available, of the machine or of the container when that allows less."""
    try:
        import psutil
    except ImportError:
        return {"total": None, "available": None}
    memory = psutil.virtual_memory()
    total, available = memory.total, memory.available
    with contextlib.suppress(OSError, ValueError):  # no container, or no limit: "max"
        limit = int((control_group / "memory.max").read_text())
        in_use = int((control_group / "memory.current").read_text())
        statistics = dict(line.split() for line in (control_group / "memory.stat").read_text().splitlines())
        in_use -= int(statistics.get("inactive_file", 0))  # the cache of files that the system drops when it must
        total, available = min(total, limit), min(available, max(0, limit - in_use))
    return {"total": total, "available": available}


def _data():
    """Where the embedded and the full Fashion-MNIST are, and what is wrong with them."""
    data = {part: {"path": None, "error": None, "mend": None} for part in ("embedded", "full")}
    try:
        from course_lib.data import fashion, full
    except ImportError as error:  # NumPy is missing, which the list of packages says too
        data["embedded"] |= {"error": f"The data cannot be looked at: {error}.", "mend": REINSTALL}
        return data
    data["embedded"]["path"] = str(fashion.EMBEDDED_FILE)
    try:
        fashion.read_embedded()
    except ValueError as error:
        data["embedded"] |= {"error": str(error), "mend": "git checkout -- course_lib/data/fashion_mnist"}
    data["full"] |= _full_data(full)
    return data


def _full_data(full):
    """Where the full set is, and what is wrong with it."""
    try:
        folder = full.locate_full()
    except ImportError as error:  # pooch is missing, which the list of packages says too
        return {"error": f"The data cannot be looked at: {error}.", "mend": REINSTALL}
    except full.DataUnavailable as error:
        return {"error": str(error), "mend": f"export {full.FOLDER_VARIABLE}=/a/folder/that/you/may/write/to"}
    if folder is None:
        return {}
    try:
        for file in full.FILES.values():
            full.read_file(folder / file.name, file)
    except OSError as error:
        system = folder in full.SYSTEM_FOLDERS
        again = "sudo apt install --reinstall dataset-fashion-mnist"
        fetch = """python -c "from course_lib.data import load_fashion_mnist; load_fashion_mnist('full')\""""
        return {"path": str(folder), "error": str(error), "mend": again if system else fetch}
    return {"path": str(folder)}


def _hints(facts):
    device, memory = facts["device"], facts["memory"]
    hints = []
    if device["nvidia_gpus"] and device["kind"] == "cpu" and not device["error"]:
        gpu = device["nvidia_gpus"][0]
        if device["torch_cuda"] is None:
            what = f"This machine has an {gpu}, and this torch is built for the CPU only."
            mend = "take the line for CUDA from https://pytorch.org/get-started/locally/ and add --force-reinstall"
        else:
            what = f"This machine has an {gpu}, and torch, built for CUDA {device['torch_cuda']}, cannot use it."
            mend = "install a newer driver from https://www.nvidia.com/drivers, or a torch for an older CUDA"
        hints.append(Finding(what, mend))
    for package in facts["packages"] or []:
        if package["optional"] and package["version"] is None:
            what = f"{OPTIONAL[package['name']]} is not installed. What needs it says so; all else works without it."
            hints.append(Finding(what, _install_line(facts, f'"{package["name"]}{package["needs"]}"')))
    enough = memory["total"] is None or memory["total"] < LEAST_MEMORY  # unknown, or a problem already
    if not enough and memory["available"] < LEAST_MEMORY:
        what = f"Only {_gigabytes(memory['available'])} of memory are free; training on images wants 1.5 GB."
        hints.append(Finding(what, "close other programs, or shut down the kernels of other notebooks"))
    return hints


def _is_installed(facts, name):
    return any(package["name"] == name and package["version"] for package in facts["packages"] or [])


def _install_line(facts, wanted):
    executable = facts["python"]["executable"]
    return f'"{executable}" -m pip install {wanted}' if " " in executable else f"{executable} -m pip install {wanted}"


def _dotted(version):
    return ".".join(map(str, version))


def _gigabytes(size):
    return "unknown" if size is None else f"{size / 1e9:.1f} GB"
