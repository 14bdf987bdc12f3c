"""Exercise 2.10: the learning rate to use, and the test accuracy to report for it."""

from itertools import groupby

import numpy as np

from course_lib.checks.diagnosis import Diagnosis, listed
from course_lib.checks.expectations import ROUNDING, expect_close, expect_numbers
from course_lib.checks.fresh import same_as
from course_lib.checks.mistakes import Said, known
from course_lib.checks.registry import exercise

LEAD = "Print the validation losses of each rate and their mean, and the test accuracies of the rate that you choose."

COLUMNS = ("train_loss", "validation_loss", "test_accuracy")

# Of each rate: train losses, validation losses, test accuracies, one a seed. Each rule, good or bad, chooses another
# rate: the mean validation loss 0.03, its median 0.2, the first seed's 0.05, the last one's 0.5, the best single run
# 0.1, the best of the worst ones 0.02, the training loss 0.3, the test accuracy, also together with the
# validation loss, 1.0, the highest validation loss 0.003, the smallest gap 0.01, the smallest and the largest rate
# themselves. Nor is the mean test accuracy of 0.03 its median, or that of a seed.
RATES = {
    0.001: ([0.66, 0.65, 0.67, 0.66], [0.70, 0.71, 0.69, 0.70], [0.76, 0.75, 0.77, 0.76]),
    0.003: ([0.80, 0.79, 0.81, 0.80], [0.90, 0.91, 0.89, 0.90], [0.70, 0.71, 0.69, 0.70]),
    0.01: ([0.64, 0.63, 0.65, 0.64], [0.65, 0.63, 0.64, 0.64], [0.79, 0.80, 0.78, 0.79]),
    0.02: ([0.46, 0.45, 0.47, 0.46], [0.49, 0.48, 0.49, 0.48], [0.80, 0.81, 0.79, 0.80]),
    0.03: ([0.40, 0.42, 0.41, 0.41], [0.45, 0.44, 0.50, 0.45], [0.84, 0.82, 0.88, 0.85]),
    0.05: ([0.38, 0.44, 0.42, 0.44], [0.41, 0.62, 0.63, 0.62], [0.85, 0.79, 0.78, 0.79]),
    0.1: ([0.30, 0.35, 0.34, 0.35], [0.61, 0.40, 0.60, 0.61], [0.81, 0.85, 0.82, 0.81]),
    0.2: ([0.36, 0.33, 0.34, 0.37], [0.70, 0.44, 0.445, 0.45], [0.77, 0.86, 0.85, 0.84]),
    0.3: ([0.10, 0.12, 0.11, 0.11], [0.55, 0.56, 0.58, 0.57], [0.82, 0.83, 0.81, 0.82]),
    0.5: ([0.31, 0.33, 0.34, 0.29], [0.64, 0.66, 0.65, 0.42], [0.78, 0.77, 0.76, 0.86]),
    1.0: ([0.42, 0.44, 0.43, 0.43], [0.50, 0.51, 0.52, 0.51], [0.92, 0.93, 0.91, 0.92]),
    3.0: ([0.54, 0.56, 0.55, 0.55], [0.62, 0.63, 0.61, 0.62], [0.78, 0.77, 0.79, 0.78]),
}
RATES_WITH_NAN = {
    0.3: ([0.20, np.nan], [0.30, np.nan], [0.90, 0.10]),
    0.1: ([0.40, 0.60], [0.50, 0.70], [0.80, 0.84]),
    0.03: ([0.70, 0.80], [0.80, 0.90], [0.86, 0.88]),
}


def table_of_runs(rates):
    """The list of dicts that the exercise gets, one for each learning rate and seed."""
    return [
        {"learning_rate": rate, "seed": seed, **dict(zip(COLUMNS, values, strict=True))}
        for rate, columns in rates.items()
        for seed, values in enumerate(zip(*columns, strict=True))
    ]


def by_rate(runs, name):
    """{learning rate: what stands in this column for its runs}."""
    values = {}
    for run in runs:
        values.setdefault(run["learning_rate"], []).append(run[name])
    return values


def _or_infinity(number):
    return np.inf if np.isnan(number) else number


def best(runs):
    """The rate with the lowest mean validation loss, a mean of nan counting as infinity; its mean test accuracy."""
    losses = by_rate(runs, "validation_loss")
    rate = min(losses, key=lambda rate: _or_infinity(np.mean(losses[rate])))
    return rate, np.mean(by_rate(runs, "test_accuracy")[rate])


