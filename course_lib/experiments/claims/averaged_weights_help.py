"""Claim: the average of the weights over the last part of a run does better than the weights of its last step.

At a constant rate the last step is one of many that scatter around a minimum, and the average lies nearer to it. That
is what the claim is about, so its primary comparison is not annealed; a schedule that takes the rate to 0 ends the
scatter in another way, and is compared with it elsewhere. The rate and how many steps are averaged are chosen.
"""

from course_lib.experiments import overfitting_arms, recipe_arms, weight_averages
from course_lib.experiments.experiment import Comparison, Experiment, Outcome
from course_lib.experiments.overfitting_arms import arm
from course_lib.experiments.short_runs import ACCURACY

MAIN, FEW, WRONG, ADAM = "10,000 images", "1,000 images", "40% of the labels redrawn", "Adam"
CASES = {
    MAIN: {},
    FEW: {"images": 1000},
    WRONG: {"redrawn": 0.4},
    ADAM: {"optimizer": "adam", "grid": [1e-4, 3e-4, 1e-3, 3e-3, 1e-2]},
}
CONSTANT, ANNEALED = "constant rate", "warm-up and cosine"
LAST, AVERAGE = "the last weights", "averaged weights"
RATES = (CONSTANT, ANNEALED)


def _name(weights, rates, settings):
    return arm(f"{weights}, {rates}", settings["case"])


def recipe(rates, settings):
    """The Recipe of both arms with a kind of rates."""
    annealed = overfitting_arms.plain(settings).replace(optimizer=settings["optimizer"])
    return annealed if rates == ANNEALED else annealed.replace(schedule="constant", schedule_steps=())


def grids(settings):
    """Rates for all, and for how large a part of the steps weights are averaged."""
    return {
        _name(weights, rates, settings): {"learning_rate": settings["grid"]}
        | ({"averaged": settings["shares"]} if weights == AVERAGE else {})
        for rates in RATES
        for weights in (LAST, AVERAGE)
    }


def _trained(seed, settings, rates, wanted):
    """{learning rate: {share: AveragedRun}} of all runs that the choices ask for."""
    learning_rates = sorted({choice["learning_rate"] for choice in wanted})
    shares = sorted({choice["averaged"] for choice in wanted if "averaged" in choice})
    recipes = [recipe(rates, settings).replace(seed=seed, learning_rate=rate) for rate in learning_rates]
    data = recipe_arms.images(seed, settings)
    return dict(zip(learning_rates, weight_averages.train(recipes, data, settings["steps"], shares), strict=True))


def tune(seed, settings, trials):
    """Validation accuracy in percent of every choice; one run gives the scores of its last weights and all averages."""
    validation, scores = recipe_arms.images(seed, settings).validation, {}
    for rates in RATES:
        names = [name for name in (_name(weights, rates, settings) for weights in (LAST, AVERAGE)) if name in trials]
        if not names:
            continue
        runs = _trained(seed, settings, rates, [choice for name in names for choice in trials[name]])
        for name in names:
            chosen = [runs[choice["learning_rate"]][choice.get("averaged", 0.0)] for choice in trials[name]]
            scores[name] = [weight_averages.score(each, validation) for each in chosen]
    return scores


def run(seed, settings, chosen):
    """One seed of one case: every arm at its rate and share, on the test images."""
    test, arms, fired = recipe_arms.images(seed, settings).test, {}, {}
    for rates in RATES:
        names = {weights: _name(weights, rates, settings) for weights in (LAST, AVERAGE)}
        runs = _trained(seed, settings, rates, [chosen[name] for name in names.values()])
        for weights, name in names.items():
            found = runs[chosen[name]["learning_rate"]][chosen[name].get("averaged", 0.0)]
            arms[name] = weight_averages.quantities(found, test)
            if weights == AVERAGE:
                fired[f"{rates}: how far the average is from the last weights"] = found.moved
    return Outcome(arms, fired | recipe_arms.label_noise(seed, settings))


def _comparisons():
    for case in CASES:
        own = {"case": case}
        average, last = (_name(weights, CONSTANT, own) for weights in (AVERAGE, LAST))
        yield Comparison(f"constant rate, {case}", average, last, ACCURACY, case=case)
        yield Comparison(
            f"warm-up and cosine, {case}",
            _name(AVERAGE, ANNEALED, own),
            _name(LAST, ANNEALED, own),
            ACCURACY,
            case=case,
        )
        label = f"averaged at a constant rate over the last weights with warm-up and cosine, {case}"
        yield Comparison(label, average, _name(LAST, ANNEALED, own), ACCURACY, case=case)


PRIMARY, *ELSEWHERE = _comparisons()

EXPERIMENT = Experiment(
    claim="At a constant learning rate the average of the last weights does better than the weights of the last step.",
    subject="Averaging the weights of the last steps at a constant learning rate",
    source="Polyak and Juditsky 1992; Izmailov et al. 2018",
    chapter=4,
    setting="two hidden layers of 64 units, ReLU with He, momentum at a constant rate, 10,000 Fashion-MNIST images, "
    "2,560 steps of 64; each tried at 6 learning rates (and averages of the last 1% to 50% of the steps) with other "
    "seeds, then run at its best",
    unit="percentage points",
    settings={
        **overfitting_arms.SETTINGS,
        "images": 10_000,
        "optimizer": "momentum",
        "grid": [0.003, 0.007, 0.015, 0.03, 0.06, 0.12],
        "shares": [0.01, 0.03, 0.1, 0.2, 0.35, 0.5],
        "cases": CASES,
    },
    small={**overfitting_arms.SMALL, "grid": [0.01, 0.03], "shares": [0.25, 0.5]},
    run=run,
    grids=grids,
    tune=tune,
    primary=PRIMARY,
    elsewhere=tuple(ELSEWHERE),
    smallest_effect=0.5,
    smallest_effect_reason="one image in 200: half of the point for which somebody would keep an average beside them",
    longer={"steps": 5120},
    tuning_seeds=5,  # the last weights of a run at a constant rate scatter
    large=False,
    larger_studies="Izmailov et al. 2018 found averages of weights at a high rate better than the last weights of "
    "annealed runs, with ResNets on CIFAR and ImageNet.",
)
