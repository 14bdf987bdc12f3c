/* The network drawn: a small map for every unit, a line for every weight, and each layer's readings below. */

import { HeatMap } from "../views/heat_map.js";
import { change, format_number, svg, text, write } from "../views/svg.js";
import { FEATURES } from "./features.js";
import { PIXELS } from "./surface.js";

const LARGEST_TILE = 34;

export class Drawing {
  /** @param {object} place left, top, width, height; on_unit(layer, unit or null), on_weight(layer, from, to) */
  constructor(place, { on_unit, on_weight }) {
    Object.assign(this, { place, on_unit, on_weight });
    this.node = svg("g", { class: "network" });
  }

  /** Lay out a network anew: called when its shape changes. */
  lay_out(session) {
    const { state, network } = session;
    const { left, top, width, height } = this.place;
    const columns = [state.features.length, ...state.hidden_layers, network.n_outputs];
    const most = Math.max(...columns);
    this.size = Math.min(LARGEST_TILE, (height - 46) / most - 4, (width / columns.length) * 0.55);
    const gap = columns.length > 1 ? (width - this.size) / (columns.length - 1) : 0;
    this.x = columns.map((_, column) => left + column * gap);
    const spread = (n) => Math.min(this.size + 12, (height - 46) / n);
    this.y = columns.map((n) => Array.from({ length: n }, (_, k) => top + (height - 46) / 2 + (k - (n - 1) / 2) * spread(n) - this.size / 2));
    this.dense = network.leaves.filter(([name]) => name.startsWith("dense")).map(([, layer]) => layer);
    this.lines = this.dense.map((layer, place) => this.make_lines(layer, place));
    this.tiles = columns.slice(0, -1).map((n, column) => Array.from({ length: n }, (_, unit) => this.make_tile(state, column, unit)));
    this.outputs = columns.slice(-1).flatMap((n) => Array.from({ length: n }, (_, unit) => this.make_output(unit)));
    this.readings = columns.slice(1).map((_, k) => text(this.x[k + 1] + this.size / 2, top + height - 22, "", { size: 13, anchor: "middle", color: "var(--soft)" }));
    this.dead = columns.slice(1, -1).map((_, k) => text(this.x[k + 1] + this.size / 2, top + height - 6, "", { size: 13, anchor: "middle", color: "var(--negative)" }));
    const heading = text(left, top + height - 22, "gradient:", { size: 13, color: "var(--soft)" });
    this.node.replaceChildren(svg("g", { class: "weights" }, ...this.lines.flat(2)), ...this.tiles.flat().map((tile) => tile.node), ...this.outputs, ...this.readings, ...this.dead, heading);
  }

  make_lines(layer, place) {
    const { size } = this;
    return Array.from({ length: layer.fan_in }, (_, from) =>
      Array.from({ length: layer.fan_out }, (_, to) => {
        const [x1, y1] = [this.x[place] + size, this.y[place][from] + size / 2];
        const [x2, y2] = [this.x[place + 1], this.y[place + 1][to] + size / 2];
        const bend = (x2 - x1) / 2;
        const line = svg("path", { d: `M${x1.toFixed(1)} ${y1.toFixed(1)}C${(x1 + bend).toFixed(1)} ${y1.toFixed(1)} ${(x2 - bend).toFixed(1)} ${y2.toFixed(1)} ${x2.toFixed(1)} ${y2.toFixed(1)}`, fill: "none" });
        line.addEventListener("click", () => this.on_weight(place, from, to));
        return line;
      }),
    );
  }

  make_tile(state, column, unit) {
    const { size } = this;
    const [x, y] = [this.x[column], this.y[column][unit]];
    const map = new HeatMap(PIXELS);
    map.canvas.setAttribute("style", "width:100%;height:100%");
    const holder = svg("foreignObject", { x, y, width: size, height: size });
    holder.append(map.canvas);
    const box = svg("rect", { x, y, width: size, height: size, fill: "transparent", stroke: "var(--ink)", "stroke-width": 1, rx: 3 });
    const name = column === 0 ? text(x - 6, y + size / 2 + 5, FEATURES[state.features[unit]][0], { size: 14, anchor: "end" }) : null;
    const node = svg("g", { class: "unit" }, holder, box, name);
    node.addEventListener("pointerenter", () => this.on_unit(column, unit));
    node.addEventListener("pointerleave", () => this.on_unit(column, null));
    return { node, map, values: new Float64Array(PIXELS * PIXELS) };
  }

  make_output(unit) {
    const { size } = this;
    const column = this.x.length - 1;
    return svg("circle", { cx: this.x[column] + size / 2, cy: this.y[column][unit] + size / 2, r: size / 3.2, fill: "var(--panel)", stroke: "var(--ink)" });
  }

  /** The maps of all units from the grid's inputs and what the layers' outputs are for it. */
  draw_maps(grid, activations) {
    this.tiles.forEach((tiles, column) => {
      const outputs = column === 0 ? grid : activations[column - 1].h;
      const n = tiles.length;
      tiles.forEach(({ map, values }, unit) => {
        let limit = column === 0 ? 6 : 1e-9;
        for (let k = 0; k < values.length; k++) {
          values[k] = outputs[k * n + unit];
          if (Math.abs(values[k]) > limit) limit = Math.abs(values[k]);
        }
        map.draw(values, limit);
      });
    });
  }

  draw_weights() {
    this.dense.forEach((layer, place) => {
      const { weight } = layer.parameters;
      this.lines[place].forEach((lines, from) =>
        lines.forEach((line, to) => {
          const w = weight[from * layer.fan_out + to];
          const width = Math.min(6, 0.3 + 2.2 * Math.abs(w));
          change(line, { stroke: w >= 0 ? "var(--positive)" : "var(--negative)", "stroke-width": width, "stroke-opacity": Math.min(0.9, 0.25 + Math.abs(w)).toFixed(2), "stroke-dasharray": w >= 0 ? "none" : "5 2" });
        }),
      );
    });
  }

  draw_readings(sizes, dead) {
    sizes.forEach((size, k) => write(this.readings[k], size === 0 ? "0" : size < 0.001 || size >= 1000 ? size.toExponential(0).replace("-", "−") : format_number(size, 3)));
    dead.forEach((share, k) => write(this.dead[k], share > 0 ? `${Math.round(100 * share)}% dead` : ""));
  }
}
