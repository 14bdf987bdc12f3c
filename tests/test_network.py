"""A network of either engine keeps the protocol that `fit`, checkpoints and chapters build on."""

import numpy as np
import pytest

from course_lib.arrays import ArrayError
from course_lib.recipe import ACTIVATIONS, NORMALIZATIONS, Recipe
from course_lib.training import make_network

N_INPUTS, N_CLASSES = 5, 4
SMALL = Recipe(hidden_layers=(7, 6), learning_rate=0.01)
PLAIN = Recipe((7, 6), "tanh", normalization="none", drop_rate=0.0, optimizer="gradient_descent", learning_rate=0.1)


@pytest.fixture(params=["numpy", "torch"])
def build(request):
    """build(recipe, n_inputs, n_classes, dtype): a network of the engine that is tested."""

    def build(recipe, n_inputs=N_INPUTS, n_classes=N_CLASSES, dtype="float64"):
        return make_network(recipe, n_inputs, n_classes, request.param, dtype, "cpu")

    build.engine = request.param
    return build


@pytest.fixture
def batch():
    return draw_batch(0)


def draw_batch(seed, examples=24):
    rng = np.random.default_rng([5, seed])
    return rng.normal(size=(examples, N_INPUTS)), rng.integers(0, N_CLASSES, examples)


def same(ours, theirs):
    return list(ours) == list(theirs) and all(np.array_equal(ours[name], theirs[name]) for name in ours)


def changed(before, after):
    """The names whose arrays differ."""
    return {name for name in before if not np.array_equal(before[name], after[name])}


def trained(network, steps=5):
    for step in range(steps):
        network.train_step(*draw_batch(100 + step))
    return network


# Names, shapes, copies.


def test_parameters_have_the_names_and_shapes_of_the_layers(build):
    network = build(Recipe(hidden_layers=(7, 6), activation="prelu"))
    assert {name: array.shape for name, array in network.parameters().items()} == {
        "dense1.weight": (5, 7),
        "batch_norm1.scale": (7,),
        "batch_norm1.shift": (7,),
        "activation1.slope": (1,),
        "dense2.weight": (7, 6),
        "batch_norm2.scale": (6,),
        "batch_norm2.shift": (6,),
        "activation2.slope": (1,),
        "dense3.weight": (6, 4),
        "dense3.bias": (4,),
    }
    statistics = {f"batch_norm{layer}.running_{name}" for layer in (1, 2) for name in ("mean", "variance")}
    assert set(network.state()) - set(network.parameters()) == statistics


def test_without_batch_norm_every_dense_layer_has_a_bias_that_starts_at_zero(build):
    parameters = build(PLAIN).parameters()
    assert list(parameters) == [f"dense{layer}.{name}" for layer in (1, 2, 3) for name in ("weight", "bias")]
    for layer in (1, 2, 3):
        assert not parameters[f"dense{layer}.bias"].any()
        assert parameters[f"dense{layer}.weight"].all()


def test_a_network_without_a_hidden_layer_has_one_dense_layer_and_learns(build):
    network = build(Recipe(hidden_layers=(), learning_rate=0.1))
    assert {name: array.shape for name, array in network.parameters().items()} == {
        "dense1.weight": (5, 4),
        "dense1.bias": (4,),
    }
    x, _ = draw_batch(0, examples=200)
    labels = x[:, :4].argmax(axis=1)  # a linear rule
    losses = [network.train_step(x, labels) for _ in range(100)]
    assert losses[-1] < losses[0] / 4


def test_what_a_network_hands_out_are_copies(build, batch):
    network = build(SMALL)
    start = network.state()
    _, gradients = network.loss_and_gradients(*batch)
    before = {name: array.copy() for name, array in gradients.items()}
    for given in (network.parameters(), network.state()):
        for array in given.values():
            array += 1
    trained(network)
    assert same(gradients, before)
    fresh = build(SMALL)
    assert same(fresh.state(), start)
    for array in fresh.parameters().values():
        array[...] = 0
    for array in fresh.state().values():
        array[...] = 0
    assert same(fresh.state(), start)


