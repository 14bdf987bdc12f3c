"""Claim: a small batch reaches a higher accuracy than a large one.

Compared at equal epochs, where all see as many images and a small batch makes more steps of them; at equal steps, where
a large batch sees more images; and at equal time. Every batch size has its best learning rate, but in the cases on
scaling: there only the rate of batches of 32 is tuned, and batches of 512 take it as it is or
scaled by the usual rule.

The primary comparison is at equal epochs: whoever changes the batch size changes nothing else at first.
"""

import functools

from course_lib.experiments import own_budgets, recipe_arms, short_runs
from course_lib.experiments.experiment import Comparison, Experiment
from course_lib.recipe import Recipe
from course_lib.training.batches import steps_per_epoch

EPOCHS, STEPS, TIME = "epochs", "steps", "time"  # what is equal
TUNED, LARGE = 32, 512  # batches whose rate is tuned where rates are scaled, and those it is scaled for
KEPT, SCALED = "rate of 32", "scaled rate"
PAIRS = ((32, 512), (8, 32), (32, 128), (128, 512))  # small over large
CASES = {  # the primary first
    "25 epochs": {"equal": EPOCHS, "epochs": 25, "sizes": [32, 128, 512], "optimizer": "adam"},
    "6 epochs": {"equal": EPOCHS, "epochs": 6, "sizes": [8, 32, 128, 512], "optimizer": "adam"},
    "200 steps": {"equal": STEPS, "sizes": [8, 32, 128, 512], "optimizer": "adam"},
    "0.35 seconds": {"equal": TIME, "sizes": [8, 32, 128, 512], "optimizer": "adam"},
    "6 epochs, Adam": {"equal": EPOCHS, "epochs": 6, "optimizer": "adam", "scaled_by": 4.0},  # the root of 512 / 32
    "6 epochs, momentum": {"equal": EPOCHS, "epochs": 6, "optimizer": "momentum", "scaled_by": 16.0},  # 512 / 32
    # In which batches of 32 make the steps of 25 epochs, and batches of 512 those of 71.
    "3 seconds": {"equal": TIME, "seconds": 3.0, "sizes": [32, 512], "optimizer": "adam"},
    "3 seconds, Adam": {"equal": TIME, "seconds": 3.0, "optimizer": "adam", "scaled_by": 4.0},
}


def arm(case, size, rate=""):
    """arm("6 epochs, Adam", 512, SCALED) -> "6 epochs, Adam, batch 512, scaled rate"."""
    return f"{case}, batch {size}" + (f", {rate}" if rate else "")


def sizes(settings):
    """{arm: batch size} of one case."""
    case = settings["case"]
    if "scaled_by" in settings:
        return {arm(case, TUNED): TUNED, arm(case, LARGE, KEPT): LARGE, arm(case, LARGE, SCALED): LARGE}
    return {arm(case, size): size for size in settings["sizes"]}


def steps_of(settings, size):
    """How many steps batches of a size make in one case."""
    if settings["equal"] == STEPS:
        return settings["steps"]
    if settings["equal"] == TIME:
        return max(2, round(1000 * settings["seconds"] / settings["milliseconds_per_step"][str(size)]))
    return settings["epochs"] * steps_per_epoch(settings["images"], size)


def arms(settings):
    """{arm: (Recipe, steps)} of one case, each annealed over its own steps."""
    found = {}
    for name, size in sizes(settings).items():
        recipe = Recipe(
            hidden_layers=(settings["width"],) * settings["depth"],
            normalization="none",
            drop_rate=settings["drop_rate"],
            optimizer=settings["optimizer"],
            batch_size=size,
        )
        steps = steps_of(settings, size)
        found[name] = recipe_arms.annealed(recipe, steps), steps
    return found


def grids(settings):
    """Learning rates of every arm; where rates are scaled, of the one that is tuned."""
    tuned = [arm(settings["case"], TUNED)] if "scaled_by" in settings else sizes(settings)
    return {name: {"learning_rate": settings["grids"][settings["optimizer"]]} for name in tuned}


