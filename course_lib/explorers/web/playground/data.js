/* The playground's data: points of the plane with a class or a number each, drawn by a seed. */

import { Random } from "../engine/random.js";
import { parse_formula } from "./formula.js";

export const EDGE = 6; // points lie between -6 and 6
export const N_CLASSES = { several_gaussians: 4 }; // of all others 2; "plane" has numbers and no classes
const STREAM = 3;

/**
 * The points of a data set: {points: (n, 2) row after row, targets: n classes or numbers, n_classes (0: numbers)}.
 *
 * @param {object} words data (a name of MAKERS, or "drawn"), n_points, noise (0 to 1), seed, formula, drawn
 *   (x, y, class, x, y, class, ...: points that somebody drew)
 */
export function make_data({ data, n_points, noise, seed, formula = "sin(x)", drawn = [] }) {
  if (data === "drawn") return of_drawn(drawn);
  const random = new Random(seed, STREAM);
  const points = new Float64Array(2 * n_points);
  const targets = new Float64Array(n_points);
  const make = MAKERS[data](noise, random, formula);
  for (let k = 0; k < n_points; k++) {
    const [x, y, target] = make(k, n_points);
    points[2 * k] = within(x);
    points[2 * k + 1] = within(y);
    targets[k] = target;
  }
  return { points, targets, n_classes: data === "plane" ? 0 : N_CLASSES[data] ?? 2 };
}

const MAKERS = {
  /** Two heaps of points. */
  gaussians: (noise, random) => (k) => {
    const label = k % 2;
    const [spread, center] = [0.7 + 2 * noise, label ? 2.2 : -2.2];
    return [center + spread * random.normal(), center + spread * random.normal(), label];
  },
  /** A disk, and a ring around it. */
  circles: (noise, random) => (k) => {
    const label = k % 2;
    const radius = label ? 2.6 * Math.sqrt(random.uniform()) : 3.6 + 1.8 * random.uniform();
    const angle = 2 * Math.PI * random.uniform();
    const [x, y] = [radius * Math.cos(angle), radius * Math.sin(angle)];
    return [x + 1.5 * noise * random.normal(), y + 1.5 * noise * random.normal(), label];
  },
  /** Where x and y have the same sign, class 1. */
  xor: (noise, random) => () => {
    const away = (value) => value + (value > 0 ? 0.3 : -0.3); // a gap along the axes
    const [x, y] = [away(10 * random.uniform() - 5), away(10 * random.uniform() - 5)];
    return [x + 1.5 * noise * random.normal(), y + 1.5 * noise * random.normal(), x * y >= 0 ? 1 : 0];
  },
  /** Two spirals wound around each other. */
  spirals: (noise, random) => (k, n) => {
    const label = k % 2;
    const share = Math.floor(k / 2) / Math.max(1, Math.floor(n / 2));
    const angle = 1.75 * share * 2 * Math.PI + label * Math.PI;
    const radius = 0.3 + 4.9 * share;
    return [radius * Math.sin(angle) + noise * random.normal(), radius * Math.cos(angle) + noise * random.normal(), label];
  },
  /** Two half moons that reach into each other. */
  moons: (noise, random) => (k) => {
    const label = k % 2;
    const angle = Math.PI * random.uniform();
    const [x, y] = label ? [1.6 - 3 * Math.cos(angle), 0.8 - 3 * Math.sin(angle)] : [3 * Math.cos(angle) - 1.6, 3 * Math.sin(angle) - 0.8];
    return [x + 1.2 * noise * random.normal(), y + 1.2 * noise * random.normal(), label];
  },
  /** Four heaps, a class each. */
  several_gaussians: (noise, random) => (k) => {
    const label = k % 4;
    const spread = 0.5 + 1.6 * noise;
    const [x, y] = [[-2.8, -2.2], [2.6, -2.8], [-2.2, 2.8], [2.8, 2.4]][label];
    return [x + spread * random.normal(), y + spread * random.normal(), label];
  },
  /** Above or below a curve that somebody types. */
  curve: (noise, random, formula) => {
    const f = parse_formula(formula);
    return () => {
      const [x, y] = [10.4 * random.uniform() - 5.2, 10.4 * random.uniform() - 5.2];
      const height = f(x);
      const above = y > (Number.isFinite(height) ? height : Infinity) ? 1 : 0;
      return [x + noise * random.normal(), y + noise * random.normal(), above];
    };
  },
  /** A number that grows along a direction: for regression. */
  plane: (noise, random) => () => {
    const [x, y] = [10.4 * random.uniform() - 5.2, 10.4 * random.uniform() - 5.2];
    return [x, y, (x + y) / 10 + 0.5 * noise * random.normal()];
  },
};

function of_drawn(drawn) {
  const n = Math.floor(drawn.length / 3);
  const points = new Float64Array(2 * n);
  const targets = new Float64Array(n);
  for (let k = 0; k < n; k++) {
    points[2 * k] = drawn[3 * k];
    points[2 * k + 1] = drawn[3 * k + 1];
    targets[k] = drawn[3 * k + 2] >= 0.5 ? 1 : 0;
  }
  return { points, targets, n_classes: 2 };
}

function within(value) {
  return Math.min(Math.max(value, -EDGE), EDGE);
}

/** Which points are for training, in random order, and which for validation: two lists of row numbers. */
export function split(n, share, seed) {
  const order = Array.from(new Random(seed, STREAM + 1).permutation(n));
  if (n < 4) return { train: order, validation: [] }; // of points that somebody has just begun to draw
  const n_train = Math.min(n - 1, Math.max(2, Math.round(share * n)));
  return { train: order.slice(0, n_train), validation: order.slice(n_train) };
}

/** Rows of an array with this many columns. */
export function rows_of(array, columns, rows) {
  const taken = new Float64Array(rows.length * columns);
  rows.forEach((row, place) => taken.set(array.subarray(row * columns, (row + 1) * columns), place * columns));
  return taken;
}
