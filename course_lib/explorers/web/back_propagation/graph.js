/* The network as a graph with a loss at its end: a value above and a slope below in every box and on every line. */

import { change, picture, svg, text, write } from "../views/svg.js";
import { lowered, pen, short } from "../views/written.js";
import { is_on, SHOWN_FROM, UNITS } from "./links.js";

const SIZE = 15.5; // in a picture 740 wide this is 13 px where JupyterLab leaves it 640
const ROWS = [130, 290];
const HEIGHT = 74; // of a box
const HALF = 66; // a unit is two boxes of this width: its sum, and what ReLU makes of it
const INPUT_RIGHT = 60;
const UNIT_LEFT = { z: 210, s: 492 };
const LOSS = { left: 656, width: 80, y: 210 };
const BIAS_OFF = 68; // from a unit's middle to its bias's
const [LABEL_WIDTH, LABEL_HEIGHT] = [66, 40];
const LABEL_AT = 0.3; // near a line's start, where the lines are apart
const PART_AT = 0.76; // where a path's part stands that comes back over a line
const label = (x, y, words = "", more = {}) => text(x, y, words, { size: SIZE, anchor: "middle", ...more });

/** A number over a number in a frame: the value, and on green, in italics, the slope. */
class Pair {
  constructor(x, y, width, height, name = "") {
    const [left, top] = [x - width / 2, y - height / 2];
    const split = name ? y + 9 : y;
    const clip = { x: left, y: split, width, height: top + height - split };
    this.frame = svg("rect", { x: left, y: top, width, height, rx: 6, fill: "var(--panel)" });
    const tint = svg("rect", { ...clip, rx: 6, fill: "var(--good)", "fill-opacity": 0.2 });
    this.edge = svg("rect", { x: left, y: top, width, height, rx: 6, fill: "none" });
    const line = svg("line", { x1: left, y1: split, x2: left + width, y2: split, stroke: "var(--line)" });
    this.value = label(x, split - (name ? 7 : 5), "", { bold: true });
    this.slope = label(x, split + (name ? 20 : 16));
    change(this.slope, { "font-style": "italic" });
    const title = name ? label(x, top + 17, lowered(name)) : null;
    this.node = svg("g", {}, this.frame, tint, line, this.edge, title, this.value, this.slope);
  }

  /** value and slope: a number, or null while it is not known. */
  draw(value, slope, lit, stroke = "var(--soft)", dashes = "none") {
    write(this.value, value === null ? "?" : short(value));
    write(this.slope, slope === null ? "" : short(slope));
    change(this.edge, {
      stroke: lit ? "var(--highlight)" : stroke, "stroke-width": lit ? 4 : 1.5, "stroke-dasharray": dashes,
    });
  }
}

/** A line between boxes, with a broad glow behind it and an arrowhead while it is lit. */
class Line {
  constructor(x1, y1, x2, y2) {
    Object.assign(this, { x1, y1, x2, y2 });
    this.glow = svg("line", { x1, y1, x2, y2, stroke: "var(--highlight)", "stroke-width": 13, "stroke-opacity": 0.45 });
    this.line = svg("line", { x1, y1, x2, y2, stroke: "var(--soft)", "stroke-width": 1.5 });
    this.node = svg("g", {}, this.glow, this.line);
  }

  at(share) {
    return [this.x1 + share * (this.x2 - this.x1), this.y1 + share * (this.y2 - this.y1)];
  }

  draw(lit, pass, look = {}) {
    change(this.glow, { visibility: lit ? "visible" : "hidden" });
    const tip = (where) => (lit && pass === where ? "url(#ahead)" : "none");
    change(this.line, { ...look, "marker-end": tip("forward"), "marker-start": tip("backward") });
  }
}

export class Graph {
  constructor() {
    this.boxes = new Map();
    this.lines = new Map();
    this.parts = new Map(); // what comes back over a line, shown where paths meet
    this.switches = new Map();
    this.lay_out_boxes();
    this.lay_out_lines();
    const nodes = (map) => [...map.values()].map(({ node }) => node);
    const drawn = [this.lines, this.boxes, this.parts].flatMap(nodes); // what comes later covers what came before
    this.node = picture(740, 386, svg("defs", {}, arrowhead()), ...drawn, ...this.switches.values(), ...captions());
  }

  box(name, ...place) {
    this.boxes.set(name, new Pair(...place));
  }

  lay_out_boxes() {
    ROWS.forEach((y, place) => this.box(`x${place + 1}`, INPUT_RIGHT - 29, y, 58, HEIGHT, `x${place + 1}`));
    UNITS.forEach(({ sum, out, bias }, place) => {
      const [left, y, down] = [UNIT_LEFT[sum[0]], ROWS[place % 2], place % 2 ? 1 : -1];
      const middle = left + HALF / 2;
      this.box(sum, middle, y, HALF, HEIGHT, sum);
      this.box(out, left + 1.5 * HALF, y, HALF, HEIGHT, out);
      this.box(bias, middle, y + down * BIAS_OFF, LABEL_WIDTH, LABEL_HEIGHT);
      const [from, to] = [y + down * (BIAS_OFF - LABEL_HEIGHT / 2), y + down * (HEIGHT / 2)];
      this.lines.set(bias, new Line(middle, from, middle, to));
      this.switches.set(sum, text(left + HALF + 4, down > 0 ? to + 17 : to - 7, "", { size: SIZE }));
    });
    this.box("L", LOSS.left + LOSS.width / 2, LOSS.y, LOSS.width, HEIGHT, "L");
    this.targets = ROWS.map((y) => label(LOSS.left + LOSS.width / 2, y + 5, "", { bold: true }));
  }

