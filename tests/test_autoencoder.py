"""Autoencoders in both engines: by number with each other, by finite differences, and as the start of a network."""

from functools import partial

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from course_lib.arrays import ArrayError
from course_lib.data import load_fashion_mnist
from course_lib.engine import pretraining
from course_lib.engine.back_ends import ENGINES, lesson, make_network
from course_lib.engine.pretraining import AutoencoderNetwork, PretrainingDiverged, pretrain_layers
from course_lib.recipe import ACTIVATIONS, INITIALIZATIONS, OPTIMIZERS, Recipe, RecipeError
from examples import examples
from finite_differences import assert_is_gradient

FIXED = [name for name in ACTIVATIONS if name not in ("rrelu", "prelu")]
STEPS = 50
PLAIN = Recipe(hidden_layers=(7, 5), activation="tanh", normalization="none", drop_rate=0.0, batch_size=8)


@pytest.fixture(params=ENGINES)
def engine(request):
    return request.param


@pytest.fixture
def make(engine):
    """AutoencoderNetwork, computed by this engine."""
    return partial(AutoencoderNetwork, engine=engine)


@pytest.fixture
def pretrain(engine):
    """pretrain_layers, computed by this engine."""
    return partial(pretrain_layers, engine=engine)


def draw_inputs(examples=30, n_inputs=6, seed=0):
    return np.random.default_rng(seed).normal(0.3, 1.0, (examples, n_inputs))


def assert_near(ours, theirs):
    assert list(ours) == list(theirs)
    for name, array in theirs.items():
        np.testing.assert_allclose(ours[name], array, rtol=1e-9, atol=1e-9, err_msg=name)


@st.composite
def words(draw):
    return {
        "n_inputs": draw(st.integers(1, 9)),
        "n_hidden": draw(st.integers(1, 9)),
        "activation": draw(st.sampled_from(FIXED)),
        "initialization": draw(st.sampled_from(INITIALIZATIONS)),
        "optimizer": draw(st.sampled_from(OPTIMIZERS)),
        "learning_rate": draw(st.sampled_from([0.0001, 0.001, 0.003])),
        "seed": draw(st.integers(0, 1000)),
        "dtype": "float64",
    }


