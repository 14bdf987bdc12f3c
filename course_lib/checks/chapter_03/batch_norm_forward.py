"""Exercise 3.6: batch norm, forward, in both modes."""

import warnings

import numpy as np

from course_lib.checks.expectations import ROUNDING, expect_close, expect_tuple
from course_lib.checks.fresh import same_as
from course_lib.checks.mistakes import Said, known
from course_lib.checks.registry import exercise

LEAD = (
    "Take the example. Its batch has the mean 3 and the variance 4, so that x_hat is -1, -1, 1, 1. Print what you "
    "have at each of these places."
)

PARTS = ("outputs", "running_mean", "running_variance")


def output(x, mean, variance, epsilon, scale, shift):
    """The right outputs, from the statistics that normalize."""
    return scale * (x - mean) / np.sqrt(variance + epsilon) + shift


def average(old, new, momentum):
    """The right running statistic."""
    return (1 - momentum) * old + momentum * new


def used(x, running, batch, moved, training):
    """The mean and the variance that normalize: the batch's, or the running ones from before or after their update."""
    return batch if training else running


def forward_with(output=output, mean=average, variance=average, used=used, ddof=1):
    """An answer that is right but for the given part.

    Parameters
    ----------
    output, mean, variance, used : in place of the functions above
    ddof : of the variance that goes into the running one
    """

    def answer(x, scale, shift, running_mean, running_variance, training, momentum=0.1, epsilon=1e-5):
        running, batch = (running_mean, running_variance), (x.mean(axis=0), x.var(axis=0))
        moved = (
            mean(running_mean, batch[0], momentum),
            variance(running_variance, x.var(axis=0, ddof=ddof if len(x) > 1 else 0), momentum),
        )
        outputs = output(x, *used(x, running, batch, moved, training), epsilon, scale, shift)
        return outputs, *(moved if training else running)

    return answer


forward = forward_with()


def drawn(rng):
    """Any shapes, a square, one feature, a batch of two, a feature of zeros; both modes, settings given or left out."""
    n, *others = rng.integers(2, 8, 5)
    cases = []
    for n_examples, n_features in ((n, n), (others[0] + 2, 1), (2, others[1]), others[2:]):
        x, *statistics = _statistics(rng, n_examples, n_features)
        settings = float(rng.integers(1, 60) / 100), float(rng.integers(5, 60) / 100)
        if n_features == 1:  # perhaps without an epsilon worth the name, so with a spread that is one
            x[:, 0] = 1 + rng.permutation(n_examples) / 2
            settings = settings[: 2 * rng.integers(2)]
        else:
            x[:, rng.integers(n_features)] = 0
        cases += [(x, *statistics, training, *settings) for training in (True, False)]
    return cases


def hidden(submitted, rng):
    """Fresh batches in both modes, then one of one example."""
    same_as(forward, drawn, atol=1e-5)(submitted, rng)
    _check_batch_of_one(submitted, _statistics(rng, *rng.integers(2, 8, 2)))


def forward_with_the_usual_momentum(x, scale, shift, mean, variance, training, momentum=0.1, epsilon=1e-5):
    return forward(x, scale, shift, mean, variance, training, 0.1, epsilon)


def forward_with_the_usual_epsilon(x, scale, shift, mean, variance, training, momentum=0.1, epsilon=1e-5):
    return forward(x, scale, shift, mean, variance, training, momentum, 1e-5)


def forward_always_moving(x, scale, shift, mean, variance, training, momentum=0.1, epsilon=1e-5):
    outputs = forward(x, scale, shift, mean, variance, training, momentum, epsilon)[0]
    return outputs, *forward(x, scale, shift, mean, variance, True, momentum, epsilon)[1:]


def forward_in_place(x, scale, shift, running_mean, running_variance, training, momentum=0.1, epsilon=1e-5):
    running_mean += 0.1 * (x.mean(axis=0) - running_mean)
    return x, running_mean, running_variance


