"""The recurrent network: the engines agree with each other, with finite differences, and with numbers done by hand."""

import warnings
from functools import partial

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from course_lib.arrays import ArrayError
from course_lib.data import adding_problem, copy_task
from course_lib.engine.back_ends import ENGINES, lesson
from course_lib.engine.recurrent_network import ACTIVATIONS, INITIALIZATIONS, LOSSES, RecurrentNetwork
from course_lib.recipe import OPTIMIZERS, RecipeError
from examples import examples
from finite_differences import assert_is_gradient

TOLERANCE = 1e-9
LOST = 1e6  # the loss of a network that is blowing up
SHAPES = {"input.weight": (3, 5), "recurrent.weight": (5, 5), "recurrent.bias": (5,)}
SHAPES |= {"output.weight": (5, 4), "output.bias": (4,)}


@pytest.fixture(params=ENGINES)
def engine(request):
    return request.param


@pytest.fixture
def make(engine):
    """RecurrentNetwork, computed by this engine."""
    return partial(RecurrentNetwork, engine=engine)


def draw_batch(words, batch=6, steps=7, seed=0):
    """x and targets that fit a network with 3 inputs and 4 outputs made with these words."""
    rng = np.random.default_rng([31, seed])
    shape = (batch, steps) if words.get("every_step") else (batch,)
    x = rng.normal(size=(batch, steps, 3))
    if words.get("loss") == "softmax_cross_entropy":
        return x, rng.integers(0, 4, shape)
    return x, rng.normal(size=(*shape, 4))


def moved(network, seed=0, size=0.2):
    """The network with every parameter moved, so that no bias is 0."""
    rng = np.random.default_rng([32, seed])
    network.load_parameters(
        {name: array + rng.normal(0, size, array.shape) for name, array in network.parameters().items()}
    )
    return network


def assert_close(ours, theirs, tolerance=TOLERANCE):
    """The same names, and every entry equal to `tolerance`, relative to the largest entry under any name."""
    assert list(ours) == list(theirs)
    size = max(1.0, max(np.abs(array).max() for array in ours.values()))
    for name, array in ours.items():
        assert array.shape == theirs[name].shape, name
        np.testing.assert_allclose(array, theirs[name], rtol=tolerance, atol=tolerance * size, err_msg=name)


# The engines agree.


@st.composite
def networks(draw):
    """(words of a network, batch, steps): every word and size drawn."""
    optional = st.one_of(st.none(), st.floats(0.001, 1.0))
    words = {
        "n_units": draw(st.integers(1, 6)),
        "activation": draw(st.sampled_from(ACTIVATIONS)),
        "initialization": draw(st.sampled_from(INITIALIZATIONS)),
        "gain": draw(st.sampled_from([0.0, 0.5, 1.0, 1.5])),
        "loss": draw(st.sampled_from(LOSSES)),
        "every_step": draw(st.booleans()),
        "optimizer": draw(st.sampled_from(OPTIMIZERS)),
        "learning_rate": draw(st.sampled_from([0.001, 0.01])),
        "clip_norm": draw(optional),
        "clip_value": draw(optional),
        "seed": draw(st.integers(0, 10_000)),
    }
    return words, draw(st.integers(1, 5)), draw(st.integers(1, 8))


@settings(derandomize=True, deadline=None, max_examples=examples(250))
@given(networks())
def test_outputs_loss_all_gradients_and_updates_of_the_two_engines_agree(drawn):
    words, batch, steps = drawn
    ours, theirs = (RecurrentNetwork(3, n_outputs=4, **words, engine=engine) for engine in ENGINES)
    assert_close(ours.parameters(), theirs.parameters(), tolerance=1e-14)
    for network in (ours, theirs):
        moved(network, words["seed"])
    x, targets = draw_batch(words, batch, steps, words["seed"])
    assert_close({"outputs": ours.outputs(x)}, {"outputs": theirs.outputs(x)})
    (loss, gradients), (their_loss, their_gradients) = (
        network.loss_and_gradients(x, targets) for network in (ours, theirs)
    )
    assert loss == pytest.approx(their_loss, rel=TOLERANCE)
    assert_close(gradients, their_gradients)
    assert ours.hidden_states.shape == ours.hidden_gradients.shape == (steps, batch, words["n_units"])
    for name in ("hidden_states", "hidden_gradients"):
        assert_close({name: getattr(ours, name)}, {name: getattr(theirs, name)})
    for step in range(4):
        loss = assert_same_step(ours, theirs, *draw_batch(words, batch, steps, words["seed"] + step))
        if loss > LOST:
            return  # a linear network that blows up squares its loss at every step, until nothing can be compared


