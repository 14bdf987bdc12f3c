/* Start, Pause and Step over a run that is known as a whole: how much of it is shown. */

import { button } from "../controls.js";
import { Frames } from "../frames.js";

const READ_ALOUD = 500; // milliseconds between two readouts while it plays, so that they can be read or heard

export class Player {
  /**
   * @param {object} frame of the explorer
   * @param {number} pace milliseconds from step to step
   */
  constructor(frame, pace) {
    this.frames = new Frames(frame, (now) => this.turn(now));
    Object.assign(this, { frame, pace, length: 1, shown: 1 });
    Object.assign(this, { said: "", said_at: -Infinity });
    const play = "Run step after step; press again to pause";
    const step = "Take one step; from the end, back to the start";
    this.start = button("Start", play, () => this.toggle(), { class: "first start" });
    this.step = button("Step", step, () => this.once(), { class: "step" });
    frame.buttons.prepend(this.start, this.step);
  }

  /** Another run of so many places: played from its start where it plays, else shown as a whole. */
  follow(length) {
    this.length = length;
    this.shown = this.running ? 1 : length;
    this.said_at = -Infinity;
  }

  get running() {
    return this.frames.going;
  }

  get is_at_end() {
    return this.shown >= this.length;
  }

  toggle() {
    if (this.running) this.stop();
    else this.go();
    this.frame.redraw();
  }

  go() {
    if (this.is_at_end) this.shown = 1;
    this.stepped_at = performance.now();
    this.said_at = -Infinity;
    this.start.textContent = "Pause";
    this.frames.go();
  }

  stop() {
    this.frames.stop();
    this.start.textContent = "Start";
  }

  once() {
    this.stop();
    this.shown = this.is_at_end ? 1 : this.shown + 1;
    this.frame.redraw();
  }

  /** One step where it is time for one. */
  turn(now) {
    if (now - this.stepped_at < this.pace) return;
    this.stepped_at = now;
    this.shown = Math.min(this.shown + 1, this.length);
    if (this.is_at_end) this.stop();
    this.frame.paint();
  }

  /** The words that `make` gives, fresh ones twice a second at most while it plays. */
  words(make) {
    const now = performance.now();
    if (!this.running || now - this.said_at >= READ_ALOUD) {
      this.said_at = now;
      this.said = make();
    }
    return this.said;
  }
}
