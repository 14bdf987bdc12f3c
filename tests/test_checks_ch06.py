"""Chapter 6's checks: right answers in many styles pass, and each common mistake gets the diagnosis that fits it."""

import copy

import numpy as np
import pytest

from checks_scaffold import AlwaysEqual, ChapterChecks
from course_lib.checks import named_pairs, run_check, six_reports
from course_lib.checks.chapter_06 import best_temperature, confusion_matrix, differences, flaws, own_recipe
from course_lib.checks.chapter_06.own_recipe import GOOD, NAIVE
from course_lib.checks.mistakes import Said
from course_lib.data import load_digits
from course_lib.recipe import Recipe
from course_lib.scratch.losses import softmax_cross_entropy
from right_answers_ch06 import FLAWS, RIGHT


class TestChapter6(ChapterChecks):
    chapter, right = 6, RIGHT
    given_broken = {"6.5": "Both steps are wrong"}
    fewest_wrong = 8


# ---- "the example" is the one of the chapter's text -----------------------------------------------------------------

EXAMPLES = {
    "6.1": ({"activation": "elu", "seed": 0}, {"activation": "relu", "seed": 0}),
    "6.2": (
        {"activation": "elu", "normalization": "batch"},
        {"ELU": ("activation", "sigmoid"), "batch norm": ("normalization", "none")},
    ),
    "6.3": ([90, 92], [88, 90], [87, 87], [79, 83]),
    "6.4": ([0, 0, 1], [0, 1, 1], 2),
    "6.6": ([[255, 0, 255]],),
}


@pytest.mark.parametrize("number", EXAMPLES)
def test_a_function_that_is_wrong_for_the_example_of_the_text_alone_hears_of_it_as_the_example(number):
    def wrong_there(*given):
        plain = tuple(each.tolist() if isinstance(each, np.ndarray) else each for each in given)
        return None if plain == EXAMPLES[number] else RIGHT[number][0](*given)

    outcome = run_check(number, wrong_there)
    assert outcome.status == "failed"
    assert "for the example is None" in outcome.message


# ---- the checks say the same as others do ---------------------------------------------------------------------------


def test_the_differences_of_two_recipes_are_what_their_texts_show():
    one, other = Recipe(), Recipe(optimizer="momentum", drop_rate=0.0, max_norm=3.0)
    lines = zip(str(one).splitlines(), str(other).splitlines(), strict=True)
    shown = [line.split()[0] for line, other_line in lines if line != other_line]
    assert list(differences.differences(vars(one), vars(other))) == shown == ["drop_rate", "max_norm", "optimizer"]


def test_the_loss_of_the_temperature_is_the_courses_own():
    rng = np.random.default_rng(0)
    z, labels = rng.normal(0, 3, (50, 6)), rng.integers(0, 6, 50)
    assert best_temperature.cross_entropy(z, labels) == pytest.approx(softmax_cross_entropy(z, labels), rel=1e-9)


def test_the_confusion_matrix_of_the_exercise_is_that_of_others():
    rng = np.random.default_rng(0)
    labels, predictions = rng.integers(0, 5, 80), rng.integers(0, 5, 80)
    for own, other in zip(
        confusion_matrix.confusion(labels, predictions, 6), RIGHT["6.4"][2](labels, predictions, 6), strict=True
    ):
        np.testing.assert_allclose(own, other)


# ---- every case is told from every mistake by some case -------------------------------------------------------------


def test_each_known_temperature_mistake_gives_another_candidate_in_some_case():
    cases = best_temperature.temperature_cases()
    right = [best_temperature.best_temperature(*case) for case in cases]
    mistakes = [entry for entry in best_temperature.MISTAKES if not isinstance(entry[1], Said)]
    given = [*cases, best_temperature.TIED]
    with np.errstate(all="ignore"):
        known = {tuple(choose(*copy.deepcopy(case)) for case in given): meaning for choose, meaning in mistakes}
    assert all(answers[:-1] != tuple(right) for answers in known)
    assert set(known.values()) == {meaning for _, meaning in mistakes}
    for answer in RIGHT["6.5"]:
        assert [float(np.ravel(answer(*case))[0]) for case in cases] == right
    for (_, _, candidates), best in zip(cases[:-1], right, strict=False):
        assert candidates[0] != best
        assert candidates != sorted(candidates)


def test_the_temperature_that_is_found_undoes_what_made_the_logits_too_sure():
    for (logits, labels, candidates), scale in zip(
        best_temperature.temperature_cases(), (3.2, 0.4, 1.1, 400.0), strict=False
    ):
        assert best_temperature.best_temperature(logits, labels, candidates) == scale