def assert_same_step(ours, theirs, x, targets):
    """One step of both, which must agree; the loss before it."""
    loss, their_loss = (network.train_step(x, targets) for network in (ours, theirs))
    assert loss == pytest.approx(their_loss, rel=TOLERANCE)
    assert ours.gradient_norm == pytest.approx(theirs.gradient_norm, rel=TOLERANCE)
    assert type(ours.gradient_norm) is type(theirs.gradient_norm) is float
    assert ours.clipped is theirs.clipped
    assert_close(ours.parameters(), theirs.parameters())
    return loss


CLIPPING = {"no": {}, "by norm": {"clip_norm": 0.05}, "by value": {"clip_value": 0.01}}
CLIPPING["both"] = CLIPPING["by norm"] | CLIPPING["by value"]


@pytest.mark.parametrize("clipping", CLIPPING.values(), ids=CLIPPING)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_fifty_training_steps_agree(optimizer, clipping):
    activation = ACTIVATIONS[OPTIMIZERS.index(optimizer) % 3]
    words = {"activation": activation, "optimizer": optimizer, "learning_rate": 0.003, "seed": 4, **clipping}
    ours, theirs = (RecurrentNetwork(2, 8, 1, **words, engine=engine) for engine in ENGINES)
    clipped = 0
    for step in range(50):
        assert_same_step(ours, theirs, *adding_problem(16, 12, seed=step))
        clipped += ours.clipped
    assert (clipped > 0) is bool(clipping)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_fifty_training_steps_of_the_copy_task_agree(activation):
    words = {"loss": "softmax_cross_entropy", "every_step": True, "optimizer": "adam", "activation": activation}
    ours, theirs = (RecurrentNetwork(6, 8, 5, **words, engine=engine) for engine in ENGINES)
    for step in range(50):
        assert_same_step(ours, theirs, *copy_task(16, n_symbols=4, length=2, delay=3, seed=step))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_dtype_is_that_of_all_arrays_and_float32_is_close_to_float64(make, dtype):
    x, targets = draw_batch({})
    network = make(3, 5, 4, dtype=dtype, learning_rate=0.1)
    exact = make(3, 5, 4, learning_rate=0.1)
    _, gradients = network.loss_and_gradients(x, targets)
    arrays = [*network.parameters().values(), *gradients.values(), network.hidden_states, network.hidden_gradients]
    assert {array.dtype for array in [*arrays, network.outputs(x)]} == {np.dtype(dtype)}
    assert_close(gradients, exact.loss_and_gradients(x, targets)[1], 1e-5 if dtype == "float32" else 0)


# Gradients are slopes.


@pytest.mark.parametrize("every_step", [False, True])
@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_gradients_are_the_slopes_of_the_loss(make, activation, loss, every_step):
    words = {"activation": activation, "loss": loss, "every_step": every_step}
    network = moved(make(3, 5, 4, **words))
    x, targets = draw_batch(words, steps=4)
    parameters = network.parameters()
    _, gradients = network.loss_and_gradients(x, targets)

    def loss_at():
        network.load_parameters(parameters)
        return network.loss_and_gradients(x, targets)[0]

    for name, gradient in gradients.items():
        assert_is_gradient(gradient, loss_at, parameters[name])


@pytest.mark.parametrize("every_step", [False, True])
def test_hidden_gradients_are_the_slopes_along_the_states(make, every_step):
    # In a linear network whose inputs enter as they are, moving the input of a step moves that step's state alone.
    network = moved(make(5, 5, 4, activation="linear", every_step=every_step))
    network.load_parameters(network.parameters() | {"input.weight": np.eye(5)})
    rng = np.random.default_rng(0)
    x = rng.normal(size=(2, 4, 5))
    targets = rng.normal(size=(2, 4, 4) if every_step else (2, 4))
    network.loss_and_gradients(x, targets)
    gradients = network.hidden_gradients.transpose(1, 0, 2)
    assert_is_gradient(gradients, lambda: network.loss_and_gradients(x, targets)[0], x)


