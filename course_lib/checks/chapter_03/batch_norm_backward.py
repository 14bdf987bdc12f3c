"""Exercise 3.7: batch norm, backward."""

import numpy as np

from course_lib.checks.expectations import ROUNDING, expect_close, expect_tuple
from course_lib.checks.fresh import same_as
from course_lib.checks.mistakes import Said, known
from course_lib.checks.registry import exercise

PARTS = ("input_gradient", "scale_gradient", "shift_gradient")

LEAD = (
    "Take the example that the text works out by hand. Print `normalized`, `g`, the two terms that are subtracted and "
    "the spread, and put each beside the text's."
)


def mean_way(g, unit):
    """The way through the batch's mean, to subtract from g = output_gradient * scale."""
    return g.mean(axis=0)


def variance_way(g, unit):
    """The way through the batch's variance."""
    return unit * (g * unit).mean(axis=0)


def nothing(g, unit):
    return 0.0


def backward_with(mean_way=mean_way, variance_way=variance_way, mean=np.mean, variance=np.var, of=None):
    """An answer that is right but for the given part.

    Parameters
    ----------
    mean_way, variance_way : in place of the functions above
    mean, variance : of x, called with axis=0
    of : {part: function of the right gradient, output_gradient, x, x_hat, scale and deviation: another gradient}
    """

    def answer(output_gradient, x, scale, epsilon=1e-5):
        deviation = np.sqrt(variance(x, axis=0) + epsilon)
        unit = (x - mean(x, axis=0)) / deviation
        g = output_gradient * scale
        gradients = {
            "input": (g - mean_way(g, unit) - variance_way(g, unit)) / deviation,
            "scale": (output_gradient * unit).sum(axis=0),
            "shift": output_gradient.sum(axis=0),
        }
        for part, change in (of or {}).items():
            gradients[part] = change(gradients[part], output_gradient, x, unit, scale, deviation)
        return tuple(gradients.values())

    return answer


backward = backward_with()


def drawn(rng):
    """Any shapes, a square, one feature, a batch of two, a feature of zeros; then epsilon left out."""
    n, *others = rng.integers(2, 8, 5)
    cases = []
    for n_examples, n_features in ((n, n), (others[0] + 2, 1), (2, others[1]), others[2:]):
        gradient, x, scale = _inputs(rng, n_examples, n_features, rng.choice([0.2, 1.0]))
        if n_features > 1:
            x[:, rng.integers(n_features)] = 0
        cases.append((gradient, x, scale, float(rng.integers(5, 60) / 100)))
    gradient, x, scale = _inputs(rng, *rng.integers(3, 8, 2), 1.0)
    apart = np.arange(len(x)) + rng.integers(-4, 4)  # without an epsilon worth the name, a spread that is one
    return [*cases, (gradient, rng.permuted(np.tile(apart[:, None] / 2, x.shape[1]), axis=0), scale)]


def backward_without_epsilon(output_gradient, x, scale, epsilon=1e-5):
    return backward(output_gradient, x, scale, 0.0)


def backward_with_the_usual_epsilon(output_gradient, x, scale, epsilon=1e-5):
    return backward(output_gradient, x, scale)


def mean_way_of_n_minus_1(g, unit):
    return g.sum(axis=0) / (len(g) - 1)


def variance_way_of_n_minus_1(g, unit):
    return unit * (g * unit).sum(axis=0) / (len(g) - 1)


def term_by_term(divided):
    """The input gradient with the division by the deviation in another place: a function of its terms and of it."""

    def input_gradient(right, output_gradient, x, unit, scale, deviation):
        g = output_gradient * scale
        return divided(g, mean_way(g, unit), variance_way(g, unit), deviation)

    return input_gradient


