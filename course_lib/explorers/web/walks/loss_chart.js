/* The loss after every step, on a logarithmic axis. */

import { power_of_ten } from "../views/decades.js";
import { Figure } from "../views/figures.js";
import { Axes, change, svg, text, write } from "../views/svg.js";

export class LossChart extends Figure {
  /** Losses from 10^lowest to 10^highest are shown; those beyond stand at the edge. */
  constructor(lowest, highest) {
    const axes = new Axes({ left: 60, top: 8, width: 208, height: 228, x: [0, 1], y: [lowest, highest] });
    const powers = Array.from({ length: (highest - lowest) / 2 + 1 }, (_, k) => lowest + 2 * k);
    const right = axes.left + axes.width;
    const across = (y) => svg("line", { x1: axes.left, x2: right, y1: y, y2: y, stroke: "var(--line)" });
    const grid = powers.map((power) => across(axes.y(power)));
    const lines = svg("g", { class: "lines" });
    const soft = { size: 13, anchor: "middle", color: "var(--soft)" };
    const ticks = [0, 1, 2].map(() => text(0, axes.top + axes.height + 18, "", soft));
    const up = text(0, 0, "loss (log scale)", { anchor: "middle" });
    change(up, { transform: `translate(15 ${axes.top + axes.height / 2}) rotate(-90)` });
    const frame = axes.frame({ x_label: "step", y_ticks: powers, format: power_of_ten });
    super(...grid, frame, ...ticks, up, lines);
    Object.assign(this, { axes, lines, ticks, lowest, highest });
  }

  /** So many steps across. */
  lay_out(steps) {
    this.axes.x_range = [0, steps];
    const marked = steps < 4 ? [0, steps] : [0, Math.floor(steps / 2), steps];
    this.ticks.forEach((tick, k) => {
      write(tick, k < marked.length ? String(marked[k]) : "");
      if (k < marked.length) change(tick, { x: this.axes.x(marked[k]) });
    });
  }

  /** Where a loss stands on the axis: its power of ten, held inside. What is no number stays none. */
  height(loss) {
    return Math.min(Math.max(Math.log10(loss), this.lowest), this.highest);
  }

  /** The d of a curve through the losses of steps 0, 1, ... */
  path(losses) {
    return this.axes.path(losses.map((_, step) => step), losses.map((loss) => this.height(loss)));
  }

  /** [across, down] of a loss after so many steps. */
  place(step, loss) {
    return [this.axes.x(step), this.axes.y(this.height(loss))];
  }
}
