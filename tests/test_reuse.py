"""Freezing: the first layers of a trained network stand still while the rest learns, alike in both engines."""

import copy

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from course_lib.recipe import DECOUPLED_DECAY, OPTIMIZERS, Recipe
from course_lib.training import load_network, make_network, save_network
from examples import examples
from plain_muon import MuonAndAdam
from test_networks_agree import both_engines, draw_batch, recipes

N_INPUTS, N_CLASSES = 5, 4
SMALL = Recipe(hidden_layers=(7, 6, 5), learning_rate=0.01, drop_rate=0.3)
ENGINES = ("numpy", "torch")
TOLERANCE = 1e-9


@pytest.fixture(params=ENGINES)
def build(request):
    """build(recipe): a network of the engine that is tested, with parameters and statistics as after some training."""

    def build(recipe):
        network = make_network(recipe, N_INPUTS, N_CLASSES, request.param, "float64", "cpu")
        network.load_state(used_state(network))
        return network

    build.engine = request.param
    return build


def used_state(network):
    """The network's arrays, each entry changed at random; variances stay above 0."""
    rng = np.random.default_rng(network.recipe.seed)
    return {
        name: array * rng.uniform(0.6, 1.4, array.shape)
        + (0 if "variance" in name else rng.normal(0, 0.2, array.shape))
        for name, array in network.state().items()
    }


def belongs_to_frozen(name, n_hidden):
    layer = name.split(".")[0]
    return int("".join(filter(str.isdigit, layer))) <= n_hidden


class PlainTorch:
    """What freezing means, written with requires_grad_(False) and eval() around the network's own layers."""

    def __init__(self, network, n_hidden):
        self.recipe = network.recipe
        self.module, leaves = copy.deepcopy((network.module, network.leaves))
        self.layers = dict(leaves)
        frozen = [layer for name, layer in self.layers.items() if belongs_to_frozen(name, n_hidden)]
        self.module.train()
        for layer in frozen:
            layer.eval()
            for parameter in layer.parameters():
                parameter.requires_grad_(False)
        self.moving = [parameter for parameter in self.module.parameters() if parameter.requires_grad]
        dense = [layer for layer in self.layers.values() if isinstance(layer, nn.Linear)]
        self.weights = [layer.weight for layer in dense if layer.weight.requires_grad]
        self.optimizer = self._optimizer()

    def _optimizer(self):
        rate, name = self.recipe.learning_rate, self.recipe.optimizer
        others = [p for p in self.moving if all(p is not weight for weight in self.weights)]
        if name == "muon":
            return MuonAndAdam(self.weights, others, rate, self.recipe.l2)
        if name == "adamw":
            groups = [{"params": self.weights, "weight_decay": self.recipe.l2}, {"params": others, "weight_decay": 0.0}]
            return torch.optim.AdamW(groups, lr=rate)
        return {
            "gradient_descent": lambda: torch.optim.SGD(self.moving, lr=rate),
            "momentum": lambda: torch.optim.SGD(self.moving, lr=rate, momentum=0.9),
            "nesterov": lambda: torch.optim.SGD(self.moving, lr=rate, momentum=0.9, nesterov=True),
            "rmsprop": lambda: torch.optim.RMSprop(self.moving, lr=rate),
            "adam": lambda: torch.optim.Adam(self.moving, lr=rate),
        }[name]()

    def train_step(self, x, labels):
        recipe = self.recipe
        logits, labels = self.module(torch.from_numpy(x)), torch.from_numpy(labels)
        loss = nn.functional.cross_entropy(logits, labels, label_smoothing=recipe.label_smoothing)
        for weight in self.weights:
            loss = loss + recipe.l1 * weight.abs().sum()
            if recipe.optimizer not in DECOUPLED_DECAY:
                loss = loss + recipe.l2 / 2 * (weight**2).sum()
        self.optimizer.zero_grad()
        loss.backward()
        if recipe.clip_value is not None:
            nn.utils.clip_grad_value_(self.moving, recipe.clip_value)
        if recipe.clip_norm is not None:
            nn.utils.clip_grad_norm_(self.moving, recipe.clip_norm)
        self.optimizer.step()
        if recipe.max_norm is not None:
            with torch.no_grad():
                for weight in self.weights[:-1]:
                    for unit in weight:
                        unit.mul_(min(1.0, recipe.max_norm / float(unit.norm())))
        return loss.item()

    def state(self):
        found = {}
        for layer_name, layer in self.layers.items():
            for name, torch_name in (layer.named | getattr(layer, "named_statistics", {})).items():
                tensor = getattr(layer, torch_name)
                if tensor is not None:
                    found[f"{layer_name}.{name}"] = tensor.detach().numpy().T
        return found


@st.composite
def frozen_recipes(draw):
    recipe = draw(recipes())
    return recipe, draw(st.integers(0, len(recipe.hidden_layers)))


