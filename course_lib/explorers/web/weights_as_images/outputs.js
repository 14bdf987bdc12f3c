/* The chosen validation image, and the network's ten outputs for it as bars. */

import { element } from "../controls.js";
import { write } from "../views/svg.js";
import { percent } from "../views/written.js";
import { CLASS_NAMES, SIDE } from "./clothes.js";

export class Outputs {
  constructor() {
    this.canvas = element("canvas", { width: SIDE, height: SIDE });
    this.context = this.canvas.getContext("2d");
    this.title = element("p", { class: "heading" });
    this.verdict = element("p", { class: "verdict" });
    this.image = element("div", { class: "chosen" }, this.title, this.canvas, this.verdict);
    this.rows = CLASS_NAMES.map((name) => new Row(name));
    const rows = this.rows.map((row) => row.node);
    const heading = element("p", { class: "heading" }, "Probability of each class");
    this.bars = element("div", { class: "bars" }, heading, ...rows);
  }

  draw({ x, label, probabilities, chosen }, number) {
    const pixels = this.context.createImageData(SIDE, SIDE);
    x.forEach((ink, k) => {
      const gray = 255 * (1 - ink); // ink on paper, as the course prints them
      pixels.data.set([gray, gray, gray, 255], 4 * k);
    });
    this.context.putImageData(pixels, 0, 0);
    write(this.title, `Image ${number}`);
    const verdict = chosen === label ? ": recognized" : `, taken for ${CLASS_NAMES[chosen]}`;
    write(this.verdict, `${CLASS_NAMES[label]}${verdict}`);
    this.rows.forEach((row, k) => row.draw(probabilities[k], k === label, k === chosen));
  }
}

class Row {
  constructor(name) {
    this.plain_name = name;
    this.name = element("span", { class: "name" });
    this.bar = element("i", {});
    this.share = element("span", { class: "share" });
    this.node = element("div", { class: "row" }, this.name, element("span", { class: "track" }, this.bar), this.share);
  }

  draw(probability, is_true, is_chosen) {
    write(this.name, is_true ? `✓ ${this.plain_name}` : this.plain_name);
    write(this.share, percent(probability));
    this.bar.style.width = percent(probability, 1);
    this.node.className = `row${is_true ? " true" : ""}${is_chosen ? " chosen" : ""}`;
  }
}