def unscaled_in(*places):
    """The input gradient with output_gradient itself, and not g, in these of its three terms, counted from 0."""

    def input_gradient(right, output_gradient, x, unit, scale, deviation):
        of_term = [output_gradient * (1 if place in places else scale) for place in range(3)]
        return (of_term[0] - mean_way(of_term[1], unit) - variance_way(of_term[2], unit)) / deviation

    return input_gradient


def in_place_of_unit(other):
    """The input gradient with other(x) in place of x_hat in the way through the variance."""

    def input_gradient(right, output_gradient, x, unit, scale, deviation):
        g = output_gradient * scale
        return (g - mean_way(g, unit) - variance_way(g, other(x))) / deviation

    return input_gradient


def epsilon_outside(output_gradient, x, scale, epsilon=1e-5):
    return backward_with(variance=lambda x, axis: (np.std(x, axis=axis) + epsilon) ** 2 - epsilon)(
        output_gradient, x, scale, epsilon
    )


WRONG_WAYS = [
    (
        backward_with(mean_way=nothing, variance_way=nothing),
        "The mean and the variance are taken for constants. They are computed from the batch, so each `x` acts through "
        "them too: two more terms.",
    ),
    (
        backward_with(variance_way=nothing),
        "The way through the variance is missing, or its term is 0: each `x` changes the variance of the batch too. "
        "The term has the mean of the products, `(g * x_hat).mean(axis=0)`; the product of the two means is 0, for "
        "x_hat has the mean 0.",
    ),
    (
        backward_with(variance_way=lambda g, unit: unit * g.mean(axis=0) * unit.mean(axis=0)),
        Said("the product of the two means is 0"),
    ),
    (
        backward_with(variance_way=lambda g, unit: unit * g * unit),
        "The mean is missing in the way through the variance: `(g * x_hat).mean(axis=0)`, one number a feature.",
    ),
    (
        backward_with(mean_way=nothing),
        "The way through the mean is missing: each `x` changes the mean of the batch too.",
    ),
    (
        backward_with(lambda g, unit: g.sum(axis=0), lambda g, unit: unit * (g * unit).sum(axis=0)),
        "1/n is missing: the two terms to subtract are means over the batch, not sums.",
    ),
    (
        backward_with(lambda g, unit: g.mean(), lambda g, unit: unit * (g * unit).mean()),
        "The two means to subtract are one number for all features. Each feature has its own: `mean(axis=0)`.",
    ),
    (
        backward_with(mean_way=lambda g, unit: g.mean()),
        "The mean of g is one number for all features. Each feature has its own: `mean(axis=0)`.",
    ),
    (
        backward_with(variance_way=lambda g, unit: unit * (g * unit).mean()),
        "The mean of g * x_hat is one number for all features. Each feature has its own: `mean(axis=0)`.",
    ),
    (
        backward_with(mean=lambda x, axis: np.mean(x), variance=lambda x, axis: np.var(x)),
        "The mean and the variance of `x` are one number for all features. Each feature has its own: `axis=0`.",
    ),
    (
        backward_with(variance=lambda x, axis: np.var(x, axis=axis, ddof=1)),
        "The variance is divided by n - 1. Forward it was divided by n.",
    ),
    (
        backward_with(variance_way=lambda g, unit: (g * unit).mean(axis=0)),
        "The mean of g * x_hat is subtracted as it is. It is multiplied by x_hat first: an `x` far from the mean "
        "stretches the batch more.",
    ),
    (
        backward_with(variance_way=lambda g, unit: 2 * unit * (g * unit).mean(axis=0)),
        "A factor 2 is too many in the way through the variance: the 2 of the square and the 1/2 of the root cancel.",
    ),
    (
        backward_with(variance_way=lambda g, unit: -variance_way(g, unit)),
        "The sign of the way through the variance is turned around. Both terms are subtracted.",
    ),
    (
        backward_with(lambda g, unit: -mean_way(g, unit)),
        "The sign of the way through the mean is turned around. Both terms are subtracted.",
    ),
    (
        backward_with(lambda g, unit: -mean_way(g, unit), lambda g, unit: -variance_way(g, unit)),
        "The two terms are added. They are subtracted: what all examples of the batch share takes something away.",
    ),
    (
        backward_with(
            lambda g, unit: g.mean(axis=1, keepdims=True), lambda g, unit: unit * (g * unit).mean(1, keepdims=True)
        ),
        "The two means go along each example. They are one a feature, over the batch: `axis=0`.",
    ),
    (
        backward_with(mean_way_of_n_minus_1, variance_way_of_n_minus_1),
        "The two means are divided by n - 1. They are plain means over the batch.",
    ),
    (backward_without_epsilon, "`epsilon` is missing under the root."),
    (epsilon_outside, "`epsilon` stands outside the root. It is added to the variance, under the root."),
    (backward_with_the_usual_epsilon, "`epsilon` is not the one that is given; yours is 1e-5."),
]

