/* Start, pause, one step, one epoch: training between two pictures. */

import { button, element } from "../controls.js";
import { write } from "../views/svg.js";
import { Frames, SLICE, train_for } from "../frames.js";

const SHORTEST = 3; // milliseconds of training between two pictures
const PICTURE = 30; // milliseconds for both, so that 30 pictures a second are there
const SPEEDS = [["slow", 1], ["medium", 30], ["fast", Infinity]]; // steps a picture, at most
const MEANING =
  "Start trains on and on, Pause stops it; 1 step is one update of all weights, 1 epoch as many as it takes to see every " +
  "training point once; Restart keeps the settings and begins again at the first weights, and so does a change of the data or the layers; any other " +
  "setting counts from there on, and what is learned stays. While it trains, 1 step and 1 epoch pause it, and Restart does not; the list says how fast it trains";

export class Trainer {
  constructor(playground) {
    this.playground = playground;
    this.frames = new Frames(playground.frame, () => this.turn());
    this.drawing = 0; // milliseconds that a picture takes, of late
    this.start = button("Start", "Train on and on; press again to pause", () => this.toggle(), { class: "first start", "aria-pressed": "false" });
    this.one_step = button("1 step", "One update of all weights", () => this.once((session) => session.step()), { class: "step" });
    this.one_epoch = button("1 epoch", "Every training point once", () => this.once((session) => session.epoch()), { class: "epoch" });
    this.again = button("Restart", "The same settings from the first weights on; what trains goes on training", () => playground.restart(), { class: "restart" });
    this.speed = element("select", { class: "speed", "aria-label": "speed", title: "How fast it trains" }, ...SPEEDS.map(([words], place) => element("option", { value: place }, words)));
    this.speed.selectedIndex = 1; // on the fastest a curve is over before one has looked
    this.count = element("span", { class: "count" }, element("span"), element("span")); // one below the other
    this.node = element("div", { class: "buttons trainer" }, this.start, this.one_step, this.one_epoch, this.again, this.speed, this.count, element("span", { class: "meaning" }, MEANING));
  }

  get session() {
    return this.playground.session;
  }

  get running() {
    return this.frames.going;
  }

  get may_train() {
    return !this.session.diverged && this.session.is_ready;
  }

  toggle() {
    if (!this.running) return this.may_train && this.go();
    this.stop();
    return this.playground.frame.paint(); // at once: the readout, up to half a second old, is then of the chart's epoch
  }

  go() {
    this.frames.go();
    this.label();
  }

  stop() {
    this.frames.stop();
    this.playground.steady.begin_anew(); // whoever stops looks at what it did: the whole curve is judged at once
    this.label();
  }

  label() {
    this.start.textContent = this.running ? "Pause" : "Start";
    this.start.setAttribute("aria-pressed", String(this.running));
    this.playground.frame.redraw();
  }

  /** As many steps as fit, then a picture. */
  turn() {
    if (!this.may_train) return this.stop();
    const time = Math.min(Math.max(PICTURE - this.drawing, SHORTEST), SLICE);
    train_for(this.session, time, SPEEDS[this.speed.selectedIndex][1]);
    const before = performance.now();
    this.session.look();
    this.playground.frame.paint();
    this.drawing += 0.2 * (performance.now() - before - this.drawing);
    return this.may_train || this.stop();
  }

  once(what) {
    this.stop();
    if (this.may_train) what(this.session);
    this.session.look();
    this.playground.frame.redraw();
  }

  show() {
    const { steps, epochs } = this.session;
    const words = [`epoch ${epochs.toLocaleString("en-US")}, `, `${steps.toLocaleString("en-US")} steps`];
    [...this.count.children].forEach((node, place) => write(node, words[place]));
    for (const each of [this.start, this.one_step, this.one_epoch]) each.disabled = !this.may_train;
  }
}
