/* The network as a graph with a loss at its end: a value above and a slope below in every box and on every line. */

import { arrow_tip, change, svg, text, write } from "../views/svg.js";
import { lowered, pen, short, shortest } from "../views/written.js";
import { is_on, SHOWN_FROM, UNITS } from "./links.js";

const WIDE = 0.72; // of the size: a bold digit; a point is half of that
const AHEAD = { refX: 9, markerWidth: 13, markerHeight: 13, markerUnits: "userSpaceOnUse", orient: "auto-start-reverse" };

/** A number into a box: one that is too wide for it is set narrower, and not smaller. */
function write_inside(node, words, width, size) {
  write(node, words);
  const room = width - 6;
  const digits = words.replace(".", "").length + (words.includes(".") ? 0.5 : 0);
  if (digits * WIDE * size > room) change(node, { textLength: room, lengthAdjust: "spacingAndGlyphs" });
  else node.removeAttribute("textLength");
}

/** A number over a number in a frame: the value, and on green, in italics, the slope. */
class Pair {
  constructor([x, y, width, height], size, name = "") {
    Object.assign(this, { width, size });
    const [left, top] = [x - width / 2, y - height / 2];
    const split = name ? y + 9 : y;
    const clip = { x: left, y: split, width, height: top + height - split };
    const label = (at, words = "", more = {}) => text(x, at, words, { size, anchor: "middle", ...more });
    this.frame = svg("rect", { x: left, y: top, width, height, rx: 6, fill: "var(--panel)" });
    const tint = svg("rect", { ...clip, rx: 6, fill: "var(--good)", "fill-opacity": 0.2 });
    this.edge = svg("rect", { x: left, y: top, width, height, rx: 6, fill: "none" });
    const line = svg("line", { x1: left, y1: split, x2: left + width, y2: split, stroke: "var(--line)" });
    this.value = label(split - (name ? 7 : 5), "", { bold: true });
    this.slope = label(split + clip.height / 2 + 0.36 * size);
    change(this.slope, { "font-style": "italic" });
    const title = name ? label(top + 1.1 * size, lowered(name)) : null;
    this.node = svg("g", {}, this.frame, tint, line, this.edge, title, this.value, this.slope);
  }

  /** value and slope: a number, or null while it is not known. */
  draw(value, slope, lit, stroke = "var(--soft)", dashes = "none") {
    write_inside(this.value, value === null ? "?" : shortest(value), this.width, this.size);
    write_inside(this.slope, slope === null ? "" : shortest(slope), this.width, this.size);
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
  /** @param {object} places see places.js */
  constructor(places) {
    const { width, height, least, look } = places;
    Object.assign(this, { places, width, height, least, look });
    this.boxes = new Map(Object.entries(places.boxes).map(([name, place]) => [name, this.box(place, name)]));
    this.lines = new Map();
    this.names = []; // of weights; a box has its name inside, and a bias its word beside it
    this.parts = new Map(); // what comes back over a line, shown where paths meet
    this.targets = places.targets.map(([x, y]) => this.words(x, y, "", { anchor: "middle", bold: true }));
    this.switches = new Map(
      Object.entries(places.switches).map(([sum, [x, y, anchor]]) => [sum, this.words(x, y, "", { anchor })]),
    );
    for (const [name, ends] of Object.entries(places.lines)) this.add_line(name, ends);
    const nodes = (map) => [...map.values()].map(({ node }) => node);
    const drawn = [this.lines, this.boxes, this.parts].flatMap(nodes); // what comes later covers what came before
    const words = places.words.map((each) => this.words(...each));
    words.push(...this.names, ...this.switches.values());
    const tip = svg("defs", {}, arrow_tip("ahead", "var(--ink)", AHEAD));
    this.node = svg("g", {}, tip, ...drawn, ...words);
  }

  words(x, y, words, { italic = false, ...look }) {
    return change(text(x, y, words, { size: this.places.size, ...look }), italic ? { "font-style": "italic" } : {});
  }

  box(place, name) {
    return new Pair(place, this.places.size, /^[wvbc]/.test(name) ? "" : name);
  }

  /** A line; that of a weight has a box near its start, and room for a part near its end. */
  add_line(name, ends) {
    const { label, label_at, name: name_at, part, part_at, size } = this.places;
    if (name.startsWith("t")) {
      const [x1, y1, x2, y2] = ends;
      const line = svg("line", { x1, y1, x2, y2, stroke: "var(--soft)", "stroke-dasharray": "3 4" });
      this.lines.set(name, { node: svg("g", {}, line, this.targets[Number(name[1]) - 1]), draw: () => {} });
      return;
    }
    const line = new Line(...ends);
    this.lines.set(name, line);
    if (!/^[wv]/.test(name)) return;
    const [x, y] = line.at(label_at);
    this.boxes.set(name, this.box([x, y, ...label], name));
    const [right, down, anchor] = name_at(Number(name[1]) - 1, Number(name[2]) - 1);
    this.names.push(this.words(x + right, y + down, lowered(name), { anchor }));
    this.parts.set(name, new Part(line.at(part_at), part, size));
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
  constructor([x, y], [width, height], size) {
    Object.assign(this, { width, size });
    const look = { rx: 14, fill: "var(--paper)", stroke: "var(--highlight)", "stroke-width": 3 };
    this.frame = svg("rect", { x: x - width / 2, y: y - height / 2, width, height, ...look });
    this.words = text(x, y + 0.34 * size, "", { size, anchor: "middle", bold: true });
    this.node = svg("g", {}, this.frame, this.words);
  }

  draw(part) {
    change(this.node, { visibility: part === undefined ? "hidden" : "visible" });
    if (part !== undefined) write_inside(this.words, `${part < 0 ? "" : "+"}${shortest(part)}`, this.width, this.size);
  }
}
