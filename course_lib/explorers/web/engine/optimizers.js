/* Optimizers: how a gradient becomes a step. Twin of scratch/optimizers.py.
 *
 * Each holds one array of parameters, and step(gradients) changes it in place. */

import { norm } from "./arrays.js";

const NEWTON_SCHULZ = [3.4445, -4.775, 2.0315]; // of Muon: a, b and c of Jordan et al. 2024

/** w <- w - eta g. Cauchy 1847; with random batches, Robbins and Monro 1951. */
export class GradientDescent {
  constructor(parameters, { learning_rate = 0.01 } = {}) {
    Object.assign(this, { parameters, learning_rate });
  }

  step(gradients) {
    const { parameters, learning_rate } = this;
    for (let k = 0; k < parameters.length; k++) parameters[k] -= learning_rate * gradients[k]; // w <- w - eta g
  }
}

/** Steps along a running sum of gradients. Polyak 1964. */
export class Momentum {
  constructor(parameters, { learning_rate = 0.01, momentum = 0.9 } = {}) {
    Object.assign(this, { parameters, learning_rate, momentum });
    this.velocity = new Float64Array(parameters.length);
  }

  step(gradients) {
    const { parameters, learning_rate, momentum, velocity } = this;
    for (let k = 0; k < parameters.length; k++) {
      velocity[k] = momentum * velocity[k] + gradients[k]; // v <- mu v + g
      parameters[k] -= learning_rate * velocity[k]; // w <- w - eta v
    }
  }
}

/** Momentum that looks ahead. Nesterov 1983, in the form of Bengio et al. 2013, section 3.5. */
export class Nesterov {
  constructor(parameters, { learning_rate = 0.01, momentum = 0.9 } = {}) {
    Object.assign(this, { parameters, learning_rate, momentum });
    this.velocity = new Float64Array(parameters.length);
  }

  step(gradients) {
    const { parameters, learning_rate, momentum, velocity } = this;
    for (let k = 0; k < parameters.length; k++) {
      velocity[k] = momentum * velocity[k] + gradients[k]; // v <- mu v + g
      parameters[k] -= learning_rate * (gradients[k] + momentum * velocity[k]); // w <- w - eta (g + mu v)
    }
  }
}

/** Each entry's step is divided by the running size of its gradient. Hinton 2012, lecture 6e. */
export class RMSProp {
  constructor(parameters, { learning_rate = 0.01, decay = 0.99, epsilon = 1e-8 } = {}) {
    Object.assign(this, { parameters, learning_rate, decay, epsilon });
    this.mean_square = new Float64Array(parameters.length);
  }

  step(gradients) {
    const { parameters, learning_rate, decay, epsilon, mean_square } = this;
    for (let k = 0; k < parameters.length; k++) {
      mean_square[k] = decay * mean_square[k] + (1 - decay) * gradients[k] * gradients[k]; // s <- rho s + (1 - rho) g^2
      parameters[k] -= (learning_rate * gradients[k]) / (Math.sqrt(mean_square[k]) + epsilon);
    }
  }
}

/** Momentum and RMSProp together, both corrected for their start at 0. Kingma and Ba 2015, algorithm 1. */
export class Adam {
  constructor(parameters, { learning_rate = 0.001, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8 } = {}) {
    Object.assign(this, { parameters, learning_rate, beta1, beta2, epsilon, steps: 0 });
    this.mean = new Float64Array(parameters.length);
    this.mean_square = new Float64Array(parameters.length);
  }

  step(gradients) {
    const { parameters, learning_rate, beta1, beta2, epsilon, mean, mean_square } = this;
    this.steps += 1;
    const of_mean = 1 - beta1 ** this.steps;
    const of_mean_square = 1 - beta2 ** this.steps;
    for (let k = 0; k < parameters.length; k++) {
      const g = gradients[k];
      mean[k] = beta1 * mean[k] + (1 - beta1) * g; // m <- b1 m + (1 - b1) g
      mean_square[k] = beta2 * mean_square[k] + (1 - beta2) * g * g; // s <- b2 s + (1 - b2) g^2
      const root = Math.sqrt(mean_square[k] / of_mean_square) + epsilon; // s' = s / (1 - b2^t)
      parameters[k] -= (learning_rate * (mean[k] / of_mean)) / root; // w <- w - eta m' / (sqrt(s') + epsilon)
    }
  }
}

