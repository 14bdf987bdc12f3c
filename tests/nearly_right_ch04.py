"""Answers to the exercises of chapter 4 that are right but for one part, which the caller says."""

import numpy as np

from right_answers_ch04 import (
    adam_folded,
    autoencoder_by_example,
    schedule_by_halves,
)


def momentum_with(velocity=None, w=None):
    """A right answer but for the named part. velocity(v, g, eta, mu) and w(w, old v, new v, g, eta, mu)."""

    def answer(start, old, gradient, rate, share):
        new = velocity(old, gradient, rate, share) if velocity else share * old + gradient
        moved = w(start, old, new, gradient, rate, share) if w else start - rate * new
        return moved, new

    return answer


def adam_with(mean=None, square=None, corrections=None, step=None, kept=None):
    """A right answer but for the named part.

    mean(m, g, b1, b2), square(s, g, b1, b2), corrections(b1, b2, t) -> two divisors, step(m', s', epsilon) -> step over
    the rate, kept(m, s, divisors) -> the averages that are returned.
    """

    def answer(w, m, s, g, t, rate=0.001, beta1=0.9, beta2=0.999, epsilon=1e-8):
        m = mean(m, g, beta1, beta2) if mean else beta1 * m + (1 - beta1) * g
        s = square(s, g, beta1, beta2) if square else beta2 * s + (1 - beta2) * g**2
        divisors = corrections(beta1, beta2, t) if corrections else (1 - beta1**t, 1 - beta2**t)
        corrected = m / divisors[0], s / divisors[1]
        direction = step(*corrected, epsilon) if step else corrected[0] / (np.sqrt(corrected[1]) + epsilon)
        return w - rate * direction, *(kept(m, s, divisors) if kept else (m, s))

    return answer


def adam_steps_with_the_old_averages(w, m, s, g, t, rate=0.001, beta1=0.9, beta2=0.999, epsilon=1e-8):
    unbiased, unbiased_square = m / (1 - beta1**t), s / (1 - beta2**t)
    w = w - rate * unbiased / (np.sqrt(unbiased_square) + epsilon)
    return w, beta1 * m + (1 - beta1) * g, beta2 * s + (1 - beta2) * g**2


def adam_with_l2(w, m, s, g, t, rate=0.001, beta1=0.9, beta2=0.999, epsilon=1e-8):
    return adam_folded(w, m, s, g + 0.01 * w, t, rate, beta1, beta2, epsilon)


def adam_with_decay(w, m, s, g, t, rate=0.001, beta1=0.9, beta2=0.999, epsilon=1e-8):
    return adam_folded((1 - rate * 0.01) * w, m, s, g, t, rate, beta1, beta2, epsilon)


def adam_for_the_usual_settings(w, m, s, g, t, rate=0.001, beta1=0.9, beta2=0.999, epsilon=1e-8):
    return adam_folded(w, m, s, g, t, 0.001, beta1, beta2, epsilon)


def adam_epsilon_first(w, m, s, g, t, rate=0.001, beta1=0.9, beta2=0.999, epsilon=1e-8):
    m, s = beta1 * m + (1 - beta1) * g, beta2 * s + (1 - beta2) * g**2
    return w - rate * np.sqrt(1 - beta2**t) / (1 - beta1**t) * m / (np.sqrt(s) + epsilon), m, s


def adam_without_parentheses(w, m, s, g, t, rate=0.001, beta1=0.9, beta2=0.999, epsilon=1e-8):
    m, s = beta1 * m + (1 - beta1) * g, beta2 * s + (1 - beta2) * g**2
    corrected, corrected_square = m / 1 - beta1**t, s / 1 - beta2**t
    return w - rate * corrected / (np.sqrt(corrected_square) + epsilon), m, s


def adam_with_epsilon_added_to_w(w, m, s, g, t, rate=0.001, beta1=0.9, beta2=0.999, epsilon=1e-8):
    _, m, s = adam_folded(w, m, s, g, t, rate, beta1, beta2, epsilon)
    return w - rate * (m / (1 - beta1**t)) / np.sqrt(s / (1 - beta2**t)) + epsilon, m, s


