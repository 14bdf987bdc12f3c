"""Checks of chapter 4, speed. What each common mistake gives stands in the two files mistakes_ch04....py."""

from time import perf_counter

import numpy as np

from course_lib.checks import mistakes_ch04 as steps
from course_lib.checks import mistakes_ch04_networks as networks
from course_lib.checks.diagnosis import Diagnosis
from course_lib.checks.expectations import (
    expect_array,
    expect_close,
    expect_dict,
    expect_number,
    expect_tuple,
    plain_number,
)
from course_lib.checks.registry import exercise
from course_lib.checks.simulated_device import examine_plan
from course_lib.checks.submission import LearnerError

ROUNDING = steps.ROUNDING


@exercise("4.1", title="One step of momentum")
def momentum_step(submitted):
    """Several shapes and shares, the example, then five steps in a row."""
    rng = np.random.default_rng(41)
    cases = [
        ("w of shape (4,)", *rng.normal(0, 2, (3, 4)), 0.3, 0.9),
        ("w of shape (3, 2)", *rng.normal(0, 2, (3, 3, 2)), 0.4, 0.7),
        ("the example", np.array([1.0]), np.array([2.0]), np.array([3.0]), 0.1, 0.9),
        ("the first step, from a velocity of 0", *rng.normal(0, 2, 3)[:, None] * [[1.0], [0.0], [1.0]], 0.2, 0.8),
    ]
    for name, *given in cases:
        _check_momentum(submitted(*given), name, given)
    w, velocity = np.array([5.0, -3.0]), np.zeros(2)
    for step in range(1, 6):
        given = w, velocity, w * [1.0, 10.0], 0.05, 0.9
        _check_momentum(submitted(*given), f"step {step} of five in a row", given)
        w, velocity = steps.momentum_step(*given)
    return "The velocity gathers the gradients, w moves along it, and nothing that was given has changed."


def _check_momentum(value, name, given):
    w, velocity = expect_tuple(value, 2, f"The result for {name}", ("w", "velocity"))
    new_w, new_velocity = steps.momentum_step(*given)
    because = steps.velocity_mistakes(*given)
    expect_close(velocity, new_velocity, **ROUNDING, because=because, what=f"The new velocity for {name}")
    because = steps.momentum_weight_mistakes(*given)
    expect_close(w, new_w, **ROUNDING, because=because, what=f"The new w for {name}")


@exercise("4.2", title="One step of Adam")
def adam_step(submitted):
    """Early and late steps, a large epsilon, entries without a gradient, the settings left out, then steps in a row."""
    rng = np.random.default_rng(42)
    nothing = np.zeros(3), np.zeros(3)
    sparse = rng.normal(size=(4, 3)) * [1.0, 0.0, 1.0]
    cases = [
        ("step 3, 4 numbers", *_adam_state(rng, 4), 3, 0.5, 0.8, 0.95, 0.3),
        ("step 1, from means of 0", rng.normal(size=3), *nothing, rng.normal(0, 2, 3), 1, 0.5, 0.7, 0.9, 0.2),
        ("step 40, shape (2, 3)", *_adam_state(rng, (2, 3)), 40, 0.3, 0.9, 0.97, 0.1),
        ("step 2, one entry without any gradient", *sparse[:2], sparse[2] ** 2, sparse[3], 2, 0.5, 0.9, 0.99, 0.01),
        ("the example", np.array([1.0]), np.zeros(1), np.zeros(1), np.array([2.0]), 1, 0.1, 0.9, 0.999, 1e-8),
    ]
    for name, *given in cases:
        with np.errstate(all="ignore"):
            value = submitted(*given)
        _check_adam(value, name, given)
    settings = 0.001, 0.9, 0.999, 1e-8
    w, mean, square = rng.normal(size=3), np.zeros(3), np.zeros(3)
    for t in range(1, 5):
        given = w, mean, square, rng.normal(size=3), t
        _check_adam(submitted(*given), f"step {t}, with the settings left out", (*given, *settings))
        w, mean, square = steps.adam_step(*given)
    return "Both means, both corrections, epsilon outside the root: the first step is as long as the learning rate."


