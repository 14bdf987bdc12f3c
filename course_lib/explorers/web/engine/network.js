/* A network made from a recipe: layers, one loss, one optimizer. Twin of engine/network.py and numpy_backend.py. */

import { Activation } from "./activations.js";
import { clip_by_norm, clip_by_value } from "./clipping.js";
import * as losses from "./losses.js";
import { Adam } from "./optimizers.js";
import { DEFAULTS, leaves, OPTIMIZERS, plan, RecipeError, TECHNIQUES } from "./plan.js";
import { Random } from "./random.js";
import { add_l1_gradient, add_l2_gradient, apply_max_norm, l1_penalty, l2_penalty } from "./regularizers.js";
import { Sequential } from "./sequential.js";

export const STREAMS = { initialization: 0, batches: 1, masks: 2, data: 3 };
const DECOUPLED_DECAY = ["adamw", "muon"]; // their l2 is no penalty, but a share that each step takes off the weights

/** {purpose: its stream of random numbers}. */
export function streams_of(seed) {
  return Object.fromEntries(Object.entries(STREAMS).map(([name, stream]) => [name, new Random(seed, stream)]));
}

/** The layer of a part of the plan; [name, layer] of it, or of those inside a residual connection, goes into `leaves`. */
export function make_layer(part, streams, leaves) {
  const { layer: Layer, stream } = TECHNIQUES[part.technique];
  const words = { ...part.words };
  if (part.inside) words.inside = new Sequential(part.inside.map((each) => make_layer(each, streams, leaves)));
  if (stream) words.random = streams[stream];
  const layer = new Layer(words);
  if (!part.inside) leaves.push([part.name, layer]);
  return layer;
}

/**
 * @param {object} recipe what differs from DEFAULTS
 * @param {number} n_inputs columns of x
 * @param {number} n_outputs number of outputs; of "softmax_cross_entropy" the number of classes
 * @param {string} loss "softmax_cross_entropy" (targets are labels) or "mean_squared_error" (targets are numbers)
 *
 * All that moves lies in one array, flat_parameters, weights first; the layers hold views of it.
 */
export class Network {
  constructor(recipe, n_inputs, n_outputs, loss = "softmax_cross_entropy") {
    this.recipe = { ...DEFAULTS, ...recipe };
    Object.assign(this, { n_inputs, n_outputs, loss_name: loss, clipped_steps: 0 });
    this.parts = plan(this.recipe, n_inputs, n_outputs);
    this.streams = streams_of(this.recipe.seed);
    this.leaves = []; // [[name, layer]], every layer but the residual connections
    this.layers = this.parts.map((part) => make_layer(part, this.streams, this.leaves));
    this.sequential = new Sequential(this.layers);
    this.leaves[0][1].needs_input_gradient = this.parts[0].inside !== undefined;
    this.join_parameters();
    this.make_optimizer();
  }

  /** Put all that moves into one array, weights first, and hand every layer views of its own part. */
  join_parameters() {
    const slots = this.leaves.flatMap(([name, layer]) =>
      Object.keys(layer.parameters).map((key) => ({ name: `${name}.${key}`, layer, key, shape: layer.shapes[key] })),
    );
    this.slots = [...slots.filter((slot) => slot.key === "weight"), ...slots.filter((slot) => slot.key !== "weight")];
    const size = this.slots.reduce((sum, slot) => sum + slot.layer.parameters[slot.key].length, 0);
    this.flat_parameters = new Float64Array(size);
    this.flat_gradients = new Float64Array(size);
    let start = 0;
    for (const slot of this.slots) {
      const { layer, key } = slot;
      const end = start + layer.parameters[key].length;
      this.flat_parameters.set(layer.parameters[key], start);
      layer.parameters[key] = this.flat_parameters.subarray(start, end);
      layer.gradients[key] = this.flat_gradients.subarray(start, end);
      if (key === "weight") this.n_weights = end;
      start = end;
    }
    this.flat_weights = this.flat_parameters.subarray(0, this.n_weights);
    this.flat_weight_gradients = this.flat_gradients.subarray(0, this.n_weights);
  }

  /** The optimizer that the recipe names, one for each stretch of the parameters that it treats in its own way. */
  make_optimizer() {
    const { optimizer, learning_rate, l2 } = this.recipe;
    const Optimizer = OPTIMIZERS[optimizer];
    if (Optimizer === undefined) {
      throw new RecipeError(`optimizer is ${JSON.stringify(optimizer)}, which this engine does not know.`);
    }
    const others = [this.n_weights, this.flat_parameters.length];
    this.steppers = [];
    const add = (Kind, [start, end], words = {}) => {
      const parameters = this.flat_parameters.subarray(start, end);
      const stepper = new Kind(parameters, { learning_rate, ...words });
      this.steppers.push([stepper, this.flat_gradients.subarray(start, end)]);
    };
    if (optimizer === "adamw") {
      add(Optimizer, [0, this.n_weights], { weight_decay: l2 });
      add(Optimizer, others, { weight_decay: 0 });
    } else if (optimizer === "muon") {
      let start = 0;
      for (const { key, shape } of this.slots.filter((slot) => slot.key === "weight")) {
        const end = start + shape[0] * shape[1];
        add(Optimizer, [start, end], { shape, weight_decay: l2 });
        start = end;
      }
      add(Adam, others);
    } else {
      add(Optimizer, [0, this.flat_parameters.length]);
    }
  }

