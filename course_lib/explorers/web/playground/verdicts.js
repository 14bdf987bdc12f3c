/* What the training does, in a sentence, read off a smoothed curve. How long it stays is steady.js's. */

import { right_in_percent } from "../views/written.js";
import { written } from "./readings.js";

const YOUNG = 30; // epochs, before which no curve is judged to have stopped falling
const LONG = 60; // epochs for which both curves have to be flat before they are said to stand still
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
const [GUESSING, WORSE] = [0.95, 1.05]; // of it: as good as chance; nor better where it falls, but from higher up
const FEW_UNITS = 8; // in a layer: before it is deep, a network should be wide
const FEWEST = 8; // points of a curve that are looked at, however far apart fast training has them
const STEADY = 1.5; // a change has to be larger than the wobble by this factor
const ADAM_LIKE = ["rmsprop", "adam", "adamw"];
const SHORT = 0.003; // the learning rate that is advised for them
const REGULARIZATION = ["l1", "l2", "drop_rate", "max_norm"];
const [UP, DOWN] = [1, -1]; // tones: a verdict takes the place of one of the other tone sooner

/**
 * What is true of a session now: {key, words, at_once, for_now, tone, level, advice, is_open}; at_once where it's a fact that
 * waits for nothing, for_now where any other verdict may take its place, is_open where advice that was given before still
 * counts; null where too little has happened since a hand's change to tell.
 * What is solved is called that before anything else is looked for.
 * @param {Session} session
 * @param {object} readings of readings_of
 * @param {boolean} runs whether it trains: then a sentence, which stays for a while, has no numbers of this moment
 */
export function verdict_on(session, readings, runs = false) {
  return fact(session) ?? solved(session, runs) ?? stuck(session, readings) ?? overfitting(session) ?? by_heart(session, runs) ?? trend(session);
}

function fact(session) {
  const { diverged, steps, epochs } = session;
  const at_once = (key, words) => ({ key, words, at_once: true });
  if (!session.is_ready) return at_once("few", 'There are too few points to learn from. Click or tap in the plane to draw some, or type their places beside "Draw".');
  if (diverged) return at_once("diverged", `From step ${steps} (epoch ${epochs}) on the loss is no number: the steps were too long. Lower the learning rate or limit the gradient, and press Restart.`);
  if (steps === 0) return at_once("new", session.given_numbers ? loaded(session) : `${task_of(session)} It is not trained yet${session.state.mission ? "." : ": press Start."}\n${WORDS}`);
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
function solved({ history, since, data, guessing, parts }, runs) {
  const late = history.filter(({ epoch }) => epoch >= since && epoch > 0).slice(-LATE);
  if (late.length < LATE) return null;
  const of = (part, what) => quantile(sorted(late.map((point) => point[part][what])), 0.5);
  const as_solved = (words) => ({ key: "solved", tone: UP, words: `${words}${runs ? " Press Pause to keep it." : ""}` });
  if (data.n_classes === 0) {
    const is_small = ["train", "validation"].every((part) => of(part, "loss") <= NOTHING * guessing);
    return is_small ? as_solved(`Solved: the loss is next to nothing beside that of guessing (${guessing.toFixed(2)}).`) : null;
  }
  const are_right = (train, validation) => train >= RIGHT.train && validation >= RIGHT.validation;
  if (!are_right(of("train", "accuracy"), of("validation", "accuracy")) || of("validation", "loss") > CLEAR * guessing) return null;
  if (runs) return as_solved("Solved: nearly all points are right.");
  const { train, validation } = late.at(-1); // the point whose numbers stand below
  if (!are_right(train.accuracy, validation.accuracy)) return null;
  const wrong = [wrong_of(train.accuracy, parts.train, "training"), wrong_of(validation.accuracy, parts.validation, "validation")];
  const words = wrong.filter(({ n }) => n > 0).map(({ words }) => words).join(" and ");
  return as_solved(words ? `Solved, except ${words}.` : "Solved: every point is classified right, also those that the network does not learn from.");
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
    return { key: "vanishes", words: "The gradient vanishes: in the first layer it is less than a thousandth of that in the last, and the loss hardly falls." };
  }
  return null;
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
  return { key: "overfitting", tone: DOWN, words: state.mission ? words : `${words} ${CURE}` };
}