def test_what_a_network_is_given_is_copied(build, batch):
    network = build(SMALL)
    given = trained(build(SMALL)).state()
    network.load_state(given)
    expected = network.logits(batch[0])
    for array in given.values():
        array[...] = 0
    np.testing.assert_array_equal(network.logits(batch[0]), expected)


def test_loading_parameters_leaves_the_running_statistics_and_loading_the_state_restores_all(build, batch):
    source, target = trained(build(SMALL)), build(SMALL)
    fresh = target.state()
    target.load_parameters(source.parameters())
    assert same(target.parameters(), source.parameters())
    assert changed(fresh, target.state()) <= set(source.parameters())
    assert not np.allclose(target.logits(batch[0]), source.logits(batch[0]))
    target.load_state(source.state())
    assert same(target.state(), source.state())
    np.testing.assert_array_equal(target.logits(batch[0]), source.logits(batch[0]))


def without(named, name):
    return {key: array for key, array in named.items() if key != name}


WRONG_PARAMETERS = {
    "missing": (lambda named: without(named, "dense2.weight"), r"'dense2\.weight' is missing.*dense1\.weight"),
    "extra": (lambda named: named | {"dense9.weight": np.ones((2, 2))}, r"'dense9\.weight' is not a part"),
    "misshapen": (lambda named: named | {"dense3.bias": np.ones(3)}, r"'dense3\.bias' has shape \(3,\).*needs \(4,\)"),
    "transposed": (
        lambda named: named | {"dense2.weight": named["dense2.weight"].T},
        r"\(6, 7\).*\(7, 6\).*transposed",
    ),
    "not finite": (lambda named: named | {"dense3.bias": np.full(4, np.nan)}, r"'dense3\.bias'.*not finite"),
}


@pytest.mark.parametrize("break_it, message", WRONG_PARAMETERS.values(), ids=WRONG_PARAMETERS)
def test_parameters_that_do_not_fit_are_refused_and_nothing_is_changed(build, break_it, message):
    network = build(SMALL)
    before = network.state()
    with pytest.raises(ArrayError, match=message):
        network.load_parameters(break_it(trained(build(SMALL)).parameters()))
    with pytest.raises(ArrayError, match=message):
        network.load_state(break_it(trained(build(SMALL)).state()))
    assert same(network.state(), before)


def test_a_state_without_running_statistics_is_refused_and_nothing_is_changed(build):
    network = build(SMALL)
    before = network.state()
    with pytest.raises(ArrayError, match=r"'batch_norm1\.running_mean' is missing"):
        network.load_state(trained(build(SMALL)).parameters())
    assert same(network.state(), before)


# Evaluation mode.


@pytest.mark.parametrize("activation", ["elu", "rrelu"])
def test_logits_change_nothing_and_are_the_same_each_time(build, batch, activation):
    recipe = SMALL.replace(activation=activation)
    network, untouched = trained(build(recipe)), trained(build(recipe))
    before = network.state()
    first = network.logits(batch[0])
    np.testing.assert_array_equal(network.logits(batch[0]), first)
    assert first.shape == (24, N_CLASSES)
    assert same(network.state(), before)
    # No mask was drawn either: training goes on as if nobody had looked.
    assert network.train_step(*batch) == untouched.train_step(*batch)


@pytest.mark.parametrize("activation", ["elu", "rrelu"])
def test_logits_of_an_example_do_not_depend_on_its_neighbors(build, batch, activation):
    network, x = trained(build(SMALL.replace(activation=activation))), batch[0]
    together = network.logits(x)
    one_by_one = np.concatenate([network.logits(row[None, :]) for row in x])
    np.testing.assert_allclose(one_by_one, together, rtol=1e-12, atol=1e-12)
    shuffled = np.random.default_rng(0).permutation(len(x))
    np.testing.assert_allclose(network.logits(x[shuffled]), together[shuffled], rtol=1e-12, atol=1e-12)


