"""Claim: ReLU units die in training, more of them at a large learning rate."""

from course_lib.experiments import off_units, recipe_arms, short_runs
from course_lib.experiments.experiment import LAW, Comparison, Experiment, Outcome
from course_lib.recipe import Recipe

OFF = "units off, %"
START = "before training"
OPTIMIZERS = {"adam": "Adam", "gradient_descent": "gradient descent"}
RATES = {
    "adam": [0.0003, 0.001, 0.003, 0.01],
    "gradient_descent": [0.01, 0.03, 0.1, 0.3],
}  # at 0.3 ten layers can diverge
PLATEAU, SHORT = "10 layers of 64", "10 layers of 64, in 400 steps"  # the cases
NARROW, WIDE = "20 layers of 12", "10 layers of 100"
CASES = {
    PLATEAU: {"width": 64, "depth": 10},
    SHORT: {"width": 64, "depth": 10, "steps": 400, "parts": 4},
    NARROW: {"width": 12, "depth": 20},
    WIDE: {"width": 100, "depth": 10},
}


def arm(optimizer, learning_rate, case):
    """arm("adam", 0.01, "20 layers of 12") -> "Adam, 0.01, 20 layers of 12"."""
    return f"{OPTIMIZERS[optimizer]}, {learning_rate:g}, {case}"


def start(case):
    """start("20 layers of 12") -> "before training, 20 layers of 12"."""
    return f"{START}, {case}"


def off_after(part, parts):
    """The quantity's name for a look during training: off_after(3, 6) at half time, off_after(0, 6) before it."""
    return f"{OFF}, after {part} of {parts} parts"


def run(seed, settings, chosen):
    """One seed: the share of hidden units that are off, at every learning rate. Nothing is tuned."""
    data, case, parts = recipe_arms.images(seed, settings), settings["case"], settings["parts"]
    arms, fired = {}, {}
    for optimizer, rates in settings["rates"].items():
        recipe = Recipe(
            hidden_layers=(settings["width"],) * settings["depth"],
            activation=settings["activation"],
            normalization="none",
            drop_rate=0.0,
            optimizer=optimizer,
            seed=seed,
        )
        recipes = [recipe.replace(learning_rate=rate) for rate in rates]
        watched = off_units.watch(recipes, data, settings["steps"], parts)
        shares = 100 * watched.off.mean(axis=2)  # (times, networks)
        for number, rate in enumerate(rates):
            arms[arm(optimizer, rate, case)] = {
                OFF: shares[-1, number],
                **short_runs.quantities(watched.runs[number], data.test),
                **{off_after(part, parts): share for part, share in enumerate(shares[:, number])},
            }
        arms[start(case)] = {OFF: shares[0, 0]}
        died = ~watched.off[0] & watched.off[-1]
        fired[f"{OPTIMIZERS[optimizer]}: units that died"] = float(died.sum())
    return Outcome(arms, fired)


def comparisons(case):
    """A large learning rate against a usual one, and the usual one against the start, of both optimizers."""
    found = []
    for optimizer, large, usual in (("adam", 0.01, 0.001), ("gradient_descent", 0.1, 0.01)):
        name = OPTIMIZERS[optimizer]
        more, fewer = arm(optimizer, large, case), arm(optimizer, usual, case)
        found += [
            Comparison(f"{name}, {large} against {usual}, {case}", more, fewer, OFF, case=case),
            Comparison(f"{name}, {usual} against the start, {case}", fewer, start(case), OFF, case=case),
        ]
    return found


PRIMARY, *ELSEWHERE = [comparison for case in CASES for comparison in comparisons(case)]

EXPERIMENT = Experiment(
    claim="At a large learning rate more ReLU units die in training: they come to answer 0 to every image. How many "
    "die at a small one is elsewhere.",
    subject="Dead ReLU units",
    source="the article; Maas et al. 2013",
    chapter=3,
    setting="10 hidden layers of 64 ReLU units, He, Adam at a constant rate, 10,000 Fashion-MNIST images, 2,000 steps "
    "of 64; the share of hidden units that are off on every training image",
    unit="percentage points",
    settings={
        "data": "full",
        "images": 10_000,
        "activation": "relu",
        "rates": RATES,
        "steps": 2000,
        "parts": 4,
        "cases": CASES,
    },
    small={
        "data": "embedded",
        "images": 500,
        "width": 24,
        "depth": 6,
        "rates": {"adam": [0.001, 0.01], "gradient_descent": [0.01, 0.1]},
        "steps": 40,
    },
    run=run,
    kind=LAW,
    primary=PRIMARY,
    elsewhere=tuple(ELSEWHERE),
    smallest_effect=2.0,
    smallest_effect_reason="one unit in 50: half of the 4% by which somebody would change the width of a layer",
    larger_studies="Lu et al. 2019 showed that a narrow ReLU network is dead before training the more often, the "
    "deeper it is.",
    budget_reason="Nothing is tuned. Which units are off is looked at four times on the way, and what 400 steps give "
    "stands elsewhere.",
)
