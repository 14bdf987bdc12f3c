/* One forward and one backward pass of an untrained recurrent network through the steps of the adding problem. */

import { adding_problem } from "../data/adding_problem.js";
import { norm } from "../engine/arrays.js";
import { clip_by_norm } from "../engine/clipping.js";
import { STREAMS } from "../engine/network.js";
import { Random } from "../engine/random.js";
import { RecurrentNetwork } from "../engine/recurrent_network.js";
import { root_mean_square } from "./layer_flow.js";

const BATCH = 32; // sequences of the adding problem
export const UNITS = 32;
export const OFF = 0; // the limit that stands for no clipping
const N_INPUTS = 2;
const KEPT = 64; // passages that are not computed again

/** The sequences of a state: {x: (BATCH, steps, 2), targets: (BATCH, 1)}. */
export function sequences_of(state) {
  return adding_problem(BATCH, Math.round(state.steps), new Random(0, STREAMS.data));
}

/** The network of a state, before its first training step. */
export function network_of({ activation, gain }) {
  return new RecurrentNetwork(N_INPUTS, UNITS, 1, { activation, initialization: "orthogonal", gain, seed: 0 });
}

const known = new Map();

/** `measured` for the network and the sequences of this state. */
export function passage(state) {
  const key = [Math.round(state.steps), state.gain, state.activation, state.limit].join(" ");
  if (!known.has(key)) {
    if (known.size >= KEPT) known.delete(known.keys().next().value);
    known.set(key, measured(network_of(state), sequences_of(state), state.limit));
  }
  return known.get(key);
}

/**
 * What is shown of a passage:
 *
 *   states: h_t of the first sequence, a list with an array (units,) a step
 *   gradient_size: root mean square of dL/dh_t over sequences and units, a list with a number a step
 *   length, length_clipped: length of the gradient of all parameters together, before and after clipping
 *   recurrent_length: the same before clipping, of the recurrent weights alone
 */
export function measured(network, { x, targets }, limit) {
  network.loss_and_gradients(x, targets.length, targets);
  const { layer } = network;
  const together = network.flat_gradients.slice();
  const length = norm(together);
  if (limit !== OFF) clip_by_norm(together, limit);
  return {
    states: layer.states.slice(1).map((h) => h.slice(0, layer.n_units)),
    gradient_size: layer.hidden_gradients.map(root_mean_square),
    length,
    length_clipped: norm(together),
    recurrent_length: norm(layer.gradients["recurrent.weight"]),
  };
}
