"""Claim: reuse pays where the new images resemble those that the network was trained on."""

import functools

from course_lib.experiments import reuse_arms
from course_lib.experiments.experiment import Experiment
from course_lib.experiments.reuse_arms import CONVOLUTIONAL, DENSE, FINE_TUNED, SCRATCH
from course_lib.experiments.reuse_images import BLURRED, DIMMED, NOISY, SHIFTED

WAYS = (FINE_TUNED, SCRATCH)
CASES = reuse_arms.cases(
    (DENSE, SHIFTED, [50, 200]),
    (DENSE, BLURRED, [50, 200]),
    (DENSE, DIMMED, [50, 200]),
    (DENSE, NOISY, [50, 200]),
    (CONVOLUTIONAL, SHIFTED, [50]),
)
COMPARISONS = {each.label: each for each in reuse_arms.comparisons(FINE_TUNED, SCRATCH, CASES)}
PRIMARY = COMPARISONS.pop(f"{DENSE}, {SHIFTED}, 200 labels")

EXPERIMENT = Experiment(
    claim="Fine-tuning a network that was trained on similar images reaches a higher accuracy than a fresh one.",
    subject="Reuse of a network that was trained on similar images",
    source="the article; Yosinski et al. 2014",
    chapter=4,
    setting="two hidden layers of 64 units with ELU, or three convolutions of 16 channels, trained on 10,000 "
    "Fashion-MNIST images of all ten classes; then the same classes with 50 or 200 labels on other images, shifted, "
    "blurred, dimmed or noisy; Adam with warm-up and cosine, 400 steps of 32 (convolutional: 200), each tried at 6 "
    "learning rates with other seeds, then run at its best",
    unit="percentage points",
    settings=reuse_arms.SETTINGS | {"target_images": 200, "cases": CASES},
    small=reuse_arms.SMALL,
    run=functools.partial(reuse_arms.run, WAYS),
    grids=functools.partial(reuse_arms.grids, WAYS),
    tune=functools.partial(reuse_arms.tune, WAYS),
    primary=PRIMARY,
    elsewhere=tuple(COMPARISONS.values()),
    smallest_effect=1.0,
    smallest_effect_reason="half of the two points for which somebody would look for a network to reuse",
    larger_studies="On ImageNet the gain from reused layers shrinks with the distance between the tasks (Yosinski et "
    "al. 2014). On two of twelve data sets, with fine-grained classes of cars and of aircraft, it was minimal "
    "(Kornblith et al. 2019).",
    longer={"steps": 800},
    large=False,
    tuning_seeds=5,
)
