/* Residual connections: a block of layers learns what to add to its input. Twin of scratch/residual.py. */

import { sized } from "./arrays.js";

/** outputs = x + f(x), where f is a block of layers that keeps the number of columns. He et al. 2016, eq. 1. */
export class Residual {
  constructor({ inside }) {
    Object.assign(this, { inside, parameters: {}, gradients: {} });
  }

  forward(x, training) {
    const block = this.inside.forward(x, training);
    const y = (this.y = sized(this.y, x.length));
    for (let k = 0; k < y.length; k++) y[k] = x[k] + block[k]; // y = x + f(x)
    return y;
  }

  /** dL/dy -> dL/dx: the gradient goes around the block too, unchanged. */
  backward(output_gradient) {
    const through = this.inside.backward(output_gradient);
    const gradient = (this.gradient = sized(this.gradient, output_gradient.length));
    for (let k = 0; k < gradient.length; k++) gradient[k] = output_gradient[k] + through[k]; // dL/dx = dL/dy + dL/dy f'(x)
    return gradient;
  }
}
