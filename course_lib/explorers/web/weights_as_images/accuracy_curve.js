/* Training and validation accuracy over the updates. */

import { element } from "../controls.js";
import { Axes, change, svg, text, write } from "../views/svg.js";
import { percent } from "../views/written.js";

const HEIGHT = 206;
const FRAME = { left: 48, top: 24, bottom: 38, right: 12 };
const TICKS = [0, 25, 50, 75, 100];

export class AccuracyCurve {
  /** @param {function} resized called when there is more or less room than before */
  constructor(resized) {
    const line = (stroke, dashes) =>
      svg("path", { fill: "none", stroke, "stroke-width": 2.5, "stroke-dasharray": dashes });
    this.lines = { train: line("var(--positive)", "none"), validation: line("var(--highlight)", "6 3") };
    this.words = { train: text(0, 0, "", { size: 14 }), validation: text(0, 0, "", { size: 14 }) };
    this.keys = Object.fromEntries(Object.entries(this.lines).map(([part, line]) => [part, line.cloneNode()]));
    this.frame = svg("g");
    this.svg = svg("svg", { role: "img", "font-family": "inherit", height: HEIGHT }, this.frame);
    this.svg.append(...Object.values(this.lines), ...Object.values(this.keys), ...Object.values(this.words));
    this.node = element("div", { class: "accuracies" }, this.svg);
    this.observer = new ResizeObserver(resized);
    this.observer.observe(this.node);
    this.laid_out = "";
  }

  /** Frame and key, drawn anew where the room or the updates ask for it: a unit of the picture is a pixel. */
  lay_out(steps) {
    const width = Math.max(this.node.clientWidth, 180);
    const end = round_number_above(Math.max(steps, 100));
    if (this.laid_out === `${width} ${end}`) return;
    this.laid_out = `${width} ${end}`;
    change(this.svg, { viewBox: `0 0 ${width} ${HEIGHT}` });
    const { left, top, bottom, right } = FRAME;
    const room = { left, top, width: width - left - right, height: HEIGHT - top - bottom };
    this.axes = new Axes({ ...room, x: [0, end], y: [0, 100] });
    const format = (value) => value.toLocaleString("en-US");
    const frame = this.axes.frame({ title: "Accuracy in percent", x_ticks: [0], y_ticks: TICKS, format });
    const small = { size: 13, color: "var(--soft)" };
    const below = (x, words, anchor) => text(x, HEIGHT - bottom + 18, words, { ...small, anchor });
    const middle = room.left + room.width / 2;
    this.frame.replaceChildren(frame, below(middle, "updates", "middle"), below(width - right, format(end), "end"));
    const [x, y] = [Math.max(width - right - 190, left + 6), HEIGHT - bottom - 30];
    ["train", "validation"].forEach((part, k) => {
      change(this.keys[part], { d: `M${x} ${y + 20 * k - 5}h26` });
      change(this.words[part], { x: x + 32, y: y + 20 * k });
    });
  }

  draw(history) {
    const now = history.at(-1);
    this.lay_out(now.steps);
    const steps = history.map((point) => point.steps);
    for (const part of ["train", "validation"]) {
      change(this.lines[part], { d: this.axes.path(steps, history.map((point) => 100 * point[part])) });
    }
    write(this.words.train, `training ${percent_of_images(now.train)}`);
    write(this.words.validation, `validation ${percent_of_images(now.validation)}`);
  }

  destroy() {
    this.observer.disconnect();
  }
}

/** 0.8125 -> "81.25%": of 2,000 images each counts 0.05%. */
export function percent_of_images(share) {
  return percent(share, 2).replace("0%", "%");
}

/** The smallest of 1, 2, 5, 10, 20, 50, ... that is not below. */
function round_number_above(value) {
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].map((factor) => factor * power).find((each) => each >= value);
}
