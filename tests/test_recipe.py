"""Recipe: its defaults, what it refuses and how, its way through JSON and back."""

import dataclasses
import json
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from course_lib.recipe import (
    ACTIVATIONS,
    AUGMENTATIONS,
    INITIALIZATIONS,
    NORMALIZATIONS,
    OPTIMIZERS,
    SCHEDULES,
    STREAMS,
    Recipe,
    RecipeError,
    random_stream,
)

CHOICES = {
    "activation": ACTIVATIONS,
    "initialization": INITIALIZATIONS,
    "optimizer": OPTIMIZERS,
    "augmentation": AUGMENTATIONS,
}


def _positive(**limits):
    return st.floats(1e-12, 1e12, **limits) | st.integers(1, 10**6)


def _steps(fewest, most):
    return st.sets(st.integers(1, 10**9), min_size=fewest, max_size=most).map(sorted)


SCHEDULE_STEPS = {"constant": _steps(0, 0), "step": _steps(1, 5), "cosine": _steps(0, 1), "one_cycle": _steps(0, 1)}

PLAIN_RECIPES = st.builds(
    Recipe,
    hidden_layers=st.lists(st.integers(1, 2000), max_size=6),
    normalization=st.sampled_from(NORMALIZATIONS),
    drop_rate=st.floats(0, 1, exclude_max=True),
    l1=st.just(0) | _positive(),
    l2=st.just(0) | _positive(),
    max_norm=st.none() | _positive(),
    label_smoothing=st.floats(0, 1, exclude_max=True),
    learning_rate=_positive(),
    clip_norm=st.none() | _positive(),
    clip_value=st.none() | _positive(),
    batch_size=st.integers(2, 10**6),
    epochs=st.integers(1, 10**6),
    largest_shift=st.integers(1, 28),
    seed=st.integers(0, 2**70),
    **{field: st.sampled_from(choices) for field, choices in CHOICES.items()},
)


@st.composite
def _recipes(draw):
    schedule, recipe = draw(st.sampled_from(SCHEDULES)), draw(PLAIN_RECIPES)
    patience = draw(st.none() | st.integers(1, recipe.epochs))
    return recipe.replace(schedule=schedule, schedule_steps=draw(SCHEDULE_STEPS[schedule]), patience=patience)


RECIPES = _recipes()


def test_default_is_he_elu_batch_norm_dropout_and_adam_and_nothing_else():
    assert dataclasses.asdict(Recipe()) == {
        "hidden_layers": (300, 100),
        "activation": "elu",
        "initialization": "he_normal",
        "normalization": "batch",
        "residual": False,
        "drop_rate": 0.2,
        "l1": 0.0,
        "l2": 0.0,
        "max_norm": None,
        "label_smoothing": 0.0,
        "optimizer": "adam",
        "learning_rate": 0.001,
        "schedule": "constant",
        "schedule_steps": (),
        "clip_norm": None,
        "clip_value": None,
        "batch_size": 64,
        "epochs": 10,
        "patience": None,
        "augmentation": "none",
        "largest_shift": 2,
        "seed": 0,
    }


# Names


@pytest.mark.parametrize("field", [*CHOICES, "schedule"])
def test_unknown_name_is_refused_and_the_valid_ones_are_listed(field):
    with pytest.raises(RecipeError, match=f"^{field} is 'qqqqq'") as caught:
        Recipe(**{field: "qqqqq"})
    for choice in {**CHOICES, "schedule": SCHEDULES}[field]:
        assert choice in str(caught.value)
    assert "Did you mean" not in str(caught.value)


@pytest.mark.parametrize(
    ("field", "given", "meant"),
    [
        ("activation", "ELU", "elu"),
        ("activation", "leakyrelu", "leaky_relu"),
        ("activation", "sigmoyd", "sigmoid"),
        ("initialization", "He normal", "he_normal"),
        ("initialization", "xavier-uniform", "xavier_uniform"),
        ("optimizer", "adamm", "adam"),
        ("optimizer", "nestrov", "nesterov"),
        ("optimizer", "RMSprop", "rmsprop"),
        ("schedule", "cosin", "cosine"),
        ("schedule", "one cycle", "one_cycle"),
        ("augmentation", "flips", "flip"),
        ("augmentation", None, "none"),
    ],
)
def test_near_miss_is_suggested(field, given, meant):
    with pytest.raises(RecipeError, match=f"Did you mean '{meant}'"):
        Recipe(**{field: given})


@pytest.mark.parametrize("value", [None, 3, ["elu"], ("elu",), b"elu", True])
@pytest.mark.parametrize("field", [*CHOICES, "schedule"])
def test_a_name_is_text(field, value):
    with pytest.raises(RecipeError, match=f"^{field} is "):
        Recipe(**{field: value})


