/* Training and validation loss over the epochs, on a scale that grows with them. */

import { Axes, change, svg, text, write } from "../views/svg.js";
import { right_in_percent } from "../views/written.js";
import { written } from "./readings.js";

export class LossChart {
  constructor() {
    this.train = svg("path", { fill: "none", stroke: "var(--positive)", "stroke-width": 2 });
    this.validation = svg("path", { fill: "none", stroke: "var(--highlight)", "stroke-width": 2.5, "stroke-dasharray": "6 3" });
    this.keys = [svg("path", { stroke: "var(--positive)", "stroke-width": 2 }), svg("path", { stroke: "var(--highlight)", "stroke-width": 2.5, "stroke-dasharray": "6 3" })];
    this.words = [0, 1].map(() => text(0, 0, "", { size: 13 }));
    this.box = svg("rect", { fill: "none", stroke: "var(--line)", "stroke-width": 1.5 });
    this.first = text(0, 0, "epoch 0", { size: 13, color: "var(--soft)" });
    this.last = text(0, 0, "", { size: 13, anchor: "end", color: "var(--soft)" });
    this.high = text(0, 0, "", { size: 13, anchor: "end", color: "var(--soft)" });
    this.zero = text(0, 0, "0", { size: 13, anchor: "end", color: "var(--soft)" });
    this.node = svg("g", { class: "losses" }, this.box, this.train, this.validation, ...this.keys, ...this.words, this.first, this.last, this.high, this.zero);
  }

  /** @param {object} place left, top, width, height of the frame; the words stand in two lines above it */
  lay_out(place) {
    this.place = place;
    const { left, top, width, height } = place;
    change(this.box, { x: left, y: top, width, height });
    this.words.forEach((node, row) => change(node, { x: left + 30, y: top - 23 + 17 * row }));
    this.keys.forEach((node, row) => change(node, { d: `M${left} ${top - 28 + 17 * row}h24` }));
    change(this.first, { x: left, y: top + height + 16 });
    change(this.last, { x: left + width, y: top + height + 16 });
    change(this.high, { x: left - 4, y: top + 11 });
    change(this.zero, { x: left - 4, y: top + height });
  }

  draw(history) {
    const epochs = history.map((point) => point.epoch);
    const losses = ["train", "validation"].map((part) => history.map((point) => point[part].loss));
    const finite = losses.flat().filter(Number.isFinite);
    const first = Number.isFinite(losses[0][0]) ? losses[0][0] : 0;
    const highest = Math.min(Math.max(0.1, ...finite), 3 * Math.max(0.1, first));
    const axes = new Axes({ ...this.place, x: [0, Math.max(1, epochs.at(-1))], y: [0, highest] });
    const inside = (values) => values.map((value) => Math.min(value, highest));
    change(this.train, { d: axes.path(epochs, inside(losses[0])) });
    change(this.validation, { d: axes.path(epochs, inside(losses[1])) });
    const now = history.at(-1);
    const shown = ({ loss, accuracy }) => `${written(loss)}${Number.isNaN(accuracy) ? "" : `, ${right_in_percent(accuracy)} right`}`;
    write(this.words[0], `training loss ${shown(now.train)}`);
    write(this.words[1], `validation loss ${shown(now.validation)}`);
    write(this.last, `epoch ${now.epoch.toLocaleString("en-US")}`);
    write(this.high, highest >= 100 ? highest.toExponential(0).replace("+", "") : highest.toFixed(1));
  }
}