@pytest.mark.parametrize("every_step", [False, True])
def test_the_lesson_alone_has_the_gradients_of_its_twin_in_whatever_order_the_parameters_come(every_step):
    rng = np.random.default_rng(3)
    parameters = {name: rng.normal(size=shape) for name, shape in reversed(SHAPES.items())}
    x = rng.normal(size=(2, 6, 3))
    output_gradient = rng.normal(size=(2, 6, 4) if every_step else (2, 4))
    ours = lesson("numpy", "recurrent").Recurrent(parameters, "tanh", every_step)
    tensors = {name: torch.from_numpy(array) for name, array in parameters.items()}
    theirs = lesson("torch", "recurrent").Recurrent(tensors, "tanh", every_step)
    outputs = theirs(torch.from_numpy(x))
    np.testing.assert_allclose(ours.forward(x), outputs.detach().numpy(), rtol=1e-12)
    ours.backward(output_gradient)
    outputs.backward(torch.from_numpy(output_gradient))
    for name, place in theirs.named.items():
        theirs_gradient = theirs.get_parameter(place).grad.numpy().T
        np.testing.assert_allclose(ours.gradients[name], theirs_gradient, rtol=1e-11, atol=1e-12, err_msg=name)


# By hand.


def scalar_network(make, w, **words):
    """One input, one unit, one output: h_t = f(x_t + w h_{t-1}), y = h."""
    network = make(1, 1, 1, **words)
    named = {"input.weight": [[1.0]], "recurrent.weight": [[w]], "recurrent.bias": [0.0]}
    network.load_parameters(named | {"output.weight": [[1.0]], "output.bias": [0.0]})
    return network


def test_with_weight_2_states_double_forward_and_gradients_double_backward(make):
    # h = 1, 2, 4 and y = 4; the loss (w**2 - 3)**2 has the slope 2 (w**2 - 3) 2 w = 8 at w = 2.
    network = scalar_network(make, 2.0, activation="linear")
    x = np.array([[[1.0], [0.0], [0.0]]])
    assert network.outputs(x).tolist() == [[4.0]]
    loss, gradients = network.loss_and_gradients(x, [[3.0]])
    assert loss == 1.0
    assert network.hidden_states.ravel().tolist() == [1.0, 2.0, 4.0]
    assert network.hidden_gradients.ravel().tolist() == [8.0, 4.0, 2.0]
    assert {name: float(gradient.squeeze()) for name, gradient in gradients.items()} == {
        "input.weight": 8.0,  # y = 4 u: 2 (4 - 3) 4
        "recurrent.weight": 8.0,
        "recurrent.bias": 14.0,  # y = 4 + 7 b: 2 (4 - 3) 7
        "output.weight": 8.0,  # y = 4 v: 2 (4 - 3) 4
        "output.bias": 2.0,
    }


def test_a_unit_that_is_off_stops_the_gradient_of_later_steps(make):
    # h = 1, max(1 - 5, 0) = 0, 2: what step 3 asks for does not get past step 2.
    network = scalar_network(make, 1.0, activation="relu", every_step=True)
    x = np.array([[[1.0], [-5.0], [2.0]]])
    assert network.outputs(x).tolist() == [[[1.0], [0.0], [2.0]]]
    loss, gradients = network.loss_and_gradients(x, np.zeros((1, 3, 1)))
    assert loss == pytest.approx(5 / 3)
    np.testing.assert_allclose(network.hidden_gradients.ravel(), [2 / 3, 4 / 3, 4 / 3])
    np.testing.assert_allclose(gradients["recurrent.weight"], 0)
    np.testing.assert_allclose(gradients["input.weight"], 10 / 3)
    np.testing.assert_allclose(gradients["recurrent.bias"], 2)


