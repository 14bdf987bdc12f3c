/* The overfitting laboratory: a network learns points, some with wrong labels, with and without remedies.
 *
 * A moved control shows the whole run at once, as fast as it trains; Start plays a run to be watched.
 */

import { button, element } from "../controls.js";
import { explorer } from "../explorer.js";
import { Curves, PlaneOfPoints } from "../laboratory/pictures.js";
import { EPOCHS, Run } from "../laboratory/run.js";
import { sentences, standing } from "../laboratory/verdict.js";
import { Slices } from "../slices.js";
import declaration from "./overfitting_laboratory.state.js";

const PACE = 40; // milliseconds an epoch while it is played
const SPEAKS_EVERY = 500; // milliseconds, while it runs: so that the text can be read aloud
const PAINTS_EVERY = 80; // milliseconds, while a whole run is on its way: a picture costs as much as some epochs

class Laboratory {
  constructor(frame) {
    this.frame = frame;
    this.plane = new PlaneOfPoints();
    this.curves = new Curves();
    frame.picture.append(element("div", { class: "pair" }, this.plane.node, this.curves.node));
    const plays = "Play the run, epoch after epoch; press again to pause";
    this.start = button("Start", plays, () => this.toggle(), { class: "first start" });
    this.step = button("Step", "Go on for one epoch", () => this.one_epoch(), { class: "step" });
    frame.buttons.prepend(this.start, this.step);
    frame.panel.prepend(frame.buttons); // above the controls: below them they are beyond the end of a notebook's window
    this.slices = new Slices(frame, {
      step: () => this.run.epoch(),
      finished: () => this.run.finished,
      shown: () => this.shown(),
    });
    Object.assign(this, { built_for: null, opened: false, plays: false, painted_at: 0, said_at: 0, words: "" });
  }

  /** A run on its way to its end that nobody is to watch epoch by epoch. */
  get hurries() {
    return this.slices.going && !this.plays;
  }

  /** A new run where the state is another one: played if the one before was, else shown whole. */
  follow(state) {
    const key = JSON.stringify(state);
    if (key === this.built_for) return;
    this.built_for = key;
    this.build(state);
    if (this.plays) this.slices.go(PACE);
    else this.slices.go();
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.watched = this.opened && !calm; // what the reader has not started doesn't move: it appears when it is done
    this.opened = true;
  }

  build(state) {
    this.run = new Run(structuredClone(state));
    this.plane.draw_points(this.run.points.train);
    this.said_at = 0;
  }

  draw(state) {
    const opens = !this.opened;
    this.follow(state);
    this.label();
    if (this.hurries && !this.watched && !opens) return;
    this.found = standing(this.run);
    this.plane.draw(this.run, this.found);
    this.curves.draw(this.run, this.found);
  }

  /** After a slice of training. */
  shown() {
    const now = performance.now();
    if (this.hurries && now - this.painted_at < PAINTS_EVERY) return;
    if (!this.slices.going) this.plays = false;
    this.painted_at = now;
    this.frame.paint();
  }

  describe() {
    const now = performance.now();
    if (this.slices.going && now - this.said_at < SPEAKS_EVERY) return this.words;
    this.said_at = now;
    const { epochs } = this.run;
    this.words = this.hurries ? `It trains: epoch ${epochs} of ${EPOCHS}.` : sentences(this.found);
    return this.words;
  }

  label() {
    this.start.textContent = this.plays ? "Pause" : "Start";
    this.frame.root.setAttribute("aria-busy", String(this.hurries));
  }

  toggle() {
    if (this.plays) return this.pause();
    if (this.run.finished || this.hurries) this.build(this.frame.state);
    this.plays = true;
    this.slices.go(PACE);
    this.label();
    return this.frame.redraw();
  }

  pause() {
    this.plays = false;
    this.slices.stop();
    this.label();
    this.said_at = 0;
    this.frame.redraw();
  }

  /** One epoch more, or back to the beginning from the end. */
  one_epoch() {
    const again = this.run.finished || this.hurries;
    this.pause();
    if (again) this.build(this.frame.state);
    else this.run.epoch();
  }

  /** The whole run of the starts. */
  reset() {
    this.pause();
    this.built_for = null;
  }

  destroy() {
    this.slices.stop();
  }
}

export default explorer(declaration, (frame) => {
  const laboratory = new Laboratory(frame);
  return {
    draw: (state) => laboratory.draw(state),
    describe: () => laboratory.describe(),
    reset: () => laboratory.reset(),
    destroy: () => laboratory.destroy(),
  };
});