def assert_walk_together(words):
    ours, theirs = (AutoencoderNetwork(**words, engine=engine) for engine in ENGINES)
    assert_near(ours.parameters(), theirs.parameters())
    before = ours.parameters()
    for step in range(STEPS):
        x = draw_inputs(5, words["n_inputs"], step)
        assert ours.train_step(x) == pytest.approx(theirs.train_step(x), rel=1e-9, abs=1e-12), f"step {step}"
    assert_near(ours.parameters(), theirs.parameters())
    assert not np.array_equal(ours.parameters()["decoder.bias"], before["decoder.bias"])
    x = draw_inputs(2003, words["n_inputs"])  # more than one part
    np.testing.assert_allclose(ours.encode(x), theirs.encode(x), rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(ours.reconstruct(x), theirs.reconstruct(x), rtol=1e-9, atol=1e-9)


@settings(derandomize=True, deadline=None, max_examples=examples(60))
@given(words())
def test_both_engines_walk_the_same_path(words):
    assert_walk_together(words)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("activation", ["sigmoid", "elu"])
def test_with_every_optimizer_both_engines_walk_the_same_path(optimizer, activation):
    words = {"n_inputs": 6, "n_hidden": 4, "activation": activation, "optimizer": optimizer, "dtype": "float64"}
    assert_walk_together(words)


@pytest.mark.parametrize("activation", FIXED)
def test_gradients_are_those_of_finite_differences(make, activation):
    autoencoder = make(5, 4, activation, seed=3, dtype="float64")
    rng, x = np.random.default_rng(0), draw_inputs(9, 5)
    values = {name: rng.normal(0.0, 0.7, array.shape) for name, array in autoencoder.parameters().items()}

    def loss():
        autoencoder.load_parameters(values)
        return autoencoder.loss_and_gradients(x)[0]

    loss()
    _, gradients = autoencoder.loss_and_gradients(x)
    assert list(gradients) == ["encoder.weight", "encoder.bias", "decoder.weight", "decoder.bias"]
    for name, gradient in gradients.items():
        assert_is_gradient(gradient, loss, values[name])


def test_by_hand_for_one_unit(make):
    autoencoder = make(2, 1, "relu", dtype="float64")
    autoencoder.load_parameters(
        {
            "encoder.weight": [[1.0], [2.0]],
            "encoder.bias": [-1.0],
            "decoder.weight": [[0.5, -1.0]],
            "decoder.bias": [0.0, 3.0],
        }
    )
    x = np.array([[2.0, 1.0], [0.0, 0.0]])  # h = 3 and 0, r = (1.5, 0) and (0, 3)
    np.testing.assert_array_equal(autoencoder.encode(x), [[3.0], [0.0]])
    np.testing.assert_array_equal(autoencoder.reconstruct(x), [[1.5, 0.0], [0.0, 3.0]])
    loss, gradients = autoencoder.loss_and_gradients(x)
    assert loss == (0.25 + 1 + 0 + 9) / 4
    np.testing.assert_allclose(gradients["decoder.bias"], [-0.25, 1.0])  # 2 (r - x) / 4, summed over the batch
    np.testing.assert_allclose(gradients["decoder.weight"], [[-0.75, -1.5]])
    np.testing.assert_allclose(gradients["encoder.bias"], [-0.25 * 0.5 + 0.5])
    np.testing.assert_allclose(gradients["encoder.weight"], [[2 * 0.375], [0.375]])


def test_it_learns_to_repeat_what_fits_through_its_units(make):
    x = draw_inputs(200, 2, seed=1) @ np.array(
        [[1.0, 0.5, -1.0, 2.0], [0.3, -1.0, 1.0, 0.2]]
    )  # two numbers make up four
    autoencoder = make(4, 2, "tanh", learning_rate=0.01, dtype="float64")
    autoencoder.load_parameters(
        {**autoencoder.parameters(), "encoder.weight": 0.1 * np.ones((4, 2)) * [[1, -1]] * x[:4, :1]}
    )
    losses = [autoencoder.train_step(x) for _ in range(1500)]
    assert losses[-1] < 0.1 * losses[0]
    assert np.mean((autoencoder.reconstruct(x) - x) ** 2) == pytest.approx(autoencoder.loss_and_gradients(x)[0])


def test_what_it_hands_out_are_copies(make):
    autoencoder = make(3, 2, dtype="float64")
    loss, gradients = autoencoder.loss_and_gradients(draw_inputs(4, 3))
    for named in (autoencoder.parameters(), gradients):
        for array in named.values():
            array[...] = 7.0
    assert autoencoder.loss_and_gradients(draw_inputs(4, 3))[0] == loss


def test_float32_is_the_default_and_kept(make):
    autoencoder = make(6, 4)
    autoencoder.train_step(draw_inputs())
    assert autoencoder.encode(draw_inputs()).dtype == autoencoder.parameters()["encoder.weight"].dtype == np.float32


def test_a_loss_that_is_not_finite_changes_nothing(make):
    autoencoder = make(6, 4, optimizer="gradient_descent")
    before = autoencoder.parameters()
    with np.errstate(over="ignore"):
        assert not np.isfinite(autoencoder.train_step(1e30 * draw_inputs()))
    assert_near(autoencoder.parameters(), before)


@pytest.mark.parametrize("activation", FIXED)
def test_the_lesson_alone_has_the_gradients_of_its_twin(activation):
    rng = np.random.default_rng(5)
    shapes = {"encoder.weight": (5, 3), "encoder.bias": (3,), "decoder.weight": (3, 5), "decoder.bias": (5,)}
    parameters = {name: rng.normal(size=shape) for name, shape in shapes.items()}
    x = draw_inputs(8, 5)
    ours = lesson("numpy", "autoencoder").Autoencoder(parameters, activation)
    tensors = {name: torch.from_numpy(array) for name, array in parameters.items()}
    theirs = lesson("torch", "autoencoder").Autoencoder(tensors, activation)
    loss = theirs.loss(torch.from_numpy(x))
    assert ours.loss(x) == pytest.approx(loss.item(), rel=1e-12)
    np.testing.assert_allclose(ours.encode(x), theirs.encode(torch.from_numpy(x)).detach().numpy(), rtol=1e-12)
    ours.backward()
    loss.backward()
    for name, parameter in theirs.named_parameters():
        np.testing.assert_allclose(ours.gradients[name], parameter.grad.numpy().T, rtol=1e-10, atol=1e-14)


# Layer by layer


@settings(derandomize=True, deadline=None, max_examples=examples(30))
@given(words(), st.lists(st.integers(1, 8), min_size=1, max_size=4), st.integers(1, 12))
def test_both_engines_pretrain_the_same_layers(words, hidden_layers, steps):
    fields = ("activation", "initialization", "optimizer", "seed")
    recipe = PLAIN.replace(hidden_layers=hidden_layers, **{field: words[field] for field in fields})
    x = draw_inputs(40, words["n_inputs"])
    rate = words["learning_rate"]
    ours, theirs = (pretrain_layers(recipe, x, steps, rate, dtype="float64", engine=engine) for engine in ENGINES)
    assert_near(ours, theirs)


def test_pretrained_layers_load_into_a_network_beside_its_own_head(engine, pretrain):
    pretrained = pretrain(PLAIN, draw_inputs(), 20, dtype="float64")
    assert list(pretrained) == ["dense1.weight", "dense1.bias", "dense2.weight", "dense2.bias"]
    net = make_network(PLAIN, 6, 3, engine, "float64", "cpu")
    fresh = net.parameters()
    net.load_parameters(net.parameters() | pretrained)
    loaded = net.parameters()
    assert_near({name: loaded[name] for name in pretrained}, pretrained)
    for name in ("dense3.weight", "dense3.bias"):
        np.testing.assert_array_equal(loaded[name], fresh[name])
    hidden = np.tanh(
        np.tanh(draw_inputs() @ pretrained["dense1.weight"] + pretrained["dense1.bias"]) @ pretrained["dense2.weight"]
        + pretrained["dense2.bias"]
    )
    logits = hidden @ fresh["dense3.weight"] + fresh["dense3.bias"]
    np.testing.assert_allclose(net.logits(draw_inputs()), logits, rtol=1e-9)


def test_every_layer_learns_to_repeat_the_outputs_of_the_one_below(make, pretrain):
    """The same by hand: an autoencoder at a time, on the outputs of those before it."""
    recipe, x, steps = PLAIN.replace(hidden_layers=(7, 5, 4), seed=3), draw_inputs(), 15
    losses = {}
    pretrained = pretrain(
        recipe, x, steps, 0.003, on_step=lambda layer, loss: losses.setdefault(layer, []).append(loss), dtype="float64"
    )
    assert {layer: len(by_step) for layer, by_step in losses.items()} == {"dense1": 15, "dense2": 15, "dense3": 15}
    rng = np.random.default_rng([1, 3])  # the recipe's stream of batches
    seeds = np.random.SeedSequence(3).generate_state(3)
    for depth, units in enumerate(recipe.hidden_layers, start=1):
        autoencoder = make(x.shape[1], units, "tanh", "he_normal", "adam", 0.003, int(seeds[depth - 1]), "float64")
        by_hand = [autoencoder.train_step(x[rng.integers(0, len(x), 8)]) for _ in range(steps)]
        np.testing.assert_allclose(losses[f"dense{depth}"], by_hand, rtol=1e-12)
        np.testing.assert_allclose(pretrained[f"dense{depth}.weight"], autoencoder.parameters()["encoder.weight"])
        x = autoencoder.encode(x)


def test_on_images_the_loss_of_every_layer_falls(pretrain):
    recipe = PLAIN.replace(hidden_layers=(20, 10), activation="sigmoid", initialization="xavier_normal", batch_size=64)
    losses = {"dense1": [], "dense2": []}
    x = load_fashion_mnist().train.x[:1000]
    pretrain(recipe, x, 100, 0.01, on_step=lambda layer, loss: losses[layer].append(loss))
    for by_step in losses.values():
        assert np.mean(by_step[-10:]) < 0.5 * by_step[0]


def test_the_seed_decides(pretrain):
    first, again = (pretrain(PLAIN, draw_inputs(), 5) for _ in range(2))
    other = pretrain(PLAIN.replace(seed=1), draw_inputs(), 5)
    for name, array in first.items():
        np.testing.assert_array_equal(array, again[name])
        assert not np.array_equal(array, other[name])


def test_an_interrupted_pretraining_returns_what_it_has(pretrain, capsys):
    def stop(layer, loss):
        seen.append(layer)
        if seen.count("dense2") == 3:
            raise KeyboardInterrupt

    seen = []
    recipe = PLAIN.replace(hidden_layers=(7, 5, 4))
    kept = pretrain(recipe, draw_inputs(), 10, on_step=stop, dtype="float64")
    assert "Interrupted in layer 2 of 3" in capsys.readouterr().out
    whole = pretrain(recipe, draw_inputs(), 10, dtype="float64")
    assert list(kept) == ["dense1.weight", "dense1.bias", "dense2.weight", "dense2.bias"]
    np.testing.assert_array_equal(kept["dense1.weight"], whole["dense1.weight"])
    assert not np.array_equal(kept["dense2.weight"], whole["dense2.weight"])
    net = make_network(recipe, 6, 3, dtype="float64")
    net.load_parameters(net.parameters() | kept)


def test_progress_is_shown_when_it_is_asked_for(pretrain, capfd):
    pretrain(PLAIN, draw_inputs(), 3)
    assert capfd.readouterr().err == ""
    pretrain(PLAIN, draw_inputs(), 3, progress=True)
    shown = capfd.readouterr().err
    assert "pretraining" in shown and "6/6" in shown


@pytest.mark.filterwarnings("error")
def test_a_pretraining_that_diverges_says_where_and_keeps_the_layers_before(pretrain, monkeypatch):
    steps = []
    recipe = PLAIN.replace(activation="relu", optimizer="gradient_descent")
    with pytest.raises(PretrainingDiverged, match=r"of dense1 became (inf|nan) in step \d+.*1e\+20") as raised:
        pretrain(recipe, draw_inputs(), 30, 1e20, on_step=lambda layer, loss: steps.append(layer))
    assert raised.value.parameters == {} and 0 < len(steps) < 30
    rates = iter([0.01, 1e20])
    monkeypatch.setattr(
        pretraining, "AutoencoderNetwork", lambda *given: AutoencoderNetwork(*given[:5], next(rates), *given[6:])
    )
    with pytest.raises(PretrainingDiverged, match="of dense2") as raised:
        pretrain(recipe, draw_inputs(), 30, 0.01)
    assert list(raised.value.parameters) == ["dense1.weight", "dense1.bias"]


# Bad input


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"normalization": "batch"}, "normalization is 'batch'; .*normalization='none'"),
        ({"hidden_layers": ()}, "at least one"),
        ({"activation": "prelu"}, "activation is 'prelu'.*sigmoid, tanh"),
        ({"activation": "rrelu"}, "activation is 'rrelu'"),
    ],
)
def test_recipes_that_cannot_be_pretrained_are_errors(pretrain, changes, message):
    with pytest.raises(RecipeError, match=message):
        pretrain(PLAIN.replace(**changes), draw_inputs(), 5)


