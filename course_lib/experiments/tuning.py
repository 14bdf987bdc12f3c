"""Tuning: every arm gets the best of its own grid, by the mean score of the tuning seeds; an edge is named.

The first tuning seed tries every choice. The other seeds try again the best third of each arm's, four at least: a round
of successive halving (Jamieson and Talwalkar 2016), the same for all arms, which spares half of the work.
"""

import math
from collections.abc import Mapping, Sequence

from course_lib.experiments.experiment import choices
from course_lib.experiments.measurement import MeasurementError

SMALLEST, LARGEST = "smallest", "largest"
KEPT_SHARE, KEPT_LEAST = 1 / 3, 4  # of an arm's choices, after the first tuning seed


def trials(experiment, settings) -> dict[str, list[dict]]:
    """{arm: all choices of its grid} in one case. An arm without a grid, or a grid without values, is an error."""
    found = {}
    for arm, grid in experiment.grids(settings).items():
        found[arm] = choices(grid)
        if not grid or not found[arm]:
            raise MeasurementError(f"Arm {arm!r} has the grid {grid!r}; expected one field or more, each with values.")
    return found


def survivors(first_scores: Mapping[str, Sequence[float]]) -> dict[str, list[int]]:
    """{arm: the places of the choices that the other tuning seeds try too, in order}; of equals the first stay."""
    found = {}
    for arm, scores in first_scores.items():
        n = max(KEPT_LEAST, math.ceil(KEPT_SHARE * len(scores)))
        found[arm] = sorted(sorted(range(len(scores)), key=lambda place: (-scores[place], place))[:n])
    return found


def best_choices(grids: Mapping, scores_by_seed: Sequence[Mapping]) -> tuple[dict, dict, dict]:
    """What is best by the mean over the tuning seeds, of what all of them have tried.

    Equal scores, as of runs that all diverge, give the first choice of the grid.

    Parameters
    ----------
    grids : {arm: {field: values}}
    scores_by_seed : [{arm: [score of each choice]}], one a tuning seed; None is a choice that it did not try

    Returns
    -------
    three dicts by arm : the choice {field: value}; its mean score; the fields whose choice is the smallest or the
        largest number of a grid of two or more, {field: "smallest" or "largest"}, of the arms that have such
    """
    chosen, best_scores, edges = {}, {}, {}
    for arm, grid in grids.items():
        of_choice = list(zip(*(scores[arm] for scores in scores_by_seed), strict=True))
        means = [-math.inf if None in scores else sum(scores) / len(scores) for scores in of_choice]
        best = means.index(max(means))
        chosen[arm], best_scores[arm] = choices(grid)[best], means[best]
        if at_edge := {name: edge for name, value in chosen[arm].items() if (edge := _edge(value, grid[name]))}:
            edges[arm] = at_edge
    return chosen, best_scores, edges


def _edge(value, values):
    """Where a number stands at an end of its grid; None inside, and for what has no order or no choice."""
    if len(values) < 2 or not all(isinstance(each, int | float) and not isinstance(each, bool) for each in values):
        return None
    return {min(values): SMALLEST, max(values): LARGEST}.get(value)


def checked_scores(scores, wanted, seed) -> dict[str, list[float]]:
    """The scores as plain numbers.

    Parameters
    ----------
    scores : what an experiment's `tune` gave
    wanted : {arm: choices} that it was given
    seed : for the message

    Raises
    ------
    MeasurementError : arms or numbers of scores other than asked for; a score that is NaN or +inf
    """
    if sorted(scores) != sorted(wanted):
        raise MeasurementError(f"Tuning seed {seed} gave scores of {sorted(scores)}; expected {sorted(wanted)}.")
    plain = {arm: [float(score) for score in scores[arm]] for arm in wanted}
    for arm, found in plain.items():
        if len(found) != len(wanted[arm]):
            raise MeasurementError(
                f"Tuning seed {seed} gave {len(found)} scores of arm {arm!r}, which has {len(wanted[arm])} choices."
            )
        for choice, score in zip(wanted[arm], found, strict=True):
            if math.isnan(score) or score == math.inf:
                raise MeasurementError(
                    f"Tuning seed {seed} gave the score {score} for arm {arm!r} at {in_words(choice)}. Scores are "
                    f"numbers, higher is better; a run that diverged scores -inf."
                )
    return plain


def in_words(choice: Mapping) -> str:
    """{"learning_rate": 0.01, "l2": 0.1} -> "learning_rate 0.01, l2 0.1"."""
    return ", ".join(f"{name} {_said(value)}" for name, value in choice.items())


def _said(value):
    return f"{value:g}" if isinstance(value, int | float) else str(value)
