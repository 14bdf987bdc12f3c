"""Claim: more training images help more than any remedy against overfitting does.

A thousand images against four and sixteen times as many; and four times as many images, with no remedy, against a
thousand with each remedy at its best strength and rate. The same from 500 images on, and from 10,000 to 50,000. All
arms of a case make the same number of steps, and the test images of a seed are the same for all.
"""

from course_lib.experiments import overfitting_arms, recipe_arms, short_runs
from course_lib.experiments.experiment import FIRST_TUNING_SEED, Comparison, Experiment, Outcome
from course_lib.experiments.overfitting_arms import NONE, arm
from course_lib.experiments.short_runs import ACCURACY

MAIN, REMEDIES, WRONG, SHORT = "none or four times", "remedies", "40% of the labels redrawn", "640 steps"
FROM_500, FROM_10_000 = "from 500 images", "from 10,000 images"
CASES = {
    MAIN: {},
    REMEDIES: {"grid": [3e-4, 1e-3, 3e-3, 1e-2, 3e-2]},  # with a remedy a higher rate does no harm
    WRONG: {"redrawn": 0.4},
    SHORT: {"steps": 640},
    FROM_500: {"images": 500},
    FROM_10_000: {"images": 10_000, "steps": 5120, "grid": [3e-4, 1e-3, 3e-3, 1e-2, 3e-2]},
}
FOUR, FIVE, SIXTEEN = "4 times the images", "5 times the images", "16 times the images"
TIMES = {FOUR: 4, FIVE: 5, SIXTEEN: 16}
REMEDY_NAMES = L2, DROPOUT, MAX_NORM, SHIFTS = "L2", "dropout", "max-norm", "shifts"
NAMES = {
    MAIN: (NONE, FOUR, SIXTEEN),
    REMEDIES: (FOUR, *REMEDY_NAMES),
    WRONG: (NONE, FOUR),
    SHORT: (NONE, FOUR),
    FROM_500: (NONE, FOUR, *REMEDY_NAMES),
    FROM_10_000: (NONE, FIVE, *REMEDY_NAMES),
}


def arms(settings):
    """{arm: Recipe} of one case; the strengths of remedies are chosen."""
    plain = overfitting_arms.plain(settings)
    shifted = plain.replace(augmentation="shift")
    return {arm(name, settings["case"]): shifted if name == SHIFTS else plain for name in NAMES[settings["case"]]}


def grids(settings):
    """Rates for all, and the strength of each remedy."""
    return overfitting_arms.rate_grids(NAMES[settings["case"]], settings, **settings["strengths"])


def images(seed, settings, times):
    """The images of a seed, so many times as many as the settings say; of a seed that is tuned with, not too many."""
    n = times * settings["images"]
    if seed >= FIRST_TUNING_SEED:
        n = min(n, settings["most_to_tune_with"])
    return recipe_arms.images(seed, {**settings, "images": n})


def _by_times(settings):
    """{how many times the images: names of its arms}"""
    found = {}
    for name in NAMES[settings["case"]]:
        found.setdefault(TIMES.get(name, 1), []).append(arm(name, settings["case"]))
    return found


def tune(seed, settings, trials):
    """Validation accuracy in percent of every arm at each of its choices; -inf where the run diverged."""
    recipes, scores = arms(settings), {}
    for times, names in _by_times(settings).items():
        own = [name for name in names if name in trials]
        wanted = [recipes[name].replace(seed=seed, **choice) for name in own for choice in trials[name]]
        trained = short_runs.train(wanted, images(seed, settings, times), settings["steps"], "validation")
        runs = iter(trained)
        scores |= {name: [short_runs.score(next(runs)) for _ in trials[name]] for name in own}
    return scores


def run(seed, settings, chosen):
    """One seed of one case: accuracy, loss and calibration error of every arm, and proof that remedies were at work."""
    recipes, measured, runs = arms(settings), {}, {}
    for times, names in _by_times(settings).items():
        data = images(seed, settings, times)
        wanted = [recipes[name].replace(seed=seed, **chosen.get(name, {})) for name in names]
        runs |= zip(names, short_runs.train(wanted, data, settings["steps"], "test"), strict=True)
        measured |= recipe_arms.measured({name: runs[name] for name in names}, data)
    return Outcome(measured, mechanisms(seed, settings, runs) | recipe_arms.label_noise(seed, settings))


