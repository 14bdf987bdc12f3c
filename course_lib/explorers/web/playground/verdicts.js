/* What the training does, in a sentence. It is read off a smoothed curve, and stays until another one has held. */

import { right_in_percent } from "../views/written.js";
import { written } from "./readings.js";

const YOUNG = 30; // epochs, before which no curve is judged to stand still
const FALLEN = 0.02; // of its level: a change that is less counts as none
const WILD = 0.15; // of its level: a loss that goes up and down by more jumps
const UNSEEN = 0.003; // of the loss of guessing: a fall that is less is none
const SEEN = 0.1; // of the loss of guessing: a jump that is less is not seen in the chart
const HIGH = 0.3; // of the loss of guessing
const CLEAR = 0.5; // of it: a validation loss that is clearly high
const RISEN = 0.15; // of it: a validation loss that has risen a lot
const NOTHING = 0.02; // of it: a loss that is next to nothing
const RIGHT = { train: 0.97, validation: 0.93 }; // shares of right answers from which on it's solved
const LATE = 5; // points of the curve for which that has to be so
const [GUESSING, WORSE] = [0.95, 1.05]; // of it: nothing is learned yet; nor where it falls, but from higher up
const FEW_UNITS = 8; // in a layer: before it is deep, a network should be wide
const FEWEST = 8; // points of a curve that are looked at, however far apart fast training has them
const STEADY = 1.5; // a change has to be larger than the wobble by this factor
const HOLDS = { time: 3000, epochs: 20 }; // what another verdict needs before it is said
const ADAM_LIKE = ["rmsprop", "adam", "adamw"];

/**
 * What is true of a session now: {key, words, at_once, for_now}; at_once where it's a fact that waits for nothing, for_now
 * where any other verdict may take its place; null where too little has happened since a hand's change to tell.
 * What is solved is called that before anything else is looked for.
 * @param {Session} session
 * @param {object} readings of readings_of
 */
export function verdict_on(session, readings) {
  return fact(session) ?? solved(session) ?? stuck(session, readings) ?? overfitting(session) ?? by_heart(session) ?? trend(session);
}

/**
 * The verdict that is said: the first one, until another was mostly true for some time and epochs. As long as it's the same
 * one, its words are those that were said first.
 */
export class Steady {
  constructor() {
    this.begin_anew();
  }

  begin_anew() {
    this.said = null;
    this.recent = []; // [{key, epoch, now}] of the time in which another verdict has to hold
  }

  /** Whether this was found of late more often than what is said, and than anything else. */
  is_mostly(key) {
    const times = (wanted) => this.recent.filter((each) => each.key === wanted).length;
    const others = new Set([this.said.key, ...this.recent.map((each) => each.key)]);
    return [...others].every((other) => other === key || times(other) < times(key));
  }

  /** The verdict to be said; now: milliseconds; epoch: of the session. */
  of(found, epoch, now) {
    if (found === null) return this.said;
    const is_same = found.key === this.said?.key;
    this.recent.push({ key: found.key, epoch, now });
    const is_past = (each) => now - each.now >= HOLDS.time && epoch - each.epoch >= HOLDS.epochs;
    while (this.recent.length > 1 && is_past(this.recent[1])) this.recent.shift();
    const waits = this.said !== null && !found.at_once && !this.said.at_once && !this.said.for_now;
    if (!is_same && waits && !(is_past(this.recent[0]) && this.is_mostly(found.key))) return this.said;
    if (is_same) return this.said;
    this.recent = [{ key: found.key, epoch, now }]; // the next one has to hold as long again
    this.said = found;
    return found;
  }
}

function fact(session) {
  const { diverged, steps } = session;
  const at_once = (key, words) => ({ key, words, at_once: true });
  if (!session.is_ready) return at_once("few", 'There are too few points to learn from. Click or tap in the plane to draw some, or type their places beside "Draw".');
  if (diverged) return at_once("diverged", "The loss is no number any more: the steps were too long. Take a lower learning rate or a limit on the gradient, and press Restart.");
  if (steps === 0) return at_once("new", session.given_numbers ? loaded(session) : `${task_of(session)} Nothing is learned yet${session.state.mission ? "." : ": press Start."}\n${WORDS}`);
  return null;
}

