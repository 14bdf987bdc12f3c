"""device_banner(): what a chapter's first cell says about the machine it runs on."""

from course_lib.benchmarks.facts import device_facts, memory_bytes
from course_lib.benchmarks.results import ResultError, command, load_result
from course_lib.training.shares import usable_cores

COMFORTABLE_CORES = 2  # the cells' time estimates for a CPU are for a machine with these


def device_banner(device="auto"):
    """What was found here, and what will take longer for it, as a few lines of text. Loads PyTorch.

    Raises
    ------
    ValueError : an unknown device, or one that this machine does not have
    """
    facts, cores, memory = device_facts(device), usable_cores(), memory_bytes()
    size = f", {memory / 1e9:.0f} GB of memory" if memory else ""
    lines = [f"Cores: {cores}{size}."]
    if facts["kind"] == "cpu":
        lines[:0] = [f"No GPU: PyTorch computes on the processor, {facts['name']}."]
        lines.append("Every cell runs here. Cells with two estimates take the longer one, that for a CPU.")
        lines.append(_what_a_gpu_would_do())
    else:
        held = f", {facts['memory'] / 1e9:.0f} GB of its own memory" if facts["memory"] else ""
        lines[:0] = [f"GPU: {facts['name']} ({facts['kind']}{held})."]
        lines.append("Cells with two estimates take the one for a GPU. Small networks gain little from it; see below.")
        if facts["kind"] == "mps":
            lines.append("CUDA graphs and float64 are not there on this GPU; those cells use the CPU, or say so.")
    if cores < COMFORTABLE_CORES:
        lines.append("With one core, cells that use two processes take about twice their estimate.")
    return "\n".join(lines)


def _what_a_gpu_would_do():
    """Where figures of a GPU are in the course, and where they come from when not."""
    try:
        result = load_result("gpu")
    except ResultError as error:
        return f"The figures for a GPU cannot be shown. {error}"
    if result is None:
        return f"What a GPU would change was not measured for this course; on a machine with one: {command('gpu')}"
    name = result["machine"]["device"]["name"]
    return f"What a GPU changes is shown with figures that were measured on another machine, with the GPU {name}."
