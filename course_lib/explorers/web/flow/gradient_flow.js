/* What flows through a deep network before its first step, and what is shown of each of its layers. */

import { clothes, LABELS, N_PIXELS } from "../data/clothes_64.js";
import { FUNCTIONS, PRELU_SLOPE, RRELU_LOWER, RRELU_UPPER } from "../engine/activations.js";
import { Network } from "../engine/network.js";
import { layer_flow, root_mean_square, signal_spread, spread } from "./layer_flow.js";

export const BINS = 40; // of the histogram of each layer
export const FLAT = 0.05; // a slope below this share of the steepest one counts as flat
export const N_CLASSES = 10;
const SQUASHING = { sigmoid: [0, 1], tanh: [-1, 1] }; // name: range of its outputs
const RANGE = [-2, 4]; // outputs shown of all the others; what lies beyond is counted in a band above and one below
const BENT = { rrelu: (RRELU_LOWER + RRELU_UPPER) / 2, prelu: PRELU_SLOPE }; // name: the slope left of 0, as it starts
const KEPT = 64; // flows that are not computed again

/** The range of outputs that is shown, and whether there can be others. */
export function shown_range(activation) {
  return { range: SQUASHING[activation] ?? RANGE, open: !(activation in SQUASHING) };
}

/** The network of a state, before its first training step. */
export function network_of(state) {
  const recipe = {
    hidden_layers: new Array(Math.round(state.depth)).fill(state.width),
    activation: state.activation,
    initialization: state.initialization,
    normalization: state.normalization,
    residual: state.residual,
    seed: Math.round(state.seed),
  };
  return new Network(recipe, N_PIXELS, N_CLASSES);
}

const known = new Map();
let images = null;

/** `measured` for the network of this state and the real images. */
export function flow(state) {
  const { width, activation, initialization, normalization, residual } = state;
  const [depth, seed] = [Math.round(state.depth), Math.round(state.seed)];
  const key = [depth, width, activation, initialization, normalization, residual, seed].join(" ");
  if (!known.has(key)) {
    images ??= clothes();
    if (known.size >= KEPT) known.delete(known.keys().next().value);
    known.set(key, measured(network_of(state), state, images, LABELS));
  }
  return known.get(key);
}

/**
 * What is shown of each hidden layer; lists with an entry a layer, first to last:
 *
 *   counts: outputs in each of BINS bins from high to low, between those above and those below
 *   spread: standard deviation of the outputs
 *   signal_spread: standard deviation over the images of a unit's outputs, root mean square over the units
 *   gradient_size: root mean square of dL/dh
 *   flat_outputs: share of outputs, over units and images, where the activation is flat
 *   flat_units: share of units that are flat for every image: saturated, or off
 *
 * and handed_on, the standard deviation of what goes into the output layer; it differs from the last spread where
 * residual connections add up outputs on the way.
 */
export function measured(network, { width, activation, residual }, x, labels) {
  const flowing = layer_flow(network, x, labels);
  const { range } = shown_range(activation);
  const is_flat = flatness(activation);
  const flat = flowing.sums.map((sums) => flat_shares(sums, width, is_flat));
  return {
    counts: flowing.activations.map((outputs) => histogram(outputs, range)),
    spread: flowing.activations.map(spread),
    signal_spread: flowing.activations.map((outputs) => signal_spread(outputs, width)),
    gradient_size: flowing.activation_gradients.map(root_mean_square),
    flat_outputs: flat.map(({ outputs }) => outputs),
    flat_units: flat.map(({ units }) => units),
    handed_on: spread(residual ? sum_of(flowing.activations) : flowing.activations.at(-1)),
  };
}

/* With a connection around every layer but the first, what comes out at the end is the sum of all outputs. */
function sum_of(arrays) {
  const sum = arrays[0].slice();
  for (const array of arrays.slice(1)) for (let k = 0; k < sum.length; k++) sum[k] += array[k];
  return sum;
}

/** Whether the activation's slope at a sum is less than FLAT of the steepest. */
function flatness(activation) {
  if (activation in BENT) return () => BENT[activation] < FLAT; // and 1 to the right of 0
  const [f, derivative] = FUNCTIONS[activation];
  const slope = (z) => derivative(z, f(z));
  let steepest = 0;
  for (let k = 0; k <= 1600; k++) steepest = Math.max(steepest, slope(k / 100 - 8));
  return (z) => slope(z) < FLAT * steepest;
}

function flat_shares(sums, units, is_flat) {
  const rows = sums.length / units;
  const of_unit = new Uint32Array(units);
  for (let k = 0; k < sums.length; k++) if (is_flat(sums[k])) of_unit[k % units] += 1;
  const flat = of_unit.reduce((sum, count) => sum + count, 0);
  return { outputs: flat / sums.length, units: of_unit.filter((count) => count === rows).length / units };
}

/** How many outputs lie in each of BINS bins, from high to low, after those above and before those below. */
export function histogram(outputs, [low, high]) {
  const counts = new Uint32Array(BINS + 2);
  for (let k = 0; k < outputs.length; k++) {
    const output = outputs[k];
    if (output > high) counts[0] += 1;
    else if (output >= low) counts[1 + Math.min(Math.floor(((high - output) / (high - low)) * BINS), BINS - 1)] += 1;
    else counts[BINS + 1] += 1;
  }
  return counts;
}
