/* Start, pause, one step: training in slices between two pictures, so that the page never waits. */

import { button, element } from "../controls.js";

const SLICE = 12; // milliseconds of training between two pictures
const SPEEDS = [["1 a picture", 1], ["10 a picture", 10], ["as many as it can", Infinity]]; // updates, at most

export class Slices {
  /** @param {object} frame the explorer's @param {function} session () -> what trains now: step(), look(), diverged */
  constructor(frame, session) {
    Object.assign(this, { frame, session, running: false, asked: null });
    const start = "Train on and on; press again to pause";
    this.start = button("Start", start, () => this.toggle(), { class: "first start" });
    this.one_step = button("1 step", "One update of all weights", () => this.step_once(), { class: "step" });
    const options = SPEEDS.map(([words], place) => element("option", { value: place }, words));
    const title = "How many updates from one picture to the next";
    this.speed = element("select", { class: "speed", "aria-label": "updates", title }, ...options);
    this.speed.selectedIndex = SPEEDS.length - 1;
  }

  toggle() {
    if (this.running) this.stop();
    else if (!this.session().diverged) this.go();
    this.show(); // the button answers at once, the picture in its next frame
    this.frame.redraw();
  }

  go() {
    this.running = true;
    this.next();
  }

  stop() {
    this.running = false;
    cancelAnimationFrame(this.asked);
  }

  step_once() {
    this.stop();
    if (!this.session().diverged) this.session().step();
    this.frame.redraw();
  }

  next() {
    this.asked = requestAnimationFrame(() => this.slice());
  }

  /** As many updates as fit, then a picture. What nobody sees does not train. */
  slice() {
    if (!this.running) return;
    if (this.frame.visible) {
      const session = this.session();
      const most = SPEEDS[this.speed.selectedIndex][1];
      const until = performance.now() + SLICE;
      for (let k = 0; k < most && !session.diverged && performance.now() < until; k++) session.step();
      if (session.diverged) this.stop();
      this.frame.paint();
    }
    if (this.running) this.next();
  }

  show() {
    const words = this.running ? "Pause" : "Start";
    if (this.start.textContent !== words) this.start.textContent = words;
    this.start.disabled = this.one_step.disabled = this.session().diverged;
  }
}
