/* One neuron: its line in the plane of inputs, and the activation that its sum goes through. */

import { FUNCTIONS } from "../engine/activations.js";
import { element } from "../controls.js";
import { explorer } from "../explorer.js";
import { Figure, figures } from "../views/figures.js";
import { HeatMap } from "../views/heat_map.js";
import { arrow_tip, Axes, change, format_number, svg, text, write } from "../views/svg.js";
import declaration from "./neuron.state.js";

const EDGE = 5; // the plane shows inputs from -5 to 5
const CURVE_EDGE = 8; // the curve shows sums from -8 to 8
const PIXELS = 90;
const PLACE = { left: 52, top: 8, width: 224, height: 224 }; // of a frame in its figure
const AROUND = 205; // pixels that the words around the figures take
const SQUASHING = { limit: 1, range: [-1.5, 2], ticks: [-1, 0, 1, 2] };
const OPEN = { limit: 6, range: [-3, 9], ticks: [-3, 0, 3, 6, 9] };
const NAMES = Object.fromEntries(
  declaration.fields.find((field) => field.name === "activation").options.map(([words, name]) => [name, words]),
);

/** The sum of the neuron at the chosen input. */
function weighted_sum({ w1, w2, bias, x1, x2 }) {
  return x1 * w1 + x2 * w2 + bias;
}

/** x₁·w₁ + x₂·w₂ + b in numbers: "2·1 + 1·2 − 1". */
function written_sum({ w1, w2, bias, x1, x2 }) {
  const number = (value) => format_number(Number(value.toFixed(2)), Number.isInteger(value) ? 0 : 1);
  const factor = (value) => (value < 0 ? `(${number(value)})` : number(value));
  return `${factor(x1)}·${factor(w1)} + ${factor(x2)}·${factor(w2)} ${bias < 0 ? "−" : "+"} ${number(Math.abs(bias))}`;
}

function describe(state) {
  const z = weighted_sum(state);
  const [f, slope] = FUNCTIONS[state.activation];
  let place = `on the side where the sum is ${z > 0 ? "positive" : "negative"}`;
  if (Math.abs(z) < 1e-9) place = "on the line";
  if (state.w1 === 0 && state.w2 === 0) place = "in a plane without a line, because both weights are 0";
  return (
    `The input (${format_number(state.x1, 1)}, ${format_number(state.x2, 1)}) lies ${place}: ` +
    `z = ${written_sum(state)} = ${format_number(z)}. ` +
    `${NAMES[state.activation]} makes it ${format_number(f(z))}; its slope there is ${format_number(slope(z, f(z)))}.`
  );
}

function make(frame) {
  const plane = new Plane();
  const curve = new Curve();
  const [sum, output, slope_words] = ["sum", "output", "slope"].map((name) => element("p", { class: name }));
  frame.picture.append(...figures(AROUND, plane, curve), element("div", { class: "sums" }, sum, output, slope_words));
  return {
    describe,
    draw(state) {
      const z = weighted_sum(state);
      const [f, slope] = FUNCTIONS[state.activation];
      plane.draw(state, f);
      curve.draw(state, z);
      write(sum, `sum z = x₁·w₁ + x₂·w₂ + b = ${written_sum(state)} = ${format_number(z)}`);
      write(output, `output = ${NAMES[state.activation]}(z) = ${format_number(f(z))}`);
      write(slope_words, `slope at z: ${format_number(slope(z, f(z)))}`);
    },
  };
}

function scale_of(activation) {
  return ["step", "sigmoid", "tanh"].includes(activation) ? SQUASHING : OPEN;
}

/** The neuron's output over the plane as color, its line, its weights as an arrow and the chosen input. */
class Plane extends Figure {
  constructor() {
    super();
    const axes = (this.axes = new Axes({ ...PLACE, x: [-EDGE, EDGE], y: [-EDGE, EDGE] }));
    this.map = new HeatMap(PIXELS);
    this.values = new Float64Array(PIXELS * PIXELS);
    this.image = svg("image", { x: axes.left, y: axes.top, width: axes.width, height: axes.height, preserveAspectRatio: "none" });
    this.line = svg("line", { stroke: "#000", "stroke-width": 2.5 });
    this.sides = [1, -1].map((side) => text(0, 0, side > 0 ? "z > 0" : "z < 0", { anchor: "middle", color: "#000" }));
    this.arrow = svg("line", { stroke: "#000", "stroke-width": 4, "marker-end": "url(#tip)" });
    this.w = text(0, 0, "w", { bold: true, color: "#000" });
    this.none = text(axes.x(0), axes.y(4), "both weights are 0: no line", { anchor: "middle", color: "#000" });
    this.dot = svg("circle", { r: 8, fill: "var(--highlight)", stroke: "#000", "stroke-width": 1.5 });
    this.x = text(0, 0, "x", { bold: true, color: "#000" });
    const tip = arrow_tip("tip", "#000");
    const clip = svg("clipPath", { id: "inside" }, svg("rect", { x: axes.left, y: axes.top, width: axes.width, height: axes.height }));
    const inside = svg("g", { "clip-path": "url(#inside)" }, this.image, this.line, ...this.sides, this.none, this.arrow, this.w, this.dot, this.x);
    const ticks = [-5, 0, 5];
    const frame = axes.frame({ x_label: "input x₁", y_label: "input x₂", x_ticks: ticks, y_ticks: ticks });
    this.caption("Every input, and the output for it");
    this.svg.append(svg("defs", {}, tip, clip), inside, frame);
  }

