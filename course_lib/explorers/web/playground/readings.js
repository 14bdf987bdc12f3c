/* What can be read off a network while it trains: gradients, dead units, the size of its weights; and a sentence. */

import { norm } from "../engine/arrays.js";
import { Dense } from "../engine/dense.js";

/** The root mean square of dL/dW of each dense layer, first to last, from the last update. */
export function gradient_sizes(network) {
  return network.leaves
    .filter(([, layer]) => layer instanceof Dense)
    .map(([, layer]) => norm(layer.gradients.weight) / Math.sqrt(layer.gradients.weight.length));
}

/** The share of units of each hidden layer whose slope is 0 for every example of a part. */
export function dead_shares(network, x) {
  network.outputs(x);
  return network.activations().map((layer) => {
    const units = layer.h.length / (x.length / network.n_inputs);
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

/** Lengths of the longest weight vector that comes into a hidden unit, and of all weights. */
export function weight_sizes(network) {
  return { all: norm(network.flat_weights), mean: network.flat_weights.reduce((sum, w) => sum + Math.abs(w), 0) / network.flat_weights.length };
}

/**
 * A sentence on what happens.
 * @param {Session} session
 */
export function sentence(session) {
  const { history, diverged, epochs, network } = session;
  const now = history.at(-1);
  if (diverged) return "The loss is no number any more: the steps were too long. Reset, and take a lower learning rate or a limit on the gradient.";
  if (epochs === 0) return "Nothing is learned yet: press Start.";
  const dead = dead_shares(session.viewers.train, session.train_part.x);
  const worst = dead.indexOf(Math.max(0, ...dead));
  if (dead.length && dead[worst] === 1) {
    return `No unit of hidden layer ${worst + 1} lets a gradient through: the network cannot learn any more. Reset, or try another activation.`;
  }
  const sizes = gradient_sizes(network);
  const last = sizes.at(-1);
  if (sizes.length > 2 && sizes[0] < 1e-3 * last && now.train.loss > 0.5 * history[0].train.loss) {
    return `The gradient vanishes: in the first layer it is ${times(last / sizes[0])} smaller than in the last, and the loss hardly falls.`;
  }
  const lowest = history.reduce((best, each) => (each.validation.loss < best.validation.loss ? each : best), history[0]);
  const since = now.epoch - lowest.epoch;
  if (since >= 20 && now.validation.loss > 1.1 * lowest.validation.loss + 0.005 && now.train.loss < lowest.train.loss) {
    return `The validation loss has risen for ${since} epochs while the training loss fell: overfitting.`;
  }
  if (session.data.n_classes && now.validation.accuracy === 1 && now.train.accuracy === 1) {
    return "Every point is classified right, also those that the network does not learn from.";
  }
  const before = history[Math.max(0, history.length - 40)];
  if (now.epoch - before.epoch >= 30 && now.train.loss > 0.99 * before.train.loss) {
    return now.train.loss > 0.3 * history[0].train.loss
      ? "The loss stands still, and high: more units, another activation or another learning rate may help."
      : "The loss stands still: the network has learned what it can.";
  }
  return "The loss falls: the network is learning.";
}

function times(ratio) {
  return ratio > 1e6 ? "more than a million times" : `${Math.round(ratio).toLocaleString("en-US")} times`;
}