def test_the_gradient_of_60_steps_shrinks_or_grows_with_the_power_of_the_gain(make):
    x, targets = adding_problem(8, 60)
    for gain in (0.5, 1.0, 2.0):
        network = make(2, 16, 1, activation="linear", gain=gain)
        network.loss_and_gradients(x, targets)
        lengths = np.linalg.norm(network.hidden_gradients, axis=(1, 2))
        np.testing.assert_allclose(lengths / lengths[-1], gain ** np.arange(59, -1, -1.0), rtol=1e-9)


def test_only_one_of_the_two_biases_of_pytorch_is_used():
    network = RecurrentNetwork(3, 5, 4, learning_rate=0.1, engine="torch")
    network.train_step(*draw_batch({}))
    rnn = network.trained.layer.rnn
    assert network.parameters()["recurrent.bias"].any()
    assert not rnn.bias_hh_l0.any() and not rnn.bias_hh_l0.requires_grad


# How it starts.


def test_parameters_have_their_names_shapes_and_starts(make):
    parameters = make(3, 5, 4).parameters()
    assert {name: array.shape for name, array in parameters.items()} == SHAPES
    assert not parameters["recurrent.bias"].any() and not parameters["output.bias"].any()
    wide = make(100, 300, 200).parameters()
    for name, fans in (("input.weight", 400), ("output.weight", 500)):
        # the standard error of a standard deviation is sigma / sqrt(2 n)
        spread = np.sqrt(2 / fans)
        assert wide[name].std() == pytest.approx(spread, abs=5 * spread / np.sqrt(2 * wide[name].size))


@pytest.mark.parametrize("gain", [0.5, 1.0, 2.0])
def test_the_recurrent_weight_starts_as_gain_times_the_identity_or_a_rotation(make, gain):
    words = {"gain": gain, "seed": 8}
    eye = make(3, 6, 1, initialization="identity", **words).parameters()["recurrent.weight"]
    np.testing.assert_array_equal(eye, gain * np.eye(6))
    weight = make(3, 6, 1, initialization="orthogonal", **words).parameters()["recurrent.weight"]
    np.testing.assert_allclose(weight @ weight.T, gain**2 * np.eye(6), atol=1e-12)
    other = make(3, 6, 1, gain=gain, seed=9).parameters()["recurrent.weight"]
    assert not np.allclose(weight, other)


def test_random_rotations_favor_no_direction(engine):
    # The entries of a uniformly distributed orthogonal matrix have mean 0 and variance 1 / n; without the sign that
    # makes the factorization unique the diagonal would be negative on average.
    rng = np.random.default_rng(0)
    diagonals = np.array([np.diagonal(np.asarray(lesson(engine, "recurrent").orthogonal(4, rng))) for _ in range(1000)])
    assert abs(diagonals.mean()) < 5 * np.sqrt(1 / 4 / diagonals.size)
    assert np.mean(diagonals**2) == pytest.approx(1 / 4, abs=0.02)


# Training.


@pytest.mark.parametrize(
    ("clip", "length_of"),
    [
        ({"clip_norm": 0.05}, np.linalg.norm),
        ({"clip_value": 0.01}, lambda step: np.abs(step).max()),
    ],
    ids=["by norm", "by value"],
)
def test_a_step_is_no_longer_than_the_limit_allows_and_the_length_before_is_kept(make, clip, length_of):
    (limit,) = clip.values()
    x, targets = draw_batch({})
    network = make(3, 5, 4, learning_rate=0.1, **clip)
    before, (_, gradients) = network.parameters(), network.loss_and_gradients(x, targets)
    network.train_step(x, targets)
    parts = {"before": before, "after": network.parameters(), "gradient": gradients}
    flat = {name: np.concatenate([a.ravel() for a in named.values()]) for name, named in parts.items()}
    assert length_of(flat["before"] - flat["after"]) == pytest.approx(0.1 * limit, rel=1e-4)
    assert network.gradient_norm == pytest.approx(np.linalg.norm(flat["gradient"]), rel=1e-12)
    assert network.gradient_norm > 2 * limit and network.clipped is True


