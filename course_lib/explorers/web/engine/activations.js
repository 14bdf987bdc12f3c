/* Activation functions, their derivatives, and the layers that apply them. Twin of scratch/activations.py.
 *
 * Every function takes one weighted sum z. NAME_derivative(z, h) is the slope of NAME at z; h is NAME(z), which is
 * there already when the slope is asked for, and from which some slopes are cheaper. Where a function has a kink at 0,
 * the slope to its left is taken.
 */

import { sized } from "./arrays.js";

export const LEAKY_SLOPE = 0.01; // Maas et al. 2013
export const RRELU_LOWER = 1 / 8; // Xu et al. 2015
export const RRELU_UPPER = 1 / 3;
export const PRELU_SLOPE = 0.25; // He et al. 2015: where the learned slope starts
export const SELU_ALPHA = 1.6732632423543772848170429916717; // Klambauer et al. 2017, eq. 14
export const SELU_SCALE = 1.0507009873554804934193349852946;
const GELU_SCALE = Math.sqrt(2 / Math.PI);

/** 1 where z >= 0, else 0. The neuron of McCulloch and Pitts 1943. */
export const step = (z) => (z >= 0 ? 1 : 0);
/** 0 everywhere: nothing can be learned through a step. */
export const step_derivative = (z, h) => 0;

/** 1 / (1 + exp(-z)), in (0, 1). Where exp(-z) overflows to infinity it is 0, as it should be. */
export const sigmoid = (z) => 1 / (1 + Math.exp(-z));
/** h (1 - h), at most 1/4. */
export const sigmoid_derivative = (z, h) => h * (1 - h);

/** (exp(z) - exp(-z)) / (exp(z) + exp(-z)), in (-1, 1). */
export const tanh = (z) => Math.tanh(z);
/** 1 - h**2, at most 1. */
export const tanh_derivative = (z, h) => 1 - h * h;

/** max(z, 0). Nair and Hinton 2010. */
export const relu = (z) => Math.max(z, 0);
/** 1 where z > 0, else 0. */
export const relu_derivative = (z, h) => (z > 0 ? 1 : 0);

/** z where z > 0, else LEAKY_SLOPE * z. Maas et al. 2013. */
export const leaky_relu = (z) => (z > 0 ? z : LEAKY_SLOPE * z);
/** 1 where z > 0, else LEAKY_SLOPE. */
export const leaky_relu_derivative = (z, h) => (z > 0 ? 1 : LEAKY_SLOPE);

/** z where z > 0, else exp(z) - 1. Clevert et al. 2016, eq. 1. */
export const elu = (z) => (z > 0 ? z : Math.expm1(z));
/** 1 where z > 0, else exp(z) = h + 1. */
export const elu_derivative = (z, h) => (z > 0 ? 1 : h + 1);

/** SELU_SCALE * (z where z > 0, else SELU_ALPHA * (exp(z) - 1)). Klambauer et al. 2017. */
export const selu = (z) => SELU_SCALE * (z > 0 ? z : SELU_ALPHA * Math.expm1(z));
/** SELU_SCALE where z > 0, else SELU_SCALE * SELU_ALPHA * exp(z) = h + SELU_SCALE * SELU_ALPHA. */
export const selu_derivative = (z, h) => (z > 0 ? SELU_SCALE : h + SELU_SCALE * SELU_ALPHA);

/** z times the chance that a standard normal number is below z. Hendrycks and Gimpel 2016, in their tanh form. */
export const gelu = (z) => 0.5 * z * (1 + Math.tanh(GELU_SCALE * (z + 0.044715 * z * z * z)));
/** The derivative of the tanh form, by the product and chain rules. */
export const gelu_derivative = (z, h) => {
  const bend = Math.tanh(GELU_SCALE * (z + 0.044715 * z * z * z));
  return 0.5 * (1 + bend) + 0.5 * z * (1 - bend * bend) * GELU_SCALE * (1 + 3 * 0.044715 * z * z);
};