WRONG_GRADIENTS = [
    (
        {"input": lambda right, g, x, unit, scale, *_: right / scale},
        "`scale` is missing: first output_gradient * scale, the gradient of x_hat.",
    ),
    (
        {"input": lambda right, g, x, unit, scale, deviation: right * deviation},
        "The division by sqrt(variance + epsilon) is missing at the end.",
    ),
    (
        {"input": lambda right, g, x, unit, scale, deviation: right / deviation},
        "It is divided by the variance. Divide by its root.",
    ),
    (
        {"input": term_by_term(lambda g, of_mean, of_variance, deviation: g - of_mean - of_variance / deviation)},
        "Only the last term is divided by the spread. Put the three terms in parentheses, then divide.",
    ),
    (
        {"input": term_by_term(lambda g, of_mean, of_variance, deviation: g / deviation - of_mean - of_variance)},
        "Only the first term is divided by the spread. All three are: put them in parentheses, then divide.",
    ),
    (
        {"input": term_by_term(lambda g, of_mean, of_variance, deviation: g - (of_mean - of_variance) / deviation)},
        "Look at the parentheses: g, minus one term, minus the other, and all of that is divided by the spread.",
    ),
    (
        {"input": lambda right, g, x, unit, scale, *_: right * scale},
        "`scale` is in it twice: in g, and once more at the end.",
    ),
    *[
        (
            {"input": unscaled_in(*places)},
            "`scale` is missing in a part of it. g = output_gradient * scale stands in all three terms.",
        )
        for places in ((0,), (1,), (2,), (0, 1), (0, 2), (1, 2))
    ],
    (
        {"input": in_place_of_unit(lambda x: x)},
        "`x` itself is in the way through the variance. There it is x_hat, the normalized x.",
    ),
    (
        {"input": in_place_of_unit(lambda x: x - x.mean(axis=0))},
        "In the way through the variance x_hat is missing the division by the spread.",
    ),
    (
        {"input": lambda right, g, x, unit, scale, deviation: right * deviation / x.std(axis=0)},
        "`epsilon` is missing in the last division. Forward the spread was sqrt(variance + epsilon).",
    ),
    ({"input": lambda right, g, x, *_: right * len(x)}, "1/n is missing: every entry is n times too large."),
    ({"input": lambda right, g, x, *_: right / len(x)}, "It is divided by n once too often."),
    ({"input": lambda right, *_: -right}, "The sign is turned around."),
    (
        {"scale": lambda right, g, x, *_: (g * x).sum(axis=0)},
        "`x` itself is in it. Scale multiplies x_hat, the normalized x.",
    ),
    (
        {"scale": lambda right, g, x, unit, scale, *_: scale * right},
        "`scale` is in it. Its own gradient is the sum of output_gradient * x_hat, without the scale.",
    ),
    (
        {"scale": lambda right, g, x, *_: right / len(x)},
        "The mean is taken over the batch. Each example's slope counts in full: a sum.",
    ),
    (
        {"scale": lambda right, g, *_: g.sum(axis=0)},
        "That is the gradient of `shift`. Scale multiplies x_hat, so x_hat is in its gradient.",
    ),
    ({"scale": lambda right, g, x, unit, *_: g * unit}, "It is not summed over the batch."),
    (
        {"scale": lambda right, g, x, unit, *_: (g * unit).sum(axis=1)},
        "It is summed along each example. Over the batch: `axis=0`.",
    ),
    (
        {"scale": lambda right, g, x, unit, scale, deviation: right / deviation},
        "It is divided by the spread once more. x_hat has that division already.",
    ),
    (
        {"scale": lambda right, *_: right.sum()},
        "All entries are added up into one number. Each feature has a scale of its own: `axis=0`.",
    ),
    (
        {"scale": lambda right, g, x, *_: (g * (x - x.mean(axis=0))).sum(axis=0)},
        "x_hat is missing the division by the deviation.",
    ),
    (
        {"shift": lambda right, g, x, *_: right / len(x)},
        "The mean is taken over the batch. Each example's slope counts in full: a sum.",
    ),
    (
        {"shift": lambda right, g, x, unit, *_: (g * unit).sum(axis=0)},
        "That is the gradient of `scale`. The shift is added, so its gradient is the sum of the output gradient.",
    ),
    (
        {"shift": lambda right, g, x, unit, scale, *_: scale * right},
        "`scale` is in it. The shift is added after the scale, so its gradient is the sum of output_gradient alone.",
    ),
    ({"shift": lambda right, g, *_: g}, "It is not summed over the batch."),
    (
        {"shift": lambda right, g, *_: g.sum(axis=1)},
        "It is summed along each example. Over the batch: `axis=0`.",
    ),
    (
        {"shift": lambda right, *_: right.sum()},
        "All entries are added up into one number. Each feature has a shift of its own: `axis=0`.",
    ),
]

