"""What the exercises of chapter 4 come to: the right values, and the value that each common mistake gives.

Nothing here calls a learner's function. A function `..._mistakes` returns {hint: wrong value}, without the mistakes
that give the right value for these inputs. Exercises 4.4, 4.5, 4.6 and 4.8 stand in mistakes_ch04_networks.py.
"""

import math

import numpy as np

ROUNDING = {"rtol": 1e-5, "atol": 1e-6}  # an answer computed in float32 is as good


def telling(right, mistakes):
    """The mistakes, {hint: wrong value}, that these inputs tell from the right value."""
    return {
        hint: wrong
        for hint, wrong in mistakes.items()
        if np.shape(wrong) != np.shape(right) or not np.allclose(wrong, right, **ROUNDING)
    }


# ---- 4.1: momentum --------------------------------------------------------------------------------------------------


def momentum_step(w, velocity, gradient, learning_rate, momentum):
    """w and velocity after one step."""
    velocity = momentum * velocity + gradient
    return w - learning_rate * velocity, velocity


def velocity_mistakes(w, velocity, gradient, learning_rate, momentum):
    """Of the new velocity: arrays like it."""
    new_w, right = momentum_step(w, velocity, gradient, learning_rate, momentum)
    mistakes = {
        "The gradient is multiplied by 1 - mu. That makes a running mean, as in Adam; here the velocity is a sum: "
        "v <- mu v + g.": momentum * velocity + (1 - momentum) * gradient,
        "The gradient is subtracted. The velocity adds the gradients up, and the step that follows is w - eta v.": (
            momentum * velocity - gradient
        ),
        "The two shares are exchanged: `momentum` is what the old velocity keeps, and the gradient is added whole.": (
            (1 - momentum) * velocity + momentum * gradient
        ),
        "The velocity keeps 1 - mu. `momentum` is the share that is kept, not the one that is lost.": (
            (1 - momentum) * velocity + gradient
        ),
        "`momentum` multiplies the gradient, and the old velocity is missing. v <- mu v + g.": momentum * gradient,
        "The old velocity has the wrong sign. v <- mu v + g.": gradient - momentum * velocity,
        "The old velocity is missing. That is plain gradient descent.": gradient,
        "The gradient is missing: the velocity fades away, and nothing pulls it downhill.": momentum * velocity,
        "The velocity did not change. Does your line begin with `velocity = `? v <- mu v + g.": velocity,
        "`momentum` is missing: the old velocity keeps all of its weight, and nothing slows it down.": velocity
        + gradient,
        "`momentum` multiplies both. It belongs to the old velocity alone: mu * v + g.": momentum
        * (velocity + gradient),
        "The two shares are exchanged: `momentum` belongs to the old velocity.": velocity + momentum * gradient,
        "The learning rate is in the velocity. It comes in the next line, where w moves.": momentum * velocity
        + learning_rate * gradient,
        "The learning rate is in the velocity, and so is the sign. v <- mu v + g, then w <- w - eta v.": momentum
        * velocity
        - learning_rate * gradient,
        "The learning rate multiplies the velocity. It comes in the next line, where w moves.": learning_rate * right,
        "Nesterov's step was returned for the velocity. The velocity is mu * v + g.": gradient + momentum * right,
        "w and the velocity are swapped. Return w first.": new_w,
        "That is w as it was given. Return the new w and the new velocity.": w,
    }
    return telling(right, mistakes)


def momentum_weight_mistakes(w, velocity, gradient, learning_rate, momentum):
    """Of the new w, where the velocity is right: arrays like w."""
    right, new = momentum_step(w, velocity, gradient, learning_rate, momentum)
    mistakes = {
        "w moves along the old velocity. First the velocity, then the step with the new one.": w
        - learning_rate * velocity,
        "That is Nesterov's step, eta (g + mu v), which looks one step ahead. Momentum's step is eta v.": w
        - learning_rate * (gradient + momentum * new),
        "The sign is turned around: w climbs. w <- w - eta v.": w + learning_rate * new,
        "w moves along the gradient, and the velocity is not used. w <- w - eta v.": w - learning_rate * gradient,
        "The learning rate is missing in the step.": w - new,
        "The step is divided by the learning rate, not multiplied.": w - new / learning_rate,
        "w did not move. w <- w - eta v.": w,
        "That is the step alone. Take it off w.": learning_rate * new,
        "That is the step alone. Take it off w: w <- w - eta v.": -learning_rate * new,
    }
    return telling(right, mistakes)


# ---- 4.2: Adam ------------------------------------------------------------------------------------------------------