def test_step_cannot_be_trained_and_is_no_choice():
    with pytest.raises(RecipeError, match="activation is 'step'"):
        Recipe(activation="step")


# Numbers


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("drop_rate", [-0.1, 1, 1.0, 1.5, None]),
        ("learning_rate", [0, 0.0, -0.001, None]),
        ("l1", [-1e-9, None]),
        ("l2", [-1e-9, None]),
        ("max_norm", [0, -1.0]),
        ("label_smoothing", [-0.1, 1, 1.0, 1.5, None]),
        ("clip_norm", [0, -1.0]),
        ("clip_value", [0, -1.0]),
    ],
)
def test_number_out_of_range_is_refused(field, values):
    nowhere = [float("nan"), float("inf"), -float("inf"), "0.1", True, False, 0.1j, [0.1], np.array([0.1])]
    for value in [*values, *nowhere]:
        with pytest.raises(RecipeError, match=rf"^{field} is .*; it must be .*(\d|None)"):
            Recipe(**{field: value})


@pytest.mark.parametrize(
    "field", ["drop_rate", "l1", "l2", "max_norm", "label_smoothing", "learning_rate", "clip_norm", "clip_value"]
)
def test_number_too_big_for_a_float_is_refused(field):
    with pytest.raises(RecipeError, match=f"^{field} is "):
        Recipe(**{field: 10**400})


def test_number_that_rounds_to_a_bound_is_refused():
    with pytest.raises(RecipeError, match=r"^drop_rate is "):
        Recipe(drop_rate=1 - Fraction(1, 10**30))
    with pytest.raises(RecipeError, match=r"^learning_rate is "):
        Recipe(learning_rate=Fraction(1, 10**400))


@pytest.mark.parametrize(
    ("field", "smallest"), [("batch_size", 1), ("epochs", 1), ("patience", 1), ("largest_shift", 1), ("seed", 0)]
)
def test_count_that_is_too_small_or_not_whole_is_refused(field, smallest):
    for value in (smallest - 1, -5, 2.0, 2.5, "2", True, float("nan"), [2]):
        with pytest.raises(RecipeError, match=f"^{field} is .*; it must be a whole number, {smallest} or more"):
            Recipe(**{field: value})
    assert getattr(Recipe(**{field: smallest, "normalization": "none"}), field) == smallest


def test_patience_that_is_longer_than_the_run_is_refused():
    assert Recipe(epochs=4, patience=4).patience == 4
    with pytest.raises(RecipeError, match=r"^patience is 5 and epochs is 4; .*patience=4 never stops early"):
        Recipe(epochs=4, patience=5)
    with pytest.raises(RecipeError, match=r"^patience is 3 and epochs is 2"):
        Recipe(patience=3).replace(epochs=2)
    with pytest.raises(RecipeError, match=r"^patience is 11 and epochs is 10"):
        Recipe.from_json('{"patience": 11}')


@pytest.mark.parametrize("field", ["batch_size", "epochs", "seed"])
def test_count_that_is_needed_is_not_none(field):
    with pytest.raises(RecipeError, match=f"^{field} is None"):
        Recipe(**{field: None})


@pytest.mark.parametrize("value", [0, 1, None, "yes", 1.0])
def test_batch_norm_is_true_or_false(value):
    with pytest.raises(RecipeError, match=r"^residual is .*; it must be True or False"):
        Recipe(residual=value)


@pytest.mark.parametrize("units", [0, -3, 2.0, True, "30", None, (3,)])
def test_hidden_layer_without_a_whole_number_of_units_is_refused_with_its_position(units):
    with pytest.raises(RecipeError, match=r"layer 2 has .* units.*1 or more"):
        Recipe(hidden_layers=(300, units))


@pytest.mark.parametrize("value", [300, 0, None, True])
def test_hidden_layers_that_are_not_a_list_are_refused(value):
    with pytest.raises(RecipeError, match=r"hidden_layers is .*; it must be a list"):
        Recipe(hidden_layers=value)


@pytest.mark.parametrize("step", [0, -3, 2.0, True, "30", None, (3,)])
def test_a_schedule_step_is_a_whole_number_and_not_the_first(step):
    with pytest.raises(RecipeError, match=r"schedule_steps is .* in it; each must be a whole number, 1 or more"):
        Recipe(schedule="step", schedule_steps=(step,))


@pytest.mark.parametrize("value", [300, None, True])
def test_schedule_steps_that_are_not_a_list_are_refused(value):
    with pytest.raises(RecipeError, match=r"schedule_steps is .*; it must be a list of training steps, for example"):
        Recipe(schedule="step", schedule_steps=value)


