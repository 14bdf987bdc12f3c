/* Training and validation loss over the epochs, on a scale that grows with them; where it is cut, it says so. */

import { Axes, change, svg, text, write } from "../views/svg.js";
import { right_in_percent } from "../views/written.js";
import { written } from "./readings.js";

const PARTS = [["train", "training"], ["validation", "validation"]];
const IN_A_LINE = 240; // pixels that a part's name and its numbers take

export class LossChart {
  constructor() {
    this.train = svg("path", { fill: "none", stroke: "var(--positive)", "stroke-width": 2 });
    this.validation = svg("path", { fill: "none", stroke: "var(--highlight)", "stroke-width": 2.5, "stroke-dasharray": "6 3" });
    this.keys = [svg("path", { stroke: "var(--positive)", "stroke-width": 2 }), svg("path", { stroke: "var(--highlight)", "stroke-width": 2.5, "stroke-dasharray": "6 3" })];
    this.words = [0, 1].map(() => text(0, 0, "", { size: 13 }));
    this.names = PARTS.map(() => text(0, 0, "", { size: 13 })); // where a line has no room for both
    this.box = svg("rect", { fill: "none", stroke: "var(--line)", "stroke-width": 1.5 });
    this.first = text(0, 0, "epoch 0", { size: 13, color: "var(--soft)" });
    this.last = text(0, 0, "", { size: 13, anchor: "end", color: "var(--soft)" });
    this.high = text(0, 0, "", { size: 13, anchor: "end", color: "var(--soft)" });
    this.zero = text(0, 0, "0", { size: 13, anchor: "end", color: "var(--soft)" });
    this.cut = text(0, 0, "", { size: 13, anchor: "end" });
    this.node = svg("g", { class: "losses" }, this.cut, this.box, this.train, this.validation, ...this.keys, ...this.names, ...this.words, this.first, this.last, this.high, this.zero);
  }

  /** @param {object} place left, top, width, height of the frame; the words stand in two lines above it */
  lay_out(place) {
    const { left, top, width, height } = place;
    this.is_narrow = false;
    this.see({ names: false, ends: true });
    this.frame(place);
    this.words.forEach((node, row) => change(node, { x: left + 30, y: top - 23 + 17 * row }));
    this.keys.forEach((node, row) => change(node, { d: `M${left} ${top - 28 + 17 * row}h24` }));
    change(this.first, { x: left, y: top + height + 16 });
    change(this.last, { x: left + width, y: top + height + 16 });
  }

  /** @param {object} room left, top, width, height of all of it, the words too; the epoch is written elsewhere */
  lay_out_beside({ left, top, width, height }) {
    this.is_narrow = width < IN_A_LINE;
    this.see({ names: this.is_narrow, ends: false });
    const above = this.is_narrow ? 72 : 42;
    this.frame({ left: left + 26, top: top + above, width: width - 26, height: height - above });
    this.keys.forEach((node, row) => change(node, { d: `M${left} ${top + 7 + (this.is_narrow ? 34 : 17) * row}h20` }));
    this.names.forEach((node, row) => change(node, { x: left + 26, y: top + 12 + 34 * row }));
    this.words.forEach((node, row) => change(node, this.is_narrow ? { x: left, y: top + 28 + 34 * row } : { x: left + 26, y: top + 12 + 17 * row }));
  }

  frame(place) {
    this.place = place;
    const { left, top, width, height } = place;
    change(this.box, { x: left, y: top, width, height });
    change(this.cut, { x: left + width - 4, y: top + 14 });
    change(this.high, { x: left - 4, y: top + 11 });
    change(this.zero, { x: left - 4, y: top + height });
  }

  /** Names have lines of their own, or the epochs' ends are written below, or neither. */
  see({ names, ends }) {
    PARTS.forEach(([, name], row) => write(this.names[row], names ? `${name} loss` : ""));
    for (const node of [this.first, this.last]) change(node, { display: ends ? "inline" : "none" });
  }

  draw({ points: history, first }) {
    const now = history.at(-1);
    const peak = Math.max(0.1, ...history.flatMap(({ range }) => [range.train[1], range.validation[1]]).filter(Number.isFinite));
    const highest = Math.min(peak, 3 * Math.max(0.1, Number.isFinite(first) ? first : 0));
    const axes = new Axes({ ...this.place, x: [0, Math.max(1, now.epoch)], y: [0, highest] });
    change(this.train, { d: path_of(history, "train", axes, highest) });
    change(this.validation, { d: path_of(history, "validation", axes, highest) });
    write(this.cut, peak > highest ? `↑ up to ${in_short(peak)}` : "");
    const shown = ({ loss, accuracy }) => `${written(loss)}${Number.isNaN(accuracy) ? "" : `, ${right_in_percent(accuracy)} right`}`;
    PARTS.forEach(([part, name], row) => write(this.words[row], `${this.is_narrow ? "" : `${name} loss `}${shown(now[part])}`));
    write(this.last, `epoch ${now.epoch.toLocaleString("en-US")}`);
    write(this.high, in_short(highest));
  }
}

const in_short = (loss) => (loss >= 100 ? loss.toExponential(0).replace("+", "") : loss.toFixed(1));

/** A line through the points, and up and down at each as far as the loss went until the next one. */
function path_of(history, part, axes, highest) {
  const [xs, ys] = [[], []];
  for (const { epoch, [part]: { loss }, range } of history) {
    const [low, high] = range[part];
    const reached = low === high ? [loss] : [loss, high, low];
    xs.push(...reached.map(() => epoch));
    ys.push(...reached.map((each) => Math.min(each, highest)));
  }
  return axes.path(xs, ys);
}