def _adam_state(rng, shape):
    """w, mean, mean square and gradient, with the mean square apart from the square of the mean."""
    return rng.normal(size=shape), rng.normal(size=shape), rng.uniform(0.5, 2, shape), rng.normal(0, 2, shape)


def _check_adam(value, name, given):
    w, mean, square = expect_tuple(value, 3, f"The result for {name}", ("w", "mean", "mean_square"))
    right = steps.adam_step(*given)
    because = steps.adam_mean_mistakes(*given)
    expect_close(mean, right[1], **ROUNDING, because=because, what=f"The new mean for {name}")
    because = steps.adam_square_mistakes(*given)
    expect_close(square, right[2], **ROUNDING, because=because, what=f"The new mean square for {name}")
    because = steps.adam_weight_mistakes(*given)
    expect_close(w, right[0], **ROUNDING, because=because, what=f"The new w for {name}")


@exercise("4.3", title="Warm-up and cosine")
def warm_up_and_cosine(submitted):
    """Every step of a run and its end; a warm-up of one step; none at all."""
    for total_steps, warm_up_steps, peak in (12, 4, 0.2), (25, 5, 3.0), (9, 1, 0.5), (8, 0, 0.1):
        name = f"total_steps {total_steps}, warm_up_steps {warm_up_steps}, peak {peak:g}"
        rates = []
        for step in range(total_steps + 1):
            value = _call_schedule(submitted, step, total_steps, warm_up_steps, peak)
            rates.append(expect_number(plain_number(value), f"The rate of step {step} for {name}"))
        right = [steps.warm_up_and_cosine(step, total_steps, warm_up_steps, peak) for step in range(total_steps + 1)]
        rates, right = np.array(rates), np.array(right)
        parts = (
            ("warm-up", slice(None, warm_up_steps), steps.warm_up_mistakes, f"0 to {warm_up_steps - 1}"),
            ("cosine", slice(warm_up_steps, None), steps.cosine_mistakes, f"{warm_up_steps} to {total_steps}"),
        )
        for part, where, mistakes, which in parts:
            if right[where].size:
                what = f"The {part} (the rates of steps {which}) for {name}"
                because = mistakes(total_steps, warm_up_steps, peak)
                expect_close(rates[where], right[where], **ROUNDING, because=because, what=what)
    return "A straight line up, half a cosine down to 0, and no warm-up where none is asked for."


def _call_schedule(submitted, step, total_steps, warm_up_steps, peak):
    try:
        return submitted(step, total_steps, warm_up_steps, peak)
    except LearnerError as error:
        if not warm_up_steps and "ZeroDivisionError" in error.kinds:
            error.hint = "Here `warm_up_steps` is 0, so no warm-up. Ask `step < warm_up_steps` before you divide."
        raise


@exercise("4.4", title="Mend the step of a reused network")
def head_step(submitted):
    """Running statistics unlike the batch's, several shapes, sums so small that 1e-5 counts, then one example alone."""
    rng = np.random.default_rng(44)
    for name, n, n_inputs, n_units, n_classes, size in (
        ("6 examples, 4 inputs, 5 units, 3 classes", 6, 4, 5, 3, 1.0),
        ("9 examples, 3 inputs, 3 units, 2 classes, with small sums", 9, 3, 3, 2, 0.005),
        ("a batch of one example", 1, 4, 6, 3, 1.0),
    ):
        given = *_body_and_head(rng, n_inputs, n_units, n_classes, size), rng.normal(1, 2, (n, n_inputs))
        given = *given, rng.integers(0, n_classes, n), 0.7
        with np.errstate(all="ignore"):
            value = submitted(*given)
        _check_head_step(value, name, given)
    return "The body stands still, its running statistics too; the head takes one step downhill."


def _body_and_head(rng, n_inputs, n_units, n_classes, size):
    """`size` is about the size of the sums in the body."""
    body = {
        "weight": size * rng.normal(size=(n_inputs, n_units)),
        "bias": size * rng.normal(size=n_units),
        "running_mean": size * rng.normal(size=n_units),
        "running_variance": size**2 * rng.uniform(0.5, 3, n_units),
    }
    return body, {"weight": rng.normal(size=(n_units, n_classes)), "bias": rng.normal(size=n_classes)}