def test_logits_and_evaluation_of_many_examples_are_those_of_the_parts(build):
    network = trained(build(SMALL))
    x, labels = draw_batch(1, examples=4_500)  # more than are computed at once, and not a multiple
    parts = np.concatenate([network.logits(x[start : start + 100]) for start in range(0, 4_500, 100)])
    np.testing.assert_allclose(network.logits(x), parts, rtol=1e-12, atol=1e-12)
    loss, accuracy = network.evaluate(*network.place(x, labels))
    probabilities = np.exp(parts) / np.exp(parts).sum(axis=1, keepdims=True)
    assert loss == pytest.approx(-np.log(probabilities[np.arange(4_500), labels]).mean(), rel=1e-12)
    assert accuracy == pytest.approx((parts.argmax(axis=1) == labels).mean(), rel=1e-12)
    assert type(loss) is type(accuracy) is float


@pytest.mark.parametrize("words", [{"l1": 0.5, "l2": 0.5}, {"label_smoothing": 0.9}], ids=["penalty", "smoothing"])
def test_evaluation_counts_nothing_that_training_adds_to_the_loss_and_changes_nothing(words, build, batch):
    plain, penalized = build(SMALL), build(SMALL.replace(**words))
    before = penalized.state()
    assert penalized.evaluate(*penalized.place(*batch)) == plain.evaluate(*plain.place(*batch))
    assert same(penalized.state(), before)
    assert penalized.loss_and_gradients(*batch)[0] != pytest.approx(plain.loss_and_gradients(*batch)[0], rel=1e-3)


# Training mode.


def test_a_training_step_returns_the_loss_before_its_update(build, batch):
    loss, _ = build(SMALL).loss_and_gradients(*batch)
    network = build(SMALL)
    start = network.parameters()
    step_loss = network.train_step(*batch)
    assert type(step_loss) is float
    assert step_loss == loss
    assert changed(start, network.parameters()) == set(start)  # and every parameter moved
    assert network.train_step(*batch) != step_loss


def test_loss_and_gradients_move_the_running_statistics_and_no_parameter(build, batch):
    network = build(SMALL)
    before = network.state()
    network.loss_and_gradients(*batch)
    after = network.state()
    assert changed(before, after) == set(before) - set(network.parameters())


def test_one_step_of_gradient_descent_is_the_gradient_times_the_learning_rate(build, batch):
    network = build(PLAIN)
    before = network.parameters()
    _, gradients = build(PLAIN).loss_and_gradients(*batch)
    network.train_step(*batch)
    for name, after in network.parameters().items():
        np.testing.assert_allclose(before[name] - after, 0.1 * gradients[name], rtol=1e-10, atol=1e-14)


def test_gradients_do_not_add_up_from_call_to_call(build, batch):
    network = build(PLAIN)
    _, first = network.loss_and_gradients(*batch)
    _, second = network.loss_and_gradients(*batch)
    assert same(first, second)


def test_the_penalties_count_weights_and_leave_biases_alone(build, batch):
    parameters = trained(build(PLAIN)).parameters()
    assert all(array.any() for array in parameters.values())  # biases are not 0 any more
    losses, gradients = {}, {}
    for name, changes in {"none": {}, "l1": {"l1": 0.3}, "l2": {"l2": 0.3}, "adamw": {"l2": 0.3}}.items():
        network = build(PLAIN.replace(**changes, optimizer="adamw" if name == "adamw" else "adam"))
        network.load_parameters(parameters)
        losses[name], gradients[name] = network.loss_and_gradients(*batch)
    weights = [array for name, array in parameters.items() if name.endswith("weight")]
    assert losses["l1"] - losses["none"] == pytest.approx(0.3 * sum(np.linalg.norm(w.ravel(), 1) for w in weights))
    assert losses["l2"] - losses["none"] == pytest.approx(0.15 * sum(np.linalg.norm(w) ** 2 for w in weights))
    assert losses["adamw"] == losses["none"]  # its l2 is decoupled weight decay, no penalty
    assert same(gradients["adamw"], gradients["none"])
    for penalty in ("l1", "l2"):
        assert changed(gradients["none"], gradients[penalty]) == {f"dense{layer}.weight" for layer in (1, 2, 3)}


