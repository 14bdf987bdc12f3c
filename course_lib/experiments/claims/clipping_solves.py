"""Whether clipping helps a recurrent network to solve the adding problem. A network that survives may still not."""

from course_lib.experiments import adding_runs
from course_lib.experiments.adding_runs import BY_NORM, BY_VALUE, KINDS, NO_CLIPPING, OPTIMIZERS
from course_lib.experiments.experiment import Comparison, Experiment, Outcome

CONSTANT = 100.0  # percent: who has no better answer can always give the constant one
ERROR, SOLVE = "error left, %", "rates that solve it, %"
SHORT = 600  # steps

CASES = {  # the primary first
    "Adam": {"optimizer": "adam", "rates": [0.0003, 0.001, 0.003, 0.01, 0.03, 0.1]},
    "gradient descent": {
        "optimizer": "gradient_descent",
        "rates": [3e-5, 1e-4, 3e-4, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3],
    },
}
CASES |= {f"{case}, {SHORT} steps": own | {"steps": SHORT} for case, own in CASES.items()}
SETTINGS = adding_runs.SETTINGS | {"steps": 2000, "evaluated": 2000, "annealed": True, "cases": CASES}
SMALL = {"length": 10, "batch": 16, "steps": 60, "evaluated": 300, "rates": [0.01, 0.03]}


def arm(case, kind):
    """arm("Adam", BY_NORM) -> "Adam, by norm"."""
    return f"{case}, {kind}"


def grids(settings):
    """Every kind of clipping over the same learning rates."""
    return {arm(settings["case"], kind): {"learning_rate": settings["rates"]} for kind in KINDS}


def tune(seed, settings, trials):
    """Minus the error on validation sequences of every arm at each of its rates; -inf where the network blew up."""
    scores = {}
    for kind in KINDS:
        name = arm(settings["case"], kind)
        rates = [choice["learning_rate"] for choice in trials.get(name, ())]
        runs = [adding_runs.train(seed, settings, settings["optimizer"], rate, kind, "validation") for rate in rates]
        if runs:
            scores[name] = [-each.error if each.survived(settings) else float("-inf") for each in runs]
    return scores


def run(seed, settings, chosen):
    """Of each arm: the error on test sequences at its own rate, and the share of all rates that solve the problem."""
    arms, fired = {}, {}
    for kind in KINDS:
        name = arm(settings["case"], kind)
        runs = {
            rate: adding_runs.train(seed, settings, settings["optimizer"], rate, kind) for rate in settings["rates"]
        }
        tuned = runs[chosen[name]["learning_rate"]]
        arms[name] = {
            ERROR: min(tuned.error, CONSTANT) if tuned.survived(settings) else CONSTANT,
            SOLVE: 100 * sum(each.solved(settings) for each in runs.values()) / len(runs),
            "survived": float(tuned.survived(settings)),
            "solved": float(tuned.solved(settings)),
            "steps clipped": tuned.clipped,
            "steps clipped at all rates": sum(each.clipped for each in runs.values()),
            "degrees turned by clipping": tuned.turned,
        }
        if kind != NO_CLIPPING:
            fired[f"steps clipped, {name}"] = arms[name]["steps clipped at all rates"]
    return Outcome(arms, fired)


def _comparison(case, kind, quantity, words):
    return Comparison(
        f"{arm(case, kind)}: {words}", arm(case, kind), arm(case, NO_CLIPPING), quantity, quantity == SOLVE, case
    )


# Adam and clipping by norm first: what somebody would train a recurrent network with today.
PRIMARY, *ELSEWHERE = [
    _comparison(case, kind, quantity, words)
    for quantity, words in ((ERROR, "error at the best rate"), (SOLVE, "rates that solve it"))
    for case in OPTIMIZERS.values()
    for kind in (BY_NORM, BY_VALUE)
] + [_comparison(f"{case}, {SHORT} steps", BY_NORM, ERROR, "error at the best rate") for case in OPTIMIZERS.values()]

EXPERIMENT = Experiment(
    claim="With its gradient clipped, a recurrent network learns what it could not learn without.",
    subject="Clipping the gradient, for learning more",
    source="the article, on gradient clipping; Pascanu et al. 2013",
    chapter=3,
    setting=(
        "adding problem of 30 steps, recurrent ReLU network of 32 units that starts at the identity, Adam with warm-up "
        "and cosine, clipping by norm, 2,000 steps of 32 sequences, each at its best learning rate of 6; test error in "
        "percent of the error of always answering 1"
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
    longer={"steps": 4000},
)
