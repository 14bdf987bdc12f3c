"""The finite-difference oracle finds right gradients right, and wrong ones wrong."""

import numpy as np
import pytest

from finite_differences import assert_is_gradient, numerical_gradient


def _cubic():
    x = np.array([[0.5, -1.0], [2.0, 3.0]])
    return x, lambda: x**3, 3 * x**2


def test_error_of_the_numerical_gradient_is_within_its_tolerance():
    x, function, gradient = _cubic()
    found, tolerance = numerical_gradient(function, x)
    assert np.all(np.abs(found - gradient) <= tolerance)
    assert tolerance.max() < 1e-6


def test_the_array_is_put_back():
    x, function, _ = _cubic()
    before = x.copy()
    numerical_gradient(function, x)
    np.testing.assert_array_equal(x, before)


def test_right_gradient_passes():
    x, function, gradient = _cubic()
    assert_is_gradient(gradient, function, x)


@pytest.mark.parametrize("change", [lambda g: -g, lambda g: g * (1 + 1e-5), lambda g: g * [[1, 1], [1, 1.00001]]])
def test_wrong_gradient_fails(change):
    x, function, gradient = _cubic()
    with pytest.raises(AssertionError, match="by finite differences"):
        assert_is_gradient(change(gradient), function, x)


def test_gradient_of_another_shape_fails():
    x, function, gradient = _cubic()
    with pytest.raises(AssertionError, match="shape"):
        assert_is_gradient(gradient.ravel(), function, x)


def test_a_function_too_rough_to_judge_fails():
    x = np.array([1.0])
    with pytest.raises(AssertionError, match="inexact"):
        assert_is_gradient(np.zeros(1), lambda: 1e12 + x[0], x)
