"""A tuned claim whose numbers can be followed by hand: the effect of seed s is exactly 2 + s / 10."""

from course_lib.experiments.experiment import Comparison, Experiment, Outcome


def tune(seed, settings):
    """Arm "long" scores best at 0.1, arm "short" at 0.01, the edge of the grid."""
    best = {"long": 0.1, "short": 0.01}
    return {arm: {rate: -abs(rate - best[arm]) - seed / 1e6 for rate in settings["rates"]} for arm in best}


def run(seed, settings, learning_rates):
    """The arms' numbers hold the learning rates that were chosen, so that a wrong choice shows."""
    start = seed + learning_rates["short"]
    ahead = start + settings["lead"] + seed / 10
    return Outcome(
        arms={"long": {"way": ahead, "rate": learning_rates["long"]}, "short": {"way": start, "rate": 0.0}},
        fired={"steps taken": seed + 1},
    )


EXPERIMENT = Experiment(
    claim="Long steps get farther than short ones.",
    source="made up",
    chapter=1,
    setting="no network at all",
    unit="steps",
    settings={"rates": [0.01, 0.1, 1.0], "lead": 2.0},
    small={"lead": 4.0},
    run=run,
    tune=tune,
    comparisons=(Comparison("from the start", "long", "short", "way"),),
)