@pytest.mark.parametrize("normalization", NORMALIZATIONS)
def test_weight_decay_shrinks_weights_and_leaves_all_other_parameters_alone(build, batch, normalization):
    recipe = SMALL.replace(optimizer="adamw", activation="prelu", normalization=normalization)
    parameters = trained(build(recipe)).parameters()
    ends = []
    for decay in (0.0, 0.5):
        network = build(recipe.replace(l2=decay))
        network.load_parameters(parameters)
        network.train_step(*batch)
        ends.append(network.parameters())
    for name, start in parameters.items():
        extra = ends[0][name] - ends[1][name]
        expected = 0.01 * 0.5 * start if name.endswith("weight") else 0 * start  # learning rate * decay * w
        np.testing.assert_allclose(extra, expected, rtol=1e-9, atol=1e-14, err_msg=name)


def update_of(network, batch):
    """The change that one step makes, all parameters in one vector."""
    before = network.parameters()
    network.train_step(*batch)
    after = network.parameters()
    return np.concatenate([(after[name] - before[name]).ravel() for name in before])


def test_clipping_by_norm_shortens_the_whole_update_and_keeps_its_direction(build, batch):
    free = update_of(build(PLAIN), batch)
    length = np.linalg.norm(free) / 0.1  # of the gradient: the learning rate is 0.1
    limited = update_of(build(PLAIN.replace(clip_norm=length / 3)), batch)
    np.testing.assert_allclose(limited, free / 3, rtol=1e-4)
    np.testing.assert_array_equal(update_of(build(PLAIN.replace(clip_norm=length * 3)), batch), free)


def test_clipping_by_value_cuts_each_entry_of_the_update(build, batch):
    free = update_of(build(PLAIN), batch)
    limit = np.median(np.abs(free)) / 0.1
    limited = update_of(build(PLAIN.replace(clip_value=limit)), batch)
    cut = np.abs(free) > 0.1 * limit
    assert 0 < cut.sum() < len(free)
    np.testing.assert_allclose(np.abs(limited[cut]), 0.1 * limit, rtol=1e-12)
    np.testing.assert_array_equal(np.sign(limited), np.sign(free))
    np.testing.assert_allclose(limited[~cut], free[~cut], rtol=1e-12)


def test_max_norm_bounds_every_hidden_unit_and_not_the_output_layer(build, batch):
    limit = 0.5
    weights = [array for name, array in build(PLAIN).parameters().items() if name.endswith("weight")]
    assert all((np.linalg.norm(weight, axis=0) > limit).any() for weight in weights)
    network = build(PLAIN.replace(max_norm=limit))
    network.train_step(*batch)
    after = network.parameters()
    for name in ("dense1.weight", "dense2.weight"):
        assert np.linalg.norm(after[name], axis=0).max() <= limit * (1 + 1e-12)
        assert np.linalg.norm(after[name], axis=0).max() == pytest.approx(limit)
    free = build(PLAIN)
    free.train_step(*batch)
    np.testing.assert_array_equal(after["dense3.weight"], free.parameters()["dense3.weight"])


def test_dropout_drops_other_units_in_every_step_at_its_rate(build):
    # For one example, a hidden unit that is dropped gets no gradient. 300 units, 40 steps: 12,000 draws.
    recipe = PLAIN.replace(hidden_layers=(300,), drop_rate=0.3)
    network = build(recipe)
    x, labels = draw_batch(0, examples=1)
    silent = [(network.loss_and_gradients(x, labels)[1]["dense1.bias"] == 0) for _ in range(40)]
    standard_error = np.sqrt(0.3 * 0.7 / 12_000)
    assert np.mean(silent) == pytest.approx(0.3, abs=5 * standard_error)
    assert len({mask.tobytes() for mask in silent}) == 40
    assert (build(PLAIN.replace(hidden_layers=(300,))).loss_and_gradients(x, labels)[1]["dense1.bias"] != 0).all()


