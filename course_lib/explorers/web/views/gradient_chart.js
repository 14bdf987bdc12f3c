/* The size of a gradient on its way back, layer by layer or step by step: a line over a fixed log axis.
 *
 * Every chart begins at 0 decades on the right and shows the same decades, so that charts can be compared.
 */

import { FAILS, finding, power_of_ten, ratio_in_words, verdict, VERDICTS } from "./decades.js";
import { arrow_tip, Axes, change, svg, text, write } from "./svg.js";

export const REACH = 10; // decades shown, upward and downward
export const NARROW = 460; // of the frame: below this width the words are shorter
const Y_TICKS = [-10, -5, 0, 5, 10];
const COLOR = "var(--negative)";

export class GradientChart {
  /**
   * @param {object} words left, top, width, height of the frame in the picture; name of what is counted, "layer" or
   *   "step"; x_label; beside: what a second line is called, dotted, where `draw` gets one
   */
  constructor({ left, top, width, height, name, x_label, beside = "" }) {
    Object.assign(this, { left, top, width, height, name, narrow: width < NARROW });
    this.axes = this.axes_for(1);
    this.heading = text(4, top - 11, "", { bold: true });
    this.reference = svg("line", { stroke: "var(--soft)", "stroke-width": 2, "stroke-dasharray": "7 5" });
    this.line = svg("path", { fill: "none", stroke: COLOR, "stroke-width": 3 });
    this.dotted = svg("path", { fill: "none", stroke: "var(--ink)", "stroke-width": 2.5, "stroke-dasharray": "2 5" });
    this.beside = with_halo(text(0, 0, beside, { anchor: "end" }));
    this.dots = svg("g", { fill: COLOR, stroke: "var(--paper)" });
    this.triangles = svg("path", { fill: COLOR });
    this.arrow = svg("line", { stroke: "var(--ink)", "stroke-width": 2.5, "marker-end": "url(#ratio-tip)" });
    this.ratio = with_halo(text(0, 0, "", { color: COLOR, bold: true }));
    this.ticks = svg("g");
    const clip = svg("clipPath", { id: "gradient-chart" }, svg("rect", { x: left, y: top, width, height }));
    const inside = svg("g", { "clip-path": "url(#gradient-chart)" }, this.dotted, this.line);
    this.node = svg("g", { class: "gradient-chart" }, svg("defs", {}, clip, arrow_tip("ratio-tip", "var(--ink)")),
      ...this.zones(), this.frame(x_label), this.ticks, this.heading, this.reference, ...this.labels(), inside,
      this.dots, this.triangles, this.arrow, this.beside, this.above, this.below, this.ratio);
  }

  axes_for(n) {
    const { left, top, width, height } = this;
    return new Axes({ left, top, width, height, x: [0.5, n + 0.5], y: [-REACH, REACH] });
  }

  /** Where the gradient vanishes, and where it explodes, in gray. */
  zones() {
    const { axes, left, top, width, height } = this;
    const zone = (y, tall) => svg("rect", { x: left, y, width, height: tall, fill: "var(--line)", opacity: 0.25 });
    return [zone(top, axes.y(FAILS) - top), zone(axes.y(-FAILS), top + height - axes.y(-FAILS))];
  }

  frame(x_label) {
    const { axes, left, top, height, width } = this;
    const format = (power) => (power === 0 ? "1" : power_of_ten(power));
    const up = text(0, 0, "dL/dh (last = 1)", { size: 14, anchor: "middle" });
    change(up, { transform: `translate(16 ${top + height / 2}) rotate(-90)` });
    const across = text(left + width / 2, top + height + 36, x_label, { anchor: "middle" });
    return svg("g", {}, axes.frame({ y_ticks: Y_TICKS, format }), up, across);
  }

  /** Words inside the frame: what the zones are, and what lies beyond them. */
  labels() {
    const { axes, left, top, width, height } = this;
    const right = left + width - 8;
    const words = (y, said) => text(right, y, said, { anchor: "end", color: "var(--soft)" });
    this.same = words(0, this.narrow ? "" : `as large as in the last ${this.name}`);
    change(this.reference, { x1: left, x2: left + width, y1: axes.y(0), y2: axes.y(0) });
    const beyond = (y, power) => with_halo(text(0, y, `beyond ${power_of_ten(power)}`, { color: COLOR, bold: true }));
    this.above = beyond(top + 30, REACH);
    this.below = beyond(top + height - 20, -REACH);
    return [words(top + 20, "explodes"), this.same, words(top + height - 10, "vanishes")];
  }

