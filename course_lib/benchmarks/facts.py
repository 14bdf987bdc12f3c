"""What was measured on: the processor, its cores, the threads, the GPU, the versions."""

import contextlib
import importlib.metadata
import platform
import subprocess
import sys
from pathlib import Path

from course_lib.training.shares import usable_cores


def processor_name():
    """The processor's own name, as the operating system gives it."""
    if sys.platform == "darwin":
        with contextlib.suppress(OSError, subprocess.SubprocessError):
            answer = ["sysctl", "-n", "machdep.cpu.brand_string"]
            return subprocess.run(answer, capture_output=True, text=True, check=True).stdout.strip()
    with contextlib.suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.lower().startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()


def memory_bytes():
    """The machine's memory, or None where it cannot be read."""
    try:
        import psutil
    except ImportError:
        return None
    return psutil.virtual_memory().total


def device_facts(device="auto"):
    """The device that PyTorch computes on: {"kind", "name", "memory" (bytes, None on a CPU), "cuda" (version)}.

    Raises
    ------
    ValueError : an unknown device, or one that this machine does not have
    """
    import torch

    from course_lib.engine.device import choose_device

    kind = choose_device(device).type
    facts = {"kind": kind, "name": processor_name(), "memory": None, "cuda": torch.version.cuda}
    if kind == "cuda":
        properties = torch.cuda.get_device_properties(choose_device(device))
        facts |= {"name": properties.name, "memory": properties.total_memory}
    elif kind == "mps":
        facts["name"] = f"GPU of {facts['name']}"
    return facts


def machine_facts(device="auto"):
    """Everything that a result says about where it was measured, as plain values; loads PyTorch."""
    import torch

    return {
        "processor": processor_name(),
        "cores": usable_cores(),
        "threads": torch.get_num_threads(),
        "memory": memory_bytes(),
        "device": device_facts(device),
        "system": platform.system(),
        "python": platform.python_version(),
        "numpy": importlib.metadata.version("numpy"),
        "torch": torch.__version__,
    }
