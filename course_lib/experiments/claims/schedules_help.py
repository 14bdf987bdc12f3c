"""Claim: a learning rate that changes over the run, as its schedule says, does better than a constant one.

Each arm is an optimizer with a schedule, at its best learning rate: the rate that stands still in "constant", the first
one in "step", the highest one in the other two. All arms of a case make the same number of steps. Cosine has no
warm-up here: what that does is the claim warm_up_helps.

The primary comparison is cosine with Adam, in the course's default network: what somebody would add first.
"""

import functools

from course_lib.experiments import recipe_arms, short_runs
from course_lib.experiments.experiment import Comparison, Experiment
from course_lib.recipe import Recipe

SCHEDULES = {"constant": "constant", "cosine": "cosine", "step": "step", "one_cycle": "one-cycle"}
OPTIMIZERS = {"adam": "Adam", "momentum": "momentum"}
STEP_AT = (0.5, 0.75)  # shares of the run after which "step" divides the rate by 10: He et al. 2016, section 4.2
CASES = {  # the primary first
    f"{words}{more}": {"optimizer": optimizer, **own}
    for more, own in {"": {}, ", 200 steps": {"steps": 200}, ", 40% of labels redrawn": {"redrawn": 0.4}}.items()
    for optimizer, words in OPTIMIZERS.items()
}


def arm(case, schedule):
    """arm("Adam, 200 steps", "one_cycle") -> "Adam, 200 steps, one-cycle"."""
    return f"{case}, {SCHEDULES[schedule]}"


def arms(settings):
    """{arm: Recipe} of one case: its optimizer with every schedule."""
    plain = Recipe(
        hidden_layers=(settings["width"],) * settings["depth"],
        drop_rate=settings["drop_rate"],
        optimizer=settings["optimizer"],
    )
    divided_at = tuple(int(share * settings["steps"]) for share in STEP_AT)
    return {
        arm(settings["case"], schedule): plain.replace(
            schedule=schedule, schedule_steps=divided_at if schedule == "step" else ()
        )
        for schedule in SCHEDULES
    }


def grids(settings):
    """The optimizer's learning rates, the same for every schedule."""
    return {name: {"learning_rate": settings["grids"][settings["optimizer"]]} for name in arms(settings)}


def mechanisms(runs, data):
    """How far each schedule took its rate down."""
    return {
        f"decades from the recipe's rate down to the last one, {name}": short_runs.decades_down(result)
        for name, result in runs.items()
        if result.network.recipe.schedule != "constant"
    }


COMPARISONS = tuple(
    Comparison(arm(case, schedule), arm(case, schedule), arm(case, "constant"), short_runs.ACCURACY, case=case)
    for case in CASES
    for schedule in SCHEDULES
    if schedule != "constant"
)

EXPERIMENT = Experiment(
    claim="A learning rate that falls over the run by a schedule reaches a higher accuracy than a constant one.",
    subject="A learning rate schedule",
    source="He et al. 2016; Loshchilov and Hutter 2017; Smith and Topin 2018",
    chapter=4,
    setting="2 hidden layers of 50 units, ELU with batch norm and dropout, 8,000 Fashion-MNIST images, 1,600 steps of "
    "64; cosine with Adam against a constant rate, each tried at 9 learning rates with other seeds, then run at its "
    "best; elsewhere step (a tenth after 50% and 75% of the run), one-cycle, momentum, 200 steps, and redrawn labels",
    unit="percentage points",
    settings={
        "data": "full",
        "images": 8000,
        "steps": 1600,
        "width": 50,
        "depth": 2,
        "drop_rate": 0.2,
        "redrawn": 0.0,
        "grids": {
            "adam": [1e-4, 3e-4, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0],
            "momentum": [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0],
        },
        "cases": CASES,
    },
    small={
        "data": "embedded",
        "images": 500,
        "steps": 16,
        "width": 16,
        "grids": {"adam": [0.003, 0.03], "momentum": [0.03]},
    },
    run=functools.partial(recipe_arms.run, arms, mechanisms),
    grids=grids,
    tune=functools.partial(recipe_arms.tune, arms),
    primary=COMPARISONS[0],
    elsewhere=COMPARISONS[1:],
    smallest_effect=0.5,
    smallest_effect_reason="one image in 200: half of the point for which somebody would add a schedule",
    longer={"steps": 3200},
    larger_studies="Defazio et al. 2024, from convex problems to large networks: the average of the iterates of a run "
    "without a schedule did as well as tuned schedules, or better.",
    tuning_seeds=5,  # the last iterate at a constant rate is noisy
    large=False,
)
