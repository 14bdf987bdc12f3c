/* Training and validation loss over the epochs, on a scale that grows with them. */

import { Axes, change, svg, text, write } from "../views/svg.js";

export class LossChart {
  constructor(place) {
    this.place = place;
    this.train = svg("path", { fill: "none", stroke: "var(--positive)", "stroke-width": 2 });
    this.validation = svg("path", { fill: "none", stroke: "var(--highlight)", "stroke-width": 2.5, "stroke-dasharray": "6 3" });
    this.words = [text(place.left + 8, place.top + 16, "", { size: 14, color: "var(--positive)" }), text(place.left + 8, place.top + 34, "", { size: 14, color: "var(--highlight)" })];
    this.box = svg("rect", { x: place.left, y: place.top, width: place.width, height: place.height, fill: "none", stroke: "var(--line)", "stroke-width": 1.5 });
    this.last = text(place.left + place.width, place.top + place.height + 17, "", { size: 13, anchor: "end", color: "var(--soft)" });
    this.first = text(place.left, place.top + place.height + 17, "epoch 0", { size: 13, color: "var(--soft)" });
    this.node = svg("g", { class: "losses" }, this.box, this.train, this.validation, ...this.words, this.first, this.last);
  }

  draw(history) {
    const epochs = history.map((point) => point.epoch);
    const losses = ["train", "validation"].map((part) => history.map((point) => point[part].loss));
    const finite = losses.flat().filter(Number.isFinite);
    const highest = Math.min(Math.max(0.1, ...finite), 3 * Math.max(0.1, losses[0][0]));
    const axes = new Axes({ ...this.place, x: [0, Math.max(1, epochs.at(-1))], y: [0, highest] });
    const inside = (values) => values.map((value) => Math.min(value, highest));
    change(this.train, { d: axes.path(epochs, inside(losses[0])) });
    change(this.validation, { d: axes.path(epochs, inside(losses[1])) });
    const now = history.at(-1);
    const shown = ({ loss, accuracy }) => `${loss.toFixed(3)}${Number.isNaN(accuracy) ? "" : `, ${(100 * accuracy).toFixed(0)}% right`}`;
    write(this.words[0], `training loss ${shown(now.train)}`);
    write(this.words[1], `validation loss ${shown(now.validation)}`);
    write(this.last, `epoch ${now.epoch.toLocaleString("en-US")}`);
  }
}
