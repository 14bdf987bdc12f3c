"""Claim: a run that stops where the validation loss was lowest does better than one that goes on to its end."""

from course_lib.experiments import remedies

EXPERIMENT = remedies.remedy_experiment(
    claim="A run that is stopped at its lowest validation loss is more accurate than one that goes on.",
    source="the article; Prechelt 1998",
    strengths={"early stopping": [2, 5]},
    comparisons=remedies.over_none("early stopping"),
    small={"images": 100, "epochs": 40, "usual_rate": 0.003, "grid": [0.003]},  # long enough to have something to stop
)
