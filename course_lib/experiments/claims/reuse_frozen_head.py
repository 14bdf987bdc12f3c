"""Claim: with few labels a new head on a frozen body is better than fine-tuning the whole network."""

import functools

from course_lib.experiments import reuse_arms
from course_lib.experiments.experiment import Experiment
from course_lib.experiments.reuse_arms import CONVOLUTIONAL, DENSE, FINE_TUNED, HEAD
from course_lib.experiments.reuse_images import ON_GRAY, SHIFTED, TWO_CLASSES

WAYS = (HEAD, FINE_TUNED)
CASES = reuse_arms.cases(
    (DENSE, SHIFTED, [50, 200]),
    (DENSE, TWO_CLASSES, [50, 200]),
    (DENSE, ON_GRAY, [50, 200]),
    (CONVOLUTIONAL, SHIFTED, [50]),
    (CONVOLUTIONAL, TWO_CLASSES, [50]),
)
COMPARISONS = {each.label: each for each in reuse_arms.comparisons(HEAD, FINE_TUNED, CASES)}
PRIMARY = COMPARISONS.pop(f"{DENSE}, {SHIFTED}, 50 labels")

EXPERIMENT = Experiment(
    claim="With few labels a new head on a frozen body reaches a higher accuracy than fine-tuning the whole network.",
    subject="Freezing the reused body",
    source="Yosinski et al. 2014",
    chapter=4,
    setting="two hidden layers of 64 units with ELU, or three convolutions of 16 channels, trained on 10,000 "
    "Fashion-MNIST images; then the same classes shifted or on a gray ground, or pullover against coat after the other "
    "eight classes; 50 or 200 labels; Adam with warm-up and cosine, 400 steps of 32 (convolutional: 200), each tried "
    "at 6 learning rates with other seeds, then run at its best",
    unit="percentage points",
    settings=reuse_arms.SETTINGS | {"target_images": 2000, "cases": CASES},
    small=reuse_arms.SMALL | {"target_images": 1300},
    run=functools.partial(reuse_arms.run, WAYS),
    grids=functools.partial(reuse_arms.grids, WAYS),
    tune=functools.partial(reuse_arms.tune, WAYS),
    primary=PRIMARY,
    elsewhere=tuple(COMPARISONS.values()),
    smallest_effect=1.0,
    smallest_effect_reason="half of the two points for which somebody would choose between the two by accuracy",
    larger_studies="Over sixteen networks and twelve data sets, of thousands of images mostly, fine-tuning was nearly "
    "always more accurate than a linear classifier on frozen features (Kornblith et al. 2019).",
    longer={"steps": 800},
    large=False,
    tuning_seeds=5,
)