def adam_step(w, mean, mean_square, gradient, t, learning_rate=0.001, beta1=0.9, beta2=0.999, epsilon=1e-8):
    """w, mean and mean_square after one step."""
    mean = beta1 * mean + (1 - beta1) * gradient
    mean_square = beta2 * mean_square + (1 - beta2) * gradient**2
    unbiased, unbiased_square = mean / (1 - beta1**t), mean_square / (1 - beta2**t)
    return w - learning_rate * unbiased / (np.sqrt(unbiased_square) + epsilon), mean, mean_square


def adam_mean_mistakes(w, mean, mean_square, gradient, t, learning_rate, beta1, beta2, epsilon):
    """Of the new running mean: arrays like it."""
    new_w, right, square = adam_step(w, mean, mean_square, gradient, t, learning_rate, beta1, beta2, epsilon)
    mistakes = {
        "m and s are swapped: the mean square stands where the mean belongs. Return w, mean, mean_square.": square,
        "That is the new w. Return w first, then mean, then mean_square.": new_w,
        "The corrected mean is returned. The correction is for this step only; the mean that is kept has none, or the "
        "next step corrects it again.": right / (1 - beta1**t),
        "1 - beta1 is missing: the gradient comes in with its full weight, as in momentum.": beta1 * mean + gradient,
        "The shares are exchanged: the old mean keeps beta1, the gradient gets 1 - beta1.": (1 - beta1) * mean
        + beta1 * gradient,
        "`beta2` is in the mean. It belongs to the mean square.": beta2 * mean + (1 - beta2) * gradient,
        "The gradient is squared in the mean. The square belongs to the mean square alone.": beta1 * mean
        + (1 - beta1) * gradient**2,
        "The given `beta1` does not count in the mean: yours is 0.9.": 0.9 * mean + 0.1 * gradient,
        "The mean did not change. m <- beta1 m + (1 - beta1) g.": mean,
        "The old mean is not in it. m <- beta1 m + (1 - beta1) g.": (1 - beta1) * gradient,
        "w is in the gradient, as an L2 penalty has it. No weight decay is asked for, and AdamW's stands elsewhere.": (
            beta1 * mean + (1 - beta1) * (gradient + 0.01 * w)
        ),
        "The gradient has the wrong sign in the mean. The minus comes later, where w moves.": beta1 * mean
        - (1 - beta1) * gradient,
    }
    return telling(right, mistakes)


def adam_square_mistakes(w, mean, mean_square, gradient, t, learning_rate, beta1, beta2, epsilon):
    """Of the new running mean square: arrays like it."""
    _, new_mean, right = adam_step(w, mean, mean_square, gradient, t, learning_rate, beta1, beta2, epsilon)
    mistakes = {
        "The mean is returned twice. The third value is the mean square.": new_mean,
        "The gradient is doubled, not squared. Its square is `gradient**2`.": beta2 * mean_square
        + (1 - beta2) * 2 * gradient,
        "The squares are added up over the entries. Each parameter has a mean square of its own: `gradient**2`.": (
            beta2 * mean_square + (1 - beta2) * np.sum(gradient**2)
        ),
        "The squares are averaged over the entries. Each parameter has a mean square of its own: `gradient**2`.": (
            beta2 * mean_square + (1 - beta2) * np.mean(gradient**2)
        ),
        "The given `beta2` does not count in the mean square: yours is 0.999.": 0.999 * mean_square
        + 0.001 * gradient**2,
        "The gradient is not squared. s <- beta2 s + (1 - beta2) g**2.": beta2 * mean_square + (1 - beta2) * gradient,
        "The corrected mean square is returned. The correction is for this step only; what is kept has none.": right
        / (1 - beta2**t),
        "The root is returned. Keep the mean of the squares, and take the root where w moves.": np.sqrt(right),
        "`beta1` is in the mean square. It belongs to the mean.": beta1 * mean_square + (1 - beta1) * gradient**2,
        "1 - beta2 is missing before the squared gradient.": beta2 * mean_square + gradient**2,
        "The shares are exchanged: the old mean square keeps beta2, the new square gets 1 - beta2.": (1 - beta2)
        * mean_square
        + beta2 * gradient**2,
        "The running mean is squared in it. The square is that of the gradient.": beta2 * mean_square
        + (1 - beta2) * new_mean**2,
        "1 - beta2 is squared too. s <- beta2 s + (1 - beta2) g**2: only the gradient is.": beta2 * mean_square
        + ((1 - beta2) * gradient) ** 2,
        "The mean square did not change. s <- beta2 s + (1 - beta2) g**2.": mean_square,
        "The old mean square is not in it. s <- beta2 s + (1 - beta2) g**2.": (1 - beta2) * gradient**2,
    }
    return telling(right, mistakes)