  /** What changes with the number of layers or steps alone. */
  count(n) {
    this.axes = this.axes_for(n);
    const { axes, top, height } = this;
    const step = [1, 5, 10, 20, 50].find((each) => n / each <= Math.min(this.width / 40, 15));
    const shown = Array.from({ length: n }, (_, k) => k + 1).filter((place) => place === 1 || place % step === 0);
    const look = { size: 13, anchor: "middle", color: "var(--soft)" };
    this.ticks.replaceChildren(...shown.map((place) => text(axes.x(place), top + height + 18, `${place}`, look)));
    this.dots.replaceChildren(...Array.from({ length: n }, () => svg("circle", { r: n <= 30 ? 5 : 3 })));
    for (const words of [this.above, this.below]) change(words, { x: axes.x(1) + 14 });
    this.n = n;
  }

  /**
   * @param {number[]} decades of all layers or steps, first to last, against the last
   * @param {number[]} beside decades of something to compare with, or null
   * @param {string} coming the heading while some of `decades` are not known yet, and NaN; "" where all are
   */
  draw(decades, beside = null, coming = "") {
    if (this.n !== decades.length) this.count(decades.length);
    const { axes, name, narrow } = this;
    const kind = verdict(decades);
    write(this.heading, coming || (narrow && kind in VERDICTS ? VERDICTS[kind] : finding(decades, name)));
    change(this.same, { y: axes.y(0) + (decades[0] > 0 ? 20 : -8) }); // on the side where the line is not
    const places = decades.map((_, k) => k + 1);
    change(this.line, { d: axes.path(places, decades) });
    decades.forEach((height, k) => {
      const seen = Math.abs(height) <= REACH;
      const place = { cx: axes.x(k + 1), cy: seen ? axes.y(height) : 0 };
      change(this.dots.children[k], { visibility: seen ? "visible" : "hidden", ...place });
    });
    this.draw_beyond(decades);
    this.draw_ratio(decades, kind);
    this.draw_beside(beside);
  }

  /** Triangles at the edge under or over which the line goes on, and what that edge is. */
  draw_beyond(decades) {
    const { axes, top, height } = this;
    const apart = Math.max(1, Math.round((16 * decades.length) / this.width)); // triangles that do not overlap
    let d = "";
    for (const [side, edge, words] of [[1, top, this.above], [-1, top + height, this.below]]) {
      const outside = decades.map((each, k) => (side * each > REACH ? axes.x(k + 1) : null)).filter((x) => x !== null);
      const base = (edge + 12 * side).toFixed(1);
      outside.filter((_, k) => k % apart === 0).forEach((x) => {
        d += `M${(x - 6).toFixed(1)} ${base}L${x.toFixed(1)} ${edge + side}L${(x + 6).toFixed(1)} ${base}Z`;
      });
      change(words, { visibility: outside.length ? "visible" : "hidden" });
    }
    change(this.triangles, { d });
  }

  /** An arrow from the last one's size to the first one's, where they differ visibly, and the ratio beside it. */
  draw_ratio([first], kind) {
    const { axes } = this;
    const there = ["alone", "lost", "keeps"].includes(kind) ? "hidden" : "visible";
    for (const node of [this.arrow, this.ratio]) change(node, { visibility: there });
    if (there === "hidden") return;
    const side = first > 0 ? 1 : -1;
    const end = axes.y(Math.min(Math.max(first, -REACH), REACH)) + side * 14;
    const long_enough = side * (axes.y(0) - end) > 8; // else its tip would be all of it
    change(this.arrow, { x1: axes.x(1), x2: axes.x(1), y1: axes.y(0), y2: end });
    change(this.arrow, { visibility: long_enough ? "visible" : "hidden" });
    change(this.ratio, { x: Math.max(axes.x(1) - 4, this.left + 6), y: axes.y(0) + (side > 0 ? 22 : -9) });
    write(this.ratio, ratio_in_words(first));
  }

  /** A dotted line, named at a quarter of its way, or where it is about to leave the chart. */
  draw_beside(decades) {
    for (const node of [this.dotted, this.beside]) change(node, { visibility: decades ? "visible" : "hidden" });
    if (!decades) return;
    const { axes } = this;
    change(this.dotted, { d: axes.path(decades.map((_, k) => k + 1), decades) });
    const inside = Math.max(decades.findIndex((each) => Math.abs(each) < 0.7 * REACH), 0);
    const place = Math.max(Math.floor(decades.length / 4), inside);
    const [x, y] = [axes.x(place + 1), axes.y(decades[place])];
    // The gradient's own line is mostly below this one; "explodes" stands on the right.
    if (decades[0] <= 0) change(this.beside, { x: x - 10, y: y - 6, "text-anchor": "end" });
    else if (x > this.left + this.width - 170) change(this.beside, { x: x - 10, y: y + 18, "text-anchor": "end" });
    else change(this.beside, { x: x + 10, y, "text-anchor": "start" });
  }
}

/** Text that can be read on a line. */
export function with_halo(node, width = 4) {
  const halo = { stroke: "var(--paper)", "stroke-width": width, "stroke-linejoin": "round", "paint-order": "stroke" };
  return change(node, halo);
}