def mechanisms(seed, settings, runs):
    """{mechanism: how much it was at work} of the remedies in a case."""
    case, fired = settings["case"], {}
    if case in (MAIN, FROM_500, FROM_10_000):
        few, many = (len(images(seed, settings, times).train) for times in (1, TIMES[NAMES[case][1]]))
        fired["images more"] = many - few
    if DROPOUT not in NAMES[case]:
        return fired
    recipes = {name: runs[arm(name, case)].network.recipe for name in NAMES[case]}
    dropped = [layer.mask for name, layer in _leaves(runs[arm(DROPOUT, case)]) if name.startswith("dropout")]
    hidden = len(recipes[MAX_NORM].hidden_layers)
    lengths = [
        float((layer.parameters["weight"] ** 2).sum(axis=0).max() ** 0.5)
        for name, layer in _leaves(runs[arm(MAX_NORM, case)])
        if name in {f"dense{depth}" for depth in range(1, hidden + 1)}
    ]
    data = images(seed, settings, 1)
    return fired | {
        "the strength of L2": recipes[L2].l2,
        "units dropped in the last step": float(sum((mask == 0).sum() for mask in dropped)),
        "hidden layers with a unit near its bound": sum(
            0.99 * recipes[MAX_NORM].max_norm < longest < 1.001 * recipes[MAX_NORM].max_norm for longest in lengths
        ),
        "images of the first batch that moved": overfitting_arms.images_changed(recipes[SHIFTS], data),
    }


def _leaves(result):
    return result.network.leaves


def _comparisons():
    yield Comparison("4 times the images", arm(FOUR, MAIN), arm(NONE, MAIN), ACCURACY, case=MAIN)
    yield Comparison("16 over 4 times the images", arm(SIXTEEN, MAIN), arm(FOUR, MAIN), ACCURACY, case=MAIN)
    for name in REMEDY_NAMES:
        label = f"4 times the images over {name}"
        yield Comparison(label, arm(FOUR, REMEDIES), arm(name, REMEDIES), ACCURACY, case=REMEDIES)
    yield Comparison("40% of the labels redrawn", arm(FOUR, WRONG), arm(NONE, WRONG), ACCURACY, case=WRONG)
    yield Comparison("in 640 steps", arm(FOUR, SHORT), arm(NONE, SHORT), ACCURACY, case=SHORT)
    for case, more in ((FROM_500, FOUR), (FROM_10_000, FIVE)):
        yield Comparison(f"{more}, {case}", arm(more, case), arm(NONE, case), ACCURACY, case=case)
        for name in REMEDY_NAMES:
            yield Comparison(f"{more} over {name}, {case}", arm(more, case), arm(name, case), ACCURACY, case=case)


PRIMARY, *ELSEWHERE = _comparisons()

EXPERIMENT = Experiment(
    claim="Four times as many training images raise the accuracy. That they gain more than any remedy does at the "
    "smaller number is elsewhere.",
    subject="Four times as many training images",
    source="common advice; Banko and Brill 2001",
    chapter=5,
    setting=overfitting_arms.NETWORK_IN_WORDS + ", 1,000 against 4,000 Fashion-MNIST images, 2,560 steps of 64; each "
    "tried at 6 learning rates with other seeds, then run at its best",
    unit="percentage points",
    settings={
        **overfitting_arms.SETTINGS,
        "most_to_tune_with": 25_000,  # of all images, seeds that are tuned with may draw from fewer than 30,000
        "strengths": {
            L2: {"l2": [0.001, 0.003, 0.01, 0.03]},
            DROPOUT: {"drop_rate": [0.1, 0.2, 0.35, 0.5]},
            MAX_NORM: {"max_norm": [0.35, 0.5, 0.7, 1.0, 1.4]},
            SHIFTS: {"largest_shift": [1, 2]},
        },
        "cases": CASES,
    },
    small={
        **overfitting_arms.SMALL,
        "strengths": {
            L2: {"l2": [0.01]},
            DROPOUT: {"drop_rate": [0.2]},
            MAX_NORM: {"max_norm": [0.5]},
            SHIFTS: {"largest_shift": [1]},
        },
    },
    run=run,
    grids=grids,
    tune=tune,
    primary=PRIMARY,
    elsewhere=tuple(ELSEWHERE),
    smallest_effect=1.0,
    smallest_effect_reason="one image in 100: half of the two points for which somebody would collect and label four "
    "times as many images",
    longer={"steps": 5120},
    large=False,
    larger_studies="Sun et al. 2017 found that accuracy grows with the logarithm of the number of images, up to 300 "
    "million of them.",
)
