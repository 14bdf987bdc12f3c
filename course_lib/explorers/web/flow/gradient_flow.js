/* What flows through a deep network before its first step, and what is shown of each of its layers. */

import { clothes, LABELS, N_PIXELS } from "../data/clothes_64.js";
import { FUNCTIONS, PRELU_SLOPE, RRELU_LOWER, RRELU_UPPER } from "../engine/activations.js";
import { LayerFlow, root_mean_square, signal_spread, spread } from "./layer_flow.js";

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

/** What of a state decides its flow, as a text: equal texts, equal flows. */
export function flow_key({ depth, width, activation, initialization, normalization, residual, seed }) {
  return [Math.round(depth), width, activation, initialization, normalization, residual, Math.round(seed)].join(" ");
}

const known = new Map();
let images = null;

/** The Flow of a state and the real images: finished, where it has been before, else before its first step. */
export function flow_of(state) {
  const found = known.get(flow_key(state));
  if (found) return found;
  images ??= clothes();
  return new Flow(state, images, LABELS);
}

/** Keep a finished flow: it is not computed again. */
export function keep(state, flow) {
  const key = flow_key(state);
  if (known.has(key)) return;
  if (known.size >= KEPT) known.delete(known.keys().next().value);
  known.set(key, flow);
}

/**
 * What is shown of each hidden layer, found a layer a step; lists with an entry a layer, first to last, of which a
 * flow that is not finished has the first ones:
 *
 *   counts: outputs in each of BINS bins from high to low, between those above and those below
 *   spread: standard deviation of the outputs
 *   signal_spread: standard deviation over the images of a unit's outputs, root mean square over the units
 *   flat_outputs: share of outputs, over units and images, where the activation is flat
 *   flat_units: share of units that are flat for every image: saturated, or off
 *   gradient_size: root mean square of dL/dh; it comes from the last layer on, and is NaN till then
 *
 * and handed_on, the standard deviation of what goes into the output layer; it differs from the last spread where
 * residual connections add up outputs on the way.
 */
export class Flow {
  constructor(state, x, labels) {
    const { width, activation, initialization, normalization, residual } = state;
    const depth = Math.round(state.depth);
    Object.assign(this, { depth, width, residual });
    Object.assign(this, { counts: [], spread: [], signal_spread: [], flat_outputs: [], flat_units: [], handed_on: NaN });
    this.gradient_size = new Array(depth).fill(NaN);
    this.range = shown_range(activation).range;
    this.is_flat = flatness(activation);
    const hidden_layers = new Array(depth).fill(width);
    const recipe = { hidden_layers, activation, initialization, normalization, residual, seed: Math.round(state.seed) };
    this.passing = new LayerFlow(recipe, N_PIXELS, N_CLASSES, x, labels);
  }

  get finished() {
    return this.passing === null;
  }

  step() {
    const { passing } = this;
    passing.step();
    if (this.spread.length < passing.activations.length) this.measure(passing.sums.at(-1), passing.activations.at(-1));
    for (let place = this.depth - 1; place >= 0 && place in passing.activation_gradients; place--) {
      if (Number.isNaN(this.gradient_size[place])) {
        this.gradient_size[place] = root_mean_square(passing.activation_gradients[place]);
      }
    }
    if (passing.finished) this.passing = null; // its arrays are large
  }

  measure(sums, outputs) {
    const { width } = this;
    this.counts.push(histogram(outputs, this.range));
    this.spread.push(spread(outputs));
    this.signal_spread.push(signal_spread(outputs, width));
    const flat = flat_shares(sums, width, this.is_flat);
    this.flat_outputs.push(flat.outputs);
    this.flat_units.push(flat.units);
    if (this.residual) {
      // With a connection around every layer but the first, what comes out at the end is the sum of all outputs.
      this.added_up ??= new Float64Array(outputs.length);
      for (let k = 0; k < outputs.length; k++) this.added_up[k] += outputs[k];
    }
    if (this.spread.length < this.depth) return;
    this.handed_on = this.residual ? spread(this.added_up) : this.spread.at(-1);
    this.added_up = null;
  }
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
