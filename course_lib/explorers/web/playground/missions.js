/* Ten things to do in the playground. Each looks at the session and says whether it is done, and what is missing. */

import { gradient_sizes, weight_sizes } from "./readings.js";

const has = (state, ...features) => state.features.length === features.length && features.every((each) => state.features.includes(each));
const solved = (session, accuracy = 0.98) => session.data.n_classes > 0 && session.history.at(-1).validation.accuracy >= accuracy;
const gap = (session) => session.history.at(-1).validation.loss - session.history.at(-1).train.loss;
const percent = (share) => `${Math.round(100 * share)}%`;

/** [{name, task, state: what it starts from, done(session, memory): true or what is missing}]. */
export const MISSIONS = [
  {
    name: "A line is enough",
    task: "Tell two heaps apart with no hidden layer at all.",
    state: { data: "gaussians", noise: 0.1, hidden_layers: [], activations: [], features: ["x", "y"] },
    done: (session) => (session.state.hidden_layers.length ? "Take the hidden layers away." : solved(session) || "Train it."),
  },
  {
    name: "What no line can do",
    task: "Solve xor with x and y alone. How few hidden units does it take?",
    state: { data: "xor", noise: 0, hidden_layers: [1], activations: ["tanh"], features: ["x", "y"] },
    done: (session) => (has(session.state, "x", "y") ? solved(session, 0.95) || "Add hidden units, and train." : "Use x and y alone."),
  },
  {
    name: "The right feature",
    task: "Solve xor without any hidden layer, by what the network sees.",
    state: { data: "xor", noise: 0, hidden_layers: [], activations: [], features: ["x", "y"] },
    done: (session) => (session.state.hidden_layers.length ? "Take the hidden layers away." : solved(session, 0.95) || "Which feature is large where the classes are alike?"),
  },
  {
    name: "The spiral",
    task: "Solve the spiral with x and y alone: 95% of the points that it does not learn from.",
    state: { data: "spirals", noise: 0, hidden_layers: [4, 2], activations: ["tanh", "tanh"], features: ["x", "y"], optimizer: "gradient_descent", learning_rate: 0.03 },
    done: (session) => (has(session.state, "x", "y") ? solved(session, 0.95) || `Now ${percent(session.history.at(-1).validation.accuracy)}: more units, another optimizer, patience.` : "Use x and y alone."),
  },
  {
    name: "Too fast",
    task: "Find a learning rate at which the loss stops being a number. Then one at which it falls again.",
    state: { data: "circles", noise: 0.1, hidden_layers: [8, 8], activations: ["relu", "relu"], features: ["x", "y"] },
    done: (session, memory) => {
      if (session.diverged) memory.broke = true;
      if (!memory.broke) return "Make it diverge first.";
      return solved(session, 0.9) || "It broke. Now reset, and find a rate that trains.";
    },
  },
  {
    name: "By heart",
    task: "Make it overfit: a validation loss of twice the training loss, and more.",
    state: { data: "moons", noise: 0.5, n_points: 60, share: 0.4, hidden_layers: [2], activations: ["relu"], features: ["x", "y"] },
    done: (session) => {
      const { train, validation } = session.history.at(-1);
      return (session.epochs > 0 && validation.loss > 2 * train.loss && gap(session) > 0.15) || "More units, fewer points, more noise, more epochs.";
    },
  },
  {
    name: "The cure",
    task: "It overfits. Cure it by moving one slider: validation loss below 0.45 after 300 epochs.",
    state: { data: "moons", noise: 0.45, n_points: 120, share: 0.4, hidden_layers: [16, 16], activations: ["relu", "relu"], features: ["x", "y"], optimizer: "adam", learning_rate: 0.01 },
    done: (session) => {
      if (session.epochs < 300) return `${300 - session.epochs} epochs to go.`;
      return session.history.at(-1).validation.loss < 0.45 || "Reset, and try L2, dropout or max-norm.";
    },
  },
  {
    name: "The gradient vanishes",
    task: "Make the first layer's gradient a thousand times smaller than the last one's.",
    state: { data: "circles", noise: 0, hidden_layers: [8, 8], activations: ["sigmoid", "sigmoid"], features: ["x", "y"], initialization: "xavier_normal" },
    done: (session) => {
      const sizes = gradient_sizes(session.network);
      return (session.steps > 0 && sizes.length > 1 && sizes[0] * 1000 < sizes.at(-1)) || "More layers of the activation that squeezes most.";
    },
  },
  {
    name: "And comes back",
    task: "Six sigmoid layers learn nothing. Mend it without touching the number of layers.",
    state: { data: "circles", noise: 0, hidden_layers: [8, 8, 8, 8, 8, 8], activations: Array(6).fill("sigmoid"), features: ["x", "y"], initialization: "xavier_normal", optimizer: "gradient_descent", learning_rate: 0.1 },
    done: (session) => (session.state.hidden_layers.length === 6 ? solved(session, 0.95) || "Activation, normalization, residual connections: any may do." : "Keep six layers."),
  },
  {
    name: "Small weights",
    task: "Solve the circles with a mean weight below 0.4.",
    state: { data: "circles", noise: 0.1, hidden_layers: [8, 8], activations: ["tanh", "tanh"], features: ["x", "y"] },
    done: (session) => {
      const { mean } = weight_sizes(session.network);
      if (!solved(session, 0.9)) return "Solve it first.";
      return mean < 0.4 || `The mean weight is ${mean.toFixed(2)}: what keeps weights small?`;
    },
  },
];
