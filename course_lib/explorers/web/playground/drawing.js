/* The network drawn: a small map for every unit, a line for every weight, and each layer's readings below. */

import { HeatMap } from "../views/heat_map.js";
import { change, picture, svg, text, write } from "../views/svg.js";
import { percent } from "../views/written.js";
import { FEATURES } from "./features.js";
import { dense_layers, PRACTICALLY_ZERO } from "./readings.js";
import { class_mark, PIXELS } from "./surface.js";

const LARGEST_TILE = 34;
const [LEFT, RIGHT, FOOT] = [46, 30, 60]; // room for the features' names, the classes' marks, the readings
const READING = 46; // the widest number below a layer, and a space
const NEAR = 9; // a click this close to a line means it
const FINGER = 20; // a tap this close to a unit's middle means it

/** How wide a picture with so many columns must be, so that the readings below them stand apart. */
export function width_for(columns) {
  return LEFT + RIGHT + LARGEST_TILE + READING * (columns - 1);
}

export class Drawing {
  /** @param {object} calls on_unit({layer, unit} or null), on_weight([layer, from, to], is_tapped) */
  constructor({ on_unit, on_weight }) {
    Object.assign(this, { on_unit, on_weight, pointed: null, chosen: null });
    this.svg = picture(480, 420);
    change(this.svg, { role: "application", tabindex: 0, class: "network", "aria-label": "The network. Arrow keys go from unit to unit and show each large; Escape ends that." });
    this.svg.addEventListener("click", (event) => this.clicked(event));
    this.svg.addEventListener("keydown", (event) => this.key(event));
    this.svg.addEventListener("focusout", () => this.point(null));
  }

  /** Lay out a network anew: called when its shape or the room for it changes. */
  lay_out(session, { width, height }) {
    const { state, network, data } = session;
    const columns = [state.features.length, ...state.hidden_layers, network.n_outputs];
    change(this.svg, { viewBox: `0 0 ${width} ${height}`, width, height });
    const room = height - FOOT - 8;
    const gap = (width - LEFT - RIGHT) / (columns.length - 0.5);
    this.size = Math.min(LARGEST_TILE, room / Math.max(...columns) - 2, gap * 0.62);
    const step = (width - LEFT - RIGHT - this.size) / (columns.length - 1);
    this.x = columns.map((_, column) => LEFT + column * step);
    const spread = (n) => Math.min(this.size + 12, room / n);
    this.y = columns.map((n) => Array.from({ length: n }, (_, k) => 4 + room / 2 + (k - (n - 1) / 2) * spread(n) - this.size / 2));
    this.dense = dense_layers(network);
    this.lines = this.dense.map((layer, place) => this.make_lines(layer, place));
    this.names = columns.map((n, column) => Array.from({ length: n }, (_, unit) => name_of(state, columns, column, unit)));
    this.tiles = columns.map((n, column) => Array.from({ length: n }, (_, unit) => this.make_tile(state, column, unit)));
    this.mark = svg("path", { fill: "none", stroke: "var(--highlight)", "stroke-width": 3, "pointer-events": "none" });
    this.foot = this.make_foot(columns, height);
    const marks = data.n_classes ? this.y.at(-1).map((y, unit) => class_mark(unit, this.x.at(-1) + this.size + 13, y + this.size / 2)) : [];
    const lines = svg("g", { class: "weights" }, ...this.lines.flat(2).map(({ node }) => node));
    this.svg.replaceChildren(lines, this.mark, ...this.tiles.flat().map((tile) => tile.node), ...marks, this.foot.node);
    if (this.pointed && !this.tiles[this.pointed.layer]?.[this.pointed.unit]) this.point(null);
    this.choose(this.chosen);
  }

  make_lines(layer, place) {
    return Array.from({ length: layer.fan_in }, (_, from) =>
      Array.from({ length: layer.fan_out }, (_, to) => {
        const { x1, y1, x2, y2 } = this.ends(place, from, to);
        const middle = ((x1 + x2) / 2).toFixed(1);
        const d = `M${x1.toFixed(1)} ${y1.toFixed(1)}C${middle} ${y1.toFixed(1)} ${middle} ${y2.toFixed(1)} ${x2.toFixed(1)} ${y2.toFixed(1)}`;
        return { node: svg("path", { d, fill: "none" }), d, drawn: null };
      }),
    );
  }

  ends(place, from, to) {
    const half = this.size / 2;
    return { x1: this.x[place] + this.size, y1: this.y[place][from] + half, x2: this.x[place + 1], y2: this.y[place + 1][to] + half };
  }

