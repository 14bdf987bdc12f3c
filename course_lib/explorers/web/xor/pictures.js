/* The plane of inputs and the plane of the hidden outputs, with the same four points and the same grid in both. */

import { Plane } from "../views/plane.js";
import { change, picture, svg, text, write } from "../views/svg.js";
import { ANSWERS, hidden, output, THRESHOLD } from "./layer.js";

const PLACE = { left: 48, top: 28, size: 236, pixels: 64 };
const [WIDTH, HEIGHT] = [290, 352]; // on screen it is never narrower, so that type is as large as it says
const INPUTS = { range: [-0.6, 1.6], ticks: [0, 1] };
const [ANSWER_0, ANSWER_1] = ["#D55E00", "#0072B2"]; // on the planes' colors, which no theme changes
const DASHES = ["10 4", "3 4"];
const CORNERS = [[-1, 1], [-1, -1], [1, 1], [1, -1]]; // where each point's name stands beside it, across and down
const ROOM = 55; // that a point's name takes beside it
const HALO = { stroke: "#fff", "stroke-width": 3, "paint-order": "stroke", "stroke-linejoin": "round" };
const SAMPLES = 45; // of each line of the grid
const REACHES = Array.from({ length: 13 }, (_, k) => 0.9 - 0.15 * k); // along a unit's line, from its middle
const LINES = [-0.5, 0, 0.5, 1, 1.5];
export const NAMES = ["00", "01", "10", "11"];
const whole = (value) => `${value}`.replace("-", "−");

/** What is shown of the hidden plane: all that the activation can give, or as much as the points need. */
function hidden_view(activation, points) {
  if (activation === "tanh") return { range: [-1.8, 1.8], ticks: [-1, 0, 1] };
  if (activation === "sigmoid" || activation === "step") return { range: [-0.5, 1.5], ticks: [0, 1] };
  const furthest = Math.max(...points.flatMap(({ h }) => h.map(Math.abs)));
  const reach = [2, 4, 8, 16].find((each) => 1.3 * furthest <= each) ?? 32;
  if (activation === "relu") return { range: [-0.3 * reach, reach], ticks: [0, reach / 2, reach] };
  return { range: [-reach, reach], ticks: [-reach, 0, reach] };
}

/** Disk for answer 1, square for answer 0, with its name; a thick black edge and a cross where the network is wrong. */
class Mark {
  constructor(row) {
    const square = { x: -7.5, y: -7.5, width: 15, height: 15 };
    const is_one = ANSWERS[row] === 1;
    this.shape = is_one ? svg("circle", { r: 8, fill: ANSWER_1 }) : svg("rect", { ...square, fill: ANSWER_0 });
    this.name = NAMES[row];
    [this.across, this.down] = CORNERS[row];
    this.words = change(text(0, 0, "", { bold: true, color: "#000" }), HALO);
    this.node = svg("g", { class: `point point-${this.name}` }, this.shape, svg("circle", { class: "reach", r: 22, fill: "transparent" }));
  }

  draw([x, y], right) {
    const { left, size } = PLACE;
    let { across } = this;
    if (x - left < ROOM) across = 1; // beside the edge the name stands on the side that has room
    if (left + size - x < ROOM) across = -1;
    change(this.words, { x: x + 11 * across, y: y + 14 * this.down + 5, "text-anchor": across < 0 ? "end" : "start" });
    change(this.node, { transform: `translate(${x.toFixed(1)} ${y.toFixed(1)})` });
    change(this.shape, right ? { stroke: "#fff", "stroke-width": 1.5 } : { stroke: "#000", "stroke-width": 3 });
    write(this.words, `${this.name} ${right ? "✓" : "✗"}`);
  }
}

/** The lines of a square grid over the inputs, each as a list of places. */
const GRID = LINES.flatMap((value) => {
  const along = Array.from({ length: SAMPLES }, (_, k) => -0.5 + (2 * k) / (SAMPLES - 1));
  return [along.map((each) => [value, each]), along.map((each) => [each, value])];
});

