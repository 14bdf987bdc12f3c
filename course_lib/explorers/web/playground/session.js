/* One network on one data set: it trains step by step, and says how it is doing. */

import { place_of_largest } from "../engine/arrays.js";
import { Network } from "../engine/network.js";
import { Random } from "../engine/random.js";
import declaration from "../explorers/playground.state.js";
import { starting_state } from "../state.js";
import { Curve } from "./curve.js";
import { make_data, rows_of, split } from "./data.js";
import { features_of } from "./features.js";

const RECIPE_FIELDS = [ // of the playground's state, that a Recipe has too
  "hidden_layers", "activation", "initialization", "normalization", "residual", "drop_rate", "l1", "l2", "max_norm",
  "clip_norm", "optimizer", "learning_rate", "batch_size", "seed",
];
export const WHILE_TRAINING = ["learning_rate", "batch_size", "drop_rate", "l1", "l2", "max_norm", "clip_norm", "optimizer"];
const FEWEST = 4; // points, below which nothing can be learned

/** A recipe for the engine from the playground's state: 0 stands there for "no limit"; activations that are missing are
 * the last one's. */
export function recipe_of(state) {
  const recipe = Object.fromEntries(RECIPE_FIELDS.map((name) => [name, state[name]]));
  for (const limit of ["max_norm", "clip_norm"]) recipe[limit] = state[limit] > 0 ? state[limit] : null;
  const activation = state.hidden_layers.map((_, place) => state.activations[place] ?? state.activations.at(-1) ?? "tanh");
  return { ...recipe, hidden_layers: [...state.hidden_layers], activation };
}

export class Session {
  /** @param {object} state the playground's, see playground.state.js; a field that is left out is where it starts */
  constructor(state) {
    this.state = { ...starting_state(declaration), ...state };
    this.curve = new Curve();
    this.load_data();
    this.restart();
  }

  load_data() {
    const { state } = this;
    const data = make_data(state);
    this.data = data;
    this.parts = split(data.targets.length, state.share, state.seed);
    const seen = features_of(data.points, state.features);
    const columns = state.features.length;
    const part = (rows) => ({
      x: rows_of(seen, columns, rows),
      targets: data.n_classes ? Array.from(rows, (row) => data.targets[row]) : rows_of(data.targets, 1, rows),
      rows,
    });
    this.train_part = part(this.parts.train);
    this.validation_part = part(this.parts.validation);
  }

  /** A fresh network with the first weights of the seed, or with those that the state gives. */
  restart() {
    const { state, data } = this;
    const n_outputs = data.n_classes || 1;
    const loss = data.n_classes ? "softmax_cross_entropy" : "mean_squared_error";
    this.network = new Network(recipe_of(state), state.features.length, n_outputs, loss);
    this.given_numbers = state.weights.length && this.load_numbers(state.weights) ? [...state.weights] : null;
    this.order = null;
    this.random = new Random(state.seed, 1);
    Object.assign(this, { steps: 0, epochs: 0, since: 0, place: 0, diverged: false, touched: false, changed: "" });
    this.curve.begin_anew();
    this.wake();
    this.look();
  }

  /** The networks that are looked at; those of a session that waits for an undo are let go. */
  wake() {
    this.viewers ??= { train: twin_of(this.network), validation: twin_of(this.network), picture: twin_of(this.network) };
  }

  rest() {
    this.viewers = null;
  }

  /** The points of the curves, the newest last. */
  get history() {
    return this.curve.points;
  }

  get statistics() {
    return this.network.leaves.flatMap(([, layer]) => Object.values(layer.statistics ?? {}));
  }

  /** All weights and biases, then the running averages of batch normalization: what restores the network. */
  numbers() {
    return [...this.network.flat_parameters, ...this.statistics.flatMap((array) => Array.from(array))];
  }

  /** Take such numbers over, or the weights and biases alone; false where they are another network's. */
  load_numbers(numbers) {
    const { flat_parameters } = this.network;
    const all = flat_parameters.length + this.statistics.reduce((sum, array) => sum + array.length, 0);
    if (numbers.length !== all && numbers.length !== flat_parameters.length) return false;
    flat_parameters.set(numbers.slice(0, flat_parameters.length));
    let start = flat_parameters.length;
    for (const array of numbers.length === all ? this.statistics : []) array.set(numbers.slice(start, (start += array.length)));
    return true;
  }

  /** Whether there is something to learn from. */
  get is_ready() {
    return this.data.targets.length >= FEWEST;
  }

  /** Take over what may change while the network trains; false where only a new network can. */
  change(name, value) {
    if (name === "drawn" && this.state.data === "drawn") return this.change_points(value);
    if (!WHILE_TRAINING.includes(name)) return false;
    const limit = (name === "max_norm" || name === "clip_norm") && value <= 0;
    const has_dropout = this.network.leaves.some(([, layer]) => "drop_rate" in layer);
    if (name === "drop_rate" && value > 0 !== has_dropout && this.network.recipe.hidden_layers.length) {
      this.exchange_network({ drop_rate: value }); // dropout is a layer of its own: it is there or not
    } else this.network.set(name, limit ? null : value);
    if (this.steps > 0) this.touch(name);
    return true;
  }