def walk(recipe, n_hidden, steps=4):
    """Both engines frozen, and plain torch, from one start: (state before, [(loss, ...) by step], [state after])."""
    networks = both_engines(recipe, N_INPUTS, N_CLASSES)
    start = used_state(networks[0])
    for network in networks:
        network.load_state(start)
    plain = PlainTorch(networks[1], n_hidden)  # before freeze() has touched the layers
    for network in networks:
        network.freeze(n_hidden)
    batches = [draw_batch([recipe.seed, step]) for step in range(steps)]
    losses = [[each.train_step(*batch) for each in (*networks, plain)] for batch in batches]
    return start, losses, [each.state() for each in (*networks, plain)]


def assert_frozen(recipe, n_hidden):
    start, losses, states = walk(recipe, n_hidden)
    for ours, torch_loss, plain in losses:
        assert ours == pytest.approx(torch_loss, rel=TOLERANCE)
        assert ours == pytest.approx(plain, rel=TOLERANCE)
    numpy_state, torch_state, plain_state = states
    assert set(start) == set(numpy_state) == set(torch_state) == set(plain_state)
    for name in start:
        np.testing.assert_allclose(numpy_state[name], plain_state[name], rtol=TOLERANCE, atol=TOLERANCE, err_msg=name)
        np.testing.assert_allclose(torch_state[name], plain_state[name], rtol=TOLERANCE, atol=TOLERANCE, err_msg=name)
        if belongs_to_frozen(name, n_hidden):
            assert np.array_equal(numpy_state[name], start[name]), name
            assert np.array_equal(torch_state[name], start[name]), name
    head = f"dense{len(recipe.hidden_layers) + 1}.bias"
    assert not np.array_equal(numpy_state[head], start[head])


@settings(derandomize=True, deadline=None, max_examples=examples(120))
@given(frozen_recipes())
def test_what_is_frozen_does_not_move_by_a_bit_and_the_rest_moves_as_in_plain_torch(drawn):
    assert_frozen(*drawn)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("limits", [{}, {"l1": 0.1, "max_norm": 0.4}], ids=["l2", "l1, l2, max-norm"])
def test_decay_penalties_and_max_norm_leave_frozen_weights_alone(optimizer, limits):
    assert_frozen(SMALL.replace(optimizer=optimizer, l2=0.5, **limits), n_hidden=2)


def test_penalties_are_those_of_what_moves(build):
    x, labels = draw_batch(1)
    recipe = SMALL.replace(drop_rate=0.0, normalization="none")
    plain, penalized = (build(recipe.replace(l1=l1, l2=l2)) for l1, l2 in ((0.0, 0.0), (0.01, 0.2)))
    for network in (plain, penalized):
        network.freeze(2)
    difference = penalized.loss_and_gradients(x, labels)[0] - plain.loss_and_gradients(x, labels)[0]
    weights = [array for name, array in plain.parameters().items() if name in ("dense3.weight", "dense4.weight")]
    assert difference == pytest.approx(sum(0.01 * abs(w).sum() + 0.1 * (w**2).sum() for w in weights), rel=1e-9)


@pytest.mark.parametrize("n_hidden", [0, 1, 3])
def test_gradients_and_their_norms_are_those_of_what_moves_and_the_state_stays_whole(build, n_hidden):
    network = build(SMALL)
    names = list(network.state())
    network.freeze(n_hidden)
    moving = [name for name in network.parameters() if not belongs_to_frozen(name, n_hidden)]
    _, gradients = network.loss_and_gradients(*draw_batch(2))
    assert list(gradients) == moving
    assert list(network.gradient_norms()) == moving[::-1]
    for name, norm in network.gradient_norms().items():
        assert norm == pytest.approx(np.linalg.norm(gradients[name]), rel=1e-12)
    assert list(network.state()) == names


def test_frozen_layers_drop_no_unit_and_normalize_by_their_running_statistics(build):
    """With all hidden layers frozen, the training loss is the evaluation loss, though dropout and batch norm are on."""
    network = build(SMALL)
    x, labels = draw_batch(3)
    loss, _ = network.evaluate(*network.place(x, labels))
    assert build(SMALL).loss_and_gradients(x, labels)[0] != pytest.approx(loss, rel=1e-3)
    network.freeze(3)
    assert network.loss_and_gradients(x, labels)[0] == pytest.approx(loss, rel=1e-12)


def test_one_example_is_a_batch_where_every_batch_norm_is_frozen(build):
    network = build(SMALL)
    network.freeze(3)
    assert np.isfinite(network.train_step(*draw_batch(4, examples=1)))


def test_freezing_again_and_letting_all_move_is_a_network_with_these_parameters(build):
    network, fresh = build(SMALL.replace(drop_rate=0.0)), build(SMALL.replace(drop_rate=0.0))
    network.freeze(3)
    network.train_step(*draw_batch(5))
    network.freeze(1)
    network.train_step(*draw_batch(6))
    network.freeze(0)
    fresh.load_state(network.state())
    for step in range(3):
        losses = [each.train_step(*draw_batch(7 + step)) for each in (network, fresh)]
        assert losses[0] == pytest.approx(losses[1], rel=1e-12)
    for name, array in fresh.state().items():
        np.testing.assert_allclose(network.state()[name], array, rtol=1e-12, atol=1e-12)