class PointsInPlane {
  constructor(words, on_top) {
    this.grid = svg("path", { class: "grid", fill: "none", stroke: "#333", "stroke-width": 0.8, opacity: 0.6 });
    this.marks = NAMES.map((_, row) => new Mark(row));
    const names = svg("g", { "pointer-events": "none" }, ...this.marks.map((mark) => mark.words)); // above every mark
    const marks = this.marks.map(({ node }) => node);
    this.plane = new Plane({ ...PLACE, ...words }, [this.grid], [...on_top, ...marks, names]);
  }

  /** place: an input [x1, x2] -> its place in this plane. */
  draw_grid(place) {
    const { axes } = this.plane;
    const d = GRID.map((line) => {
      const places = line.map(place);
      return axes.path(places.map(([x]) => x), places.map(([, y]) => y));
    });
    change(this.grid, { d: d.join("") });
  }
}

const ARROWS = { ArrowLeft: [-0.1, 0], ArrowRight: [0.1, 0], ArrowUp: [0, 0.1], ArrowDown: [0, -0.1] };

/** Left: the inputs, the border, and each hidden unit's line, on which its sum is 0. */
export class Inputs extends PointsInPlane {
  /** @param {function} moved (row, change) a hand moves a point: change([x1, x2]) is where to */
  constructor(moved) {
    const dashed = DASHES.map((dash) => ({ stroke: "#000", "stroke-width": 2, "stroke-dasharray": dash }));
    const lines = dashed.map((words, k) => svg("line", { class: `unit-${k + 1}`, ...words }));
    const middle = { size: 14, anchor: "middle", color: "#000" };
    const sides = ["z₁ > 0", "z₂ > 0"].map((words) => change(text(0, 0, words, middle), HALO));
    super({ title: "The switches x₁ and x₂", x_label: "switch x₁", y_label: "switch x₂" }, [...lines, ...sides]);
    Object.assign(this, { lines, sides, taken: [] });
    this.plane.show({ ...INPUTS, format: whole });
    this.draw_grid((input) => input);
    const small = { size: 14 };
    const key = (x, line, words) => [
      svg("line", { x1: x, y1: 339, x2: x + 30, y2: 339, ...line, stroke: "var(--ink)" }),
      text(x + 35, 344, words, small),
    ];
    this.node = picture(WIDTH, HEIGHT, this.plane.node,
      svg("circle", { cx: 14, cy: 316, r: 7, fill: ANSWER_1 }), text(26, 321, "answer 1", small),
      svg("rect", { x: 100, y: 309, width: 14, height: 14, fill: ANSWER_0 }), text(120, 321, "answer 0", small),
      text(194, 321, "✗ wrong", small),
      ...key(6, { "stroke-width": 3 }, "border"), ...key(100, dashed[0], "unit 1"), ...key(194, dashed[1], "unit 2"));
    change(this.node, { role: "group", "aria-label": "The switches x₁ and x₂, with four points that can be moved" });
    this.marks.forEach((mark, row) => this.make_movable(mark.node, row, moved));
  }

  /** A point follows the pointer that holds it, or the arrow keys. */
  make_movable(node, row, moved) {
    change(node, { tabindex: 0, role: "button", style: "cursor: grab; display: block; touch-action: none" }); // what is inline has no touch-action
    node.addEventListener("pointerdown", (event) => node.setPointerCapture(event.pointerId));
    node.addEventListener("pointermove", (event) => {
      if (node.hasPointerCapture(event.pointerId)) moved(row, () => this.input_at(event));
    });
    node.addEventListener("keydown", (event) => {
      if (!(event.key in ARROWS)) return;
      event.preventDefault(); // the page stays where it is
      moved(row, (place) => place.map((value, axis) => value + ARROWS[event.key][axis]));
    });
  }

  /** The input under the pointer. */
  input_at({ clientX, clientY }) {
    const { x, y } = new DOMPoint(clientX, clientY).matrixTransform(this.node.getScreenCTM().inverse());
    const [low, high] = INPUTS.range;
    const { left, top, size } = PLACE;
    return [low + ((x - left) / size) * (high - low), high - ((y - top) / size) * (high - low)];
  }