  make_tile(state, column, unit) {
    const { size } = this;
    const [x, y] = [this.x[column], this.y[column][unit]];
    const map = new HeatMap(PIXELS);
    map.canvas.setAttribute("style", "width:100%;height:100%;display:block");
    const holder = svg("foreignObject", { x, y, width: size, height: size });
    holder.append(map.canvas);
    const box = svg("rect", { x, y, width: size, height: size, fill: "transparent", stroke: "var(--ink)", "stroke-width": 1, rx: 3 });
    const name = column === 0 ? text(x - 6, y + size / 2 + 5, FEATURES[state.features[unit]][0], { size: 13, anchor: "end" }) : null;
    const node = svg("g", { class: "unit" }, svg("title", {}, this.names[column][unit]), holder, box, name);
    const by_mouse = (unit) => ({ pointerType }) => pointerType !== "touch" && this.point(unit); // a finger taps: see clicked()
    node.addEventListener("pointerenter", by_mouse({ layer: column, unit }));
    node.addEventListener("pointerleave", by_mouse(null));
    return { node, box, map, values: new Float64Array(PIXELS * PIXELS) };
  }

  /** The readings of every layer of weights, under its units. */
  make_foot(columns, height) {
    const every = Math.ceil(READING / (this.x[1] - this.x[0])); // where it is narrow, only so many numbers as fit: the last one is there
    const rows = ["gradient", "|weight|", "dead"].map((words, row) => {
      const y = height - FOOT + 20 + 18 * row;
      const shown = columns.slice(1, row === 2 ? -1 : undefined);
      const values = shown.map((_, k) => text(this.x[k + 1] + this.size / 2, y, "", { size: 13, anchor: "middle", color: "var(--soft)" }));
      values.forEach((node, k) => change(node, { visibility: (columns.length - 2 - k) % every === 0 ? "visible" : "hidden" }));
      return { name: text(0, y, words, { size: 13, color: "var(--soft)" }), values };
    });
    const means = [
      "How large the gradient of each layer's weights was in the last step",
      "The mean size of each layer's weights",
      "The share of units through which no gradient passes, whatever training point comes in",
    ];
    const node = svg("g", { class: "readings" }, ...rows.map(({ name, values }, row) => svg("g", {}, svg("title", {}, means[row]), name, ...values)));
    return { node, rows };
  }

  /** The maps of all units: the grid's inputs, what the layers' outputs are for it, and the network's answers. */
  draw_maps(grid, activations, outputs) {
    this.tiles.forEach((tiles, column) => {
      const given = column === 0 ? grid : column === this.tiles.length - 1 ? outputs : activations[column - 1].h;
      const n = tiles.length;
      tiles.forEach(({ map, values }, unit) => {
        let limit = column === 0 ? 6 : 1e-9;
        for (let k = 0; k < values.length; k++) {
          const value = given[k * n + unit];
          values[k] = value;
          if (value > limit) limit = value;
          else if (-value > limit) limit = -value;
        }
        map.draw(values, limit);
      });
    });
  }

  /** A line's width is the weight's size, dashed below 0; what is practically 0 is not drawn. Only changes are written. */
  draw_weights() {
    this.dense.forEach((layer, place) => {
      const { weight } = layer.parameters;
      this.lines[place].forEach((lines, from) =>
        lines.forEach((line, to) => {
          const w = weight[from * layer.fan_out + to];
          const size = Math.abs(w);
          const width = size < PRACTICALLY_ZERO ? 0 : Math.round(4 * Math.min(6, 0.5 + 2.2 * size)) / 4;
          const key = w >= 0 ? width : -width;
          if (key === line.drawn && width !== 0) return;
          if (line.drawn === key) return;
          line.drawn = key;
          const look = width === 0 ? { visibility: "hidden" } : {
            visibility: "visible", stroke: w > 0 ? "var(--positive)" : "var(--negative)", "stroke-width": width,
            "stroke-opacity": Math.min(0.9, 0.25 + width / 3).toFixed(2), "stroke-dasharray": w > 0 ? "none" : "5 2",
          };
          for (const [name, value] of Object.entries(look)) line.node.setAttribute(name, value);
        }),
      );
    });
  }

