"""layer_flow: the activations and gradients of every hidden layer, held against PyTorch's automatic differentiation."""

import copy

import numpy as np
import pytest
import torch

from course_lib.arrays import ArrayError
from course_lib.engine.numpy_backend import Network
from course_lib.engine.torch_backend import Network as TorchNetwork
from course_lib.experiments.layer_flow import layer_flow
from course_lib.recipe import ACTIVATIONS, Recipe

N_INPUTS, N_CLASSES = 5, 4
PLAIN = Recipe(hidden_layers=(9, 8, 7), activation="tanh", normalization="none", drop_rate=0.0, seed=3)
EVERYTHING = Recipe(hidden_layers=(9, 8, 7), activation="prelu", drop_rate=0.4, l1=0.1, l2=0.5, clip_norm=0.01)
VARIANTS = {
    **{name: PLAIN.replace(activation=name) for name in ACTIVATIONS},
    "batch norm": PLAIN.replace(normalization="batch"),
    "dropout": PLAIN.replace(drop_rate=0.4),
    "rrelu with dropout": PLAIN.replace(activation="rrelu", drop_rate=0.4),
    "batch norm, dropout and penalties": EVERYTHING,
    "one hidden layer": PLAIN.replace(hidden_layers=(6,)),
}


def draw_batch(seed=0, examples=24):
    rng = np.random.default_rng([8, seed])
    return rng.normal(size=(examples, N_INPUTS)), rng.integers(0, N_CLASSES, examples)


def trained(recipe, dtype="float64", steps=3):
    """A network whose parameters, statistics and stream of masks are no longer those of the start."""
    network = Network(recipe, N_INPUTS, N_CLASSES, dtype)
    for step in range(steps):
        network.train_step(*draw_batch(50 + step))
    return network


def by_autograd(recipe, network, x, labels, steps=0):
    """loss, {name: (input, output, gradient of the output)} and {name: weight gradient}, from hooks and autograd."""
    theirs = TorchNetwork(recipe, N_INPUTS, N_CLASSES, "float64", "cpu")
    for step in range(steps):
        theirs.train_step(*draw_batch(50 + step))
    theirs.load_state(network.state())
    seen = {}

    def keep(name):
        def hook(_, inputs, output):
            output.retain_grad()
            seen[name] = (inputs[0], output)

        return hook

    for name, layer in theirs.module.named_children():
        if name.startswith("activation"):
            layer.register_forward_hook(keep(name))
    theirs.module.train()
    theirs.module.zero_grad()
    loss = torch.nn.functional.cross_entropy(theirs.module(torch.from_numpy(x)), torch.from_numpy(labels))
    loss.backward()
    named = {name: parameter.grad.numpy().T for name, parameter in theirs._slots().items() if name.endswith(".weight")}
    return loss.item(), seen, named


@pytest.mark.parametrize("recipe", VARIANTS.values(), ids=VARIANTS)
def test_every_array_is_what_automatic_differentiation_gives(recipe):
    network = trained(recipe)
    x, labels = draw_batch()
    flow = layer_flow(network, x, labels)
    loss, seen, weight_gradients = by_autograd(recipe, network, x, labels, steps=3)
    assert flow.loss == pytest.approx(loss, rel=1e-12)
    assert len(flow.sums) == len(flow.activations) == len(flow.activation_gradients) == len(recipe.hidden_layers)
    for depth, units in enumerate(recipe.hidden_layers, start=1):
        z, h = seen[f"activation{depth}"]
        assert flow.sums[depth - 1].shape == (len(x), units)
        np.testing.assert_allclose(flow.sums[depth - 1], z.detach().numpy(), rtol=1e-10, atol=1e-13)
        np.testing.assert_allclose(flow.activations[depth - 1], h.detach().numpy(), rtol=1e-10, atol=1e-13)
        np.testing.assert_allclose(flow.activation_gradients[depth - 1], h.grad.numpy(), rtol=1e-9, atol=1e-14)
    assert len(flow.weight_gradients) == len(recipe.hidden_layers) + 1
    for depth, gradient in enumerate(flow.weight_gradients, start=1):
        np.testing.assert_allclose(gradient, weight_gradients[f"dense{depth}.weight"], rtol=1e-9, atol=1e-14)


def test_the_sizes_are_the_statistics_of_the_arrays():
    flow = layer_flow(trained(PLAIN), *draw_batch())
    for depth in range(3):
        h, gradient = torch.from_numpy(flow.activations[depth]), torch.from_numpy(flow.activation_gradients[depth])
        assert flow.activation_spread[depth] == pytest.approx(h.std(correction=0).item())
        assert flow.signal_spread[depth] == pytest.approx(h.var(dim=0, correction=0).mean().sqrt().item())
        assert flow.gradient_size[depth] == pytest.approx(gradient.norm().item() / gradient.numel() ** 0.5)
    assert flow.activation_spread.shape == flow.signal_spread.shape == flow.gradient_size.shape == (3,)
    norms = [np.linalg.norm(gradient) for gradient in flow.weight_gradients]
    counts = [gradient.size for gradient in flow.weight_gradients]
    np.testing.assert_allclose(flow.weight_gradient_size, norms / np.sqrt(counts), rtol=1e-12)


