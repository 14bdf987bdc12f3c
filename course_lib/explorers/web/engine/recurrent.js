/* A vanilla recurrent network, and back-propagation through time. Twin of scratch/recurrent.py.
 *
 * One layer reads a sequence step by step and feeds its own output back to itself: Elman 1990. */

import { relu, tanh } from "./activations.js";
import { zeros_like } from "./arrays.js";

/** activation: f, and f'(z) read off h = f(z). */
export const FUNCTIONS = {
  tanh: [tanh, (h) => 1 - h * h],
  relu: [relu, (h) => (h > 0 ? 1 : 0)],
  linear: [(z) => z, () => 1],
};

/** W = gain * I: each unit remembers its own state. With ReLU: Le, Jaitly and Hinton 2015. */
export function identity(n_units, random, gain = 1) {
  const matrix = new Float64Array(n_units * n_units);
  for (let unit = 0; unit < n_units; unit++) matrix[unit * n_units + unit] = gain;
  return matrix;
}

/** W = gain * a random rotation or reflection. Saxe et al. 2014. Rows made orthogonal one after the other. */
export function orthogonal(n_units, random, gain = 1) {
  const rows = [];
  for (let unit = 0; unit < n_units; unit++) {
    const row = Float64Array.from({ length: n_units }, () => random.normal());
    for (let pass = 0; pass < 2; pass++) { // twice: what rounding leaves after once is gone
      for (const other of rows) {
        const overlap = row.reduce((sum, entry, k) => sum + entry * other[k], 0);
        for (let k = 0; k < n_units; k++) row[k] -= overlap * other[k];
      }
    }
    const length = Math.sqrt(row.reduce((sum, entry) => sum + entry * entry, 0));
    rows.push(row.map((entry) => entry / length));
  }
  return Float64Array.from(rows.flatMap((row) => Array.from(row, (entry) => gain * entry)));
}

/**
 * h_t = f(x_t U + h_{t-1} W + b) from h_0 = 0; the outputs are h_t V + c at the last step, or at every step.
 *
 * @param {object} parameters {"input.weight": U, "recurrent.weight": W, "recurrent.bias": b, "output.weight": V,
 *   "output.bias": c}, row after row
 *
 * A batch of sequences is one array (rows, steps, n_inputs). After `forward`: states[t], h_t (rows, n_units), of t = 0
 * to steps. After `backward`: gradients, and hidden_gradients[t - 1], dL/dh_t.
 */
export class Recurrent {
  constructor(parameters, { n_inputs, activation = "tanh", every_step = false }) {
    Object.assign(this, { parameters, n_inputs, every_step });
    this.n_units = parameters["recurrent.bias"].length;
    this.n_outputs = parameters["output.bias"].length;
    this.gradients = zeros_like(parameters);
    [this.function, this.slope] = FUNCTIONS[activation];
  }

  /** x (rows, steps, n_inputs) -> (rows, n_outputs), or (rows, steps, n_outputs) with every_step. */
  forward(x, rows) {
    const { n_inputs, n_units, parameters } = this;
    const steps = x.length / (rows * n_inputs);
    const U = parameters["input.weight"];
    const W = parameters["recurrent.weight"];
    const b = parameters["recurrent.bias"];
    Object.assign(this, { x, rows, steps, states: [new Float64Array(rows * n_units)] }); // h_0 = 0
    for (let t = 1; t <= steps; t++) {
      const before = this.states[t - 1];
      const h = new Float64Array(rows * n_units);
      for (let row = 0; row < rows; row++) {
        const start = (row * steps + t - 1) * n_inputs;
        for (let unit = 0; unit < n_units; unit++) {
          let z = b[unit];
          for (let input = 0; input < n_inputs; input++) z += x[start + input] * U[input * n_units + unit];
          for (let other = 0; other < n_units; other++) z += before[row * n_units + other] * W[other * n_units + unit];
          h[row * n_units + unit] = this.function(z); // h_t = f(x_t U + h_{t-1} W + b)
        }
      }
      this.states.push(h);
    }
    return this.read();
  }