/** Adam with decoupled weight decay. Loshchilov and Hutter 2019, algorithm 2. */
export class AdamW extends Adam {
  constructor(parameters, { weight_decay = 0.01, ...words } = {}) {
    super(parameters, words);
    this.weight_decay = weight_decay;
  }

  step(gradients) {
    const { parameters } = this;
    const factor = 1 - this.learning_rate * this.weight_decay;
    for (let k = 0; k < parameters.length; k++) parameters[k] *= factor; // w <- w - eta lambda w
    super.step(gradients);
  }
}

/**
 * The matrix with its singular values moved near 1, by products of matrices alone. Jordan et al. 2024, "Muon: an
 * optimizer for hidden layers in neural networks".
 */
export function newton_schulz(matrix, rows, columns, steps = 5) {
  const [a, b, c] = NEWTON_SCHULZ;
  const is_tall = rows > columns;
  const [m, n] = is_tall ? [columns, rows] : [rows, columns]; // x x^T is then the smaller of two products
  let x = is_tall ? transposed(matrix, rows, columns) : Float64Array.from(matrix);
  const length = Math.max(norm(x), 1e-7);
  for (let k = 0; k < x.length; k++) x[k] /= length; // no singular value is above 1
  for (let step = 0; step < steps; step++) {
    const gram = product(x, transposed(x, m, n), m, n, m); // A = x x^T
    const square = product(gram, gram, m, m, m);
    const polynomial = gram.map((entry, k) => b * entry + c * square[k]);
    const higher = product(polynomial, x, m, m, n);
    x = x.map((entry, k) => a * entry + higher[k]); // x <- a x + (b A + c A^2) x
  }
  return is_tall ? transposed(x, m, n) : x;
}

function transposed(matrix, rows, columns) {
  return Float64Array.from({ length: rows * columns }, (_, k) => matrix[(k % rows) * columns + Math.floor(k / rows)]);
}

/** (rows, inner) times (inner, columns). */
function product(first, second, rows, inner, columns) {
  const result = new Float64Array(rows * columns);
  for (let row = 0; row < rows; row++) {
    for (let k = 0; k < inner; k++) {
      const factor = first[row * inner + k];
      for (let column = 0; column < columns; column++) {
        result[row * columns + column] += factor * second[k * columns + column];
      }
    }
  }
  return result;
}

/**
 * Momentum whose step has all singular values near 1. For weight matrices alone; biases and the like take Adam.
 * Jordan et al. 2024; the step's scale is that of Liu et al. 2025, section 2.2.
 */
export class Muon {
  constructor(parameters, { shape, learning_rate = 0.001, momentum = 0.95, weight_decay = 0.1 }) {
    Object.assign(this, { parameters, shape, learning_rate, momentum, weight_decay });
    this.mean = new Float64Array(parameters.length);
    this.scale = 0.2 * Math.sqrt(Math.max(...shape)); // then entries of a step are about 0.2 eta, as Adam's
  }

  step(gradients) {
    const { parameters, learning_rate, momentum, mean, scale } = this;
    const ahead = new Float64Array(mean.length);
    for (let k = 0; k < mean.length; k++) {
      mean[k] = momentum * mean[k] + (1 - momentum) * gradients[k]; // m <- mu m + (1 - mu) g
      ahead[k] = momentum * mean[k] + (1 - momentum) * gradients[k]; // as Nesterov: mu m + (1 - mu) g
    }
    const direction = newton_schulz(ahead, ...this.shape);
    const factor = 1 - learning_rate * this.weight_decay;
    for (let k = 0; k < mean.length; k++) {
      parameters[k] = parameters[k] * factor - learning_rate * scale * direction[k]; // w <- w - eta (lambda w + direction)
    }
  }
}
