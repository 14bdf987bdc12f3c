"""Claim: with Adam, weight decay apart from the gradient (AdamW) does better than an L2 penalty in the loss.

Both are annealed, as in the paper, and get the best of all pairs of a learning rate and a strength, as in its figures.
The rates reach higher than those of the other remedies: with weight decay more of them are good.
"""

from course_lib.experiments import remedies

RATES = [1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2]
STRENGTHS = {"L2": [3e-4, 1e-3, 3e-3, 1e-2], "weight decay": [0.1, 0.3, 1.0, 3.0]}
REDRAWN = {"L2": [3e-3, 1e-2, 3e-2, 1e-1], "weight decay": [0.3, 1.0, 3.0, 10.0]}
FEWER = {"L2": [3e-4, 1e-3, 3e-3], "weight decay": [0.3, 1.0, 3.0]}  # for what takes four times as long
CASES = {  # the primary first
    case: {**remedies.CASES[case], **own}
    for case, own in {
        remedies.PRIMARY: {},
        "5,000 images": {},
        "1,000 images, 40% redrawn": {"grid": RATES[:-1], "strengths": REDRAWN},
        "1,000 images, 40% redrawn, rate 0.001": {"strengths": REDRAWN},
        "1,000 images, layers of 256 and 128 units": {"grid": [1e-3, 3e-3, 1e-2], "strengths": FEWER},
    }.items()
}

EXPERIMENT = remedies.remedy_experiment(
    claim="With Adam, weight decay apart from the gradient (AdamW) is more accurate than an L2 penalty in the loss.",
    subject="AdamW's weight decay in place of an L2 penalty",
    source="Loshchilov and Hutter 2019",
    strengths=STRENGTHS,
    compared=remedies.comparisons("weight decay", "L2", CASES),
    setting="784-64-64-10, ReLU with He, Adam or AdamW with warm-up and cosine, 1,000 Fashion-MNIST images, 1,500 "
    "steps of 64, each tried at 24 pairs of a learning rate and a strength with other seeds, then run at its best",
    settings={**remedies.SETTINGS, "grid": RATES, "strengths": STRENGTHS, "cases": CASES},
    larger_studies="Loshchilov and Hutter 2019: residual networks on CIFAR-10 and on small ImageNet images have a "
    "lower test error with AdamW than with Adam and L2.",
    edges={"L2, 1,000 images: l2": remedies.NEXT_TO_NONE},
)
