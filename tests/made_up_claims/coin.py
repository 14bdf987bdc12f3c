"""A claim that nothing is tuned for, of two comparisons: one is an effect, and one is noise around 0."""

import numpy as np

from course_lib.experiments.experiment import LAW, Comparison, Experiment, Outcome


def run(seed, settings, chosen):
    """Means of some throws: of a coin that lands on heads more often, and of two fair ones."""
    rng = np.random.default_rng(seed)
    shares = {
        name: float((rng.random(settings["throws"]) < chance).mean()) for name, chance in settings["coins"].items()
    }
    return Outcome(arms={name: {"share of tails": 1 - share} for name, share in shares.items()})


EXPERIMENT = Experiment(
    claim="A bent coin lands on heads more often.",
    subject="A bent coin",
    source="made up",
    chapter=2,
    setting="throws of three coins",
    unit="of all throws",
    settings={"throws": 400, "coins": {"bent": 0.8, "fair": 0.5, "fair too": 0.5}},
    small={"throws": 100},
    run=run,
    primary=Comparison("bent", "bent", "fair", "share of tails", higher_is_better=False),
    elsewhere=(Comparison("not bent", "fair too", "fair", "share of tails", higher_is_better=False),),
    smallest_effect=0.02,
    smallest_effect_reason="one throw in fifty: half of what somebody would bet on",
    kind=LAW,
)