/** z * sigmoid(z), also called swish. Elfwing, Uchibe and Doya 2018, eq. 6; Ramachandran et al. 2017. */
export const silu = (z) => z * sigmoid(z);
/** sigmoid(z) * (1 + z * (1 - sigmoid(z))), by the product rule. */
export const silu_derivative = (z, h) => {
  const gate = sigmoid(z);
  return gate * (1 + z * (1 - gate));
};

export const FUNCTIONS = {
  step: [step, step_derivative],
  sigmoid: [sigmoid, sigmoid_derivative],
  tanh: [tanh, tanh_derivative],
  relu: [relu, relu_derivative],
  leaky_relu: [leaky_relu, leaky_relu_derivative],
  elu: [elu, elu_derivative],
  selu: [selu, selu_derivative],
  gelu: [gelu, gelu_derivative],
  silu: [silu, silu_derivative],
};

/** A layer that applies one of the functions above, by name, to every entry of its input. */
export class Activation {
  constructor({ name }) {
    [this.function, this.derivative] = FUNCTIONS[name];
    this.parameters = {};
    this.gradients = {};
  }

  forward(z, training) {
    const h = (this.h = sized(this.h, z.length));
    const f = this.function;
    for (let k = 0; k < z.length; k++) h[k] = f(z[k]);
    this.z = z;
    return h;
  }

  backward(output_gradient) {
    const { z, h, derivative } = this;
    const gradient = (this.gradient = sized(this.gradient, z.length));
    for (let k = 0; k < z.length; k++) gradient[k] = output_gradient[k] * derivative(z[k], h[k]); // dL/dz = dL/dh h'(z)
    return gradient;
  }
}

/** Randomized leaky ReLU: fresh slopes in every training step, their mean in evaluation. Xu et al. 2015. */
export class RReLU {
  constructor({ random }) {
    this.random = random;
    this.parameters = {};
    this.gradients = {};
  }

  forward(z, training) {
    const h = (this.h = sized(this.h, z.length));
    const slopes = (this.slopes = sized(this.slopes, z.length));
    const mean = (RRELU_LOWER + RRELU_UPPER) / 2;
    for (let k = 0; k < z.length; k++) {
      slopes[k] = training ? RRELU_LOWER + (RRELU_UPPER - RRELU_LOWER) * this.random.uniform() : mean;
      h[k] = z[k] > 0 ? z[k] : slopes[k] * z[k];
    }
    this.z = z;
    return h;
  }

  backward(output_gradient) {
    const { z, slopes } = this;
    const gradient = (this.gradient = sized(this.gradient, z.length));
    for (let k = 0; k < z.length; k++) gradient[k] = output_gradient[k] * (z[k] > 0 ? 1 : slopes[k]);
    return gradient;
  }
}

/** Leaky ReLU with one learned slope for the whole layer. He et al. 2015. parameters: {slope: 1 number}. */
export class PReLU {
  constructor() {
    this.parameters = { slope: Float64Array.of(PRELU_SLOPE) };
    this.gradients = { slope: new Float64Array(1) };
    this.shapes = { slope: [1] };
  }

  forward(z, training) {
    const h = (this.h = sized(this.h, z.length));
    const slope = this.parameters.slope[0];
    for (let k = 0; k < z.length; k++) h[k] = z[k] > 0 ? z[k] : slope * z[k];
    this.z = z;
    return h;
  }

  backward(output_gradient) {
    const { z } = this;
    const slope = this.parameters.slope[0];
    const gradient = (this.gradient = sized(this.gradient, z.length));
    let of_slope = 0;
    for (let k = 0; k < z.length; k++) {
      if (!(z[k] > 0)) of_slope += output_gradient[k] * z[k]; // dh/dslope = min(z, 0), eq. 3
      gradient[k] = output_gradient[k] * (z[k] > 0 ? 1 : slope);
    }
    this.gradients.slope[0] = of_slope;
    return gradient;
  }
}
