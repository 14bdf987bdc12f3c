"""What `bench machine` measures."""

from course_lib.benchmarks import machine, parts
from course_lib.benchmarks.facts import machine_facts
from course_lib.benchmarks.plan import Part, Plan
from course_lib.threads import limit_threads

FULL = {"rounds": 15, "seconds_a_turn": 0.2, "progress": True}
SMOKE = {"rounds": 1, "seconds_a_turn": 0.001, "progress": True}
SIZES = (1, 4, 16, 64, 256, 1024, 4096)


def plan(arguments):
    """The Plan of `bench machine`, from the command's options `smoke` and `compile`.

    Everything but the table of threads is measured on one thread, see `course_lib.threads`.
    """
    limit_threads(1)
    timing = SMOKE if arguments.smoke else FULL
    sizes = (16, 64) if arguments.smoke else SIZES
    pair = (16, 64) if arguments.smoke else (64, 1024)
    images, steps, rounds = (256, 3, 1) if arguments.smoke else (10_000, 200, 5)
    parts_of_the_plan = [
        *_ways(timing, steps, arguments.compile),
        *_sizes(timing, sizes, pair),
        Part(
            "data_loading",
            f"Where the batches of {machine.BATCH} come from",
            parts.LOADING_COLUMNS,
            lambda _: parts.measure_data_loading(n_examples=images, **timing | {"rounds": rounds}),
            parts.LOADING_NOTE,
        ),
    ]
    return Plan("machine", machine_facts(), parts_of_the_plan, smoke=arguments.smoke)


def _ways(timing, steps, compile):
    """The ways to compute one layer and one network, and the parts of a step."""
    return [
        Part(
            "layer_ways",
            machine.LAYER_TITLE,
            machine.WAY_COLUMNS,
            lambda _: machine.measure_layer_ways(**timing),
            machine.PYTHON_NOTE,
        ),
        Part(
            "training_ways",
            machine.NETWORK_TITLE,
            machine.WAY_COLUMNS,
            lambda _: machine.measure_training_ways(compile=compile, **timing),
            machine.PYTHON_NOTE,
        ),
        Part(
            "profile",
            f"The parts of that step, batch {machine.BATCH}",
            parts.PROFILE_COLUMNS,
            lambda _: parts.profile_step(steps=steps, device=machine.gpu_kind()),
        ),
    ]


def _sizes(timing, sizes, pair):
    """The network's images a second in training: by batch size, by threads, by precision."""
    network = f"{machine.NETWORK}: images a second in training"
    return [
        Part(
            "batch_sizes",
            f"{network}, by batch size",
            machine.BATCH_SIZE_COLUMNS,
            lambda _: machine.measure_batch_sizes(sizes, **timing),
        ),
        Part(
            "threads",
            f"{network}, by number of threads",
            machine.THREAD_COLUMNS,
            lambda _: machine.measure_threads(sizes=pair, **timing),
        ),
        Part(
            "precisions",
            f"{network}, by precision",
            machine.PRECISION_COLUMNS,
            lambda _: machine.measure_precisions(pair, **timing),
            machine.PRECISION_NOTE,
        ),
    ]