WRONG_OUTPUTS = [
    (
        lambda x, mean, variance, e, scale, shift: scale * (x - mean) / (np.sqrt(variance) + e) + shift,
        "`epsilon` stands outside the root. It is added to the variance, under the root.",
    ),
    (
        lambda x, mean, variance, e, scale, shift: scale * (x - mean) / np.sqrt(variance) + shift,
        "`epsilon` is missing. It is added to the variance, under the root.",
    ),
    (
        lambda x, mean, variance, e, scale, shift: output(x, mean, variance, 1e-5, scale, shift),
        "`epsilon` is not the one that is given; yours is 1e-5.",
    ),
    (
        lambda x, mean, variance, e, scale, shift: scale * (x - mean) / (variance + e) + shift,
        "You divide by the variance. Divide by its root, the standard deviation.",
    ),
    (
        lambda x, mean, variance, e, scale, shift: scale * x / np.sqrt(variance + e) + shift,
        "The mean is not subtracted.",
    ),
    (
        lambda x, mean, variance, e, scale, shift: (x - mean) / np.sqrt(variance + e),
        "`scale` and `shift` are missing at the end: scale * x_hat + shift.",
    ),
    (
        lambda x, mean, variance, e, scale, shift: scale * (x - mean) / np.sqrt(variance + e),
        "`shift` is missing at the end.",
    ),
    (
        lambda x, mean, variance, e, scale, shift: (x - mean) / np.sqrt(variance + e) + shift,
        "`scale` is missing at the end.",
    ),
    (
        lambda x, mean, variance, e, scale, shift: shift * (x - mean) / np.sqrt(variance + e) + scale,
        "`scale` and `shift` are swapped.",
    ),
]

WRONG_STATISTICS = [
    (
        lambda x, running, batch, moved, training: (x.mean(axis=1, keepdims=True), x.var(axis=1, keepdims=True)),
        "The statistics go along each example. They are one a feature: over the batch, `axis=0`.",
    ),
    (
        lambda x, running, batch, moved, training: (x.mean(), x.var()),
        "The statistics are one number for all. They are one a feature: `axis=0`.",
    ),
    (
        lambda x, running, batch, moved, training: running,
        "In training the batch's own mean and variance normalize. Yours are the running ones.",
    ),
    (
        lambda x, running, batch, moved, training: moved if training else running,
        "In training the batch's own mean and variance normalize. Yours are the running ones, after their update.",
    ),
    (
        lambda x, running, batch, moved, training: (batch[0], x.var(axis=0, ddof=1)) if training else running,
        "For normalizing, the variance is divided by n, not by n - 1: `x.var(axis=0)`. The unbiased one goes into the "
        "running variance alone.",
    ),
    (
        lambda x, running, batch, moved, training: batch,
        "In evaluation the running mean and variance normalize. Yours are the batch's, so that an example's output "
        "depends on its neighbors.",
    ),
    (
        lambda x, running, batch, moved, training: batch if training else moved,
        "In evaluation the running statistics are used as they came. Yours were updated first.",
    ),
]

WRONG_AVERAGES = [
    (lambda old, new, momentum: old, "It did not move. In training: (1 - momentum) * old + momentum * new."),
    (
        lambda old, new, momentum: momentum * old + (1 - momentum) * new,
        "`momentum` is the share of the new batch, and yours gives it to the old value: (1 - momentum) * old + "
        "momentum * new.",
    ),
    (lambda old, new, momentum: new, "The batch replaces it altogether. Only the share `momentum` is new."),
    (
        lambda old, new, momentum: old + momentum * new,
        "The new part is added, and the old part keeps all of its weight: it is (1 - momentum) * old.",
    ),
    (lambda old, new, momentum: (1 - momentum) * old + new, "The new part is missing `momentum`."),
    (lambda old, new, momentum: 0.9 * old + 0.1 * new, "`momentum` is not the one that is given; yours is 0.1."),
]

DIVIDE = "The batch's variance is divided by n here. The running variance takes the unbiased one, n - 1: "

WRONG_VARIANCES = [
    (forward_with(ddof=0), f"{DIVIDE}`x.var(axis=0, ddof=1)`."),
    (
        forward_with(variance=lambda old, new, momentum: momentum * old + (1 - momentum) * new, ddof=0),
        f"{DIVIDE}`ddof=1`. And `momentum` is the share of the new batch, not of the old value.",
    ),
    (
        forward_with(variance=lambda old, new, momentum: average(old, np.sqrt(new), momentum)),
        "The standard deviation is averaged. The running variance takes the variance.",
    ),
    (
        forward_with(variance=lambda old, new, momentum: average(old, np.sqrt(new), momentum), ddof=0),
        "The standard deviation (divided by n) is averaged. The running variance takes the unbiased variance.",
    ),
]

