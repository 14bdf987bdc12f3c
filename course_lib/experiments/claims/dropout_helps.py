"""Claim: dropout raises the accuracy."""

from course_lib.experiments import remedies

EXPERIMENT = remedies.remedy_experiment(
    claim="Dropout raises the accuracy.",
    source="the article; Srivastava et al. 2014",
    strengths={"dropout": [0.2, 0.5, 0.7]},
    comparisons=remedies.over_none("dropout"),
)
