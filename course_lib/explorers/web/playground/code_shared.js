/* The parts that the NumPy and the PyTorch program share: random numbers and points, as plain Python. */

import { EDGE } from "./data.js";
import { FEATURES } from "./features.js";

/** A value of the state as Python writes it. */
export function python(value) {
  if (value === null) return "None";
  if (value === true) return "True";
  if (value === false) return "False";
  if (Array.isArray(value)) return `(${value.map(python).join(", ")}${value.length === 1 ? "," : ""})`;
  return JSON.stringify(value);
}

/** `NAME = [...]` with many numbers, in lines of at most 100 letters. */
function number_list(name, numbers) {
  const lines = [];
  let line = "   ";
  for (const number of numbers) {
    const word = ` ${number},`;
    if (line.length + word.length > 100) {
      lines.push(line);
      line = "   ";
    }
    line += word;
  }
  return `${name} = [\n${[...lines, line].join("\n")}\n]\n`;
}

/** engine/random.js in Python. */
export const RANDOM = `
class Random:
    """The playground's random numbers, xoshiro128++ (Blackman and Vigna 2021): a stream for each purpose."""

    MASK = 0xFFFFFFFF

    def __init__(self, seed, stream):
        state = (seed ^ (stream + 1) * 0x9E3779B9) & self.MASK
        self.state, self.spare = [], None
        for _ in range(4):
            state = (state + 0x9E3779B9) & self.MASK
            z = (state ^ state >> 16) * 0x21F0AAAD & self.MASK
            z = (z ^ z >> 15) * 0x735A2D97 & self.MASK
            self.state.append(z ^ z >> 15)

    def rotated(self, number, places):
        return (number << places | number >> (32 - places)) & self.MASK

    def bits(self):
        s = self.state
        result = (self.rotated((s[0] + s[3]) & self.MASK, 7) + s[0]) & self.MASK
        shifted = s[1] << 9 & self.MASK
        s[2] ^= s[0]
        s[3] ^= s[1]
        s[1] ^= s[2]
        s[0] ^= s[3]
        s[2] ^= shifted
        s[3] = self.rotated(s[3], 11)
        return result

    def one(self):
        """A number in [0, 1)."""
        return ((self.bits() >> 5) * 67108864 + (self.bits() >> 6)) / 9007199254740992

    def one_normal(self):
        """A standard normal number, by Marsaglia's polar method."""
        if self.spare is not None:
            spare, self.spare = self.spare, None
            return spare
        while True:
            u, v = 2 * self.one() - 1, 2 * self.one() - 1
            square = u * u + v * v
            if 0 < square < 1:
                factor = math.sqrt(-2 * math.log(square) / square)
                self.spare = v * factor
                return u * factor

    def permutation(self, n):
        order = list(range(n))
        for k in range(n - 1, 0, -1):
            other = int(self.one() * (k + 1))
            order[k], order[other] = order[other], order[k]
        return order
`;

/** As NumPy's Generator, for what the course's functions ask of one. */
export const GENERATOR = `

class Generator(Random):
    """The same numbers by the names that NumPy's own generator has."""

    def random(self, shape, dtype=None):
        return np.reshape([self.one() for _ in range(math.prod(shape))], shape)

    def uniform(self, low, high, size):
        return low + (high - low) * self.random(size)

    def normal(self, mean, deviation, size):
        return mean + deviation * np.reshape([self.one_normal() for _ in range(math.prod(size))], size)
`;

/** Takes numbers over, in NumPy. */
export const PUT = `def put(arrays, numbers):
    """Fill the arrays with the numbers, in this order."""
    numbers = iter(numbers)
    for array in arrays:
        array.flat = [next(numbers) for _ in range(array.size)]
`;

const MAKERS = {
  gaussians: `        label = k % 2
        spread, center = 0.7 + 2 * NOISE, 2.2 if label else -2.2
        x, y = center + spread * normal(), center + spread * normal()`,
  circles: `        label = k % 2
        radius = 2.6 * math.sqrt(uniform()) if label else 3.6 + 1.8 * uniform()
        angle = 2 * math.pi * uniform()
        x = radius * math.cos(angle) + 1.5 * NOISE * normal()
        y = radius * math.sin(angle) + 1.5 * NOISE * normal()`,
  xor: `        x, y = 10 * uniform() - 5, 10 * uniform() - 5
        x, y = x + math.copysign(0.3, x), y + math.copysign(0.3, y)  # a gap along the axes
        label = 1 if x * y >= 0 else 0
        x, y = x + 1.5 * NOISE * normal(), y + 1.5 * NOISE * normal()`,
  spirals: `        label, share = k % 2, (k // 2) / max(1, N_POINTS // 2)
        angle, radius = 1.75 * share * 2 * math.pi + label * math.pi, 0.3 + 4.9 * share
        x, y = radius * math.sin(angle) + NOISE * normal(), radius * math.cos(angle) + NOISE * normal()`,
  moons: `        label, angle = k % 2, math.pi * uniform()
        x, y = 3 * math.cos(angle) - 1.6, 3 * math.sin(angle) - 0.8
        x, y = (-x, -y) if label else (x, y)
        x, y = x + 1.2 * NOISE * normal(), y + 1.2 * NOISE * normal()`,
  several_gaussians: `        label, spread = k % 4, 0.5 + 1.6 * NOISE
        x, y = ((-2.8, -2.2), (2.6, -2.8), (-2.2, 2.8), (2.8, 2.4))[label]
        x, y = x + spread * normal(), y + spread * normal()`,
  curve: `        x, y, label = 10.4 * uniform() - 5.2, 10.4 * uniform() - 5.2, int(ABOVE[k])
        x, y = x + NOISE * normal(), y + NOISE * normal()`,
  plane: `        x, y = 10.4 * uniform() - 5.2, 10.4 * uniform() - 5.2
        label = (x + y) / 10 + 0.5 * NOISE * normal()`,
};

