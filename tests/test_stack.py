"""A stack of networks: each one gives the numbers that it gives alone."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from course_lib.arrays import ArrayError
from course_lib.engine import numpy_stack
from course_lib.engine.numpy_backend import Network
from course_lib.engine.numpy_stack import NetworkStack
from course_lib.recipe import ACTIVATIONS, INITIALIZATIONS, NORMALIZATIONS, OPTIMIZERS, Recipe, RecipeError
from examples import examples

N_INPUTS, N_CLASSES, EXAMPLES = 5, 4, 16
PLAIN = Recipe(hidden_layers=(9, 8), activation="tanh", normalization="none", drop_rate=0.0, learning_rate=0.01)
DECAYED = PLAIN.replace(l2=0.3)
FULL = Recipe(hidden_layers=(9, 8), activation="prelu", drop_rate=0.3, l1=0.001, l2=0.01, max_norm=1.0)
VARIANTS = {
    **{f"activation {name}": PLAIN.replace(activation=name) for name in ACTIVATIONS},
    **{f"optimizer {name}": DECAYED.replace(optimizer=name) for name in OPTIMIZERS},
    **{f"normalization {name}": PLAIN.replace(normalization=name) for name in NORMALIZATIONS},
    "residual": PLAIN.replace(hidden_layers=(9, 9, 9), normalization="layer", drop_rate=0.2, residual=True),
    "dropout": PLAIN.replace(drop_rate=0.5),
    "rrelu and dropout": PLAIN.replace(activation="rrelu", drop_rate=0.5),
    "L1": PLAIN.replace(l1=0.03),
    "max-norm": PLAIN.replace(max_norm=0.7),
    "label smoothing": PLAIN.replace(label_smoothing=0.3),
    "clipping by norm": PLAIN.replace(clip_norm=0.05),
    "clipping by value": PLAIN.replace(clip_value=0.005),
    "both clippings": PLAIN.replace(clip_norm=0.05, clip_value=0.005),
    "everything": FULL,
    "no hidden layer": PLAIN.replace(hidden_layers=()),
    "six hidden layers": PLAIN.replace(hidden_layers=(8, 7, 6, 5, 6, 7), normalization="batch"),
}


def varied(recipe, networks=3):
    """The recipe with other seeds, learning rates and initializations."""
    initializations = ("he_normal", "xavier_uniform", "lecun_normal", "standard_normal")
    return [
        recipe.replace(
            seed=recipe.seed + 7 * number,
            learning_rate=recipe.learning_rate * (1 + number),
            initialization=initializations[number % 4],
        )
        for number in range(networks)
    ]


def draw_batches(networks, step, examples=EXAMPLES):
    """Another batch for every network."""
    rng = np.random.default_rng([31, step])
    x = rng.normal(size=(networks, examples, N_INPUTS))
    return x, rng.integers(0, N_CLASSES, (networks, examples))


def assert_same(ours, alone, rtol=1e-9):
    size = max(1.0, max(np.abs(array).max() for array in alone.values()))
    assert list(ours) == list(alone)
    for name, array in alone.items():
        np.testing.assert_allclose(ours[name], array, rtol=rtol, atol=rtol * size, err_msg=name)


def assert_walk_together(recipes, steps, scale=1.0):
    """The stack and the networks one by one, for `steps` updates; returns both."""
    stack = NetworkStack(recipes, N_INPUTS, N_CLASSES, "float64")
    alone = [Network(recipe, N_INPUTS, N_CLASSES, "float64") for recipe in recipes]
    for step in range(steps):
        x, labels = draw_batches(len(recipes), step)
        losses = stack.update(scale * x, labels)
        expected = [network.train_step(scale * x[i], labels[i]) for i, network in enumerate(alone)]
        np.testing.assert_allclose(losses, expected, rtol=1e-9, err_msg=f"step {step}")
    for number, network in enumerate(alone):
        assert_same(stack.network(number).state(), network.state())
        assert stack.clipped[number] == network.clipped_steps
    assert stack.alive.all()
    return stack, alone


@st.composite
def recipes(draw):
    """Up to four recipes that differ in seed, learning rate and initialization, and every other field is drawn."""
    optional = st.one_of(st.none(), st.floats(0.05, 2.0))
    widths = draw(st.lists(st.integers(2, 9), min_size=0, max_size=4))
    activation, normalization = draw(st.sampled_from(ACTIVATIONS)), draw(st.sampled_from(NORMALIZATIONS))
    assume((activation, normalization) != ("relu", "rms"))  # see test_networks_agree.py
    shared = {
        "hidden_layers": widths,
        "activation": activation,
        "normalization": normalization,
        "residual": draw(st.booleans()) and any(before == after for before, after in pairwise((N_INPUTS, *widths))),
        "drop_rate": draw(st.sampled_from([0.0, 0.1, 0.5])),
        "l1": draw(st.sampled_from([0.0, 0.001])),
        "l2": draw(st.sampled_from([0.0, 0.1])),
        "max_norm": draw(optional),
        "label_smoothing": draw(st.sampled_from([0.0, 0.2])),
        "optimizer": draw(st.sampled_from(OPTIMIZERS)),
        "clip_norm": draw(optional),
        "clip_value": draw(optional),
    }
    own = st.fixed_dictionaries(
        {
            "seed": st.integers(0, 10_000),
            "learning_rate": st.sampled_from([0.0001, 0.001, 0.003]),
            "initialization": st.sampled_from(INITIALIZATIONS),
        }
    )
    return [Recipe(**shared, **fields) for fields in draw(st.lists(own, min_size=1, max_size=4))]


@settings(derandomize=True, deadline=None, max_examples=examples(150))
@given(recipes())
def test_every_network_walks_as_it_walks_alone(recipes):
    assert_walk_together(recipes, steps=30)


@pytest.mark.parametrize("recipe", VARIANTS.values(), ids=VARIANTS)
def test_every_technique_works_in_a_stack(recipe):
    assert_walk_together(varied(recipe), steps=30)


@pytest.mark.parametrize("recipe", [PLAIN, FULL])
def test_networks_with_one_seed_and_other_learning_rates_part(recipe):
    stack = NetworkStack([recipe, recipe.replace(learning_rate=0.02), recipe], N_INPUTS, N_CLASSES, "float64")
    for step in range(5):
        x, labels = draw_batches(1, step)
        stack.update(np.broadcast_to(x, (3, *x.shape[1:])), np.broadcast_to(labels, (3, EXAMPLES)))
    np.testing.assert_array_equal(stack.flat_parameters[0], stack.flat_parameters[2])
    assert not np.allclose(stack.flat_parameters[0], stack.flat_parameters[1])


@pytest.mark.parametrize("recipe", VARIANTS.values(), ids=VARIANTS)
def test_evaluation_is_that_of_each_network(recipe, monkeypatch):
    monkeypatch.setattr("course_lib.engine.numpy_stack.EVALUATION_ROWS", 60)  # several parts, the last one shorter
    stack, alone = assert_walk_together(varied(recipe), steps=3)
    x, labels = (array[0] for array in draw_batches(1, 99, examples=70))
    losses, accuracies = stack.evaluate(x, labels)
    expected = [network.evaluate(x, labels) for network in alone]
    np.testing.assert_allclose(losses, [loss for loss, _ in expected], rtol=1e-9)
    np.testing.assert_allclose(accuracies, [accuracy for _, accuracy in expected], rtol=1e-12)
    np.testing.assert_allclose(stack.network(1).logits(x), alone[1].logits(x), rtol=1e-8, atol=1e-9)


def test_the_starts_are_those_of_the_networks():
    recipes = varied(FULL, networks=4)
    stack = NetworkStack(recipes, N_INPUTS, N_CLASSES)
    for number, recipe in enumerate(recipes):
        expected = Network(recipe, N_INPUTS, N_CLASSES)
        assert stack.network(number).recipe == recipe and stack.network(number).dtype == "float32"
        for name, array in expected.state().items():
            np.testing.assert_array_equal(stack.network(number).state()[name], array)


def test_in_float32_only_the_rounding_differs():
    recipes = varied(FULL)
    stack = NetworkStack(recipes, N_INPUTS, N_CLASSES)
    alone = [Network(recipe, N_INPUTS, N_CLASSES) for recipe in recipes]
    for step in range(10):
        x, labels = draw_batches(3, step)
        losses = stack.update(x, labels)
        expected = [network.train_step(x[i], labels[i]) for i, network in enumerate(alone)]
        np.testing.assert_allclose(losses, expected, rtol=1e-4)
    assert {array.dtype for array in (stack.flat_parameters, stack.flat_gradients, stack.flat_statistics)} == {
        np.dtype("float32")
    }
    assert all(layer.parameters["weight"].dtype == "float32" for name, layer in stack.layers if "dense" in name)


def test_parameters_are_loaded_into_one_network_alone():
    stack = NetworkStack(varied(FULL), N_INPUTS, N_CLASSES, "float64")
    stack.update(*draw_batches(3, 0))
    before = [stack.network(number).state() for number in range(3)]
    named = {name: np.full(array.shape, 0.5) for name, array in stack.network(1).parameters().items()}
    stack.load_parameters(1, named)
    assert_same(stack.network(1).state(), before[1] | named)
    for number in (0, 2):
        assert_same(stack.network(number).state(), before[number])
    with pytest.raises(ArrayError, match=r"'dense1\.weight' is missing"):
        stack.load_parameters(1, {})
    assert_same(stack.network(1).state(), before[1] | named)


# Clipping is counted


def test_clipped_counts_the_steps_of_each_network():
    recipes = [PLAIN.replace(clip_norm=1.0, optimizer="gradient_descent", learning_rate=rate) for rate in (1e-9, 0.1)]
    stack = NetworkStack(recipes, N_INPUTS, N_CLASSES, "float64")
    x, labels = draw_batches(2, 0)
    x[0] *= 1e-6  # the first network's gradients are small: only the output's bias has one
    for _ in range(4):
        stack.update(x * np.array([1, 20])[:, None, None], labels)
    assert stack.clipped[0] == 0 and stack.clipped[1] > 0
    assert stack.network(1).clipped_steps == stack.clipped[1]


# A network that diverges stops, and disturbs no other


def diverging(recipe):
    """Three recipes, the middle one of which overflows within a few steps."""
    return [recipe, recipe.replace(learning_rate=1e160), recipe.replace(seed=5)]


@pytest.mark.parametrize(
    "recipe",
    [
        PLAIN.replace(activation="relu", optimizer="gradient_descent"),
        PLAIN.replace(activation="elu", optimizer="adam"),
        PLAIN.replace(optimizer="gradient_descent", l2=1.0, clip_value=1.0),  # the penalty overflows, the sums do not
        FULL.replace(activation="relu", max_norm=None, optimizer="momentum", l1=0.0, l2=1.0),
        FULL.replace(activation="rrelu", max_norm=None, optimizer="nesterov", clip_norm=1.0, l2=1.0),
    ],
)
@pytest.mark.filterwarnings("error")
def test_a_network_that_diverges_stops_as_alone_and_disturbs_no_other(recipe):
    recipes = diverging(recipe)
    stack = NetworkStack(recipes, N_INPUTS, N_CLASSES, "float64")
    alone = [Network(recipe, N_INPUTS, N_CLASSES, "float64") for recipe in recipes]
    stopped_after = None
    for step in range(30):
        x, labels = draw_batches(3, step)
        losses = stack.update(x, labels)
        for number, network in enumerate(alone):
            if number == 1 and stopped_after is not None:
                assert np.isnan(losses[1])
                continue
            with np.errstate(all="ignore"):
                expected = network.update(x[number], labels[number])
            np.testing.assert_allclose(losses[number], expected, rtol=1e-9)
            if not np.isfinite(expected):
                assert number == 1
                stopped_after = step
                np.testing.assert_array_equal(stack.alive, [True, False, True])
    assert stopped_after is not None and 0 < stopped_after < 25
    for number, network in enumerate(alone):
        state, expected = stack.network(number).state(), network.state()
        for name in expected:
            np.testing.assert_allclose(state[name], expected[name], rtol=1e-8, atol=1e-10, err_msg=name)
    assert [network.clipped_steps for network in alone] == stack.clipped.tolist()


def test_when_all_have_stopped_nothing_moves():
    recipe = PLAIN.replace(activation="relu", optimizer="gradient_descent", learning_rate=1e160)
    stack = NetworkStack([recipe, recipe.replace(seed=1)], N_INPUTS, N_CLASSES, "float64")
    for step in range(20):
        losses = stack.update(*draw_batches(2, step))
    assert not stack.alive.any() and np.isnan(losses).all()
    before = stack.flat_parameters.copy()
    stack.update(*draw_batches(2, 20))
    np.testing.assert_array_equal(stack.flat_parameters, before)


# Bad input


@pytest.mark.parametrize(
    ("field", "value"),
    [("hidden_layers", (3,)), ("activation", "elu"), ("optimizer", "momentum"), ("l2", 0.1), ("batch_size", 32)],
)
def test_recipes_that_differ_in_another_field_are_an_error_that_names_it(field, value):
    with pytest.raises(RecipeError, match=rf"^{field} is .* in recipe 0 and .* in recipe 2.*learning_rate"):
        NetworkStack([PLAIN, PLAIN, PLAIN.replace(**{field: value})], N_INPUTS, N_CLASSES)


@pytest.mark.parametrize("recipes", [[], ["he_normal"], [PLAIN, None]])
def test_what_is_not_a_list_of_recipes_is_an_error(recipes):
    with pytest.raises(RecipeError, match="list of one Recipe or more"):
        NetworkStack(recipes, N_INPUTS, N_CLASSES)


@pytest.mark.parametrize(
    ("x_shape", "labels_shape"),
    [((EXAMPLES, 5), (EXAMPLES,)), ((3, 8, 5), (3, 8)), ((2, 8, 4), (2, 8)), ((2, 8, 5), (2, 7)), ((2, 8, 5), (8,))],
)
def test_batches_that_do_not_fit_are_an_error(x_shape, labels_shape):
    stack = NetworkStack(varied(PLAIN, networks=2), N_INPUTS, N_CLASSES)
    before = stack.flat_parameters.copy()
    with pytest.raises(ArrayError, match=r"this stack takes \(2, batch, 5\) and \(2, batch\)"):
        stack.update(np.zeros(x_shape), np.zeros(labels_shape, int))
    np.testing.assert_array_equal(stack.flat_parameters, before)


def test_a_batch_of_one_example_cannot_be_normalized():
    stack = NetworkStack(varied(FULL, networks=2), N_INPUTS, N_CLASSES)
    with pytest.raises(ArrayError, match="2 or more"):
        stack.update(np.zeros((2, 1, 5)), np.zeros((2, 1), int))


def test_evaluation_checks_its_data():
    stack = NetworkStack(varied(PLAIN, networks=2), N_INPUTS, N_CLASSES)
    with pytest.raises(ArrayError, match="4 columns"):
        stack.evaluate(np.zeros((3, 4)), np.zeros(3, int))
    with pytest.raises(ArrayError, match="a label is 7"):
        stack.evaluate(np.zeros((3, 5)), np.array([0, 1, 7]))


def test_a_technique_that_draws_and_has_no_stacked_form_is_named(monkeypatch):
    monkeypatch.delitem(numpy_stack.STACKED, "dropout")
    with pytest.raises(RecipeError, match=r"dropout1 draws random numbers.*no stacked form of 'dropout'"):
        NetworkStack([PLAIN.replace(drop_rate=0.5)], N_INPUTS, N_CLASSES)
