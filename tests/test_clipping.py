"""Gradient clipping against torch.nn.utils.clip_grad_value_ and clip_grad_norm_. float64 unless said."""

import numpy as np
import pytest
import torch
from torch import nn

from course_lib.pytorch import clipping as pytorch_clipping
from course_lib.scratch import clipping as scratch_clipping

ENGINES = [
    pytest.param(scratch_clipping, id="scratch"),
    pytest.param(pytorch_clipping, id="pytorch"),
]
LIMITS = [0.3, 1.0, 4.0, 1000.0]  # the gradient's length is about 7; its largest entry about 2
ORACLES = {"clip_by_value": nn.utils.clip_grad_value_, "clip_by_norm": nn.utils.clip_grad_norm_}


def _gradients():
    return np.random.default_rng(0).normal(size=48)


def _call(engine, name, gradients, limit):
    """Clip an array in place."""
    if engine is pytorch_clipping:
        gradients = torch.from_numpy(gradients)
    return getattr(engine, name)(gradients, limit)


def _clipped_by_torch(name, limit):
    """What torch.nn.utils makes of the gradients, split over two parameters, and what it returns."""
    parameters = [nn.Parameter(torch.zeros(40).double()), nn.Parameter(torch.zeros(2, 4).double())]
    parameters[0].grad = torch.from_numpy(_gradients()[:40])
    parameters[1].grad = torch.from_numpy(_gradients()[40:].reshape(2, 4))
    returned = ORACLES[name](parameters, limit)
    return np.concatenate([parameter.grad.numpy().ravel() for parameter in parameters]), returned


@pytest.mark.parametrize("limit", LIMITS)
@pytest.mark.parametrize("name", ORACLES)
@pytest.mark.parametrize("engine", ENGINES)
def test_gradients_are_clipped_as_by_torch(engine, name, limit):
    gradients = _gradients()
    returned = _call(engine, name, gradients, limit)
    expected, returned_by_torch = _clipped_by_torch(name, limit)
    np.testing.assert_allclose(gradients, expected, rtol=1e-9)
    if name == "clip_by_norm":
        assert type(returned) is float
        np.testing.assert_allclose(returned, returned_by_torch, rtol=1e-9)


@pytest.mark.parametrize("name", ORACLES)
def test_a_list_of_tensors_is_clipped_together(name):
    gradients = [torch.from_numpy(_gradients()[:40]), torch.from_numpy(_gradients()[40:].reshape(2, 4))]
    whole = torch.from_numpy(_gradients())
    returned = getattr(pytorch_clipping, name)(gradients, 1.0)
    assert returned == pytest.approx(getattr(pytorch_clipping, name)(whole, 1.0), rel=1e-12)
    np.testing.assert_allclose(torch.cat([gradient.ravel() for gradient in gradients]), whole, rtol=1e-12)


@pytest.mark.parametrize("engine", ENGINES)
def test_clip_by_value_cuts_single_entries_and_counts_them(engine):
    gradients = np.array([3.0, -2.0, 0.5, 1.0, -1.0, 0.0])
    assert _call(engine, "clip_by_value", gradients, 1.0) == 2
    np.testing.assert_array_equal(gradients, [1.0, -1.0, 0.5, 1.0, -1.0, 0.0])
    assert _call(engine, "clip_by_value", gradients, 1.0) == 0


@pytest.mark.parametrize("engine", ENGINES)
def test_clip_by_norm_keeps_the_direction(engine):
    gradients = np.array([3.0, 4.0])
    assert _call(engine, "clip_by_norm", gradients, 1.0) == pytest.approx(5.0, rel=1e-12)
    np.testing.assert_allclose(gradients, [0.6, 0.8], rtol=1e-6)  # 1e-6: PyTorch adds that to the length
    assert gradients[1] / gradients[0] == pytest.approx(4 / 3, rel=1e-12)


@pytest.mark.parametrize("name", ORACLES)
@pytest.mark.parametrize("engine", ENGINES)
def test_gradients_within_the_limit_are_left_exactly(engine, name):
    gradients = _gradients()
    _call(engine, name, gradients, 1000.0)
    np.testing.assert_array_equal(gradients, _gradients())


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", ORACLES)
@pytest.mark.parametrize("engine", ENGINES)
def test_a_gradient_of_length_0_stays_0(engine, name, dtype):
    gradients = np.zeros(3, dtype)
    with np.errstate(all="raise"):
        assert _call(engine, name, gradients, 1.0) == 0
    assert gradients.tolist() == [0, 0, 0] and gradients.dtype == dtype


@pytest.mark.parametrize("limit", LIMITS)
@pytest.mark.parametrize("name", ORACLES)
def test_both_engines_agree(name, limit):
    ours, theirs = _gradients(), _gradients()
    assert _call(scratch_clipping, name, ours, limit) == pytest.approx(
        _call(pytorch_clipping, name, theirs, limit), 1e-9
    )
    np.testing.assert_allclose(ours, theirs, rtol=1e-9)
