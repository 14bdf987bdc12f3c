/* What flows through a network, layer by layer: forward the activations, backward their gradients.
 * Twin of experiments/layer_flow.py. */

import { Dense } from "../engine/dense.js";
import { softmax_cross_entropy, softmax_cross_entropy_gradient } from "../engine/losses.js";

/**
 * The sums z, the activations h and the gradients dL/dh of every hidden layer, for one batch in training mode:
 * {loss, sums, activations, activation_gradients}, of each a list of arrays (rows, units), first layer to last.
 *
 * @param {Network} network with one hidden layer or more; it is used up: its layers stay watched
 * @param {Float64Array} x (rows, n_inputs)
 * @param {number[]} labels whole numbers, one a row
 */
export function layer_flow(network, x, labels) {
  const watched = network.leaves.filter(([name]) => name.startsWith("activation")).map(([, layer]) => layer);
  const activation_gradients = new Array(watched.length);
  watched.forEach((layer, place) => {
    const own = layer.backward;
    layer.backward = (gradient) => own.call(layer, (activation_gradients[place] = gradient));
  });
  skip_weight_gradients(network);
  const outputs = network.sequential.forward(x, true);
  network.sequential.backward(softmax_cross_entropy_gradient(outputs, labels, network.n_outputs));
  return {
    loss: softmax_cross_entropy(outputs, labels, network.n_outputs),
    sums: watched.map((layer) => layer.z),
    activations: watched.map((layer) => layer.h),
    activation_gradients,
  };
}

/* Nobody looks at dL/dW here, and it would be a third of all the work. */
function skip_weight_gradients(network) {
  for (const [, layer] of network.leaves) {
    if (!(layer instanceof Dense)) continue;
    layer.backward = (gradient) =>
      layer.needs_input_gradient ? layer.of_inputs(gradient, gradient.length / layer.fan_out) : null;
  }
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
