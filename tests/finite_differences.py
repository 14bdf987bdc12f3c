"""Gradients by finite differences: an oracle that needs the function alone, with a bound on its own error."""

import numpy as np

ROUNDINGS = 10  # a bound on how many times the machine's rounding error each term of a tested function can be off


def numerical_gradient(function, x, step=1e-4):
    """The gradient of the sum of all that `function()` returns, with respect to the float64 array `x`, and its error.

    `x` is changed in place, entry by entry, and put back: it may be an argument or a parameter that `function` reads.

    Central differences D(h) = (f(x + h) - f(x - h)) / 2h are off by f'''(x) h**2 / 6 + O(h**4), so D(2h) - D(h) is
    three times the error of D(h): it serves as the bound. The rounding of f's terms, divided by h, comes on top.

    Returns
    -------
    (gradient, tolerance) : two arrays of x's shape
    """
    gradient, tolerance = np.empty(x.shape), np.empty(x.shape)
    for index in np.ndindex(x.shape):
        at = x[index]
        values = []
        for offset in (-2 * step, -step, step, 2 * step):
            x[index] = at + offset
            values.append(np.array(function(), dtype=np.float64))
        x[index] = at
        near = (values[2] - values[1]).sum() / (2 * step)
        far = (values[3] - values[0]).sum() / (4 * step)
        rounding = ROUNDINGS * np.finfo(np.float64).eps * np.abs(values).sum(axis=0).sum() / step
        gradient[index], tolerance[index] = near, abs(far - near) + rounding
    return gradient, tolerance


def assert_is_gradient(gradient, function, x, step=1e-4):
    """Fail where `gradient` is not the gradient of `function` at `x` (see `numerical_gradient`), naming the entry.

    It also fails where the finite differences are too inexact to tell: off by 1e-5 of the gradient's size or more.
    """
    expected, tolerance = numerical_gradient(function, x, step)
    gradient = np.asarray(gradient)
    assert gradient.shape == x.shape, f"the gradient has shape {gradient.shape}, its array {x.shape}"
    scale = max(np.abs(expected).max(), np.abs(gradient).max())
    assert tolerance.max() <= 1e-5 * scale, f"inexact: {tolerance.max():.1e} for a gradient of size {scale:.1e}"
    excess = np.abs(gradient - expected) - tolerance
    worst = np.unravel_index(np.argmax(excess), x.shape)
    assert excess[worst] <= 0, (
        f"entry {worst}: {gradient[worst]!r}, by finite differences {expected[worst]!r} +- {tolerance[worst]:.1e}"
    )
