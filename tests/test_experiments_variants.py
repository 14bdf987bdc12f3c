"""Arms with variants: the best one on validation data stands for the arm, and what cannot be compared is refused."""

import pytest

from course_lib.experiments.experiment import Outcome
from course_lib.experiments.measurement import MeasurementError
from course_lib.experiments.runner import measure
from course_lib.experiments.tuning import best_rates

pytestmark = pytest.mark.usefixtures("made_up")


def test_of_an_arms_variants_only_the_best_is_kept_and_the_first_of_equals():
    scores = [
        {"weak": {0.1: 0.5, 0.2: 0.6}, "strong": {0.1: 0.9, 0.2: 0.1}, "other": {0.1: 0.0, 0.2: 0.1}},
        {"weak": {0.1: 0.5, 0.2: 0.6}, "strong": {0.1: 0.2, 0.2: 0.1}, "other": {0.1: 0.0, 0.2: 0.1}},
    ]
    rates, at_the_edge = best_rates(scores, {"both": ("weak", "strong")})
    assert (rates, at_the_edge) == ({"weak": 0.2, "other": 0.2}, ("weak", "other"))  # 0.6 against a mean of 0.55
    rates, _ = best_rates(scores[:1], {"both": ("weak", "strong")})
    assert rates == {"strong": 0.1, "other": 0.2}
    equal = [{"b": {0.1: 0.5}, "a": {0.1: 0.5}}]
    assert best_rates(equal, {"both": ("a", "b")}) == ({"a": 0.1}, ())
    assert best_rates([], {"both": ("a", "b")}) == ({}, ())


def tune_two_strengths(seed, settings):
    return {"long 1": {0.1: 0.2}, "long 2": {0.1: 0.7}, "short": {0.1: 0.5}}


def run_one_strength(seed, settings, learning_rates):
    (strength,) = [float(name.split()[1]) for name in learning_rates if name.startswith("long")]
    return Outcome({"long": {"way": strength + seed}, "short": {"way": 0.0}})


def test_run_gets_the_chosen_variant_alone_and_the_result_names_it(change, tmp_path):
    variants = {"long": ("long 1", "long 2")}
    change("even_steps", tune=tune_two_strengths, run=run_one_strength, variants=variants)
    measurement = measure("even_steps", seeds=2, jobs=1, folder=tmp_path, progress=False)
    assert measurement.learning_rates == {"long 2": 0.1, "short": 0.1}
    assert measurement.main.by_seed == (2.0, 3.0)


def test_variants_that_were_not_scored_or_have_another_grid_are_refused(change, tmp_path):
    change("even_steps", tune=tune_two_strengths, run=run_one_strength, variants={"long": ("long 1", "long 3")})
    with pytest.raises(MeasurementError, match=r"no scores for \['long 3'\], variants of arm 'long'"):
        measure("even_steps", jobs=1, folder=tmp_path, progress=False)

    def other_grid(seed, settings):
        return tune_two_strengths(seed, settings) | {"long 2": {0.3: 0.7}}

    change("even_steps", tune=other_grid, run=run_one_strength, variants={"long": ("long 1", "long 2")})
    with pytest.raises(MeasurementError, match=r"'long 1', tuned over \[0.1\], with 'long 2', tuned over \[0.3\]"):
        measure("even_steps", jobs=1, folder=tmp_path, progress=False)


def test_variants_without_names_or_without_tuning_are_refused(change):
    with pytest.raises(ValueError, match="'long' has the variants"):
        change("even_steps", variants={"long": ()})
    with pytest.raises(ValueError, match="'bent' has the variants"):
        change("coin", variants={"bent": ("a",)})
