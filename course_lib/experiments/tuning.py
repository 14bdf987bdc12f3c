"""Learning rates: each arm that is compared gets the best of the same grid, by the mean score of the tuning seeds."""

import math

from course_lib.experiments.measurement import MeasurementError


def best_rates(scores_by_seed):
    """What was chosen from [{arm: {learning rate: score}}], one a tuning seed.

    Equal scores, as of rates that all diverge, give the smallest rate.

    Returns
    -------
    ({arm: learning rate}, arms whose choice is the smallest or the largest rate of a grid of two rates or more)
    """
    chosen, at_the_edge = {}, []
    for arm in scores_by_seed[0] if scores_by_seed else ():
        rates = sorted(scores_by_seed[0][arm])
        means = {rate: sum(scores[arm][rate] for scores in scores_by_seed) / len(scores_by_seed) for rate in rates}
        chosen[arm] = max(rates, key=means.__getitem__)  # the first of equals
        if len(rates) > 1 and chosen[arm] in (rates[0], rates[-1]):
            at_the_edge.append(arm)
    return chosen, tuple(at_the_edge)


def checked_scores(scores, experiment, seed):
    """The scores as plain numbers.

    Raises
    ------
    MeasurementError : a score that is NaN or +inf, an arm without rates, two arms that are compared over other grids
    """
    plain = {arm: {float(rate): float(score) for rate, score in by_rate.items()} for arm, by_rate in scores.items()}
    for arm, by_rate in plain.items():
        if not by_rate:
            raise MeasurementError(f"Tuning seed {seed} gave no learning rate for arm {arm!r}.")
        for rate, score in by_rate.items():
            if math.isnan(score) or score == math.inf:
                raise MeasurementError(
                    f"Tuning seed {seed} gave the score {score} for arm {arm!r} at learning rate {rate:g}. Scores are "
                    f"numbers, higher is better; a run that diverged scores -inf."
                )
    for comparison in experiment.comparisons:
        grids = [sorted(plain[arm]) for arm in (comparison.better, comparison.worse) if arm in plain]
        if len(grids) == 2 and grids[0] != grids[1]:
            raise MeasurementError(
                f"{comparison.label!r} compares {comparison.better!r}, tuned over {grids[0]}, with "
                f"{comparison.worse!r}, tuned over {grids[1]}. Give both the same grid."
            )
    return plain
