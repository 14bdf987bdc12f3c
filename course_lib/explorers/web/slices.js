/* Work in pieces: one after the other at a pace, or as many as fit between two pictures. */

import { Frames, SLICE } from "./frames.js";

export class Slices {
  /**
   * @param {object} frame of the explorer; its `visible` says whether anybody looks
   * @param {object} work step() does a piece; finished() is true when there is none left; shown() comes after a slice
   */
  constructor(frame, work) {
    this.frames = new Frames(frame, () => this.slice());
    this.work = work;
  }

  get going() {
    return this.frames.going;
  }

  /** Go on: a piece every `pace` milliseconds, or with 0 as many as fit into a slice. */
  go(pace = 0) {
    this.pace = pace;
    this.due = performance.now();
    this.frames.go();
  }

  stop() {
    this.frames.stop();
  }

  slice() {
    const now = performance.now();
    if (now < this.due) return;
    do {
      if (!this.work.finished()) this.work.step();
    } while (this.pace === 0 && !this.work.finished() && performance.now() - now < SLICE);
    this.due = Math.max(this.due + this.pace, now - this.pace); // after a rest it doesn't hurry to catch up
    if (this.work.finished()) this.stop();
    this.work.shown();
  }
}
