/* What a run has come to, in numbers and in words. */

import { percent } from "../views/written.js";
import { N_VALIDATION } from "./points.js";

const RISEN = 1.1; // the last loss on new points over the lowest one
const GAP = 0.05; // between the accuracies
const LOW = 0.75; // an accuracy

/** As plain values: epochs, accuracies, whether and where the loss on new points was lowest, wrong labels learned. */
export function standing(run) {
  const { rows, points } = run;
  const of_train = run.classes(points.train.x);
  const of_new = run.classes(points.validation.x);
  const right = (classes, labels) => classes.filter((each, row) => each === labels[row]).length / labels.length;
  const learned = (is_wrong, row) => is_wrong && of_train[row] === points.train.labels[row];
  return {
    epochs: rows.length,
    train_accuracy: right(of_train, points.train.labels),
    validation_accuracy: right(of_new, points.validation.labels),
    best_epoch: run.best_epoch,
    risen: rows.length > 0 && rows.at(-1).validation.loss > RISEN * run.best_loss,
    stopped_early: run.stopped_early,
    n_wrong: points.train.wrong.filter(Boolean).length,
    wrong_learned: points.train.wrong.filter(learned).length,
  };
}

/** A word for a standing: "start", "stopped early", "underfits", "overfits" or "learns". */
export function verdict(found) {
  if (found.epochs === 0) return "start";
  if (found.stopped_early) return "stopped early";
  if (Math.max(found.train_accuracy, found.validation_accuracy) < LOW) return "underfits";
  return found.risen && found.train_accuracy - found.validation_accuracy > GAP ? "overfits" : "learns";
}

/** The title of the curves. */
export function title(found) {
  const word = verdict(found);
  return { start: "Not trained yet", "stopped early": "Stopped early" }[word] ?? `It ${word}`;
}

const counted = (n) => (n === 1 ? "1 epoch" : `${n} epochs`);

/** What happens, in words and numbers. */
export function sentences(found) {
  const best = `on new points the loss was lowest after epoch ${found.best_epoch}`;
  const said = {
    start: "Not trained yet. Press Start or Step.",
    "stopped early": `Stopped early: ${best}, and the parameters from there are back.`,
    overfits: `It overfits: ${best}, ${counted(found.epochs - found.best_epoch)} ago, and has risen since.`,
    underfits: "It underfits: it does not even get the training points right.",
    learns: found.risen
      ? `It learns, but on new points the loss was lower after epoch ${found.best_epoch}.`
      : "It learns: on new points the loss is at its lowest, or near it.",
  }[verdict(found)];
  const half = ` It agrees with ${found.wrong_learned} of ${found.n_wrong} wrong labels; a guess would with half.`;
  const by_heart = ` Of ${found.n_wrong} wrong labels it has learned ${found.wrong_learned} by heart.`;
  const learned = verdict(found) === "underfits" ? half : by_heart;
  return (
    `${said}${found.n_wrong && found.epochs ? learned : ""}\n` +
    `After ${counted(found.epochs)}: ${percent(found.train_accuracy)} of the training labels, ` +
    `${percent(found.validation_accuracy)} of ${N_VALIDATION} new points.`
  );
}
