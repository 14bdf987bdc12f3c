/* RMS normalization: each example is divided by the size of its features. Twin of scratch/rms_norm.py. */

import { sized, zeros_like } from "./arrays.js";

/** Divide each row of n_features numbers by its root mean square. Zhang and Sennrich 2019, eq. 4. No shift. */
export class RMSNorm {
  constructor({ n_features, epsilon = 1e-5 }) {
    Object.assign(this, { n_features, epsilon });
    this.parameters = { scale: new Float64Array(n_features).fill(1) };
    this.shapes = { scale: [n_features] };
    this.gradients = zeros_like(this.parameters);
  }

  /** x (rows, n_features) -> same shape. */
  forward(x, training) {
    const { n_features, epsilon } = this;
    const { scale } = this.parameters;
    const rows = x.length / n_features;
    const normalized = (this.normalized = sized(this.normalized, x.length));
    const inverse_size = (this.inverse_size = sized(this.inverse_size, rows));
    const y = (this.y = sized(this.y, x.length));
    for (let row = 0; row < rows; row++) {
      let mean_square = 0;
      for (let feature = 0; feature < n_features; feature++) mean_square += x[row * n_features + feature] ** 2 / n_features;
      inverse_size[row] = 1 / Math.sqrt(mean_square + epsilon);
      for (let feature = 0; feature < n_features; feature++) {
        const k = row * n_features + feature;
        normalized[k] = x[k] * inverse_size[row]; // x_hat = x / sqrt(mean x^2 + epsilon)
        y[k] = scale[feature] * normalized[k]; // y = gamma x_hat
      }
    }
    return y;
  }

  /** dL/dy -> dL/dx, both (rows, n_features); fills `gradients`. */
  backward(output_gradient) {
    const { n_features, normalized, inverse_size } = this;
    const { scale } = this.parameters;
    const of_scale = this.gradients.scale;
    const gradient = (this.gradient = sized(this.gradient, output_gradient.length));
    of_scale.fill(0);
    for (let start = 0; start < output_gradient.length; start += n_features) {
      let through_size = 0;
      for (let feature = 0; feature < n_features; feature++) {
        const k = start + feature;
        of_scale[feature] += output_gradient[k] * normalized[k]; // dL/dgamma
        through_size += (scale[feature] * output_gradient[k] * normalized[k]) / n_features;
      }
      for (let feature = 0; feature < n_features; feature++) {
        const k = start + feature;
        gradient[k] = (scale[feature] * output_gradient[k] - normalized[k] * through_size) * inverse_size[start / n_features];
      }
    }
    return gradient;
  }
}
