"""Learning rates: each arm that is compared gets the best of the same grid, by the mean score of the tuning seeds."""

import math

from course_lib.experiments.measurement import MeasurementError


def best_rates(scores_by_seed, variants=None):
    """What was chosen from [{arm: {learning rate: score}}], one a tuning seed.

    Equal scores, as of rates that all diverge, give the smallest rate; equal variants the first one.

    Parameters
    ----------
    scores_by_seed : as above, with the variants of an arm as arms of their own
    variants : {arm: names of its variants}, as in the Experiment: of each arm's variants only the best is returned

    Returns
    -------
    ({arm: learning rate}, arms whose choice is the smallest or the largest rate of a grid of two rates or more)
    """
    chosen, best_scores, at_the_edge = {}, {}, []
    for arm in scores_by_seed[0] if scores_by_seed else ():
        rates = sorted(scores_by_seed[0][arm])
        means = {rate: sum(scores[arm][rate] for scores in scores_by_seed) / len(scores_by_seed) for rate in rates}
        chosen[arm] = max(rates, key=means.__getitem__)  # the first of equals
        best_scores[arm] = means[chosen[arm]]
        if len(rates) > 1 and chosen[arm] in (rates[0], rates[-1]):
            at_the_edge.append(arm)
    beaten = _beaten(best_scores, variants or {})
    kept = {arm: rate for arm, rate in chosen.items() if arm not in beaten}
    return kept, tuple(arm for arm in at_the_edge if arm in kept)


def _beaten(best_scores, variants):
    """The variants that are not the best of their arm."""
    beaten = set()
    for names in variants.values() if best_scores else ():
        best = max(names, key=best_scores.__getitem__)  # the first of equals
        beaten |= set(names) - {best}
    return beaten


def checked_scores(scores, experiment, seed):
    """The scores as plain numbers.

    Raises
    ------
    MeasurementError : a score that is NaN or +inf, an arm without rates, an arm whose variants were not all scored, two
        arms that are compared over other grids
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
    for arm, names in experiment.variants.items():
        if missing := [name for name in names if name not in plain]:
            raise MeasurementError(f"Tuning seed {seed} gave no scores for {missing}, variants of arm {arm!r}.")
    for comparison in experiment.comparisons:
        _check_same_grid(comparison, plain, experiment.variants)
    return plain


def _check_same_grid(comparison, scores, variants):
    """Two arms that are compared, and all their variants, must have the same rates."""
    names = [name for arm in (comparison.better, comparison.worse) for name in variants.get(arm, (arm,))]
    grids = {name: sorted(scores[name]) for name in names if name in scores}
    for name, grid in grids.items():
        first = next(iter(grids))
        if grid != grids[first]:
            raise MeasurementError(
                f"{comparison.label!r} compares {first!r}, tuned over {grids[first]}, with {name!r}, tuned over "
                f"{grid}. Give both the same grid."
            )
