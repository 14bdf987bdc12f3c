"""Batch normalization against torch.nn.BatchNorm1d, finite differences and the other engine. float64 unless said."""

import numpy as np
import pytest
import torch
from torch import nn

from course_lib.pytorch.batch_norm import BatchNorm as PyTorchBatchNorm
from course_lib.scratch.batch_norm import BatchNorm
from finite_differences import assert_is_gradient

N_FEATURES = 4
WORDS = [{}, {"momentum": 0.3, "epsilon": 0.05}]


def _batch(size, seed):
    """Features of different mean and spread."""
    return np.random.default_rng(seed).normal([0.0, 5.0, -2.0, 100.0], [1.0, 0.1, 3.0, 20.0], (size, N_FEATURES))


def _output_gradient(size, seed):
    return np.random.default_rng(seed + 1000).normal(size=(size, N_FEATURES))


def _layer(**words):
    """A layer whose scale and shift are not 1 and 0, as after training."""
    layer = BatchNorm(N_FEATURES, dtype="float64", **words)
    layer.parameters["scale"][:] = [0.5, -1.5, 2.0, 1.0]
    layer.parameters["shift"][:] = [3.0, 0.0, -1.0, 0.25]
    return layer


def _oracle(momentum=0.1, epsilon=1e-5):
    """torch.nn.BatchNorm1d with the parameters of `_layer`."""
    oracle = nn.BatchNorm1d(N_FEATURES, eps=epsilon, momentum=momentum, dtype=torch.float64)
    _set(oracle, _layer())
    return oracle


def _set(module, layer):
    with torch.no_grad():
        module.weight.copy_(torch.from_numpy(layer.parameters["scale"]))
        module.bias.copy_(torch.from_numpy(layer.parameters["shift"]))


def _run_torch(module, x, output_gradient):
    """Output, input gradient, and gradients of scale and shift."""
    module.zero_grad()
    x = torch.tensor(x, requires_grad=True)
    output = module(x)
    output.backward(torch.from_numpy(output_gradient))
    return [tensor.detach().numpy().copy() for tensor in (output, x.grad, module.weight.grad, module.bias.grad)]


def _run_scratch(layer, x, output_gradient):
    output, input_gradient = layer.forward(x, training=True), layer.backward(output_gradient)
    return [output, input_gradient, layer.gradients["scale"].copy(), layer.gradients["shift"].copy()]


def _assert_same(found, expected):
    for ours, theirs in zip(found, expected, strict=True):
        # The input gradient is a difference of numbers of its column's size: rounding is relative to that.
        atol = 1e-12 * np.abs(theirs).max(axis=0)
        assert np.all(np.abs(ours - theirs) <= 1e-9 * np.abs(theirs) + atol), np.abs(ours - theirs).max()


def _assert_same_statistics(layer, module):
    np.testing.assert_allclose(layer.statistics["running_mean"], module.running_mean, rtol=1e-9)
    np.testing.assert_allclose(layer.statistics["running_variance"], module.running_var, rtol=1e-9)


@pytest.mark.parametrize("words", WORDS, ids=["default words", "other words"])
def test_training_is_that_of_torch_over_several_batches(words):
    layer, oracle = _layer(**words), _oracle(**words)
    for seed, size in enumerate((8, 3, 31)):
        x, output_gradient = _batch(size, seed), _output_gradient(size, seed)
        _assert_same(_run_scratch(layer, x, output_gradient), _run_torch(oracle, x, output_gradient))
        _assert_same_statistics(layer, oracle)


@pytest.mark.parametrize("words", WORDS, ids=["default words", "other words"])
def test_evaluation_uses_the_running_statistics_as_torch_does(words):
    layer, oracle = _layer(**words), _oracle(**words)
    for seed in range(3):
        layer.forward(_batch(8, seed), training=True)
        oracle(torch.from_numpy(_batch(8, seed)))
    oracle.eval()
    x = _batch(5, 9)
    expected = oracle(torch.from_numpy(x)).detach().numpy()
    before = {name: statistic.copy() for name, statistic in layer.statistics.items()}
    np.testing.assert_allclose(layer.forward(x), expected, rtol=1e-9)
    np.testing.assert_allclose(layer.forward(x[:1]), expected[:1], rtol=1e-9)  # one example: no neighbors needed
    for name, statistic in layer.statistics.items():
        np.testing.assert_array_equal(statistic, before[name])