def adam_as_rmsprop(w, m, s, g, t, rate=0.001, beta1=0.9, beta2=0.999, epsilon=1e-8):
    _, m, s = adam_folded(w, m, s, g, t, rate, beta1, beta2, epsilon)
    return w - rate * g / (np.sqrt(s) + epsilon), m, s


def adam_without_defaults(w, m, s, g, t, learning_rate, beta1, beta2, epsilon):
    return adam_folded(w, m, s, g, t, learning_rate, beta1, beta2, epsilon)


def schedule_with(up=None, down=None, share=None):
    """The exercise's schedule but for the named part: up(step, warm_up), share(step, total, warm_up), down(share)."""

    def answer(step, total_steps, warm_up_steps, peak):
        if step < warm_up_steps:
            return peak * (up(step, warm_up_steps) if up else (step + 1) / warm_up_steps)
        done = (
            share(step, total_steps, warm_up_steps) if share else (step - warm_up_steps) / (total_steps - warm_up_steps)
        )
        return peak * (down(done) if down else (1 + np.cos(np.pi * done)) / 2)

    return answer


def cosine_alone(step, total_steps, warm_up_steps, peak):
    return peak * (1 + np.cos(np.pi * (step - warm_up_steps) / (total_steps - warm_up_steps))) / 2


def schedule_that_warms_up_if(warming):
    """The exercise's schedule, with warming(step, warm_up_steps) in place of step < warm_up_steps."""

    def answer(step, total_steps, warm_up_steps, peak):
        if warming(step, warm_up_steps):
            return peak * (step + 1) / max(warm_up_steps, 1)
        return cosine_alone(step, total_steps, warm_up_steps, peak)

    return answer


def schedule_without_parentheses(step, total_steps, warm_up_steps, peak):
    if step < warm_up_steps:
        return peak * (step + 1) / warm_up_steps
    return peak * 1 + np.cos(np.pi * (step - warm_up_steps) / (total_steps - warm_up_steps)) / 2


def schedule_divides_first(step, total_steps, warm_up_steps, peak):
    rising = peak * (step + 1) / warm_up_steps
    return rising if step < warm_up_steps else schedule_by_halves(step, total_steps, warm_up_steps, peak)


def head_with(features=None, delta=None, body_after=None, bias=True, rate=1.0):
    """The exercise's step but for the named part.

    features(sums, body), delta(logits, probabilities, one_hot), body_after(body, sums) -> another body.
    """

    def answer(body, head, x, labels, learning_rate):
        sums = x @ body["weight"] + body["bias"]
        if features:
            inputs = features(sums, body)
        else:
            inputs = np.maximum((sums - body["running_mean"]) / np.sqrt(body["running_variance"] + 1e-5), 0)
        logits = inputs @ head["weight"] + head["bias"]
        probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
        one_hot = np.eye(len(head["bias"]))[labels]
        of_logits = delta(logits, probabilities, one_hot) if delta else (probabilities - one_hot) / len(x)
        new = {
            "weight": head["weight"] - rate * learning_rate * inputs.T @ of_logits,
            "bias": head["bias"] - bias * rate * learning_rate * of_logits.sum(axis=0),
        }
        return (body_after(body, sums) if body_after else body), new

    return answer


def by_the_batch(sums, body):
    return np.maximum((sums - sums.mean(axis=0)) / np.sqrt(sums.var(axis=0) + 1e-5), 0)


def moving_statistics(body, sums):
    mean = 0.9 * body["running_mean"] + 0.1 * sums.mean(axis=0)
    variance = 0.9 * body["running_variance"] + 0.1 * sums.var(axis=0, ddof=1 if len(sums) > 1 else 0)
    return {**body, "running_mean": mean, "running_variance": variance}