MISTAKES = [
    *WRONG_WAYS,
    *[(backward_with(of=change), meaning) for change, meaning in WRONG_GRADIENTS],
    (lambda *given: [backward(*given)[place] for place in (0, 2, 1)], Said("That is the gradient of `shift`")),
    (lambda g, x, scale, epsilon: backward(g, x, scale, epsilon), Said("could not be called")),
    (lambda *given: backward(*given)[0], Said("expected 3 values")),
    (lambda *given: None, Said("forget `return`")),
]


@exercise(
    "3.7", title="Batch norm, backward", mistakes=MISTAKES, lead=LEAD, hidden=same_as(backward, drawn, atol=1e-05)
)
def batch_norm_backward(submitted):
    """Inputs of small spread, where epsilon counts; other shapes; the example by hand, with epsilon left out."""
    rng = np.random.default_rng(37)
    by_hand = np.array([[4.0], [0.0], [0.0], [0.0]]), np.array([[1.0], [1.0], [5.0], [5.0]]), np.ones(1)
    cases = [
        ("6 examples, 3 features", *_inputs(rng, 6, 3, 0.1), 0.02),
        ("4 examples, 7 features", *_inputs(rng, 4, 7, 1.0), 0.3),
        ("the example by hand", *by_hand),
    ]
    for name, *given in cases:
        value = expect_tuple(submitted(*given), 3, f"The result for {name}", PARTS)
        for place, (part, right) in enumerate(zip(PARTS, backward(*given), strict=True)):
            because, what = known(MISTAKES, *given, part=place), f"The {part.replace('_', ' ')} for {name}"
            expect_close(value[place], right, **ROUNDING, because=because, what=what)
    return "All three gradients, with the ways through the batch's mean and variance."


def _inputs(rng, n_examples, n_features, spread):
    """output_gradient, x and scale."""
    shape = n_examples, n_features
    return rng.normal(size=shape), rng.normal(0.3, spread, shape), rng.uniform(1.5, 3, n_features)