  /** A hand changed something while it trains: the curves before that tell nothing of how it goes on. */
  touch(name = "") {
    Object.assign(this, { touched: true, changed: name });
    this.since = this.epochs;
    this.curve.begin_lowest();
  }

  /** The loss of guessing: of answers that are the same for every place, the best there are. */
  get guessing() {
    const { targets } = this.train_part;
    const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
    if (this.data.n_classes === 0) {
      const middle = mean(Array.from(targets));
      return mean(Array.from(targets, (target) => (target - middle) ** 2));
    }
    const shares = Array.from({ length: this.data.n_classes }, (_, label) => targets.filter((each) => each === label).length / targets.length);
    return -shares.reduce((sum, share) => sum + (share > 0 ? share * Math.log(share) : 0), 0);
  }

  /** Another network with the same weights: its layers change, what it has learned stays. */
  exchange_network(changes) {
    const numbers = this.numbers();
    const { recipe, n_inputs, n_outputs, loss_name } = this.network;
    this.network = new Network({ ...recipe, ...changes }, n_inputs, n_outputs, loss_name);
    this.load_numbers(numbers);
    this.rest();
    this.wake();
    this.look();
  }

  /** Points were drawn or taken away: the network goes on with those that there are. */
  change_points(drawn) {
    this.state.drawn = [...drawn];
    this.load_data();
    this.order = this.x = this.targets = null;
    if (this.steps === 0) this.curve.begin_anew();
    else this.touch();
    this.look();
    return true;
  }

  get batch_size() {
    const least = this.network.recipe.normalization === "batch" ? 2 : 1; // one example has no variance
    return Math.min(Math.max(this.network.recipe.batch_size, least), this.parts.train.length);
  }

  get steps_per_epoch() {
    return Math.max(1, Math.floor(this.parts.train.length / this.batch_size));
  }

  /** One update. Returns the batch's loss; one that is not finite ends the training. */
  step() {
    if (this.order === null || this.place + this.batch_size > this.order.length) this.shuffle();
    const [x, targets] = this.batch(this.order.subarray(this.place, this.place + this.batch_size));
    this.place += this.batch_size;
    const loss = this.network.update(x, targets);
    this.steps += 1;
    if (!Number.isFinite(loss)) this.diverged = true;
    if (this.place + this.batch_size > this.order.length) this.epochs += 1;
    return loss;
  }

  /** Steps until every training point has been seen; a loss that is no number ends them. */
  epoch() {
    const wanted = this.epochs + 1;
    while (this.epochs < wanted && !this.diverged) this.step();
  }

  shuffle() {
    this.order = this.random.permutation(this.parts.train.length);
    this.place = 0;
  }

  batch(rows) {
    const columns = this.network.n_inputs;
    const n = rows.length;
    if (this.x?.length !== n * columns) this.x = new Float64Array(n * columns);
    if (this.targets?.length !== n) this.targets = this.data.n_classes ? new Int32Array(n) : new Float64Array(n);
    const { x, targets } = this.train_part;
    for (let place = 0; place < n; place++) {
      const row = rows[place];
      for (let column = 0; column < columns; column++) this.x[place * columns + column] = x[row * columns + column];
      this.targets[place] = targets[row];
    }
    return [this.x, this.targets];
  }

  /** Measure both parts, and write it down as a point of the curves. */
  look() {
    const point = { epoch: this.epochs, train: this.measured("train"), validation: this.measured("validation") };
    if (this.is_ready && !Number.isFinite(point.train.loss)) this.diverged = true;
    this.curve.add(point);
    return point;
  }

  /** {loss, accuracy} of a part, without penalties; of numbers the accuracy is NaN. */
  measured(part) {
    const { x, targets } = this[`${part}_part`];
    if (targets.length === 0) return { loss: NaN, accuracy: NaN };
    const outputs = this.viewers[part].outputs(x);
    const loss = this.network.loss_of(outputs, targets);
    return { loss, accuracy: this.data.n_classes ? share_right(outputs, targets, this.data.n_classes) : NaN };
  }
}

/** A network with the same arrays and layers of its own: what is looked at does not disturb what trains. */
function twin_of(network) {
  const twin = new Network(network.recipe, network.n_inputs, network.n_outputs, network.loss_name);
  network.leaves.forEach(([, layer], place) => {
    const other = twin.leaves[place][1];
    other.parameters = layer.parameters;
    if (layer.statistics) other.statistics = layer.statistics;
  });
  return twin;
}

function share_right(logits, labels, n_classes) {
  let right = 0;
  for (let row = 0; row < labels.length; row++) {
    if (place_of_largest(logits, row * n_classes, n_classes) === labels[row]) right += 1;
  }
  return right / labels.length;
}