const WORDS = "Loss: how wrong. Gradient: how steep. Epoch: all training points once. Validation points only test it.";

function loaded({ history }) {
  const { loss, accuracy } = history.at(-1).validation;
  const now = Number.isNaN(accuracy) ? `its validation loss is ${written(loss)}` : `it gets ${right_in_percent(accuracy)} of the validation points right`;
  return `This network was opened with its weights: ${now}. Start trains it on from there.`;
}

function task_of({ data }) {
  if (data.n_classes === 0) return "The network is to tell each point's number, blue above 0, orange below.";
  const classes = data.n_classes === 2 ? "orange circles from blue squares" : "the four classes apart, by their places";
  return `The network is to tell ${classes}.`;
}

/** Nearly all answers are right, of both parts, for some epochs; of numbers: both losses are next to nothing. */
function solved({ history, since, data, guessing, parts }) {
  const late = history.filter(({ epoch }) => epoch >= since && epoch > 0).slice(-LATE);
  if (late.length < LATE) return null;
  const of = (part, what) => quantile(sorted(late.map((point) => point[part][what])), 0.5);
  if (data.n_classes === 0) {
    const is_small = ["train", "validation"].every((part) => of(part, "loss") <= NOTHING * guessing);
    return is_small ? { key: "solved", words: `Solved: the loss is next to nothing beside that of guessing (${guessing.toFixed(2)}).` } : null;
  }
  const [train, validation] = ["train", "validation"].map((part) => of(part, "accuracy"));
  if (train < RIGHT.train || validation < RIGHT.validation || of("validation", "loss") > CLEAR * guessing) return null;
  const wrong = [wrong_of(train, parts.train, "training"), wrong_of(validation, parts.validation, "validation")];
  const words = wrong.filter(({ n }) => n > 0).map(({ words }) => words).join(" and ");
  if (words !== "") return { key: `solved, except ${words}`, words: `Solved, except ${words}.` };
  return { key: "solved", words: "Solved: every point is classified right, also those that the network does not learn from." };
}

function wrong_of(accuracy, { length }, part) {
  const n = Math.round((1 - accuracy) * length);
  return { n, words: `${n} of ${length} ${part} points` };
}

function stuck({ history }, { gradients, dead }) {
  const worst = dead.indexOf(Math.max(0, ...dead));
  if (dead.length && dead[worst] === 1) {
    return { key: "dead", words: `No unit of hidden layer ${worst + 1} lets a gradient through: what lies before it cannot learn any more. Press Restart, or try another activation.` };
  }
  const last = gradients.at(-1);
  if (gradients.length > 2 && gradients[0] < 1e-3 * last && history.at(-1).train.loss > 0.5 * history[0].train.loss) {
    return { key: "vanishes", words: `The gradient vanishes: in the first layer it is ${times_smaller(last / gradients[0])} than in the last, and the loss hardly falls.` };
  }
  return null;
}

/** "about 1,000 times smaller": a power of ten, as the ratio changes with every batch. */
export function times_smaller(ratio) {
  if (ratio > 1e6) return "more than a million times smaller";
  const power = 10 ** Math.round(Math.log10(ratio));
  return power > 1 ? `about ${power.toLocaleString("en-US")} times smaller` : "hardly smaller";
}

function rounded(number, digits) {
  return Number(number.toPrecision(digits)).toLocaleString("en-US");
}

