"""A dense network in lists and loops, with no array library: what every other way of computing is measured against.

Written as one would write the formulas down, number by number. It learns exactly what the engines learn.
"""

import math


class LoopLayer:
    """outputs = x W + b for one example at a time; gradients add up until `clear`.

    Parameters
    ----------
    weight : list of fan_in lists of fan_out numbers
    bias : list of fan_out numbers
    """

    def __init__(self, weight, bias):
        self.weight, self.bias = [list(row) for row in weight], list(bias)
        self.fan_in, self.fan_out = len(self.weight), len(self.bias)
        self.clear()

    def clear(self):
        """Gradients 0 again, for the next batch."""
        self.weight_gradient = [[0.0] * self.fan_out for _ in range(self.fan_in)]
        self.bias_gradient = [0.0] * self.fan_out

    def forward(self, x):
        """x, a list of fan_in numbers -> a list of fan_out numbers."""
        self.x = x
        outputs = list(self.bias)
        for i in range(self.fan_in):
            value, row = x[i], self.weight[i]
            for j in range(self.fan_out):
                outputs[j] += value * row[j]  # z_j = sum_i x_i w_ij + b_j
        return outputs

    def backward(self, output_gradient, needs_input_gradient=True):
        """dL/dz, a list of fan_out numbers -> dL/dx, a list of fan_in numbers, or None; adds to the gradients."""
        for j in range(self.fan_out):
            self.bias_gradient[j] += output_gradient[j]  # dL/db_j = dL/dz_j
        for i in range(self.fan_in):
            value, row = self.x[i], self.weight_gradient[i]
            for j in range(self.fan_out):
                row[j] += value * output_gradient[j]  # dL/dw_ij = x_i dL/dz_j
        if not needs_input_gradient:
            return None
        input_gradient = [0.0] * self.fan_in
        for i in range(self.fan_in):
            row, total = self.weight[i], 0.0
            for j in range(self.fan_out):
                total += row[j] * output_gradient[j]  # dL/dx_i = sum_j w_ij dL/dz_j
            input_gradient[i] = total
        return input_gradient

    def descend(self, learning_rate):
        """One step of gradient descent with the gradients as they are."""
        for i in range(self.fan_in):
            row, gradients = self.weight[i], self.weight_gradient[i]
            for j in range(self.fan_out):
                row[j] -= learning_rate * gradients[j]  # w <- w - eta g
        for j in range(self.fan_out):
            self.bias[j] -= learning_rate * self.bias_gradient[j]


class LoopNetwork:
    """Dense layers with ReLU between them, softmax cross-entropy and Adam (Kingma and Ba 2015, algorithm 1).

    Parameters
    ----------
    weights : list of weights, each a list of fan_in lists of fan_out numbers; biases start at 0
    learning_rate : of Adam
    """

    def __init__(self, weights, learning_rate=0.001):
        self.layers = [LoopLayer(weight, [0.0] * len(weight[0])) for weight in weights]
        self.learning_rate, self.steps = learning_rate, 0
        # Running mean and mean square of each gradient; the last row of a layer is that of its bias.
        self.means, self.squares = ([_rows_of_zeros(layer) for layer in self.layers] for _ in range(2))

    def add_example(self, x, label, share):
        """Forward and backward for one example; its gradient counts with weight `share`. Returns its loss."""
        hidden = []
        for layer in self.layers[:-1]:
            x = [max(0.0, z) for z in layer.forward(x)]  # h = max(0, z)
            hidden.append(x)
        logits = self.layers[-1].forward(x)
        largest = max(logits)
        exponentials = [math.exp(logit - largest) for logit in logits]
        total = sum(exponentials)
        gradient = [share * each / total for each in exponentials]
        gradient[label] -= share  # dL/dlogits = softmax - one_hot
        for depth in reversed(range(len(self.layers))):
            gradient = self.layers[depth].backward(gradient, needs_input_gradient=depth > 0)
            if depth > 0:
                gradient = [g if h > 0 else 0.0 for g, h in zip(gradient, hidden[depth - 1], strict=True)]
        return math.log(total) + largest - logits[label]  # -log softmax of the true class

    def update(self):
        """One step of Adam with the gradients that were added, which are then cleared."""
        self.steps += 1
        for layer, means, squares in zip(self.layers, self.means, self.squares, strict=True):
            rows = [*layer.weight, layer.bias]
            gradients = [*layer.weight_gradient, layer.bias_gradient]
            for i in range(layer.fan_in + 1):
                _adam_row(rows[i], gradients[i], means[i], squares[i], self.learning_rate, self.steps)
            layer.clear()

    def train_step(self, images, labels):
        """One training step on a batch, lists of lists and of whole numbers; returns the mean loss before it."""
        losses = [self.add_example(x, label, 1 / len(images)) for x, label in zip(images, labels, strict=True)]
        self.update()
        return sum(losses) / len(losses)


def _rows_of_zeros(layer):
    return [[0.0] * layer.fan_out for _ in range(layer.fan_in + 1)]


def _adam_row(row, gradients, means, squares, learning_rate, steps, beta1=0.9, beta2=0.999, epsilon=1e-8):
    mean_correction, square_correction = 1 - beta1**steps, 1 - beta2**steps
    for j in range(len(row)):
        g = gradients[j]
        means[j] = beta1 * means[j] + (1 - beta1) * g  # m <- b1 m + (1 - b1) g
        squares[j] = beta2 * squares[j] + (1 - beta2) * g * g  # s <- b2 s + (1 - b2) g^2
        mean, square = means[j] / mean_correction, squares[j] / square_correction
        row[j] -= learning_rate * mean / (math.sqrt(square) + epsilon)  # w <- w - eta m' / (sqrt(s') + epsilon)
