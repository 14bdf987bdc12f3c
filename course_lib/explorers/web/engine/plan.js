/* What a recipe is made of: the list of techniques and the parts of a network. Twin of engine/plan.py. */

import { Activation, FUNCTIONS, PReLU, RReLU } from "./activations.js";
import { BatchNorm } from "./batch_norm.js";
import { Dense } from "./dense.js";
import { Dropout } from "./dropout.js";
import { LayerNorm } from "./layer_norm.js";
import * as optimizers from "./optimizers.js";
import { Residual } from "./residual.js";
import { RMSNorm } from "./rms_norm.js";

/** {name: its layer; the stream of random numbers that it draws from; whether it adds a learned shift}. */
export const TECHNIQUES = {
  dense: { layer: Dense, stream: "initialization" },
  batch_norm: { layer: BatchNorm, has_shift: true },
  layer_norm: { layer: LayerNorm, has_shift: true },
  rms_norm: { layer: RMSNorm },
  activation: { layer: Activation },
  rrelu: { layer: RReLU, stream: "masks" },
  prelu: { layer: PReLU },
  dropout: { layer: Dropout, stream: "masks" },
  residual: { layer: Residual },
};

export const OPTIMIZERS = {
  gradient_descent: optimizers.GradientDescent,
  momentum: optimizers.Momentum,
  nesterov: optimizers.Nesterov,
  rmsprop: optimizers.RMSProp,
  adam: optimizers.Adam,
  adamw: optimizers.AdamW,
  muon: optimizers.Muon,
};

/** A recipe that cannot be made into a network. The message says what was given and what to do. */
export class RecipeError extends Error {}

/** What a Recipe of course_lib has and this engine uses, with its defaults. A layer may have an activation of its own. */
export const DEFAULTS = {
  hidden_layers: [4, 2],
  activation: "tanh", // of every hidden layer, or a list with one for each
  initialization: "xavier_normal",
  normalization: "none",
  residual: false,
  drop_rate: 0,
  l1: 0,
  l2: 0,
  label_smoothing: 0,
  max_norm: null,
  optimizer: "gradient_descent",
  learning_rate: 0.03,
  clip_norm: null,
  clip_value: null,
  batch_size: 10,
  seed: 0,
};

/**
 * The parts of the network that a recipe describes, in the order in which a signal meets them:
 * [{name, technique, words, units, inside}]. Each hidden layer is dense, normalization, activation, dropout; a dense
 * layer to the outputs comes last.
 */
export function plan(recipe, n_inputs, n_outputs) {
  const parts = [];
  let fan_in = n_inputs;
  recipe.hidden_layers.forEach((units, place) => {
    const block = hidden_layer(recipe, place, fan_in, units);
    if (recipe.residual && fan_in === units) {
      parts.push({ name: `residual${place + 1}`, technique: "residual", words: {}, units, inside: block });
    } else {
      parts.push(...block);
    }
    fan_in = units;
  });
  return [...parts, dense(recipe, recipe.hidden_layers.length + 1, fan_in, n_outputs, true)];
}

function hidden_layer(recipe, place, fan_in, units) {
  const depth = place + 1;
  const block = [];
  const norm = `${recipe.normalization}_norm`;
  const normalized = recipe.normalization !== "none";
  if (normalized && !(norm in TECHNIQUES)) throw unknown("normalization", recipe.normalization);
  block.push(dense(recipe, depth, fan_in, units, !(normalized && TECHNIQUES[norm].has_shift)));
  if (normalized) block.push({ name: `${norm}${depth}`, technique: norm, words: { n_features: units }, units });
  const activation = Array.isArray(recipe.activation) ? recipe.activation[place] : recipe.activation;
  if (activation === "rrelu" || activation === "prelu") {
    block.push({ name: `activation${depth}`, technique: activation, words: {}, units });
  } else if (activation in FUNCTIONS) {
    block.push({ name: `activation${depth}`, technique: "activation", words: { name: activation }, units });
  } else {
    throw unknown("activation", activation);
  }
  if (recipe.drop_rate) {
    block.push({ name: `dropout${depth}`, technique: "dropout", words: { drop_rate: recipe.drop_rate }, units });
  }
  return block;
}

function dense(recipe, depth, fan_in, fan_out, bias) {
  const words = { fan_in, fan_out, initialization: recipe.initialization, bias };
  return { name: `dense${depth}`, technique: "dense", words, units: fan_out };
}

function unknown(field, value) {
  return new RecipeError(`${field} is ${JSON.stringify(value)}, which this engine does not know.`);
}

/** The parts, with those inside a residual connection in its place. */
export function leaves(parts) {
  return parts.flatMap((part) => part.inside ?? [part]);
}