@pytest.mark.parametrize("clip", [{}, {"clip_norm": 100.0}, {"clip_value": 100.0}])
def test_a_gradient_within_the_limit_is_not_clipped(make, clip):
    network = make(3, 5, 4, learning_rate=0.1, **clip)
    plain = make(3, 5, 4, learning_rate=0.1)
    for each in (network, plain):
        each.train_step(*draw_batch({}))
    assert network.clipped is False and network.gradient_norm > 0
    assert_close(network.parameters(), plain.parameters(), tolerance=0)


def test_clipped_speaks_of_the_last_step(make):
    network = make(1, 1, 1, activation="linear", clip_norm=1.0, learning_rate=1e-6)
    x = np.ones((1, 3, 1))
    network.train_step(x, [[100.0]])
    assert network.clipped is True
    network.train_step(x, network.outputs(x) + 1e-3)
    assert network.clipped is False


def test_train_step_returns_the_loss_before_it_and_training_lowers_it(make):
    x, targets = adding_problem(64, 4)
    network = make(2, 16, 1, activation="tanh", optimizer="adam", learning_rate=0.01)
    loss, _ = network.loss_and_gradients(x, targets)
    losses = [network.train_step(x, targets) for _ in range(200)]
    assert losses[0] == pytest.approx(loss, rel=1e-12)
    assert losses[-1] < 0.02 < losses[0]


def test_it_learns_to_copy(make):
    words = {"loss": "softmax_cross_entropy", "every_step": True, "optimizer": "adam", "learning_rate": 0.01}
    network = make(4, 24, 3, **words)
    for step in range(250):
        network.train_step(*copy_task(32, n_symbols=2, length=2, delay=2, seed=step))
    x, labels = copy_task(200, n_symbols=2, length=2, delay=2, seed=10_000)
    assert np.mean(network.outputs(x).argmax(axis=-1) == labels) > 0.98  # blanks and guessed symbols: 5 in 6


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_loss_that_is_not_finite_makes_no_update_and_no_warning(make, dtype):
    network = make(2, 8, 1, activation="linear", gain=1e12, dtype=dtype, clip_norm=1.0)
    network.clipped, network.gradient_norm = True, 1.0
    before = network.parameters()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert not np.isfinite(network.train_step(*adding_problem(4, 40)))
        assert not np.isfinite(network.outputs(adding_problem(4, 40)[0])).all()
    assert_close(before, network.parameters(), tolerance=0)
    assert network.clipped is False and np.isnan(network.gradient_norm)


# What goes in and out.


def test_what_a_network_hands_out_and_is_given_are_copies(make):
    network = make(3, 5, 4, learning_rate=0.1)
    x, targets = draw_batch({})
    expected = network.outputs(x)
    given = network.parameters()
    for array in given.values():
        array += 1
    np.testing.assert_array_equal(network.outputs(x), expected)
    network.load_parameters(given)
    for array in given.values():
        array[...] = 0
    assert not np.allclose(network.outputs(x), expected) and network.outputs(x).any()
    _, gradients = network.loss_and_gradients(x, targets)
    kept = [*gradients.values(), network.hidden_states, network.hidden_gradients]
    values = [array.copy() for array in kept]
    network.train_step(x + 1, targets)
    network.loss_and_gradients(x + 2, targets)
    for array, value in zip(kept, values, strict=True):
        np.testing.assert_array_equal(array, value)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"output.bias": None}, r"'output\.bias' is missing"),
        ({"more": np.zeros(2)}, r"'more' is not a part"),
        ({"input.weight": np.zeros((5, 3))}, r"\(5, 3\).*\(3, 5\).*transposed"),
        ({"recurrent.bias": np.full(5, np.nan)}, r"'recurrent\.bias' has entries that are not finite"),
    ],
)
def test_parameters_that_do_not_fit_are_refused_and_nothing_changes(make, change, message):
    network = make(3, 5, 4)
    before = network.parameters()
    named = {name: array + 1 for name, array in before.items()} | change
    with pytest.raises(ArrayError, match=message):
        network.load_parameters({name: array for name, array in named.items() if array is not None})
    assert_close(before, network.parameters(), tolerance=0)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ({"n_inputs": 0}, "n_inputs is 0; it must be a whole number, 1 or more"),
        ({"n_units": 2.0}, "n_units is 2.0"),
        ({"n_outputs": True}, "n_outputs is True"),
        ({"activation": "tan"}, "activation is 'tan'. Did you mean 'tanh'.*tanh, relu, linear"),
        ({"initialization": "xavier_normal"}, "initialization is 'xavier_normal'.*identity, orthogonal"),
        ({"gain": -1}, "gain is -1; it must be a finite number, 0 or more"),
        ({"gain": np.nan}, "gain is nan"),
        ({"loss": "mse"}, "loss is 'mse'.*mean_squared_error, softmax_cross_entropy"),
        ({"every_step": "no"}, "every_step is 'no'; it must be True or False"),
        ({"optimizer": "sgd"}, "optimizer is 'sgd'"),
        ({"learning_rate": 0}, "learning_rate is 0; it must be a finite number above 0"),
        ({"clip_norm": 0}, "clip_norm is 0; it must be a finite number above 0, or None"),
        ({"clip_value": -1}, "clip_value is -1"),
        ({"seed": -1}, "seed is -1"),
        ({"dtype": "float16"}, "dtype is 'float16'"),
        ({"engine": "jax"}, "engine is 'jax'.*numpy, torch"),
    ],
)
def test_words_that_cannot_work_are_refused(make, words, message):
    with pytest.raises((RecipeError, ArrayError), match=message):
        make(**({"n_inputs": 3, "n_units": 5, "n_outputs": 4} | words))