def test_other_bad_input_is_an_error_that_says_what_to_do(pretrain):
    for steps in (0, 2.5, "many"):
        with pytest.raises(RecipeError, match=r"steps is .*whole number, 1 or more"):
            pretrain(PLAIN, draw_inputs(), steps)
    with pytest.raises(RecipeError, match="needs a Recipe first; it got dict"):
        pretrain({}, draw_inputs(), 5)
    for x, message in (
        (draw_inputs()[0], "two axes"),
        (np.zeros((0, 4)), "no examples"),
        (np.full((2, 2), np.nan), "finite"),
        (3.0, "two axes"),
    ):
        with pytest.raises(ArrayError, match=message):
            pretrain(PLAIN, x, 5)
    with pytest.raises(RecipeError, match="learning_rate is -1"):
        pretrain(PLAIN, draw_inputs(), 5, learning_rate=-1)


@pytest.mark.parametrize(
    ("words", "error", "message"),
    [
        ({"n_inputs": 0}, RecipeError, "n_inputs is 0"),
        ({"n_hidden": 0}, RecipeError, "0 units"),
        ({"activation": "sigmoind"}, RecipeError, "Did you mean 'sigmoid'"),
        ({"activation": "prelu"}, RecipeError, "fixed function"),
        ({"initialization": "xavier"}, RecipeError, "xavier_normal"),
        ({"optimizer": "sgd"}, RecipeError, "optimizer is 'sgd'"),
        ({"learning_rate": 0}, RecipeError, "learning_rate is 0"),
        ({"seed": -1}, RecipeError, "seed is -1"),
        ({"dtype": "float16"}, ArrayError, "float16"),
        ({"device": "tpu"}, ValueError, "device is 'tpu'"),
        ({"engine": "jax"}, RecipeError, "engine is 'jax'.*numpy, torch"),
    ],
)
def test_words_that_cannot_work_are_errors(make, words, error, message):
    with pytest.raises(error, match=message):
        make(**{"n_inputs": 4, "n_hidden": 3, **words})


def test_arrays_that_do_not_fit_are_errors_and_change_nothing(make):
    autoencoder = make(4, 3)
    before = autoencoder.parameters()
    for method in (autoencoder.encode, autoencoder.reconstruct, autoencoder.train_step, autoencoder.loss_and_gradients):
        with pytest.raises(ArrayError, match="takes 4 inputs"):
            method(np.zeros((2, 5)))
    with pytest.raises(ArrayError, match=r"transposed"):
        autoencoder.load_parameters({**before, "encoder.bias": np.ones(3), "decoder.weight": np.zeros((4, 3))})
    with pytest.raises(ArrayError, match=r"'encoder.bias' is missing"):
        autoencoder.load_parameters({"encoder.weight": np.zeros((4, 3))})
    assert_near(autoencoder.parameters(), before)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no cuda device")
def test_on_a_gpu_the_numbers_are_the_same():
    ours = pretrain_layers(PLAIN, draw_inputs(), 30, dtype="float64")
    theirs = pretrain_layers(PLAIN, draw_inputs(), 30, dtype="float64", device="cuda", engine="torch")
    assert_near(ours, theirs)
