"""Claim: a penalty on the sum of all |weights| raises the accuracy."""

from course_lib.experiments import remedies

EXPERIMENT = remedies.remedy_experiment(
    claim="An L1 penalty on the weights raises the accuracy.",
    source="the article; Tibshirani 1996",
    strengths={"L1": [3e-4, 1e-3, 3e-3]},
    comparisons=remedies.over_none("L1"),
)
