/* The network on the screen as a program in NumPy, with the functions of course_lib.scratch: for what goes beyond the
 * learner's own functions. */

import {
  batches_code, features_code, GENERATOR, points_code, PUT, python, RANDOM, settings_code, warning_code, weights_code,
} from "./code_shared.js";
import { comment_code } from "./code_yours.js";

const OPTIMIZER_CLASSES = {
  gradient_descent: "GradientDescent", momentum: "Momentum", nesterov: "Nesterov", rmsprop: "RMSProp", adam: "Adam",
  adamw: "AdamW", muon: "Muon",
};
const LAYERS = {
  dense: ({ fan_in, fan_out, initialization, bias }) => `Dense(${fan_in}, ${fan_out}, ${python(initialization)}, first, bias=${python(bias)}, dtype="float64")`,
  batch_norm: ({ n_features }) => `BatchNorm(${n_features}, dtype="float64")`,
  layer_norm: ({ n_features }) => `LayerNorm(${n_features}, dtype="float64")`,
  rms_norm: ({ n_features }) => `RMSNorm(${n_features}, dtype="float64")`,
  activation: ({ name }) => `Activation(${python(name)})`,
  rrelu: () => "RReLU(masks)",
  prelu: () => 'PReLU(dtype="float64")',
  dropout: () => "Dropout(DROP_RATE, masks)",
};
const HOMES = {
  Dense: "dense", BatchNorm: "batch_norm", LayerNorm: "layer_norm", RMSNorm: "rms_norm", Activation: "activations",
  RReLU: "activations", PReLU: "activations", Dropout: "dropout", Residual: "residual", Sequential: "sequential",
};

export function numpy_code(session) {
  const { state, network } = session;
  const { lines, names, leaves, used } = layers_of(network.parts);
  const imports = imports_code(session, used);
  return `"""The playground's network in NumPy, with the course's functions: the same points, first weights and batches."""

${comment_code(session)}
import math

import numpy as np

${imports}
${warning_code(session)}${settings_code(session)}
${RANDOM}${GENERATOR}

${points_code(session)}
x, y, targets = np.transpose(POINTS)
inputs = np.stack([${features_code(state.features, "np")}], axis=1)
targets = ${session.data.n_classes ? "targets.astype(int)" : "targets[:, None]"}

first, masks = Generator(SEED, 0), Generator(SEED, 2)
${lines.join("\n")}
network = Sequential([
${names.map((name) => `    ${name},\n`).join("")}])
leaves = [
${leaves.map((name) => `    ${name},\n`).join("")}]
slots = [(layer, name) for layer in leaves for name in layer.parameters]
weights = [layer.parameters["weight"] for layer, name in slots if name == "weight"]
${given_code(session)}${optimizers_code(network.recipe)}
${loop_code(session)}`;
}

function layers_of(parts) {
  const found = { lines: [], names: [], leaves: [], used: new Set(["Sequential"]) };
  const add = (part) => {
    const call = LAYERS[part.technique](part.words);
    found.used.add(call.slice(0, call.indexOf("(")));
    found.lines.push(`${part.name} = ${call}`);
    found.leaves.push(part.name);
    return part.name;
  };
  for (const part of parts) {
    if (part.inside) found.used.add("Residual");
    found.names.push(part.inside ? `Residual(Sequential([${part.inside.map(add).join(", ")}]))` : add(part));
  }
  return found;
}

function imports_code({ network, data }, used) {
  const { recipe } = network;
  const homes = new Map();
  const needs = (home, name) => homes.set(home, [...(homes.get(home) ?? []), name]);
  for (const name of used) needs(HOMES[name], name);
  const loss = data.n_classes ? "softmax_cross_entropy" : "mean_squared_error";
  needs("losses", loss);
  needs("losses", `${loss}_gradient`);
  needs("optimizers", OPTIMIZER_CLASSES[recipe.optimizer]);
  if (recipe.optimizer === "muon") needs("optimizers", "Adam");
  if (recipe.clip_norm) needs("clipping", "clip_by_norm");
  if (recipe.max_norm) needs("regularizers", "apply_max_norm");
  for (const kind of penalties_of(network)) {
    needs("regularizers", `${kind}_gradient`);
    needs("regularizers", `${kind}_penalty`);
  }
  return [...homes].sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([home, names]) => `from course_lib.scratch.${home} import ${names.sort().join(", ")}\n`).join("");
}

/** Which penalties are part of the loss; AdamW and Muon take l2 off the weights themselves. */
export function penalties_of(network) {
  return [...(network.recipe.l1 ? ["l1"] : []), ...(network.l2_penalty_strength() ? ["l2"] : [])];
}

function given_code(session) {
  const numbers = weights_code(session);
  if (numbers === "") return "";
  const has_statistics = numbers.includes("STATISTICS = ");
  return `
${numbers}
${PUT}

put(weights + [layer.parameters[name] for layer, name in slots if name != "weight"], WEIGHTS)
${has_statistics ? "put([statistic for layer in leaves for statistic in getattr(layer, \"statistics\", {}).values()], STATISTICS)\n" : ""}
`;
}

function optimizers_code({ optimizer, l2 }) {
  const name = OPTIMIZER_CLASSES[optimizer];
  const decay = l2 ? "L2" : "0.0";
  let call = `${name}(layer.parameters[name], LEARNING_RATE)`;
  if (optimizer === "adamw") call = `AdamW(layer.parameters[name], LEARNING_RATE, weight_decay=${decay} if name == "weight" else 0.0)`;
  if (optimizer === "muon") {
    call = `Muon(layer.parameters[name], LEARNING_RATE, weight_decay=${decay})\n    if name == "weight"\n    else Adam(layer.parameters[name], LEARNING_RATE)`;
  }
  return `optimizers = [\n    ${call}\n    for layer, name in slots\n]\n`;
}

function loop_code({ data, network, parts }) {
  const loss = data.n_classes ? "softmax_cross_entropy" : "mean_squared_error";
  const { clip_norm, max_norm } = network.recipe;
  const penalties = penalties_of(network);
  const lines = [
    "    outputs = network.forward(inputs[rows], True)",
    `    loss = ${loss}(outputs, targets[rows])`,
    ...penalties.map((kind) => `    loss += sum(${kind}_penalty(weight, ${kind.toUpperCase()}) for weight in weights)`),
    "    losses.append(float(loss))",
    "    if not np.isfinite(loss):\n        break",
    `    network.backward(${loss}_gradient(outputs, targets[rows]))`,
    ...(penalties.length ? ["    for layer, name in slots:", '        if name == "weight":'] : []),
    ...penalties.map((kind) => `            layer.gradients[name] += ${kind}_gradient(layer.parameters[name], ${kind.toUpperCase()})`),
    ...(clip_norm ? [CLIP] : []),
    "    for optimizer, (layer, name) in zip(optimizers, slots):\n        optimizer.step(layer.gradients[name])",
    ...(max_norm ? ["    for weight in weights[:-1]:\n        apply_max_norm(weight, MAX_NORM)"] : []),
  ];
  const look = `def loss_of(rows):
    """The loss of some points, as the curve on the screen shows it."""
    return float(${loss}(network.forward(inputs[rows]), targets[rows]))
`;
  return batches_code(look, lines);
}

const CLIP = `    gradients = np.concatenate([layer.gradients[name].ravel() for layer, name in slots])
    clip_by_norm(gradients, CLIP_NORM)
    start = 0
    for layer, name in slots:
        gradient = layer.gradients[name]
        gradient.flat = gradients[start : start + gradient.size]
        start += gradient.size`;
