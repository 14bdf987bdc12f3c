/* Surfaces to walk down: a loss of two parameters, with its gradient, so that a walk can be seen from above.
 * Twin of data/surfaces.py.
 *
 * Each has its lowest value, 0, at its lowest point: {name, loss(x, y), gradient(x, y) -> [along x, along y],
 * minima: the lowest first, saddle: level but no bottom, or null, start: where a race begins}. */

const TILT = 0.392; // makes the two valleys differ, and puts the saddle at x = 0.2, where a slider can stand
const [HIGH_VALLEY, , LOW_VALLEY] = [0, 1, 2].map(level_place);
const LOWEST = LOW_VALLEY ** 4 / 4 - LOW_VALLEY ** 2 + TILT * LOW_VALLEY;

/** The three x at which x^3 - 2x + tilt = 0, the largest first. Viète's formula for three real roots. */
function level_place(k) {
  const angle = Math.acos(-0.75 * TILT * Math.sqrt(1.5)) / 3;
  return 2 * Math.sqrt(2 / 3) * Math.cos(angle - (2 * Math.PI * k) / 3);
}

function by_name(...surfaces) {
  return Object.fromEntries(surfaces.map((surface) => [surface.name, { saddle: null, start: [-2, 1.5], ...surface }]));
}

/** For gradient descent. */
export const SURFACES = by_name(
  {
    name: "bowl",
    loss: (x, y) => (x * x + y * y) / 2,
    gradient: (x, y) => [x, y],
    minima: [[0, 0]],
  },
  {
    name: "ravine",
    loss: (x, y) => (x * x + 20 * y * y) / 2,
    gradient: (x, y) => [x, 20 * y],
    minima: [[0, 0]],
  },
  {
    name: "two valleys",
    loss: (x, y) => x ** 4 / 4 - x * x + TILT * x + y * y - LOWEST,
    gradient: (x, y) => [x ** 3 - 2 * x + TILT, 2 * y],
    minima: [[LOW_VALLEY, 0], [HIGH_VALLEY, 0]],
    saddle: [0.2, 0],
  },
);

const NARROW_RAVINE = {
  name: "ravine",
  loss: (x, y) => (x * x + 100 * y * y) / 2,
  gradient: (x, y) => [x, 100 * y],
  minima: [[0, 0]],
  start: [-2.5, 0.5],
};

/** The same surface with its axes turned by 45 degrees: u = (x + y) / sqrt(2), v = (y - x) / sqrt(2). */
function turned(surface, name, start) {
  const root = Math.sqrt(0.5);
  return {
    name,
    loss: (x, y) => surface.loss(root * (x + y), root * (y - x)),
    gradient(x, y) {
      const [along, across] = surface.gradient(root * (x + y), root * (y - x));
      return [root * (along - across), root * (along + across)];
    },
    minima: [[0, 0]],
    start,
  };
}

/** For the race. The start on the saddle's ridge is 0.01 off it: exactly on it, nobody falls off. */
export const RACE_SURFACES = by_name(
  NARROW_RAVINE,
  turned(NARROW_RAVINE, "turned ravine", [-2.1, -1.4]),
  {
    name: "saddle",
    loss: (x, y) => (x * x) / 2 + (y * y - 4) ** 2 / 32,
    gradient: (x, y) => [x, (y * (y * y - 4)) / 8],
    minima: [[0, 2], [0, -2]],
    saddle: [0, 0],
    start: [-2.5, 0.01],
  },
  {
    name: "plateau",
    loss: (x, y) => 1 - Math.exp(-(x * x + y * y) / 2),
    gradient(x, y) {
      const slope = Math.exp(-(x * x + y * y) / 2);
      return [x * slope, y * slope];
    },
    minima: [[0, 0]],
    start: [-2.2, 2],
  },
);