def test_the_spread_of_the_signal_is_zero_where_all_examples_give_the_same():
    network = Network(PLAIN.replace(activation="sigmoid"), N_INPUTS, N_CLASSES, "float64")
    named = network.parameters()
    named["dense1.weight"][:] = 0
    named["dense1.bias"][:] = np.arange(9)
    network.load_parameters(named)
    flow = layer_flow(network, *draw_batch())
    np.testing.assert_allclose(flow.signal_spread, 0, atol=1e-15)
    assert flow.activation_spread.min() > 0.01


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("recipe", [PLAIN, EVERYTHING, EVERYTHING.replace(activation="rrelu")])
def test_the_network_is_left_as_it_was(recipe, dtype):
    network, untouched = trained(recipe, dtype), trained(recipe, dtype)
    gradients = network.flat_gradients.copy()
    cached = copy.deepcopy(network.layers)
    layer_flow(network, *draw_batch(7))
    np.testing.assert_array_equal(network.flat_gradients, gradients)
    for name, array in untouched.state().items():
        np.testing.assert_array_equal(network.state()[name], array)
    for (_, before), (_, layer) in zip(cached, network.layers, strict=True):
        if hasattr(before, "x"):
            np.testing.assert_array_equal(layer.x, before.x)
    for step in range(3):  # also the stream of masks, the optimizer, and the views of the flat vectors
        batch = draw_batch(100 + step)
        assert network.train_step(*batch) == untouched.train_step(*batch)
    for name, array in untouched.state().items():
        np.testing.assert_array_equal(network.state()[name], array)


def test_what_is_handed_out_is_independent_of_the_network():
    network = trained(PLAIN)
    flow = layer_flow(network, *draw_batch())
    before = [array.copy() for array in (*flow.activations, *flow.activation_gradients, *flow.weight_gradients)]
    network.train_step(*draw_batch(1))
    layer_flow(network, *draw_batch(2))
    after = (*flow.activations, *flow.activation_gradients, *flow.weight_gradients)
    assert all(np.array_equal(ours, theirs) for ours, theirs in zip(before, after, strict=True))


def test_gradients_far_below_float32_are_still_measured():
    recipe = PLAIN.replace(hidden_layers=(10,) * 100, activation="sigmoid", initialization="xavier_normal")
    network = Network(recipe, N_INPUTS, N_CLASSES, "float32")
    sizes = layer_flow(network, *draw_batch()).gradient_size
    assert 0 < sizes[0] < 1e-50 and np.all(np.diff(np.log10(sizes)) > 0.2)


def test_sizes_whose_squares_underflow_are_exact():
    recipe = PLAIN.replace(hidden_layers=(10, 10), activation="relu")
    network = Network(recipe, N_INPUTS, N_CLASSES, "float64")
    named = network.parameters()
    expected = layer_flow(network, *draw_batch()).gradient_size[0]
    named["dense2.weight"] *= 1e-200
    network.load_parameters(named)
    flow = layer_flow(network, *draw_batch())
    assert 0 < flow.gradient_size[0] < 1e-199 and np.isfinite(np.log10(flow.gradient_size)).all()
    assert expected > 1e-6


def test_a_dead_layer_has_size_zero_and_no_warning():
    network = Network(PLAIN.replace(activation="relu"), N_INPUTS, N_CLASSES)
    named = network.parameters()
    named["dense2.bias"][:] = -1e6
    network.load_parameters(named)
    flow = layer_flow(network, *draw_batch())
    assert flow.gradient_size[0] == 0 and flow.activation_spread[1] == 0


# Bad input


def test_a_network_without_a_hidden_layer_is_an_error():
    with pytest.raises(ArrayError, match=r"no hidden layer.*hidden_layers="):
        layer_flow(Network(PLAIN.replace(hidden_layers=()), N_INPUTS, N_CLASSES), *draw_batch())


def test_a_network_of_the_other_engine_is_an_error_that_says_what_to_do():
    with pytest.raises(ArrayError, match=r"needs a NumPy Network.*load_state"):
        layer_flow(TorchNetwork(PLAIN, N_INPUTS, N_CLASSES, device="cpu"), *draw_batch())


@pytest.mark.parametrize(
    ("x", "labels", "message"),
    [
        (np.zeros((3, 4)), np.zeros(3, int), "4 columns"),
        (np.zeros((3, 5)), np.zeros(2, int), "2 labels"),
        (np.zeros((3, 5)), np.array([0, 1, 4]), "a label is 4"),
        (np.full((3, 5), np.nan), np.zeros(3, int), "x\\[0, 0\\] is nan"),
    ],
)
def test_a_batch_that_does_not_fit_is_an_error(x, labels, message):
    with pytest.raises(ArrayError, match=message):
        layer_flow(Network(PLAIN, N_INPUTS, N_CLASSES), x, labels)


def test_a_network_that_diverged_is_an_error_that_names_the_parameter():
    network = Network(PLAIN, N_INPUTS, N_CLASSES)
    dict(network.layers)["dense2"].parameters["bias"][1] = np.inf
    with pytest.raises(ArrayError, match=r"dense2.bias.*diverged"):
        layer_flow(network, *draw_batch())


def test_values_beyond_float64_are_an_error_that_names_the_layer():
    network = Network(PLAIN.replace(activation="relu"), N_INPUTS, N_CLASSES, "float64")
    named = network.parameters()
    named["dense1.weight"] *= 1e200
    named["dense2.weight"] *= 1e200
    network.load_parameters(named)
    with pytest.raises(ArrayError, match="The sums of layer 2 are too large"):
        layer_flow(network, *draw_batch())