def _check_head_step(value, name, given):
    old_body, old_head = given[:2]
    body, head = expect_tuple(value, 2, f"The result for {name}", ("body", "head"))
    body = _dict_of_arrays(body, old_body, f"The body for {name}")
    head = _dict_of_arrays(head, old_head, f"The head for {name}")
    moved = [key for key in old_body if not np.allclose(body[key], old_body[key], rtol=1e-5, atol=1e-12)]
    right = networks.moved_head(networks.features(old_body, given[2]), old_head, *given[3:])
    row, right_row = (networks.joined(each, networks.HEAD_NAMES) for each in (head, right))
    head_is_right = np.allclose(row, right_row, **ROUNDING)
    of_head = () if head_is_right else networks.known_head_mistake(row, given)
    mistakes = [*networks.body_mistakes(moved), *of_head]
    if mistakes and (head_is_right or of_head):
        count = ("One mistake is", "Two mistakes are", "Three mistakes are", "Four mistakes are")[len(mistakes) - 1]
        raise Diagnosis(f"{count} left, as the result for {name} shows.", hint=" ".join(mistakes))
    if moved:
        raise Diagnosis(f"The body for {name} has changed: {', '.join(moved)}.", hint=" ".join(mistakes))
    for key in networks.HEAD_NAMES:
        expect_close(head[key], right[key], **ROUNDING, what=f"The head's {key} for {name}")


def _dict_of_arrays(value, like, what):
    """A dict with the keys, shapes and finite numbers of `like`, as plain arrays."""
    value = expect_dict(value, list(like), what)
    return {key: expect_array(value[key], like[key].shape, what=f"{what}, {key!r},") for key in like}


@exercise("4.5", title="The gradients of an autoencoder")
def autoencoder_gradients(submitted):
    """Shapes that differ, shapes that are square, where a missing transpose is silent, and the example by hand."""
    rng = np.random.default_rng(45)
    one = np.ones((1, 1))
    cases = [
        ("5 examples, 4 inputs, 3 hidden units", _autoencoder_inputs(rng, 5, 4, 3)),
        ("3 examples, 3 inputs, 3 hidden units", _autoencoder_inputs(rng, 3, 3, 3)),
        ("2 examples, 3 inputs, 6 hidden units", _autoencoder_inputs(rng, 2, 3, 6)),
        ("the example", (one, 0 * one, np.zeros(1), 2 * one, np.ones(1))),
    ]
    for name, given in cases:
        loss, gradients = expect_tuple(submitted(*given), 2, f"The result for {name}", ("loss", "gradients"))
        right_loss, right = networks.autoencoder_gradients(*given)
        because = networks.autoencoder_loss_mistakes(*given)
        expect_close(plain_number(loss), right_loss, **ROUNDING, because=because, what=f"The loss for {name}")
        gradients = expect_dict(gradients, networks.AUTOENCODER_NAMES, f"The second value for {name}")
        mistakes = networks.autoencoder_gradient_mistakes(*given)
        for part in reversed(networks.AUTOENCODER_NAMES):  # the way back begins at the decoder
            what = f"The gradient of {part} for {name}"
            expect_close(gradients[part], right[part], **ROUNDING, because=mistakes[part], what=what)
    return "The loss and all four gradients, through the linear decoder and the sigmoid."


def _autoencoder_inputs(rng, n, n_inputs, n_hidden):
    """x, encoder weight and bias, decoder weight and bias."""
    shapes = (n, n_inputs), (n_inputs, n_hidden), (n_hidden,), (n_hidden, n_inputs), (n_inputs,)
    return tuple(rng.normal(0, 1.2, shape) for shape in shapes)


MANY_IMAGES, PIXELS, BATCH = 3000, 784, 20
SHARE = 1 / 15  # of the slow one's time. The batch alone takes about 1/150, all images in one array 1/8 or more
FEWEST_ROUNDS, MOST_ROUNDS = 2, 5  # side by side; the shortest counts, which other work on the machine disturbs least


