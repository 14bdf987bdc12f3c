/* What flows through a network, layer by layer: forward the activations, backward their gradients.
 * Twin of experiments/layer_flow.py. */

import { Dense } from "../engine/dense.js";
import { softmax_cross_entropy_gradient } from "../engine/losses.js";
import { make_layer, streams_of } from "../engine/network.js";
import { DEFAULTS, plan } from "../engine/plan.js";
import { starting_stream } from "./drawn.js";

/**
 * One batch through an untrained network in training mode, a layer a step: forward, and then back. A layer is made when
 * the batch gets there, so that nobody waits for millions of weights. Lists with an entry a hidden layer:
 *
 *   sums, activations: z and h, arrays (rows, units), as far as the batch has come
 *   activation_gradients: dL/dh, of the same shape, from the last layer on
 *
 * and outputs (rows, n_outputs), once they are there.
 *
 * @param {object} recipe what differs from DEFAULTS, with one hidden layer or more
 * @param {Float64Array} x (rows, n_inputs)
 * @param {number[]} labels whole numbers, one a row
 */
export class LayerFlow {
  constructor(recipe, n_inputs, n_outputs, x, labels) {
    const whole = { ...DEFAULTS, ...recipe };
    Object.assign(this, { n_outputs, labels, leaves: [], layers: [], signal: x, gradient: null, outputs: null });
    this.parts = plan(whole, n_inputs, n_outputs);
    this.streams = { ...streams_of(whole.seed), initialization: starting_stream(whole.seed) };
    this.sums = [];
    this.activations = [];
    this.activation_gradients = new Array(whole.hidden_layers.length);
  }

  get finished() {
    return this.outputs !== null && this.layers.length === 0;
  }

  step() {
    if (this.outputs === null) this.forward();
    else this.gradient = this.layers.pop().backward(this.gradient);
  }

  forward() {
    const known = this.leaves.length;
    const layer = make_layer(this.parts[this.layers.length], this.streams, this.leaves);
    const made = this.leaves.slice(known);
    if (known === 0) layer.needs_input_gradient = false; // nothing comes before it
    for (const [, each] of made) if (each instanceof Dense) skip_weight_gradients(each);
    this.signal = layer.forward(this.signal, true);
    this.layers.push(layer);
    for (const [name, each] of made) if (name.startsWith("activation")) this.watch(each);
    if (this.layers.length < this.parts.length) return;
    this.outputs = this.signal;
    this.gradient = softmax_cross_entropy_gradient(this.outputs, this.labels, this.n_outputs);
  }

  watch(layer) {
    const place = this.sums.push(layer.z) - 1;
    this.activations.push(layer.h);
    const own = layer.backward;
    layer.backward = (gradient) => own.call(layer, (this.activation_gradients[place] = gradient));
  }
}

/* Nobody looks at dL/dW here, and it would be a third of all the work. */
function skip_weight_gradients(layer) {
  layer.backward = (gradient) => (layer.needs_input_gradient ? layer.of_inputs(gradient) : null);
}

/** The square root of the mean of squares, scaled by the largest entry first: squares of tiny numbers are not lost. */
export function root_mean_square(array) {
  let largest = 0;
  for (let k = 0; k < array.length; k++) {
    const size = Math.abs(array[k]);
    if (size > largest || Number.isNaN(size)) largest = size;
  }
  const scale = Number.isFinite(largest) && largest > 0 ? largest : 1;
  let sum = 0;
  for (let k = 0; k < array.length; k++) sum += (array[k] / scale) ** 2;
  return scale * Math.sqrt(sum / array.length);
}

/** Standard deviation of all entries. */
export function spread(array) {
  const mean = array.reduce((sum, entry) => sum + entry, 0) / array.length;
  return root_mean_square(array.map((entry) => entry - mean));
}

/**
 * How much an array (rows, units) differs from row to row: the standard deviation over the rows, unit by unit, and its
 * root mean square over the units. It is 0 in a layer that answers the same to every example.
 */
export function signal_spread(array, units) {
  const means = new Float64Array(units);
  for (let k = 0; k < array.length; k++) means[k % units] += array[k];
  const rows = array.length / units;
  return root_mean_square(array.map((entry, k) => entry - means[k % units] / rows));
}
