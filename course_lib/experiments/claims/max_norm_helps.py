"""Claim: a bound on the length of each unit's incoming weights raises the accuracy."""

from course_lib.experiments import remedies

EXPERIMENT = remedies.remedy_experiment(
    claim="A bound on the length of each unit's incoming weights raises the accuracy.",
    source="the article; Srivastava et al. 2014, section 5.1",
    strengths={"max-norm": [0.25, 0.5, 1.0]},
    comparisons=remedies.over_none("max-norm"),
)