  lay_out_lines() {
    for (const { sum, inputs, weights } of UNITS) {
      inputs.forEach((input, place) => {
        const right = input.startsWith("x") ? INPUT_RIGHT : UNIT_LEFT.z + 2 * HALF;
        const line = new Line(right, ROWS[place], UNIT_LEFT[sum[0]], ROWS[sum.endsWith("1") ? 0 : 1]);
        this.lines.set(weights[place], line);
        this.box(weights[place], ...line.at(LABEL_AT), LABEL_WIDTH, LABEL_HEIGHT);
        this.parts.set(weights[place], new Part(...line.at(PART_AT)));
      });
    }
    ROWS.forEach((y, place) => {
      const side = place ? 1 : -1;
      this.lines.set(`y${place + 1}L`, new Line(UNIT_LEFT.s + 2 * HALF, y, LOSS.left, LOSS.y + 20 * side));
      const middle = LOSS.left + LOSS.width / 2;
      const ends = { x1: middle, y1: y - 14 * side, x2: middle, y2: LOSS.y + (HEIGHT / 2) * side };
      const line = svg("line", { ...ends, stroke: "var(--soft)", "stroke-dasharray": "3 4" });
      this.lines.set(`t${place + 1}`, { node: svg("g", {}, line, this.targets[place]), draw: () => {} });
    });
  }

  /** The graph with `position` links lit, the last one bright. */
  draw({ values, slopes }, position, link) {
    const known = (name) => position >= (SHOWN_FROM.forward[name] ?? 0);
    const lit = new Set(link?.lit ?? []);
    for (const [name, box] of this.boxes) {
      const slope = position >= SHOWN_FROM.backward[name] ? slopes[name] : null;
      const weight = /^[wvbc]/.test(name);
      const look = weight ? pen(values[name]).stroke : "var(--soft)";
      box.draw(known(name) ? values[name] : null, slope, lit.has(name), look);
    }
    for (const [name, line] of this.lines) {
      line.draw(lit.has(name), link?.pass, name in values ? pen(values[name]) : {});
    }
    const parts = link?.added?.(values, slopes) ?? {};
    for (const [name, part] of this.parts) part.draw(parts[name]);
    for (const each of UNITS) this.draw_switch(each, values, position);
    ["t1", "t2"].forEach((name, place) => write(this.targets[place], `${lowered(name)} = ${short(values[name])}`));
  }

  /** What ReLU does with a unit's sum, and its slope once that is known. */
  draw_switch({ sum, out }, values, position) {
    const on = is_on(values[sum]);
    const words = this.switches.get(sum);
    const known = position >= SHOWN_FROM.forward[out];
    const slope_known = position >= SHOWN_FROM.backward[sum];
    write(words, !known ? "ReLU" : slope_known ? `slope ${on ? 1 : 0}` : on ? "ReLU: on" : "ReLU: off");
    change(words, { "font-weight": known && !on ? 600 : 400 });
  }
}

/** What one of the paths that meet brings back: "+8" in a bright frame. */
class Part {
  constructor(x, y) {
    const look = { rx: 14, fill: "var(--paper)", stroke: "var(--highlight)", "stroke-width": 3 };
    this.frame = svg("rect", { x: x - 32, y: y - 14, width: 64, height: 28, ...look });
    this.words = label(x, y + 5, "", { bold: true });
    this.node = svg("g", {}, this.frame, this.words);
  }

  draw(part) {
    change(this.node, { visibility: part === undefined ? "hidden" : "visible" });
    if (part !== undefined) write(this.words, `${part < 0 ? "" : "+"}${short(part)}`);
  }
}

function arrowhead() {
  const tip = svg("path", { d: "M0 0L10 5L0 10z", fill: "var(--ink)" });
  const size = { viewBox: "0 0 10 10", refX: 9, refY: 5, markerWidth: 13, markerHeight: 13 };
  return svg("marker", { id: "ahead", ...size, markerUnits: "userSpaceOnUse", orient: "auto-start-reverse" }, tip);
}

function captions() {
  const layers = [[UNIT_LEFT.z + HALF, "hidden layer"], [UNIT_LEFT.s + HALF, "output layer"]];
  const middles = [...layers, [LOSS.left + LOSS.width / 2, "loss"]];
  const bold = { size: SIZE, bold: true };
  const words = [text(3, 18, "inputs", bold), ...middles.map(([x, name]) => label(x, 18, name, { bold: true }))];
  const biases = UNITS.map(({ sum, bias }, place) => {
    const y = ROWS[place % 2] + (place % 2 ? 1 : -1) * BIAS_OFF;
    return text(UNIT_LEFT[sum[0]] - 4, y + 5, `bias ${lowered(bias)}`, { size: SIZE, anchor: "end" });
  });
  const slope = text(3, 378, "below: slope of L", { size: SIZE });
  change(slope, { "font-style": "italic" });
  return [...words, ...biases, text(3, 357, "above: value", bold), slope];
}
