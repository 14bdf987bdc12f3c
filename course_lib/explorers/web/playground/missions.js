/* Ten things to do in the playground. Each looks at the session and says whether it is done, and what is missing. */

import { right_in_percent } from "../views/written.js";
import { gradient_sizes, mean_size } from "./readings.js";

const has = (state, ...features) => state.features.length === features.length && features.every((each) => state.features.includes(each));
const solved = (session, accuracy) => session.data.n_classes > 0 && session.steps > 0 && session.history.at(-1).validation.accuracy >= accuracy;
const reached = (session, hint) => (session.steps ? `Validation: ${right_in_percent(session.history.at(-1).validation.accuracy)} right now. ${hint}` : "Press Start.");
const two = (activation) => [activation, activation];
const six = Array(6).fill("sigmoid");

/** [{name, task, state: what it starts from, done(session, memory): true or what is missing, answer(session): once it is}]. */
export const MISSIONS = [
  {
    name: "A line is enough",
    task: "Tell two heaps apart with no hidden layer at all: 98% of the points that it does not learn from.",
    state: { data: "gaussians", hidden_layers: [1], activations: ["relu"], features: ["x", "y"] },
    done: (session) => (session.state.hidden_layers.length ? "Take the hidden layer away (×)." : solved(session, 0.98) || "Now press Start."),
  },
  {
    name: "What no line can do",
    task: "Solve xor (95%) with x and y alone. How few hidden units does it take?",
    state: { data: "xor", noise: 0, hidden_layers: [1], activations: ["tanh"], features: ["x", "y"] },
    done: (session) => (has(session.state, "x", "y") ? solved(session, 0.95) || reached(session, "As long as that's too few: give the layer more units.") : "Use x and y alone."),
    answer: ({ state }) => `you took ${state.hidden_layers.reduce((sum, width) => sum + width, 0)} hidden units. With two in one layer hardly any start gets there; with three most do.`,
  },
  {
    name: "The right feature",
    task: "Solve xor (95%) without any hidden layer, by another choice of inputs: the boxes beside \"it sees\".",
    state: { data: "xor", noise: 0, hidden_layers: [], activations: [], features: ["x", "y"] },
    done: (session) => (session.state.hidden_layers.length ? "Take the hidden layers away." : solved(session, 0.95) || reached(session, "Which input is above 0 for one class and below 0 for the other?")),
    answer: () => "x·y is above 0 in two opposite corners and below 0 in the others: with it as an input one threshold is enough.",
  },
  {
    name: "The spiral",
    task: "Solve the spiral with x and y alone: 95% of the points that it does not learn from.",
    state: { data: "spirals", noise: 0, n_points: 400, share: 0.8, hidden_layers: [4, 2], activations: two("tanh"), features: ["x", "y"] },
    done: (session) => (has(session.state, "x", "y") ? solved(session, 0.95) || reached(session, "More units in each layer, one layer more, Adam at a learning rate of 0.003, Restart, patience.") : "Use x and y alone."),
  },
  {
    name: "Too fast",
    task: "Find a learning rate at which the loss stops being a number; then one that brings it below 0.02.",
    state: { data: "plane", noise: 0, hidden_layers: [8, 8], activations: two("relu"), features: ["x", "y"] },
    done: (session, memory) => {
      if (session.diverged) memory.broke = true;
      if (!memory.broke) return "Make it break first: the slider goes far up.";
      const { loss } = session.history.at(-1).validation;
      return (session.steps > 0 && loss < 0.02) || "It broke. Now a lower rate, and Restart.";
    },
  },
  {
    name: "By heart",
    task: "Make it overfit: a validation loss of twice the training loss, and at least 0.15 more.",
    state: { data: "moons", noise: 0.5, n_points: 60, share: 0.4, hidden_layers: [2], activations: ["relu"], features: ["x", "y"] },
    done: (session) => {
      const { train, validation } = session.history.at(-1);
      const is_apart = validation.loss > 2 * train.loss && validation.loss - train.loss > 0.15;
      return (session.epochs > 0 && is_apart) || "More units, fewer points, more noise, a faster optimizer, more epochs.";
    },
  },
  {
    name: "The cure",
    task: "It overfits. Cure it with one control of the regularization: validation loss below 0.35 after 300 epochs.",
    state: { data: "moons", noise: 0.5, n_points: 120, share: 0.4, hidden_layers: [16, 16], activations: two("relu"), features: ["x", "y"], optimizer: "adam", learning_rate: 0.01 },
    done: (session) => {
      if (session.epochs < 300) return `${300 - session.epochs} epochs to go.`;
      const { loss } = session.history.at(-1).validation;
      return loss < 0.35 || `It is ${loss.toFixed(2)}. Restart, and try L2, dropout or max-norm.`;
    },
  },
  {
    name: "The gradient vanishes",
    task: "Make the first layer's gradient a thousand times smaller than the last one's.",
    state: { data: "circles", noise: 0, hidden_layers: [8, 8], activations: two("sigmoid"), features: ["x", "y"] },
    done: (session) => {
      const sizes = gradient_sizes(session.network);
      return (session.steps > 0 && sizes[0] > 0 && sizes[0] * 1000 < sizes.at(-1)) || "Add layers of the activation whose slope is smallest, and take a step.";
    },
  },
  {
    name: "And comes back",
    task: "Six sigmoid layers learn nothing. Mend it (95%) without touching the number of layers.",
    state: { data: "circles", noise: 0, hidden_layers: [8, 8, 8, 8, 8, 8], activations: six, features: ["x", "y"], learning_rate: 0.1 },
    done: (session) => (session.state.hidden_layers.length === 6 ? solved(session, 0.95) || reached(session, "Activation, normalization, residual connections: any may do.") : "Keep six layers."),
  },
  {
    name: "Small weights",
    task: "Solve the circles (90%) with a mean weight below 0.3.",
    state: { data: "circles", hidden_layers: [8, 8], activations: two("tanh"), features: ["x", "y"], learning_rate: 0.1 },
    done: (session) => {
      const mean = mean_size(session.network.flat_weights);
      if (!solved(session, 0.9)) return "Solve it first.";
      return mean < 0.3 || `The mean weight is ${mean.toFixed(2)}: what keeps weights small?`;
    },
  },
];

/** Whether mission `number`, 1 to 10, is done: true, or what is missing. On other data none is. */
export function verdict(number, session, memory) {
  const { state, done } = MISSIONS[number - 1];
  if (session.state.data !== state.data) return "Its data are others: press Begin it again.";
  return done(session, memory);
}
