/* Dropout: in every training step random units sit out; in prediction all take part. Twin of scratch/dropout.py. */

import { sized } from "./arrays.js";

/** Inverted dropout: kept units are scaled up in training, so that prediction needs no scaling. Srivastava et al. 2014. */
export class Dropout {
  constructor({ drop_rate, random }) {
    Object.assign(this, { drop_rate, random, parameters: {}, gradients: {} });
  }

  /** x (rows, units) -> same shape; in evaluation x itself. */
  forward(x, training) {
    if (!training) return x;
    const mask = (this.mask = sized(this.mask, x.length));
    const y = (this.y = sized(this.y, x.length));
    for (let k = 0; k < x.length; k++) {
      mask[k] = this.random.uniform() >= this.drop_rate ? 1 / (1 - this.drop_rate) : 0; // m, whose mean is 1
      y[k] = x[k] * mask[k]; // y = x m
    }
    return y;
  }

  /** dL/dy -> dL/dx: what was dropped gets no gradient. */
  backward(output_gradient) {
    const gradient = (this.gradient = sized(this.gradient, output_gradient.length));
    for (let k = 0; k < gradient.length; k++) gradient[k] = output_gradient[k] * this.mask[k]; // dL/dx = dL/dy m
    return gradient;
  }
}
