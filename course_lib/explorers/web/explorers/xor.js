/* Xor: two hidden units fold the plane until one line can separate what no line could. */

import { button, element } from "../controls.js";
import { explorer } from "../explorer.js";
import { Slices } from "../slices.js";
import { format_number } from "../views/svg.js";
import { can_be_separated, four_points, Solver } from "../xor/layer.js";
import { Hidden, Inputs, NAMES } from "../xor/pictures.js";
import declaration from "./xor.state.js";

const PACE = 30; // milliseconds a step, so that it can be watched
const LIMIT = declaration.fields[0].high;
const SPEAKS_EVERY = 500; // milliseconds, while it trains: so that the text can be read aloud
const { low, high } = declaration.fields.find(({ name }) => name === "points").of;

const pair = (values) => `(${values.map((value) => format_number(Number(value.toFixed(2)), Number.isInteger(value) ? 0 : 2)).join(", ")})`;
const listed = (names) => (names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`);

/** Which are right and wrong, whether a line could do it, and the numbers of all four. */
function sentences(points, activation) {
  const wrong = NAMES.filter((_, row) => !points[row].right);
  const n_right = 4 - wrong.length;
  const numbers = points.map(({ h, y, right }, row) =>
    `${NAMES[row]} lands on ${pair(h)}: output ${format_number(Number(y.toFixed(2)))}, ${right ? "right" : "wrong"}.`).join(" ");
  if (wrong.length === 0) return ["All 4 points are right: folded like this, one line separates the answers.", numbers];
  const count = `${n_right} of 4 points ${n_right === 1 ? "is" : "are"} right (wrong: ${listed(wrong)}).`;
  const stays = activation === "none" ? "without an activation nothing folds" : "move the hidden units";
  const could = "One line could separate them: turn the output's weights";
  return [`${count} ${can_be_separated(points) ? could : `No line can separate them: ${stays}`}.`, numbers];
}

class Xor {
  constructor(frame) {
    this.frame = frame;
    this.inputs = new Inputs((row, change) => this.move(row, change));
    this.hidden = new Hidden();
    frame.picture.setAttribute("role", "group"); // its points can be reached
    frame.picture.append(element("div", { class: "pair above-words" }, this.inputs.node, this.hidden.node));
    const meaning = "Train from where the weights are; press again to pause";
    this.solve = button("Solve it for me", meaning, () => this.toggle(), { class: "first solve" });
    frame.buttons.prepend(this.solve);
    this.slices = new Slices(frame, {
      step: () => (this.is_moved() ? this.forget() : this.solver.step()),
      finished: () => this.solver === null || this.solver.solved || this.solver.stuck,
      shown: () => this.shown(),
    });
    Object.assign(this, { solver: null, written: null, news: "", said_at: 0, words: "" });
  }

  toggle() {
    if (this.slices.going) return this.stop();
    this.solver = new Solver(this.frame.state, LIMIT);
    this.written = JSON.stringify(this.frame.state);
    this.news = "";
    this.slices.go(PACE);
    return this.label();
  }

  /** change: where a point is -> where a hand wants it. */
  move(row, change) {
    const points = [...this.frame.state.points];
    change(points.slice(2 * row, 2 * row + 2)).forEach((value, axis) => {
      points[2 * row + axis] = Math.round(100 * Math.min(Math.max(value, low), high)) / 100;
    });
    this.frame.moved({ points });
  }

  /** The state follows the training; the host is told at the end, not sixty times a second. */
  shown() {
    if (this.solver === null) return;
    this.frame.set(this.solver.weights());
    this.written = JSON.stringify(this.frame.state);
    if (!this.slices.going) this.stop();
  }

  stop() {
    this.slices.stop();
    this.label();
    this.news = this.outcome();
    this.frame.tell();
    this.frame.redraw();
  }

  outcome() {
    const { steps, solved, stuck, loss } = this.solver;
    const after = `after ${steps} ${steps === 1 ? "step" : "steps"}`;
    if (solved) return `Solved ${after} of training.`;
    const error = `(mean squared error ${format_number(loss)})`;
    if (!stuck) return `Paused ${after} ${error}.`;
    const reason = {
      step: "the slope of a step is 0, so no gradient gets through. Choose another activation",
      none: "two sums of sums are a sum again. Choose an activation",
    }[this.frame.state.activation] ?? "other starts get there. Move some weights and try again";
    return `Stuck ${after} ${error}: ${reason}.`;
  }

  draw(state) {
    if (this.is_moved()) this.forget();
    this.points = four_points(state);
    this.inputs.draw(state, this.points);
    this.hidden.draw(state, this.points);
  }

  label() {
    this.solve.textContent = this.slices.going ? "Pause" : "Solve it for me";
  }

  /** Whether somebody else has moved the state since the training wrote it: a hand has taken over. */
  is_moved() {
    return this.solver !== null && this.written !== JSON.stringify(this.frame.state);
  }

  forget() {
    this.slices.stop();
    this.label();
    Object.assign(this, { solver: null, news: "" });
  }

  describe() {
    const now = performance.now();
    if (this.slices.going && now - this.said_at < SPEAKS_EVERY) return this.words;
    this.said_at = now;
    const news = this.slices.going ? `It trains: step ${this.solver.steps}.` : this.news;
    this.words = [news, ...sentences(this.points, this.frame.state.activation)].filter(Boolean).join("\n");
    return this.words;
  }

  destroy() {
    this.slices.stop();
  }
}

export default explorer(declaration, (frame) => {
  const xor = new Xor(frame);
  return {
    draw: (state) => xor.draw(state),
    describe: () => xor.describe(),
    reset: () => xor.forget(),
    destroy: () => xor.destroy(),
  };
});