  draw(state, f) {
    const { axes, values } = this;
    for (let row = 0; row < PIXELS; row++) {
      const x2 = EDGE - ((row + 0.5) / PIXELS) * 2 * EDGE;
      for (let column = 0; column < PIXELS; column++) {
        const x1 = ((column + 0.5) / PIXELS) * 2 * EDGE - EDGE;
        values[row * PIXELS + column] = f(x1 * state.w1 + x2 * state.w2 + state.bias);
      }
    }
    this.map.draw(values, scale_of(state.activation).limit);
    this.image.setAttribute("href", this.map.canvas.toDataURL());
    this.draw_line(state);
    const [x, y] = [axes.x(state.x1), axes.y(state.x2)];
    change(this.dot, { cx: x, cy: y });
    change(this.x, { x: x + 12, y: y + 5 });
    change(this.arrow, { x1: axes.x(0), y1: axes.y(0), x2: axes.x(state.w1), y2: axes.y(state.w2) });
    change(this.w, { x: axes.x(state.w1) + 8, y: axes.y(state.w2) - 8 });
  }

  /** The line on which the sum is 0, with the sides named. */
  draw_line({ w1, w2, bias }) {
    const { axes } = this;
    const length = Math.hypot(w1, w2);
    const there = length > 0 ? "visible" : "hidden";
    for (const node of [this.line, this.arrow, this.w, ...this.sides]) change(node, { visibility: there });
    change(this.none, { visibility: length > 0 ? "hidden" : "visible" });
    if (length === 0) return;
    const normal = [w1 / length, w2 / length];
    const nearest = normal.map((each) => (-bias / length) * each); // the point of the line nearest to (0, 0)
    const along = [-normal[1], normal[0]];
    const at = (reach, off = 0) => [0, 1].map((k) => nearest[k] + reach * along[k] + off * normal[k]);
    const [from, to] = [at(-20), at(20)];
    change(this.line, { x1: axes.x(from[0]), y1: axes.y(from[1]), x2: axes.x(to[0]), y2: axes.y(to[1]) });
    [1, -1].forEach((side, number) => {
      const places = [3.2, -3.2, 1.6, -1.6].map((reach) => at(reach, side * 0.9));
      const free = places.find(([x, y]) => Math.abs(x) < EDGE - 1 && Math.abs(y) < EDGE - 0.5);
      change(this.sides[number], { visibility: free ? "visible" : "hidden" });
      if (free) change(this.sides[number], { x: axes.x(free[0]), y: axes.y(free[1]) + 5 });
    });
  }
}

/** The activation, its slope dashed, and where the neuron is on it now. */
class Curve extends Figure {
  constructor() {
    super();
    this.sums = Float64Array.from({ length: 321 }, (_, k) => (k / 320) * 2 * CURVE_EDGE - CURVE_EDGE);
    this.drawn = null;
  }

  /** Everything that changes with the activation alone. */
  draw_function(activation) {
    const { range, ticks } = scale_of(activation);
    const axes = (this.axes = new Axes({ ...PLACE, x: [-CURVE_EDGE, CURVE_EDGE], y: range }));
    const [f, slope] = FUNCTIONS[activation];
    const line = (words) => svg("path", { fill: "none", ...words });
    const values = this.sums.map((z) => f(z));
    const slopes = this.sums.map((z) => slope(z, f(z)));
    const clip = svg("clipPath", { id: "chart" }, svg("rect", { x: axes.left, y: axes.top, width: axes.width, height: axes.height }));
    const zero = (x1, y1, x2, y2) => svg("line", { x1, y1, x2, y2, stroke: "var(--line)" });
    this.stem = svg("line", { stroke: "var(--highlight)", "stroke-width": 2 });
    this.dot = svg("circle", { r: 8, fill: "var(--highlight)", stroke: "var(--ink)", "stroke-width": 1.5 });
    this.off = text(axes.left + 10, axes.top + 72);
    const right = axes.left + axes.width;
    const bottom = axes.top + axes.height;
    const key = (y, color, dash, words) => [
      svg("line", { x1: axes.left + 10, y1: y - 5, x2: axes.left + 40, y2: y - 5, stroke: color, "stroke-width": 3, "stroke-dasharray": dash }),
      text(axes.left + 46, y, words, { color }),
    ];
    this.caption(`Activation: ${NAMES[activation]}`);
    this.svg.replaceChildren(
      svg("defs", {}, clip),
      svg("g", { "clip-path": "url(#chart)" },
        zero(axes.left, axes.y(0), right, axes.y(0)), zero(axes.x(0), axes.top, axes.x(0), bottom), this.stem,
        line({ d: axes.path(this.sums, slopes), stroke: "var(--negative)", "stroke-width": 2.5, "stroke-dasharray": "7 5" }),
        line({ d: axes.path(this.sums, values), stroke: "var(--positive)", "stroke-width": 3.5 }), this.dot),
      ...key(axes.top + 20, "var(--positive)", "none", NAMES[activation]),
      ...key(axes.top + 43, "var(--negative)", "7 5", "its slope"),
      this.off,
      axes.frame({ x_label: "sum z", y_label: "output", x_ticks: [-8, -4, 0, 4, 8], y_ticks: ticks }),
    );
  }

  draw({ activation }, z) {
    if (this.drawn !== activation) this.draw_function((this.drawn = activation));
    const { axes } = this;
    const output = FUNCTIONS[activation][0](z);
    const inside = (value, [low, high]) => Math.min(Math.max(value, low), high);
    const [x, y] = [inside(z, axes.x_range), inside(output, axes.y_range)];
    change(this.dot, { cx: axes.x(x), cy: axes.y(y) });
    change(this.stem, { x1: axes.x(x), y1: axes.y(0), x2: axes.x(x), y2: axes.y(y) });
    write(this.off, x === z && y === output ? "" : `off the chart: z = ${format_number(z)}`);
  }
}

export default explorer(declaration, make);
