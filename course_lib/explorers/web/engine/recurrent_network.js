/* A recurrent network with what trains it: loss, clipping, optimizer. Twin of engine/recurrent_network.py. */

import { norm } from "./arrays.js";
import { clip_by_norm, clip_by_value } from "./clipping.js";
import { xavier_normal } from "./initializers.js";
import * as losses from "./losses.js";
import { OPTIMIZERS } from "./plan.js";
import { Random } from "./random.js";
import { identity, orthogonal, Recurrent } from "./recurrent.js";

const INITIALIZATIONS = { identity, orthogonal };

/** h_t = f(x_t U + h_{t-1} W + b) from h_0 = 0, with the words of RecurrentNetwork in Python. */
export class RecurrentNetwork {
  constructor(n_inputs, n_units, n_outputs, words = {}) {
    const { activation = "tanh", initialization = "orthogonal", gain = 1, loss = "mean_squared_error" } = words;
    const { every_step = false, optimizer = "gradient_descent", learning_rate = 0.01, seed = 0 } = words;
    const { clip_norm = null, clip_value = null } = words;
    Object.assign(this, { n_outputs, loss_name: loss, clip_norm, clip_value, gradient_norm: NaN, clipped: false });
    const random = new Random(seed);
    const drawn = {
      "input.weight": xavier_normal(n_inputs, n_units, random),
      "recurrent.weight": INITIALIZATIONS[initialization](n_units, random, gain),
      "recurrent.bias": new Float64Array(n_units),
      "output.weight": xavier_normal(n_units, n_outputs, random),
      "output.bias": new Float64Array(n_outputs),
    };
    this.flat_parameters = Float64Array.from(Object.values(drawn).flatMap((array) => Array.from(array)));
    const parameters = views(this.flat_parameters, drawn);
    this.layer = new Recurrent(parameters, { n_inputs, activation, every_step });
    this.flat_gradients = new Float64Array(this.flat_parameters.length);
    this.layer.gradients = views(this.flat_gradients, drawn);
    this.optimizer = new OPTIMIZERS[optimizer](this.flat_parameters, { learning_rate });
  }

  outputs(x, rows) {
    return this.layer.forward(x, rows);
  }

  /** The loss of a batch (rows, steps, n_inputs); fills the gradients. */
  loss_and_gradients(x, rows, targets) {
    const y = this.layer.forward(x, rows);
    const of_classes = this.loss_name === "softmax_cross_entropy" ? [this.n_outputs] : [];
    const loss = losses[this.loss_name](y, targets, ...of_classes);
    this.layer.backward(losses[`${this.loss_name}_gradient`](y, targets, ...of_classes));
    return loss;
  }

  /** One update of all parameters; returns the loss before it. A loss that is not finite makes no update. */
  update(x, rows, targets) {
    const loss = this.loss_and_gradients(x, rows, targets);
    this.gradient_norm = NaN;
    this.clipped = false;
    if (!Number.isFinite(loss)) return loss;
    this.gradient_norm = norm(this.flat_gradients);
    if (this.clip_value !== null) this.clipped = clip_by_value(this.flat_gradients, this.clip_value) > 0;
    if (this.clip_norm !== null) {
      this.clipped = clip_by_norm(this.flat_gradients, this.clip_norm) > this.clip_norm || this.clipped;
    }
    this.optimizer.step(this.flat_gradients);
    return loss;
  }

  /** Set all trained arrays by name. */
  load_parameters(named) {
    for (const [name, values] of Object.entries(named)) this.layer.parameters[name].set(values);
  }
}

function views(flat, named) {
  let start = 0;
  return Object.fromEntries(
    Object.entries(named).map(([name, array]) => {
      const end = start + array.length;
      const view = flat.subarray(start, end);
      start = end;
      return [name, view];
    }),
  );
}