  draw(state, points) {
    const { plane } = this;
    for (let k = 0; k < plane.values.length; k++) {
      const h = hidden(state, plane.points[2 * k], plane.points[2 * k + 1]);
      plane.values[k] = 2 * (output(state, ...h) - THRESHOLD);
    }
    plane.draw();
    this.draw_line(0, [state.h1_x1, state.h1_x2, state.h1_bias], points);
    this.draw_line(1, [state.h2_x1, state.h2_x2, state.h2_bias], points);
    points.forEach(({ x, wanted, right }, row) => {
      this.marks[row].draw([plane.axes.x(x[0]), plane.axes.y(x[1])], right);
      const words = `point ${NAMES[row]} at (${x.map(whole).join(", ")}), answer ${wanted}`;
      change(this.marks[row].node, { "aria-label": `${words}, ${right ? "right" : "wrong"}: arrow keys move it` });
    });
  }

  draw_line(unit, [w1, w2, bias], points) {
    const { axes } = this.plane;
    const length = Math.hypot(w1, w2);
    const [line, side] = [this.lines[unit], this.sides[unit]];
    for (const node of [line, side]) change(node, { visibility: length > 0 ? "visible" : "hidden" });
    this.taken[unit] = undefined;
    if (length === 0) return;
    const normal = [w1 / length, w2 / length];
    const distance = -(bias + 0.5 * (w1 + w2)) / length; // of the line from the middle of the picture, (0.5, 0.5)
    const at = (reach, off) => {
      const [across, up] = normal.map((each) => 0.5 + (distance + off) * each);
      return [across - reach * normal[1], up + reach * normal[0]];
    };
    const [from, to] = [at(-9, 0), at(9, 0)];
    change(line, { x1: axes.x(from[0]), y1: axes.y(from[1]), x2: axes.x(to[0]), y2: axes.y(to[1]) });
    const free = this.farthest(REACHES.map((reach) => at(reach, 0.13)), points, unit);
    change(side, { visibility: free ? "visible" : "hidden" });
    if (free) change(side, { x: axes.x(free[0]), y: axes.y(free[1]) + 5 });
    this.taken[unit] = free;
  }

  /** Of these places the one inside the picture that is farthest from the points, their names, and the other label. */
  farthest(places, points, unit) {
    const others = points.map(({ x }, row) => [x[0] + 0.12 * CORNERS[row][0], x[1] - 0.05 * CORNERS[row][1]]);
    if (unit === 1 && this.taken[0]) others.push(this.taken[0]);
    const inside = places.filter(([x, y]) => Math.abs(x - 0.5) < 0.88 && Math.abs(y - 0.5) < 1.02);
    const room = ([x, y]) => Math.min(...others.map((other) => Math.hypot(x - other[0], 1.5 * (y - other[1]))));
    return inside.sort((one, other) => room(other) - room(one))[0];
  }
}

/** Right: where the hidden layer puts them, and the output's border, a straight line. */
export class Hidden extends PointsInPlane {
  constructor() {
    super({ title: "What the output unit sees", x_label: "hidden unit h₁", y_label: "hidden unit h₂" }, []);
    const key = svg("line", { x1: 46, y1: 316, x2: 76, y2: 316, stroke: "var(--ink)", "stroke-width": 3 });
    const folded = svg("line", { x1: 46, y1: 339, x2: 76, y2: 339, stroke: "var(--ink)", "stroke-width": 0.8 });
    this.node = picture(WIDTH, HEIGHT, this.plane.node, key, text(81, 321, "border: here it is straight", { size: 14 }),
      folded, text(81, 344, "the grid of the inputs, folded", { size: 14 }));
  }

  draw(state, points) {
    const { plane } = this;
    plane.show({ ...hidden_view(state.activation, points), format: whole });
    for (let k = 0; k < plane.values.length; k++) {
      plane.values[k] = 2 * (output(state, plane.points[2 * k], plane.points[2 * k + 1]) - THRESHOLD);
    }
    plane.draw();
    this.draw_grid(([x1, x2]) => hidden(state, x1, x2));
    points.forEach(({ h, right }, row) => this.marks[row].draw([plane.axes.x(h[0]), plane.axes.y(h[1])], right));
  }
}