  /** y = h V + c, at the last step or at every step. */
  read() {
    const { rows, steps, n_units, n_outputs, parameters, every_step } = this;
    const V = parameters["output.weight"];
    const c = parameters["output.bias"];
    const seen = every_step ? steps : 1;
    const y = new Float64Array(rows * seen * n_outputs);
    for (let row = 0; row < rows; row++) {
      for (let place = 0; place < seen; place++) {
        const h = this.states[every_step ? place + 1 : steps];
        for (let output = 0; output < n_outputs; output++) {
          let sum = c[output];
          for (let unit = 0; unit < n_units; unit++) sum += h[row * n_units + unit] * V[unit * n_outputs + output];
          y[(row * seen + place) * n_outputs + output] = sum;
        }
      }
    }
    return y;
  }

  /** Back-propagation through time, Werbos 1990. output_gradient : dL/dy, in the shape of the outputs. */
  backward(output_gradient) {
    const { rows, steps, n_units, parameters, gradients } = this;
    const W = parameters["recurrent.weight"];
    for (const gradient of Object.values(gradients)) gradient.fill(0);
    this.hidden_gradients = Array.from({ length: steps }, () => new Float64Array(rows * n_units));
    this.back_through_outputs(output_gradient);
    let from_later = new Float64Array(rows * n_units);
    for (let t = steps; t >= 1; t--) {
      const of_hidden = this.hidden_gradients[t - 1];
      const of_sums = new Float64Array(rows * n_units);
      for (let k = 0; k < of_hidden.length; k++) {
        of_hidden[k] += from_later[k]; // dL/dh_t = dL/dy_t V^T + dL/dz_{t+1} W^T
        of_sums[k] = of_hidden[k] * this.slope(this.states[t][k]); // dL/dz_t = dL/dh_t f'(z_t)
      }
      this.add_gradients(t, of_sums);
      from_later = times_transposed(of_sums, W, rows, n_units);
    }
  }

  /** dL/dV, dL/dc, and what the outputs of each step ask of its state. */
  back_through_outputs(output_gradient) {
    const { rows, steps, n_units, n_outputs, parameters, gradients, every_step } = this;
    const V = parameters["output.weight"];
    const seen = every_step ? steps : 1;
    for (let row = 0; row < rows; row++) {
      for (let place = 0; place < seen; place++) {
        const t = every_step ? place + 1 : steps;
        for (let output = 0; output < n_outputs; output++) {
          const of_output = output_gradient[(row * seen + place) * n_outputs + output];
          gradients["output.bias"][output] += of_output; // dL/dc = sum of dL/dy
          for (let unit = 0; unit < n_units; unit++) {
            const k = row * n_units + unit;
            gradients["output.weight"][unit * n_outputs + output] += this.states[t][k] * of_output; // dL/dV = sum of h^T dL/dy
            this.hidden_gradients[t - 1][k] += of_output * V[unit * n_outputs + output]; // dL/dy_t V^T
          }
        }
      }
    }
  }

  /** What step t adds to dL/dU, dL/dW and dL/db: every step used the same U, W and b, so they are sums over the steps. */
  add_gradients(t, of_sums) {
    const { x, rows, steps, n_inputs, n_units, gradients } = this;
    const before = this.states[t - 1];
    for (let row = 0; row < rows; row++) {
      const start = (row * steps + t - 1) * n_inputs;
      for (let unit = 0; unit < n_units; unit++) {
        const of_sum = of_sums[row * n_units + unit];
        gradients["recurrent.bias"][unit] += of_sum; // dL/db = sum of dL/dz_t
        for (let input = 0; input < n_inputs; input++) {
          gradients["input.weight"][input * n_units + unit] += x[start + input] * of_sum; // dL/dU = sum of x_t^T dL/dz_t
        }
        for (let other = 0; other < n_units; other++) {
          gradients["recurrent.weight"][other * n_units + unit] += before[row * n_units + other] * of_sum; // sum of h_{t-1}^T dL/dz_t
        }
      }
    }
  }
}

/** of_sums (rows, n) times W^T. */
function times_transposed(of_sums, W, rows, n) {
  const result = new Float64Array(rows * n);
  for (let row = 0; row < rows; row++) {
    for (let other = 0; other < n; other++) {
      let sum = 0;
      for (let unit = 0; unit < n; unit++) sum += of_sums[row * n + unit] * W[other * n + unit];
      result[row * n + other] = sum;
    }
  }
  return result;
}
