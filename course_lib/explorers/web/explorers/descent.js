/* Gradient descent on a surface that is seen from above: learning rate, start point, step by step or all at once. */

import { element } from "../controls.js";
import { explorer } from "../explorer.js";
import { figures } from "../views/figures.js";
import { change, picture, svg, text, write } from "../views/svg.js";
import { descend, VERDICTS, what_happens } from "../walks/descent.js";
import { LossChart } from "../walks/loss_chart.js";
import { Player } from "../walks/player.js";
import { dots, edged, ON_MAP, SurfaceMap } from "../walks/surface_map.js";
import { SURFACES } from "../walks/surfaces.js";
import { counted, pair, place_words, short_number } from "../walks/words.js";
import declaration from "./descent.state.js";

const PACE = 150; // milliseconds from step to step
const LEAST_ARROW = 8; // in the picture's units: a shorter one would hide under the dot
const MOST_ARROW = 500;

class Descent {
  constructor(frame) {
    this.player = new Player(frame, PACE);
    this.map = new PathMap();
    this.chart = new PathLosses();
    this.gradient = element("p", { class: "gradient" });
    this.next = element("span");
    const key = picture(44, 14, dashed_arrow([2, 7], [42, 7]));
    change(key, { width: 44, "aria-hidden": true });
    frame.picture.append(...figures(210, this.map, this.chart));
    const next_step = element("p", { class: "next-step" }, key, this.next);
    frame.picture.after(element("div", { class: "beside" }, this.gradient, next_step));
    this.drawn = null;
  }

  /** The path is walked anew where the state is another one. */
  follow(state) {
    const key = JSON.stringify(state);
    if (key === this.drawn) return;
    this.drawn = key;
    this.surface = SURFACES[state.surface];
    const steps = Math.round(state.steps);
    this.whole = descend(this.surface, { ...state, steps });
    this.map.draw(this.surface, true);
    this.chart.lay_out(steps);
    this.player.follow(this.whole.length);
  }

  draw(state) {
    this.follow(state);
    this.path = this.whole.slice(0, this.player.shown);
    this.losses = this.path.map(([x, y]) => this.surface.loss(x, y));
    this.verdict = what_happens(this.surface, this.path, this.losses);
    const gradient = this.surface.gradient(...this.path.at(-1));
    const step = gradient.map((slope) => -state.learning_rate * slope);
    this.map.show(this.path, step);
    this.chart.show(this.losses, this.verdict);
    write(this.gradient, `gradient here: ${pair(gradient)}`);
    write(this.next, `next step = −${state.learning_rate} · gradient = ${pair(step)}`);
  }

  describe(state) {
    return this.player.words(() => {
      const loss = (place) => short_number(this.losses.at(place), 4);
      return (
        `${VERDICTS[this.verdict]}\nAfter ${counted(this.path.length - 1)} at learning rate ${state.learning_rate}: ` +
        `at ${place_words(this.path.at(-1))}, loss ${loss(-1)}. Loss at the start: ${loss(0)}.`
      );
    });
  }

  reset() {
    this.player.stop();
    this.drawn = null;
  }

  destroy() {
    this.player.stop();
  }
}

/** The surface with the path so far, and an arrow that is the next step. */
class PathMap extends SurfaceMap {
  constructor() {
    super(2);
    this.lines = [line(ON_MAP.paper, 5), line(ON_MAP.ink, 2)];
    this.dots = svg("path", { stroke: ON_MAP.ink, "stroke-width": 7, "stroke-linecap": "round" });
    this.square = svg("rect", { width: 13, height: 13, fill: ON_MAP.paper, stroke: ON_MAP.ink, "stroke-width": 2.5 });
    this.start = edged(text(0, 0, "start", { bold: true, color: ON_MAP.ink }));
    this.arrow = dashed_arrow([0, 0], [0, 0]);
    this.here = svg("circle", { r: 7.5, fill: ON_MAP.place, stroke: ON_MAP.ink, "stroke-width": 2 });
    this.walks.append(...this.lines, this.dots, this.square, this.start, this.arrow, this.here);
  }

  show(path, step) {
    const d = this.path(path);
    for (const line of this.lines) change(line, { d });
    change(this.dots, { d: dots(d) });
    const [left, top] = this.place(path[0]);
    change(this.square, { x: left - 6.5, y: top - 6.5 });
    change(this.start, { x: left + 10, y: top - 9 });
    const here = this.place(path.at(-1));
    change(this.here, { visibility: here ? "visible" : "hidden" });
    if (here) change(this.here, { cx: here[0], cy: here[1] });
    const scale = this.axes.width / (this.axes.x_range[1] - this.axes.x_range[0]);
    this.point(here ?? [0, 0], here ? [scale * step[0], -scale * step[1]] : [0, 0]);
  }

  /** The arrow of the next step, from a place of the picture along so much across and down. */
  point(here, along) {
    const length = Math.hypot(...along);
    change(this.arrow, { visibility: length > LEAST_ARROW ? "visible" : "hidden" });
    const shorter = length > MOST_ARROW ? MOST_ARROW / length : 1; // beyond the edge nobody sees where it ends
    point_arrow(this.arrow, here, here.map((value, axis) => value + shorter * along[axis]));
  }
}

/** The loss after every step so far. */
class PathLosses extends LossChart {
  constructor() {
    super(-6, 4);
    this.curve = line("var(--positive)", 2.5);
    this.dots = svg("path", { stroke: "var(--positive)", "stroke-width": 6, "stroke-linecap": "round" });
    this.here = svg("circle", { r: 7.5, fill: "var(--highlight)", stroke: "var(--ink)", "stroke-width": 2 });
    this.lines.append(this.curve, this.dots, this.here);
  }

  show(losses, verdict) {
    const known = losses.filter(Number.isFinite);
    const d = this.path(known);
    change(this.curve, { d });
    change(this.dots, { d: dots(d) });
    const [cx, cy] = this.place(known.length - 1, known.at(-1));
    change(this.here, { cx, cy });
    this.caption(`Loss: ${verdict}`);
  }
}

function line(color, width) {
  return svg("path", { fill: "none", stroke: color, "stroke-width": width, "stroke-linejoin": "round" });
}

function dashed_arrow(from, to) {
  const shaft = change(line(ON_MAP.gradient, 3), { "stroke-dasharray": "6 4" });
  return point_arrow(svg("g", { class: "arrow" }, shaft, svg("path", { fill: ON_MAP.gradient })), from, to);
}

/** Move an arrow; one that is shorter than its head is all head. */
function point_arrow(arrow, from, to) {
  const [x, y] = [to[0] - from[0], to[1] - from[1]];
  const length = Math.hypot(x, y) || 1;
  const along = [x / length, y / length];
  const head = Math.min(12, length);
  const at = (back, aside) => {
    const place = [to[0] - back * along[0] - aside * along[1], to[1] - back * along[1] + aside * along[0]];
    return place.map((value) => value.toFixed(1)).join(" ");
  };
  const [shaft, tip] = arrow.children;
  change(shaft, { d: `M${from[0].toFixed(1)} ${from[1].toFixed(1)}L${at(head, 0)}` });
  change(tip, { d: `M${at(0, 0)}L${at(head, 5.4)}L${at(head, -5.4)}Z` });
  return arrow;
}

export default explorer(declaration, (frame) => new Descent(frame));
