/* One network on the clothes: it trains step by step, and says how it is doing. */

import { place_of_largest } from "../engine/arrays.js";
import { softmax } from "../engine/losses.js";
import { Network, STREAMS } from "../engine/network.js";
import { Random } from "../engine/random.js";
import { CLASS_NAMES, clothes, image_of, N_PIXELS } from "./clothes.js";

export const WHILE_TRAINING = ["optimizer", "learning_rate", "l2", "batch_size"];
const N_CLASSES = CLASS_NAMES.length;
const LEAST_SPACING = 10; // steps between two points of the curves
const SPACING_SHARE = 0.05; // later they grow apart: looking at 2,500 images takes as long as 40 steps

/** A recipe for the engine. Xavier's weights fit all activations well enough at one hidden layer. */
export function recipe_of({ hidden_units, activation, optimizer, learning_rate, l2, seed }) {
  const hidden_layers = hidden_units > 0 ? [hidden_units] : [];
  return { hidden_layers, activation, initialization: "xavier_normal", optimizer, learning_rate, l2, seed };
}

export class Session {
  /** @param {object} state the explorer's, see weights_as_images.state.js */
  constructor(state) {
    this.data = clothes();
    this.network = new Network(recipe_of(state), N_PIXELS, N_CLASSES);
    this.random = new Random(state.seed, STREAMS.batches);
    Object.assign(this, { batch_size: state.batch_size, order: null, place: 0, steps: 0 });
    Object.assign(this, { history: [], next_look: 0, diverged: false });
    this.look();
  }

  /** Take over what may change while the network trains; false where only a new network can. */
  change(name, value) {
    if (!WHILE_TRAINING.includes(name)) return false;
    if (name === "batch_size") this.batch_size = value;
    else this.network.set(name, value);
    return true;
  }

  /** One update. A loss that is not finite ends the training. */
  step() {
    const [x, labels] = this.batch(this.next_places());
    const loss = this.network.update(x, labels);
    this.steps += 1;
    this.diverged = !Number.isFinite(loss);
    if (this.steps >= this.next_look || this.diverged) this.look();
  }

  /** The places of the next batch: every image once in a random order, then all in another one. A rest is left out. */
  next_places() {
    if (this.order === null || this.place + this.batch_size > this.order.length) {
      this.order = this.random.permutation(this.data.train.labels.length);
      this.place = 0;
    }
    this.place += this.batch_size;
    return this.order.subarray(this.place - this.batch_size, this.place);
  }

  batch(places) {
    if (this.labels?.length !== places.length) {
      this.x = new Float64Array(places.length * N_PIXELS);
      this.labels = new Uint8Array(places.length);
    }
    const { x, labels } = this.data.train;
    places.forEach((place, row) => {
      this.x.set(image_of(x, place), row * N_PIXELS);
      this.labels[row] = labels[place];
    });
    return [this.x, this.labels];
  }

  /** Measure both accuracies now, as the last point of the curves: {steps, train, validation, stays}. */
  look() {
    const last = this.history.at(-1);
    if (last?.steps === this.steps) return;
    if (last?.stays === false) this.history.pop(); // was measured in between, for a picture at rest
    const stays = this.steps >= this.next_look;
    const [train, validation] = ["train", "validation"].map((part) => this.accuracy(part));
    this.history.push({ steps: this.steps, train, validation, stays });
    if (stays) this.next_look = this.steps + Math.max(LEAST_SPACING, Math.floor(SPACING_SHARE * this.steps));
  }

  /** The share of a part's images whose largest output is that of their class. */
  accuracy(part) {
    const { x, labels } = this.data[part];
    const logits = this.network.outputs(x);
    let right = 0;
    for (let row = 0; row < labels.length; row++) if (place_of_largest(logits, row * N_CLASSES, N_CLASSES) === labels[row]) right += 1;
    return right / labels.length;
  }

  /** The number of the next validation image, after this one and around, that is not recognized; null where all are. */
  next_mistake(number) {
    const { x, labels } = this.data.validation;
    const logits = this.network.outputs(x);
    for (let ahead = 1; ahead <= labels.length; ahead++) {
      const row = (number + ahead) % labels.length;
      if (place_of_largest(logits, row * N_CLASSES, N_CLASSES) !== labels[row]) return row;
    }
    return null;
  }

  /**
   * What the network makes of a validation image: {x, label, sums of the first layer, values that its units give (the
   * sums themselves without a hidden layer), logits, probabilities, chosen class}.
   */
  look_at(number) {
    const { x: all, labels } = this.data.validation;
    const x = image_of(all, number);
    const logits = this.network.outputs(x).slice();
    const sums = this.first_layer.z.slice();
    const [activation] = this.network.activations();
    const values = activation ? activation.h.slice() : sums;
    const probabilities = softmax(logits, N_CLASSES);
    return { x, label: labels[number], sums, values, logits, probabilities, chosen: place_of_largest(logits, 0, N_CLASSES) };
  }

  get is_linear() {
    return this.network.leaves.length === 1;
  }

  get first_layer() {
    return this.network.leaves[0][1];
  }

  /** The weights from all pixels to each class or hidden unit, one array of N_PIXELS each. */
  weight_images() {
    const { fan_out, parameters } = this.first_layer;
    return Array.from({ length: fan_out }, (_, unit) =>
      Float64Array.from({ length: N_PIXELS }, (_, pixel) => parameters.weight[pixel * fan_out + unit]),
    );
  }
}
