"""Whether clipping helps a recurrent network to solve the adding problem. A network that survives may still not."""

from course_lib.experiments import adding_runs
from course_lib.experiments.adding_runs import BY_NORM, BY_VALUE, NO_CLIPPING, OPTIMIZERS, arm
from course_lib.experiments.experiment import Experiment, Outcome

CONSTANT = 100.0  # percent: who has no better answer can always give the constant one

SETTINGS = adding_runs.SETTINGS | {
    "steps": 2000,
    "early_steps": 600,
    "evaluated": 2000,
    "learning_rates": {
        "gradient_descent": [1e-5, 3e-5, 1e-4, 3e-4, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3],
        "adam": [0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03],
    },
}
SMALL = {
    "length": 15,
    "batch": 16,
    "steps": 600,
    "early_steps": 200,
    "evaluated": 500,
    "learning_rates": {"gradient_descent": [0.001, 0.03, 0.1], "adam": [0.003]},
}


def _arms():
    """(arm, optimizer, kind of clipping) of every arm."""
    kinds = (NO_CLIPPING, BY_NORM, BY_VALUE)
    return [(arm(optimizer, kind), optimizer, kind) for optimizer in OPTIMIZERS for kind in kinds]


def tune(seed, settings):
    """Minus the error on validation sequences, for every arm and learning rate; -inf where the network blew up."""
    scores = {}
    for name, optimizer, kind in _arms():
        rates = settings["learning_rates"][optimizer]
        if len(rates) == 1:  # nothing to choose
            scores[name] = {rates[0]: 0.0}
            continue
        scores[name] = {}
        for rate in rates:
            trained = adding_runs.train(seed, settings, optimizer, rate, kind, "validation")
            scores[name][rate] = -trained.error if trained.survived(settings) else float("-inf")
    return scores


def run(seed, settings, learning_rates):
    """The error on test sequences that is left in each arm, at its own learning rate."""
    arms, fired = {}, {}
    for name, optimizer, kind in _arms():
        trained = adding_runs.train(seed, settings, optimizer, learning_rates[name], kind)
        arms[name] = {
            "error left": min(trained.error, CONSTANT) if trained.survived(settings) else CONSTANT,
            "error left early": min(trained.error_early, CONSTANT),
            "survived": float(trained.survived(settings)),
            "solved": float(trained.solved(settings)),
            "steps clipped": trained.clipped,
            "degrees turned by clipping": trained.turned,
        }
        if kind != NO_CLIPPING:
            fired[f"steps clipped, {name}"] = trained.clipped
    return Outcome(arms, fired)


EXPERIMENT = Experiment(
    claim="With its gradient clipped, a recurrent network learns what it could not learn without.",
    source="The article, on gradient clipping; Pascanu et al. 2013",
    chapter=3,
    setting=(
        "Adding problem of 30 steps, recurrent ReLU network of 32 units that starts at the identity, 2,000 steps of 32 "
        "sequences, learning rate tuned for each arm; test error in percent of the error of always answering 1"
    ),
    unit="percentage points of the constant answer's error",
    settings=SETTINGS,
    small=SMALL,
    run=run,
    tune=tune,
    comparisons=adding_runs.comparisons("error left", higher_is_better=False),
    smallest_effect=1.0,
)