  draw_readings({ gradients, weights, dead }) {
    const [of_gradients, of_weights, of_dead] = this.foot.rows.map(({ values }) => values);
    gradients.forEach((size, k) => write(of_gradients[k], short(size)));
    weights.forEach((size, k) => write(of_weights[k], short(size)));
    dead.forEach((share, k) => {
      write(of_dead[k], percent(share));
      const is_cut = share === 1; // some dead units harm nothing, and a layer of them stops all that lies before it
      change(of_dead[k], { fill: is_cut ? "var(--alarm)" : "var(--soft)", "font-weight": is_cut ? 600 : 400 });
    });
    change(this.foot.rows[2].name, { visibility: dead.length ? "visible" : "hidden" });
  }

  /** Show a unit large; null ends that. */
  point(unit) {
    if (this.pointed) change(this.tiles[this.pointed.layer]?.[this.pointed.unit]?.box ?? this.mark, { stroke: "var(--ink)", "stroke-width": 1 });
    this.pointed = unit;
    if (unit) change(this.tiles[unit.layer][unit.unit].box, { stroke: "var(--highlight)", "stroke-width": 3 });
    this.on_unit(unit);
  }

  key(event) {
    const steps = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    if (event.key === "Escape") this.point(null);
    if (!(event.key in steps)) return;
    event.preventDefault();
    const [across, down] = steps[event.key];
    const { layer, unit } = this.pointed ?? { layer: 0 - across, unit: 0 - down };
    const column = Math.min(Math.max(layer + across, 0), this.tiles.length - 1);
    this.point({ layer: column, unit: Math.min(Math.max(unit + down, 0), this.tiles[column].length - 1) });
  }

  clicked(event) {
    const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(this.svg.getScreenCTM().inverse());
    const is_tapped = event.pointerType === "touch";
    const unit = is_tapped && this.unit_near(at);
    if (is_tapped) this.point(unit && !this.is_pointed(unit) ? unit : null);
    const found = !unit && this.nearest_weight(at);
    if (found) this.on_weight(found, is_tapped);
  }

  is_pointed({ layer, unit }) {
    return this.pointed?.layer === layer && this.pointed.unit === unit;
  }

  /** The unit that a finger means: it is wider than a small map. */
  unit_near({ x, y }) {
    const half = this.size / 2;
    const reach = Math.max(half, FINGER);
    const layer = this.x.findIndex((left) => Math.abs(left + half - x) <= Math.min(reach, half + 8));
    if (layer < 0) return null;
    const off = this.y[layer].map((top) => Math.abs(top + half - y));
    const unit = off.indexOf(Math.min(...off));
    return off[unit] <= reach ? { layer, unit } : null;
  }

  /** The weight whose line passes closest, those that are not drawn too; null where none is near. */
  nearest_weight({ x, y }) {
    const place = this.x.slice(0, -1).findIndex((left, k) => x > left + this.size && x < this.x[k + 1]);
    if (place < 0) return null;
    let [best, distance] = [null, NEAR];
    for (let from = 0; from < this.dense[place].fan_in; from++) {
      for (let to = 0; to < this.dense[place].fan_out; to++) {
        const off = Math.abs(height_at(x, this.ends(place, from, to)) - y);
        if (off < distance) [best, distance] = [[place, from, to], off];
      }
    }
    return best;
  }

  /** Mark the weight that is set by hand. */
  choose(which) {
    this.chosen = which;
    const line = which && this.lines[which[0]]?.[which[1]]?.[which[2]];
    change(this.mark, { d: line ? line.d : "M0 0" });
  }
}

/** Where a line, a cubic curve with flat ends, is at x. Along it x grows with t as 1.5 t (1 - t) + t^3 does. */
function height_at(x, { x1, y1, x2, y2 }) {
  let [low, high] = [0, 1];
  for (let k = 0; k < 12; k++) {
    const t = (low + high) / 2;
    if (x1 + (x2 - x1) * (1.5 * t * (1 - t) + t ** 3) < x) low = t;
    else high = t;
  }
  return y1 + (y2 - y1) * (3 * low * low - 2 * low ** 3);
}

function name_of(state, columns, column, unit) {
  if (column === 0) return `the input ${FEATURES[state.features[unit]][0]}`;
  if (column === columns.length - 1) return columns[column] === 1 ? "the output" : `output ${unit + 1}, for one class`;
  return `unit ${unit + 1} of hidden layer ${column}`;
}

function short(size) {
  if (!Number.isFinite(size)) return "–";
  if (size === 0) return "0";
  if (size < 0.001 || size >= 1000) return size.toExponential(0).replace("-", "−").replace("+", "");
  return size.toFixed(size < 0.01 ? 3 : size < 10 ? 2 : 0);
}
