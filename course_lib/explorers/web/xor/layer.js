/* Two inputs, two hidden units, one output: what it makes of points, and training it from where its weights are. */

import { FUNCTIONS } from "../engine/activations.js";
import { Network } from "../engine/network.js";

export const ANSWERS = [0, 1, 1, 0]; // of xor for (0, 0), (0, 1), (1, 0), (1, 1)
export const THRESHOLD = 0.5; // an output above it is the answer 1
const NONE = [(z) => z, () => 1]; // no activation: a unit passes its sum on
const LEARNING_RATE = 0.03;
const DONE = 0.0025; // a mean squared error: the outputs are within about 0.1 of 0 and 1
const PATIENCE = 150; // steps without a loss that is lower by a hundredth: stuck

const activation_of = (name) => FUNCTIONS[name] ?? NONE;

/** The sums of both hidden units. */
export function sums(state, x1, x2) {
  return [x1 * state.h1_x1 + x2 * state.h1_x2 + state.h1_bias, x1 * state.h2_x1 + x2 * state.h2_x2 + state.h2_bias];
}

/** The outputs of both hidden units. */
export function hidden(state, x1, x2) {
  const [f] = activation_of(state.activation);
  return sums(state, x1, x2).map((z) => f(z));
}

export function output(state, h1, h2) {
  return h1 * state.y_h1 + h2 * state.y_h2 + state.y_bias; // y = h₁·v₁ + h₂·v₂ + c
}

/** [{x, h, y, answer, wanted, right}] of the four points. */
export function four_points(state) {
  return ANSWERS.map((wanted, row) => {
    const x = state.points.slice(2 * row, 2 * row + 2);
    const h = hidden(state, ...x);
    const y = output(state, ...h);
    const answer = y > THRESHOLD ? 1 : 0;
    return { x, h, y, answer, wanted, right: answer === wanted };
  });
}

/** Whether some line has the two points of answer 1 on one side and the two of answer 0 on the other. */
export function can_be_separated(points) {
  const of = (wanted) => points.filter((point) => point.wanted === wanted).map((point) => point.h);
  return gap(of(0), of(1)) > 1e-6; // two points each: a line fits between their connections, or they meet
}

/** The smallest distance between two straight connections [from, to] in the plane. */
function gap([a, b], [c, d]) {
  const side = (from, to, [x, y]) => (to[0] - from[0]) * (y - from[1]) - (to[1] - from[1]) * (x - from[0]);
  const cross = side(a, b, c) * side(a, b, d) < 0 && side(c, d, a) * side(c, d, b) < 0;
  if (cross) return 0;
  return Math.min(to_connection(a, c, d), to_connection(b, c, d), to_connection(c, a, b), to_connection(d, a, b));
}

function to_connection(point, from, to) {
  const along = [to[0] - from[0], to[1] - from[1]];
  const square = along[0] ** 2 + along[1] ** 2;
  const share = square === 0 ? 0 : ((point[0] - from[0]) * along[0] + (point[1] - from[1]) * along[1]) / square;
  const inside = Math.min(Math.max(share, 0), 1);
  return Math.hypot(point[0] - from[0] - inside * along[0], point[1] - from[1] - inside * along[1]);
}

/** Adam on the mean squared error of the four points, from the state's weights, which stay within `limit`. */
export class Solver {
  constructor(state, limit) {
    const recipe = { hidden_layers: [2], optimizer: "adam", learning_rate: LEARNING_RATE };
    const known = state.activation in FUNCTIONS;
    recipe.activation = known ? state.activation : "relu";
    this.network = new Network(recipe, 2, 1, "mean_squared_error");
    if (!known) [this.network.activations()[0].function, this.network.activations()[0].derivative] = NONE;
    this.network.load_parameters({
      "dense1.weight": [state.h1_x1, state.h2_x1, state.h1_x2, state.h2_x2],
      "dense1.bias": [state.h1_bias, state.h2_bias],
      "dense2.weight": [state.y_h1, state.y_h2],
      "dense2.bias": [state.y_bias],
    });
    this.x = Float64Array.from(state.points);
    this.targets = Float64Array.from(ANSWERS);
    Object.assign(this, { limit, steps: 0, lowest: Infinity, lowest_at: 0 });
    this.measure();
  }

  measure() {
    this.loss = this.network.loss_of(this.network.outputs(this.x), this.targets);
    if (this.loss < 0.99 * this.lowest) Object.assign(this, { lowest: this.loss, lowest_at: this.steps });
  }

  get solved() {
    return this.loss < DONE;
  }

  get stuck() {
    return !this.solved && this.steps - this.lowest_at >= PATIENCE;
  }

  step() {
    const { flat_parameters } = this.network;
    this.network.update(this.x, this.targets);
    for (let k = 0; k < flat_parameters.length; k++) {
      flat_parameters[k] = Math.min(Math.max(flat_parameters[k], -this.limit), this.limit);
    }
    this.steps += 1;
    this.measure();
  }

  /** The weights by the names of the state. */
  weights() {
    const named = this.network.parameters();
    const [h1_x1, h2_x1, h1_x2, h2_x2] = named["dense1.weight"];
    const [h1_bias, h2_bias] = named["dense1.bias"];
    const [y_h1, y_h2] = named["dense2.weight"];
    return { h1_x1, h1_x2, h1_bias, h2_x1, h2_x2, h2_bias, y_h1, y_h2, y_bias: named["dense2.bias"][0] };
  }
}