MISTAKES = [
    *[(forward_with(wrong), meaning) for wrong, meaning in WRONG_OUTPUTS],
    *[(forward_with(used=wrong), meaning) for wrong, meaning in WRONG_STATISTICS],
    *[(forward_with(mean=wrong), meaning) for wrong, meaning in WRONG_AVERAGES],
    *[(forward_with(variance=wrong), meaning) for wrong, meaning in WRONG_AVERAGES],
    *WRONG_VARIANCES,
    (forward_always_moving, "In evaluation nothing is learned: both running statistics come back as they were given."),
    (
        lambda *given: [forward(*given)[place] for place in (0, 2, 1)],
        "The running mean and the running variance are swapped. Return the mean first.",
    ),
    (forward_with_the_usual_epsilon, "`epsilon` is not the one that is given; yours is 1e-5."),
    (forward_with_the_usual_momentum, "`momentum` is not the one that is given; yours is 0.1."),
    (
        forward_with(used=lambda x, running, batch, moved, training: running if training else batch),
        Said("In training the batch's own mean and variance normalize. Yours are the running ones."),
    ),
    (forward_in_place, Said("changes its input `running_mean`")),
    (lambda *given: forward(*given)[0], Said("expected 3 values (outputs")),
    (lambda *given: None, Said("forget `return`")),
]


@exercise("3.6", title="Batch norm, forward", mistakes=MISTAKES, lead=LEAD, hidden=hidden)
def batch_norm_forward(submitted):
    """Both modes with another momentum and a large epsilon, the example with the defaults, then a batch of one."""
    rng = np.random.default_rng(36)
    column = np.array([[1.0], [1.0], [5.0], [5.0]])
    example = column, np.array([2.0]), np.array([3.0]), np.zeros(1), np.ones(1)
    wide, narrow = _statistics(rng, 6, 3), _statistics(rng, 4, 7)
    cases = [
        ("6 examples, 3 features", wide, True, (0.3, 0.4)),
        ("6 examples, 3 features", wide, False, (0.3, 0.4)),
        ("4 examples, 7 features", narrow, True, (0.05, 0.1)),
        ("4 examples, 7 features", narrow, False, (0.05, 0.1)),
        ("the example", example, True, ()),
        ("the example", example, False, ()),
    ]
    for name, statistics, training, settings in cases:
        given = *statistics, training, *settings
        mode = "training" if training else "evaluation"
        _check_parts(submitted(*given), f"{name}, {mode}", given)
    _check_batch_of_one(submitted, wide)
    return "Batch statistics in training, running ones in evaluation, and the running ones move in training alone."


def _statistics(rng, n_examples, n_features):
    """x, scale, shift, running mean and running variance, all apart from 0 and 1."""
    x = rng.normal(rng.uniform(1, 3, n_features), rng.uniform(0.6, 2, n_features), (n_examples, n_features))
    scale, shift, mean, variance = (rng.uniform(*limits, n_features) for limits in ((2, 4), (-3, -1), (4, 6), (5, 9)))
    return x, scale, shift, mean, variance


def _check_parts(value, name, given):
    value = expect_tuple(value, 3, f"The result for {name}", PARTS)
    for place, (part, right) in enumerate(zip(PARTS, forward(*given), strict=True)):
        because, what = known(MISTAKES, *given, part=place), f"The {part.replace('_', ' ')} for {name}"
        expect_close(value[place], right, **ROUNDING, because=because, what=what)


def _check_batch_of_one(submitted, statistics):
    x, *others = statistics
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # an unbiased variance of one example, which nobody uses
        value = submitted(x[:1], *others, False, 0.1, 0.4)
    name = "a batch of one example, evaluation"
    value = expect_tuple(value, 3, f"The result for {name}")
    for part, array, right in zip(PARTS, value, forward(x[:1], *others, False, 0.1, 0.4), strict=True):
        expect_close(array, right, **ROUNDING, what=f"The {part.replace('_', ' ')} for {name}")
