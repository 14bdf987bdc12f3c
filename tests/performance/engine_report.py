"""Turns the seconds that bench_engines.py measured into ratios, goals, a printed table and CONTRIBUTING's table."""

from statistics import median

from course_lib.marked_block import with_block

BATCH_SIZES = (64, 256)
PRODUCTS = "matrix products alone"
NUMPY = "our NumPy engine"
TORCH = "our PyTorch engine"
PLAIN = "plain PyTorch, default Adam"
FUSED = "plain PyTorch, fused Adam"
PAGE = "CONTRIBUTING.md"
BLOCK = "bench"  # the part of CONTRIBUTING.md, see `course_lib.marked_block`

# (what is compared, with what, batch size, at most)
GOALS = (
    (NUMPY, PLAIN, 64, 0.6),
    (NUMPY, PLAIN, 256, 0.6),
    (NUMPY, PRODUCTS, 64, 1.9),
    (NUMPY, PRODUCTS, 256, 1.4),
    (TORCH, FUSED, 64, 1.05),
    (TORCH, FUSED, 256, 1.05),
)
IMPORT_GOAL = 0.1  # seconds


def ratio(seconds, name, base):
    """Of two lists of seconds, round by round: {"median", "min", "max"}."""
    ratios = [above / below for above, below in zip(seconds[name], seconds[base], strict=True)]
    return {"median": round(median(ratios), 3), "min": round(min(ratios), 3), "max": round(max(ratios), 3)}


def summarize(machine, seconds, import_seconds, rounds):
    """Everything that is kept of a run, as plain values.

    Parameters
    ----------
    machine : facts about it
    seconds : {batch size: {way: seconds per step in each round}}
    import_seconds : {what: seconds in each round}; the first is NumPy alone
    rounds : how many
    """
    steps = {
        str(size): {
            name: {
                "milliseconds": round(1000 * median(values), 4),
                "to_products": ratio(ways, name, PRODUCTS),
                "to_plain_pytorch": ratio(ways, name, PLAIN),
                "to_fused_pytorch": ratio(ways, name, FUSED),
            }
            for name, values in ways.items()
        }
        for size, ways in seconds.items()
    }
    numpy_alone, *others = import_seconds
    added = {
        name: round(median(a - b for a, b in zip(import_seconds[name], import_seconds[numpy_alone], strict=True)), 4)
        for name in others
    }
    goals = [
        _goal(f"batch {size}: {name} / {base}", ratio(seconds[size], name, base), limit)
        for name, base, size, limit in GOALS
    ]
    slower = {"median": added[others[0]], "min": None, "max": None}
    goals.append(_goal("seconds that `import course_lib` adds to `import numpy`", slower, IMPORT_GOAL))
    imports = {"numpy_seconds": round(median(import_seconds[numpy_alone]), 4), "seconds_added": added}
    return {"machine": machine, "rounds": rounds, "steps": steps, "imports": imports, "goals": goals}


def _goal(what, measured, limit):
    return {
        "what": what,
        "measured": measured["median"],
        "min": measured["min"],
        "max": measured["max"],
        "at_most": limit,
        "met": measured["median"] <= limit,
    }


def table(results):
    """What `make bench` prints."""
    lines = [_machine_line(results)]
    for size, ways in results["steps"].items():
        lines += [
            "",
            f"One training step, batch {size}"
            + " " * (14 - len(size))
            + "      ms   / products (min to max)     / plain PyTorch (min to max)",
        ]
        for name, way in ways.items():
            lines.append(
                f"  {name:34} {way['milliseconds']:8.3f}   {_spread(way['to_products']):25}  "
                f" {_spread(way['to_plain_pytorch'])}"
            )
    lines += ["", f"import numpy: {results['imports']['numpy_seconds']:.3f} s. Added to it:"]
    lines += [f"  {name:60} {seconds:.3f} s" for name, seconds in results["imports"]["seconds_added"].items()]
    lines += ["", "Goals"]
    for goal in results["goals"]:
        verdict = "met" if goal["met"] else "NOT MET"
        lines.append(f"  {goal['what']:62} {goal['measured']:.3f}, at most {goal['at_most']}: {verdict}")
    return "\n".join(lines)


def _spread(values):
    return f"{values['median']:6.2f} ({values['min']:.2f} to {values['max']:.2f})"


def _machine_line(results):
    machine = results["machine"]
    versions = ", ".join(f"{name} {machine[name]}" for name in ("python", "numpy", "torch", "scikit-learn"))
    return (
        f"{machine['processor']}, {machine['cores']} cores, 1 thread used; {versions}; "
        f"median of {results['rounds']} interleaved rounds"
    )


def page_block(results):
    """CONTRIBUTING's table, as it stands between the block's comments."""
    sizes = list(results["steps"])
    lines = [
        "| one training step | " + " | ".join(f"batch {size}" for size in sizes) + " |",
        "|---|" + "---|" * len(sizes),
    ]
    for name in results["steps"][sizes[0]]:
        cells = [_cell(results["steps"][size][name]) for size in sizes]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    lines += ["", f"Measured on {_machine_line(results)}."]
    return "\n".join(lines)


def _cell(way):
    return f"{way['milliseconds']:.2f} ms, {way['to_plain_pytorch']['median']:.2f}"


def page_with_block(text, results):
    """CONTRIBUTING's text with its table replaced."""
    return with_block(text, BLOCK, page_block(results), PAGE)
