/* Ten things to do in the playground. Each looks at the session and says whether it is done, and what is missing. */

import { right_in_percent } from "../views/written.js";
import { gradient_sizes, mean_size } from "./readings.js";

const SMALLER = 1000; // times, of a gradient that has vanished
const ENOUGH = 2000; // epochs, after which more of them bring nothing new
const STRONG = 0.1; // an L2 with which small weights are reached, set once it is solved: before, it lets no weight grow
const HELD = 5; // epochs for which a mission's goal has to be reached, more than not: one lucky moment is not enough
const has = (state, ...features) => state.features.length === features.length && features.every((each) => state.features.includes(each));
const now_of = (session) => session.history.at(-1);
const solved = (session, accuracy) => session.data.n_classes > 0 && session.steps > 0 && now_of(session).validation.accuracy >= accuracy;
const right_now = (session) => `Validation: ${right_in_percent(now_of(session).validation.accuracy)} right now.`;
const loss_now = (session) => `The validation loss is ${now_of(session).validation.loss.toFixed(2)} now.`;
const reached = (session, hint) => (session.steps ? `${right_now(session)} ${hint}` : "Press Start.");
const two = (activation) => [activation, activation];
const six = Array(6).fill("sigmoid");
const both_now = (session) => `${right_in_percent(now_of(session).train.accuracy)} of the training points are right, and the validation loss is ${now_of(session).validation.loss.toFixed(2)} now.`;
const ratio_of = (session) => {
  const sizes = gradient_sizes(session.network);
  return sizes.at(-1) / sizes[0];
};
const ratio_now = (session) => {
  const found = times_smaller(ratio_of(session));
  return `The first layer's is ${found}; you need 1,000${found.endsWith("times smaller") ? "" : " times smaller"}.`;
};
const mean_now = (session) => `The weights' mean size is ${mean_size(session.network.flat_weights).toFixed(2)}.`;

/** "40 times smaller": two digits, rounded down, so that 999 is not yet 1,000. */
export function times_smaller(ratio) {
  if (!(ratio >= 0)) return "no number";
  if (ratio > 1e6) return "more than a million times smaller";
  if (ratio < 1) return ratio > 0.9 ? "about as large" : "larger";
  const digit = 10 ** Math.max(Math.floor(Math.log10(ratio)) - 1, 0);
  const times = digit * Math.floor(ratio / digit);
  return times < 2 ? "hardly smaller" : `${times.toLocaleString("en-US")} times smaller`;
}

/**
 * [{name, task, state: what it starts from, done(session, memory): true or what is missing, why(session): what is to be
 * learned from it, said once it is done; now(session): how it stands, said where it was done and is so no more}].
 */
