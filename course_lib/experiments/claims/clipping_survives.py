"""Whether clipping keeps a recurrent network from blowing up, at the learning rates of a whole grid."""

from course_lib.experiments import adding_runs
from course_lib.experiments.adding_runs import BY_NORM, BY_VALUE, NO_CLIPPING, OPTIMIZERS, arm
from course_lib.experiments.experiment import Experiment, Outcome

SETTINGS = adding_runs.SETTINGS | {
    "steps": 600,
    "early_steps": 300,
    "evaluated": 1000,
    "learning_rates": {
        "gradient_descent": [0.001, 0.003, 0.01, 0.03, 0.1, 0.3],
        "adam": [0.001, 0.003, 0.01, 0.03, 0.1, 0.3],
    },
}
SMALL = {
    "steps": 150,
    "early_steps": 75,
    "evaluated": 500,
    "learning_rates": {"gradient_descent": [0.03, 0.1], "adam": [0.01, 0.1]},
}


def run(seed, settings, learning_rates):
    """For each optimizer and kind of clipping, the share of the grid's learning rates at which the network survives."""
    arms, fired = {}, {}
    for optimizer in OPTIMIZERS:
        for kind in (NO_CLIPPING, BY_NORM, BY_VALUE):
            rates = settings["learning_rates"][optimizer]
            runs = [adding_runs.train(seed, settings, optimizer, rate, kind) for rate in rates]
            arms[arm(optimizer, kind)] = {
                "rates that survive": 100 * sum(each.survived(settings) for each in runs) / len(runs),
                "rates that solve it": 100 * sum(each.solved(settings) for each in runs) / len(runs),
                "steps clipped": sum(each.clipped for each in runs),
            }
            if kind != NO_CLIPPING:
                fired[f"steps clipped, {arm(optimizer, kind)}"] = arms[arm(optimizer, kind)]["steps clipped"]
    return Outcome(arms, fired)


EXPERIMENT = Experiment(
    claim="Clipping the gradient keeps a recurrent network from blowing up.",
    source="The article, on gradient clipping; Pascanu et al. 2013",
    chapter=3,
    setting=(
        "Adding problem of 30 steps, recurrent ReLU network of 32 units that starts at the identity, 600 steps of 32 "
        "sequences; share of six learning rates, 0.001 to 0.3, at which the losses stay finite, no parameter exceeds "
        "100 and the test error ends below twice that of always answering 1"
    ),
    unit="percentage points of the learning rates",
    settings=SETTINGS,
    small=SMALL,
    run=run,
    comparisons=adding_runs.comparisons("rates that survive"),
    smallest_effect=8.3,  # half of one of the six learning rates
)
