/* Batch normalization: each feature is normalized over the batch, then scaled and shifted. Twin of scratch/batch_norm.py. */

import { sized, zeros_like } from "./arrays.js";

/**
 * Normalize each of n_features columns. Ioffe and Szegedy 2015, algorithm 1. Training uses the batch's own mean and
 * variance and keeps running averages of them; evaluation uses the running averages.
 */
export class BatchNorm {
  constructor({ n_features, momentum = 0.1, epsilon = 1e-5 }) {
    Object.assign(this, { n_features, momentum, epsilon });
    this.parameters = { scale: new Float64Array(n_features).fill(1), shift: new Float64Array(n_features) };
    this.shapes = { scale: [n_features], shift: [n_features] };
    this.gradients = zeros_like(this.parameters);
    this.statistics = {
      running_mean: new Float64Array(n_features),
      running_variance: new Float64Array(n_features).fill(1),
    };
    this.inverse_deviation = new Float64Array(n_features);
  }

  /** x (rows, n_features) -> same shape. Training needs two rows or more. */
  forward(x, training) {
    const { n_features, momentum, epsilon, statistics, inverse_deviation } = this;
    const { scale, shift } = this.parameters;
    const rows = x.length / n_features;
    if (training && rows < 2) {
      throw new RangeError("batch normalization got a training batch of 1 example, whose variance is 0: use 2 or more.");
    }
    const normalized = (this.normalized = sized(this.normalized, x.length));
    const y = (this.y = sized(this.y, x.length));
    for (let feature = 0; feature < n_features; feature++) {
      let mean = statistics.running_mean[feature];
      let variance = statistics.running_variance[feature];
      if (training) {
        mean = column_mean(x, feature, n_features);
        variance = column_variance(x, feature, n_features, mean);
        const unbiased = variance * (rows / (rows - 1));
        statistics.running_mean[feature] += momentum * (mean - statistics.running_mean[feature]); // r <- (1 - m) r + m new
        statistics.running_variance[feature] += momentum * (unbiased - statistics.running_variance[feature]);
      }
      inverse_deviation[feature] = 1 / Math.sqrt(variance + epsilon);
      for (let k = feature; k < x.length; k += n_features) {
        normalized[k] = (x[k] - mean) * inverse_deviation[feature]; // x_hat = (x - mean) / sqrt(variance + epsilon)
        y[k] = scale[feature] * normalized[k] + shift[feature]; // y = gamma x_hat + beta
      }
    }
    return y;
  }

  /** dL/dy -> dL/dx, both (rows, n_features), after a forward pass in training mode; fills `gradients`. */
  backward(output_gradient) {
    const { n_features, normalized, inverse_deviation } = this;
    const { scale } = this.parameters;
    const rows = output_gradient.length / n_features;
    const gradient = (this.gradient = sized(this.gradient, output_gradient.length));
    for (let feature = 0; feature < n_features; feature++) {
      let of_scale = 0;
      let of_shift = 0;
      for (let k = feature; k < normalized.length; k += n_features) {
        of_scale += output_gradient[k] * normalized[k]; // dL/dgamma
        of_shift += output_gradient[k]; // dL/dbeta
      }
      this.gradients.scale[feature] = of_scale;
      this.gradients.shift[feature] = of_shift;
      const through_mean = (scale[feature] * of_shift) / rows;
      const through_variance = (scale[feature] * of_scale) / rows;
      for (let k = feature; k < normalized.length; k += n_features) {
        const of_normalized = scale[feature] * output_gradient[k]; // dL/dx_hat
        gradient[k] = (of_normalized - through_mean - normalized[k] * through_variance) * inverse_deviation[feature];
      }
    }
    return gradient;
  }
}

function column_mean(x, feature, n_features) {
  let sum = 0;
  for (let k = feature; k < x.length; k += n_features) sum += x[k];
  return (sum * n_features) / x.length;
}

function column_variance(x, feature, n_features, mean) {
  let sum = 0;
  for (let k = feature; k < x.length; k += n_features) sum += (x[k] - mean) * (x[k] - mean);
  return (sum * n_features) / x.length;
}
