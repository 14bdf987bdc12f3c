"""Claim: with Adam, weight decay apart from the gradient (AdamW) does better than an L2 penalty in the loss.

Both get their own best strength: of three for L2, of five for weight decay, where the best of the first three was the
strongest. The learning rates are the same.
"""

from course_lib.experiments import remedies
from course_lib.experiments.experiment import Comparison
from course_lib.experiments.short_runs import ACCURACY

EXPERIMENT = remedies.remedy_experiment(
    claim="With Adam, weight decay apart from the gradient (AdamW) is more accurate than an L2 penalty in the loss.",
    source="Loshchilov and Hutter 2019",
    strengths={"L2": [1e-2, 3e-2, 1e-1], "weight decay": [1.0, 3.0, 10.0, 30.0, 100.0]},
    comparisons=[
        Comparison(
            f"{labels}, {rates}",
            remedies.arm("weight decay", labels, rates),
            remedies.arm("L2", labels, rates),
            ACCURACY,
        )
        for rates in remedies.RATES
        for labels in reversed(remedies.LABELS)
    ],
)
