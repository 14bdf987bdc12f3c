"""Claim: with Adam, weight decay apart from the gradient (AdamW) does better than an L2 penalty in the loss.

Both get their own best strength and the same learning rates. The strengths reach far enough to both sides that the best
one is neither the weakest nor the strongest.
"""

from course_lib.experiments import remedies
from course_lib.experiments.experiment import Comparison
from course_lib.experiments.short_runs import ACCURACY

EXPERIMENT = remedies.remedy_experiment(
    claim="With Adam, weight decay apart from the gradient (AdamW) is more accurate than an L2 penalty in the loss.",
    source="Loshchilov and Hutter 2019",
    strengths={"L2": [1e-3, 3e-3, 1e-2, 3e-2, 1e-1], "weight decay": [0.1, 0.3, 1.0, 3.0, 10.0, 30.0]},
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
