"""Chapter 5's checks: right answers in many styles pass, and each common mistake gets the diagnosis that fits it."""

import numpy as np
import pytest

from checks_scaffold import AlwaysEqual, ChapterChecks
from course_lib.checks import run_check, sick_curves
from course_lib.checks.chapter_05.gain import gain
from course_lib.checks.chapter_05.l1_step import l1_step
from course_lib.checks.chapter_05.max_norm import max_norm
from course_lib.checks.chapter_05.mended_dropout import dropout
from course_lib.checks.chapter_05.penalized_gradients import penalized_gradients
from course_lib.engine.numpy_backend import Network
from course_lib.experiments.measurement import interval
from course_lib.experiments.six_curves import EPOCHS, QUANTITIES, six_curves
from course_lib.recipe import Recipe
from course_lib.scratch.dropout import draw_mask
from course_lib.scratch.regularizers import apply_max_norm, l2_gradient
from right_answers_ch05 import CURVES, RIGHT, SAME_DRAWS


class TestChapter5(ChapterChecks):
    chapter, right = 5, RIGHT
    given_broken = {"5.4": "Both modes are wrong"}
    fewest_wrong = 8


# ---- the checks and the course's own engine say the same ------------------------------------------------------------


def test_the_penalty_of_the_exercise_is_the_courses_own():
    rng = np.random.default_rng(0)
    x, labels = rng.normal(size=(8, 5)), rng.integers(0, 3, 8)
    recipe = Recipe(hidden_layers=(), drop_rate=0.0, normalization="none", optimizer="gradient_descent")
    plain, penalized = Network(recipe, 5, 3, "float64"), Network(recipe.replace(l2=0.3), 5, 3, "float64")
    before = plain.parameters()
    _, gradients = plain.loss_and_gradients(x, labels)
    _, own = penalized.loss_and_gradients(x, labels)
    given = [before["dense1.weight"], before["dense1.bias"], gradients["dense1.weight"], gradients["dense1.bias"]]
    weight_gradient, bias_gradient = penalized_gradients(*given, 0.3)
    np.testing.assert_allclose(own["dense1.weight"], weight_gradient, rtol=1e-12)
    np.testing.assert_allclose(own["dense1.bias"], bias_gradient, rtol=1e-12)
    np.testing.assert_allclose(weight_gradient - given[2], l2_gradient(given[0], 0.3), rtol=1e-9)


def test_the_dropout_of_the_exercise_is_the_courses_own():
    x = np.random.default_rng(1).normal(size=(50, 20))
    drawn = np.random.default_rng(2).random(x.shape, dtype=np.float32)
    own = x * draw_mask(x.shape, 0.3, np.random.default_rng(2))
    for answer in [dropout, *SAME_DRAWS]:
        np.testing.assert_allclose(answer(x, drawn, 0.3, True), own, rtol=1e-9)


def test_the_max_norm_of_the_exercise_is_the_courses_own():
    weight = np.random.default_rng(0).normal(0, 3, (6, 4))
    own = weight.copy()
    apply_max_norm(own, 2.0)
    for answer in [max_norm, *RIGHT["5.6"]]:
        np.testing.assert_allclose(answer(weight, 2.0), own, rtol=1e-6)


def test_the_interval_of_the_exercise_is_the_one_that_the_course_measures_with():
    rng = np.random.default_rng(0)
    with_remedy, without = rng.normal(1, 1, 10), rng.normal(0, 1, 10)
    quantile = 2.2621571628  # Student's t, 9 degrees of freedom, 97.5%: a table's value
    low, high, _ = gain(with_remedy, without, quantile, 0.5)
    assert interval(with_remedy - without)[1:] == pytest.approx((low, high), rel=1e-9)


def test_the_l1_step_lowers_loss_and_penalty_to_their_smallest_sum():
    """For a loss of slope g the step minimizes g w + (w - w0)**2 / (2 eta) + strength |w|: searched on a fine grid."""
    rng = np.random.default_rng(0)
    w, gradient = rng.normal(0, 0.4, 20), rng.normal(size=20)
    grid = np.linspace(-3, 3, 600_001)
    for before, slope, after in zip(w, gradient, l1_step(w, gradient, 0.2, 1.5), strict=True):
        summed = slope * grid + (grid - before) ** 2 / (2 * 0.2) + 1.5 * np.abs(grid)
        assert grid[summed.argmin()] == pytest.approx(after, abs=2e-5)


# ---- the six runs show what the answers say -------------------------------------------------------------------------


@pytest.fixture(scope="module")
def curves():
    return six_curves()


def test_each_run_has_a_value_for_every_epoch_and_quantity(curves):
    assert tuple(curves) == tuple(CURVES)
    for run in curves.values():
        for quantity in QUANTITIES:
            values = getattr(run, quantity)
            assert values.shape == (EPOCHS,)
            assert np.isfinite(values).all()


