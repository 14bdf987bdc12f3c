/* Work that goes on in slices between two pictures, so that the page never waits. What nobody sees rests. */

const SLICE = 12; // milliseconds of work between two pictures

export class Slices {
  /**
   * @param {object} frame of the explorer; its `visible` says whether anybody looks
   * @param {object} work step() does a piece; finished() is true when there is none left; shown() comes after a slice
   */
  constructor(frame, work) {
    Object.assign(this, { frame, work, asked: null });
  }

  get going() {
    return this.asked !== null;
  }

  /** Go on: a piece every `pace` milliseconds, or with 0 as many as fit into a slice. */
  go(pace = 0) {
    this.stop();
    this.pace = pace;
    this.due = performance.now();
    this.next();
  }

  stop() {
    cancelAnimationFrame(this.asked);
    this.asked = null;
  }

  next() {
    this.asked = requestAnimationFrame(() => this.slice());
  }

  slice() {
    const now = performance.now();
    this.next();
    if (!this.frame.visible || now < this.due) return;
    do {
      if (!this.work.finished()) this.work.step();
    } while (this.pace === 0 && !this.work.finished() && performance.now() - now < SLICE);
    this.due = Math.max(this.due + this.pace, now - this.pace); // after a rest it doesn't hurry to catch up
    if (this.work.finished()) this.stop();
    this.work.shown();
  }
}
