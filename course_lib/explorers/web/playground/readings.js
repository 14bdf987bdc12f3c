/* What can be read off a network while it trains: gradients, dead units, the size of its weights; and its losses in a line. */

import { norm } from "../engine/arrays.js";
import { Dense } from "../engine/dense.js";
import { right_in_percent } from "../views/written.js";

export const PRACTICALLY_ZERO = 0.01; // a weight below this is not drawn: L1 keeps it within a step around 0

/** {gradients, dead, weights, mean, n_zero, n_weights} of what a session has just looked at; one entry a layer. */
export function readings_of(session) {
  const { network } = session;
  const flat = network.flat_weights;
  let n_zero = 0;
  for (const weight of flat) if (Math.abs(weight) < PRACTICALLY_ZERO) n_zero += 1;
  return {
    gradients: gradient_sizes(network),
    dead: dead_shares(session),
    weights: dense_layers(network).map((layer) => mean_size(layer.parameters.weight)),
    mean: mean_size(flat),
    n_zero,
    n_weights: flat.length,
  };
}

export function dense_layers(network) {
  return network.leaves.map(([, layer]) => layer).filter((layer) => layer instanceof Dense);
}

/** The root mean square of dL/dW of each dense layer, first to last, from the last update. */
export function gradient_sizes(network) {
  return dense_layers(network).map((layer) => norm(layer.gradients.weight) / Math.sqrt(layer.gradients.weight.length));
}

/** The mean of |w|. */
export function mean_size(weights) {
  let sum = 0;
  for (const weight of weights) sum += Math.abs(weight);
  return sum / weights.length;
}

/** The share of units of each hidden layer whose slope is 0 for every training example, as they were last looked at. */
function dead_shares({ viewers, train_part }) {
  const rows = train_part.targets.length;
  return viewers.train.activations().map((layer) => {
    if (rows === 0 || layer.h === undefined) return 0;
    const units = layer.h.length / rows;
    let dead = 0;
    for (let unit = 0; unit < units; unit++) if (is_dead(layer, unit, units)) dead += 1;
    return dead / units;
  });
}

function is_dead(layer, unit, units) {
  for (let k = unit; k < layer.h.length; k += units) {
    const slope = layer.derivative ? layer.derivative(layer.z[k], layer.h[k]) : 1;
    if (Math.abs(slope) > 1e-12) return false;
  }
  return true;
}

/**
 * The numbers of now, in a line; rounded as the chart and the missions round them. Weights pass 0 while it trains: those that
 * are there are counted once it rests, or where L1 keeps them there.
 */
export function numbers_on(session, readings, runs = false) {
  const now = session.history.at(-1);
  const right = ({ loss, accuracy }) => `${written(loss)}${Number.isNaN(accuracy) ? "" : ` (${right_in_percent(accuracy)} right)`}`;
  const counts = readings.n_zero > 0 && (!runs || session.state.l1 > 0);
  const zero = counts ? `; ${readings.n_zero} of ${readings.n_weights} connections ${readings.n_zero === 1 ? "is" : "are"} practically 0` : "";
  return (
    `Epoch ${session.epochs.toLocaleString("en-US")}: training loss ${right(now.train)}, ` +
    `validation loss ${right(now.validation)}. Mean size of the weights ${written(readings.mean)}${zero}.`
  );
}

export function written(number) {
  return Number.isFinite(number) ? (number >= 1000 ? number.toExponential(1) : number.toFixed(3)) : "–";
}
