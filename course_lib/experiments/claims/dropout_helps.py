"""Claim: dropout raises the accuracy."""

from course_lib.experiments import remedies

EXPERIMENT = remedies.remedy_experiment(
    claim="Dropout raises the accuracy.",
    subject="Dropout",
    source="the article; Srivastava et al. 2014",
    strengths={"dropout": [0.05, 0.1, 0.2, 0.4]},
    cases=remedies.with_strengths({"dropout": [0.1, 0.2, 0.4, 0.6]}),
    compared=remedies.comparisons("dropout"),
    larger_studies="Srivastava et al. 2014: on MNIST dropout takes less than half a point off the error, on CIFAR-10 "
    "and CIFAR-100 more than two.",
)
