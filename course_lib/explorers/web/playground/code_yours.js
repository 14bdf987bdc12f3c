/* The network on the screen as a program in NumPy that runs the learner's own functions, and why it sometimes can't. */

import { leaves } from "../engine/plan.js";
import declaration from "../explorers/playground.state.js";
import { batches_code, features_code, GENERATOR, points_code, PUT, RANDOM, settings_code, warning_code, weights_code } from "./code_shared.js";

const EXERCISES = { forward: "1.6", network_backward: "2.5", cross_entropy: "2.6" };
const WITH_NUMBERS = [ // field of the recipe that is off at 0, its name, why the learner's functions are without it
  ["drop_rate", "dropout", "your forward keeps every unit"],
  ["l1", "L1", "your loss puts no price on weights"],
  ["l2", "L2", "your loss puts no price on weights"],
  ["max_norm", "max-norm", "your weights grow without a limit"],
  ["clip_norm", "clip at", "your steps take the gradient as it is"],
];

/** What the screen calls a value of a field. */
function label(field, value) {
  const { options, of } = declaration.fields.find(({ name }) => name === field);
  return (options ?? of.options).find((option) => option[1] === value)[0];
}

/** [a setting that goes beyond the learner's functions, why, what to choose instead] for each. */
function beyond({ network, data }) {
  const { recipe } = network;
  const found = [];
  const bends = [...new Set(recipe.activation)].filter((name) => name !== "relu");
  if (data.n_classes === 0) found.push([label("data", "plane"), "your cross_entropy is for classes", "data with classes"]);
  if (bends.length) found.push([bends.map((name) => label("activations", name)).join(", "), "your forward bends with ReLU", "ReLU in every layer"]);
  if (leaves(network.parts).some(({ technique }) => technique.endsWith("_norm"))) {
    found.push([label("normalization", recipe.normalization), "your forward doesn't normalize", "no normalization"]);
  }
  if (network.parts.some(({ inside }) => inside)) {
    found.push(["residual connections", "your forward has no way around a layer", "no residual connections"]);
  }
  if (recipe.optimizer !== "gradient_descent") {
    found.push([label("optimizer", recipe.optimizer), "you wrote gradient descent", "gradient descent"]);
  }
  for (const [field, name, why] of WITH_NUMBERS) if (recipe[field]) found.push([name, why, `${name} 0`]);
  return found;
}

/** Whether the learner's own functions can compute this network. */
export const runs_yours = (session) => beyond(session).length === 0;

/** Whose functions the NumPy program runs, in words for the screen. */
export function whose_functions(session) {
  if (!runs_yours(session)) return `It runs the course's functions. ${why_not(session)}`;
  const names = Object.keys(EXERCISES);
  return `Beside your my_network.py it runs the functions you wrote: ${names.slice(0, -1).join(", ")} and ${names.at(-1)}. Where one hasn't passed its check yet, the course's stands in.`;
}

function why_not(session) {
  const found = beyond(session);
  const reasons = found.map(([setting, why]) => `${setting}: ${why}.`).join(" ");
  const choices = found.map(([, , choice]) => choice);
  const all = choices.length > 1 ? `${choices.slice(0, -1).join(", ")} and ${choices.at(-1)}` : choices[0];
  return `${reasons} To run your own, choose ${all}.`;
}

/** The same as a comment of the program: one line, unless many settings are named. */
export function comment_code(session) {
  return `${why_not(session).match(/.{1,110}(?= |$)/g).map((line) => `# ${line.trim()}`).join("\n")}\n`;
}

export function yours_code(session) {
  const { state, network } = session;
  const { initialization } = network.recipe;
  const layers = network.parts.filter(({ technique }) => technique === "dense").map(({ words }) => words);
  const lines = layers.map(({ fan_in, fan_out }) => `    [${initialization}(${fan_in}, ${fan_out}, first), np.zeros(${fan_out})],\n`);
  const numbers = weights_code(session);
  const given = numbers && `\n${numbers}\n${PUT}\n\nput([weights for weights, _ in layers] + [bias for _, bias in layers], WEIGHTS)\n`;
  return `"""The playground's network in NumPy, with your own functions: the same points, first weights and batches."""

import math

import numpy as np

from course_lib.learner import yours
from course_lib.scratch.initializers import ${initialization}

# Yours where they have passed their checks, else the course's: each says which.
${Object.entries(EXERCISES).map(([name, number]) => `${name} = yours("${number}")\n`).join("")}
${warning_code(session)}${settings_code(session)}
${RANDOM}${GENERATOR}

${points_code(session)}
x, y, targets = np.transpose(POINTS)
inputs = np.stack([${features_code(state.features, "np")}], axis=1)
targets = targets.astype(int)

first = Generator(SEED, 0)
layers = [
${lines.join("")}]
${given}
${batches_code(LOOK, STEP)}`;
}

const LOOK = `def loss_of(rows):
    """The loss of some points, as the curve on the screen shows it."""
    return float(cross_entropy(forward(inputs[rows], layers)[-1], targets[rows])[0])
`;
const STEP = [`    values = forward(inputs[rows], layers)
    loss, slopes = cross_entropy(values[-1], targets[rows])
    losses.append(float(loss))
    if not np.isfinite(loss):
        break
    gradients = network_backward(values, layers, slopes)
    layers = [
        [weights - LEARNING_RATE * of_weights, bias - LEARNING_RATE * of_bias]
        for (weights, bias), (of_weights, of_bias) in zip(layers, gradients)
    ]`];