const CURE = "More points or regularization may help.";

/** The training points are all but solved, and the others are not. */
function by_heart({ history, since, data, parts, state }, runs) {
  const late = history.filter(({ epoch }) => epoch >= since && epoch > 0).slice(-LATE);
  if (data.n_classes === 0 || late.length < LATE) return null;
  const [train, validation] = ["train", "validation"].map((part) => quantile(sorted(late.map((point) => point[part].accuracy)), 0.5));
  if (train < RIGHT.train || validation >= RIGHT.validation) return null;
  const { words } = wrong_of(late.at(-1).validation.accuracy, parts.validation, "validation");
  const found = `The training points are solved, but ${runs ? "too few of the validation points are right" : `it gets ${words} wrong`}.`;
  return { key: "by heart", tone: DOWN, words: state.mission ? found : `${found} ${CURE}` };
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
 * A loss over some points of the curve: {change, wobble, level}. The change is that of a
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
const is_slow_fall = ({ change, wobble, level }, guessing) => -change > Math.max(wobble, FALLEN * level, UNSEEN * guessing);
const climbs = ({ change, wobble, level }) => change > Math.max(STEADY * wobble, FALLEN * level);
const jumps = ({ wobble, level }, guessing) => wobble > WILD * level && 2 * wobble > SEEN * guessing;

/** The curve's last points: a share of the training since a hand changed something, so many epochs at least. */
function last_points({ history, since }, least, share) {
  const { epoch } = history.at(-1);
  const first = epoch - Math.max(least, share * (epoch - since));
  return history.filter((point, k) => point.epoch >= since && (k >= history.length - FEWEST || point.epoch >= first));
}

function trend(session) {
  const { history, since, guessing } = session;
  const points = last_points(session, 20, 1 / 4);
  if (points.length < 2) return since > 0 ? null : { key: "first", words: "The first epoch is not over yet: train on.", for_now: true };
  const train = of_late(points, "train");
  const validation = of_late(points, "validation");
  const age = history.at(-1).epoch - since;
  const falls = is_fall(train, guessing);
  if (age >= YOUNG && train.level > (falls ? WORSE : GUESSING) * guessing) return at_chance(session, train);
  if (falls && train.level > GUESSING * guessing) {
    return { key: "falls to chance", words: `The training loss falls, but is still no better than chance (${guessing.toFixed(2)}).`, for_now: true };
  }
  if (falls) {
    return climbs(validation)
      ? { key: "apart", tone: DOWN, words: "The validation loss rises, while the training loss falls: what it learns now does not help with new points." }
      : { key: "falls", tone: UP, is_open: true, level: train.level, words: "The training loss falls: the network is learning." };
  }
  if (age < YOUNG) return young(train);
  return restless(session, train, validation) ?? slow(session, train) ?? (age < LONG ? young(train) : flat(session, train));
}

const young = ({ level }) => ({ key: "young", words: "The loss has not fallen of late: train on.", for_now: true, is_open: true, level });

/** A loss that rises or jumps, or null. */
function restless(session, train, validation) {
  const { guessing } = session;
  if (jumps(train, guessing)) return { key: "jumps", tone: DOWN, words: `The training loss jumps up and down and comes no lower: ${calmer(session)}.` };
  if (climbs(train)) return { key: "rises", tone: DOWN, words: `The training loss rises: ${lower(session)}.` };
  if (jumps(validation, guessing)) {
    return { key: "validation jumps", tone: DOWN, words: `The validation loss jumps up and down, while the training loss falls no more: ${calmer(session)}.` };
  }
  if (climbs(validation)) return { key: "validation rises", tone: DOWN, words: "The validation loss rises, while the training loss falls no more." };
  return null;
}

/** One of both losses falls, but it takes a long stretch of the curve to see it; or null. */
function slow(session, { level }) {
  const { guessing, state } = session;
  const points = last_points(session, LONG, 1 / 2);
  if (!["train", "validation"].some((part) => is_slow_fall(of_late(points, part), guessing))) return null;
  if (level <= HIGH * guessing) return { key: "falls slowly", tone: UP, words: "The loss falls slowly: the network is still learning." };
  const advice = advice_on(state);
  return { key: `falls slowly: ${advice}`, words: `The loss falls slowly. ${advice}`, level, advice };
}

function flat(session, train) {
  if (train.level <= HIGH * session.guessing) return { key: "learned", tone: UP, words: "The loss stands still: the network has learned what it can." };
  return high(session, train);
}

/** Whether a learning rate is nothing to advise: it's the one that was advised, or it is regularization that has just changed. */
function keeps_rate({ state, changed }) {
  return REGULARIZATION.includes(changed) || (ADAM_LIKE.includes(state.optimizer) && state.learning_rate <= SHORT);
}

function calmer(session) {
  return `${keeps_rate(session) ? "" : "a smaller learning rate or "}a larger batch makes it calmer`;
}

function lower(session) {
  if (REGULARIZATION.includes(session.changed)) return "regularization has its price";
  return `a ${keeps_rate(session) ? "larger batch" : "lower learning rate"} may help`;
}

function at_chance(session, train) {
  const { guessing, state } = session;
  const [is_jumping, of_guessing] = [jumps(train, guessing), `the loss of guessing is ${guessing.toFixed(2)}`];
  const words = is_jumping
    ? `The training loss jumps up and down, and on average is no better than chance (${of_guessing}).`
    : `The training loss stays at the level of chance (${of_guessing}).`;
  const advice = advice_on(state);
  return { key: `${is_jumping ? "chance, jumping" : "chance"}: ${advice}`, words: `${words} ${advice}`, level: train.level, advice };
}

function high({ state, changed }, { level }) {
  if (has_long_steps(state) && !narrow_of(state).length && !REGULARIZATION.includes(changed)) {
    return { key: "long steps", words: "The loss stays high: the steps may be too large. Take a smaller learning rate, then press Restart." };
  }
  const advice = advice_on(state);
  return { key: `high: ${advice}`, words: `The loss stands still, and high. ${advice}`, level, advice };
}

/** Adam and its like step by about the learning rate, however small the gradient is: 0.01 is long for them. */
function has_long_steps({ optimizer, learning_rate }) {
  return ADAM_LIKE.includes(optimizer) && learning_rate >= 0.01;
}

/** The places, from 1 on, of hidden layers that have too few units. */
function narrow_of({ hidden_layers }) {
  return hidden_layers.flatMap((width, place) => (width < FEW_UNITS ? [place + 1] : []));
}

/** What to try. A mission forbids some of it, and says itself what may be changed. */
function advice_on(state) {
  const { mission, optimizer } = state;
  if (mission) return "The mission's line says what you may change.";
  const is_adam = ADAM_LIKE.includes(optimizer);
  const more = more_units(state);
  if (more !== "") {
    if (!is_adam) return `${more}. Then take Adam at a learning rate of ${SHORT}.`;
    return has_long_steps(state) ? `${more}. Then take a learning rate of ${SHORT}.` : `${more}.`;
  }
  // 8-8-8 on spirals: all of 10 seeds learn with Adam at 0.003; with 0.03 none in 300 epochs
  return `Add a layer, or take ${is_adam ? "another activation" : `Adam at a learning rate of ${SHORT}`}.`;
}

/** How a network that is too small becomes large enough; "" where it is. */
function more_units(state) {
  const { hidden_layers } = state;
  if (hidden_layers.length === 0) return `Add a hidden layer of ${FEW_UNITS} or more units`;
  const narrow = narrow_of(state);
  if (narrow.length === 0) return "";
  const [place] = narrow.slice().sort((one, other) => hidden_layers[one - 1] - hidden_layers[other - 1]);
  if (narrow.length === 1) return `Give layer ${place} more units: ${FEW_UNITS} or more (it has ${hidden_layers[place - 1]})`;
  return `Give each layer ${FEW_UNITS} or more units (layer ${place} has ${hidden_layers[place - 1]})`;
}
