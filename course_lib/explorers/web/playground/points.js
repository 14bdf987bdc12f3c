/* Points drawn by hand: with the mouse or a finger in the plane, or by typing their places. */

import { button, element, Remark, typed_number } from "../controls.js";
import { EDGE } from "./data.js";

const APART = 0.35; // between two points of one stroke
const MOST = 500;
const REACH = 0.4; // of the eraser
const BRUSHES = ["circles", "squares", "eraser"];

export class PointsByHand {
  constructor(playground) {
    this.playground = playground;
    this.brush = element("select", { class: "brush", "aria-label": "what you draw" }, ...BRUSHES.map((words) => element("option", {}, words)));
    this.brush.selectedIndex = 1;
    this.boxes = ["x", "y"].map((name) => element("input", { type: "number", min: -EDGE, max: EDGE, step: 0.5, value: 0, class: `box place-${name}`, "aria-label": `${name} of the point` }));
    this.remarks = this.boxes.map((box) => new Remark(box));
    const put = button("Put a point", "A point at the place that is typed here, without a mouse", () => this.put(), { class: "put" });
    const clear = button("Clear points", "Take all drawn points away", () => this.clear(), { class: "clear" });
    const meaning = element("span", { class: "meaning" }, "Draw in the plane with the mouse or a finger, or type x and y and put a point there.");
    this.node = element("span", { class: "by-hand" }, "Draw", this.brush, "x", this.boxes[0], "y", this.boxes[1], put, clear, element("span", { class: "remarks" }, ...this.remarks.map(({ node }) => node)), meaning);
    this.last = null; // of the stroke under way
  }

  get drawn() {
    return this.playground.frame.state.drawn;
  }

  change(drawn) {
    this.playground.frame.moved({ drawn });
  }

  clear() {
    this.playground.undo.end_move();
    this.change([]);
  }

  put() {
    this.playground.undo.end_move();
    const typed = this.boxes.map((box) => typed_number(box, { low: -EDGE, high: EDGE }));
    typed.forEach(({ number, words }, k) => {
      if (number !== null) this.boxes[k].value = number;
      this.remarks[k].say(words && `${"xy"[k]}: ${words}`);
    });
    const place = typed.map(({ number }) => number);
    if (!place.includes(null)) this.at(place);
  }

  /** One touch of the brush. */
  at([x, y]) {
    if (BRUSHES[this.brush.selectedIndex] === "eraser") return this.erase(x, y);
    if (this.drawn.length >= 3 * MOST) return this.playground.tools.complain(`There are ${MOST} points: more are not taken.`);
    return this.change([...this.drawn, ...[x, y].map((value) => Math.round(value * 100) / 100), this.brush.selectedIndex]);
  }

  erase(x, y) {
    const kept = [];
    for (let k = 0; k + 2 < this.drawn.length; k += 3) {
      if (Math.hypot(this.drawn[k] - x, this.drawn[k + 1] - y) > REACH) kept.push(...this.drawn.slice(k, k + 3));
    }
    if (kept.length !== this.drawn.length) this.change(kept);
  }

  /** The plane listens: a press puts a point, a stroke several. */
  listen(svg, surface) {
    const place = (event) => {
      const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
      return surface.point_at(at.x, at.y);
    };
    svg.addEventListener("pointerdown", (event) => {
      const draws = this.playground.frame.state.data === "drawn" && event.button === 0 && event.isPrimary; // a second finger doesn't
      const point = draws ? place(event) : null;
      if (point === null) return;
      event.preventDefault();
      this.playground.frame.root.focus({ preventScroll: true });
      this.playground.undo.end_move(); // a stroke is one move
      this.last = point;
      this.at(point);
    });
    svg.addEventListener("pointermove", (event) => {
      const point = this.last && event.isPrimary && place(event);
      if (!point || Math.hypot(point[0] - this.last[0], point[1] - this.last[1]) < APART) return;
      this.last = point;
      this.at(point);
    });
    for (const end of ["pointerup", "pointerleave", "pointercancel"]) svg.addEventListener(end, () => (this.last = null));
  }
}
