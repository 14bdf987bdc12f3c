"""Tuning: every arm gets the best of its own grid, an edge is named, and so is a budget that is no plateau."""

import dataclasses
import math

import pytest

from course_lib.experiments.experiment import FIRST_TUNING_SEED, choices
from course_lib.experiments.measurement import MeasurementError
from course_lib.experiments.runner import measure
from course_lib.experiments.storage import load_measurement
from course_lib.experiments.tuning import best_choices, in_words, survivors
from made_up_claims import even_steps
from measured_claims import EVERYTHING, SMALL

pytestmark = pytest.mark.usefixtures("made_up")


# ---- grids ----------------------------------------------------------------------------------------------------------


def test_the_choices_of_a_grid_are_all_combinations_of_its_values():
    grid = {"rate": [0.1, 0.2], "l2": [0.0, 1.0, 2.0]}
    found = choices(grid)
    assert len(found) == 6
    assert found[0] == {"rate": 0.1, "l2": 0.0}
    assert {(each["rate"], each["l2"]) for each in found} == {(rate, l2) for rate in (0.1, 0.2) for l2 in (0.0, 1, 2)}
    assert choices({"rate": [0.1]}) == [{"rate": 0.1}]
    assert choices({"rate": []}) == []
    assert in_words({"rate": 0.1, "name": "adam"}) == "rate 0.1, name adam"


def test_the_best_choice_has_the_best_mean_over_the_tuning_seeds():
    grids = {"a": {"rate": [0.1, 0.2, 0.4]}, "b": {"rate": [0.4, 0.1, 0.2]}}
    scores = [{"a": [0.5, 0.9, 0.5], "b": [2.0, 1.0, 1.0]}, {"a": [0.8, 0.3, 0.6], "b": [2.0, 1.0, 1.0]}]
    chosen, means, edges = best_choices(grids, scores)
    assert chosen == {"a": {"rate": 0.1}, "b": {"rate": 0.4}}
    assert means == {"a": pytest.approx(0.65), "b": 2.0}
    assert edges == {"a": {"rate": "smallest"}, "b": {"rate": "largest"}}  # whatever the order of the grid


def test_rate_and_strength_are_chosen_together():
    grid = {"rate": [0.1, 0.2], "l2": [0.0, 1.0, 2.0]}
    # Alone, rate 0.1 has the better mean over strengths, and strength 2 over rates; the best pair is another one.
    scores = {(0.1, 0.0): 5, (0.1, 1.0): 5, (0.1, 2.0): 6, (0.2, 0.0): 0, (0.2, 1.0): 7, (0.2, 2.0): 6}
    row = [scores[choice["rate"], choice["l2"]] for choice in choices(grid)]
    chosen, means, edges = best_choices({"arm": grid}, [{"arm": row}])
    assert chosen == {"arm": {"rate": 0.2, "l2": 1.0}}
    assert means == {"arm": 7}
    assert edges == {"arm": {"rate": "largest"}}


def test_a_choice_that_diverged_once_is_not_taken_and_if_all_do_it_is_the_first():
    grids = {"a": {"rate": [0.1, 0.2, 0.4]}}
    assert best_choices(grids, [{"a": [0.2, 0.9, 0.1]}, {"a": [0.2, -math.inf, 0.4]}])[0] == {"a": {"rate": 0.4}}
    assert best_choices(grids, [{"a": [-math.inf] * 3}])[0] == {"a": {"rate": 0.1}}


@pytest.mark.parametrize(
    ("values", "scores", "edge"),
    [
        ([1, 2, 3], [0, 1, 0], None),
        ([1, 2, 3], [1, 0, 0], "smallest"),
        ([1, 2, 3], [0, 0, 1], "largest"),
        ([3, 1, 2], [1, 0, 0], "largest"),
        ([1, 2], [0, 1], "largest"),
        ([1], [1], None),  # there was nothing to choose
        (["adam", "nesterov"], [1, 0], None),  # names have no order
        ([False, True], [1, 0], None),
    ],
)
def test_an_edge_is_the_end_of_a_grid_of_numbers_that_have_an_order(values, scores, edge):
    _, _, edges = best_choices({"a": {"x": values}}, [{"a": scores}])
    assert edges == ({"a": {"x": edge}} if edge else {})


# ---- in a measurement -----------------------------------------------------------------------------------------------


