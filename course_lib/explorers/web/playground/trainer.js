/* Start, pause, one step, one epoch: training in slices between two pictures, so that the page never waits. */

import { button, element } from "../controls.js";

const SLICE = 12; // milliseconds of training between two pictures
const SPEEDS = [["slow", 1], ["medium", 30], ["as fast as it can", Infinity]]; // steps a picture, at most

export class Trainer {
  constructor(playground) {
    this.playground = playground;
    this.running = false;
    this.asked = null;
    this.start = button("Start", "Train on and on; press again to pause", () => this.toggle(), { class: "first start", "aria-pressed": "false" });
    this.one_step = button("1 step", "One update of all weights", () => this.once((session) => session.step()), { class: "step" });
    this.one_epoch = button("1 epoch", "Every training point once", () => this.once(one_epoch), { class: "epoch" });
    this.speed = element("select", { class: "speed", "aria-label": "speed", title: "How fast it trains" }, ...SPEEDS.map(([words], place) => element("option", { value: place }, words)));
    this.speed.selectedIndex = SPEEDS.length - 1;
    this.count = element("span", { class: "count" });
    this.node = element("div", { class: "buttons trainer" }, this.start, this.one_step, this.one_epoch, this.speed, this.count);
    this.rate = 0;
  }

  get session() {
    return this.playground.session;
  }

  toggle() {
    if (this.running) this.stop();
    else if (!this.session.diverged) this.go();
  }

  go() {
    this.running = true;
    this.label();
    this.next();
  }

  stop() {
    this.running = false;
    cancelAnimationFrame(this.asked);
    this.asked = null;
    this.label();
  }

  stop_if(broken) {
    if (broken) this.stop();
  }

  label() {
    this.start.textContent = this.running ? "Pause" : "Start";
    this.start.setAttribute("aria-pressed", String(this.running));
    this.playground.frame.redraw();
  }

  next() {
    this.asked = requestAnimationFrame(() => this.slice());
  }

  /** As many steps as fit, then a picture. What nobody sees does not train. */
  slice() {
    if (!this.running) return;
    if (this.playground.frame.visible) {
      const most = SPEEDS[this.speed.selectedIndex][1];
      const until = performance.now() + SLICE;
      let steps = 0;
      while (steps < most && !this.session.diverged) {
        for (let k = 0; k < 20 && steps < most && !this.session.diverged; k++, steps++) this.session.step();
        if (performance.now() > until) break;
      }
      this.playground.frame.paint();
      if (this.session.diverged) this.stop();
    }
    if (this.running) this.next();
  }

  once(what) {
    this.stop();
    if (!this.session.diverged) what(this.session);
    this.session.look();
    this.playground.frame.redraw();
  }

  show() {
    const { steps } = this.session;
    this.count.textContent = `${steps.toLocaleString("en-US")} steps`;
    this.start.disabled = this.session.diverged;
  }
}

function one_epoch(session) {
  const wanted = session.epochs + 1;
  while (session.epochs < wanted && !session.diverged) session.step();
}
