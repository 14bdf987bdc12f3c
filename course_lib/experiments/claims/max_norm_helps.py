"""Claim: a bound on the length of each unit's incoming weights raises the accuracy."""

from course_lib.experiments import remedies

EXPERIMENT = remedies.remedy_experiment(
    claim="A bound on the length of each unit's incoming weights raises the accuracy.",
    subject="Max-norm",
    source="the article; Srivastava et al. 2014, section 5.1",
    strengths={"max-norm": [0.375, 0.75, 1.5]},
    cases=remedies.with_strengths({"max-norm": [0.1875, 0.375, 0.75, 1.5]}),
    compared=remedies.comparisons("max-norm"),
    larger_studies="Srivastava et al. 2014 combine it with dropout: on MNIST the error falls from 1.25% to 1.06%.",
)