@pytest.mark.parametrize("steps", [(20, 10), (10, 10), (1, 3, 2)])
def test_schedule_steps_rise(steps):
    with pytest.raises(RecipeError, match=r"schedule_steps is \(.*\); each step must be later than the one before"):
        Recipe(schedule="step", schedule_steps=steps)


@pytest.mark.parametrize(
    ("schedule", "steps", "expected"),
    [
        ("constant", (5,), r"takes none: give \(\), or schedule='step'"),
        ("step", (), "takes one or more steps"),
        ("cosine", (5, 9), "how many steps of warm-up"),
        ("one_cycle", (5, 9), "the step of the highest learning rate"),
    ],
)
def test_every_schedule_takes_its_own_number_of_steps(schedule, steps, expected):
    with pytest.raises(RecipeError, match=rf"schedule_steps is .* with schedule='{schedule}', which .*{expected}"):
        Recipe(schedule=schedule, schedule_steps=steps)


def test_schedule_steps_become_plain_whole_numbers():
    recipe = Recipe(schedule="step", schedule_steps=np.array([3, 5]))
    assert recipe.schedule_steps == (3, 5) and {type(step) for step in recipe.schedule_steps} == {int}
    assert len({recipe, Recipe(schedule="step", schedule_steps=[3, 5])}) == 1


def test_batch_of_one_needs_a_network_without_batch_norm():
    with pytest.raises(RecipeError, match=r"batch_size is 1 with normalization='batch'.*2 examples or more"):
        Recipe(batch_size=1)
    assert Recipe(batch_size=1, normalization="none").batch_size == 1
    assert Recipe(batch_size=1, hidden_layers=()).batch_size == 1  # no hidden layer: nothing is normalized


def test_edges_of_the_ranges_are_taken():
    recipe = Recipe(hidden_layers=[1], drop_rate=0, l1=0, l2=0, learning_rate=1e-300, max_norm=1e-300, batch_size=2)
    assert (recipe.drop_rate, recipe.learning_rate, recipe.max_norm) == (0.0, 1e-300, 1e-300)
    assert Recipe(drop_rate=0.999).drop_rate == 0.999


def test_numbers_of_numpy_become_plain_numbers():
    recipe = Recipe(
        hidden_layers=np.array([30, 20]),
        drop_rate=np.float64(0.5),
        batch_size=np.int32(8),
        l2=1,
        max_norm=np.float32(2),
    )
    assert recipe == Recipe(hidden_layers=(30, 20), drop_rate=0.5, batch_size=8, l2=1.0, max_norm=2.0)
    plain = [*recipe.hidden_layers, recipe.drop_rate, recipe.batch_size, recipe.l2, recipe.max_norm]
    assert [type(value) for value in plain] == [int, int, float, int, float, float]


def test_error_of_a_recipe_is_a_value_error():
    assert issubclass(RecipeError, ValueError)


# Frozen, compared, changed


def test_a_recipe_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        Recipe().epochs = 3


def test_equal_recipes_have_equal_hashes():
    assert len({Recipe(), Recipe(hidden_layers=[300, 100]), Recipe(l1=0), Recipe(seed=1)}) == 2
    assert Recipe() != Recipe(seed=1)


def test_replace_changes_the_given_fields_of_a_new_recipe():
    before = Recipe(epochs=3)
    after = before.replace(normalization="none", hidden_layers=[5])
    assert after == Recipe(epochs=3, normalization="none", hidden_layers=(5,))
    assert before == Recipe(epochs=3)


def test_replace_refuses_what_the_constructor_refuses():
    with pytest.raises(RecipeError, match=r"drop_rate is 1.0"):
        Recipe().replace(drop_rate=1.0)
    with pytest.raises(RecipeError, match=r"no field 'learning_rat'. Did you mean 'learning_rate'\?.*hidden_layers, "):
        Recipe().replace(learning_rat=0.1)


def test_print_shows_every_field_in_a_line_of_its_own():
    recipe = Recipe(hidden_layers=(7,), max_norm=3.0, seed=11)
    lines = str(recipe).splitlines()
    assert lines[0] == "Recipe"
    expected = [[field.name, str(getattr(recipe, field.name))] for field in dataclasses.fields(Recipe)]
    assert [line.split(maxsplit=1) for line in lines[1:]] == expected
    values_start_at = {len(line) - len(value) for line, (_, value) in zip(lines[1:], expected, strict=True)}
    assert len(values_start_at) == 1


# JSON


