"""The convolutional network: what it computes, and that freezing and a new head do what they say."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from course_lib.arrays import ArrayError
from course_lib.engine.convolutional import ConvolutionalNetwork
from course_lib.recipe import RecipeError

SHAPE = (9, 8)


@pytest.fixture
def network():
    """A small network after a few steps: no array is as it was made."""
    made = ConvolutionalNetwork(3, SHAPE, channels=4, n_features=6, seed=1, dtype="float64", device="cpu")
    for step in range(3):
        made.train_step(*draw_batch(step))
    return made


def draw_batch(seed, examples=12, n_classes=3):
    rng = np.random.default_rng([8, seed])
    return rng.random((examples, SHAPE[0] * SHAPE[1])), rng.integers(0, n_classes, examples)


def changed(before, after):
    return {name for name in before if not np.array_equal(before[name], after[name])}


def in_the_body(state):
    return {name for name in state if not name.startswith("head")}


def convolution(x, weight):
    """Sums over 3x3 neighborhoods, zeros outside the image: x (n, channels in, rows, columns), one output at a time."""
    n, _, rows, columns = x.shape
    padded = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))
    outputs = np.zeros((n, len(weight), rows, columns))
    for row in range(rows):
        for column in range(columns):
            window = padded[:, :, row : row + 3, column : column + 3]
            outputs[:, :, row, column] = np.tensordot(window, weight, axes=([1, 2, 3], [1, 2, 3]))
    return outputs


def pooled(x):
    rows, columns = x.shape[2] // 2 * 2, x.shape[3] // 2 * 2
    parts = [x[:, :, row:rows:2, column:columns:2] for row in (0, 1) for column in (0, 1)]
    return np.max(parts, axis=0)


def by_hand(state, x):
    """(features, logits) in evaluation mode, from the arrays that the network hands out, in NumPy."""
    x = x.reshape(len(x), 1, *SHAPE)
    for depth in (1, 2, 3):
        norm = {
            name: state[f"batch_norm{depth}.{name}"][:, None, None]
            for name in ("scale", "shift", "running_mean", "running_variance")
        }
        x = convolution(x, state[f"convolution{depth}.weight"])
        x = (x - norm["running_mean"]) / np.sqrt(norm["running_variance"] + 1e-5) * norm["scale"] + norm["shift"]
        x = np.maximum(x, 0)
        if depth < 3:
            x = pooled(x)
    features = np.maximum(x.reshape(len(x), -1) @ state["dense.weight"] + state["dense.bias"], 0)
    return features, features @ state["head.weight"] + state["head.bias"]


def test_features_and_logits_are_those_computed_by_hand(network):
    x, labels = draw_batch(20)
    features, logits = by_hand(network.state(), x)
    np.testing.assert_allclose(network.features(x), features, rtol=1e-9, atol=1e-11)
    np.testing.assert_allclose(network.logits(x), logits, rtol=1e-9, atol=1e-11)
    loss, accuracy = network.evaluate(*network.place(x, labels))
    probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    assert loss == pytest.approx(-np.log(probabilities[np.arange(len(x)), labels]).mean(), rel=1e-9)
    assert accuracy == np.mean(logits.argmax(axis=1) == labels)


def test_muon_takes_the_head_of_a_frozen_body_and_says_that_it_takes_no_filters(network):
    with pytest.raises(RecipeError, match=r"optimizer is 'muon', which steps along matrices.*Use 'adamw'"):
        network.set_optimizer("muon", 0.1)
    before = network.parameters()
    network.train_step(*draw_batch(30))
    assert changed(before, network.parameters()) == set(before)  # with the optimizer that it had
    network.freeze()
    network.set_optimizer("muon", 0.01)
    before = network.parameters()
    network.train_step(*draw_batch(31))
    assert changed(before, network.parameters()) == {"head.weight", "head.bias"}


def test_a_step_is_that_of_plain_torch_with_all_parameters(network):
    plain = nn.Sequential(
        nn.Conv2d(1, 4, 3, padding=1, bias=False),
        nn.BatchNorm2d(4),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(4, 4, 3, padding=1, bias=False),
        nn.BatchNorm2d(4),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(4, 4, 3, padding=1, bias=False),
        nn.BatchNorm2d(4),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(16, 6),
        nn.ReLU(),
        nn.Linear(6, 3),
    ).double()
    plain.load_state_dict(dict(zip(plain.state_dict(), network.module.state_dict().values(), strict=True)))
    network.set_optimizer("momentum", 0.1)
    optimizer = torch.optim.SGD(plain.parameters(), lr=0.1, momentum=0.9)
    for step in range(3):
        x, labels = draw_batch(30 + step)
        loss = functional.cross_entropy(plain(torch.from_numpy(x.reshape(-1, 1, *SHAPE))), torch.from_numpy(labels))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        assert network.train_step(x, labels) == pytest.approx(loss.item(), rel=1e-9)
    for ours, theirs in zip(network.module.state_dict().values(), plain.state_dict().values(), strict=True):
        np.testing.assert_allclose(ours.numpy(), theirs.numpy(), rtol=1e-9, atol=1e-11)


def test_the_default_network_has_the_sizes_that_are_told():
    state = ConvolutionalNetwork(8, device="cpu").state()
    shapes = {name: array.shape for name, array in state.items() if name.endswith("weight")}
    assert shapes == {
        "convolution1.weight": (16, 1, 3, 3),
        "convolution2.weight": (16, 16, 3, 3),
        "convolution3.weight": (16, 16, 3, 3),
        "dense.weight": (784, 32),
        "head.weight": (32, 8),
    }
    for name, fan_in in (("convolution2.weight", 144), ("convolution3.weight", 144), ("dense.weight", 784)):
        size = state[name].size
        assert state[name].std() == pytest.approx(np.sqrt(2 / fan_in), rel=4 / np.sqrt(2 * size))  # 4 standard errors


def test_the_seed_decides_the_start_and_nothing_else_does():
    first, same, other = (ConvolutionalNetwork(3, SHAPE, seed=seed, device="cpu").state() for seed in (0, 0, 1))
    torch.manual_seed(5)
    assert not changed(first, same)
    assert {"convolution1.weight", "dense.weight", "head.weight"} <= changed(first, other)


# Reuse


def test_a_frozen_body_does_not_move_by_a_bit_and_gets_no_gradient(network):
    network.freeze()
    before = network.state()
    for step in range(3):
        network.train_step(*draw_batch(40 + step))
        network.evaluate(*network.place(*draw_batch(1)))
    assert changed(before, network.state()) == {"head.weight", "head.bias"}
    assert all(parameter.grad is None for parameter in network.module.body.parameters())
    assert list(network.loss_and_gradients(*draw_batch(2))[1]) == ["head.weight", "head.bias"]


def test_a_head_on_a_frozen_body_learns_as_a_softmax_regression_on_the_features(network):
    network.replace_head(3, seed=5)
    network.freeze()
    network.set_optimizer("gradient_descent", 0.1)
    x, labels = draw_batch(50, examples=30)
    features = network.features(x)
    head = {name: network.state()[f"head.{name}"] for name in ("weight", "bias")}
    one_hot = np.eye(3)[labels]
    for _ in range(5):
        scores = np.exp(features @ head["weight"] + head["bias"])
        error = (scores / scores.sum(axis=1, keepdims=True) - one_hot) / len(x)
        head["weight"] -= 0.1 * features.T @ error
        head["bias"] -= 0.1 * error.sum(axis=0)
        network.train_step(x, labels)
    for name, expected in head.items():
        np.testing.assert_allclose(network.state()[f"head.{name}"], expected, rtol=1e-9, atol=1e-12)


def test_after_unfreeze_everything_moves(network):
    network.freeze()
    network.train_step(*draw_batch(60))
    network.unfreeze()
    before = network.state()
    network.train_step(*draw_batch(61))
    assert changed(before, network.state()) == set(before)


@pytest.mark.parametrize("frozen", [False, True])
def test_a_new_head_leaves_the_body_and_what_is_frozen_as_they_were(network, frozen):
    if frozen:
        network.freeze()
    before = network.state()
    network.replace_head(5, seed=3)
    after = network.state()
    assert not changed({name: before[name] for name in in_the_body(before)}, after)
    assert after["head.weight"].shape == (6, 5) and not after["head.bias"].any()
    assert network.logits(draw_batch(1)[0]).shape == (12, 5)
    network.train_step(*draw_batch(2, n_classes=5))  # the optimizer has the new head
    moved = changed(after, network.state())
    assert {"head.weight", "head.bias"} <= moved
    assert (moved == {"head.weight", "head.bias"}) == frozen


def test_heads_of_one_seed_are_the_same_on_any_body(network):
    other = ConvolutionalNetwork(7, SHAPE, channels=4, n_features=6, seed=9, dtype="float64", device="cpu")
    for each in (network, other):
        each.replace_head(2, seed=4)
    assert np.array_equal(network.state()["head.weight"], other.state()["head.weight"])
    other.replace_head(2, seed=5)
    assert not np.array_equal(network.state()["head.weight"], other.state()["head.weight"])


# State and bad input


def test_the_state_moves_to_another_network_whole(network):
    other = ConvolutionalNetwork(3, SHAPE, channels=4, n_features=6, seed=2, dtype="float64", device="cpu")
    other.load_state(network.state())
    assert not changed(network.state(), other.state())
    np.testing.assert_array_equal(network.logits(draw_batch(1)[0]), other.logits(draw_batch(1)[0]))


def test_a_state_that_does_not_fit_is_refused_and_nothing_changes(network):
    before = network.state()
    for wrong, message in (
        ({"head.weight": np.ones((6, 4))}, r"'head\.weight' has shape \(6, 4\).*needs \(6, 3\)"),
        ({"convolution4.weight": np.ones(1)}, "not a part"),
    ):
        with pytest.raises(ArrayError, match=message):
            network.load_state(before | {"dense.bias": np.ones(6)} | wrong)
        assert not changed(before, network.state())


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ({"n_classes": 0}, "n_classes is 0"),
        ({"image_shape": (3, 28)}, r"image_shape is \(3, 28\).*4 or more"),
        ({"image_shape": 784}, "image_shape is 784.*rows, columns"),
        ({"image_shape": (28, 28, 1)}, r"image_shape is \(28, 28, 1\)"),
        ({"channels": 1.5}, "channels is 1.5"),
        ({"n_features": 0}, "n_features is 0"),
        ({"optimizer": "adm"}, "Did you mean 'adam'"),
        ({"learning_rate": -1}, "learning_rate is -1"),
    ],
)
def test_words_that_cannot_work_are_refused(words, message):
    with pytest.raises(RecipeError, match=message):
        ConvolutionalNetwork(**{"n_classes": 3, "device": "cpu"} | words)


def test_bad_batches_are_refused(network):
    x, labels = draw_batch(1)
    with pytest.raises(ArrayError, match="72 inputs"):
        network.train_step(x[:, :-1], labels)
    with pytest.raises(ArrayError, match="labels run from 0 to 2"):
        network.train_step(x, labels + 3)


def test_a_loss_that_is_not_finite_is_returned_without_an_update(network):
    network.load_state(network.state() | {"head.bias": np.array([1e308, -1e308, 0.0])})
    before = network.parameters()
    assert not np.isfinite(network.train_step(*draw_batch(1)))
    assert not changed(before, network.parameters())