def test_each_arm_gets_the_best_of_its_grid_and_an_edge_is_noted():
    measurement = measure("even_steps", small=True, progress=False)
    best = {"long": {"slope": 0.1}, "short": {"slope": 0.01}}
    assert measurement.chosen == {
        f"{length}, {case}": choice for length, choice in best.items() for case in ("flat", "uphill")
    }
    assert measurement.edges == {f"short, {case}": {"slope": "smallest"} for case in ("flat", "uphill")}
    assert set(measurement.values("long, flat", "slope")) == {0.1}  # what run() got


def test_an_edge_of_the_primarys_arms_without_a_reason_is_named(change, tmp_path):
    def explained(reasons):
        change("even_steps", edges=reasons)
        measurement = measure("even_steps", seeds=2, jobs=1, folder=tmp_path, progress=False)
        assert load_measurement("even_steps", tmp_path).edge_reasons == reasons
        return measurement.unexplained_edges()

    assert explained({}) == ["short, flat: slope"]  # and not that of an arm elsewhere
    assert explained({"long, flat: slope": "another arm", "short, flat: rate": "another field"}) == explained({})
    assert explained({"short, flat: slope": "no smaller slope can be walked"}) == []


def test_a_wider_grid_has_no_edge_left(change):
    settings = {**even_steps.EXPERIMENT.settings, "slopes": [0.001, 0.01, 0.1, 1.0]}
    change("even_steps", settings=settings, edges={})
    measurement = measure("even_steps", small=True, progress=False)
    assert measurement.edges == {} and measurement.unexplained_edges() == []
    assert measurement.chosen["short, flat"] == {"slope": 0.01}


def test_arms_may_have_grids_of_different_fields(change, tmp_path):
    def grids(settings):
        both = {"slope": settings["slopes"], "load": [0.0, 1.0, 5.0]}
        return {name: both if name.startswith("long") else grid for name, grid in even_steps.grids(settings).items()}

    def tune(seed, settings, trials):
        scores = even_steps.tune(seed, settings, trials)
        return {
            name: [score - abs(choice.get("load", 1.0) - 1.0) for score, choice in zip(own, trials[name], strict=True)]
            for name, own in scores.items()
        }

    change("even_steps", grids=grids, tune=tune)
    measurement = measure("even_steps", seeds=2, jobs=1, folder=tmp_path, progress=False)
    assert measurement.chosen["long, flat"] == {"slope": 0.1, "load": 1.0}
    assert measurement.chosen["short, flat"] == {"slope": 0.01}
    assert len(measurement.small.tuning["long, flat"]["choices"]) == 9
    assert load_measurement("even_steps", tmp_path) == measurement


def test_the_primarys_chosen_arms_are_scored_at_twice_the_budget_which_shows_a_plateau(change, tmp_path):
    asked = []

    def tune(seed, settings, trials):
        if settings["days"] == 2:
            asked.append((seed, settings["case"], trials))
        return even_steps.tune(seed, settings, trials)

    change("even_steps", tune=tune)
    measurement = measure("even_steps", seeds=2, jobs=1, folder=tmp_path, progress=False)
    wanted = {"long, flat": [{"slope": 0.1}], "short, flat": [{"slope": 0.01}]}
    assert asked == [(seed, "flat", wanted) for seed in (1000, 1001, 1002)]
    own = -sum(seed / 1e6 for seed in (1000, 1001, 1002)) / 3
    assert measurement.plateau == {arm: pytest.approx([own, own + 0.25]) for arm in wanted}
    assert measurement.budget_reason == "A day is what there is."
    change("even_steps", longer={})
    assert measure("even_steps", seeds=2, jobs=1, folder=tmp_path, progress=False).plateau == {}
    assert measure("even_steps", small=True, progress=False).plateau == {}


def test_an_arm_that_diverges_at_twice_the_budget_has_no_plateau(change, tmp_path):
    def tune(seed, settings, trials):
        scores = even_steps.tune(seed, settings, trials)
        return scores | ({"short, flat": [-math.inf]} if settings["days"] == 2 else {})

    change("even_steps", tune=tune)
    measurement = measure("even_steps", seeds=2, jobs=1, folder=tmp_path, progress=False)
    assert list(measurement.plateau) == ["long, flat"]
    assert load_measurement("even_steps", tmp_path) == measurement


def test_tuning_takes_seeds_of_its_own(tmp_path, begun):
    measurement = measure("waits", jobs=1, folder=tmp_path, progress=False)
    assert begun() == EVERYTHING + SMALL
    assert measurement.tuning_seeds == tuple(FIRST_TUNING_SEED + number for number in range(3))
    assert not set(measurement.seeds) & set(measurement.tuning_seeds)


