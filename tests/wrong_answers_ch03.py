"""Wrong answers to the exercises of chapter 3: WRONG has (number, function, words of the diagnosis it must get)."""

import math
import warnings

import numpy as np

from right_answers_ch03 import backward_step_by_step, clip_joined, forward_by_feature, through_time_by_jacobians


def he_with(deviation):
    """Normal weights with another standard deviation: a function of fan_in and fan_out."""
    return lambda fan_in, fan_out, rng: rng.normal(0, deviation(fan_in, fan_out), (fan_in, fan_out))


def he_by_row(fan_in, fan_out, rng):
    return np.tile(rng.normal(0, np.sqrt(2 / fan_in), fan_out), (fan_in, 1))


def he_uniform(fan_in, fan_out, rng):
    return rng.uniform(-1, 1, (fan_in, fan_out)) * np.sqrt(6 / fan_in)


def he_heavy_tails(fan_in, fan_out, rng):
    return rng.laplace(0, np.sqrt(1 / fan_in), (fan_in, fan_out))


def he_from_the_global_generator(fan_in, fan_out, rng):
    return np.random.normal(0, np.sqrt(2 / fan_in), (fan_in, fan_out))  # noqa: NPY002


def leaky_with(values=None, derivatives=None):
    """A right answer but for the named part: a function of z and slope."""

    def answer(z, slope):
        return (
            values(z, slope) if values else np.where(z > 0, z, slope * z),
            derivatives(z, slope) if derivatives else np.where(z > 0, 1.0, slope),
        )

    return answer


def leaky_by_mask(z, slope):
    values, derivatives = z.copy(), np.ones_like(z)
    values[z < 0] *= slope
    derivatives[z < 0] = slope
    return values, derivatives


def elu_with(values=None, derivatives=None):
    """A right answer but for the named part: a function of z, alpha and exp(z) on the left."""

    def answer(z, alpha=1.0):
        decay = np.exp(np.minimum(z, 0))
        return (
            np.where(z > 0, z, values(z, alpha, decay) if values else alpha * (decay - 1)),
            np.where(z > 0, 1.0, derivatives(z, alpha, decay) if derivatives else alpha * decay),
        )

    return answer


def elu_overflows(z, alpha=1.0):
    return np.where(z > 0, z, alpha * (np.exp(z) - 1)), np.where(z > 0, 1.0, alpha * np.exp(z))


def elu_by_products(z, alpha=1.0):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        left = alpha * (np.exp(z) - 1)
        return (z > 0) * z + (z <= 0) * left, (z > 0) + (z <= 0) * (left + alpha)


def elu_by_math(z, alpha=1.0):
    exponentials = np.array([math.exp(each) for each in z.ravel()]).reshape(z.shape)
    return np.where(z > 0, z, alpha * (exponentials - 1)), np.where(z > 0, 1.0, alpha * exponentials)


def forward_with(outputs=None, mean=None, variance=None, ddof=(0, 1), statistics=None):
    """A right answer but for the named parts.

    outputs : of x - mean, variance, epsilon, scale, shift; mean, variance : of the old and the batch's, and momentum
    ddof : for normalizing and for the running variance; statistics : of x and of the running ones, and training
    """
    output_of = outputs or (lambda centered, v, epsilon, scale, shift: scale * centered / np.sqrt(v + epsilon) + shift)
    average = lambda old, new, momentum: (1 - momentum) * old + momentum * new  # noqa: E731

    def answer(x, scale, shift, old_mean, old_variance, training, momentum=0.1, epsilon=1e-5):
        batch, running = (x.mean(axis=0), x.var(axis=0, ddof=ddof[0])), (old_mean, old_variance)
        used = statistics(batch, running, training) if statistics else batch if training else running
        result = output_of(x - used[0], used[1], epsilon, scale, shift)
        if not training:
            return result, old_mean, old_variance
        new = (mean or average)(old_mean, batch[0], momentum)
        return result, new, (variance or average)(old_variance, x.var(axis=0, ddof=ddof[1]), momentum)

    return answer


def forward_for_the_usual_momentum(x, scale, shift, mean, variance, training, momentum=0.1, epsilon=1e-5):
    return forward_by_feature(x, scale, shift, mean, variance, training, 0.1, epsilon)


def forward_for_the_usual_epsilon(x, scale, shift, mean, variance, training, momentum=0.1, epsilon=1e-5):
    return forward_by_feature(x, scale, shift, mean, variance, training, momentum, 1e-5)


