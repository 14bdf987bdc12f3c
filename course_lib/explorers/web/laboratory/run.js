/* One training run of the laboratory, epoch by epoch, with early stopping. */

import { place_of_largest } from "../engine/arrays.js";
import { Session } from "../playground/session.js";
import { make_points, mirror_copies } from "./points.js";

export const EPOCHS = 120;
const STEPS_AN_EPOCH = 4; // the batch is a quarter of the points, so that every run has as many steps
const LEARNING_RATE = 0.01;

/** What the session of a playground would have to say for the laboratory's controls. */
function session_state(state) {
  const { units, n_points, copies, wrong, patience, dropout, l1, l2, max_norm, seed } = state;
  const layers = { hidden_layers: [units, units], activations: ["relu", "relu"], initialization: "he_normal" };
  const batch_size = (n_points * (copies ? 4 : 1)) / STEPS_AN_EPOCH;
  const training = { drop_rate: dropout, l1, l2, max_norm, optimizer: "adam", learning_rate: LEARNING_RATE, batch_size, seed };
  return { ...layers, ...training, n_points, copies, wrong, patience };
}

export class Run extends Session {
  /** @param {object} state the laboratory's, see overfitting_laboratory.state.js */
  constructor(state) {
    super(session_state(state));
    Object.assign(this, { best_loss: Infinity, best_epoch: null, best_parameters: null, stopped_early: false });
  }

  load_data() {
    const { n_points, wrong, copies, seed } = this.state;
    this.points = make_points(n_points, wrong, seed);
    const { x, labels } = copies ? mirror_copies(this.points.train) : this.points.train;
    const { validation } = this.points;
    this.data = { n_classes: 2, targets: labels };
    this.parts = { train: labels, validation: validation.labels };
    this.train_part = { x, targets: labels };
    this.validation_part = { x: validation.x, targets: validation.labels };
  }

  get finished() {
    return this.diverged || this.stopped_early || this.epochs >= EPOCHS;
  }

  /** The measurements after each epoch; the one before the first step is none of them. */
  get rows() {
    return this.history.filter((point) => point.epoch > 0);
  }

  /** Every training point once, and what came of it written down. */
  epoch() {
    super.epoch();
    if (!this.diverged) this.watch(this.look());
    if (this.diverged) this.curve.keep_finite();
    const back = this.finished && this.best_parameters !== null;
    if (back) this.network.flat_parameters.set(this.best_parameters); // early stopping gives the best ones back
  }

  /** Patience is counted from the epoch with the lowest loss on new points. Prechelt 1998. */
  watch({ epoch, validation }) {
    if (validation.loss < this.best_loss) {
      Object.assign(this, { best_loss: validation.loss, best_epoch: epoch });
      if (this.state.patience) this.best_parameters = this.network.flat_parameters.slice();
    } else if (this.state.patience && epoch - (this.best_epoch ?? 0) >= this.state.patience) {
      this.stopped_early = true;
    }
  }

  /** The classes (rows,) that the network says for points x (rows, 2). */
  classes(x) {
    const logits = this.viewers.train.outputs(x);
    return Array.from({ length: x.length / 2 }, (_, row) => place_of_largest(logits, 2 * row, 2));
  }
}