export const MISSIONS = [
  {
    name: "A line is enough",
    task: "Tell two heaps apart with no hidden layer at all: 98% of the validation points right.",
    state: { data: "gaussians", hidden_layers: [1], activations: ["relu"], features: ["x", "y"] },
    done: (session) => (session.state.hidden_layers.length ? `Take the hidden layer away (×)${session.steps ? "." : ", then press Start."}` : solved(session, 0.98) || reached(session, "Let it train on.")),
    why: () => "without hidden layers the border is one straight line, and here that is enough.",
    now: right_now,
  },
  {
    name: "What no line can do",
    task: "Solve xor (90%) with x and y alone. How few hidden units does it take?",
    state: { data: "xor", noise: 0, hidden_layers: [1], activations: ["tanh"], features: ["x", "y"] },
    done: (session) => (has(session.state, "x", "y") ? solved(session, 0.9) || reached(session, "As long as that's too few: give the layer more units.") : "Use x and y alone."),
    now: right_now,
    why: ({ state }) => `you took ${state.hidden_layers.reduce((sum, width) => sum + width, 0)} hidden units. With two in one layer hardly any start gets there; with three most do.`,
  },
  {
    name: "The right feature",
    task: "Solve xor (95%) without any hidden layer, by another choice of inputs: the boxes beside \"it sees\".",
    state: { data: "xor", noise: 0, hidden_layers: [], activations: [], features: ["x", "y"] },
    done: (session) => (session.state.hidden_layers.length ? "Take the hidden layers away." : solved(session, 0.95) || reached(session, "Which input is above 0 for one class and below 0 for the other?")),
    now: right_now,
    why: () => "x·y is above 0 in two opposite corners and below 0 in the others: one threshold is enough.",
  },
  {
    name: "The spiral",
    task: "Solve the spiral with x and y alone: 95% of the validation points right.",
    state: { data: "spirals", noise: 0, n_points: 400, share: 0.8, hidden_layers: [4, 2], activations: two("tanh"), features: ["x", "y"] },
    done: (session) => (has(session.state, "x", "y") ? solved(session, 0.95) || reached(session, "8 or more units in each layer, one layer more, Adam at a learning rate of 0.003, Restart, patience.") : "Use x and y alone."),
    why: () => "every unit bends the border once, and a spiral has many bends. Small steps put each in its place.",
    now: right_now,
  },
  {
    name: "Too fast",
    task: "Find a learning rate at which the loss stops being a number; then one that brings it below 0.02.",
    state: { data: "plane", noise: 0, hidden_layers: [8, 8], activations: two("relu"), features: ["x", "y"] },
    done: (session, memory) => {
      if (session.diverged) memory.broke = true;
      if (!memory.broke) return `Make it break: the learning rate far up${session.steps ? "." : ", then press Start."}`;
      if (session.diverged) return "It broke. Now take a lower rate, and press Restart.";
      if (session.steps === 0) return "It broke. Press Start and see whether this rate is low enough.";
      return now_of(session).validation.loss < 0.02 || loss_now(session);
    },
    why: () => "a step that is too long makes the loss larger, and the next step longer; a shorter one goes down.",
    now: loss_now,
  },
  {
    name: "By heart",
    task: "Make it overfit: all training points right, and a validation loss above 0.69, that of guessing.",
    state: { data: "moons", noise: 0.5, n_points: 60, share: 0.4, hidden_layers: [2], activations: ["relu"], features: ["x", "y"] },
    done: (session) => {
      const { train, validation } = now_of(session);
      return (session.steps > 0 && train.accuracy === 1 && validation.loss > 0.69) || (session.steps ? `${both_now(session)} More units, another layer, Adam${session.epochs < ENOUGH ? ", more epochs" : ""}.` : "Press Start.");
    },
    why: () => "it gets surer about the few points that it has wrong: the loss rises while the same share is right.",
    now: both_now,
  },
  {
    name: "The cure",
    task: "Press Start and see it overfit. Then set L2 to 0.01, under Regularization, and press Restart: validation loss below 0.35 after 300 epochs.",
    state: { data: "moons", noise: 0.5, n_points: 120, share: 0.4, hidden_layers: [16, 16], activations: two("relu"), features: ["x", "y"], optimizer: "adam", learning_rate: 0.01 },
    done: (session) => {
      const trained = session.epochs - session.since; // with the settings of now
      if (trained < 300) return `${300 - trained} epochs to go.`;
      return now_of(session).validation.loss < 0.35 || loss_now(session);
    },
    why: () => "sharp bends around single points take large weights; with a price on them the border stays smooth.",
    now: loss_now,
  },
  {
    name: "The gradient vanishes",
    task: "Make the first layer's gradient a thousand times smaller than the last one's: the row \"gradient\" under the network.",
    state: { data: "circles", noise: 0, hidden_layers: [8, 8], activations: two("sigmoid"), features: ["x", "y"] },
    done: (session) => {
      if (session.steps === 0) return "Press Start.";
      const ratio = ratio_of(session);
      return (Number.isFinite(ratio) && ratio > SMALLER) || `${ratio_now(session)} Press Add a layer (sigmoid).`;
    },
    why: () => "on its way back the gradient is multiplied by sigmoid's slope in every layer: 1/4 at most.",
    now: ratio_now,
  },
  {
    name: "And comes back",
    task: "Six sigmoid layers learn nothing. Mend it (95%) without touching the number of layers.",
    state: { data: "circles", noise: 0, hidden_layers: [8, 8, 8, 8, 8, 8], activations: six, features: ["x", "y"], learning_rate: 0.1 },
    done: (session) => (session.state.hidden_layers.length === 6 ? solved(session, 0.95) || reached(session, "Activation, normalization, residual connections: any may do.") : "Keep six layers."),
    why: () => "ReLU's slope of 1, normalized sums, a way around the layer: each lets the gradient come back.",
    now: right_now,
  },
  {
    name: "Small weights",
    task: "Solve the circles (90%) with weights of a mean size below 0.3.",
    state: { data: "circles", hidden_layers: [8, 8], activations: two("tanh"), features: ["x", "y"], learning_rate: 0.1 },
    done: (session) => {
      const { l2 } = session.state;
      if (!solved(session, 0.9)) return reached(session, l2 < STRONG ? "Solve it first." : "Solve it first, with an L2 of 0.");
      const cure = l2 < STRONG ? `Set L2, under Regularization, to about ${STRONG}, without Restart.` : "L2 makes them smaller: let it train on.";
      return mean_size(session.network.flat_weights) < 0.3 || `${mean_now(session)} ${cure}`;
    },
    why: () => "with a price on its weights a network takes none that is larger than the border needs.",
    now: (session) => `${right_now(session)} ${mean_now(session)}`,
  },
];
/**
 * Whether mission `number`, 1 to 10, is done: true, or what is missing. On other data none is, and none that was reached
 * only for a moment: epochs in which it is reached are counted, and those in which it's not are taken off again.
 */
export function verdict(number, session, memory) {
  const { state, done } = MISSIONS[number - 1];
  if (session.state.data !== state.data) return "Its data are others: press Begin it again.";
  if (memory.session !== session) Object.assign(memory, { session, epoch: session.epochs, held: 0 });
  const found = done(session, memory);
  const passed = session.epochs - memory.epoch;
  memory.epoch = session.epochs;
  memory.held = Math.min(Math.max(memory.held + (found === true ? passed : -passed), 0), HELD);
  if (found !== true) return found;
  return memory.held >= HELD || "Reached: let it train on a little, to see that it stays so.";
}