def forward_always_moving(x, scale, shift, mean, variance, training, momentum=0.1, epsilon=1e-5):
    outputs = forward_by_feature(x, scale, shift, mean, variance, training, momentum, epsilon)[0]
    return outputs, *forward_by_feature(x, scale, shift, mean, variance, True, momentum, epsilon)[1:]


def forward_across(x, scale, shift, mean, variance, training, momentum=0.1, epsilon=1e-5):
    right = forward_by_feature(x, scale, shift, mean, variance, training, momentum, epsilon)
    centered = x - x.mean(axis=1, keepdims=True)
    outputs = scale * centered / np.sqrt(x.var(axis=1, keepdims=True) + epsilon) + shift
    return (outputs, *right[1:]) if training else right


def backward_with(of_input=None, of_scale=None, of_shift=None):
    """A right answer but for the named part: a function of g, x, scale, epsilon and the right value."""

    def answer(g, x, scale, epsilon=1e-5):
        right = backward_step_by_step(g, x, scale, epsilon)
        parts = of_input, of_scale, of_shift
        return [part(g, x, scale, epsilon, each) if part else each for part, each in zip(parts, right, strict=True)]

    return answer


def input_gradient(mean_way=1.0, variance_way=1.0, average=np.mean):
    """The input gradient of the chapter's formula, with factors before its two corrections."""

    def part(g, x, scale, epsilon, right):
        root = np.sqrt(x.var(axis=0) + epsilon)
        unit, g = (x - x.mean(axis=0)) / root, g * scale
        return (g - mean_way * average(g, axis=0) - variance_way * unit * average(g * unit, axis=0)) / root

    return part


def clip_with(factor):
    """Each array times the same factor: a function of the joint norm and the limit."""

    def answer(gradients, limit):
        norm = np.sqrt(sum(np.sum(gradient**2) for gradient in gradients))
        return [gradient * factor(norm, limit) for gradient in gradients]

    return answer


def clip_each(gradients, limit):
    return [gradient * min(1, limit / max(np.linalg.norm(gradient), 1e-12)) for gradient in gradients]


def clip_by_the_largest(gradients, limit):
    return [gradient * min(1, limit / max(abs(each).max() for each in gradients)) for gradient in gradients]


def clip_by_the_sum_of_norms(gradients, limit):
    return [gradient * min(1, limit / sum(np.linalg.norm(each) for each in gradients)) for gradient in gradients]


def clip_divides_first(gradients, limit):
    return clip_with(lambda norm, limit: np.minimum(1, limit / norm) if norm else np.nan)(gradients, limit)


def back_with(step=None, rows=None):
    """The chapter's loop: `step` makes row t - 1 from row t, h_t, h_(t-1) and W; `rows` changes the result."""

    def answer(states, weight, last):
        gradients = np.zeros(states.shape)
        gradients[-1] = last
        for t in range(len(states) - 1, 0, -1):
            if step:
                gradients[t - 1] = step(gradients[t], states[t], states[t - 1], weight)
            else:
                gradients[t - 1] = (gradients[t] * (1 - states[t] ** 2)) @ weight.T
        return rows(gradients, states) if rows else gradients

    return answer


