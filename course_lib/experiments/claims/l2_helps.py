"""Claim: a penalty on the sum of all squared weights raises the accuracy."""

from course_lib.experiments import remedies

EXPERIMENT = remedies.remedy_experiment(
    claim="An L2 penalty on the weights raises the accuracy.",
    source="the article; Krogh and Hertz 1992",
    strengths={"L2": [3e-3, 1e-2, 3e-2, 1e-1]},
    comparisons=remedies.over_none("L2"),
)