def drawn(rng):
    """Tables whose mean validation losses are apart, whatever the single runs are; in half of them the best blew up."""
    cases = []
    for blew_up in (False, True) * 3:
        rates = rng.permutation([0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0])[: rng.integers(3, 8)].tolist()
        n_seeds = rng.integers(2, 6)
        around = rng.uniform(-0.2, 0.2, (len(rates), n_seeds))
        around -= around.mean(axis=1, keepdims=True)
        validation = 0.5 + 0.05 * rng.permutation(len(rates))[:, None] + around
        train, test = rng.uniform(0.1, 0.9, (2, *validation.shape))
        if blew_up:
            place = validation.mean(axis=1).argmin(), rng.integers(n_seeds)
            train[place] = validation[place] = np.nan
        columns = (array.tolist() for array in (train, validation, test))
        runs = table_of_runs(dict(zip(rates, zip(*columns, strict=True), strict=True)))
        cases.append(([runs[place] for place in rng.permutation(len(runs))],))
    cases[1][0].sort(key=lambda run: not np.isnan(run["validation_loss"]))  # what blew up comes first, once
    return cases


def _chosen_by(score):
    """The rate with the lowest score: a function of the rate, and its train losses, validation losses, accuracies."""

    def answer(runs):
        train, validation, test = (by_rate(runs, name) for name in COLUMNS)
        rate = min(train, key=lambda rate: score(rate, train[rate], validation[rate], test[rate]))
        return rate, np.mean(test[rate])

    return answer


def _reported(report):
    """The right rate, and another report: a function of its accuracies, and of all runs."""
    return lambda runs: (best(runs)[0], report(by_rate(runs, "test_accuracy")[best(runs)[0]], runs))


def _of_best_run(runs, rate):
    of_rate = [run for run in runs if run["learning_rate"] == rate]
    return min(of_rate, key=lambda run: _or_infinity(run["validation_loss"]))["test_accuracy"]


def of_neighbors(runs):
    """The right rule, for runs of one rate that stand side by side."""
    groups = [list(group) for _, group in groupby(runs, key=lambda run: run["learning_rate"])]
    chosen = min(groups, key=lambda group: _or_infinity(np.mean([run["validation_loss"] for run in group])))
    return chosen[0]["learning_rate"], np.mean([run["test_accuracy"] for run in chosen])


MISTAKES = [
    (
        of_neighbors,
        "The runs of one rate need not stand side by side in the list. Collect them by their `learning_rate`, in a "
        "dict of lists.",
    ),
    (
        _chosen_by(lambda rate, train, validation, test: -np.mean(test)),
        "You choose by the test accuracy. Then the number you report is flattered: choose by validation.",
    ),
    (
        _chosen_by(lambda rate, train, validation, test: _or_infinity(np.mean(validation) - np.mean(test))),
        "The test accuracy has a say in your choice, beside the validation loss. Then the number you report is "
        "flattered: choose by validation alone.",
    ),
    (
        _chosen_by(lambda rate, train, validation, test: _or_infinity(np.mean(train))),
        "You choose by the training loss. It is lowest for what learns by heart: choose by validation.",
    ),
    (
        _chosen_by(lambda rate, train, validation, test: min(map(_or_infinity, validation))),
        "You choose by the best single run. Take the mean over the seeds of each learning rate.",
    ),
    (
        _chosen_by(lambda rate, train, validation, test: max(map(_or_infinity, validation))),
        "You compare the worst run of each rate, which is a single run again. Take the mean over the seeds.",
    ),
    (
        _chosen_by(lambda rate, train, validation, test: _or_infinity(np.median(validation))),
        "You choose by the median over the seeds. It does not see that one seed of a rate went badly, and the next run "
        "may be that seed. Take the mean.",
    ),
    (
        _chosen_by(lambda rate, train, validation, test: _or_infinity(validation[0])),
        "You choose by the first seed alone. Take the mean over all seeds of each learning rate.",
    ),
    (
        _chosen_by(lambda rate, train, validation, test: _or_infinity(validation[-1])),
        "Only the last seed of each rate counts. Does a dict keep one loss for a rate, so that each seed overwrites "
        "the one before? Collect them in a list.",
    ),
    (
        _chosen_by(lambda rate, train, validation, test: -_or_infinity(np.mean(validation))),
        "You take the highest validation loss. A loss is better when it is lower.",
    ),
    (
        _chosen_by(lambda rate, train, validation, test: _or_infinity(np.mean(validation) - np.mean(train))),
        "You take the smallest gap between training and validation. A small gap with two high losses is no good: "
        "the validation loss itself decides.",
    ),
    (
        _chosen_by(lambda rate, train, validation, test: -rate),
        "You take the largest rate, whatever its losses are. Which column says how good a rate is?",
    ),
    (
        _chosen_by(lambda rate, train, validation, test: rate),
        "You take the smallest rate, whatever its losses are. Which column says how good a rate is?",
    ),
    (
        _reported(lambda accuracies, runs: max(accuracies)),
        "That is the best test accuracy among the seeds of this rate. Report their mean.",
    ),
    (
        lambda runs: (best(runs)[0], _of_best_run(runs, best(runs)[0])),
        "That is the test accuracy of the run of this rate that was best on the validation data. Report the mean over "
        "the seeds.",
    ),
    (
        _reported(lambda accuracies, runs: max(run["test_accuracy"] for run in runs)),
        "That is the best test accuracy of all runs, not that of the rate you chose.",
    ),
    (
        lambda runs: (best(runs)[0], np.mean(by_rate(runs, "validation_loss")[best(runs)[0]])),
        "That is the mean validation loss. Report the test accuracy.",
    ),
    (
        _reported(lambda accuracies, runs: np.mean([run["test_accuracy"] for run in runs])),
        "That is the mean over all rates. Report the rate you chose.",
    ),
    (
        _reported(lambda accuracies, runs: accuracies[0]),
        "That is the test accuracy of the first seed. Report the mean over the seeds.",
    ),
    (
        _reported(lambda accuracies, runs: accuracies[-1]),
        "That is the test accuracy of the last seed. Report the mean over the seeds.",
    ),
    (
        _reported(lambda accuracies, runs: np.median(accuracies)),
        "That is the median over the seeds. Report their mean, which counts the bad seeds in full.",
    ),
    (_reported(lambda accuracies, runs: sum(accuracies)), "That is the sum over the seeds. Report their mean."),
    (
        _reported(lambda accuracies, runs: 100 * np.mean(accuracies)),
        "That is in percent. Report the share, a number between 0 and 1.",
    ),
    (_chosen_by(lambda rate, train, validation, test: np.mean(validation)), Said("blew up (`nan`)")),
    (_chosen_by(lambda rate, train, validation, test: np.nanmean(validation)), Said("blew up (`nan`)")),
    (
        _chosen_by(lambda rate, train, validation, test: abs(rate - 1)),
        Said("Take the mean of the validation losses"),  # the rate that the test accuracy chooses, without a look at it
    ),
    (lambda runs: best(runs)[::-1], Said("expected one of")),
    (lambda runs: best(runs)[0], Said("expected 2 values")),
    (lambda runs: ("0.03", 0.84), Said("expected a number")),
    (lambda runs: [np.array([each]) for each in best(runs)], Said("`value.item()`")),
    (lambda runs: None, Said("forget `return`")),
    (lambda runs: runs.sort(), Said("stopped with")),
]