/** The training points are nearly solved, and the validation loss is high, far above its lowest, and about as high as ever since. */
function overfitting({ history, since, state, curve, guessing }) {
  const { lowest } = curve;
  const blocks = smoothed(history.filter((point) => point.epoch >= since));
  if (lowest === null || blocks.length === 0) return null;
  const now = blocks.at(-1);
  const risen = now.validation - lowest.validation;
  const highest = Math.max(...blocks.filter(({ epoch }) => epoch >= lowest.epoch).map((each) => each.validation));
  const is_solved = now.train < lowest.train && now.train <= HIGH * guessing;
  const is_high = now.validation >= CLEAR * guessing && now.epoch - lowest.epoch >= 20;
  const least = Math.max(0.3 * lowest.validation, RISEN * guessing, now.wobble, 0.7 * (highest - lowest.validation));
  if (!is_solved || !is_high || risen <= least) return null;
  const words = `The validation loss was lowest near epoch ${rounded(lowest.epoch, 2)} and has risen since, while the training loss fell: overfitting.`;
  return { key: "overfitting", words: state.mission ? words : `${words} ${CURE}` };
}

const CURE = "More points or regularization may help.";

/** The training points are all but solved, and the others are not. */
function by_heart({ history, since, data, parts, state }) {
  const late = history.filter(({ epoch }) => epoch >= since && epoch > 0).slice(-LATE);
  if (data.n_classes === 0 || late.length < LATE) return null;
  const [train, validation] = ["train", "validation"].map((part) => quantile(sorted(late.map((point) => point[part].accuracy)), 0.5));
  if (train < RIGHT.train || validation >= RIGHT.validation) return null;
  const { words } = wrong_of(validation, parts.validation, "validation");
  return { key: "by heart", words: `The training points are solved, but it gets ${words} wrong.${state.mission ? "" : ` ${CURE}`}` };
}

/** [{epoch, train, validation, wobble}]: the medians of both losses over a twentieth of the training, 5 epochs at least. */
function smoothed(history) {
  const width = Math.max(5, (history.at(-1).epoch - history[0].epoch) / 20);
  const blocks = [];
  for (let end = history.length; end > 0;) {
    let start = end - 1;
    while (start > 0 && history[end - 1].epoch - history[start - 1].epoch < width) start -= 1;
    const points = history.slice(start, end);
    const [train, validation] = ["train", "validation"].map((part) => sorted(points.map((point) => point[part].loss)));
    blocks.unshift({
      epoch: points[Math.floor(points.length / 2)].epoch, train: quantile(train, 0.5), validation: quantile(validation, 0.5),
      wobble: quantile(validation, 0.9) - quantile(validation, 0.1),
    });
    end = start;
  }
  return blocks;
}

const sorted = (numbers) => Float64Array.from(numbers).sort();
const quantile = (numbers, share) => numbers[Math.round(share * (numbers.length - 1))];

/**
 * A loss over the last quarter of the training, 20 epochs at least: {change, wobble, level}. The change is that of a
 * straight line through it, the wobble how far it goes up and down around that; spikes of a moment count for little.
 */
function of_late(points, part) {
  const losses = points.map((point) => point[part].loss);
  const order = sorted(losses);
  const [low, high] = [quantile(order, 0.05), quantile(order, 0.95)];
  const clipped = losses.map((loss) => Math.min(Math.max(loss, low), high));
  const third = Math.max(1, Math.floor(points.length / 3));
  const mean = (numbers) => numbers.reduce((sum, each) => sum + each, 0) / numbers.length;
  const [first, last] = [[0, third], [-third, undefined]].map(([start, end]) => ({
    epoch: mean(points.slice(start, end).map((point) => point.epoch)), loss: mean(clipped.slice(start, end)),
  }));
  const slope = (last.loss - first.loss) / (last.epoch - first.epoch);
  const around = sorted(clipped.map((loss, k) => loss - slope * points[k].epoch));
  return {
    change: slope * (points.at(-1).epoch - points[0].epoch),
    wobble: (quantile(around, 0.9) - quantile(around, 0.1)) / 2,
    level: last.loss,
  };
}