def adam_weight_mistakes(w, mean, mean_square, gradient, t, learning_rate, beta1, beta2, epsilon):
    """Of the new w, where mean and mean square are right: arrays like w."""
    right, m, s = adam_step(w, mean, mean_square, gradient, t, learning_rate, beta1, beta2, epsilon)

    def moved(of_mean=1 - beta1**t, of_square=1 - beta2**t, mean=m, square=s, deviation=np.sqrt, epsilon=epsilon):
        return w - learning_rate * (mean / of_mean) / (deviation(square / of_square) + epsilon)

    with np.errstate(all="ignore"):
        mistakes = _correction_mistakes(moved, t, beta1, beta2)
        mistakes |= _adam_formula_mistakes(moved, w, gradient, mean, mean_square, m, s, t, beta1, beta2)
        unbiased, root = m / (1 - beta1**t), np.sqrt(s / (1 - beta2**t))
        step = learning_rate * unbiased / (root + epsilon)
        mistakes |= {
            "`epsilon` is inside the root. It is added to the root: sqrt(s) + epsilon.": w
            - learning_rate * unbiased / np.sqrt(s / (1 - beta2**t) + epsilon),
            "`epsilon` is added before s is corrected. Correct first, then take the root, then add epsilon.": w
            - learning_rate * math.sqrt(1 - beta2**t) * unbiased / (np.sqrt(s) + epsilon),
            "`epsilon` is added to w. It belongs to the root, so the root and epsilon stand in parentheses: "
            "`/ (np.sqrt(...) + epsilon)`.": w - learning_rate * unbiased / root + epsilon,
            "The sign is turned around: w climbs.": w + step,
            "The mean square is not used. The step is divided by its root.": w - learning_rate * unbiased,
            "The learning rate is missing in the step.": w - step / learning_rate,
            "The learning rate is not used: yours is 0.001, whatever is given.": w - 0.001 * step / learning_rate,
            "w shrinks besides: weight decay is not part of this step.": (1 - learning_rate * 0.01) * w - step,
            "That is the step alone. Take it off w.": step,
            "That is the step alone, without w. Return w minus the step.": -step,
        }
    return telling(right, mistakes)


def _correction_mistakes(moved, t, beta1, beta2):
    """`moved` gives the new w for what m and s are divided by."""
    return {
        "The bias correction is missing. Both means start at 0 and are too small at first: divide m by "
        "1 - beta1**t and s by 1 - beta2**t.": moved(1, 1),
        "The correction of s is missing: divide it by 1 - beta2**t.": moved(of_square=1),
        "The correction of m is missing: divide it by 1 - beta1**t.": moved(of_mean=1),
        "t is counted from 0 in your correction, which divides by 0 in the first step: here t counts from 1, so the "
        "exponent is t and not t - 1.": moved(1 - beta1 ** (t - 1), 1 - beta2 ** (t - 1)),
        "The exponent is t + 1. Here t counts from 1 already.": moved(1 - beta1 ** (t + 1), 1 - beta2 ** (t + 1)),
        "Your t is counted from 0 in the correction of m: the exponent is t and not t - 1.": moved(
            1 - beta1 ** (t - 1)
        ),
        "1 - beta is taken to the power of t. Only beta is: `1 - beta1**t`.": moved((1 - beta1) ** t, (1 - beta2) ** t),
        "The 1 is missing in the correction. Divide by 1 - beta1**t, and by 1 - beta2**t.": moved(beta1**t, beta2**t),
        "The sign in the correction is turned around. Divide by 1 - beta1**t, and by 1 - beta2**t.": moved(
            1 + beta1**t, 1 + beta2**t
        ),
        "The correction has beta1 = 0.9 and beta2 = 0.999, whatever is given.": moved(1 - 0.9**t, 1 - 0.999**t),
        "beta is multiplied by t. It is taken to the power of t: `beta1**t`.": moved(1 - beta1 * t, 1 - beta2 * t),
        "`t` is not in the correction: beta is taken to the power of t.": moved(1 - beta1, 1 - beta2),
        "Both corrections use beta1. s is divided by 1 - beta2**t.": moved(of_square=1 - beta1**t),
        "Both corrections use beta2. m is divided by 1 - beta1**t.": moved(of_mean=1 - beta2**t),
        "The betas are exchanged in the correction: beta1 for m, beta2 for s.": moved(1 - beta2**t, 1 - beta1**t),
        "It is multiplied by the correction. Divide by it: that makes the means larger.": moved(
            1 / (1 - beta1**t), 1 / (1 - beta2**t)
        ),
        "The correction of s stands outside the root. Correct s, then take the root.": moved(
            of_square=(1 - beta2**t) ** 2
        ),
    }