@exercise(
    "2.10",
    title="Choose a learning rate, report an honest number",
    mistakes=MISTAKES,
    lead=LEAD,
    hidden=same_as(best, drawn),
    kept=True,
)
def choose_learning_rate(submitted):
    """Tables in which training loss, validation loss, test accuracy and luck each point to another rate."""
    _check_choice("the check's first table", submitted, table_of_runs(RATES))
    with_nan = table_of_runs(RATES_WITH_NAN)
    _check_choice("a table in which 0.3 blew up with one seed", submitted, with_nan)
    _check_choice("the same table in another order", submitted, with_nan[::-1])
    by_seed = sorted(table_of_runs(RATES), key=lambda run: (run["seed"], run["validation_loss"]))
    _check_choice("the first table in the order of its seeds", submitted, by_seed)
    return "Validation decides, the mean over seeds, no rate that blows up, and the test column only reports."


def _check_choice(what, submitted, runs):
    names = ("learning rate", "test accuracy")
    rate, accuracy = expect_numbers(submitted(runs), names, f"The result for {what}")
    rates, (expected, mean_accuracy) = list(by_rate(runs, "seed")), best(runs)
    if not any(np.isclose(rate, each) for each in rates):
        raise Diagnosis(f"The learning rate is {rate:g}; expected one of {listed(rates)}.", "Which came back first?")
    if not np.isclose(rate, expected):
        raise Diagnosis(f"For {what} you choose {rate:g}; expected {expected:g}.", _why_chosen(submitted, runs, rate))
    because = known(MISTAKES, runs, part=lambda pair: pair[1] if np.isclose(pair[0], rate) else None)
    expect_close(accuracy, mean_accuracy, **ROUNDING, because=because, what=f"The test accuracy reported for {what}")


def _why_chosen(submitted, runs, rate):
    """Which wrong rule gives this rate here, and the learner's own where the accuracies are other ones."""
    losses = by_rate(runs, "validation_loss")
    if np.isnan(losses[min(losses, key=lambda each: abs(each - rate))]).any():
        return (
            "A run with this rate blew up (`nan`). A comparison with `nan` is never true, and `nanmean` leaves the "
            "failed run out as if nothing had happened: treat a mean of `nan` as infinity."
        )
    turned = [run | {"test_accuracy": 1 - run["test_accuracy"]} for run in runs]
    elsewhere = expect_numbers(submitted(turned), ("learning rate", "test accuracy"))[0]
    here, there = (known(MISTAKES, table, part=0) for table in (runs, turned))
    for (wrong, hint), (wrong_there, _) in zip(here, there, strict=True):
        if np.isclose(wrong, rate) and np.isclose(wrong_there, elsewhere):
            return hint
    return "Take the mean of the validation losses for each rate, and the rate with the lowest mean."
