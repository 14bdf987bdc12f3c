"""What the exercises of chapter 3 come to: the right values, and the value that each common mistake gives.

Nothing here calls a learner's function. A function `..._mistakes` returns {hint: wrong value}, without the mistakes
that give the right value for these inputs.
"""

from itertools import product

import numpy as np

from course_lib.checks.expectations import unlike

# ---- 3.1: spreads ---------------------------------------------------------------------------------------------------


def spread_after(n_layers, fan_in, deviation):
    """Spread of the sums after `n_layers` linear layers, from inputs of spread 1."""
    return (fan_in * deviation**2) ** (n_layers / 2)


def spread_mistakes(n_layers, fan_in, deviation):
    """Of `spread_after`: numbers."""
    mistakes = {
        "That is the variance. The spread is its root.": spread_after(2 * n_layers, fan_in, deviation),
        "That is the spread after one layer. Every layer multiplies by the same factor again.": spread_after(
            1, fan_in, deviation
        ),
        "The factors of the layers are multiplied, not added up.": n_layers * spread_after(1, fan_in, deviation),
        "`fan_in` is missing: each sum has `fan_in` terms, and each adds its share of variance.": deviation**n_layers,
        "Variances add up, deviations do not: square the standard deviation, multiply by `fan_in`, then take the "
        "root.": (fan_in * deviation) ** n_layers,
        "The standard deviation is not squared. The variance of a weight is its square.": (fan_in * deviation)
        ** (n_layers / 2),
        "`//` cuts off the half: with an odd number of layers, n/2 is not a whole number. Use `/`.": (
            fan_in * deviation**2
        )
        ** (n_layers // 2),
        "A root too many is taken: each layer multiplies by the root of `fan_in * sd**2`, once.": (
            fan_in * deviation**2
        )
        ** (n_layers / 4),
    }
    return unlike(spread_after(n_layers, fan_in, deviation), mistakes)


# ---- 3.3: He's weights ----------------------------------------------------------------------------------------------


def he_deviations(fan_in, fan_out):
    """{hint: standard deviation of the weights} after each known mistake."""
    return {
        "The variance went in where NumPy wants the standard deviation: `rng.normal(0, scale)` takes the root of "
        "2 / fan_in.": 2 / fan_in,
        "`fan_out` is in it. A sum has `fan_in` terms, so `fan_in` counts.": np.sqrt(2 / fan_out),
        "`fan_out` is in it, and the root is missing: NumPy wants a standard deviation, from `fan_in`.": 2 / fan_out,
        "The 2 is missing. ReLU puts half of the sums to 0, and the 2 makes up for it.": np.sqrt(1 / fan_in),
        "That is Xavier's spread. He's variance is 2 / fan_in.": np.sqrt(2 / (fan_in + fan_out)),
        "Those are weights of spread 1, whatever the layer's width. Divide the variance by `fan_in`.": 1.0,
        "Uniform numbers between -s and s have a spread of only s over the root of 3, and He's weights are normal: "
        "`rng.normal`.": np.sqrt(2 / fan_in / 3),
        "The spread is twice too large: 2 / fan_in is the variance, and the root is taken of all of it.": 2
        / np.sqrt(fan_in),
    }


# ---- 3.4 and 3.5: activations ---------------------------------------------------------------------------------------

ORDER = "Those are the derivatives. Return the values first, then the derivatives."
NOT_THE_SLOPE = "You return the values again. The second array holds the slope of the curve."


def leaky_value_mistakes(z, slope):
    """Of z where z > 0, else slope * z: arrays like z."""
    right = np.where(z > 0, z, slope * z)
    mistakes = {
        ORDER: np.where(z > 0, 1.0, slope),
        "`np.maximum(z, slope * z)` takes the larger one, which is the wrong one where the slope is above 1. Ask for "
        "the sign of z: `np.where(z > 0, ...)`.": np.maximum(z, slope * z),
        "That is ReLU: left of 0 the value is slope * z, not 0.": np.maximum(z, 0),
        "Left of 0 the value is slope times z. Yours is the slope itself.": np.where(z > 0, z, slope),
        "The sign on the left is turned around: slope times a negative sum.": np.where(z > 0, z, -slope * z),
        "The slope counts on the left only. Right of 0 the value is z.": slope * z,
        "The sides are swapped: the slope counts where z is negative.": np.where(z > 0, slope * z, z),
        "The slope is not used: left of 0 the value is slope * z.": np.where(z > 0, z, 0.01 * z),
    }
    return unlike(right, mistakes)


def leaky_slope_mistakes(z, slope):
    """Of 1 where z > 0, else slope: arrays like z."""
    values, right = np.where(z > 0, z, slope * z), np.where(z > 0, 1.0, slope)
    mistakes = {
        NOT_THE_SLOPE: values,
        "The derivative left of 0 is forgotten: there the curve climbs with `slope`, not 0.": np.where(z > 0, 1.0, 0.0),
        "The derivative left of 0 is the slope itself, not slope * z.": np.where(z > 0, 1.0, slope * z),
        "The derivative right of 0 is 1, not z.": np.where(z > 0, z, slope),
        "The sides are swapped: the derivative is 1 where z > 0.": np.where(z > 0, slope, 1.0),
        "The derivative is the slope on both sides; right of 0 it is 1.": slope * np.ones_like(z),
        "The derivative left of 0 is negative; the curve climbs there too.": np.where(z > 0, 1.0, -slope),
    }
    return unlike(right, mistakes)


def elu(z, alpha):
    """Values and derivatives of ELU, for z that does not overflow."""
    return np.where(z > 0, z, alpha * (np.exp(z) - 1)), np.where(z > 0, 1.0, alpha * np.exp(z))


def elu_value_mistakes(z, alpha):
    """Of ELU's values: arrays like z."""
    values, derivatives = elu(z, alpha)
    mistakes = {
        ORDER: derivatives,
        "`alpha` is missing: left of 0 the value is alpha * (exp(z) - 1).": elu(z, 1.0)[0],
        "The -1 is missing: left of 0 the value is alpha * (exp(z) - 1), so that it meets 0 at z = 0.": np.where(
            z > 0, z, alpha * np.exp(z)
        ),
        "`alpha` multiplies the exponential alone. The parentheses hold the -1 too: alpha * (exp(z) - 1).": np.where(
            z > 0, z, alpha * np.exp(z) - 1
        ),
        "The exponential counts left of 0 only. Where z > 0 the value is z.": alpha * (np.exp(z) - 1),
        "That is ReLU: left of 0 ELU bends down to -alpha.": np.maximum(z, 0),
        "The sign on the left is turned around.": np.where(z > 0, z, alpha * (1 - np.exp(z))),
        "`alpha` belongs before the exponential, not into it.": np.where(z > 0, z, np.exp(alpha * z) - 1),
    }
    return unlike(values, mistakes)


def elu_slope_mistakes(z, alpha):
    """Of ELU's derivatives: arrays like z."""
    values, derivatives = elu(z, alpha)
    mistakes = {
        NOT_THE_SLOPE: values,
        "The -1 has no slope: the derivative of alpha * (exp(z) - 1) is alpha * exp(z), the value plus alpha.": (
            np.where(z > 0, 1.0, values)
        ),
        "`alpha` is missing: the derivative left of 0 is alpha * exp(z).": np.where(z > 0, 1.0, np.exp(z)),
        "The derivative left of 0 is forgotten: there it is alpha * exp(z), not 0.": np.where(z > 0, 1.0, 0.0),
        "The exponential counts left of 0 only. Where z > 0 the derivative is 1.": alpha * np.exp(z),
        "Value plus 1 is the derivative only for alpha = 1. It is value plus alpha.": np.where(z > 0, 1.0, values + 1),
        "The derivative left of 0 is alpha * exp(z), and not alpha: the curve flattens out.": np.where(
            z > 0, 1.0, alpha
        ),
        "The derivative right of 0 is 1, not z.": np.where(z > 0, z, derivatives),
        "The exponential is taken of the value. It is taken of z.": np.where(z > 0, 1.0, alpha * np.exp(values)),
    }
    return unlike(derivatives, mistakes)


# ---- 3.6: batch normalization, forward ------------------------------------------------------------------------------


def normalized(x, mean, variance, epsilon):
    """(x - mean) / sqrt(variance + epsilon)."""
    return (x - mean) / np.sqrt(variance + epsilon)


def batch_norm_forward(x, scale, shift, running_mean, running_variance, training, momentum, epsilon):
    """The right outputs, running mean and running variance."""
    if not training:
        outputs = scale * normalized(x, running_mean, running_variance, epsilon) + shift
        return outputs, running_mean, running_variance
    outputs = scale * normalized(x, x.mean(axis=0), x.var(axis=0), epsilon) + shift
    mean = (1 - momentum) * running_mean + momentum * x.mean(axis=0)
    variance = (1 - momentum) * running_variance + momentum * x.var(axis=0, ddof=1)
    return outputs, mean, variance


def batch_norm_output_mistakes(x, scale, shift, running_mean, running_variance, training, momentum, epsilon):
    """Of the outputs: arrays like x."""
    batch, running = (x.mean(axis=0), x.var(axis=0)), (running_mean, running_variance)
    moved = batch_norm_forward(x, scale, shift, *running, True, momentum, epsilon)[1:]
    mean, variance = batch if training else running
    unit = normalized(x, mean, variance, epsilon)
    across = normalized(x, x.mean(axis=1, keepdims=True), x.var(axis=1, keepdims=True), epsilon)
    mistakes = {
        "`epsilon` stands outside the root. It is added to the variance, under the root.": scale
        * (x - mean)
        / (np.sqrt(variance) + epsilon)
        + shift,
        "`epsilon` is missing. It is added to the variance, under the root.": scale * (x - mean) / np.sqrt(variance)
        + shift,
        "`epsilon` is not the one that is given; yours is 1e-5.": scale * normalized(x, mean, variance, 1e-5) + shift,
        "You divide by the variance. Divide by its root, the standard deviation.": scale
        * (x - mean)
        / (variance + epsilon)
        + shift,
        "The mean is not subtracted.": scale * x / np.sqrt(variance + epsilon) + shift,
        "`scale` and `shift` are missing at the end: scale * x_hat + shift.": unit,
        "`shift` is missing at the end.": scale * unit,
        "`scale` is missing at the end.": unit + shift,
        "`scale` and `shift` are swapped.": shift * unit + scale,
        "The statistics go along each example. They are one a feature: over the batch, `axis=0`.": scale * across
        + shift,
        "The statistics are one number for all. They are one a feature: `axis=0`.": scale
        * normalized(x, x.mean(), x.var(), epsilon)
        + shift,
    }
    if training:
        mistakes |= {
            "In training the batch's own mean and variance normalize. Yours are the running ones.": scale
            * normalized(x, *running, epsilon)
            + shift,
            "In training the batch's own mean and variance normalize. Yours are the running ones, after their "
            "update.": scale * normalized(x, *moved, epsilon) + shift,
            "For normalizing, the variance is divided by n, not by n - 1: `x.var(axis=0)`. The unbiased one goes into "
            "the running variance alone.": scale * normalized(x, batch[0], x.var(axis=0, ddof=1), epsilon) + shift,
        }
    else:
        mistakes |= {
            "In evaluation the running mean and variance normalize. Yours are the batch's, so that an example's output "
            "depends on its neighbors.": scale * normalized(x, *batch, epsilon) + shift,
            "In evaluation the running statistics are used as they came. Yours were updated first.": scale
            * normalized(x, *moved, epsilon)
            + shift,
        }
    return unlike(scale * unit + shift, mistakes)


def running_mistakes(old, batch, momentum, biased=None):
    """Of a running statistic after a training step: arrays. `biased` is the batch's variance divided by n."""
    right = (1 - momentum) * old + momentum * batch
    mistakes = {
        "It did not move. In training: (1 - momentum) * old + momentum * new.": old,
        "`momentum` is the share of the new batch, and yours gives it to the old value: (1 - momentum) * old + "
        "momentum * new.": momentum * old + (1 - momentum) * batch,
        "The batch replaces it altogether. Only the share `momentum` is new.": batch,
        "The new part is added, and the old part keeps all of its weight: it is (1 - momentum) * old.": old
        + momentum * batch,
        "The new part is missing `momentum`.": (1 - momentum) * old + batch,
        "`momentum` is not the one that is given; yours is 0.1.": 0.9 * old + 0.1 * batch,
    }
    if biased is not None:
        divide = "The batch's variance is divided by n here. The running variance takes the unbiased one, n - 1: "
        mistakes |= {
            f"{divide}`x.var(axis=0, ddof=1)`.": (1 - momentum) * old + momentum * biased,
            f"{divide}`ddof=1`. And `momentum` is the share of the new batch, not of the old value.": momentum * old
            + (1 - momentum) * biased,
            "The standard deviation is averaged. The running variance takes the variance.": (1 - momentum) * old
            + momentum * np.sqrt(batch),
            "The standard deviation (divided by n) is averaged. The running variance takes the unbiased variance.": (
                (1 - momentum) * old + momentum * np.sqrt(biased)
            ),
        }
    return unlike(right, mistakes)


# ---- 3.7: batch normalization, backward -----------------------------------------------------------------------------


def batch_norm_backward(output_gradient, x, scale, epsilon, mean_way=True, variance_way=True, average=np.mean, ddof=0):
    """dL/dx; without `mean_way` or `variance_way` the batch's mean or variance is taken for a constant."""
    inverse = 1 / np.sqrt(x.var(axis=0, ddof=ddof) + epsilon)
    unit = (x - x.mean(axis=0)) * inverse
    direct = output_gradient * scale
    gradient = direct.copy()
    if mean_way:
        gradient -= average(direct, axis=0)
    if variance_way:
        gradient -= unit * average(direct * unit, axis=0)
    return gradient * inverse


def input_gradient_mistakes(output_gradient, x, scale, epsilon):
    """Of dL/dx: arrays like x."""
    given = output_gradient, x, scale, epsilon
    right = batch_norm_backward(*given)
    inverse = 1 / np.sqrt(x.var(axis=0) + epsilon)
    mistakes = {
        "The mean and the variance are taken for constants. They are computed from the batch, so each `x` acts through "
        "them too: two more terms.": batch_norm_backward(*given, mean_way=False, variance_way=False),
        "The way through the variance is missing: each `x` changes the variance of the batch too.": (
            batch_norm_backward(*given, variance_way=False)
        ),
        "The way through the mean is missing: each `x` changes the mean of the batch too.": batch_norm_backward(
            *given, mean_way=False
        ),
        "1/n is missing: the two terms to subtract are means over the batch, not sums.": batch_norm_backward(
            *given, average=np.sum
        ),
        "`scale` is missing: first output_gradient * scale, the gradient of x_hat.": batch_norm_backward(
            output_gradient, x, np.ones_like(scale), epsilon
        ),
        "The division by sqrt(variance + epsilon) is missing at the end.": right / inverse,
        "It is divided by the variance. Divide by its root.": right * inverse,
        "1/n is missing: every entry is n times too large.": right * len(x),
        "It is divided by n once too often.": right / len(x),
        "The variance is divided by n - 1. Forward it was divided by n.": batch_norm_backward(*given, ddof=1),
        "`epsilon` is missing under the root.": batch_norm_backward(output_gradient, x, scale, 0.0),
        "`epsilon` is not the one that is given; yours is 1e-5.": batch_norm_backward(output_gradient, x, scale, 1e-5),
        "The sign is turned around.": -right,
    }
    return unlike(right, mistakes)


def scale_gradient_mistakes(output_gradient, x, scale, epsilon):
    """Of dL/d scale: arrays (features,)."""
    unit = normalized(x, x.mean(axis=0), x.var(axis=0), epsilon)
    right = (output_gradient * unit).sum(axis=0)
    mistakes = {
        "`x` itself is in it. Scale multiplies x_hat, the normalized x.": (output_gradient * x).sum(axis=0),
        "`scale` is in it. Its own gradient is the sum of output_gradient * x_hat, without the scale.": scale * right,
        "The mean is taken over the batch. Each example's slope counts in full: a sum.": right / len(x),
        "That is the gradient of `shift`. Scale multiplies x_hat, so x_hat is in its gradient.": output_gradient.sum(
            axis=0
        ),
        "It is not summed over the batch.": output_gradient * unit,
        "All entries are added up into one number. Each feature has a scale of its own: `axis=0`.": right.sum(),
        "x_hat is missing the division by the deviation.": (output_gradient * (x - x.mean(axis=0))).sum(axis=0),
    }
    return unlike(right, mistakes)


def shift_gradient_mistakes(output_gradient, x, epsilon):
    """Of dL/d shift: arrays (features,)."""
    right = output_gradient.sum(axis=0)
    unit = normalized(x, x.mean(axis=0), x.var(axis=0), epsilon)
    mistakes = {
        "The mean is taken over the batch. Each example's slope counts in full: a sum.": right / len(x),
        "That is the gradient of `scale`. The shift is added, so its gradient is the sum of the output gradient.": (
            output_gradient * unit
        ).sum(axis=0),
        "It is not summed over the batch.": output_gradient,
        "All entries are added up into one number. Each feature has a shift of its own: `axis=0`.": right.sum(),
    }
    return unlike(right, mistakes)


# ---- 3.8: clipping by norm ------------------------------------------------------------------------------------------


def joint_norm(gradients):
    """The length of all arrays taken together."""
    return float(np.sqrt(sum(np.sum(gradient**2) for gradient in gradients)))


def clipped(gradients, limit):
    """The arrays, scaled together to a length of at most `limit`."""
    norm = joint_norm(gradients)
    return [gradient * min(1.0, limit / norm) if norm else gradient for gradient in gradients]


def clip_mistakes(gradients, limit):
    """Of `clipped`: {hint: list of arrays}, without those that are right here."""
    norm = joint_norm(gradients)
    own = [float(np.linalg.norm(gradient)) for gradient in gradients]
    largest = max(float(np.abs(gradient).max()) for gradient in gradients)

    def scaled(factor):
        return [gradient * factor for gradient in gradients]

    mistakes = {
        "Each entry is cut by itself, which turns the direction. Scale all of them by one factor.": [
            np.clip(gradient, -limit, limit) for gradient in gradients
        ],
        "Each array is clipped by its own norm, which turns the direction. One norm for all arrays together.": [
            gradient * min(1.0, limit / length) if length else gradient
            for gradient, length in zip(gradients, own, strict=True)
        ],
        "Each array is scaled to the limit by its own norm. One norm for all together, and nothing where it is below "
        "the limit.": [
            gradient * limit / length if length else gradient for gradient, length in zip(gradients, own, strict=True)
        ],
        "Nothing is clipped: all together are longer than the limit.": scaled(1.0),
    }
    if norm:
        mistakes |= {
            "It is scaled up. Where the norm is below the limit, the gradients stay as they are.": scaled(limit / norm),
            "It is scaled to length 1. The factor is limit / norm.": scaled(1 / norm),
            "It is multiplied by the limit. The factor is limit / norm.": scaled(limit),
            "The root is missing: the norm is the root of the sum of the squares.": scaled(min(1.0, limit / norm**2)),
            "The factor is turned around: it is limit / norm.": scaled(norm / limit),
            "The norms of the arrays are added up. Add up the squares of all entries, then take the root.": scaled(
                min(1.0, limit / sum(own))
            ),
            "The largest entry is taken for the norm. The norm is the root of the sum of all squares.": scaled(
                min(1.0, limit / largest)
            ),
            "The largest norm of one array is taken. One norm for all entries together.": scaled(
                min(1.0, limit / max(own))
            ),
            "The threshold is subtracted. It is one factor for all that shortens a gradient and keeps its direction.": [
                np.sign(gradient) * np.where(np.abs(gradient) > limit, np.abs(gradient) - limit, np.abs(gradient))
                for gradient in gradients
            ],
        }
    right = clipped(gradients, limit)
    return {hint: wrong for hint, wrong in mistakes.items() if not same_arrays(wrong, right)}


def same_arrays(arrays, others, rtol=1e-5, atol=1e-6):
    """Whether two lists hold the same arrays, up to rounding."""
    return all(np.allclose(array, other, rtol=rtol, atol=atol) for array, other in zip(arrays, others, strict=True))


# ---- 3.9: back through time -----------------------------------------------------------------------------------------


def through_time(hidden_states, weight, last_gradient, slope="here", transposed=True, order="derivative first"):
    """dL/dh_t of a tanh network for every step: (steps, units). The words choose a mistake."""
    gradients = [last_gradient]
    for step in range(len(hidden_states) - 1, 0, -1):
        at = {"here": hidden_states[step], "before": hidden_states[step - 1], "none": 0.0}
        derivative = 1 - np.tanh(hidden_states[step]) ** 2 if slope == "twice" else 1 - at[slope] ** 2
        matrix = weight.T if transposed else weight
        gradient = gradients[0]
        gradients.insert(
            0, (gradient * derivative) @ matrix if order == "derivative first" else (gradient @ matrix) * derivative
        )
    return np.array(gradients)


def through_time_mistakes(hidden_states, weight, last_gradient):
    """Of `through_time`: arrays (steps, units)."""
    given = hidden_states, weight, last_gradient
    right = through_time(*given)
    deltas = right * (1 - hidden_states**2)
    one_more = (right[0] * (1 - hidden_states[0] ** 2)) @ weight.T
    mistakes = {}
    for transposed, slope in product((True, False), ("none", "before", "twice")):
        hint = {
            "none": "tanh's derivative is missing: each step back multiplies by 1 - h_t**2 too.",
            "before": "tanh's derivative is taken one step too early: from dL/dh_t back to h_(t-1) it is 1 - h_t**2.",
            "twice": "`hidden_states` come out of tanh already: the derivative is 1 - h**2, not 1 - tanh(h)**2.",
        }[slope]
        if not transposed:
            hint += " And `recurrent_weight` is not transposed."
        for order in ("derivative first", "matrix first") if slope == "before" else ("derivative first",):
            text = hint if order == "derivative first" else f"{hint} It belongs before the matrix."
            mistakes[text] = through_time(*given, slope=slope, transposed=transposed, order=order)
    mistakes |= {
        "`recurrent_weight` is not transposed. Forward it is h @ W, so the way back is @ W.T.": through_time(
            *given, transposed=False
        ),
        "tanh's derivative comes after the matrix. Back through tanh first, at step t, then through W.": through_time(
            *given, order="matrix first"
        ),
        "The order of time is turned around: the first row belongs to the first step.": right[::-1],
        "Those are the gradients of the sums, dL/dz_t. Wanted is dL/dh_t, before tanh's derivative.": deltas,
        "The last row is not `last_gradient`: every row is one step too far back.": np.vstack([one_more, right[:-1]]),
    }
    return unlike(right, mistakes)
