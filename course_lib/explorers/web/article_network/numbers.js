/* The numbers of the article's network, forward and backward, by the engine's own layers. */

import { Activation } from "../engine/activations.js";
import { Dense } from "../engine/dense.js";
import { mean_squared_error, mean_squared_error_gradient } from "../engine/losses.js";

export const PLACES = [0, 1]; // every layer has two units
const ZEROS = { normal: () => 0 };

/** A layer of two units: the weights (fan_in, fan_out) row after row. */
function dense(weight, bias) {
  const layer = new Dense({ fan_in: 2, fan_out: 2, random: ZEROS });
  layer.parameters.weight.set(weight);
  layer.parameters.bias.set(bias);
  return layer;
}

/** The layers of a state. wIJ: from input I to hidden unit J, bJ its bias; vIJ: from hidden unit I to output J, cJ. */
function layers_of(state) {
  return {
    hidden: dense([state.w11, state.w12, state.w21, state.w22], [state.b1, state.b2]),
    hidden_relu: new Activation({ name: "relu" }),
    output: dense([state.v11, state.v12, state.v21, state.v22], [state.c1, state.c2]),
    output_relu: new Activation({ name: "relu" }),
  };
}

function through({ hidden, hidden_relu, output, output_relu }, state) {
  const x = Float64Array.of(state.x1, state.x2);
  const z = hidden.forward(x, true); // z = x W + b
  const n = hidden_relu.forward(z, true); // n = max(z, 0)
  const s = output.forward(n, true); // s = n V + c
  const y = output_relu.forward(s, true); // y = max(s, 0)
  return { x, z, n, s, y };
}

/** {x, z, n, s, y}, two numbers each: inputs, hidden sums, hidden outputs, output sums, outputs. */
export function forward(state) {
  return through(layers_of(state), state);
}

/**
 * Both passes: {values, slopes}, each {name: number}.
 *
 * Names are those of the state (x1, w11, b1, v11, c1, t1) and z1, n1, s1, y1, L. The loss L is the mean of the two
 * squared errors; over two outputs that is half their sum. slopes.NAME is dL/dNAME; the targets have none.
 */
export function both_passes(state) {
  const layers = layers_of(state);
  const found = through(layers, state);
  const targets = [state.t1, state.t2];
  const y = mean_squared_error_gradient(found.y, targets); // dL/dy = y - t
  const s = layers.output_relu.backward(y); // dL/ds = dL/dy relu'(s)
  const n = layers.output.backward(s); // dL/dn = dL/ds V^T
  const z = layers.hidden_relu.backward(n); // dL/dz = dL/dn relu'(z)
  const x = layers.hidden.backward(z); // dL/dx = dL/dz W^T
  const slopes = { L: 1, ...by_place({ x, z, n, s, y }) };
  add_parameters(slopes, "w", "b", layers.hidden.gradients);
  add_parameters(slopes, "v", "c", layers.output.gradients);
  return { values: { ...state, ...by_place(found), L: mean_squared_error(found.y, targets) }, slopes };
}

function by_place(arrays) {
  return Object.fromEntries(
    Object.entries(arrays).flatMap(([letter, array]) => PLACES.map((place) => [`${letter}${place + 1}`, array[place]])),
  );
}

function add_parameters(slopes, letter, bias_letter, { weight, bias }) {
  for (const to of PLACES) {
    for (const from of PLACES) slopes[`${letter}${from + 1}${to + 1}`] = weight[2 * from + to];
    slopes[`${bias_letter}${to + 1}`] = bias[to];
  }
}

export const PARAMETERS = ["w11", "w21", "b1", "w12", "w22", "b2", "v11", "v21", "c1", "v12", "v22", "c2"];

/** Every weight and bias against its slope: w <- w - eta dL/dw, all from the same two passes. */
export function stepped(state) {
  const { slopes } = both_passes(state);
  return Object.fromEntries(PARAMETERS.map((name) => [name, state[name] - state.learning_rate * slopes[name]]));
}