def _adam_formula_mistakes(moved, w, gradient, mean, mean_square, new_mean, new_square, t, beta1, beta2):
    """`moved` gives the new w for other means, roots and epsilons."""
    return {
        "The given `epsilon` does not count. Add it to the root: where all gradients were 0, this would divide 0 by "
        "0.": moved(epsilon=0),
        "The root is missing: divide by the root of the mean square.": moved(deviation=np.positive),
        "The gradient itself is in the step, as in RMSProp. Adam's step uses the corrected mean.": moved(
            1, mean=gradient
        ),
        "That is RMSProp's step: the gradient itself, and no correction. Adam's step uses the corrected means.": moved(
            1, 1, mean=gradient
        ),
        "Parentheses are missing in the correction: `mean / 1 - beta1**t` divides by 1. Write "
        "`mean / (1 - beta1**t)`.": moved(1, 1, mean=new_mean - beta1**t, square=new_square - beta2**t),
        "The mean from before this step is in it. Update the means first, then move w.": moved(mean=mean),
        "The mean square from before this step is in it. Update the means first, then move w.": moved(
            square=mean_square
        ),
        "The means from before this step are in it. Update them first, then move w.": moved(
            mean=mean, square=mean_square
        ),
        "m and s are swapped in the step: the mean is divided by the root of the mean square.": moved(
            mean=new_square, square=new_mean
        ),
        "w did not move.": w,
    }


# ---- 4.3: a schedule ------------------------------------------------------------------------------------------------


def warm_up_and_cosine(step, total_steps, warm_up_steps, peak):
    if step < warm_up_steps:
        return peak * (step + 1) / warm_up_steps
    share = (step - warm_up_steps) / (total_steps - warm_up_steps)
    return peak * (1 + math.cos(math.pi * share)) / 2


def warm_up_mistakes(total_steps, warm_up_steps, peak):
    """Of the rates of steps 0 to warm_up_steps - 1: arrays."""
    steps = np.arange(warm_up_steps)
    right = peak * (steps + 1) / warm_up_steps
    cosine = peak * (1 + np.cos(np.pi * steps / total_steps)) / 2
    mistakes = {
        "The warm-up is off by one: step 0 has the rate 0, so it changes nothing. The first rate is "
        "peak / warm_up_steps.": peak * steps / warm_up_steps,
        "The warm-up reaches the peak one step too late. At step warm_up_steps - 1 the rate is the peak.": peak
        * (steps + 1)
        / (warm_up_steps + 1),
        "The warm-up starts at 0 and reaches the peak in its last step. It starts at peak / warm_up_steps.": peak
        * steps
        / max(warm_up_steps - 1, 1),
        "There is no warm-up: the first steps have the full rate.": np.full(warm_up_steps, float(peak)),
        "There is no warm-up: the cosine begins at step 0.": cosine,
        "These are the cosine's values, before its start. Does the case `step < warm_up_steps` return a rate?": peak
        * (1 + np.cos(np.pi * (steps - warm_up_steps) / (total_steps - warm_up_steps)))
        / 2,
        "Every rate of the warm-up is the same: `step` is not in it. Step t has t + 1 shares of the peak.": np.full(
            warm_up_steps, peak / warm_up_steps
        ),
        "The division is missing: the warm-up climbs by peak / warm_up_steps in each step.": peak * (steps + 1),
        "Every rate of the warm-up is 0. If you divide with `//`: that rounds down. Use `/`.": np.zeros(warm_up_steps),
        "The warm-up goes over the whole run. It is over after warm_up_steps.": peak * (steps + 1) / total_steps,
        "The warm-up is multiplied by the cosine. They come one after the other.": right * cosine / peak,
        "`peak` is missing in the warm-up.": (steps + 1) / warm_up_steps,
        "The warm-up follows a cosine. It is a straight line.": peak * (1 - np.cos(np.pi * steps / warm_up_steps)) / 2,
        "The warm-up goes down. It starts at peak / warm_up_steps and ends at the peak.": right[::-1],
    }
    too_short = right.copy()
    too_short[-1] = peak * (1 + np.cos(-np.pi / (total_steps - warm_up_steps))) / 2
    mistakes["The warm-up ends one step too early: step warm_up_steps - 1 is its last. Ask `step < warm_up_steps`."] = (
        too_short
    )
    return telling(right, mistakes)


