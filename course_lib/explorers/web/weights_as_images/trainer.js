/* Start, pause, one step: training between two pictures. */

import { button, element } from "../controls.js";
import { Frames, SLICE, train_for } from "../frames.js";

const SPEEDS = [["1 a picture", 1], ["10 a picture", 10], ["as many as it can", Infinity]]; // updates, at most

export class Trainer {
  /** @param {object} frame the explorer's @param {function} session () -> what trains now: step(), look(), diverged */
  constructor(frame, session) {
    Object.assign(this, { frame, session });
    this.frames = new Frames(frame, () => this.turn());
    const start = "Train on and on; press again to pause";
    this.start = button("Start", start, () => this.toggle(), { class: "first start" });
    this.one_step = button("1 step", "One update of all weights", () => this.step_once(), { class: "step" });
    const options = SPEEDS.map(([words], place) => element("option", { value: place }, words));
    const title = "How many updates from one picture to the next";
    this.speed = element("select", { class: "speed", "aria-label": "updates", title }, ...options);
    this.speed.selectedIndex = SPEEDS.length - 1;
  }

  get running() {
    return this.frames.going;
  }

  toggle() {
    if (this.running) this.stop();
    else if (!this.session().diverged) this.frames.go();
    this.show(); // the button answers at once, the picture in its next frame
    this.frame.redraw();
  }

  stop() {
    this.frames.stop();
  }

  step_once() {
    this.stop();
    if (!this.session().diverged) this.session().step();
    this.frame.redraw();
  }

  /** As many updates as fit, then a picture. */
  turn() {
    const session = this.session();
    train_for(session, SLICE, SPEEDS[this.speed.selectedIndex][1]);
    if (session.diverged) this.stop();
    this.frame.paint();
  }

  show() {
    const words = this.running ? "Pause" : "Start";
    if (this.start.textContent !== words) this.start.textContent = words;
    this.start.disabled = this.one_step.disabled = this.session().diverged;
  }
}