def test_dropout_scales_up_what_it_keeps(build):
    x, labels = draw_batch(0, examples=1)
    outputs = []
    for drop_rate in (0.0, 0.2):
        network = build(PLAIN.replace(hidden_layers=(50,), drop_rate=drop_rate))
        network.load_parameters(network.parameters() | {"dense2.weight": np.zeros((50, N_CLASSES))})
        _, gradients = network.loss_and_gradients(x, labels)
        outputs.append(gradients["dense2.weight"][:, 0])  # each unit's output, times the same number
    ratios = outputs[1] / outputs[0]
    assert set(np.round(ratios, 12)) == {0.0, 1.25}  # 1 / (1 - 0.2)


def test_gradient_norms_are_the_lengths_of_the_last_gradients(build, batch):
    network = build(SMALL)
    assert set(network.gradient_norms().values()) == {0.0}
    _, gradients = network.loss_and_gradients(*batch)
    norms = network.gradient_norms()
    assert set(norms) == set(gradients)
    for name, gradient in gradients.items():
        assert norms[name] == pytest.approx(np.linalg.norm(gradient), rel=1e-12)
        assert type(norms[name]) is float


def test_the_length_of_a_huge_float32_gradient_is_a_number(build):
    network = build(Recipe(hidden_layers=()), dtype="float32")
    x, labels = draw_batch(0)
    loss, gradients = network.loss_and_gradients(1e25 * x, labels)  # each entry is finite, their squares are not
    assert np.isfinite(loss)
    length = np.linalg.norm(gradients["dense1.weight"].astype(np.float64))
    assert network.gradient_norms()["dense1.weight"] == pytest.approx(length, rel=1e-5)


def test_a_loss_that_is_not_finite_is_returned_and_nothing_is_updated(build, batch):
    network = build(PLAIN, dtype="float32")
    huge = {name: np.full(array.shape, 1e38) for name, array in network.parameters().items()}
    network.load_parameters(huge)
    before = network.parameters()
    with np.errstate(all="ignore"):
        loss = network.train_step(*batch)
    assert not np.isfinite(loss)
    assert same(network.parameters(), before)


@pytest.mark.parametrize("call", ["loss_and_gradients", "train_step"])
def test_batch_norm_refuses_a_training_batch_of_one_and_says_what_to_do(build, call):
    network = build(SMALL)
    x, labels = draw_batch(0, examples=1)
    with pytest.raises(ValueError, match=r"batch of 1 .*2 or more"):
        getattr(network, call)(x, labels)
    assert np.isfinite(network.logits(x)).all()


# Seeds.


def test_the_same_seed_gives_the_same_start_and_another_seed_another(build):
    start = build(SMALL).parameters()
    assert same(start, build(SMALL).parameters())
    other = build(SMALL.replace(seed=1)).parameters()
    assert {f"dense{layer}.weight" for layer in (1, 2, 3)} == changed(start, other)
    assert not np.array_equal(start["dense2.weight"].ravel()[:24], start["dense3.weight"].ravel())


def test_dropout_and_random_slopes_do_not_disturb_the_initial_weights(build):
    start = build(SMALL.replace(drop_rate=0.0)).parameters()
    assert same(start, build(SMALL.replace(drop_rate=0.5)).parameters())
    assert same(start, build(SMALL.replace(drop_rate=0.5, activation="rrelu")).parameters())


# Types and devices.


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_float32_follows_float64_closely(build, batch, activation):
    recipe = SMALL.replace(activation=activation, l1=0.01, max_norm=2.0, clip_norm=1.0)
    single, double = build(recipe, dtype="float32"), build(recipe)
    for _ in range(5):
        assert single.train_step(*batch) == pytest.approx(double.train_step(*batch), rel=1e-4)
    np.testing.assert_allclose(single.logits(batch[0]), double.logits(batch[0]), rtol=1e-2, atol=1e-3)
    assert {array.dtype for array in single.state().values()} == {np.dtype("float32")}
    assert {array.dtype for array in double.state().values()} == {np.dtype("float64")}
    assert {array.dtype for array in single.loss_and_gradients(*batch)[1].values()} == {np.dtype("float32")}
    assert single.logits(batch[0]).dtype == np.float32
    assert double.logits(batch[0]).dtype == np.float64


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_the_numpy_engine_stays_in_float32_from_layer_to_layer(batch, activation):
    network = make_network(SMALL.replace(activation=activation), N_INPUTS, N_CLASSES, "numpy", "float32")
    signal, _ = network.place(batch[0])
    for name, layer in network.layers:
        signal = layer.forward(signal, training=True)
        assert signal.dtype == np.float32, name
    for name, layer in reversed(network.layers[1:]):
        signal = layer.backward(signal)
        assert signal.dtype == np.float32, name


