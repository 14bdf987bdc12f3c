"""Right answers to the exercises of chapter 4, written in different ways: RIGHT is {number: functions}."""

import math

import numpy as np


def momentum_in_torch(w, velocity, gradient, learning_rate, momentum):
    import torch

    parameter = torch.nn.Parameter(torch.tensor(w))
    parameter.grad = torch.tensor(gradient)
    optimizer = torch.optim.SGD([parameter], lr=learning_rate, momentum=momentum)
    optimizer.state[parameter]["momentum_buffer"] = torch.tensor(velocity)
    optimizer.step()
    return parameter.detach().numpy(), optimizer.state[parameter]["momentum_buffer"].numpy()


def momentum_by_entry(w, velocity, gradient, learning_rate, momentum):
    new_w, new_velocity = w.copy(), velocity.copy()
    for index in np.ndindex(w.shape):
        new_velocity[index] = momentum * velocity[index] + gradient[index]
        new_w[index] -= learning_rate * new_velocity[index]
    return [new_w, new_velocity]


def momentum_in_single(w, velocity, gradient, learning_rate, momentum):
    w, velocity, gradient = (array.astype(np.float32) for array in (w, velocity, gradient))
    velocity = gradient + np.float32(momentum) * velocity
    return w - np.float32(learning_rate) * velocity, velocity


def adam_in_torch(w, mean, mean_square, gradient, t, learning_rate=0.001, beta1=0.9, beta2=0.999, epsilon=1e-8):
    import torch

    parameter = torch.nn.Parameter(torch.tensor(w))
    parameter.grad = torch.tensor(gradient)
    optimizer = torch.optim.Adam([parameter], lr=learning_rate, betas=(beta1, beta2), eps=epsilon)
    state = optimizer.state[parameter]
    state["step"], state["exp_avg"] = torch.tensor(float(t - 1)), torch.tensor(mean)
    state["exp_avg_sq"] = torch.tensor(mean_square)
    optimizer.step()
    return parameter.detach().numpy(), state["exp_avg"].numpy(), state["exp_avg_sq"].numpy()


def adam_by_entry(w, mean, mean_square, gradient, t, learning_rate=0.001, beta1=0.9, beta2=0.999, epsilon=1e-8):
    w, mean, mean_square = w.copy(), mean.copy(), mean_square.copy()
    for index in np.ndindex(w.shape):
        g = gradient[index]
        mean[index] += (1 - beta1) * (g - mean[index])
        mean_square[index] += (1 - beta2) * (g * g - mean_square[index])
        root = math.sqrt(mean_square[index] / (1 - math.pow(beta2, t)))
        w[index] -= learning_rate / (1 - math.pow(beta1, t)) * mean[index] / (root + epsilon)
    return [w, mean, mean_square]


def adam_folded(w, mean, mean_square, gradient, t, learning_rate=0.001, beta1=0.9, beta2=0.999, epsilon=1e-8):
    """Both corrections as two numbers, as the course's own engine has them."""
    mean = beta1 * mean + (1 - beta1) * gradient
    mean_square = beta2 * mean_square + (1 - beta2) * np.square(gradient)
    correction = np.sqrt(1 - beta2**t)
    step = learning_rate * correction / (1 - beta1**t)
    return w - step * mean / (np.sqrt(mean_square) + epsilon * correction), mean, mean_square


def schedule_by_halves(step, total_steps, warm_up_steps, peak):
    """cos(a / 2) ** 2 = (1 + cos(a)) / 2."""
    left = total_steps - warm_up_steps
    if warm_up_steps > step:
        return (1 + step) * (peak / warm_up_steps)
    return peak * math.cos(math.pi / 2 * (step - warm_up_steps) / left) ** 2


def schedule_as_array(step, total_steps, warm_up_steps, peak):
    up = np.arange(1, warm_up_steps + 1) * peak / max(warm_up_steps, 1)
    down = peak * (1 + np.cos(np.linspace(0, np.pi, total_steps - warm_up_steps + 1))) / 2
    return np.concatenate([up, down])[[step]]


