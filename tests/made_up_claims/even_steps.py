"""A tuned claim of two cases whose numbers can be followed by hand.

The effect of seed s is exactly 2 + s / 10 on flat ground and -1 + s / 10 uphill.
"""

from course_lib.experiments.experiment import Comparison, Experiment, Outcome

BEST_SLOPES = {"long": 0.1, "short": 0.01}  # the second at the edge of the grid


def arm(length, settings):
    """arm("long", settings of the case "flat") -> "long, flat"."""
    return f"{length}, {settings['case']}"


def grids(settings):
    return {arm(length, settings): {"slope": settings["slopes"]} for length in BEST_SLOPES}


def tune(seed, settings, trials):
    """Scores fall with the distance from the best slope; every day more adds a quarter."""
    best = {arm(length, settings): slope for length, slope in BEST_SLOPES.items()}
    gain = (settings["days"] - 1) / 4 - seed / 1e6
    return {name: [gain - abs(choice["slope"] - best[name]) for choice in choices] for name, choices in trials.items()}


def run(seed, settings, chosen):
    """The arms' numbers hold the slopes that were chosen, so that a wrong choice shows."""
    long, short = arm("long", settings), arm("short", settings)
    start = seed + chosen[short]["slope"]
    ahead = start + settings["lead"] + seed / 10
    return Outcome(
        arms={long: {"way": ahead, "slope": chosen[long]["slope"]}, short: {"way": start, "slope": 0.0}},
        fired={"steps taken": seed + 1},
    )


EXPERIMENT = Experiment(
    claim="Long steps get farther than short ones.",
    subject="Taking long steps",
    source="made up",
    chapter=1,
    setting="no network at all, on flat ground and uphill",
    unit="steps",
    settings={
        "slopes": [0.01, 0.1, 1.0],
        "days": 1,
        "cases": {"uphill": {"lead": -1.0}, "flat": {"lead": 2.0}},  # the primary's is not the first here
    },
    small={"lead": 4.0},
    run=run,
    grids=grids,
    tune=tune,
    primary=Comparison("flat ground", "long, flat", "short, flat", "way", case="flat"),
    elsewhere=(Comparison("up the hill", "long, uphill", "short, uphill", "way", case="uphill"),),
    smallest_effect=0.5,
    smallest_effect_reason="half a step, half of what is counted",
    longer={"days": 2},
    budget_reason="A day is what there is.",
    edges={"short, flat: slope": "no smaller slope can be walked", "short, uphill: slope": "as on flat ground"},
)