  /** Change a number of the recipe while the network trains; what it has learned stays. */
  set(field, value) {
    this.recipe[field] = value;
    if (field === "learning_rate") for (const [stepper] of this.steppers) stepper.learning_rate = value;
    if (field === "optimizer") this.make_optimizer();
    if (field === "l2" && DECOUPLED_DECAY.includes(this.recipe.optimizer)) this.make_optimizer();
    if (field === "drop_rate") for (const [, layer] of this.leaves) if ("drop_rate" in layer) layer.drop_rate = value;
  }

  /** x (rows, n_inputs) -> outputs (rows, n_outputs), in evaluation mode: the last layer's own array. */
  outputs(x) {
    return this.sequential.forward(x, false);
  }

  /** The loss of outputs, without penalties, and without label smoothing unless it is given. */
  loss_of(outputs, targets, smoothing = 0) {
    return losses[this.loss_name](outputs, targets, this.n_outputs, smoothing);
  }

  /** The loss of a batch in training mode, with every penalty; what `backward` needs is kept. */
  loss(x, targets) {
    const outputs = this.sequential.forward(x, true);
    this.last_outputs = outputs;
    this.last_targets = targets;
    const { l1 } = this.recipe;
    const l2 = this.l2_penalty_strength();
    let loss = this.loss_of(outputs, targets, this.recipe.label_smoothing);
    if (l1) loss += l1_penalty(this.flat_weights, l1);
    if (l2) loss += l2_penalty(this.flat_weights, l2);
    return loss;
  }

  l2_penalty_strength() {
    return DECOUPLED_DECAY.includes(this.recipe.optimizer) ? 0 : this.recipe.l2;
  }

  /** All gradients of the last loss, into flat_gradients. */
  backward() {
    this.of_outputs = this.gradient_of_outputs();
    this.sequential.backward(this.of_outputs);
    const { l1 } = this.recipe;
    const l2 = this.l2_penalty_strength();
    if (l1) add_l1_gradient(this.flat_weights, l1, this.flat_weight_gradients);
    if (l2) add_l2_gradient(this.flat_weights, l2, this.flat_weight_gradients);
  }

  gradient_of_outputs() {
    const { last_outputs, last_targets, of_outputs, n_outputs } = this;
    if (this.loss_name === "mean_squared_error") {
      return losses.mean_squared_error_gradient(last_outputs, last_targets, of_outputs);
    }
    const { label_smoothing } = this.recipe;
    return losses.softmax_cross_entropy_gradient(last_outputs, last_targets, n_outputs, of_outputs, label_smoothing);
  }

  /** One update; returns the loss before it. A loss that is not finite is returned without an update. */
  update(x, targets) {
    const loss = this.loss(x, targets);
    if (!Number.isFinite(loss)) return loss;
    this.backward();
    this.clip();
    for (const [stepper, gradients] of this.steppers) stepper.step(gradients);
    this.bound_weights();
    return loss;
  }

  clip() {
    const { clip_value, clip_norm } = this.recipe;
    let clipped = false;
    if (clip_value !== null) clipped = clip_by_value(this.flat_gradients, clip_value) > 0;
    if (clip_norm !== null) clipped = clip_by_norm(this.flat_gradients, clip_norm) > clip_norm || clipped;
    if (clipped) this.clipped_steps += 1;
  }

  bound_weights() {
    const { max_norm } = this.recipe;
    if (max_norm === null) return;
    const last = this.leaves.at(-1)[1];
    for (const { layer, key } of this.slots) {
      if (key === "weight" && layer !== last) apply_max_norm(layer.parameters.weight, layer.fan_out, max_norm);
    }
  }

  /** {name: copy of the array}, all that moves: "dense1.weight", row after row. */
  parameters() {
    return Object.fromEntries(this.slots.map(({ name, layer, key }) => [name, layer.parameters[key].slice()]));
  }

  /** {name: copy of the gradient} of the last backward pass. */
  gradients() {
    return Object.fromEntries(this.slots.map(({ name, layer, key }) => [name, layer.gradients[key].slice()]));
  }

  /** Set arrays by name. A name or a length that does not fit is an error, and nothing is changed. */
  load_parameters(named) {
    const known = new Map(this.slots.map((slot) => [slot.name, slot.layer.parameters[slot.key]]));
    for (const [name, values] of Object.entries(named)) {
      if (known.get(name)?.length !== values.length) {
        throw new RangeError(`${name} has ${values.length} numbers; expected ${known.get(name)?.length ?? "no such array"}.`);
      }
    }
    for (const [name, values] of Object.entries(named)) known.get(name).set(values);
  }

  /** The hidden layers' activation layers, first to last: what comes out of each is its `h`. */
  activations() {
    return this.leaves.map(([, layer]) => layer).filter((layer) => layer instanceof Activation || "slope" in layer.parameters || "slopes" in layer);
  }
}