def schedule_with_degrees(step, total_steps, warm_up_steps, peak):
    if step < warm_up_steps:
        return np.float32(peak * (step + 1) / warm_up_steps)
    degrees = 180 * (step - warm_up_steps) / (total_steps - warm_up_steps)
    return np.float32(0.5 * peak * (1 + np.cos(np.deg2rad(degrees))))


def head_in_torch(body, head, x, labels, learning_rate):
    import torch

    tensors = {name: torch.tensor(array) for name, array in body.items()}
    weight, bias = (torch.tensor(head[name], requires_grad=True) for name in ("weight", "bias"))
    sums = torch.tensor(x) @ tensors["weight"] + tensors["bias"]
    unit = torch.nn.functional.batch_norm(sums, tensors["running_mean"], tensors["running_variance"], eps=1e-5)
    logits = torch.relu(unit) @ weight + bias
    torch.nn.functional.cross_entropy(logits, torch.tensor(labels)).backward()
    moved = [(each - learning_rate * each.grad).detach().numpy() for each in (weight, bias)]
    return body, dict(zip(("weight", "bias"), moved, strict=True))


def head_by_example(body, head, x, labels, learning_rate):
    weight, bias = head["weight"].copy(), head["bias"].copy()
    for example, label in zip(x, labels, strict=True):
        z = (example @ body["weight"] + body["bias"] - body["running_mean"]) / np.sqrt(body["running_variance"] + 1e-5)
        features = z * (z > 0)
        logits = features @ head["weight"] + head["bias"]
        probabilities = np.exp(logits - np.log(np.exp(logits).sum()))
        probabilities[label] -= 1
        weight -= learning_rate / len(x) * np.outer(features, probabilities)
        bias -= learning_rate / len(x) * probabilities
    return {name: array.copy() for name, array in body.items()}, {"bias": bias, "weight": weight}


def head_with_a_folded_body(body, head, x, labels, learning_rate):
    """Batch norm in evaluation mode is one more affine layer, so it can be folded into the weights."""
    scale = 1 / np.sqrt(body["running_variance"] + 1e-5)
    features = np.maximum(x @ (body["weight"] * scale) + (body["bias"] - body["running_mean"]) * scale, 0)
    logits = features @ head["weight"] + head["bias"]
    error = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    error[np.arange(len(x)), labels] -= 1
    new = {
        "weight": head["weight"] - learning_rate * (features.T @ error) / len(x),
        "bias": head["bias"] - learning_rate * error.mean(axis=0),
    }
    return dict(body), new


AUTOENCODER_NAMES = ("encoder.weight", "encoder.bias", "decoder.weight", "decoder.bias")


def autoencoder_in_torch(x, parameters):
    import torch

    leaves = [torch.tensor(parameters[name], requires_grad=True) for name in AUTOENCODER_NAMES]
    hidden = torch.sigmoid(torch.tensor(x) @ leaves[0] + leaves[1])
    loss = torch.nn.functional.mse_loss(hidden @ leaves[2] + leaves[3], torch.tensor(x))
    loss.backward()
    gradients = {name: leaf.grad.numpy() for name, leaf in zip(AUTOENCODER_NAMES, leaves, strict=True)}
    return loss.item(), gradients


def autoencoder_by_example(x, parameters):
    encoder_weight, encoder_bias, decoder_weight, decoder_bias = (parameters[name] for name in AUTOENCODER_NAMES)
    loss = 0.0
    totals = [np.zeros_like(each) for each in (encoder_weight, encoder_bias, decoder_weight, decoder_bias)]
    for example in x:
        hidden = 1 / (1 + np.exp(-(example @ encoder_weight + encoder_bias)))
        error = (hidden @ decoder_weight + decoder_bias - example) / x.size
        loss += error @ error * x.size
        back = 2 * (decoder_weight @ error) * hidden * (1 - hidden)
        parts = np.outer(example, back), back, 2 * np.outer(hidden, error), 2 * error
        totals = [total + part for total, part in zip(totals, parts, strict=True)]
    return loss, dict(zip(AUTOENCODER_NAMES, totals, strict=True))


