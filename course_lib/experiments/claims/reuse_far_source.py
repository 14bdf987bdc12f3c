"""Claim: reuse pays also where the new images are unlike those that the network was trained on.

The other half of the rule that `reuse_near_source` begins: reuse pays while the source resembles the target.
"""

import functools

from course_lib.experiments import reuse_arms
from course_lib.experiments.experiment import Experiment
from course_lib.experiments.reuse_arms import CONVOLUTIONAL, DENSE, FINE_TUNED, SCRATCH
from course_lib.experiments.reuse_images import ON_GRAY, TWO_CLASSES

WAYS = (FINE_TUNED, SCRATCH)
CASES = reuse_arms.cases(
    (DENSE, TWO_CLASSES, [50, 200]),
    (DENSE, ON_GRAY, [50, 200]),
    (CONVOLUTIONAL, TWO_CLASSES, [50]),
)
COMPARISONS = {each.label: each for each in reuse_arms.comparisons(FINE_TUNED, SCRATCH, CASES)}
PRIMARY = COMPARISONS.pop(f"{DENSE}, {TWO_CLASSES}, 200 labels")

EXPERIMENT = Experiment(
    claim="Fine-tuning a network that was trained on images unlike the new ones reaches a higher accuracy than a fresh "
    "one.",
    subject="Reuse of a network that was trained on unlike images",
    source="Yosinski et al. 2014",
    chapter=4,
    setting="two hidden layers of 64 units with ELU, or three convolutions of 16 channels, trained on eight classes of "
    "10,000 Fashion-MNIST images, then pullover against coat; or trained on all ten classes, then the same on a gray "
    "ground and shifted by up to 3 pixels; 50 or 200 labels; Adam with warm-up and cosine, 400 steps of 32 "
    "(convolutional: 200), each tried at 6 learning rates with other seeds, then run at its best",
    unit="percentage points",
    settings=reuse_arms.SETTINGS | {"target_images": 2000, "cases": CASES},
    small=reuse_arms.SMALL | {"target_images": 1300},
    run=functools.partial(reuse_arms.run, WAYS),
    grids=functools.partial(reuse_arms.grids, WAYS),
    tune=functools.partial(reuse_arms.tune, WAYS),
    primary=PRIMARY,
    elsewhere=tuple(COMPARISONS.values()),
    smallest_effect=1.0,
    smallest_effect_reason="half of the two points for which somebody would look for a network to reuse",
    larger_studies="On ImageNet the gain from reused layers shrinks with the distance between the tasks (Yosinski et "
    "al. 2014). For object detection a network that starts fresh and is trained long enough is as good as one from "
    "ImageNet, also with a tenth of the training images (He et al. 2019).",
    longer={"steps": 800},
    large=False,
    seeds=20,
    tuning_seeds=8,
)
