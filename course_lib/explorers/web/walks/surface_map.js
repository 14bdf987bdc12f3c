/* A surface seen from above, in bands of equal height of its root: their edges are contours. What walks goes on top. */

import { fresh_id } from "../controls.js";
import { Figure } from "../views/figures.js";
import { Axes, change, svg, text } from "../views/svg.js";
import { capitalized } from "./words.js";

const EDGE = 3; // both parameters from -3 to 3
const PIXELS = 240;
const BANDS = 16;
const LOWEST = [255, 255, 255];
const HIGHEST = [89, 163, 205]; // two thirds of the way to the palette's blue: what is drawn on top stays readable
const CUT = EDGE + 1; // what lies beyond is not drawn: dashes along a path that runs away would take seconds to paint

// The map is light in either theme, and so is what is written on it dark.
export const ON_MAP = { ink: "#000000", paper: "#ffffff", gradient: "#D55E00", place: "#E69F00", minimum: "#009E73" };
const WORDS = { minimum: "#005A41", saddle: "#3d3d3d" };

/** A text with a pale edge, so that it is read on whatever lies under it. */
export function edged(node) {
  return change(node, { stroke: ON_MAP.paper, "stroke-width": 4, "stroke-linejoin": "round", "paint-order": "stroke" });
}

export class SurfaceMap extends Figure {
  /** @param {number} root of the loss that is shown: 2 the square root, 4 the fourth, which tells low places apart */
  constructor(root) {
    const axes = new Axes({ left: 48, top: 8, width: 228, height: 228, x: [-EDGE, EDGE], y: [-EDGE, EDGE] });
    const place = { x: axes.left, y: axes.top, width: axes.width, height: axes.height };
    const image = svg("image", { ...place, preserveAspectRatio: "none" });
    const marks = svg("g", { class: "marks" });
    const walks = svg("g", { class: "walks" });
    const id = fresh_id("map");
    const clip = svg("clipPath", { id }, svg("rect", place));
    const inside = svg("g", { "clip-path": `url(#${id})` }, image, marks, walks);
    const ticks = [-3, -2, -1, 0, 1, 2, 3];
    super(clip, inside, axes.frame({ x_label: "parameter x", y_label: "parameter y", x_ticks: ticks, y_ticks: ticks }));
    Object.assign(this, { root, axes, image, marks, walks, drawn: null });
  }

  /** Draw the surface, if it is another one. with_names: whether its valleys and its saddle are named. */
  draw(surface, with_names = false) {
    if (this.drawn === surface) return;
    this.drawn = surface;
    this.caption(`${capitalized(surface.name)} from above: dark is high`);
    this.image.setAttribute("href", bands(surface, this.root));
    const { axes } = this;
    const cross = "M-7 -7L7 7M-7 7L7 -7";
    const marks = surface.minima.map(([x, y]) => {
      const transform = `translate(${axes.x(x)} ${axes.y(y)})`;
      return svg("path", { d: cross, transform, stroke: ON_MAP.minimum, "stroke-width": 4 });
    });
    const name = ([x, y], down, words, color) => {
      marks.push(edged(text(axes.x(x), axes.y(y) + down, words, { anchor: "middle", color })));
    };
    if (with_names) {
      surface.minima.forEach((place, k) => name(place, 26, k === 0 ? "lowest point" : "higher valley", WORDS.minimum));
      if (surface.saddle) name(surface.saddle, 50, "saddle", WORDS.saddle);
    }
    this.marks.replaceChildren(...marks);
  }

  /** The d of a path, cut where it leaves the map; what is no number leaves a gap. */
  path(places) {
    const { axes } = this;
    let d = "";
    let pen = null; // where the line has come to
    const add = (letter, [x, y]) => {
      d += `${letter}${axes.x(x).toFixed(1)} ${axes.y(y).toFixed(1)}`;
    };
    places.forEach((place, k) => {
      const piece = cut(places[Math.max(k - 1, 0)], place);
      if (piece === null) return;
      if (pen === null || piece[0][0] !== pen[0] || piece[0][1] !== pen[1]) add("M", piece[0]);
      if (k > 0) add("L", piece[1]);
      pen = piece[1];
    });
    return d;
  }

  /** [across, down] of a place in the picture; null where it is no number or outside. */
  place([x, y]) {
    return Math.abs(x) <= CUT && Math.abs(y) <= CUT ? [this.axes.x(x), this.axes.y(y)] : null;
  }
}

/** The part of a line that lies within CUT, [from, to], or null. Liang and Barsky 1984. */
function cut(from, to) {
  let [first, last] = [0, 1];
  const along = [to[0] - from[0], to[1] - from[1]];
  if (!along.every(Number.isFinite)) return null;
  for (const axis of [0, 1]) {
    for (const side of [-1, 1]) {
      const room = CUT - side * from[axis]; // what is left to this edge
      const speed = side * along[axis];
      if (speed === 0 && room < 0) return null;
      if (speed > 0) last = Math.min(last, room / speed);
      if (speed < 0) first = Math.max(first, room / speed);
    }
  }
  const inside = (value) => Math.min(Math.max(value, -CUT), CUT); // rounding of huge numbers ends elsewhere
  const at = (share) => {
    if (share === 0 || share === 1) return share === 0 ? from : to;
    return from.map((value, axis) => inside(value + share * along[axis]));
  };
  return first <= last ? [at(first), at(last)] : null;
}

/** The d of dots at the corners of a path of lines: with round ends, each is as wide as the pen. */
export function dots(d) {
  return d.replace(/[ML]([\d.-]+ [\d.-]+)/g, "M$1h0");
}

/** The address of an image of the surface. */
function bands(surface, root) {
  const heights = new Float64Array(PIXELS * PIXELS);
  const at = (k) => ((k + 0.5) / PIXELS) * 2 * EDGE - EDGE;
  let highest = 0;
  for (let row = 0; row < PIXELS; row++) {
    for (let column = 0; column < PIXELS; column++) {
      const height = Math.max(surface.loss(at(column), -at(row)), 0) ** (1 / root);
      heights[row * PIXELS + column] = height;
      highest = Math.max(highest, height);
    }
  }
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = PIXELS;
  const context = canvas.getContext("2d");
  const image = context.createImageData(PIXELS, PIXELS);
  image.data.fill(255);
  heights.forEach((height, k) => {
    const share = Math.min(Math.floor((height / highest) * BANDS), BANDS - 1) / (BANDS - 1);
    for (let channel = 0; channel < 3; channel++) {
      image.data[4 * k + channel] = LOWEST[channel] + share * (HIGHEST[channel] - LOWEST[channel]);
    }
  });
  context.putImageData(image, 0, 0);
  return canvas.toDataURL();
}
