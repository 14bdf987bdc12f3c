"""Learning rates that change over a run: what a Recipe's `schedule` and `schedule_steps` mean.

Whoever makes the updates sets the optimizer's rate before each of them: `fit`, and the experiments' short runs. With
the same steps these are PyTorch's MultiStepLR, LinearLR followed by CosineAnnealingLR, and OneCycleLR.
"""

import math

from course_lib.recipe import RecipeError

STEP_FACTOR = 0.1  # "step": what the rate is multiplied by at each of its steps
PEAK_SHARE = 0.3  # "one_cycle": the share of the run up to the highest rate, where no step is given for it
FIRST_SHARE = 1 / 25  # "one_cycle": the first rate, in units of the highest one
LAST_SHARE = FIRST_SHARE / 10_000  # "one_cycle": the last rate
FEWEST_ONE_CYCLE_STEPS = 4  # of a run in which 30% is a step or more


def learning_rate_at(recipe, step, total_steps):
    """The learning rate of one update.

    Parameters
    ----------
    recipe : Recipe
    step : updates made before this one, 0 to total_steps - 1
    total_steps : updates of the whole run

    Returns
    -------
    float. The formulas: "step" as in He et al. 2016, section 4.2; "cosine" of Loshchilov and Hutter 2017, equation 5,
    without restarts; its warm-up of Goyal et al. 2017, section 2.2; "one_cycle" of Smith and Topin 2018, with half
    cosines for its two sides

    Raises
    ------
    ValueError : a step that is not in the run
    """
    if not 0 <= step < total_steps:
        raise ValueError(f"step is {step!r}; the run has the steps 0 to {total_steps - 1}.")
    if recipe.schedule == "constant":
        return recipe.learning_rate
    if recipe.schedule == "step":
        passed = sum(step >= change for change in recipe.schedule_steps)
        return recipe.learning_rate * STEP_FACTOR**passed  # eta / 10^k after k changes
    if recipe.schedule == "cosine":
        return _cosine(recipe, step, total_steps)
    return _one_cycle(recipe, step, total_steps)


def check_schedule(recipe, total_steps):
    """Nothing if the recipe's schedule fits into a run of this many steps.

    Raises
    ------
    RecipeError : a schedule step that never comes, or a run too short for the schedule. The message says how many steps
        the run has
    """
    schedule, steps, last = recipe.schedule, recipe.schedule_steps, total_steps - 1
    length = f"the run has {total_steps} steps, 0 to {last}"
    latest = last - 1 if schedule == "one_cycle" else last  # after its highest rate it must come down
    if steps and steps[-1] > latest:
        why = "leaves no step to come down in" if steps[-1] == last else "never comes"
        raise RecipeError(
            f"schedule_steps is {steps} with schedule={schedule!r}: {length}; step {steps[-1]} {why}. Give steps up to "
            f"{latest}, or train longer (more epochs, or smaller batches)."
        )
    if schedule == "one_cycle" and total_steps < FEWEST_ONE_CYCLE_STEPS:
        raise RecipeError(
            f"schedule is 'one_cycle', which needs {FEWEST_ONE_CYCLE_STEPS} steps or more: {length}. Train longer, or "
            "set schedule='constant'."
        )


def _cosine(recipe, step, total_steps):
    warm_up = recipe.schedule_steps[0] if recipe.schedule_steps else 0
    if step < warm_up:
        return recipe.learning_rate * (step + 1) / warm_up  # eta (t + 1) / w
    done = (step - warm_up) / (total_steps - warm_up)
    return recipe.learning_rate * (1 + math.cos(math.pi * done)) / 2  # eta (1 + cos(pi (t - w) / (T - w))) / 2


def _one_cycle(recipe, step, total_steps):
    last = total_steps - 1
    peak = recipe.schedule_steps[0] if recipe.schedule_steps else PEAK_SHARE * total_steps - 1
    first_rate, last_rate = FIRST_SHARE * recipe.learning_rate, LAST_SHARE * recipe.learning_rate
    if step <= peak:
        return _half_cosine(first_rate, recipe.learning_rate, step / peak)
    return _half_cosine(recipe.learning_rate, last_rate, (step - peak) / (last - peak))


def _half_cosine(start, end, share):
    return end + (start - end) * (1 + math.cos(math.pi * share)) / 2  # from start at share 0 to end at share 1
