/* What can be read off a network while it trains: gradients, dead units, the size of its weights; and a sentence. */

import { norm } from "../engine/arrays.js";
import { Dense } from "../engine/dense.js";
import { percent } from "../views/written.js";

export const PRACTICALLY_ZERO = 0.01; // a weight below this is not drawn: L1 keeps it within a step around 0
const FALLEN = 0.99; // of what the training loss was before: it has really fallen
const ADAM_LIKE = ["rmsprop", "adam", "adamw"];

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
 * Two lines: what happens, and the numbers.
 * @param {Session} session
 * @param {object} readings of readings_of
 */
export function words_on(session, readings) {
  if (!session.is_ready) return "There are too few points to learn from. Click into the plane to draw some, or type their places below the picture.";
  const now = session.history.at(-1);
  const right = ({ loss, accuracy }) => `${written(loss)}${Number.isNaN(accuracy) ? "" : ` (${percent(accuracy)} right)`}`;
  const zero = readings.n_zero ? `; ${readings.n_zero} of ${readings.n_weights} connections are practically 0` : "";
  return (
    `${what_happens(session, readings)}\nEpoch ${session.epochs.toLocaleString("en-US")}: training loss ${right(now.train)}, ` +
    `validation loss ${right(now.validation)}. Mean weight ${written(readings.mean)}${zero}.`
  );
}

export function written(number) {
  return Number.isFinite(number) ? (number >= 1000 ? number.toExponential(1) : number.toFixed(3)) : "–";
}

function what_happens(session, { gradients, dead }) {
  const { history, diverged, steps } = session;
  const now = history.at(-1);
  if (diverged) return "The loss is no number any more: the steps were too long. Take a lower learning rate or a limit on the gradient, and press Restart.";
  if (steps === 0) return `${task_of(session)} Nothing is learned yet: press Start.`;
  const worst = dead.indexOf(Math.max(0, ...dead));
  if (dead.length && dead[worst] === 1) {
    return `No unit of hidden layer ${worst + 1} lets a gradient through: what lies before it cannot learn any more. Press Restart, or try another activation.`;
  }
  const last = gradients.at(-1);
  if (gradients.length > 2 && gradients[0] < 1e-3 * last && now.train.loss > 0.5 * history[0].train.loss) {
    return `The gradient vanishes: in the first layer it is ${times(last / gradients[0])} smaller than in the last, and the loss hardly falls.`;
  }
  return overfitting(history) ?? trend(session);
}

function task_of({ data }) {
  if (data.n_classes === 0) return "Every point has a number, blue above 0 and orange below: the network is to tell it from the place.";
  const words = data.n_classes === 2 ? "Two classes, orange circles and blue squares" : "Four classes, told apart by shape and color";
  return `${words}: the network is to tell them apart by their place.`;
}

function overfitting(history) {
  const now = history.at(-1);
  const lowest = history.reduce((best, each) => (each.validation.loss < best.validation.loss ? each : best), history[0]);
  const since = now.epoch - lowest.epoch;
  const rises = since >= 20 && now.validation.loss > 1.1 * lowest.validation.loss + 0.005 && now.train.loss < lowest.train.loss;
  return rises ? `The validation loss has risen for ${since.toLocaleString("en-US")} epochs while the training loss fell: overfitting. More points or regularization may help.` : null;
}

function trend(session) {
  const { history, data } = session;
  const now = history.at(-1);
  if (data.n_classes && now.validation.accuracy === 1 && now.train.accuracy === 1) {
    return "Every point is classified right, also those that the network does not learn from.";
  }
  if (history.length < 2) return "The first epoch is not over yet: train on.";
  const { train, validation, jumps } = of_late(history);
  const is_high = now.train.loss > 0.3 * history[0].train.loss;
  if (now.epoch >= 30 && train > 0.9 && (is_high || jumps) && has_long_steps(session.state)) {
    return `The loss ${jumps ? "jumps" : "stays high"}: the steps may be too large. Take a smaller learning rate, then press Restart.`;
  }
  if (train < FALLEN) {
    return validation > 1.02
      ? "The training loss falls, but the validation loss rises: it may be learning its points by heart."
      : "The loss falls: the network is learning.";
  }
  if (now.epoch < 30) return "The loss has not fallen of late: train on, or change the learning rate.";
  if (train > 1.01 && now.train.loss > history[0].train.loss) return "The loss rises: a lower learning rate may help.";
  if (!is_high) return "The loss stands still: the network has learned what it can.";
  return `The loss stands still, and high: add units or a layer, ${advice_on(session.state)}; then press Restart.`;
}

/**
 * What the losses have done in the last fifth of the training, 20 epochs at least: {train, validation} of its second half
 * over its first half, below 1 where a loss has fallen; and whether the training loss jumps, up and down by half.
 */
function of_late(history) {
  const { epoch } = history.at(-1);
  const late = history.filter((point, k) => k >= history.length - 2 || point.epoch >= epoch - Math.max(20, epoch / 5));
  const middle = Math.floor(late.length / 2);
  const mean = (points, part) => points.reduce((sum, point) => sum + point[part].loss, 0) / points.length;
  const ratio = (part) => mean(late.slice(middle), part) / mean(late.slice(0, middle), part);
  const losses = late.slice(middle).map((point) => point.train.loss);
  const highest = Math.max(...losses);
  return { train: ratio("train"), validation: ratio("validation"), jumps: highest > 1.5 * Math.min(...losses) && highest > 0.1 * history[0].train.loss };
}

/** Adam and its like step by about the learning rate, however small the gradient is: 0.01 is long for them. */
function has_long_steps({ optimizer, learning_rate }) {
  return ADAM_LIKE.includes(optimizer) && learning_rate >= 0.01;
}

function advice_on({ optimizer }) {
  if (ADAM_LIKE.includes(optimizer)) return "take another activation or learning rate";
  return "or take Adam at a learning rate of 0.003"; // 8-8-8 on spirals: all of 10 seeds learn; with 0.03 none in 300 epochs
}

function times(ratio) {
  return ratio > 1e6 ? "more than a million times" : `${Math.round(ratio).toLocaleString("en-US")} times`;
}