@exercise("4.6", title="Find the bottleneck")
def next_batch(submitted):
    """The numbers, with a blank image and repeated indices; then the time, side by side with the slow one."""
    rng = np.random.default_rng(46)
    images = _random_images(rng, 12, 30)
    blank = images.copy()
    blank[4] = 17
    cases = [
        ("12 images, 5 indices", images, np.array([7, 2, 11, 0, 5])),
        ("indices that repeat", images, np.array([3, 9, 3, 1])),
        ("one index", images, np.array([6])),
        ("a blank image", blank, np.array([8, 4, 1])),
    ]
    for name, pictures, indices in cases:
        with np.errstate(all="ignore"):
            value = submitted(pictures, indices)
        _check_batch(value, pictures, indices, f"The batch for {name}")
    _check_time(submitted, rng)
    return "The same numbers in any order of indices, and work for the batch alone: under 1/15 of the slow one's time."


def _random_images(rng, count, pixels):
    """Whole numbers 0 to 255, as image files hold them; each image has a brightness and a contrast of its own."""
    low = rng.integers(0, 100, (count, 1))
    return rng.integers(low, low + rng.integers(20, 150, (count, 1)), (count, pixels)).astype(np.uint8)


def _check_batch(value, images, indices, what):
    because = networks.batch_mistakes(images, indices)
    expect_close(value, networks.next_batch(images, indices), rtol=1e-4, atol=1e-5, because=because, what=what)


def _check_time(submitted, rng):
    """Other images and indices in each round, so that what is kept from an earlier call does not count."""
    yours, slow = np.inf, np.inf
    for place in range(MOST_ROUNDS):
        images, indices = _random_images(rng, MANY_IMAGES, PIXELS), rng.permutation(MANY_IMAGES)[:BATCH]
        started = perf_counter()
        value = submitted(images, indices)
        between = perf_counter()
        expected = networks.slow_next_batch(images, indices)
        yours, slow = min(yours, between - started), min(slow, perf_counter() - between)
        what = f"The batch of {BATCH} for {MANY_IMAGES:,} images"
        expect_close(value, expected, rtol=1e-4, atol=1e-5, what=what)
        if place + 1 >= FEWEST_ROUNDS and yours <= SHARE * slow:
            return
    raise Diagnosis(
        f"The numbers are right, and the time is not: {1000 * yours:.1f} ms for {BATCH} of {MANY_IMAGES:,} images. The "
        f"slow version takes {1000 * slow:.1f} ms here; wanted is 1/{1 / SHARE:.0f} of that or less.",
        hint=f"All {MANY_IMAGES:,} images are worked on, to keep {BATCH} of them. Take the batch out first, "
        "`images[indices]`, and standardize that.",
    )


@exercise("4.7", title="A plan for the stopwatch")
def timing_plan(submitted):
    """Carried out on a simulated device that works through a queue."""
    return examine_plan(submitted())


@exercise("4.8", title="The joint gradient")
def joint_gradients(submitted):
    """Unequal counts, equal ones, a process without examples, one process alone, counts as arrays give them."""
    rng = np.random.default_rng(48)
    shapes = {"dense1.weight": (3, 2), "dense1.bias": (2,), "dense2.weight": (2, 4)}
    example = [{"w": np.array([2.0])}, {"w": np.array([6.0])}]
    cases = [
        ("3, 1 and 6 examples", _process_gradients(rng, shapes, 3), [3, 1, 6]),
        ("2 and 5 examples", _process_gradients(rng, shapes, 2), [2, 5]),
        ("the example", example, [3, 1]),
        ("32, 32 and 31 examples", _process_gradients(rng, shapes, 3), [32, 32, 31]),
        ("16 and 16 examples", _process_gradients(rng, shapes, 2), [16, 16]),
        ("5, 0 and 3 examples", _process_gradients(rng, shapes, 3), [5, 0, 3]),
        ("one process alone", _process_gradients(rng, shapes, 1), [7]),
    ]
    for name, gradients, counts in cases:
        names = list(gradients[0])
        joint = expect_dict(submitted(gradients, counts), names, f"The result for {name}")
        right = networks.joint_gradients(gradients, counts)
        for parameter in names:
            because = networks.joint_mistakes(gradients, counts, parameter)
            what = f"The gradient of {parameter} for {name}"
            expect_close(joint[parameter], right[parameter], **ROUNDING, because=because, what=what)
    return "Each process counts by its examples: the result is what one process with the joint batch would get."


def _process_gradients(rng, shapes, n_processes):
    return [{name: rng.normal(0, 2, shape) for name, shape in shapes.items()} for _ in range(n_processes)]