def by_running(sums, body, epsilon=1e-5):
    return np.maximum((sums - body["running_mean"]) / np.sqrt(body["running_variance"] + epsilon), 0)


def updated_body(body, sums):
    return {**body, "weight": 0.9 * body["weight"], "bias": body["bias"] + 0.01}


def autoencoder_with(factor=1.0, slope=None, loss=None, parts=None, outputs=None, hidden_of=None, of_rebuilt=None):
    """The exercise's gradients but for the named part.

    slope(h), loss(squares), parts(gradients, dr) changes gradients, outputs(h, V, c), hidden_of(sums),
    of_rebuilt(r, x).
    """

    def answer(x, encoder_weight, encoder_bias, decoder_weight, decoder_bias):
        sums = x @ encoder_weight + encoder_bias
        hidden = hidden_of(sums) if hidden_of else 1 / (1 + np.exp(-sums))
        linear = hidden @ decoder_weight + decoder_bias
        errors = (outputs(hidden, decoder_weight, decoder_bias) if outputs else linear) - x
        of_outputs = of_rebuilt(linear, x) if of_rebuilt else factor * 2 * errors / x.size
        of_sums = of_outputs @ decoder_weight.T * (slope(hidden) if slope else hidden * (1 - hidden))
        gradients = {
            "encoder_weight": x.T @ of_sums,
            "encoder_bias": of_sums.sum(axis=0),
            "decoder_weight": hidden.T @ of_outputs,
            "decoder_bias": of_outputs.sum(axis=0),
        }
        if parts:
            gradients |= parts(gradients, of_outputs)
        return (loss(errors**2) if loss else np.mean(errors**2)), gradients

    return answer


def autoencoder_not_transposed(x, encoder_weight, encoder_bias, decoder_weight, decoder_bias):
    given = x, encoder_weight, encoder_bias, decoder_weight, decoder_bias
    if decoder_weight.shape[0] != decoder_weight.shape[1]:
        return autoencoder_by_example(*given)
    hidden = 1 / (1 + np.exp(-(x @ encoder_weight + encoder_bias)))
    of_outputs = 2 * (hidden @ decoder_weight + decoder_bias - x) / x.size
    of_sums = of_outputs @ decoder_weight * hidden * (1 - hidden)
    loss, gradients = autoencoder_by_example(*given)
    return loss, gradients | {"encoder_weight": x.T @ of_sums, "encoder_bias": of_sums.sum(axis=0)}


def standardized(batch, axis=1, epsilon=1e-8, ddof=0):
    batch = batch.astype(float)
    spread = batch.std(axis=axis, keepdims=True, ddof=ddof)
    return (batch - batch.mean(axis=axis, keepdims=True)) / (spread + epsilon)


def all_images_first(images, indices):
    return standardized(images)[indices]


def image_by_image(images, indices):
    kept = np.zeros(images.shape)
    for row, image in enumerate(images):
        kept[row] = (image - image.mean()) / (image.std() + 1e-8)
    return kept[indices]


def keeper():
    """A function that standardizes the first images it sees, and keeps them for all later calls of the same size."""
    kept = {}

    def answer(images, indices):
        if images.shape not in kept or len(images) < 100:
            kept[images.shape] = standardized(images)
        return kept[images.shape][indices]

    return answer


def plan(*words):
    return lambda: list(words)


WARM, WAIT, CLOCK, RUN = "warm up", "synchronize", "read clock", "run steps"


def joint_with(weight, divide=None):
    """Each gradient times weight(count, counts), all divided by divide(counts)."""

    def answer(gradients, counts):
        by = divide(counts) if divide else sum(counts)
        return {
            name: sum(weight(count, counts) * each[name] for count, each in zip(counts, gradients, strict=True)) / by
            for name in gradients[0]
        }

    return answer


def joint_overwritten(gradients, counts):
    joint = {}
    for each, count in zip(gradients, counts, strict=True):
        for name in each:
            joint[name] = count / sum(counts) * each[name]
    return joint
