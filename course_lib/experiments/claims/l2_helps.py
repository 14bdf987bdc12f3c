"""Claim: a penalty on the sum of all squared weights raises the accuracy."""

from course_lib.experiments import remedies

EXPERIMENT = remedies.remedy_experiment(
    claim="An L2 penalty on the weights raises the accuracy.",
    subject="An L2 penalty",
    source="the article; Krogh and Hertz 1992",
    strengths={"L2": [3e-4, 1e-3, 3e-3, 1e-2]},
    cases=remedies.with_strengths({"L2": [3e-3, 1e-2, 3e-2, 1e-1]}),
    compared=remedies.comparisons("L2"),
    larger_studies="Zhang et al. 2017: weight decay changes the accuracy of an Inception network on CIFAR-10 by less "
    "than half a point.",
    edges={"L2, 1,000 images: l2": remedies.NEXT_TO_NONE},
)
