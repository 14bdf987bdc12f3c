/* The laboratory's points: a disk of class 1 in a ring of class 0, some labels wrong. Twin of data/toys.py. */

import { Random } from "../engine/random.js";

const NOISE = 0.35;
const STREAMS = { train: 10, validation: 11, labels: 12 }; // apart from those of the network
const MIRRORS = [[1, 1], [-1, 1], [1, -1], [-1, -1]];
export const N_VALIDATION = 400;

/** {x: (n, 2) row after row, labels: (n,)}: class 1 around a circle of radius 1, class 0 around one of radius 2. */
function circles(n, random) {
  const order = random.permutation(n);
  const labels = Array.from(order, (place) => place % 2);
  const x = new Float64Array(2 * n);
  labels.forEach((label, row) => {
    const angle = 2 * Math.PI * random.uniform();
    const radius = label === 1 ? 1 : 2;
    x[2 * row] = radius * Math.cos(angle) + NOISE * random.normal();
    x[2 * row + 1] = radius * Math.sin(angle) + NOISE * random.normal();
  });
  return { x, labels };
}

/**
 * {train: {x, labels, wrong}, validation: {x, labels}}. Each training label is drawn anew with the chance `share`, and
 * half of those come out as they were (Zhang et al. 2017, section 2); a larger share keeps the wrong ones of a smaller.
 */
export function make_points(n, share, seed) {
  const train = circles(n, new Random(seed, STREAMS.train));
  const random = new Random(seed, STREAMS.labels);
  const labels = train.labels.map((label) => {
    const [chance, drawn] = [random.uniform(), random.uniform() < 0.5 ? 0 : 1];
    return chance < share ? drawn : label;
  });
  const wrong = labels.map((label, row) => label !== train.labels[row]);
  const validation = circles(N_VALIDATION, new Random(seed, STREAMS.validation));
  return { train: { x: train.x, labels, wrong }, validation };
}

/** Four times as many: each point as it is, mirrored left to right, top to bottom, and both. As they are come first. */
export function mirror_copies({ x, labels }) {
  const copies = MIRRORS.map(([across, up]) => x.map((value, k) => value * (k % 2 === 0 ? across : up)));
  return { x: Float64Array.from(copies.flatMap((each) => [...each])), labels: MIRRORS.flatMap(() => labels) };
}