def autoencoder_numerically(x, named, nudge=1e-5):
    parameters = [named[name] for name in AUTOENCODER_NAMES]

    def loss_of(values):
        hidden = 1 / (1 + np.exp(-(x @ values[0] + values[1])))
        return np.mean((hidden @ values[2] + values[3] - x) ** 2)

    gradients = {}
    for place, name in enumerate(AUTOENCODER_NAMES):
        gradients[name] = np.zeros(parameters[place].shape)
        for index in np.ndindex(parameters[place].shape):
            losses = []
            for sign in (1, -1):
                values = [each.copy() for each in parameters]
                values[place][index] += sign * nudge
                losses.append(loss_of(values))
            gradients[name][index] = (losses[0] - losses[1]) / (2 * nudge)
    return [np.array(loss_of(parameters)), gradients]


def batch_at_once(images, indices):
    batch = images[indices].astype(float)
    return (batch - batch.mean(axis=1, keepdims=True)) / (batch.std(axis=1, keepdims=True) + 1e-8)


def batch_in_single(images, indices):
    batch = images[indices].astype(np.float32)
    batch -= batch.mean(axis=1)[:, None]
    return batch / (np.sqrt(np.mean(batch**2, axis=1))[:, None] + np.float32(1e-8))


def batch_by_image(images, indices):
    """A loop, but over the batch alone."""
    chosen = [images[index].astype(float) for index in indices]
    return np.stack([(image - image.mean()) / (image.std() + 1e-8) for image in chosen])


def batch_in_torch(images, indices):
    import torch

    batch = torch.from_numpy(images[indices]).double()
    deviation, mean = torch.std_mean(batch, dim=1, keepdim=True, correction=0)
    return ((batch - mean) / (deviation + 1e-8)).numpy()


def joint_by_average(gradients, counts):
    return {name: np.average([each[name] for each in gradients], axis=0, weights=counts) for name in gradients[0]}


def joint_by_loop(gradients, counts):
    total, joint = sum(counts), {}
    for each, count in zip(gradients, counts, strict=True):
        for name in each:
            joint[name] = joint.get(name, 0) + each[name] * (count / total)
    return joint


def joint_in_torch(gradients, counts):
    import torch

    shares = torch.tensor(counts, dtype=torch.float64) / sum(counts)
    return {
        name: torch.tensordot(shares, torch.stack([torch.tensor(each[name]) for each in gradients]), dims=1).numpy()
        for name in gradients[0]
    }


RIGHT = {
    "4.1": [momentum_in_torch, momentum_by_entry, momentum_in_single],
    "4.2": [adam_in_torch, adam_by_entry, adam_folded],
    "4.3": [schedule_by_halves, schedule_as_array, schedule_with_degrees],
    "4.4": [head_in_torch, head_by_example, head_with_a_folded_body],
    "4.5": [autoencoder_in_torch, autoencoder_by_example, autoencoder_numerically],
    "4.6": [batch_at_once, batch_in_single, batch_by_image, batch_in_torch],
    "4.7": [
        lambda: ["warm up", "synchronize", "read clock", "run steps", "synchronize", "read clock"],
        lambda: ("run steps", "synchronize", "read clock", "run steps", "synchronize", "read clock"),
        lambda: [
            "warm up",
            *["synchronize"] * 2,
            "read clock",
            *["synchronize", "run steps", "synchronize", "read clock"],
        ],
        lambda: ["warm up", "synchronize", "read clock", "run steps", "synchronize", "read clock", "warm up"],
        lambda: list(np.array(["warm up", "synchronize", "read clock", "run steps", "synchronize", "read clock"])),
        lambda: np.array(["warm up", "synchronize", "read clock", "run steps", "synchronize", "read clock"]),
    ],
    "4.8": [joint_by_average, joint_by_loop, joint_in_torch],
}