def test_every_illness_and_cure_of_the_answers_is_in_the_lists_and_used_once():
    illnesses, cures = zip(*CURVES.values(), strict=True)
    assert len(set(illnesses)) == len(set(cures)) == 6
    assert set(illnesses) < set(sick_curves.CURVE_ILLNESSES)
    assert set(cures) < set(sick_curves.CURES)


def late(values):
    return values[-10:].mean()


def jumps(values):
    """How far a curve goes up from epoch to epoch, in all, in parts of its range."""
    return np.maximum(np.diff(values), 0).sum() / np.ptp(values)


def test_a_is_still_on_its_way(curves):
    run = curves["A"]
    assert np.all(np.diff(run.train_loss) < 0)
    assert run.train_loss[-5] - run.train_loss[-1] > 0.03
    assert late(run.validation_loss) - late(run.train_loss) < 0.1


def test_b_learns_by_heart_and_its_validation_accuracy_does_not_fall(curves):
    run = curves["B"]
    assert run.train_accuracy[-1] > 0.99
    assert run.validation_loss[-1] > 1.3 * run.validation_loss.min()
    assert late(run.validation_accuracy) > run.validation_accuracy.max() - 0.03


def test_c_promises_what_new_images_do_not_keep(curves):
    run = curves["C"]
    assert abs(late(run.train_accuracy) - late(run.validation_accuracy)) < 0.02
    assert late(run.validation_accuracy) - run.test_accuracy > 0.15
    for letter in "ABDEF":
        assert abs(curves[letter].validation_accuracy[-1] - curves[letter].test_accuracy) < 0.06, letter


def test_d_jumps_and_the_others_do_not(curves):
    assert jumps(curves["D"].train_loss) > 1
    assert all(jumps(curves[letter].train_loss) < 0.5 for letter in "ABCEF")


def test_e_forgets_the_rule_while_it_learns_the_errors(curves):
    run = curves["E"]
    assert run.validation_accuracy[:10].max() > run.train_accuracy[:10].max()
    assert run.train_accuracy[-1] > 0.9
    assert run.validation_accuracy[-1] < run.validation_accuracy.max() - 0.1


def test_f_is_level_and_wrong_about_its_own_images(curves):
    run = curves["F"]
    assert late(run.train_accuracy) < 0.5
    assert abs(run.train_loss[-10] - run.train_loss[-1]) < 0.1
    assert late(run.validation_loss) - late(run.train_loss) < 0.1


def test_other_draws_in_training_are_no_mistake_where_prediction_is_wrong():
    def answer(x, drawn, drop_rate, training):
        return np.where(drawn < 1 - drop_rate, x / (1 - drop_rate), 0) if training else x * (1 - drop_rate)

    outcome = run_check("5.4", answer)
    assert outcome.message.startswith("The output in prediction for the example")
    assert outcome.hint.startswith("It is scaled twice")


# ---- answers that would trick a check or stop it --------------------------------------------------------------------


@pytest.mark.parametrize("number", ["5.2", "5.3", "5.4", "5.6", "5.7"])
def test_an_array_that_claims_to_equal_anything_is_looked_at(number):
    def lies(value):
        if isinstance(value, np.ndarray):
            return (np.zeros_like(value) + 7).view(AlwaysEqual)
        return type(value)(map(lies, value))

    assert run_check(number, lambda *given: lies(RIGHT[number][0](*given))).status == "failed"


@pytest.mark.parametrize("number", ["5.2", "5.3", "5.4", "5.6", "5.7"])
@pytest.mark.parametrize("change", [np.ravel, np.transpose, lambda array: array[..., :1], lambda array: array[None]])
def test_arrays_of_another_shape_are_a_diagnosis(number, change):
    def reshaped(value):
        return change(value) if isinstance(value, np.ndarray) else type(value)(map(reshaped, value))

    assert run_check(number, lambda *given: reshaped(RIGHT[number][0](*given))).status == "failed"


def test_a_word_of_another_kind_in_the_pairs_is_a_diagnosis():
    for bad in (None, 3, "overfits", ("overfits",), ("overfits", 2), {"overfits": 1}, [["overfits"], []]):
        outcome = run_check("5.8", lambda bad=bad: CURVES | {"B": bad})
        assert outcome.status == "failed", outcome


def test_every_wrong_illness_of_every_letter_gets_an_answer():
    for letter in CURVES:
        for illness in sick_curves.CURVE_ILLNESSES:
            if illness != CURVES[letter][0]:
                outcome = run_check("5.8", lambda pair=(letter, illness): CURVES | {pair[0]: (pair[1], "leave_it")})
                assert f"{letter}: it suffers from something else" in outcome.message
                assert f"{letter}: " in outcome.hint