@given(recipe=RECIPES)
@settings(deadline=None)
def test_json_and_back_is_an_equal_recipe(recipe):
    back = Recipe.from_json(recipe.to_json())
    assert back == recipe and hash(back) == hash(recipe)
    assert back.to_json() == recipe.to_json()


@given(recipe=RECIPES)
@settings(deadline=None, max_examples=30)
def test_repr_is_code_that_makes_an_equal_recipe(recipe):
    assert eval(repr(recipe), {"Recipe": Recipe}) == recipe


def test_json_holds_every_field_under_its_name():
    fields = json.loads(Recipe().to_json())
    assert list(fields) == [field.name for field in dataclasses.fields(Recipe)]
    assert fields["hidden_layers"] == [300, 100] and fields["max_norm"] is None


def test_fields_left_out_of_json_keep_their_defaults():
    assert Recipe.from_json('{"epochs": 3}') == Recipe(epochs=3)
    assert Recipe.from_json("{}") == Recipe()


def test_json_from_before_there_were_schedules_is_read():
    fields = json.loads(Recipe(epochs=3, seed=2).to_json())
    del fields["schedule"], fields["schedule_steps"]
    assert Recipe.from_json(json.dumps(fields)) == Recipe(epochs=3, seed=2)


def test_unknown_field_in_json_is_refused_and_the_fields_are_listed():
    with pytest.raises(RecipeError, match=r"no field 'droprate'. Did you mean 'drop_rate'\?") as caught:
        Recipe.from_json('{"epochs": 3, "droprate": 0.5}')
    for field in dataclasses.fields(Recipe):
        assert field.name in str(caught.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"epochs": 3,\n  oops}', "not JSON.*line 2, column 3"),
        ("", "not JSON"),
        ("[1, 2]", "object of fields.*list"),
        ("3", "object of fields.*int"),
        ("null", "object of fields.*NoneType"),
        ('{"learning_rate": NaN}', "learning_rate is nan"),
        ('{"learning_rate": 1e999}', "learning_rate is inf"),
        ('{"activation": "elo"}', "Did you mean 'elu'"),
        ('{"hidden_layers": "wide"}', "layer 1 has 'w' units"),
        ('{"batch_norm": 1}', "batch_norm is 1"),
    ],
)
def test_json_that_is_no_recipe_is_refused(text, message):
    with pytest.raises(RecipeError, match=f"(?s){message}"):
        Recipe.from_json(text)


# Random streams


def test_one_seed_and_purpose_give_one_stream_and_all_others_differ():
    draws = {(seed, purpose): random_stream(seed, purpose).random(4).tolist() for seed in (0, 1) for purpose in STREAMS}
    assert len({tuple(draw) for draw in draws.values()}) == 2 * len(STREAMS)
    for (seed, purpose), draw in draws.items():
        assert random_stream(seed, purpose).random(4).tolist() == draw


def test_unknown_purpose_of_a_stream_is_refused():
    with pytest.raises(ValueError):
        random_stream(0, "lottery")


@pytest.mark.parametrize(
    "field, given, meant", [("initialization", "he", "he_normal"), ("optimizer", "gradient", "gradient_descent")]
)
def test_the_beginning_of_a_name_is_completed(field, given, meant):
    with pytest.raises(RecipeError, match=f"Did you mean '{meant}'"):
        Recipe(**{field: given})


@pytest.mark.parametrize(("flag", "normalization"), [("true", "batch"), ("false", "none")])
def test_a_recipe_of_the_first_version_is_still_read(flag, normalization):
    assert Recipe.from_json(f'{{"batch_norm": {flag}, "epochs": 3}}') == Recipe(normalization=normalization, epochs=3)


@pytest.mark.parametrize(
    ("field", "said"),
    [
        ("batch_norm", "normalization='batch'"),
        ("lr", "learning_rate"),
        ("optimize", "Did you mean 'optimizer'"),
        ("weight_decay", "l2"),
        ("dropout", "drop_rate"),
    ],
)
def test_a_field_that_there_is_not_names_the_one_that_was_meant(field, said):
    with pytest.raises(RecipeError, match=rf"no field '{field}'.*{said}"):
        Recipe(**{field: 0.1})


@pytest.mark.parametrize("text", ["[" * 100_000, '{"seed": ' + "9" * 5000 + "}", None, 5, b"\xff"])
def test_what_is_no_json_at_all_is_refused_in_our_words(text):
    with pytest.raises(RecipeError):
        Recipe.from_json(text)


def test_numpy_numbers_and_flags_are_taken_for_what_they_are():
    recipe = Recipe(residual=np.bool_(False), epochs=np.int64(3), learning_rate=np.float32(0.5))
    assert recipe == Recipe(epochs=3, learning_rate=0.5)
    assert type(recipe.residual) is bool