def test_two_logits_that_round_to_a_tie_tell_division_from_multiplication():
    logits, labels, candidates = best_temperature.TIED
    accuracies = {
        scale: [(best_temperature.log_softmax(scale(logits, T)).argmax(axis=1) == labels).mean() for T in candidates]
        for scale in (np.divide, np.multiply)
    }
    assert candidates[np.argmax(accuracies[np.divide])] == 0.001
    assert candidates[np.argmax(accuracies[np.multiply])] == 1000.0


# ---- the six reports ------------------------------------------------------------------------------------------------


def test_every_flaw_and_remedy_of_the_answers_is_in_the_lists_and_used_once():
    found, remedies = zip(*FLAWS.values(), strict=True)
    assert len(set(found)) == len(set(remedies)) == 6
    assert set(found) < set(six_reports.FLAWS)
    assert set(remedies) < set(six_reports.REMEDIES)
    assert tuple(six_reports.REPORTS) == tuple(FLAWS)


def test_no_report_names_its_flaw_or_its_remedy():
    for letter, text in six_reports.REPORTS.items():
        for name in FLAWS[letter]:
            assert name not in text
            assert name.replace("_", " ") not in text.lower()


def test_every_wrong_flaw_of_every_report_gets_an_answer():
    for letter in FLAWS:
        for flaw in six_reports.FLAWS:
            if flaw != FLAWS[letter][0]:
                answer = FLAWS | {letter: (flaw, "train_longer")}
                outcome = run_check("6.7", lambda answer=answer: answer)
                assert f"{letter}: its flaw is another one" in outcome.message
                assert flaws.NEXT_LOOK[letter] in outcome.hint


def test_every_right_flaw_with_another_remedy_gets_an_answer():
    for letter in FLAWS:
        for remedy in six_reports.REMEDIES:
            if remedy != FLAWS[letter][1]:
                answer = FLAWS | {letter: (FLAWS[letter][0], remedy)}
                outcome = run_check("6.7", lambda answer=answer: answer)
                assert f"{letter}: the flaw is right, and {remedy!r} does not meet it." in outcome.message


def test_a_word_of_another_kind_in_the_pairs_is_a_diagnosis():
    for bad in (None, 3, "one_run_each", ("one_run_each",), ("one_run_each", 2), {"one_run_each": 1}, [[""], []]):
        outcome = run_check("6.7", lambda bad=bad: FLAWS | {"B": bad})
        assert outcome.status == "failed", outcome


def test_the_first_of_a_pair_is_an_illness_unless_it_has_another_name():
    with pytest.raises(named_pairs.Diagnosis, match="the illness first, then the cure"):
        named_pairs.expect_named_pairs(lambda: {"A": ("rest", "flu")}, ["A"], {"flu": ""}, {"rest": ""}, "cure")


# ---- the recipe is trained ------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def digits():
    return load_digits()


def tried(digits, seed, **chosen):
    return own_recipe.try_recipe(Recipe(**own_recipe.FIXED).replace(**chosen, seed=seed), digits)


def test_a_run_is_the_same_every_time(digits):
    assert tried(digits, 1, **GOOD) == tried(digits, 1, **GOOD)
    assert tried(digits, 1, **GOOD) != tried(digits, 2, **GOOD)


@pytest.mark.parametrize("chosen", [answer() for answer in RIGHT["6.8"]])
def test_a_sensible_recipe_is_clear_of_the_bar(digits, chosen):
    for seed in own_recipe.SEEDS:
        assert tried(digits, seed, **chosen).validation > own_recipe.BAR + 0.01


@pytest.mark.parametrize("learning_rate", [0.01, 0.1, 0.3, 0.5, 0.7, 1.0, 1.4, 3.0])
def test_the_naive_recipe_fails_at_every_learning_rate(digits, learning_rate):
    trials = [tried(digits, seed, **NAIVE, drop_rate=0.0, learning_rate=learning_rate) for seed in own_recipe.SEEDS]
    assert min(trial.validation for trial in trials) < own_recipe.BAR - 0.01


def test_the_ratio_of_the_gradients_is_that_of_a_network_before_its_first_step(digits):
    """By hand for the last layer, by finite differences for the first: both along their own gradients."""
    from course_lib.engine.numpy_backend import Network

    recipe = Recipe(**own_recipe.FIXED).replace(activation="sigmoid", initialization="xavier_normal", drop_rate=0.0)
    network, part = Network(recipe, 64, 10, "float64"), digits.train
    norms = {}
    for name in ("dense1.weight", "dense6.weight"):
        _, gradients = network.loss_and_gradients(part.x, part.labels)
        length, before = np.linalg.norm(gradients[name]), network.parameters()
        losses = []
        for sign in (-1, 1):
            network.load_parameters(before | {name: before[name] + sign * 1e-4 * gradients[name] / length})
            losses.append(network.evaluate(*network.place(part.x, part.labels))[0])
        network.load_parameters(before)
        norms[name] = (losses[1] - losses[0]) / 2e-4
    assert own_recipe._gradient_ratio(network, part) == pytest.approx(
        norms["dense1.weight"] / norms["dense6.weight"], rel=1e-3
    )


