/* Work between two pictures, again and again, so that the page never waits. What nobody sees rests. */

export const SLICE = 12; // milliseconds of work between two pictures

export class Frames {
  /**
   * @param {object} frame of the explorer; its `visible` says whether anybody looks
   * @param {function} turn (now) what is done before each picture; it may stop this
   */
  constructor(frame, turn) {
    Object.assign(this, { frame, turn, asked: null });
  }

  get going() {
    return this.asked !== null;
  }

  go() {
    this.asked ??= requestAnimationFrame((now) => {
      this.asked = null;
      this.go();
      if (this.frame.visible) this.turn(now);
    });
  }

  stop() {
    cancelAnimationFrame(this.asked);
    this.asked = null;
  }
}

/** Steps of a session: so many at most, until the time for them is over or the loss is no number any more. */
export function train_for(session, milliseconds, most = Infinity) {
  const until = performance.now() + milliseconds;
  for (let steps = 0; steps < most && !session.diverged; steps++) {
    session.step();
    if (performance.now() > until) break;
  }
}
