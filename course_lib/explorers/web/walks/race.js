/* Six optimizers on one surface: where each goes, and how many steps it takes to the bottom.
 * Twin of experiments/surface_race.py. */

import { Adam, AdamW, GradientDescent, Momentum, Nesterov, RMSProp } from "../engine/optimizers.js";

export const GOAL = 1e-3; // share of the loss at the start
export const STEPS = 150;
const WITHIN = 3; // the part of the surface that is shown, from -3 to 3
const LOST = 1000; // times the loss at the start: it has run away

/** {name: (position, learning rate, momentum) -> the optimizer that moves it}. Muon is missing: it needs a matrix. */
const MAKERS = {
  gradient_descent: (position, learning_rate) => new GradientDescent(position, { learning_rate }),
  momentum: (position, learning_rate, momentum) => new Momentum(position, { learning_rate, momentum }),
  nesterov: (position, learning_rate, momentum) => new Nesterov(position, { learning_rate, momentum }),
  rmsprop: (position, learning_rate) => new RMSProp(position, { learning_rate }),
  adam: (position, learning_rate, beta1) => new Adam(position, { learning_rate, beta1 }),
  adamw: (position, learning_rate, beta1) => new AdamW(position, { learning_rate, beta1 }), // decay 0.01, as PyTorch's
};
export const RUNNERS = Object.keys(MAKERS);

/**
 * The path of one optimizer: `steps` + 1 places [x, y], the start first. What has run away is not finite.
 * @param {number} momentum mu of momentum and Nesterov, beta1 of Adam and AdamW; the others have none
 */
export function walk(surface, optimizer, learning_rate, { momentum = 0.9, steps = STEPS, start = surface.start } = {}) {
  const position = Float64Array.from(start);
  const mover = MAKERS[optimizer](position, learning_rate, momentum);
  const path = [[...position]];
  for (let step = 0; step < steps; step++) {
    mover.step(surface.gradient(position[0], position[1]));
    path.push([...position]);
  }
  return path;
}

/** The loss at every place of a path. */
export function losses_on(surface, path) {
  return path.map(([x, y]) => surface.loss(x, y));
}

/** The first step from which on the loss stays at most `goal` times the first loss, or null if there is none. */
export function steps_to_goal(losses, goal = GOAL) {
  const last_above = losses.findLastIndex((loss) => !(loss <= goal * losses[0])); // what is no number is above
  return last_above + 1 < losses.length ? last_above + 1 : null;
}

/**
 * {optimizer: the rate, out of `rates`, with which it gets to the goal in the fewest steps}.
 *
 * Where no rate gets there, the one with the lowest loss at the end is taken. A rate with which a coordinate goes
 * beyond WITHIN does not count while another one stays inside: a lucky throw is not a way to train.
 */
export function tuned_rates(surface, rates, momentum) {
  return Object.fromEntries(RUNNERS.map((name) => {
    const ranks = rates.map((rate) => rank(surface, walk(surface, name, rate, { momentum })));
    const best = ranks.reduce((first, each, place) => (is_before(each, ranks[first]) ? place : first), 0);
    return [name, rates[best]];
  }));
}

function rank(surface, path) {
  const losses = losses_on(surface, path);
  const stays = path.every(([x, y]) => Math.abs(x) <= WITHIN && Math.abs(y) <= WITHIN);
  const last = losses.at(-1);
  return [stays ? 0 : 1, steps_to_goal(losses) ?? path.length, Number.isFinite(last) ? last : Infinity];
}

function is_before(one, other) {
  const differing = one.findIndex((value, place) => value !== other[place]);
  return differing >= 0 && one[differing] < other[differing];
}

/**
 * What one has come to, by its losses so far: {word, steps}. The words are "there" (in the goal, and still there),
 * "running", "lost" (run away) and "start"; `steps` to the goal, or null.
 */
export function standing(losses) {
  const last = losses.at(-1);
  if (!Number.isFinite(last) || last > LOST * losses[0]) return { word: "lost", steps: null };
  const steps = steps_to_goal(losses);
  if (steps !== null) return { word: "there", steps };
  return { word: losses.length === 1 ? "start" : "running", steps };
}

/** The names of those who got to the goal in the fewest steps; none yet: []. standings: {name: standing}. */
export function winners(standings) {
  const there = Object.entries(standings).filter(([, each]) => each.word === "there");
  const fewest = Math.min(...there.map(([, each]) => each.steps));
  return there.filter(([, each]) => each.steps === fewest).map(([name]) => name);
}