def run(seed, settings, chosen):
    """One seed of one case; arms with a rate that is kept or scaled get theirs from what was tuned."""
    if "scaled_by" in settings:
        rate = chosen[arm(settings["case"], TUNED)]["learning_rate"]
        factors = {KEPT: 1.0, SCALED: settings["scaled_by"]}
        chosen = {**chosen} | {
            arm(settings["case"], LARGE, name): {"learning_rate": factor * rate} for name, factor in factors.items()
        }
    return own_budgets.run(arms, functools.partial(_mechanisms, settings), seed, settings, chosen)


def _mechanisms(settings, runs, data):
    """That the smallest batch makes more steps where it must, and sees fewer images where it makes as many."""
    smallest, largest = next(iter(runs.values())), list(runs.values())[-1]
    if settings["equal"] != STEPS:
        return {"steps that the smallest batch makes more": smallest.steps - largest.steps}
    batches = [result.network.recipe.batch_size for result in (smallest, largest)]
    return {"images a step that the largest batch sees more": batches[1] - batches[0]}


COMPARISONS = tuple(
    Comparison(f"{case}, {small} over {large}", arm(case, small), arm(case, large), short_runs.ACCURACY, case=case)
    for case, own in CASES.items()
    for small, large in PAIRS
    if {small, large} <= set(own.get("sizes", ()))
) + tuple(
    Comparison(
        f"{case}, {TUNED} over {LARGE}, {rate}",
        arm(case, TUNED),
        arm(case, LARGE, rate),
        short_runs.ACCURACY,
        case=case,
    )
    for case, own in CASES.items()
    for rate in (KEPT, SCALED)
    if "scaled_by" in own
)

EXPERIMENT = Experiment(
    claim="A small batch reaches a higher accuracy than a large one.",
    subject="A small batch",
    source="Keskar et al. 2017; Masters and Luschi 2018",
    chapter=4,
    setting="2 hidden layers of 50 ELU units with dropout and without batch norm, Adam with warm-up and cosine, 8,000 "
    "Fashion-MNIST images, batches of 32 against 512 for 25 epochs, each tried at 8 learning rates with other seeds, "
    "then run at its best; elsewhere 6 epochs, 200 steps, and the steps that 0.35 and 3 seconds allow",
    unit="percentage points",
    settings={
        "data": "full",
        "images": 8000,
        "width": 50,
        "depth": 2,
        "drop_rate": 0.2,
        "grids": {
            "adam": [0.001, 0.0022, 0.0046, 0.01, 0.022, 0.046, 0.1, 0.22],
            "momentum": [0.0022, 0.0046, 0.01, 0.022, 0.046, 0.1, 0.22, 0.46],
        },
        "epochs": 6,
        "steps": 200,
        "seconds": 0.35,
        # Processor time on one core of a busy server in 2026, the median of 5 runs of 150 steps of this network with
        # Adam, measured once: the numbers of steps must not depend on the machine. On a graphics processor large
        # batches cost far less than here. Equal epochs are equal floating-point operations: there nothing is measured.
        "milliseconds_per_step": {"8": 0.27, "32": 0.48, "128": 0.86, "512": 2.7},
        "cases": CASES,
    },
    small={
        "data": "embedded",
        "images": 520,
        "width": 16,
        "epochs": 1,
        "steps": 4,
        "seconds": 0.01,
        "grids": {"adam": [0.003, 0.01], "momentum": [0.03]},
    },
    run=run,
    grids=grids,
    tune=functools.partial(own_budgets.tune, arms),
    primary=COMPARISONS[0],
    elsewhere=COMPARISONS[1:],
    smallest_effect=0.5,
    smallest_effect_reason="one image in 200: half of the point for which somebody would wait for the smaller steps",
    longer={"epochs": 50},
    larger_studies="Shallue et al. 2019, over many networks and data sets: with rates tuned for each batch size, no "
    "evidence that large batches reach a worse accuracy; up to some size, twice the batch needs half the steps.",
    large=False,
)
