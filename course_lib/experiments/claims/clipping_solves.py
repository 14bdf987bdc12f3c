"""Whether clipping helps a recurrent network to solve the adding problem. A network that survives may still not."""

from course_lib.experiments import adding_runs
from course_lib.experiments.adding_runs import BY_NORM, BY_VALUE, KINDS, NO_CLIPPING, OPTIMIZERS
from course_lib.experiments.experiment import Comparison, Experiment, Outcome

CONSTANT = 100.0  # percent: who has no better answer can always give the constant one
ERROR, SOLVE = "error left, %", "rates that solve it, %"
SHORT = 600  # steps

LIMITS = {BY_NORM: "clip_norm", BY_VALUE: "clip_value"}  # the setting that is each kind's limit

CASES = {  # the primary first
    "Adam": {"optimizer": "adam", "rates": [0.001, 0.003, 0.01, 0.03, 0.1, 0.3]},
    "gradient descent": {
        "optimizer": "gradient_descent",
        "rates": [0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0],
    },
}
CASES |= {
    f"{case}, {SHORT} steps": own | {"steps": SHORT, "kinds": [NO_CLIPPING, BY_NORM]} for case, own in CASES.items()
}
SETTINGS = adding_runs.SETTINGS | {
    "steps": 2000,
    "evaluated": 2000,
    "annealed": True,
    "kinds": list(KINDS),
    # Of three limits, 0.3 to 3 and 0.1 to 1, every arm that clips took the smallest or the largest.
    "limits": {"clip_norm": [0.1, 0.3, 1.0, 3.0, 10.0], "clip_value": [0.1, 0.3, 1.0, 3.0, 10.0]},
    "cases": CASES,
}
SMALL = {
    "length": 10,
    "batch": 16,
    "steps": 60,
    "evaluated": 300,
    "rates": [0.01, 0.03],
    "limits": {"clip_norm": [1.0], "clip_value": [0.3]},
}


def arm(case, kind):
    """arm("Adam", BY_NORM) -> "Adam, by norm"."""
    return f"{case}, {kind}"


def grids(settings):
    """Every kind of clipping over the same learning rates, each with its own limits."""
    found = {}
    for kind in settings["kinds"]:
        limit = LIMITS.get(kind)
        limits = {limit: settings["limits"][limit]} if limit else {}
        found[arm(settings["case"], kind)] = {"learning_rate": settings["rates"], **limits}
    return found


def tune(seed, settings, trials):
    """Minus the error on validation sequences of every arm at each choice, as a measured run's error is judged.

    A network that blew up scores as the constant answer. -inf would rule out a rate that blew up with one seed of ten,
    and an arm whose rates all did would get the first of its grid in place of its best one.
    """
    scores = {}
    for kind in settings["kinds"]:
        name = arm(settings["case"], kind)
        if name in trials:
            runs = [_train(seed, settings, kind, choice, "validation") for choice in trials[name]]
            scores[name] = [-_error_left(each, settings) for each in runs]
    return scores


def run(seed, settings, chosen):
    """Of each arm: the error on test sequences as it was chosen, and the share of all rates that solve the problem.

    The share is of no clipping and of clipping by norm, at the limit that was chosen, where both are compared in it.
    """
    arms, fired = {}, {}
    for kind in settings["kinds"]:
        name = arm(settings["case"], kind)
        tuned = _train(seed, settings, kind, chosen[name], "test")
        arms[name] = {
            ERROR: _error_left(tuned, settings),
            "survived": float(tuned.survived(settings)),
            "solved": float(tuned.solved(settings)),
            "steps clipped": tuned.clipped,
            "degrees turned by clipping": tuned.turned,
        }
        if kind != BY_VALUE and settings["case"] in OPTIMIZERS.values():
            others = [rate for rate in settings["rates"] if rate != chosen[name]["learning_rate"]]
            runs = [_train(seed, settings, kind, chosen[name] | {"learning_rate": rate}, "test") for rate in others]
            solved = sum(each.solved(settings) for each in [tuned, *runs])
            arms[name][SOLVE] = 100 * solved / len(settings["rates"])
        if kind != NO_CLIPPING:
            fired[f"steps clipped, {name}"] = tuned.clipped
    return Outcome(arms, fired)


def _train(seed, settings, kind, choice, part):
    """The AddingRun of one choice: its learning rate, and its limit where the kind of clipping has one."""
    limits = {name: value for name, value in choice.items() if name != "learning_rate"}
    return adding_runs.train(seed, settings | limits, settings["optimizer"], choice["learning_rate"], kind, part)


def _error_left(run, settings):
    """A run's error in percent of the constant answer's: at most 100, for that answer is always at hand."""
    return min(run.error, CONSTANT) if run.survived(settings) else CONSTANT


def _comparison(case, kind, quantity, words):
    pair = arm(case, kind), arm(case, NO_CLIPPING)
    return Comparison(f"{arm(case, kind)}: {words}", *pair, quantity, quantity == SOLVE, case)


# Adam and clipping by norm first: what somebody would train a recurrent network with today.
PRIMARY, *ELSEWHERE = [
    *(_comparison(case, kind, ERROR, "error") for case in OPTIMIZERS.values() for kind in (BY_NORM, BY_VALUE)),
    *(_comparison(case, BY_NORM, SOLVE, "rates that solve it") for case in OPTIMIZERS.values()),
    *(_comparison(f"{case}, {SHORT} steps", BY_NORM, ERROR, "error") for case in OPTIMIZERS.values()),
]

EXPERIMENT = Experiment(
    claim="With its gradient clipped, a recurrent network learns what it could not learn without.",
    subject="Clipping the gradient, for learning more",
    source="the article, on gradient clipping; Pascanu et al. 2013",
    chapter=3,
    setting=(
        "adding problem of 30 steps, recurrent ReLU network of 32 units that starts at the identity, Adam with warm-up "
        "and cosine, clipping by norm, 2,000 steps of 32 sequences, each tried at 6 learning rates (clipped, with 5 "
        "limits each) with other seeds, then run at its best; test error in percent of the error of always answering 1"
    ),
    unit="percentage points",
    settings=SETTINGS,
    small=SMALL,
    run=run,
    grids=grids,
    tune=tune,
    primary=PRIMARY,
    elsewhere=tuple(ELSEWHERE),
    smallest_effect=5.0,
    smallest_effect_reason="half of the tenth of the constant answer's error up to which the problem counts as solved; "
    "of the share of learning rates that solve it, less than one rate",
    larger_studies="Zhang et al. 2020 (Why gradient clipping accelerates training): clipping lets gradient descent "
    "take larger steps where curvature grows with the gradient, as in recurrent language models.",
    longer={"steps": 4000},
    budget_reason="Adam solves the problem within it, clipped or not; more steps at a rate that is near too large are "
    "more chances to blow up",
    large=False,  # with Adam and a tuned rate both arms may solve the problem
    # Runs are all or nothing: three tuning seeds gave unclipped Adam a rate at which four runs of ten learned nothing.
    tuning_seeds=10,
    seeds=20,
)
