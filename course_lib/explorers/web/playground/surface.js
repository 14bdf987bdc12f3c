/* The plane of inputs: what the network answers everywhere as color, the points on top, classes by shape and color. */

import { HeatMap } from "../views/heat_map.js";
import { Axes, change, svg, text, write } from "../views/svg.js";
import { EDGE } from "./data.js";
import { features_of } from "./features.js";

export const PIXELS = 48;
const SHAPES = ["M-4 0A4 4 0 1 0 4 0A4 4 0 1 0 -4 0Z", "M-4 -4H4V4H-4Z", "M0 -5L5 4H-5Z", "M0 -5.5L5.5 0L0 5.5L-5.5 0Z"]; // circle, square, triangle, diamond
const COLORS = ["#D55E00", "#0072B2", "#009E73", "#CC79A7"];
const RGB = COLORS.map((color) => [1, 3, 5].map((place) => Number.parseInt(color.slice(place, place + 2), 16)));

/** The points of the grid, row after row from the top, as the network sees them. */
export function grid_of(features) {
  const points = new Float64Array(2 * PIXELS * PIXELS);
  for (let row = 0; row < PIXELS; row++) {
    for (let column = 0; column < PIXELS; column++) {
      const k = 2 * (row * PIXELS + column);
      points[k] = ((column + 0.5) / PIXELS) * 2 * EDGE - EDGE;
      points[k + 1] = EDGE - ((row + 0.5) / PIXELS) * 2 * EDGE;
    }
  }
  return features_of(points, features);
}

/** The mark of a class: shape and color. */
export function class_mark(label, x, y, words = {}) {
  return svg("path", { d: SHAPES[label], transform: `translate(${x.toFixed(1)} ${y.toFixed(1)})`, fill: COLORS[label], ...words });
}

export class Surface {
  constructor() {
    this.map = new HeatMap(PIXELS);
    this.map.canvas.setAttribute("style", "width:100%;height:100%;display:block");
    this.holder = svg("foreignObject");
    this.holder.append(this.map.canvas);
    this.points = svg("g", { class: "points" });
    this.title = text(0, 0, "", { size: 13 });
    this.node = svg("g", { class: "surface" });
    this.values = new Float64Array(PIXELS * PIXELS);
  }

  /** @param {object} place left, top, size in the picture */
  lay_out({ left, top, size }) {
    this.axes = new Axes({ left, top, width: size, height: size, x: [-EDGE, EDGE], y: [-EDGE, EDGE] });
    change(this.holder, { x: left, y: top, width: size, height: size });
    change(this.title, { x: left, y: top - 6 });
    const ticks = [-6, 0, 6];
    this.node.replaceChildren(this.holder, this.points, this.axes.frame({ x_ticks: ticks, y_ticks: ticks }), this.title);
  }

  /** The answers (PIXELS * PIXELS rows of n_outputs) as colors. Of two classes the difference of their chances. */
  draw(outputs, n_classes) {
    if (n_classes > 2) return this.draw_classes(outputs, n_classes);
    for (let k = 0; k < this.values.length; k++) {
      this.values[k] = n_classes ? Math.tanh((outputs[2 * k + 1] - outputs[2 * k]) / 2) : outputs[k]; // p1 - p0
    }
    this.map.draw(this.values);
  }

  draw_classes(outputs, n_classes) {
    const { data } = this.map.image;
    for (let k = 0; k < this.values.length; k++) {
      const start = k * n_classes;
      let largest = -Infinity;
      for (let c = 0; c < n_classes; c++) largest = Math.max(largest, outputs[start + c]);
      let sum = 0;
      for (let c = 0; c < n_classes; c++) sum += Math.exp(outputs[start + c] - largest);
      for (let channel = 0; channel < 3; channel++) {
        let color = 0;
        for (let c = 0; c < n_classes; c++) color += (Math.exp(outputs[start + c] - largest) / sum) * RGB[c][channel];
        data[4 * k + channel] = 0.35 * 255 + 0.65 * color;
      }
    }
    this.map.context.putImageData(this.map.image, 0, 0);
  }

  /** One unit's outputs, large, in place of the answers. */
  draw_unit(values) {
    let limit = 1e-9;
    for (const value of values) limit = Math.max(limit, Math.abs(value));
    this.map.draw(values, limit);
  }

  /** The points of the data: filled where the network learns from them, hollow where they only test it. */
  draw_points({ points, targets, n_classes }, train_rows) {
    const learned = new Set(train_rows);
    const marks = Array.from(targets, (target, row) => {
      const shape = n_classes ? target : target >= 0 ? 1 : 0;
      const fill = learned.has(row) ? COLORS[shape] : "#ffffff";
      const stroke = learned.has(row) ? "#ffffff" : COLORS[shape];
      const at = [this.axes.x(points[2 * row]), this.axes.y(points[2 * row + 1])];
      return class_mark(shape, ...at, { fill, stroke, "stroke-width": learned.has(row) ? 0.8 : 1.6 });
    });
    this.points.replaceChildren(...marks);
  }

  /** The point of the plane at a place of the picture; null outside. */
  point_at(x, y) {
    const { left, top, width, height } = this.axes;
    const [across, up] = [(x - left) / width, 1 - (y - top) / height];
    if (across < 0 || across > 1 || up < 0 || up > 1) return null;
    return [across * 2 * EDGE - EDGE, up * 2 * EDGE - EDGE];
  }

  /** What the plane shows, in words above it. */
  say(words) {
    write(this.title, words);
  }
}
