/* A dense (fully connected) layer: every input reaches every unit. Twin of scratch/dense.py. */

import { sized } from "./arrays.js";
import * as initializers from "./initializers.js";
import { times_weights, times_weights_transposed } from "./products.js";

/** outputs = x W + b. parameters and gradients: {weight: (fan_in, fan_out), bias: (fan_out,)}, row after row. */
export class Dense {
  constructor({ fan_in, fan_out, initialization = "he_normal", random, bias = true }) {
    this.fan_in = fan_in;
    this.fan_out = fan_out;
    this.parameters = { weight: initializers[initialization](fan_in, fan_out, random) };
    this.shapes = { weight: [fan_in, fan_out] };
    if (bias) {
      this.parameters.bias = new Float64Array(fan_out);
      this.shapes.bias = [fan_out];
    }
    this.gradients = {}; // made when they are first computed: where nobody asks for them, they would be half the memory
    this.needs_input_gradient = true; // the first layer of a network has no layer below to send it to
  }

  /** x (rows, fan_in) -> (rows, fan_out). */
  forward(x, training) {
    const { fan_in, fan_out } = this;
    const { weight, bias } = this.parameters;
    const z = (this.z = sized(this.z, (x.length / fan_in) * fan_out));
    times_weights(x, weight, bias, fan_in, fan_out, z); // z = x W + b
    this.x = x;
    return z;
  }

  /** dL/dz (rows, fan_out) -> dL/dx (rows, fan_in), or null where it is not needed; fills `gradients`. */
  backward(output_gradient) {
    const { fan_in, fan_out, x } = this;
    const rows = x.length / fan_in;
    const { gradients, parameters } = this;
    const of_weight = (gradients.weight = sized(gradients.weight, fan_in * fan_out));
    for (let input = 0; input < fan_in; input++) {
      for (let unit = 0; unit < fan_out; unit++) {
        let sum = 0;
        for (let row = 0; row < rows; row++) sum += x[row * fan_in + input] * output_gradient[row * fan_out + unit];
        of_weight[input * fan_out + unit] = sum; // dL/dW = x^T dL/dz
      }
    }
    if (parameters.bias !== undefined) {
      const of_bias = (gradients.bias = sized(gradients.bias, fan_out));
      for (let unit = 0; unit < fan_out; unit++) {
        let sum = 0;
        for (let row = 0; row < rows; row++) sum += output_gradient[row * fan_out + unit];
        of_bias[unit] = sum; // dL/db = sum over the batch
      }
    }
    return this.needs_input_gradient ? this.of_inputs(output_gradient) : null;
  }

  of_inputs(output_gradient) {
    const { fan_in, fan_out } = this;
    const gradient = (this.gradient = sized(this.gradient, (output_gradient.length / fan_out) * fan_in));
    times_weights_transposed(output_gradient, this.parameters.weight, fan_in, fan_out, gradient); // dL/dx = dL/dz W^T
    return gradient;
  }
}
