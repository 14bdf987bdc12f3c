/* A recurrent network unrolled in time: its states forward, its gradients back through every step, and clipping. */

import { explorer } from "../explorer.js";
import { OFF, passage, UNITS } from "../flow/passage.js";
import { decades_to_last, finding, power_of_ten, size_in_words, times, verdict } from "../views/decades.js";
import { Fitted } from "../views/fitted.js";
import { GradientChart, NARROW, with_halo } from "../views/gradient_chart.js";
import { HeatMap } from "../views/heat_map.js";
import { arrow_tip, Axes, change, svg, text, write } from "../views/svg.js";
import declaration from "./recurrent_gradients.state.js";

const HEIGHT = 440;
const LEFT = 74; // of the charts
const RIGHT = 20;
const LENGTHS = [-3, 12]; // decades on the axis of gradient lengths
const DARKEST = { tanh: 1, relu: 3, linear: 3 }; // from which size on the colors of the states are darkest
const STRIPE = 0.3; // how strong the lower half of a negative state's cell is, so that it can be told without its color
const REASONS = {
  tanh: "At every step tanh multiplies by its slope, at most 1.",
  relu: "At every step ReLU stops the gradient at the units that are off.",
  linear: "Nothing else acts on it here.",
};

/** What the gain alone would make of the gradient on its way back to each step, in decades. */
function decades_by_gain({ steps, gain }) {
  const n = Math.round(steps);
  return Array.from({ length: n }, (_, k) => (n - 1 - k) * Math.log10(gain));
}

/** The ratio of the first step's gradient to the last's, the gain's part in it, and the length against the limit. */
function describe(state) {
  const now = passage(state);
  const decades = decades_to_last(now.gradient_size);
  const [by_gain] = decades_by_gain(state);
  const largest = Math.max(...now.states.map((h) => Math.max(...h.map(Math.abs))));
  return (
    `${finding(decades, "step")}.\n` +
    `The gain alone would make step 1's ${times(by_gain)} step ${now.states.length}'s. ${REASONS[state.activation]} ` +
    `The largest state is ${size_in_words(largest)}.\n` +
    `The gradient of all weights together is ${size_in_words(now.length)} long, ` +
    `that of the recurrent weights alone ${size_in_words(now.recurrent_length)}. ${about_clipping(state, now, decades)}`
  );
}

function about_clipping({ limit }, now, decades) {
  if (limit === OFF) return "Clipping is off.";
  const lost = ["vanishes", "shrinks"].includes(verdict(decades));
  const done =
    now.length > limit
      ? `Clipping at ${limit} makes it ${size_in_words(now.length_clipped)} long and keeps its direction.`
      : `The limit ${limit} is longer: clipping does nothing.`;
  return lost ? `${done} It cannot bring back what was lost on the way.` : done;
}

function make(frame) {
  const fitted = new Fitted(frame, HEIGHT, (width) => new Picture(width));
  return {
    describe,
    draw: (state) => fitted.scene.draw(state, passage(state)),
    destroy: () => fitted.stop(),
  };
}

/** The states over time, the gradients of the states over the same time, the gradient's length and the limit. */
class Picture {
  constructor(width) {
    const across = { left: LEFT, width: width - LEFT - RIGHT };
    const narrow = across.width < NARROW;
    this.states = new States({ ...across, top: 26, height: 96 }, narrow);
    const x_label = narrow ? "time step" : "time step (states go →, gradients come back ←)";
    const place = { ...across, top: 156, height: 140 };
    this.gradients = new GradientChart({ ...place, name: "step", x_label, beside: "gain alone" });
    this.clipping = new Clipping({ ...across, top: 372, height: 46 }, narrow);
    this.node = svg("g", {}, this.states.node, this.gradients.node, this.clipping.node);
  }

  draw(state, now) {
    const apart = state.activation !== "linear" && state.gain !== 1; // else the gain's line hides under another one
    this.states.draw(state, now);
    this.gradients.draw(decades_to_last(now.gradient_size), apart ? decades_by_gain(state) : null);
    this.clipping.draw(state, now);
  }
}

