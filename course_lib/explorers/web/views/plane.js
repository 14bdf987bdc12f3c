/* A square piece of a plane: numbers as colors, the border on which they are 0, and room for what lies on top. */

import { fresh_id } from "../controls.js";
import { border } from "./contour.js";
import { HeatMap } from "./heat_map.js";
import { Axes, change, svg } from "./svg.js";

export class Plane {
  /**
   * @param {object} words left, top, size in the picture; pixels a side; title, x_label, y_label
   * @param {Array} on_top SVG elements that are drawn over the colors and cut off at the edge
   */
  constructor({ left, top, size, pixels, ...words }, under = [], on_top = []) {
    Object.assign(this, { left, top, size, pixels, words });
    this.map = new HeatMap(pixels);
    this.values = new Float64Array(pixels * pixels);
    this.image = svg("image", { x: left, y: top, width: size, height: size, preserveAspectRatio: "none" });
    this.border = svg("path", { class: "border", fill: "none", stroke: "#000", "stroke-width": 2.5 });
    const id = fresh_id("inside");
    const clip = svg("clipPath", { id }, svg("rect", { x: left, y: top, width: size, height: size }));
    const inside = svg("g", { "clip-path": `url(#${id})` }, this.image, ...under, this.border, ...on_top);
    this.frame = svg("g");
    this.node = svg("g", { class: "plane" }, svg("defs", {}, clip), inside, this.frame);
  }

  /** Show this part of the plane: [low, high] of both axes, with ticks. True when it is another one than before. */
  show({ range, ticks, format }) {
    const key = JSON.stringify([range, ticks]);
    if (key === this.shown) return false;
    this.shown = key;
    this.axes = new Axes({ left: this.left, top: this.top, width: this.size, height: this.size, x: range, y: range });
    this.frame.replaceChildren(this.axes.frame({ ...this.words, x_ticks: ticks, y_ticks: ticks, format }));
    this.points = this.centers();
    return true;
  }

  /** The middle of every pixel (pixels * pixels, 2), row after row from the top. */
  centers() {
    const { pixels, axes } = this;
    const [low, high] = axes.x_range;
    const points = new Float64Array(2 * pixels * pixels);
    for (let row = 0; row < pixels; row++) {
      for (let column = 0; column < pixels; column++) {
        const k = 2 * (row * pixels + column);
        points[k] = low + ((column + 0.5) / pixels) * (high - low);
        points[k + 1] = high - ((row + 0.5) / pixels) * (high - low);
      }
    }
    return points;
  }

  /** this.values as colors, full at 1 and −1, and the border on which they are 0. */
  draw() {
    const { left, top, size, pixels } = this;
    this.map.draw(this.values);
    this.image.setAttribute("href", this.map.canvas.toDataURL());
    const step = size / pixels;
    const place = (column, row) => [left + (column + 0.5) * step, top + (row + 0.5) * step];
    change(this.border, { d: border(this.values, pixels, place) });
  }
}