def test_a_new_layer_in_evaluation_passes_its_input_on_as_torch_does():
    x = _batch(6, 0)
    oracle = nn.BatchNorm1d(N_FEATURES, dtype=torch.float64).eval()
    np.testing.assert_allclose(
        BatchNorm(N_FEATURES, dtype="float64").forward(x), oracle(torch.from_numpy(x)).detach(), rtol=1e-9
    )


def test_training_gives_each_feature_the_mean_shift_and_the_deviation_scale():
    output = _layer(epsilon=0.0).forward(_batch(50, 0), training=True)
    np.testing.assert_allclose(output.mean(axis=0), [3.0, 0.0, -1.0, 0.25], atol=1e-12)
    np.testing.assert_allclose(output.std(axis=0), [0.5, 1.5, 2.0, 1.0], rtol=1e-12)


def test_all_gradients_are_those_of_finite_differences():
    layer, x, output_gradient = _layer(epsilon=0.05), _batch(6, 0), _output_gradient(6, 0)
    x[:, 3] /= 20  # features of similar spread, for one step size

    def weighted_output():
        return layer.forward(x, training=True) * output_gradient

    weighted_output()
    input_gradient = layer.backward(output_gradient)
    gradients = {name: gradient.copy() for name, gradient in layer.gradients.items()}
    assert_is_gradient(input_gradient, weighted_output, x)
    for name, parameter in layer.parameters.items():
        assert_is_gradient(gradients[name], weighted_output, parameter)


def test_a_constant_feature_becomes_its_shift_as_in_torch():
    x, output_gradient = _batch(8, 0), _output_gradient(8, 0)
    x[:, 1] = 2.0
    layer, oracle = _layer(), _oracle()
    found = _run_scratch(layer, x, output_gradient)
    _assert_same(found, _run_torch(oracle, x, output_gradient))
    np.testing.assert_array_equal(found[0][:, 1], np.zeros(8))
    _assert_same_statistics(layer, oracle)


def test_a_training_batch_of_one_is_a_clear_error_and_changes_nothing():
    layer = _layer()
    with pytest.raises(ValueError, match=r"batch of 1 example.*batches of 2 or more"):
        layer.forward(_batch(1, 0), training=True)
    np.testing.assert_array_equal(layer.statistics["running_mean"], np.zeros(N_FEATURES))
    np.testing.assert_array_equal(layer.statistics["running_variance"], np.ones(N_FEATURES))
    with pytest.raises(ValueError, match="batches of 2 or more"):
        PyTorchBatchNorm(N_FEATURES, dtype="float64")(torch.from_numpy(_batch(1, 0)))


@pytest.mark.parametrize("words", WORDS, ids=["default words", "other words"])
def test_both_engines_agree(words):
    layer, module = _layer(**words), PyTorchBatchNorm(N_FEATURES, dtype="float64", **words)
    _set(module, layer)
    for seed, size in enumerate((8, 3)):
        x, output_gradient = _batch(size, seed), _output_gradient(size, seed)
        _assert_same(_run_scratch(layer, x, output_gradient), _run_torch(module, x, output_gradient))
    for name, torch_name in module.named_statistics.items():
        np.testing.assert_allclose(layer.statistics[name], getattr(module, torch_name), rtol=1e-9)
    assert set(module.named_statistics) == set(layer.statistics) and set(module.named) == set(layer.parameters)


def test_both_engines_start_alike():
    ours, theirs = BatchNorm(N_FEATURES), PyTorchBatchNorm(N_FEATURES)
    for arrays, names in ((ours.parameters, theirs.named), (ours.statistics, theirs.named_statistics)):
        for name, array in arrays.items():
            np.testing.assert_array_equal(array, getattr(theirs, names[name]).detach())


def test_arrays_are_left_unchanged():
    layer, x, output_gradient = _layer(), _batch(8, 0), _output_gradient(8, 0)
    layer.forward(x, training=True)
    layer.backward(output_gradient)
    np.testing.assert_array_equal(x, _batch(8, 0))
    np.testing.assert_array_equal(output_gradient, _output_gradient(8, 0))


def test_float32_stays_float32():
    layer, x = BatchNorm(N_FEATURES), _batch(8, 0).astype(np.float32)
    assert layer.forward(x, training=True).dtype == layer.backward(x).dtype == layer.forward(x).dtype == np.float32
    arrays = (*layer.parameters.values(), *layer.gradients.values(), *layer.statistics.values())
    assert {array.dtype for array in arrays} == {np.dtype("float32")}
    assert PyTorchBatchNorm(N_FEATURES).weight.dtype == torch.float32