def cosine_mistakes(total_steps, warm_up_steps, peak):
    """Of the rates of steps warm_up_steps to total_steps: arrays."""
    steps = np.arange(warm_up_steps, total_steps + 1)
    share = (steps - warm_up_steps) / (total_steps - warm_up_steps)
    right = peak * (1 + np.cos(np.pi * share)) / 2
    in_time = _cosine_in_time_mistakes(steps, total_steps, warm_up_steps, peak)
    return telling(right, in_time | _cosine_in_height_mistakes(steps, share, warm_up_steps, peak))


def _cosine_in_time_mistakes(steps, total_steps, warm_up_steps, peak):
    """The right curve, begun or ended at another step."""
    length = total_steps - warm_up_steps

    def half(share):
        return peak * (1 + np.cos(np.pi * share)) / 2

    late = half((steps - warm_up_steps) / max(length - 1, 1))
    return {
        "The cosine begins at step 0, so it is under way when the warm-up ends. Count its steps from warm_up_steps, "
        "and divide by total_steps - warm_up_steps.": half(steps / total_steps),
        "The cosine does not reach 0: what is left of the run after the warm-up is total_steps - warm_up_steps.": half(
            (steps - warm_up_steps) / total_steps
        ),
        "The cosine starts from `step`, not from the end of the warm-up: step - warm_up_steps of it are over.": half(
            steps / length
        ),
        "The cosine reaches 0 one step too early. It has total_steps - warm_up_steps steps, and is 0 at step "
        "total_steps.": late,
        "The cosine is one step ahead. At step warm_up_steps its share is 0.": half(
            (steps - warm_up_steps + 1) / length
        ),
        "The cosine starts one step too early: at step warm_up_steps it is still at the peak.": half(
            (steps - warm_up_steps + 1) / (length + 1)
        ),
        "A step too many is in the division: the cosine has total_steps - warm_up_steps steps.": half(
            (steps - warm_up_steps) / (length + 1)
        ),
        "Parentheses are missing: the difference `step - warm_up_steps` is divided by the difference "
        "`total_steps - warm_up_steps`.": half(steps - warm_up_steps / total_steps - warm_up_steps),
    }


def _cosine_in_height_mistakes(steps, share, warm_up_steps, peak):
    """Another curve, or another height."""

    def half(share):
        return peak * (1 + np.cos(np.pi * share)) / 2

    too_long = half(share)
    too_long[0] = peak * (warm_up_steps + 1) / max(warm_up_steps, 1)
    return {
        "Degrees for radians: NumPy's and Python's cosine takes pi for half a turn, not 180.": peak
        * (1 + np.cos(180 * share))
        / 2,
        "pi is missing in the cosine: half a turn is pi.": peak * (1 + np.cos(share)) / 2,
        "The cosine makes a whole turn and comes back to the peak. Half a turn is pi.": half(2 * share),
        "That is a quarter of a turn: the curve falls straight onto 0. Half a turn from 1 to -1, plus 1, divided by "
        "2.": peak * np.cos(np.pi * share / 2),
        "The cosine itself goes down to -1, so the rate becomes negative. Add 1 and divide by 2.": peak
        * np.cos(np.pi * share),
        "The division by 2 is missing: 1 + cos goes from 2 to 0.": peak * (1 + np.cos(np.pi * share)),
        "That climbs. 1 + cos falls from 2 to 0, 1 - cos climbs.": peak * (1 - np.cos(np.pi * share)) / 2,
        "The rate falls in a straight line. The cosine stays near the peak at first and near 0 at the end.": peak
        * (1 - share),
        "`peak` is missing after the warm-up.": half(share) / peak,
        "After the warm-up the rate stays at the peak. It falls to 0 in half a cosine.": np.full(
            len(steps), float(peak)
        ),
        "The warm-up never ends: after warm_up_steps the cosine begins.": peak * (steps + 1) / max(warm_up_steps, 1),
        "The warm-up has one step too many, and goes above the peak. The cosine begins at step warm_up_steps: ask "
        "`step < warm_up_steps`, not `<=`.": too_long,
        "`//` rounds the share down to a whole number. Divide with `/`.": half(np.floor(share)),
        "The 1 is missing: add it to the cosine, then divide by 2.": peak * np.cos(np.pi * share) / 2,
        "Parentheses are missing: `peak` multiplies all of (1 + cos) / 2.": peak + np.cos(np.pi * share) / 2,
        "The division by 2 takes the cosine alone. Halve the sum: (1 + cos) / 2.": peak
        * (1 + np.cos(np.pi * share) / 2),
        "A sine, for a cosine.": peak * (1 + np.sin(np.pi * share)) / 2,
    }
