"""Tuning: every arm gets the best of its own grid, by the mean score of the tuning seeds; an edge is named."""

import math
from collections.abc import Mapping, Sequence

from course_lib.experiments.experiment import choices
from course_lib.experiments.measurement import MeasurementError

SMALLEST, LARGEST = "smallest", "largest"


def trials(experiment, settings) -> dict[str, list[dict]]:
    """{arm: all choices of its grid} in one case. An arm without a grid, or a grid without values, is an error."""
    found = {}
    for arm, grid in experiment.grids(settings).items():
        found[arm] = choices(grid)
        if not grid or not found[arm]:
            raise MeasurementError(f"Arm {arm!r} has the grid {grid!r}; expected one field or more, each with values.")
    return found


def best_choices(grids: Mapping, scores_by_seed: Sequence[Mapping]) -> tuple[dict, dict, dict]:
    """What is best by the mean over the tuning seeds.

    Equal scores, as of runs that all diverge, give the first choice of the grid.

    Parameters
    ----------
    grids : {arm: {field: values}}
    scores_by_seed : [{arm: [score of each choice]}], one a tuning seed

    Returns
    -------
    three dicts by arm : the choice {field: value}; its mean score; the fields whose choice is the smallest or the
        largest number of a grid of two or more, {field: "smallest" or "largest"}, of the arms that have such
    """
    chosen, best_scores, edges = {}, {}, {}
    for arm, grid in grids.items():
        means = [
            sum(scores[arm][place] for scores in scores_by_seed) / len(scores_by_seed)
            for place in range(len(choices(grid)))
        ]
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