def test_the_optimizer_starts_anew_at_the_recipes_rate(build):
    network = build(SMALL.replace(optimizer="momentum"))
    before = network.optimizer
    network.train_step(*draw_batch(8))
    network.optimizer.learning_rate = 5.0
    network.freeze(2)
    assert network.optimizer is not before
    assert network.optimizer.learning_rate == SMALL.learning_rate


def test_evaluation_between_steps_does_not_wake_what_is_frozen(build):
    network = build(SMALL)
    network.freeze(2)
    before = network.state()
    for step in range(3):
        network.train_step(*draw_batch(step))
        network.evaluate(*network.place(*draw_batch(9)))
        network.features(draw_batch(9)[0])
    after = network.state()
    changed = {name for name in before if not np.array_equal(before[name], after[name])}
    assert changed == {name for name in before if not belongs_to_frozen(name, 2)}


def test_the_numpy_engine_calls_no_backward_of_a_frozen_layer_and_none_for_its_inputs():
    network = make_network(SMALL, N_INPUTS, N_CLASSES, "numpy", "float64")
    network.freeze(2)
    called = []
    for name, layer in network.layers:
        layer.backward = spying(layer.backward, name, called)
    network.train_step(*draw_batch(10))
    names = [name for name, _ in network.layers]
    assert [name for name, _ in called] == names[: names.index("dense3") - 1 : -1]
    assert [returned is None for _, returned in called] == [False] * (len(called) - 1) + [True]
    moving = sum(array.size for name, array in network.parameters().items() if not belongs_to_frozen(name, 2))
    assert network.flat_parameters.size == network.flat_gradients.size == network.optimizer.mean.size == moving


def spying(backward, name, called):
    def spy(gradient):
        called.append((name, backward(gradient)))
        return called[-1][1]

    return spy


def test_the_torch_engine_keeps_no_graph_of_the_frozen_layers():
    network = make_network(SMALL, N_INPUTS, N_CLASSES, "torch", "float64", "cpu")
    network.freeze(2)
    needs_gradient = {}
    for name, layer in network.module.named_children():
        layer.register_forward_hook(lambda layer, x, y, name=name: needs_gradient.update({name: y.requires_grad}))
    network.train_step(*draw_batch(10))
    assert needs_gradient == {name: not belongs_to_frozen(name, 2) for name in needs_gradient}
    held = sum(parameter.numel() for group in network.optimizer.param_groups for parameter in group["params"])
    assert held == sum(a.size for name, a in network.parameters().items() if not belongs_to_frozen(name, 2))
    assert all(parameter.grad is None for parameter in network.module.dense1.parameters())


@pytest.mark.parametrize("n_hidden", [-1, 4, 5, 1.0, "2", True, None])
def test_a_number_of_layers_that_cannot_be_frozen_is_refused_and_nothing_changes(build, n_hidden):
    network = build(SMALL)
    network.freeze(1)
    with pytest.raises(ValueError, match=r"this network has 3 hidden layers.*from 0.*to 3") as error:
        network.freeze(n_hidden)
    assert repr(n_hidden) in str(error.value)
    assert ("output layer cannot be frozen" in str(error.value)) == (n_hidden == 4)
    assert next(iter(network.loss_and_gradients(*draw_batch(11))[1])).endswith("2.weight")


# Features


@pytest.mark.parametrize("hidden_layers", [(7, 6), (7,), ()])
def test_features_times_the_head_are_the_logits(build, hidden_layers):
    network = build(SMALL.replace(hidden_layers=hidden_layers))
    x, _ = draw_batch(12)
    features = network.features(x)
    assert features.shape == (len(x), hidden_layers[-1] if hidden_layers else N_INPUTS)
    head, parameters = f"dense{len(hidden_layers) + 1}", network.parameters()
    logits = features @ parameters[f"{head}.weight"] + parameters[f"{head}.bias"]
    np.testing.assert_allclose(logits, network.logits(x), rtol=1e-12, atol=1e-12)
    if not hidden_layers:
        assert np.array_equal(features, x)


def test_features_of_many_examples_come_in_their_order(build):
    network = build(SMALL)
    x, _ = draw_batch(13, examples=2050)  # more than one forward pass
    features = network.features(x)
    for row in (0, 1999, 2000, 2049):
        np.testing.assert_allclose(features[row], network.features(x[row : row + 1])[0], rtol=1e-12, atol=1e-12)


def test_a_frozen_network_is_saved_and_read_as_any_other(build, tmp_path):
    network = build(SMALL)
    network.freeze(2)
    network.train_step(*draw_batch(14))
    save_network(network, tmp_path / "net.safetensors")
    for engine in ENGINES:
        read = load_network(tmp_path / "net.safetensors", engine=engine)
        assert all(np.array_equal(array, read.state()[name]) for name, array in network.state().items())
        assert len(read.loss_and_gradients(*draw_batch(15))[1]) == len(network.parameters())  # nothing is frozen in it
