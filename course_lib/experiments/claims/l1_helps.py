"""Claim: a penalty on the sum of all |weights| raises the accuracy."""

from course_lib.experiments import remedies

EXPERIMENT = remedies.remedy_experiment(
    claim="An L1 penalty on the weights raises the accuracy.",
    subject="An L1 penalty",
    source="the article; Tibshirani 1996",
    strengths={"L1": [1e-5, 3e-5, 1e-4, 3e-4]},
    cases=remedies.with_strengths({"L1": [1e-4, 3e-4, 1e-3, 3e-3]}),
    compared=remedies.comparisons("L1"),
    edges={"L1, 1,000 images: l1": remedies.NEXT_TO_NONE},
)