function drawn_points({ data }) {
  const numbers = Array.from(data.targets, (target, k) => `(${data.points[2 * k]}, ${data.points[2 * k + 1]}, ${target})`);
  return number_list("POINTS", numbers).replace("POINTS = ", "# x, y and class of every point that was drawn\nPOINTS = ");
}

/** The points, and which of them are for training, as Python. */
export function points_code(session) {
  const { state, data, parts } = session;
  const n = data.targets.length;
  const words = state.data === "curve" ? `# Whether a point lies above y = ${state.formula.replace(/\s+/g, " ")}\nABOVE = (\n${above(data.targets)}\n)\n` : "";
  const made = state.data === "drawn" ? drawn_points(session) : `${words}
def make_points():
    """x, y and ${data.n_classes ? "class" : "number"} of every point."""
    random = Random(SEED, 3)
    uniform, normal, points = random.one, random.one_normal, []
    for k in range(N_POINTS):
${MAKERS[state.data]}
        points.append((min(max(x, -${EDGE}), ${EDGE}), min(max(y, -${EDGE}), ${EDGE}), label))
    return points


POINTS = make_points()
`;
  return `${made}order = Random(SEED, 4).permutation(${n})\ntrain, validation = order[:${parts.train.length}], order[${parts.train.length}:]\n`;
}

function above(targets) {
  const digits = Array.from(targets).join("");
  return digits.match(/.{1,80}/g).map((part) => `    "${part}"`).join("\n");
}

/** [the features of a point] as an expression of arrays x and y; `library` is np or torch. */
export function features_code(names, library) {
  return names.map((name) => FEATURES[name][2].replaceAll("np.", `${library}.`)).join(", ");
}

const MOST_STEPS = 3000; // a longer program would take minutes

/** How many of the screen's steps the programs take, and at least ten epochs. */
export function steps_in_code(session) {
  return Math.min(Math.max(session.steps, 10 * session.steps_per_epoch), MOST_STEPS);
}

/** The numbers at the head of both programs. */
export function settings_code(session) {
  const { state } = session;
  const steps = steps_in_code(session);
  const comment = session.steps > steps ? `the first of them: for the screen's network set N_STEPS = ${session.steps}` : "one an update; as many as you like";
  const recipe = session.network.recipe;
  const lines = [
    `N_STEPS = ${steps}  # ${comment}`,
    `LEARNING_RATE, BATCH_SIZE, SEED = ${recipe.learning_rate}, ${session.batch_size}, ${state.seed}`,
  ];
  if (state.data !== "drawn") lines.push(`N_POINTS, NOISE = ${state.n_points}, ${state.noise}`);
  if (recipe.drop_rate) lines.push(`DROP_RATE = ${recipe.drop_rate}`);
  for (const name of ["l1", "l2", "max_norm", "clip_norm"]) if (recipe[name]) lines.push(`${name.toUpperCase()} = ${recipe[name]}`);
  return `${lines.join("\n")}\n`;
}

/** The batches of the screen, one a step, and the curve.
 * @param {string} look what a step and the curve need: at its end a function loss_of(rows)
 * @param {string[]} step lines of a step, which has `rows`; they put its loss into `losses` */
export function batches_code(look, step) {
  return `
${look}

losses, curve = [], [(loss_of(train), loss_of(validation))]  # of each batch; (training, validation) after each epoch
batches, place = Random(SEED, 1), len(train)
for step in range(N_STEPS):
    if place + BATCH_SIZE > len(train):
        order, place = batches.permutation(len(train)), 0
    rows = [train[k] for k in order[place : place + BATCH_SIZE]]
    place += BATCH_SIZE
${step.join("\n")}
    if place + BATCH_SIZE > len(train):
        curve.append((loss_of(train), loss_of(validation)))

print(f"after {len(losses)} steps: training loss {loss_of(train):.3f}, validation loss {loss_of(validation):.3f}")
`;
}

/** A comment where the screen's curve has seen what the program does not repeat. */
export function warning_code(session) {
  if (!session.touched) return "";
  return "# On the screen, settings, points or weights were changed while it trained. This program has the present\n# settings from the first step on. Press Restart on the screen to see the same curve.\n";
}

/** The first weights as numbers, where they are not those of the seed. */
export function weights_code(session) {
  const numbers = session.given_numbers;
  if (numbers === null) return "";
  const n = session.network.flat_parameters.length;
  const statistics = numbers.length > n ? number_list("STATISTICS", numbers.slice(n)) : "";
  return number_list("WEIGHTS", numbers.slice(0, n)) + statistics;
}
