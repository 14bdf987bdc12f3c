"""Wrong answers to the exercises of chapter 4: WRONG has (number, function, words of the diagnosis it must get)."""

import math

import numpy as np

from right_answers_ch04 import (
    adam_folded,
    autoencoder_by_example,
    batch_at_once,
    head_by_example,
    joint_by_average,
    momentum_by_entry,
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


WRONG = [
    ("4.1", momentum_with(lambda v, g, eta, mu: mu * v + (1 - mu) * g), "multiplied by 1 - mu"),
    ("4.1", momentum_with(lambda v, g, eta, mu: mu * v - g), "The gradient is subtracted"),
    (
        "4.1",
        momentum_with(lambda v, g, eta, mu: mu * v - g, lambda w, old, new, g, eta, mu: w + eta * new),
        "The gradient is subtracted",
    ),
    ("4.1", momentum_with(lambda v, g, eta, mu: g), "The old velocity is missing"),
    ("4.1", momentum_with(lambda v, g, eta, mu: mu * v), "The gradient is missing"),
    ("4.1", momentum_with(lambda v, g, eta, mu: v), "The velocity did not change"),
    ("4.1", momentum_with(lambda v, g, eta, mu: v + g), "`momentum` is missing"),
    ("4.1", momentum_with(lambda v, g, eta, mu: mu * (v + g)), "multiplies both"),
    ("4.1", momentum_with(lambda v, g, eta, mu: mu * v + eta * g), "The learning rate is in the velocity"),
    ("4.1", momentum_with(lambda v, g, eta, mu: mu * v - eta * g), "and so is the sign"),
    ("4.1", momentum_with(lambda v, g, eta, mu: v + mu * g), "shares are exchanged"),
    ("4.1", momentum_with(w=lambda w, old, new, g, eta, mu: w - eta * old), "along the old velocity"),
    (
        "4.1",
        momentum_with(w=lambda w, old, new, g, eta, mu: w - eta * (g + mu * new)),
        "Nesterov's step",
    ),
    ("4.1", momentum_with(w=lambda w, old, new, g, eta, mu: w + eta * new), "w climbs"),
    ("4.1", momentum_with(w=lambda w, old, new, g, eta, mu: w - eta * g), "velocity is not used"),
    ("4.1", momentum_with(w=lambda w, old, new, g, eta, mu: w - new), "learning rate is missing"),
    ("4.1", momentum_with(w=lambda w, old, new, g, eta, mu: w), "w did not move"),
    ("4.1", momentum_with(w=lambda w, old, new, g, eta, mu: -eta * new), "That is the step alone"),
    ("4.1", momentum_with(lambda v, g, eta, mu: (1 - mu) * v + mu * g), "the gradient is added whole"),
    ("4.1", momentum_with(lambda v, g, eta, mu: (1 - mu) * v + g), "The velocity keeps 1 - mu"),
    ("4.1", momentum_with(lambda v, g, eta, mu: mu * g), "the old velocity is missing"),
    ("4.1", momentum_with(lambda v, g, eta, mu: g - mu * v), "old velocity has the wrong sign"),
    ("4.1", momentum_with(lambda v, g, eta, mu: eta * (mu * v + g)), "learning rate multiplies the velocity"),
    ("4.1", lambda *given: momentum_by_entry(*given)[::-1], "swapped. Return w first"),
    ("4.1", lambda *given: momentum_by_entry(*given)[0], "expected 2 values (w, velocity)"),
    ("4.1", lambda w, velocity, *given: (w, velocity), "The velocity did not change"),
    ("4.1", lambda w, velocity, gradient, rate, share: (w, w), "That is w as it was given"),
    ("4.1", lambda *given: None, "forget `return`"),
    ("4.2", adam_with(corrections=lambda b1, b2, t: (1, 1)), "The bias correction is missing"),
    ("4.2", adam_with(corrections=lambda b1, b2, t: (1 - b1**t, 1)), "The correction of s is missing"),
    ("4.2", adam_with(corrections=lambda b1, b2, t: (1, 1 - b2**t)), "The correction of m is missing"),
    ("4.2", adam_with(corrections=lambda b1, b2, t: (1 - b1 ** (t - 1), 1 - b2 ** (t - 1))), "t is counted from 0"),
    ("4.2", adam_with(corrections=lambda b1, b2, t: (1 - b1 ** (t + 1), 1 - b2 ** (t + 1))), "The exponent is t + 1"),
    ("4.2", adam_with(corrections=lambda b1, b2, t: (1 - b1 * t, 1 - b2 * t)), "beta is multiplied by t"),
    ("4.2", adam_with(corrections=lambda b1, b2, t: (1 - b1**t, 1 - b1**t)), "Both corrections use beta1"),
    ("4.2", adam_with(corrections=lambda b1, b2, t: (1 - b2**t, 1 - b1**t)), "exchanged in the correction"),
    ("4.2", adam_with(corrections=lambda b1, b2, t: (1 - b1, 1 - b2)), "`t` is not in the correction"),
    ("4.2", adam_with(corrections=lambda b1, b2, t: (1 - b1 ** (t - 1), 1 - b2**t)), "in the correction of m"),
    ("4.2", adam_with(corrections=lambda b1, b2, t: ((1 - b1) ** t, (1 - b2) ** t)), "Only beta is"),
    ("4.2", adam_with(corrections=lambda b1, b2, t: (b1**t, b2**t)), "The 1 is missing in the correction"),
    ("4.2", adam_with(corrections=lambda b1, b2, t: (1 + b1**t, 1 + b2**t)), "sign in the correction"),
    ("4.2", adam_with(corrections=lambda b1, b2, t: (1 - 0.9**t, 1 - 0.999**t)), "The correction has beta1 = 0.9"),
    ("4.2", adam_with(corrections=lambda b1, b2, t: (1 - b1 ^ t, 1)), "A power is written `**`"),
    ("4.2", adam_with(step=lambda m, s, epsilon: m / (math.sqrt(s) + epsilon)), "The functions of `math`"),
    ("4.2", adam_without_parentheses, "`mean / 1 - beta1**t` divides by 1"),
    ("4.2", adam_with_epsilon_added_to_w, "`epsilon` is added to w"),
    ("4.2", adam_as_rmsprop, "That is RMSProp's step"),
    (
        "4.2",
        lambda w, *given: (adam_folded(w, *given)[0] - w, *adam_folded(w, *given)[1:]),
        "the step alone, without w",
    ),
    ("4.2", adam_with(step=lambda m, s, epsilon: m / np.sqrt(s + epsilon)), "`epsilon` is inside the root"),
    ("4.2", adam_with(step=lambda m, s, epsilon: m / np.sqrt(s)), "The given `epsilon` does not count"),
    ("4.2", adam_with(step=lambda m, s, epsilon: m / (np.sqrt(s) + 1e-8)), "The given `epsilon` does not count"),
    ("4.2", adam_epsilon_first, "added before s is corrected"),
    ("4.2", adam_with(step=lambda m, s, epsilon: m / (s + epsilon)), "The root is missing"),
    ("4.2", adam_with(step=lambda m, s, epsilon: -m / (np.sqrt(s) + epsilon)), "w climbs"),
    ("4.2", adam_with(step=lambda m, s, epsilon: m), "The mean square is not used"),
    ("4.2", adam_with(step=lambda m, s, epsilon: s / (np.sqrt(np.abs(m)) + epsilon)), "The new w for step 3"),
    ("4.2", adam_steps_with_the_old_averages, "The means from before this step"),
    ("4.2", adam_with_l2, "as an L2 penalty has it"),
    ("4.2", adam_with_decay, "weight decay is not part"),
    ("4.2", adam_for_the_usual_settings, "yours is 0.001"),
    ("4.2", adam_with(kept=lambda m, s, by: (s, m)), "m and s are swapped"),
    ("4.2", adam_with(kept=lambda m, s, by: (m / by[0], s / by[1])), "The corrected mean is returned"),
    ("4.2", adam_with(kept=lambda m, s, by: (m, s / by[1])), "The corrected mean square is returned"),
    ("4.2", adam_with(kept=lambda m, s, by: (m, np.sqrt(s))), "The root is returned"),
    ("4.2", adam_with(mean=lambda m, g, b1, b2: b1 * m + g), "1 - beta1 is missing"),
    ("4.2", adam_with(mean=lambda m, g, b1, b2: (1 - b1) * m + b1 * g), "shares are exchanged: the old mean keeps"),
    ("4.2", adam_with(mean=lambda m, g, b1, b2: b2 * m + (1 - b2) * g), "`beta2` is in the mean"),
    ("4.2", adam_with(mean=lambda m, g, b1, b2: b1 * m + (1 - b1) * g**2), "squared in the mean"),
    ("4.2", adam_with(mean=lambda m, g, b1, b2: m), "The mean did not change"),
    ("4.2", adam_with(square=lambda s, g, b1, b2: b2 * s + (1 - b2) * g), "The gradient is not squared"),
    ("4.2", adam_with(square=lambda s, g, b1, b2: b1 * s + (1 - b1) * g**2), "`beta1` is in the mean square"),
    ("4.2", adam_with(square=lambda s, g, b1, b2: b2 * s + g**2), "1 - beta2 is missing"),
    ("4.2", adam_with(square=lambda s, g, b1, b2: s), "The mean square did not change"),
    ("4.2", adam_with(mean=lambda m, g, b1, b2: 0.9 * m + 0.1 * g), "`beta1` does not count in the mean"),
    (
        "4.2",
        adam_with(square=lambda s, g, b1, b2: 0.999 * s + 0.001 * g**2),
        "`beta2` does not count in the mean square",
    ),
    ("4.2", adam_with(square=lambda s, g, b1, b2: b2 * s + (1 - b2) * g * 2), "doubled, not squared"),
    ("4.2", adam_with(square=lambda s, g, b1, b2: b2 * s + (1 - b2) * np.sum(g**2)), "added up over the entries"),
    ("4.2", adam_with(square=lambda s, g, b1, b2: b2 * s + (1 - b2) * np.mean(g**2)), "averaged over the entries"),
    ("4.2", lambda *given: [adam_folded(*given)[place] for place in (1, 2, 0)], "Return w, mean, mean_square"),
    ("4.2", lambda *given: adam_folded(*given)[0], "expected 3 values (w, mean, mean_square)"),
    ("4.2", adam_without_defaults, "could not be called"),
    ("4.2", lambda *given: None, "forget `return`"),
    ("4.3", schedule_with(up=lambda step, warm_up: step / warm_up), "off by one: step 0 has the rate 0"),
    ("4.3", schedule_with(up=lambda step, warm_up: (step + 1) / (warm_up + 1)), "one step too late"),
    ("4.3", schedule_with(up=lambda step, warm_up: step / max(warm_up - 1, 1)), "It starts at peak / warm_up_steps"),
    ("4.3", schedule_with(up=lambda step, warm_up: 1.0), "the first steps have the full rate"),
    ("4.3", schedule_with(up=lambda step, warm_up: 1 / warm_up), "`step` is not in it"),
    ("4.3", schedule_with(up=lambda step, warm_up: step + 1), "The division is missing"),
    ("4.3", schedule_with(up=lambda step, warm_up: 0.0), "that rounds down"),
    ("4.3", lambda *given: cosine_alone(*given), "before its start"),
    ("4.3", schedule_that_warms_up_if(lambda step, warm_up: step + 1 < warm_up), "ends one step too early"),
    ("4.3", schedule_that_warms_up_if(lambda step, warm_up: step <= warm_up), "not `<=`"),
    ("4.3", schedule_that_warms_up_if(lambda step, warm_up: step >= warm_up), "before its start"),
    (
        "4.3",
        schedule_with(share=lambda step, total, warm_up: (step - warm_up) / (total - warm_up + 1)),
        "A step too many",
    ),
    (
        "4.3",
        schedule_with(share=lambda step, total, warm_up: step - warm_up / total - warm_up),
        "Parentheses are missing",
    ),
    (
        "4.3",
        schedule_with(share=lambda step, total, warm_up: (step - warm_up) // (total - warm_up)),
        "rounds the share",
    ),
    ("4.3", schedule_with(down=lambda share: np.cos(np.pi * share) / 2), "The 1 is missing"),
    ("4.3", schedule_with(down=lambda share: 1 + np.cos(np.pi * share) / 2), "takes the cosine alone"),
    ("4.3", schedule_without_parentheses, "`peak` multiplies all"),
    (
        "4.3",
        lambda step, total, warm_up, peak: peak * (1 + np.cos(np.pi * step / total)) / 2,
        "cosine begins at step 0",
    ),
    ("4.3", schedule_with(share=lambda step, total, warm_up: step / total), "The cosine begins at step 0, so"),
    ("4.3", schedule_with(share=lambda step, total, warm_up: (step - warm_up) / total), "does not reach 0"),
    (
        "4.3",
        schedule_with(share=lambda step, total, warm_up: (step - warm_up) / (total - warm_up - 1)),
        "reaches 0 one step too early",
    ),
    (
        "4.3",
        schedule_with(share=lambda step, total, warm_up: (step - warm_up + 1) / (total - warm_up + 1)),
        "starts one step too early",
    ),
    ("4.3", schedule_with(down=lambda share: (1 + np.cos(180 * share)) / 2), "Degrees for radians"),
    ("4.3", schedule_with(down=lambda share: (1 + np.cos(share)) / 2), "pi is missing"),
    ("4.3", schedule_with(down=lambda share: (1 + np.cos(2 * np.pi * share)) / 2), "a whole turn"),
    ("4.3", schedule_with(down=lambda share: np.cos(np.pi * share / 2)), "a quarter of a turn"),
    ("4.3", schedule_with(down=lambda share: np.cos(np.pi * share)), "becomes negative"),
    ("4.3", schedule_with(down=lambda share: 1 + np.cos(np.pi * share)), "division by 2 is missing"),
    ("4.3", schedule_with(down=lambda share: (1 - np.cos(np.pi * share)) / 2), "That climbs"),
    ("4.3", schedule_with(down=lambda share: 1 - share), "in a straight line"),
    ("4.3", schedule_with(down=lambda share: 1.0), "stays at the peak"),
    ("4.3", lambda *given: schedule_by_halves(*given) / given[-1], "`peak` is missing in the warm-up"),
    ("4.3", schedule_divides_first, "Here `warm_up_steps` is 0"),
    ("4.3", lambda *given: [schedule_by_halves(*given)] * 2, "expected a number"),
    ("4.3", lambda *given: None, "forget `return`"),
    ("4.4", head_with(by_the_batch, body_after=moving_statistics), "Two mistakes are left"),
    ("4.4", head_with(by_the_batch), "normalized by the mean and variance of this batch"),
    ("4.4", head_with(body_after=moving_statistics), "running statistics move"),
    ("4.4", head_with(body_after=updated_body), "weights or biases are updated"),
    (
        "4.4",
        head_with(by_the_batch, body_after=lambda body, sums: moving_statistics(updated_body(body, sums), sums)),
        "Three mistakes are left",
    ),
    (
        "4.4",
        head_with(by_the_batch, delta=lambda logits, p, one_hot: p - one_hot, body_after=moving_statistics),
        "The sum over the batch is taken",
    ),
    ("4.4", head_with(delta=lambda logits, p, one_hot: p - one_hot), "The sum over the batch is taken"),
    ("4.4", head_with(rate=-1), "The sign is turned around"),
    ("4.4", head_with(delta=lambda logits, p, one_hot: p / len(p)), "The labels are not subtracted"),
    ("4.4", head_with(delta=lambda logits, p, one_hot: (logits - one_hot) / len(p)), "Softmax is missing"),
    ("4.4", head_with(bias=False), "The head's bias did not move"),
    (
        "4.4",
        head_with(lambda sums, body: (sums - body["running_mean"]) / np.sqrt(body["running_variance"] + 1e-5)),
        "ReLU is missing",
    ),
    (
        "4.4",
        head_with(lambda sums, body: np.maximum((sums - body["running_mean"]) / body["running_variance"], 0)),
        "The root is missing",
    ),
    (
        "4.4",
        head_with(lambda sums, body: by_running(sums, body, epsilon=0)),
        "The 1e-5 does not stand under the root",
    ),
    (
        "4.4",
        head_with(
            lambda sums, body: np.maximum((sums - body["running_mean"]) / (np.sqrt(body["running_variance"]) + 1e-5), 0)
        ),
        "The 1e-5 does not stand under the root",
    ),
    ("4.4", head_with(lambda sums, body: by_running(sums, moving_statistics(body, sums))), "moved already"),
    (
        "4.4",
        head_with(lambda sums, body: by_running(sums, moving_statistics(body, sums)), body_after=moving_statistics),
        "Two mistakes are left",
    ),
    ("4.4", head_with(lambda sums, body: np.maximum(sums, 0)), "The sums are not normalized"),
    ("4.4", lambda body, head, *given: (body, head), "The head did not move"),
    (
        "4.4",
        lambda body, head, *given: (updated_body(body, 0), {**head, "bias": head["bias"] + 1}),
        "has changed",
    ),
    ("4.4", head_with(rate=1.5), "The head's weight for 6 examples"),
    ("4.4", lambda *given: head_by_example(*given)[::-1], "lacks 'running_mean', 'running_variance'"),
    ("4.4", lambda *given: head_by_example(*given)[1], "expected 2 values (body, head)"),
    ("4.4", lambda body, head, *given: (body, {"weight": head["weight"]}), "lacks 'bias'"),
    ("4.4", lambda body, head, *given: (body, {**head, "weight": head["weight"].T}), "It is transposed"),
    ("4.4", lambda *given: None, "forget `return`"),
    ("4.5", autoencoder_with(0.5), "The 2 is missing"),
    ("4.5", autoencoder_with(loss=lambda squares: squares.sum() / len(squares)), "averaged over the batch alone"),
    ("4.5", autoencoder_with(loss=np.sum), "The squares are added up"),
    ("4.5", autoencoder_with(loss=lambda squares: np.mean(squares) / 2), "The loss is halved"),
    ("4.5", autoencoder_with(loss=lambda squares: np.sqrt(np.mean(squares))), "The root is taken"),
    ("4.5", autoencoder_with(slope=np.ones_like), "sigmoid's derivative is missing"),
    ("4.5", autoencoder_with(slope=lambda h: 1 - h**2), "derivative of tanh"),
    ("4.5", autoencoder_with(slope=lambda h: h * (h - 1)), "Yours is h (h - 1)"),
    ("4.5", autoencoder_with(of_rebuilt=lambda r, x: 2 * (r - x) / x.size * r * (1 - r)), "The decoder is linear"),
    ("4.5", autoencoder_with(of_rebuilt=lambda r, x: (r - x) ** 2 / x.size), "The errors are squared"),
    ("4.5", autoencoder_with(of_rebuilt=lambda r, x: 2 * (r - x) / len(x)), "divided by the batch alone"),
    ("4.5", autoencoder_with(slope=lambda h: 1 / (2 + np.exp(h) + np.exp(-h))), "comes out of the sigmoid already"),
    ("4.5", autoencoder_with(0.5, slope=np.ones_like), "The 2 is missing"),
    ("4.5", autoencoder_with(outputs=lambda h, weight, bias: h @ weight), "`decoder_bias` is missing"),
    ("4.5", autoencoder_with(hidden_of=lambda sums: sums), "The encoder has no sigmoid"),
    (
        "4.5",
        autoencoder_with(outputs=lambda h, weight, bias: 1 / (1 + np.exp(-(h @ weight + bias)))),
        "The decoder has a sigmoid",
    ),
    (
        "4.5",
        autoencoder_with(parts=lambda g, dr: {"decoder_bias": dr.mean(axis=0)}),
        "taken once more",
    ),
    ("4.5", autoencoder_with(parts=lambda g, dr: {"decoder_bias": dr}), "not added up over the batch"),
    ("4.5", autoencoder_with(parts=lambda g, dr: {"encoder_bias": 0 * g["encoder_bias"]}), "it does not learn"),
    ("4.5", autoencoder_with(-1.0), "The sign is turned around"),
    ("4.5", autoencoder_not_transposed, "`decoder_weight` is not transposed"),
    ("4.5", lambda *given: autoencoder_by_example(*given)[1], "expected 2 values (loss, gradients)"),
    ("4.5", lambda *given: (autoencoder_by_example(*given)[0], {}), "lacks 'encoder_weight'"),
    ("4.5", lambda *given: None, "forget `return`"),
    ("4.6", image_by_image, "All 3,000 images are worked on"),
    ("4.6", all_images_first, "and the time is not"),
    ("4.6", keeper(), "values differ"),
    ("4.6", lambda images, indices: standardized(images[indices], axis=None), "taken over the whole batch"),
    ("4.6", lambda images, indices: standardized(images[indices], axis=0), "Each pixel is standardized over the batch"),
    ("4.6", lambda images, indices: standardized(images, axis=None)[indices], "deviation of all images"),
    ("4.6", lambda images, indices: standardized(images, axis=0)[indices], "standardized over all images"),
    ("4.6", lambda images, indices: standardized(images[indices], epsilon=0), "A blank image gives nan"),
    ("4.6", lambda images, indices: standardized(images[indices], ddof=1), "the one with n - 1"),
    ("4.6", lambda images, indices: images[indices].astype(float), "not standardized yet"),
    ("4.6", lambda images, indices: images[indices] - images[indices].mean(axis=1, keepdims=True), "division by the"),
    ("4.6", lambda images, indices: images[indices] / 255, "scaled to 0 to 1"),
    ("4.6", lambda images, indices: standardized(images[np.sort(indices)]), "in the order of their numbers"),
    ("4.6", lambda images, indices: standardized(images[list(dict.fromkeys(indices))]), "left out once"),
    ("4.6", lambda images, indices: standardized(images[indices], axis=1) * images[indices].std(), "values differ"),
    ("4.6", lambda images, indices: standardized(images), "All images come back"),
    ("4.6", lambda images, indices: standardized(images[: len(indices)]), "The first images come back"),
    ("4.6", lambda images, indices: batch_at_once(images, indices).astype(int), "The decimals are cut off"),
    ("4.6", lambda images, indices: batch_at_once(images, indices).astype(int).astype(np.uint8), "no negative numbers"),
    ("4.6", lambda images, indices: list(batch_at_once(images, indices)), "expected a NumPy array"),
    ("4.6", lambda images, indices: None, "forget `return`"),
    ("4.7", plan(CLOCK, RUN, CLOCK), "Two mistakes are left"),
    ("4.7", plan(WARM, CLOCK, RUN, CLOCK), "still wait in the queue"),
    ("4.7", plan(WAIT, CLOCK, RUN, WAIT, CLOCK), "There is no warm-up"),
    ("4.7", plan(WARM, WAIT, CLOCK, RUN, CLOCK), "device still works on them"),
    ("4.7", plan(WARM, WAIT, CLOCK, RUN, CLOCK, WAIT), "Your plan measures 2 ms"),
    ("4.7", plan(WARM, CLOCK, RUN, WAIT, CLOCK), "Your plan measures 220 ms"),
    ("4.7", plan(CLOCK, WARM, RUN, WAIT, CLOCK), "lies between the two readings"),
    ("4.7", plan(WAIT, WARM, CLOCK, RUN, WAIT, CLOCK), "still wait in the queue"),
    ("4.7", plan(WARM, WAIT, CLOCK, WAIT, CLOCK), "no steps run"),
    ("4.7", plan(WARM, WAIT, CLOCK, RUN, RUN, WAIT, CLOCK), "run 2 times"),
    ("4.7", plan(WARM, WAIT, RUN, WAIT, CLOCK), "The clock is read once"),
    ("4.7", plan(WARM, WAIT, RUN), "The clock is never read"),
    ("4.7", plan(CLOCK, WARM, WAIT, CLOCK, RUN, WAIT, CLOCK), "The clock is read 3 times"),
    ("4.7", plan("warmup", WAIT), "Word 1 of the plan is a text (str): 'warmup'"),
    ("4.7", plan(WARM, 3), "Word 2 of the plan is a number: 3"),
    ("4.7", plan(), "The plan is empty"),
    ("4.7", plan(*[WAIT] * 1000), "at most 20"),
    ("4.7", lambda: "warm up, synchronize", "Square brackets make a list"),
    ("4.7", lambda: None, "forget `return`"),
    ("4.8", joint_with(lambda count, counts: 1, len), "The plain mean over the processes"),
    ("4.8", joint_with(lambda count, counts: 1, lambda counts: 1), "The gradients are added up"),
    ("4.8", joint_with(lambda count, counts: 1), "they are not weighted"),
    ("4.8", joint_with(lambda count, counts: count, lambda counts: 1), "division by the number of all examples"),
    ("4.8", joint_with(lambda count, counts: count, len), "divided by the number of processes"),
    ("4.8", joint_with(lambda count, counts: count, max), "divided by the largest"),
    ("4.8", joint_with(lambda count, counts: count / len(counts)), "It is divided twice"),
    ("4.8", joint_with(lambda count, counts: sum(counts) - count), "The weights are turned around"),
    (
        "4.8",
        joint_with(lambda count, counts: max(count, 1), lambda counts: sum(max(count, 1) for count in counts)),
        "A process without examples counts nothing",
    ),
    ("4.8", lambda gradients, counts: gradients[-1], "Only the last process counts"),
    ("4.8", joint_overwritten, "Only the last process is in it"),
    ("4.8", lambda gradients, counts: gradients[0], "Only the first process counts"),
    ("4.8", lambda gradients, counts: joint_by_average(gradients[:-1], counts[:-1]), "The last process is left out"),
    ("4.8", lambda *given: list(joint_by_average(*given).values()), "expected a dict"),
    ("4.8", lambda *given: {**joint_by_average(*given), "more": 1}, "has 'more' besides"),
    ("4.8", lambda *given: None, "forget `return`"),
]
