"""Claim: Muon reaches a higher accuracy than AdamW, that is Adam with weight decay.

Both have their decay and their learning rate tuned. The primary comparison is at a plateau, with the same number of
steps. A step of Muon takes longer: at equal time it makes fewer. How many steps each needs to a loss is measured in the
claim adam_speed, whose unit is another one.
"""

import functools

import numpy as np

from course_lib.experiments import own_budgets, recipe_arms, short_runs
from course_lib.experiments.experiment import Comparison, Experiment
from course_lib.recipe import Recipe

MUON, ADAMW, ADAM = "Muon", "AdamW", "Adam"
OPTIMIZERS = {MUON: "muon", ADAMW: "adamw", ADAM: "adam"}
CASES = {  # the primary first
    "1,200 steps": {},
    "1,200 steps without decay": {"arms": [MUON, ADAM]},
    "150 steps": {"steps": 150},
    "150 steps of 512": {"steps": 150, "batch": 512},
    "300 steps, 10 layers": {"steps": 300, "depth": 10, "drop_rate": 0.0},
    "0.25 seconds": {"equal_time": True},
}


def arm(case, words):
    """arm("150 steps", MUON) -> "150 steps, Muon"."""
    return f"{case}, {words}"


def steps_of(settings, words):
    """How many steps an arm makes in one case."""
    if settings["equal_time"]:
        return max(2, round(1000 * settings["seconds"] / settings["milliseconds_per_step"][words]))
    return settings["steps"]


def arms(settings):
    """{arm: (Recipe, steps)} of one case, each annealed over its own steps."""
    plain = Recipe(
        hidden_layers=(settings["width"],) * settings["depth"],
        drop_rate=settings["drop_rate"],
        batch_size=settings["batch"],
    )
    found = {}
    for words in settings["arms"]:
        steps = steps_of(settings, words)
        recipe = plain.replace(optimizer=OPTIMIZERS[words])
        found[arm(settings["case"], words)] = recipe_arms.annealed(recipe, steps), steps
    return found


def grids(settings):
    """Every optimizer's learning rates, and the strengths of its weight decay where it is compared with."""
    with_decay = {} if ADAM in settings["arms"] else {"l2": settings["decays"]}
    return {
        arm(settings["case"], words): {"learning_rate": settings["grids"][words], **with_decay}
        for words in settings["arms"]
    }


def mechanisms(runs, data):
    """How much larger the stable rank of Muon's steps is: how many directions a step goes in (Rudelson et al. 2007)."""
    found = {}
    for result in runs.values():
        singular = np.linalg.svd(_one_more_step(result.network, data), compute_uv=False)
        found[result.network.recipe.optimizer == "muon"] = float((singular**2).sum() / singular[0] ** 2)
    return {"stable rank of Muon's steps over the other's": found[True] - found[False]}


def _one_more_step(net, data):
    """What one more step at the recipe's full rate changes in the first layer's weights, the decay's part left out."""
    rate = net.optimizer.learning_rate = net.recipe.learning_rate
    before = net.parameters()["dense1.weight"].astype(np.float64)
    net.update(*next(short_runs.batches(net.recipe, data, 1)))
    return net.parameters()["dense1.weight"] - (1 - rate * net.recipe.l2) * before


COMPARISONS = tuple(
    Comparison(case, *(arm(case, words) for words in own.get("arms", (MUON, ADAMW))), short_runs.ACCURACY, case=case)
    for case, own in CASES.items()
)

EXPERIMENT = Experiment(
    claim="Muon reaches a higher accuracy than Adam with weight decay.",
    subject="Muon in place of AdamW",
    source="Jordan et al. 2024; Liu et al. 2025",
    chapter=4,
    setting="2 hidden layers of 50 units, ELU with batch norm and dropout, warm-up and cosine, 4,000 Fashion-MNIST "
    "images, 1,200 steps of 64, each tried at 6 learning rates with 6 decays each with other seeds, then run at its "
    "best; elsewhere without decay, 150 steps, batches of 512, 10 layers without dropout, and the steps that 0.25 "
    "seconds allow",
    unit="percentage points",
    settings={
        "data": "full",
        "images": 4000,
        "steps": 1200,
        "batch": 64,
        "width": 50,
        "depth": 2,
        "drop_rate": 0.2,
        "arms": [MUON, ADAMW],
        "grids": {
            MUON: [0.003, 0.01, 0.03, 0.1, 0.3, 1.0],
            ADAMW: [0.003, 0.01, 0.03, 0.1, 0.3, 1.0],
            ADAM: [0.003, 0.01, 0.03, 0.1, 0.3, 1.0],
        },
        "decays": [0.01, 0.03, 0.1, 0.3, 1.0, 3.0],
        "equal_time": False,
        "seconds": 0.25,
        # Processor time on one core of a busy server in 2026, the median of 5 runs of 100 steps of this network,
        # measured once: the numbers of steps must not depend on the machine. Muon's own work does not grow with the
        # batch: with larger batches the two are closer.
        "milliseconds_per_step": {MUON: 2.0, ADAMW: 0.74},
        "cases": CASES,
    },
    small={
        "data": "embedded",
        "images": 520,
        "steps": 8,
        "width": 12,
        "seconds": 0.01,
        "grids": {MUON: [0.003, 0.01], ADAMW: [0.01], ADAM: [0.01]},
        "decays": [0.1],
    },
    run=functools.partial(own_budgets.run, arms, mechanisms),
    grids=grids,
    tune=functools.partial(own_budgets.tune, arms),
    primary=COMPARISONS[0],
    elsewhere=COMPARISONS[1:],
    smallest_effect=0.5,
    smallest_effect_reason="one image in 200: half of the point for which somebody would change the optimizer",
    longer={"steps": 2400},
    edges={
        f"{arm('1,200 steps', ADAMW)}: l2": "without any decay, a case of its own, accuracy is lower by less than "
        "matters; a weaker decay lies between"
    },
    larger_studies="Liu et al. 2025: language models reach AdamW's loss with about half the computation. Wen et al. "
    "2025: with rivals tuned as well, 1.4 times as fast in small language models, and 1.1 times with 1.2 billion "
    "parameters.",
    large=False,
)