WRONG = [
    ("3.1", lambda n, fan_in, sd: (fan_in * sd**2) ** n, "That is the variance"),
    ("3.1", lambda n, fan_in, sd: (fan_in * sd**2) ** 0.5, "spread after one layer"),
    ("3.1", lambda n, fan_in, sd: n * (fan_in * sd**2) ** 0.5, "multiplied, not added up"),
    ("3.1", lambda n, fan_in, sd: sd**n, "`fan_in` is missing"),
    ("3.1", lambda n, fan_in, sd: (fan_in * sd) ** n, "deviations do not"),
    ("3.1", lambda n, fan_in, sd: (fan_in * sd) ** (n / 2), "is not squared"),
    ("3.1", lambda n, fan_in, sd: (fan_in * sd**2) ** (n // 2), "`//` cuts off the half"),
    ("3.1", lambda n, fan_in, sd: np.array([fan_in * sd**2] * n), "expected one number"),
    ("3.1", lambda n, fan_in, sd: None, "forget `return`"),
    ("3.3", he_with(lambda fan_in, fan_out: 2 / fan_in), "The variance went in"),
    ("3.3", he_with(lambda fan_in, fan_out: np.sqrt(2 / fan_out)), "`fan_out` is in it"),
    ("3.3", he_with(lambda fan_in, fan_out: np.sqrt(1 / fan_in)), "The 2 is missing"),
    ("3.3", he_with(lambda fan_in, fan_out: np.sqrt(2 / (fan_in + fan_out))), "Xavier's spread"),
    ("3.3", he_with(lambda fan_in, fan_out: 1.0), "spread 1"),
    ("3.3", he_with(lambda fan_in, fan_out: 1.15 * np.sqrt(2 / fan_in)), "expected 0.1, within"),
    ("3.3", lambda a, b, rng: rng.uniform(-1, 1, (a, b)) * np.sqrt(2 / a), "Uniform numbers between -s and s"),
    ("3.3", he_uniform, "Uniform numbers have no tails"),
    ("3.3", he_heavy_tails, "no bell curve"),
    ("3.3", lambda a, b, rng: rng.normal(np.sqrt(2 / a), size=(a, b)), "takes the mean first"),
    ("3.3", lambda a, b, rng: rng.random((a, b)) * np.sqrt(2 / a), "never negative"),
    ("3.3", lambda a, b, rng: rng.normal(0, np.sqrt(2 / a), (b, a)), "It is transposed"),
    ("3.3", he_by_row, "repeat themselves"),
    ("3.3", he_from_the_global_generator, "gives other weights each time"),
    ("3.3", lambda a, b, rng: np.random.default_rng(0).normal(0, np.sqrt(2 / a), (a, b)), "different seeds"),
    ("3.3", lambda a, b, rng: rng.normal(0, np.sqrt(2 / a), (a, b)).tolist(), "expected a NumPy array"),
    ("3.3", lambda a, b, rng: None, "forget `return`"),
    ("3.4", leaky_with(values=lambda z, slope: np.maximum(z, slope * z)), "where the slope is above 1"),
    ("3.4", leaky_with(values=lambda z, slope: np.maximum(z, 0)), "That is ReLU"),
    ("3.4", leaky_with(values=lambda z, slope: np.where(z > 0, z, slope)), "Yours is the slope itself"),
    ("3.4", leaky_with(values=lambda z, slope: np.where(z > 0, z, 0.01 * z)), "slope is not used"),
    ("3.4", leaky_with(values=lambda z, slope: np.where(z < 0, z, slope * z)), "sides are swapped"),
    ("3.4", leaky_with(derivatives=lambda z, slope: np.where(z > 0, 1.0, 0.0)), "derivative left of 0 is forgotten"),
    ("3.4", leaky_with(derivatives=lambda z, slope: np.where(z > 0, 1.0, slope * z)), "not slope * z"),
    ("3.4", leaky_with(derivatives=lambda z, slope: np.where(z > 0, z, slope)), "1, not z"),
    ("3.4", leaky_with(derivatives=lambda z, slope: np.where(z > 0, z, slope * z)), "values again"),
    ("3.4", leaky_with(derivatives=lambda z, slope: slope + 0 * z), "slope on both sides"),
    ("3.4", lambda z, slope: leaky_with()(z, slope)[::-1], "values first"),
    ("3.4", lambda z, slope: leaky_with()(z, slope)[0], "expected 2 values (values, derivatives)"),
    ("3.4", leaky_by_mask, "with a slope for each entry"),
    ("3.4", lambda z, slope: leaky_with()(z, np.mean(slope)), "RReLU"),
    ("3.4", lambda z, slope: None, "forget `return`"),
    ("3.5", elu_overflows, "NumPy warns: overflow encountered in exp"),
    ("3.5", elu_by_products, "overflows"),
    ("3.5", elu_by_math, "stops with OverflowError"),
    ("3.5", elu_with(values=lambda z, alpha, decay: decay - 1), "`alpha` is missing"),
    ("3.5", elu_with(values=lambda z, alpha, decay: alpha * decay), "The -1 is missing"),
    ("3.5", elu_with(values=lambda z, alpha, decay: alpha * decay - 1), "multiplies the exponential alone"),
    ("3.5", elu_with(values=lambda z, alpha, decay: 0.0), "That is ReLU"),
    ("3.5", elu_with(values=lambda z, alpha, decay: alpha * (1 - decay)), "sign on the left"),
    ("3.5", elu_with(derivatives=lambda z, alpha, decay: decay), "derivative left of 0 is alpha * exp(z)"),
    ("3.5", elu_with(derivatives=lambda z, alpha, decay: alpha * (decay - 1)), "The -1 has no slope"),
    ("3.5", elu_with(derivatives=lambda z, alpha, decay: alpha * (decay - 1) + 1), "only for alpha = 1"),
    ("3.5", elu_with(derivatives=lambda z, alpha, decay: alpha), "the curve flattens out"),
    ("3.5", elu_with(derivatives=lambda z, alpha, decay: 0.0), "is forgotten"),
    ("3.5", lambda z, alpha=1.0: elu_with()(z, alpha)[::-1], "values first"),
    ("3.5", lambda z, alpha: elu_with()(z, alpha), "could not be called"),
    ("3.5", lambda z, alpha=2.0: elu_with()(z, alpha), "with alpha left out"),
    ("3.5", lambda z, alpha=1.0: elu_with()(z, alpha)[0], "expected 2 values"),
    ("3.5", lambda z, alpha=1.0: None, "forget `return`"),
    (
        "3.6",
        forward_with(lambda c, v, e, scale, shift: scale * c / (np.sqrt(v) + e) + shift),
        "stands outside the root",
    ),
    ("3.6", forward_with(lambda c, v, e, scale, shift: scale * c / np.sqrt(v) + shift), "`epsilon` is missing"),
    ("3.6", forward_with(lambda c, v, e, scale, shift: scale * c / (v + e) + shift), "divide by the variance"),
    ("3.6", forward_with(lambda c, v, e, scale, shift: c / np.sqrt(v + e)), "`scale` and `shift` are missing"),
    ("3.6", forward_with(lambda c, v, e, scale, shift: c / np.sqrt(v + e) * scale), "`shift` is missing"),
    ("3.6", forward_with(lambda c, v, e, scale, shift: c / np.sqrt(v + e) * shift + scale), "are swapped"),
    ("3.6", forward_with(ddof=(1, 1)), "divided by n, not by n - 1"),
    ("3.6", forward_with(ddof=(0, 0)), "takes the unbiased one"),
    ("3.6", forward_with(statistics=lambda batch, running, training: batch), "depends on its neighbors"),
    ("3.6", forward_with(statistics=lambda batch, running, training: running), "Yours are the running ones"),
    (
        "3.6",
        forward_with(statistics=lambda batch, running, training: running if training else batch),
        "In training the batch's own",
    ),
    ("3.6", forward_with(mean=lambda old, new, momentum: momentum * old + (1 - momentum) * new), "share of the new"),
    ("3.6", forward_with(mean=lambda old, new, momentum: new), "replaces it altogether"),
    ("3.6", forward_with(mean=lambda old, new, momentum: old), "It did not move"),
    ("3.6", forward_with(variance=lambda old, new, momentum: old + momentum * new), "keeps all of its weight"),
    (
        "3.6",
        forward_with(variance=lambda old, new, momentum: (1 - momentum) * old + momentum * np.sqrt(new)),
        "standard deviation is averaged",
    ),
    ("3.6", forward_across, "go along each example"),
    ("3.6", forward_always_moving, "In evaluation nothing is learned"),
    ("3.6", forward_for_the_usual_epsilon, "yours is 1e-5"),
    ("3.6", forward_for_the_usual_momentum, "yours is 0.1"),
    ("3.6", lambda *given: [forward_by_feature(*given)[place] for place in (0, 2, 1)], "variance are swapped"),
    ("3.6", lambda *given: forward_by_feature(*given)[0], "expected 3 values (outputs"),
    ("3.6", lambda *given: None, "forget `return`"),
    ("3.7", backward_with(of_input=input_gradient(0, 0)), "taken for constants"),
    ("3.7", backward_with(of_input=input_gradient(1, 0)), "way through the variance"),
    ("3.7", backward_with(of_input=input_gradient(0, 1)), "way through the mean"),
    ("3.7", backward_with(of_input=input_gradient(average=np.sum)), "not sums"),
    ("3.7", backward_with(of_input=lambda g, x, scale, e, right: right / scale), "`scale` is missing"),
    ("3.7", backward_with(of_input=lambda g, x, scale, e, right: right * len(x)), "n times too large"),
    ("3.7", backward_with(of_input=lambda g, x, scale, e, right: -right), "sign is turned around"),
    (
        "3.7",
        backward_with(of_input=lambda g, x, scale, e, right: right * np.sqrt(x.var(axis=0) + e)),
        "missing at the end",
    ),
    ("3.7", lambda g, x, scale, epsilon=1e-5: backward_step_by_step(g, x, scale), "yours is 1e-5"),
    ("3.7", lambda g, x, scale, epsilon=1e-5: backward_step_by_step(g, x, scale, 0), "missing under the root"),
    ("3.7", backward_with(of_scale=lambda g, x, scale, e, right: (g * x).sum(axis=0)), "`x` itself is in it"),
    ("3.7", backward_with(of_scale=lambda g, x, scale, e, right: scale * right), "without the scale"),
    ("3.7", backward_with(of_scale=lambda g, x, scale, e, right: right / len(x)), "counts in full"),
    ("3.7", backward_with(of_scale=lambda g, x, scale, e, right: right.sum()), "a scale of its own"),
    ("3.7", backward_with(of_shift=lambda g, x, scale, e, right: g.mean(axis=0)), "counts in full"),
    ("3.7", backward_with(of_shift=lambda g, x, scale, e, right: g), "not summed over the batch"),
    (
        "3.7",
        lambda *given: [backward_step_by_step(*given)[place] for place in (0, 2, 1)],
        "That is the gradient of `shift`",
    ),
    ("3.7", lambda g, x, scale, epsilon: backward_step_by_step(g, x, scale, epsilon), "could not be called"),
    ("3.7", lambda *given: backward_step_by_step(*given)[0], "expected 3 values"),
    ("3.7", lambda *given: None, "forget `return`"),
    ("3.8", lambda gradients, limit: [np.clip(g, -limit, limit) for g in gradients], "Each entry is cut by itself"),
    ("3.8", clip_each, "Each array is clipped by its own norm"),
    ("3.8", clip_by_the_largest, "The largest entry is taken"),
    ("3.8", clip_by_the_sum_of_norms, "norms of the arrays are added up"),
    ("3.8", lambda gradients, limit: gradients, "Nothing is clipped"),
    ("3.8", clip_with(lambda norm, limit: limit / norm if norm else 1), "It is scaled up"),
    ("3.8", clip_with(lambda norm, limit: min(1, limit / norm**2) if norm else 1), "The root is missing"),
    ("3.8", clip_with(lambda norm, limit: norm / limit if norm > limit else 1), "turned around"),
    ("3.8", clip_with(lambda norm, limit: 1 / norm if norm > limit else 1), "to length 1"),
    ("3.8", clip_divides_first, "0/0: compare"),
    ("3.8", lambda gradients, limit: tuple(clip_joined(gradients, limit)), "expected a list of 3 arrays"),
    ("3.8", lambda gradients, limit: (g for g in clip_joined(gradients, limit)), "Square brackets"),
    ("3.8", lambda gradients, limit: clip_joined(gradients, limit)[:1], "expected a list of 3 arrays"),
    ("3.8", lambda gradients, limit: [g.ravel() for g in clip_joined(gradients, limit)], "has shape (6,)"),
    ("3.8", lambda gradients, limit: None, "forget `return`"),
    ("3.9", back_with(lambda g, h, before, weight: g @ weight.T), "tanh's derivative is missing"),
    ("3.9", back_with(lambda g, h, before, weight: (g * (1 - before**2)) @ weight.T), "one step too early"),
    ("3.9", back_with(lambda g, h, before, weight: (g * (1 - np.tanh(h) ** 2)) @ weight.T), "come out of tanh already"),
    ("3.9", back_with(lambda g, h, before, weight: (g * (1 - h**2)) @ weight), "not transposed"),
    ("3.9", back_with(lambda g, h, before, weight: (g @ weight.T) * (1 - h**2)), "comes after the matrix"),
    ("3.9", back_with(lambda g, h, before, weight: (g @ weight.T) * (1 - before**2)), "belongs before the matrix"),
    ("3.9", back_with(lambda g, h, before, weight: g @ weight), "And `recurrent_weight` is not transposed"),
    ("3.9", back_with(rows=lambda gradients, states: gradients[::-1]), "order of time"),
    ("3.9", back_with(rows=lambda gradients, states: gradients * (1 - states**2)), "gradients of the sums"),
    ("3.9", back_with(rows=lambda gradients, states: gradients[0]), "summed or averaged over an axis"),
    ("3.9", back_with(rows=lambda gradients, states: list(gradients)), "expected a NumPy array"),
    ("3.9", lambda *given: through_time_by_jacobians(*given)[:-1], "has shape (4, 3)"),
    ("3.9", lambda *given: None, "forget `return`"),
]