/** The hidden states of the first sequence as colors: a row a unit, a column a step. */
class States {
  constructor(place, narrow) {
    const words = narrow
      ? "States: blue above 0, else striped"
      : "States of one sequence: blue above 0, striped orange below";
    this.image = svg("image", {
      x: place.left, y: place.top, width: place.width, height: place.height,
      preserveAspectRatio: "none", style: "image-rendering: pixelated",
    });
    const frame = new Axes({ ...place, x: [0, 1], y: [0, 1] }).frame({ y_label: `${UNITS} units` });
    this.node = svg("g", { class: "states" }, text(4, 16, words, { bold: true }), this.image, frame);
    this.map = null;
  }

  draw({ activation }, { states }) {
    const steps = states.length;
    if (this.map?.pixels !== steps) this.map = new HeatMap(steps, 2 * UNITS);
    const darkest = DARKEST[activation];
    const values = new Float64Array(2 * UNITS * steps); // two rows of pixels a unit
    states.forEach((h, step) => {
      for (let unit = 0; unit < UNITS; unit++) {
        values[2 * unit * steps + step] = h[unit];
        values[(2 * unit + 1) * steps + step] = h[unit] < 0 ? STRIPE * Math.max(h[unit], -darkest) : h[unit];
      }
    });
    this.map.draw(values, darkest);
    change(this.image, { href: this.map.canvas.toDataURL() });
  }
}

/** The gradient's length before and after clipping as two arrows on a log axis, and the limit. */
export class Clipping {
  constructor(place, narrow) {
    this.narrow = narrow;
    const axes = (this.axes = new Axes({ ...place, x: LENGTHS, y: [0, 2] }));
    this.heading = text(4, place.top - 12, "", { bold: true });
    const [low, high] = LENGTHS;
    const x_ticks = Array.from({ length: (high - low) / 3 + 1 }, (_, k) => low + 3 * k);
    const frame = axes.frame({ x_ticks, format: power_of_ten });
    this.rows = [["before", 1.5, "none"], ["after", 0.5, "9 5"]].map(([name, row, dash]) => {
      const y = axes.y(row);
      const line = { stroke: "var(--negative)", "stroke-width": 5, "stroke-dasharray": dash };
      const arrow = svg("line", { x1: place.left, y1: y, y2: y, ...line, "marker-end": "url(#length-tip)" });
      const words = with_halo(text(0, y + 5, "", { color: "var(--alarm)", bold: true }), 9);
      return { arrow, words, label: text(place.left - 8, y + 5, name, { size: 14, anchor: "end" }) };
    });
    const { top, height } = place;
    const line = { stroke: "var(--ink)", "stroke-width": 3, "stroke-dasharray": "6 3" };
    this.limit = svg("line", { y1: top - 6, y2: top + height, ...line });
    const defs = svg("defs", {}, arrow_tip("length-tip", "var(--negative)"));
    this.node = svg("g", { class: "clipping" }, defs, this.heading, frame,
      ...this.rows.flatMap(({ arrow, label }) => [arrow, label]), this.limit, ...this.rows.map(({ words }) => words));
  }

  draw(state, now) {
    const { axes } = this;
    write(this.heading, heading_of(state, now, this.narrow ? "Its length" : "Length of the whole gradient"));
    this.draw_arrow(this.rows[0], now.length);
    this.draw_arrow(this.rows[1], now.length_clipped);
    change(this.limit, { visibility: state.limit === OFF ? "hidden" : "visible" });
    const x = axes.x(Math.log10(state.limit === OFF ? 1 : state.limit));
    change(this.limit, { x1: x, x2: x });
  }

  draw_arrow({ arrow, words }, length) {
    const [low, high] = LENGTHS;
    const decades = Math.log10(length);
    const tip = this.axes.x(Number.isNaN(decades) ? high : Math.min(Math.max(decades, low), high));
    change(arrow, { x2: tip });
    const at_the_end = tip > this.axes.left + this.axes.width - 90; // no room beside the tip: on the arrow
    change(words, { x: at_the_end ? tip - 24 : tip + 8, "text-anchor": at_the_end ? "end" : "start" });
    write(words, size_in_words(length));
  }
}

/** What clipping does here, in a few words. */
function heading_of({ limit }, { length }, what) {
  if (limit === OFF) return `${what}: clipping is off`;
  if (!Number.isFinite(length)) return `${what}: no number, too late to clip at ${limit}`;
  return `${what}, limit ${limit}: ${length > limit ? "clipped" : "not reached"}`;
}

export default explorer(declaration, make);