X = np.zeros((6, 7, 3))
WITH_NAN = np.where(np.arange(126).reshape(X.shape) == 30, np.nan, 0.0)  # entry 30 is [1, 3, 0]


@pytest.mark.parametrize(
    ("x", "message"),
    [
        (X[0], r"shape \(7, 3\).*three axes, \(sequences, steps, 3\).*x\[None\]"),
        (X[:, 0, 0], r"shape \(6,\).*three axes"),
        (X[:0], r"shape \(0, 7, 3\); at least one sequence"),
        (X[:, :0], r"shape \(6, 0, 3\); at least one sequence of at least one step"),
        (X[:, :, :2], r"2 inputs a step.*takes 3"),
        (X.astype(str), "must hold real numbers"),
        (WITH_NAN, r"x\[1, 3, 0\] is nan"),
    ],
)
def test_sequences_that_do_not_fit_are_refused(make, x, message):
    network = make(3, 5, 4)
    targets = np.zeros((6, 4))
    calls = (lambda: network.outputs(x), lambda: network.loss_and_gradients(x, targets))
    for call in (*calls, lambda: network.train_step(x, targets)):
        with pytest.raises(ArrayError, match=message):
            call()


MSE, ENTROPY = "mean_squared_error", "softmax_cross_entropy"


@pytest.mark.parametrize(
    ("loss", "every_step", "targets", "message"),
    [
        (MSE, False, np.zeros(6), r"targets have shape \(6,\).*\(6, 4\)"),
        (MSE, False, np.zeros((6, 1)), r"targets have shape \(6, 1\).*\(6, 4\)"),
        (MSE, True, np.zeros((6, 4)), r"targets have shape \(6, 4\).*\(6, 7, 4\)"),
        (MSE, False, np.full((6, 4), np.inf), r"targets\[0, 0\] is inf"),
        (MSE, False, np.zeros((6, 4), dtype=bool), "targets holds bool; it must hold real numbers"),
        (ENTROPY, False, np.zeros((6, 4), dtype=int), r"labels have shape \(6, 4\).*need \(6,\).*argmax"),
        (ENTROPY, True, np.zeros(6, dtype=int), r"labels have shape \(6,\).*need \(6, 7\)"),
        (ENTROPY, False, np.zeros(6), "labels hold float64; they must be whole numbers"),
        (ENTROPY, False, np.full(6, 4), "a label is 4; with 4 classes"),
        (ENTROPY, True, np.full((6, 7), -1), "a label is -1"),
    ],
)
def test_targets_that_do_not_fit_are_refused(make, loss, every_step, targets, message):
    network = make(3, 5, 4, loss=loss, every_step=every_step)
    before = network.parameters()
    for call in (network.loss_and_gradients, network.train_step):
        with pytest.raises(ArrayError, match=message):
            call(X, targets)
    assert_close(before, network.parameters(), tolerance=0)
