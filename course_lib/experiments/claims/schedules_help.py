"""Claim: a learning rate that changes over the run, as its schedule says, does better than a constant one.

Each arm is an optimizer with a schedule, at the best learning rate of one grid for all: the rate that stands still in
"constant", the first one in "step", the highest one in the other two. All arms make the same number of steps.
"""

import functools

from course_lib.experiments import recipe_arms, short_runs
from course_lib.experiments.experiment import Comparison, Experiment, Outcome
from course_lib.recipe import Recipe

SCHEDULES = {"constant": "constant", "step": "step", "cosine": "cosine", "one_cycle": "one-cycle"}
OPTIMIZERS = {"momentum": "momentum", "adam": "Adam"}
STEP_AT = (0.5, 0.75)  # shares of the run after which "step" divides the rate by 10: He et al. 2016, section 4.2


def arm(optimizer, schedule):
    """arm("adam", "one_cycle") -> "Adam, one-cycle"."""
    return f"{OPTIMIZERS[optimizer]}, {SCHEDULES[schedule]}"


def recipes(seed, settings):
    """{arm: Recipe} of both optimizers with every schedule."""
    plain = Recipe(hidden_layers=(settings["width"],) * settings["depth"], drop_rate=0.0, seed=seed)
    divided_at = tuple(int(share * settings["steps"]) for share in STEP_AT)
    return {
        arm(optimizer, schedule): plain.replace(
            optimizer=optimizer,
            schedule=schedule,
            schedule_steps=divided_at if schedule == "step" else (),
        )
        for optimizer in OPTIMIZERS
        for schedule in SCHEDULES
    }


def run(seed, settings, learning_rates):
    """One seed: test accuracy and loss of every arm, and how far each schedule took its rate down."""
    runs = recipe_arms.trained(recipes, seed, settings, learning_rates)
    return Outcome(
        recipe_arms.measured(runs),
        {
            f"decades from the recipe's rate down to the last one, {name}": short_runs.decades_down(runs[name])
            for name, recipe in recipes(seed, settings).items()
            if recipe.schedule != "constant"
        },
    )


tune = functools.partial(recipe_arms.tune, recipes)


EXPERIMENT = Experiment(
    claim="A learning rate that falls over the run by a schedule reaches a higher accuracy than a constant one.",
    source="He et al. 2016; Loshchilov and Hutter 2017; Smith and Topin 2018",
    chapter=4,
    setting=(
        "2 hidden layers of 50 units, ELU with batch norm, 4,000 Fashion-MNIST images, 600 steps of 64; step (a tenth "
        "after 50% and 75% of the run), cosine and one-cycle against a constant rate, each at its best of 14 rates"
    ),
    unit="percentage points",
    settings={
        "width": 50,
        "depth": 2,
        "grid": [2.2e-4, 4.6e-4, 0.001, 0.0022, 0.0046, 0.01, 0.022, 0.046, 0.1, 0.22, 0.46, 1.0, 2.2, 4.6],
        "steps": 600,
        "images": 4000,
    },
    small={"width": 20, "grid": [0.003, 0.03], "steps": 60, "images": 1000},
    run=run,
    tune=tune,
    comparisons=tuple(
        Comparison(
            f"{words}, {optimizer_words}",
            arm(optimizer, schedule),
            arm(optimizer, "constant"),
            short_runs.ACCURACY,
        )
        for optimizer, optimizer_words in OPTIMIZERS.items()
        for schedule, words in {key: SCHEDULES[key] for key in ("cosine", "step", "one_cycle")}.items()
    ),
    smallest_effect=0.25,
    large=False,
)
