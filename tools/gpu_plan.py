"""What `tools/bench.py gpu` measures: its parts in full size or, with --smoke, in small; and its goals."""

from dataclasses import dataclass, field

import gpu
from chip import RATE_COLUMNS, measure_rates
from course_lib.benchmarks.batches import BATCH, NETWORK
from course_lib.benchmarks.facts import machine_facts
from course_lib.benchmarks.gpu_goals import goals
from course_lib.benchmarks.plan import Part, Plan
from course_lib.threads import limit_threads
from fast_conv import Schedule

NEEDED = (
    "It needs a CUDA GPU and a PyTorch built for it (`python -m course_lib doctor` says what is here). "
    "`tools/bench.py gpu --device cpu --smoke` runs every part in small, to see that it works; "
    "`bench machine` measures this machine."
)


@dataclass(frozen=True)
class Sizes:
    """How much of everything."""

    timing: dict = field(default_factory=lambda: {"rounds": 11, "seconds_a_turn": 0.2, "progress": True})
    matrix: int = 8192
    copy_bytes: int = 2**30
    precisions: tuple = ("float32", "tf32", "bfloat16", "float16")
    step_precisions: tuple = ("float32", "tf32", "bfloat16")
    steps: int = 200
    batches: tuple = (64, 256, 1024, 4096, 16384)
    batch_images: int = 65_536
    batch_steps: int = 50
    numpy_batches: tuple = (64, 256, 1024, 4096)
    stack: int = 256
    alone: int = 8
    schedule: Schedule = field(default_factory=Schedule)
    images: int | None = None


SMOKE = Sizes(
    timing={"rounds": 1, "seconds_a_turn": 0.001, "progress": False},
    matrix=64,
    copy_bytes=2**16,
    precisions=("float32", "bfloat16"),
    step_precisions=("float32", "bfloat16"),
    steps=2,
    batches=(64, 128),
    batch_images=256,
    batch_steps=2,
    numpy_batches=(64,),
    stack=4,
    alone=2,
    schedule=Schedule(batch_size=64, epochs=1),
    images=256,
)


def plan(arguments):
    """The Plan of `tools/bench.py gpu`, from the command's options `device`, `seeds`, `smoke` and `compile`.

    Raises
    ------
    ValueError : an unknown device, one that is not here, a CPU without --smoke, no seeds
    """
    from course_lib.engine.device import choose_device

    try:
        device = str(choose_device(arguments.device))
    except ValueError as error:
        raise ValueError(f"{error}\n{NEEDED}") from None
    if not device.startswith("cuda") and not (device == "cpu" and arguments.smoke):
        raise ValueError(f"tools/bench.py gpu measures a CUDA GPU, and the device is {arguments.device!r}. {NEEDED}")
    if arguments.seeds < 1:
        raise ValueError(f"--seeds is {arguments.seeds}; it must be 1 or more (20 for a result that is kept).")
    limit_threads(1)
    sizes, seeds = (SMOKE, min(2, arguments.seeds)) if arguments.smoke else (Sizes(), arguments.seeds)
    parts = _parts(device, sizes, seeds, arguments.compile)
    return Plan("gpu", machine_facts(device), parts, goals, arguments.smoke)


def _parts(device, sizes, seeds, compile):
    def images_a_second(sections):
        rates = _rows(sections, "chip")
        return gpu.measure_images_a_second(
            device, sizes.batches, sizes.step_precisions, sizes.batch_steps, rates, sizes.batch_images, **sizes.timing
        )

    return [
        Part(
            "chip",
            "What the chip does at best",
            RATE_COLUMNS,
            lambda _: measure_rates(device, sizes.matrix, sizes.copy_bytes, sizes.precisions, **sizes.timing),
            f"Products of {sizes.matrix} x {sizes.matrix} matrices; copies of {sizes.copy_bytes:,} bytes.",
        ),
        Part(
            "steps",
            f"One training step, batch {BATCH}",
            gpu.STEP_COLUMNS,
            lambda _: gpu.measure_steps(device, sizes.steps, compile, **sizes.timing),
            "The steps follow each other without waiting. Dropout's masks are drawn on the device.",
        ),
        Part(
            "numpy",
            f"{NETWORK}: our NumPy engine on this machine's processor",
            gpu.NUMPY_COLUMNS,
            lambda _: gpu.measure_numpy(sizes.numpy_batches, **sizes.timing),
        ),
        Part(
            "images_a_second",
            f"{NETWORK}: by batch size and precision",
            gpu.RATE_BY_BATCH_COLUMNS,
            images_a_second,
            gpu.SHARES_NOTE,
        ),
        *_larger_parts(device, sizes, seeds, compile),
    ]


def _larger_parts(device, sizes, seeds, compile):
    """Many networks at once, and one network from its first weights to its accuracy."""
    return [
        Part(
            "stack",
            f"{sizes.stack} networks {gpu.STACKED_NETWORK}, batch {BATCH} each",
            gpu.STACK_COLUMNS,
            lambda _: gpu.measure_stack(device, sizes.stack, sizes.alone, sizes.steps, **sizes.timing),
            f"One after the other: {sizes.alone} networks were timed and counted up to {sizes.stack}.",
        ),
        Part(
            "to_90",
            "A small convolutional network, from random weights to its test accuracy",
            gpu.RUN_COLUMNS,
            lambda _: gpu.measure_to_90(device, seeds, sizes.schedule, sizes.images, compile),
            f"Epochs: {sizes.schedule.epochs}, batch size {sizes.schedule.batch_size}; a length chosen before. "
            "The seconds hold weights, order, steps and the measured accuracy; what is paid once stands apart.",
        ),
    ]


def _rows(sections, name):
    return next((part["rows"] for part in sections if part["name"] == name), [])
