/* Layer normalization: each example is normalized over its own features. Twin of scratch/layer_norm.py. */

import { sized, zeros_like } from "./arrays.js";

/** Normalize each row of n_features numbers. Ba, Kiros and Hinton 2016, eq. 4. Training and evaluation are the same. */
export class LayerNorm {
  constructor({ n_features, epsilon = 1e-5 }) {
    Object.assign(this, { n_features, epsilon });
    this.parameters = { scale: new Float64Array(n_features).fill(1), shift: new Float64Array(n_features) };
    this.shapes = { scale: [n_features], shift: [n_features] };
    this.gradients = zeros_like(this.parameters);
  }

  /** x (rows, n_features) -> same shape. */
  forward(x, training) {
    const { n_features, epsilon } = this;
    const { scale, shift } = this.parameters;
    const rows = x.length / n_features;
    const normalized = (this.normalized = sized(this.normalized, x.length));
    const inverse_deviation = (this.inverse_deviation = sized(this.inverse_deviation, rows));
    const y = (this.y = sized(this.y, x.length));
    for (let row = 0; row < rows; row++) {
      const start = row * n_features;
      let mean = 0;
      for (let feature = 0; feature < n_features; feature++) mean += x[start + feature] / n_features;
      let variance = 0;
      for (let feature = 0; feature < n_features; feature++) variance += (x[start + feature] - mean) ** 2 / n_features;
      inverse_deviation[row] = 1 / Math.sqrt(variance + epsilon);
      for (let feature = 0; feature < n_features; feature++) {
        const k = start + feature;
        normalized[k] = (x[k] - mean) * inverse_deviation[row]; // x_hat = (x - mean) / sqrt(variance + epsilon)
        y[k] = scale[feature] * normalized[k] + shift[feature]; // y = gamma x_hat + beta
      }
    }
    return y;
  }

  /** dL/dy -> dL/dx, both (rows, n_features); fills `gradients`. */
  backward(output_gradient) {
    const { n_features, normalized, inverse_deviation } = this;
    const { scale } = this.parameters;
    const { scale: of_scale, shift: of_shift } = this.gradients;
    const gradient = (this.gradient = sized(this.gradient, output_gradient.length));
    of_scale.fill(0);
    of_shift.fill(0);
    for (let start = 0; start < output_gradient.length; start += n_features) {
      let through_mean = 0;
      let through_variance = 0;
      for (let feature = 0; feature < n_features; feature++) {
        const k = start + feature;
        of_scale[feature] += output_gradient[k] * normalized[k]; // dL/dgamma
        of_shift[feature] += output_gradient[k]; // dL/dbeta
        const of_normalized = scale[feature] * output_gradient[k]; // dL/dx_hat
        through_mean += of_normalized / n_features;
        through_variance += (of_normalized * normalized[k]) / n_features;
      }
      for (let feature = 0; feature < n_features; feature++) {
        const k = start + feature;
        const of_normalized = scale[feature] * output_gradient[k];
        gradient[k] =
          (of_normalized - through_mean - normalized[k] * through_variance) * inverse_deviation[start / n_features];
      }
    }
    return gradient;
  }
}