@pytest.mark.parametrize("dtype", ["float16", np.int64])
def test_another_dtype_is_refused_with_the_choices(build, dtype):
    with pytest.raises(ArrayError, match=r"dtype is .*'float32'.*'float64'"):
        build(SMALL, dtype=dtype)


def test_the_torch_engine_names_its_devices_and_takes_one_that_is_there():
    with pytest.raises(ValueError, match=r"device is 'gpu'; .*auto, cpu, cuda, mps"):
        make_network(SMALL, N_INPUTS, N_CLASSES, "torch", device="gpu")
    assert np.isfinite(make_network(SMALL, N_INPUTS, N_CLASSES, "torch").logits(draw_batch(0)[0])).all()


def test_a_device_that_is_not_here_is_an_error_that_says_what_to_use():
    import torch

    here = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    absent = [name for name, there in here.items() if not there]
    assert absent, "a machine with cuda and mps is not known"
    for name in absent:
        with pytest.raises(ValueError, match=f"device is '{name}'.*device='auto'.*doctor"):
            make_network(SMALL, N_INPUTS, N_CLASSES, "torch", device=name)


@pytest.mark.parametrize("device", ["cuda", "gpu"])
def test_the_numpy_engine_refuses_a_gpu_and_names_the_engine_that_takes_one(device):
    with pytest.raises(ValueError, match=rf"device is '{device}'.*engine='torch'"):
        make_network(SMALL, N_INPUTS, N_CLASSES, "numpy", device=device)


# Bad input: the boundary of both engines checks what it is given (what each message says: tests of course_lib.arrays).

WRONG_INPUT = {
    "wrong width": (lambda x, labels: (x[:, :3], labels), "takes 5 inputs"),
    "one axis": (lambda x, labels: (x[0], labels[:1]), "two axes"),
    "not a number": (lambda x, labels: (np.where(x == x[1, 2], np.nan, x), labels), r"x\[1, 2\] is nan"),
    "infinite": (lambda x, labels: (np.where(x == x[1, 2], np.inf, x), labels), r"x\[1, 2\] is inf"),
    "empty": (lambda x, labels: (x[:0], labels[:0]), "empty"),
    "label too large": (lambda x, labels: (x, labels + N_CLASSES), "0 to 3"),
    "negative label": (lambda x, labels: (x, labels - N_CLASSES), "0 to 3"),
    "float labels": (lambda x, labels: (x, labels.astype(float)), "whole numbers"),
    "lengths that differ": (lambda x, labels: (x, labels[:-1]), "24 examples.*23 labels"),
}


@pytest.mark.parametrize("break_it, message", WRONG_INPUT.values(), ids=WRONG_INPUT)
def test_bad_input_is_refused_before_anything_is_changed(build, batch, break_it, message):
    network = build(SMALL)
    before = network.state()
    x, labels = break_it(*batch)
    for call in (network.train_step, network.loss_and_gradients):
        with pytest.raises(ArrayError, match=message):
            call(x, labels)
    if x is not batch[0]:
        with pytest.raises(ArrayError, match=message):
            network.logits(x)
    assert same(network.state(), before)


def test_numbers_too_large_for_float32_are_refused(build, batch):
    network = build(SMALL, dtype="float32")
    with pytest.raises(ArrayError, match="float32"):
        network.train_step(batch[0] * 1e300, batch[1])
    assert np.isfinite(network.logits(batch[0] * 1e30)).all()