def test_a_step_learns_from_a_batch_of_the_size_that_was_promised_and_every_pass_from_other_batches():
    recipe = Recipe(**own_recipe.FIXED)
    batches = own_recipe._batches(1079, recipe)
    assert batches.shape == (own_recipe.STEPS, 32)
    first, second = batches[:33].ravel(), batches[33:66].ravel()
    assert len(set(first)) == len(set(second)) == 33 * 32
    assert first.tolist() != second.tolist()


def test_the_recipe_is_asked_for_once():
    calls = []

    def my_recipe():
        calls.append(None)
        return GOOD

    assert run_check("6.8", my_recipe).passed
    assert len(calls) == 1


OTHERS = {
    "hidden_layers": (300, 100),
    "normalization": "batch",
    "residual": True,
    "batch_size": 64,
    "epochs": 30,
    "patience": 3,
    "augmentation": "flip",
    "largest_shift": 1,
    "label_smoothing": 0.1,
    "seed": 7,
}


def test_every_field_of_a_recipe_is_chosen_or_fixed_and_none_that_is_fixed_is_changed():
    assert {*OTHERS, *own_recipe.CHOICES} == set(vars(Recipe()))
    assert not set(OTHERS) & set(own_recipe.CHOICES)
    for field, value in OTHERS.items():
        outcome = run_check("6.8", lambda field=field, value=value: GOOD | {field: value})
        assert outcome.message.startswith(f"{field} is {value!r}, and in this exercise ")
        assert len(outcome.message) < 110, outcome.message


def test_what_is_fixed_may_be_given_as_it_is():
    fixed = {field: value for field, value in vars(Recipe(**own_recipe.FIXED)).items() if field in OTHERS}
    for given in (fixed, {"hidden_layers": [30] * 5, "batch_size": np.int64(32)}):
        assert run_check("6.8", lambda given=given: GOOD | given).passed


def test_a_field_that_there_is_not_is_named_without_a_list_of_those_that_there_are():
    for field in ("momentum", "lr", "learningrate", "dropout"):
        message = run_check("6.8", lambda field=field: GOOD | {field: 0.9}).message
        assert message.startswith(f"A recipe has no field {field!r}.")
        assert len(message) < 140, message


def test_what_is_no_recipe_is_a_diagnosis():
    for bad in (
        Recipe(),
        {"learning_rate": np.ones(3)},
        {"activation": np.array(["elu", "relu"])},
        {(): 1},
        {"l1": []},
    ):
        outcome = run_check("6.8", lambda bad=bad: bad)
        assert outcome.status == "failed", outcome
    assert "a whole Recipe" in run_check("6.8", Recipe).message


# ---- answers that would trick a check or stop it --------------------------------------------------------------------


@pytest.mark.parametrize("number", ["6.3", "6.4", "6.5", "6.6"])
def test_an_array_that_claims_to_equal_anything_is_looked_at(number):
    def lies(value):
        if isinstance(value, list | tuple):
            return type(value)(map(lies, value))
        return np.full(np.shape(value), 7.0).view(AlwaysEqual)

    assert run_check(number, lambda *given: lies(RIGHT[number][0](*given))).status == "failed"


class Agreeable:
    """Equal to everything."""

    def __eq__(self, other):
        return True

    __hash__ = object.__hash__


@pytest.mark.parametrize("number", ["6.1", "6.2", "6.7"])
def test_a_value_that_claims_to_equal_anything_is_looked_at(number):
    def lies(value):
        if isinstance(value, dict):
            return {key: lies(each) for key, each in value.items()}
        return type(value)(map(lies, value)) if isinstance(value, list | tuple) else Agreeable()

    assert run_check(number, lambda *given: lies(RIGHT[number][0](*given))).status == "failed"


@pytest.mark.parametrize("number", ["6.4", "6.6"])
@pytest.mark.parametrize("change", [np.ravel, np.transpose, lambda array: array[..., :1], lambda array: array[None]])
def test_arrays_of_another_shape_are_a_diagnosis(number, change):
    def reshaped(value):
        return change(value) if isinstance(value, np.ndarray) else type(value)(map(reshaped, value))

    assert run_check(number, lambda *given: reshaped(RIGHT[number][0](*given))).status == "failed"
