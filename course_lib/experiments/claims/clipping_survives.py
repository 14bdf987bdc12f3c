"""Whether clipping keeps a recurrent network from blowing up, at the learning rates of a whole grid."""

from course_lib.experiments import adding_runs
from course_lib.experiments.adding_runs import BY_NORM, BY_VALUE, KINDS, NO_CLIPPING, OPTIMIZERS, arm
from course_lib.experiments.experiment import Comparison, Experiment, Outcome

SURVIVE, SOLVE, CLIPPED = "rates that survive, %", "rates that solve it, %", "steps clipped"

SETTINGS = adding_runs.SETTINGS | {
    "steps": 600,
    "evaluated": 1000,
    "annealed": False,
    "learning_rates": [0.001, 0.003, 0.01, 0.03, 0.1, 0.3],
}
SMALL = {"length": 15, "batch": 16, "steps": 60, "evaluated": 300, "learning_rates": [0.03, 0.1]}


def run(seed, settings, chosen):
    """For each optimizer and kind of clipping, the share of the grid's learning rates at which the network survives."""
    arms, fired = {}, {}
    for optimizer in OPTIMIZERS:
        for kind in KINDS:
            rates = settings["learning_rates"]
            runs = [adding_runs.train(seed, settings, optimizer, rate, kind) for rate in rates]
            arms[arm(optimizer, kind)] = {
                SURVIVE: 100 * sum(each.survived(settings) for each in runs) / len(runs),
                SOLVE: 100 * sum(each.solved(settings) for each in runs) / len(runs),
                CLIPPED: sum(each.clipped for each in runs),
            }
            if kind != NO_CLIPPING:
                fired[f"steps clipped, {arm(optimizer, kind)}"] = arms[arm(optimizer, kind)][CLIPPED]
    return Outcome(arms, fired)


# Gradient descent first: it is what blows up, and what Pascanu et al. trained with. Clipping by norm is usual today.
PRIMARY, *ELSEWHERE = (
    Comparison(arm(optimizer, kind), arm(optimizer, kind), arm(optimizer, NO_CLIPPING), SURVIVE)
    for optimizer in ("gradient_descent", "adam")
    for kind in (BY_NORM, BY_VALUE)
)

EXPERIMENT = Experiment(
    claim="Clipping the gradient keeps a recurrent network from blowing up.",
    subject="Clipping the gradient, against blowing up",
    source="the article, on gradient clipping; Pascanu et al. 2013",
    chapter=3,
    setting=(
        "adding problem of 30 steps, recurrent ReLU network of 32 units that starts at the identity, gradient descent, "
        "600 steps of 32 sequences; share of six learning rates, 0.001 to 0.3, at which the losses stay finite, no "
        "parameter exceeds 100 and the test error ends below twice that of always answering 1"
    ),
    unit="percentage points of the learning rates",
    settings=SETTINGS,
    small=SMALL,
    run=run,
    primary=PRIMARY,
    elsewhere=tuple(ELSEWHERE),
    smallest_effect=8.3,
    smallest_effect_reason="half of one of the six learning rates",
    budget_reason="it is about the steps in which a network blows up, which come early",
)