const is_fall = ({ change, wobble, level }, guessing) => -change > Math.max(STEADY * wobble, FALLEN * level, UNSEEN * guessing);
const climbs = ({ change, wobble, level }) => change > Math.max(STEADY * wobble, FALLEN * level);

function trend(session) {
  const { history, since, guessing } = session;
  const { epoch } = history.at(-1);
  const points = history.filter((point, k) => point.epoch >= since && (k >= history.length - FEWEST || point.epoch >= epoch - Math.max(20, (epoch - since) / 4)));
  if (points.length < 2) return since > 0 ? null : { key: "first", words: "The first epoch is not over yet: train on.", for_now: true };
  const train = of_late(points, "train");
  const validation = of_late(points, "validation");
  const jumps = ({ wobble, level }) => wobble > WILD * level && 2 * wobble > SEEN * guessing;
  const is_old = epoch - since >= YOUNG;
  const falls = is_fall(train, guessing);
  if (is_old && train.level > (falls ? WORSE : GUESSING) * guessing) return at_chance(session, jumps(train));
  if (falls && train.level > GUESSING * guessing) {
    return { key: "falls to chance", words: `The loss falls, but is still no better than chance (${guessing.toFixed(2)}).`, for_now: true };
  }
  if (falls) {
    return climbs(validation)
      ? { key: "apart", words: "The training loss falls, but the validation loss rises: what it learns now does not help with new points." }
      : { key: "falls", words: "The loss falls: the network is learning." };
  }
  if (!is_old) return { key: "young", words: "The loss has not fallen of late: train on, or change the learning rate.", for_now: true };
  if (jumps(train)) return { key: "jumps", words: `The loss jumps up and down and comes no lower: ${SMALLER_STEPS}.` };
  if (climbs(train)) return { key: "rises", words: "The loss rises: a lower learning rate may help." };
  if (jumps(validation)) {
    return { key: "validation jumps", words: `The training loss stands still, and the validation loss jumps up and down: ${SMALLER_STEPS}.` };
  }
  if (train.level <= HIGH * guessing) return { key: "learned", words: "The loss stands still: the network has learned what it can." };
  return high(session, train);
}

const SMALLER_STEPS = "a smaller learning rate or a larger batch makes it calmer";

function at_chance(session, jumps) {
  const guessing = `the loss of guessing is ${session.guessing.toFixed(2)}`;
  const words = jumps ? `The loss jumps up and down, and on average is no better than chance (${guessing})` : `The loss stays at the level of chance (${guessing})`;
  const advice = advice_on(session.state);
  return { key: `${jumps ? "chance, jumping" : "chance"}: ${advice}`, words: `${words}: nothing is learned yet. ${advice}` };
}

function high({ state }) {
  if (has_long_steps(state)) return { key: "long steps", words: "The loss stays high: the steps may be too large. Take a smaller learning rate, then press Restart." };
  const advice = advice_on(state);
  return { key: `high: ${advice}`, words: `The loss stands still, and high. ${advice}` };
}

/** Adam and its like step by about the learning rate, however small the gradient is: 0.01 is long for them. */
function has_long_steps({ optimizer, learning_rate }) {
  return ADAM_LIKE.includes(optimizer) && learning_rate >= 0.01;
}

/** What to try. A mission forbids some of it, and says itself what may be changed. */
function advice_on({ mission, hidden_layers, optimizer }) {
  if (mission) return "The mission's line says what you may change.";
  const narrowest = Math.min(...hidden_layers);
  const place = hidden_layers.indexOf(narrowest) + 1;
  const more = hidden_layers.length === 0
    ? "Add a hidden layer"
    : narrowest < FEW_UNITS
      ? `Give layer ${place} more units (it has ${narrowest})`
      : "Add a layer";
  const other = ADAM_LIKE.includes(optimizer)
    ? "take another activation or learning rate"
    : "take Adam at a learning rate of 0.003"; // 8-8-8 on spirals: all of 10 seeds learn; with 0.03 none in 300 epochs
  return `${more}, or ${other}.`;
}
