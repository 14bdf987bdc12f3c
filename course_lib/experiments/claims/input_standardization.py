"""Claim: a network learns better from inputs that are standardized, with mean 0 and spread 1, than from raw pixels.

Mean and spread are those of the training images that a seed draws; the images that are chosen and tested with are
shifted and divided by the same numbers.
"""

import dataclasses
import functools

import numpy as np

from course_lib.data import Split
from course_lib.experiments import recipe_arms, short_runs
from course_lib.experiments.experiment import Comparison, Experiment, Outcome
from course_lib.recipe import Recipe

RAW, STANDARDIZED, BY_PIXEL = "raw", "standardized", "standardized by pixel"
PREPARATIONS = (RAW, STANDARDIZED, BY_PIXEL)
SMALLEST_SPREAD = 0.01  # of a pixel that is divided by its spread; of the corners, which are nearly always black
SHORT = 150  # steps
OPTIMIZERS = {"momentum": "momentum", "gradient_descent": "gradient descent", "adam": "Adam"}
GRIDS = {
    "momentum": [0.001, 0.003, 0.01, 0.03, 0.1, 0.3],
    "gradient_descent": [0.01, 0.03, 0.1, 0.3, 1.0],
    "adam": [0.0003, 0.001, 0.003, 0.01, 0.03],
}
CASES = {  # the primary first
    words: {"optimizer": optimizer, "grid": GRIDS[optimizer]} for optimizer, words in OPTIMIZERS.items()
}
CASES |= {f"{case}, {SHORT} steps": own | {"steps": SHORT} for case, own in CASES.items()}


def arm(case, preparation):
    """arm("Adam", RAW) -> "Adam, raw"."""
    return f"{case}, {preparation}"


def prepared(data, preparation):
    """The Dataset with its inputs as they are or standardized, over all pixels together or each pixel by itself."""
    if preparation == RAW:
        return data
    axis = 0 if preparation == BY_PIXEL else None
    train = np.asarray(data.train.x, np.float64)
    mean, spread = train.mean(axis=axis), np.maximum(train.std(axis=axis), SMALLEST_SPREAD)
    parts = {
        name: Split(((part.x - mean) / spread).astype(np.float32), part.labels) for name, part in data.splits().items()
    }
    return dataclasses.replace(data, **parts)


@functools.lru_cache(maxsize=len(PREPARATIONS))
def _prepared(seed, images, data, preparation):
    return prepared(recipe_arms.images(seed, {"images": images, "data": data}), preparation)


def images(seed, settings, preparation):
    """The images of a seed, prepared; to read and not to change."""
    return _prepared(seed, settings["images"], settings["data"], preparation)


def recipe(settings):
    """The Recipe of all arms of a case."""
    plain = Recipe(
        hidden_layers=(settings["width"],) * 2,
        activation="relu",
        initialization="he_normal",
        normalization="none",
        drop_rate=0.0,
        optimizer=settings["optimizer"],
    )
    return recipe_arms.annealed(plain, settings["steps"])


def grids(settings):
    """Every preparation over the case's learning rates."""
    return {arm(settings["case"], preparation): {"learning_rate": settings["grid"]} for preparation in PREPARATIONS}


def tune(seed, settings, trials):
    """Validation accuracy in percent of every arm at each of its choices; -inf where the run diverged."""
    scores = {}
    for preparation in PREPARATIONS:
        name = arm(settings["case"], preparation)
        if name in trials:
            wanted = [recipe(settings).replace(seed=seed, **choice) for choice in trials[name]]
            runs = short_runs.train(wanted, images(seed, settings, preparation), settings["steps"], "validation")
            scores[name] = [short_runs.score(each) for each in runs]
    return scores


def run(seed, settings, chosen):
    """One seed: the arms as they were chosen, on the seed's test images."""
    arms, fired = {}, {}
    for preparation in PREPARATIONS:
        name, data = arm(settings["case"], preparation), images(seed, settings, preparation)
        wanted = recipe(settings).replace(seed=seed, **chosen[name])
        (result,) = short_runs.train([wanted], data, settings["steps"], "test")
        arms[name] = short_runs.quantities(result, data.test)
        if preparation != RAW:
            far = abs(float(images(seed, settings, RAW).train.x.mean())) - abs(float(data.train.x.mean()))
            fired[f"by how much nearer to 0 the mean is, {preparation}"] = far
    return Outcome(arms, fired)


PRIMARY, *ELSEWHERE = [
    Comparison(
        case if preparation == STANDARDIZED else f"{case}, by pixel",
        arm(case, preparation),
        arm(case, RAW),
        short_runs.ACCURACY,
        case=case,
    )
    for preparation in (STANDARDIZED, BY_PIXEL)
    for case in CASES
    if preparation == STANDARDIZED or "steps" not in CASES[case]
]

EXPERIMENT = Experiment(
    claim="From standardized inputs a network learns to classify better than from raw pixels in [0, 1].",
    subject="Standardizing the inputs",
    source="LeCun et al. 1998, Efficient BackProp",
    chapter=4,
    setting="784-50-50-10 with ReLU and He's initialization, momentum with warm-up and cosine, 4,000 Fashion-MNIST "
    "images, 1,500 steps of 64, each tried at 6 learning rates with other seeds, then run at its best; mean and spread "
    "over all pixels of the training images",
    unit="percentage points",
    settings={"data": "full", "images": 4000, "steps": 1500, "width": 50, "cases": CASES},
    small={"data": "embedded", "images": 500, "steps": 10, "width": 10, "grid": [0.01]},
    run=run,
    grids=grids,
    tune=tune,
    primary=PRIMARY,
    elsewhere=tuple(ELSEWHERE),
    smallest_effect=0.5,
    smallest_effect_reason="one image in 200: half of the point for which somebody would add a step of preparation",
    longer={"steps": 3000},
    large=False,
)