def test_an_experiment_with_noisy_scores_tunes_with_more_seeds(tmp_path, begun, change):
    change("waits", tuning_seeds=5)
    measurement = measure("waits", jobs=1, folder=tmp_path, progress=False)
    assert measurement.tuning_seeds == (1000, 1001, 1002, 1003, 1004)
    assert [line for line in begun() if "tune" in line][:5] == [f"tune {seed}" for seed in measurement.tuning_seeds]


# ---- what is refused ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("scores", "said"),
    [
        ({"fast": [math.nan, 0, 0], "slow": [1.0, 0, 0]}, "score nan for arm 'fast' at speed 0.1"),
        ({"fast": [0, 0, math.inf], "slow": [1.0, 0, 0]}, "score inf for arm 'fast' at speed 0.4"),
        ({"fast": [1.0, 0, 0], "slow": []}, "gave 0 scores of arm 'slow', which has 3 choices"),
        ({"fast": [1.0, 0, 0, 0], "slow": [1.0, 0, 0]}, "gave 4 scores of arm 'fast', which has 3 choices"),
        ({"fast": [1.0, 0, 0]}, r"gave scores of \['fast'\]; expected \['fast', 'slow'\]"),
        ({"fast": [1.0, 0, 0], "slow": [1.0, 0, 0], "more": [0]}, r"gave scores of \['fast', 'more', 'slow'\]"),
    ],
)
def test_scores_that_cannot_be_are_refused_by_name(scores, said, change):
    change("waits", tune=lambda seed, settings, trials: scores)
    with pytest.raises(MeasurementError, match=said):
        measure("waits", small=True, progress=False)


@pytest.mark.parametrize("grid", [{}, {"speed": []}, {"speed": [0.1], "load": []}])
def test_an_arm_without_anything_to_choose_is_refused_by_name(grid, change, begun):
    change("waits", grids=lambda settings: {"fast": {"speed": [0.1]}, "slow": grid})
    with pytest.raises(MeasurementError, match="Arm 'slow' has the grid"):
        measure("waits", small=True, progress=False)
    assert begun() == []


def test_grids_without_tuning_or_tuning_without_grids_are_refused():
    for missing in ("grids", "tune"):
        with pytest.raises(ValueError, match="needs both `grids` and `tune`"):
            dataclasses.replace(even_steps.EXPERIMENT, **{missing: None})


# ---- the first tuning seed tries all, the others the best third -----------------------------------------------------


def test_the_best_third_survives_four_at_least_and_of_equals_the_first():
    assert survivors({"a": [1.0, 5.0, 3.0]}) == {"a": [0, 1, 2]}
    assert survivors({"a": [0.0, 9.0, 1.0, 8.0, 2.0, 7.0, 3.0]}) == {"a": [1, 3, 5, 6]}
    assert survivors({"a": list(range(20))}) == {"a": list(range(13, 20))}
    assert survivors({"a": [2.0, -math.inf, 2.0, 2.0, 2.0, 2.0, 1.0]}) == {"a": [0, 2, 3, 4]}


def test_what_was_not_tried_by_all_is_not_chosen():
    grids = {"a": {"slope": [0.1, 0.2, 0.3]}}
    scores = [{"a": [9.0, 5.0, 4.0]}, {"a": [None, 5.0, 6.5]}]
    chosen, best, _ = best_choices(grids, scores)
    assert (chosen["a"], best["a"]) == ({"slope": 0.3}, 5.25)


def test_the_other_tuning_seeds_try_what_the_first_has_left(change, tmp_path):
    asked = {}

    def tune(seed, settings, trials):
        asked.setdefault(settings["case"], {})[seed] = {arm: [each["slope"] for each in trials[arm]] for arm in trials}
        return {arm: [-abs(each["slope"] - 0.7) for each in trials[arm]] for arm in trials}

    slopes = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8]
    settings = {**even_steps.EXPERIMENT.settings, "slopes": slopes}
    change("even_steps", tune=tune, settings=settings, longer={})
    measurement = measure("even_steps", jobs=1, folder=tmp_path, progress=False)
    left = {arm: [0.5, 0.6, 0.7, 0.8] for arm in ("long, flat", "short, flat")}
    assert asked["flat"][1001] == asked["flat"][1002] == left
    assert asked["flat"][1000] == dict.fromkeys(left, slopes)
    assert measurement.chosen["long, flat"] == {"slope": 0.7}
