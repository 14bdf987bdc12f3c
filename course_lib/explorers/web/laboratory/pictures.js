/* What the laboratory shows: the plane with its points, and loss and accuracy over the epochs. */

import { Plane } from "../views/plane.js";
import { Axes, change, picture, svg, text, write } from "../views/svg.js";
import { percent } from "../views/written.js";
import { EPOCHS } from "./run.js";
import { title } from "./verdict.js";

const EDGE = 3.3; // the picture shows the plane from −3.3 to 3.3
const PIXELS = 60;
const LOSSES = [0.03, 4];
const [WIDTH, HEIGHT] = [290, 372]; // on screen it is never narrower, so that type is as large as it says
const TICKS = [0, 40, 80, 120];
const [CLASS_0, CLASS_1] = ["#D55E00", "#0072B2"]; // on the plane's colors, which no theme changes
const whole = (value) => (Number.isInteger(value) ? `${value}`.replace("-", "−") : value.toFixed(1));

/** The mark of a point: a disk for class 1, a square for class 0, with a thick black edge where the label is wrong. */
function mark(label, is_wrong, radius) {
  const edge = is_wrong ? { stroke: "#000", "stroke-width": 2.5 } : { stroke: "#fff", "stroke-width": 1 };
  const kind = is_wrong ? "wrong" : "right";
  if (label === 1) return svg("circle", { r: radius, fill: CLASS_1, class: kind, ...edge });
  const side = 1.8 * radius;
  return svg("rect", { x: -side / 2, y: -side / 2, width: side, height: side, fill: CLASS_0, class: kind, ...edge });
}

function placed(node, x, y) {
  return svg("g", { transform: `translate(${x.toFixed(1)} ${y.toFixed(1)})` }, node);
}

/** The plane of inputs, what the network says of every point of it, and the points that it learns from. */
export class PlaneOfPoints {
  constructor() {
    this.points = svg("g", { class: "points" });
    const words = { title: "What it says of every point", x_label: "input x₁", y_label: "input x₂" };
    this.plane = new Plane({ left: 48, top: 28, size: 236, pixels: PIXELS, ...words }, [], [this.points]);
    this.plane.show({ range: [-EDGE, EDGE], ticks: [-3, 0, 3], format: whole });
    this.numbers = [344, 364].map((y) => text(6, y, "", { size: 13, bold: true }));
    const hollow = svg("circle", { r: 6, fill: "#fff", stroke: "#000", "stroke-width": 2.5 });
    const small = { size: 14 };
    const key = [
      placed(mark(1, false, 6), 12, 317), text(22, 322, "class 1", small),
      placed(mark(0, false, 6), 92, 317), text(102, 322, "class 0", small),
      placed(hollow, 172, 317), text(184, 322, "wrong label", small),
    ];
    this.node = picture(WIDTH, HEIGHT, this.plane.node, ...key, ...this.numbers);
  }

  draw_points({ x, labels, wrong }) {
    const { axes } = this.plane;
    const radius = labels.length <= 100 ? 5 : 3.6;
    const place = (row) => [axes.x(x[2 * row]), axes.y(x[2 * row + 1])];
    this.points.replaceChildren(...labels.map((label, row) => placed(mark(label, wrong[row], radius), ...place(row))));
  }

  draw(run, found) {
    const { plane } = this;
    const logits = run.viewers.picture.outputs(plane.points);
    for (let k = 0; k < plane.values.length; k++) {
      plane.values[k] = Math.tanh((logits[2 * k + 1] - logits[2 * k]) / 2); // p(class 1) - p(class 0)
    }
    plane.draw();
    const right = `right: training ${percent(found.train_accuracy)}, new points ${percent(found.validation_accuracy)}`;
    write(this.numbers[0], right);
    write(this.numbers[1], `wrong labels learned: ${found.wrong_learned} of ${found.n_wrong}`);
  }
}

/** A chart over the epochs with a curve for the training points and one for new points. */
class Chart {
  constructor(place, y_ticks, words) {
    const axes = (this.axes = new Axes({ ...place, x: [0, EPOCHS] }));
    const { left, top, width, height } = axes;
    const bottom = top + height;
    const line = (x1, y1, x2, y2) => svg("line", { x1, y1, x2, y2, stroke: "var(--line)", "stroke-width": 0.7 });
    const grid = y_ticks.map((tick) => line(left, axes.y(tick), left + width, axes.y(tick)));
    this.best = svg("line", { y1: top, y2: bottom, ...BEST });
    this.curves = ["train", "validation"].map((part) => svg("path", { fill: "none", class: part, ...CURVES[part] }));
    this.ends = ["train", "validation"].map((part) => svg("circle", { r: 4, fill: CURVES[part].stroke }));
    const frame = axes.frame({ x_ticks: TICKS, y_ticks, format: whole, ...words });
    this.node = svg("g", {}, ...grid, this.best, ...this.curves, ...this.ends, frame);
  }

  draw(rows, measured, best_epoch) {
    const { axes } = this;
    const [low, high] = axes.y_range;
    const epochs = rows.map((row) => row.epoch);
    ["train", "validation"].forEach((part, k) => {
      const values = rows.map((row) => Math.min(Math.max(measured(row[part]), low), high));
      change(this.curves[k], { d: axes.path(epochs, values) });
      change(this.ends[k], { visibility: rows.length > 0 ? "visible" : "hidden" });
      if (rows.length > 0) change(this.ends[k], { cx: axes.x(epochs.at(-1)), cy: axes.y(values.at(-1)) });
    });
    change(this.best, { visibility: best_epoch === null ? "hidden" : "visible" });
    if (best_epoch !== null) change(this.best, { x1: axes.x(best_epoch), x2: axes.x(best_epoch) });
  }
}

const CURVES = {
  train: { stroke: "var(--positive)", "stroke-width": 2.5, "stroke-dasharray": "none" },
  validation: { stroke: "var(--highlight)", "stroke-width": 3, "stroke-dasharray": "7 4" },
};
const BEST = { stroke: "var(--good)", "stroke-width": 2, "stroke-dasharray": "3 3" };

/** Loss above accuracy, with the epoch of the lowest loss on new points marked in both. */
export class Curves {
  constructor() {
    const place = { left: 52, width: 220, height: 110 };
    const losses = { ...place, top: 28, y: LOSSES, logarithmic: true };
    const accuracies = { ...place, top: 170, y: [40, 102] };
    this.loss = new Chart(losses, [0.1, 0.3, 1, 3], { y_label: "loss (log)" });
    this.accuracy = new Chart(accuracies, [40, 60, 80, 100], { y_label: "accuracy (%)", x_label: "epoch" });
    this.title = text(52, 18, "", { bold: true });
    const key = (x, y, line, said) => [
      svg("line", { x1: x, y1: y - 5, x2: x + 30, y2: y - 5, ...line }), text(x + 36, y, said, { size: 14 }),
    ];
    this.node = picture(WIDTH, HEIGHT, this.title, this.loss.node, this.accuracy.node,
      ...key(40, 344, CURVES.train, "training"), ...key(158, 344, CURVES.validation, "new points"),
      ...key(40, 364, BEST, "lowest loss on new points"));
  }

  draw({ rows, best_epoch }, found) {
    this.loss.draw(rows, ({ loss }) => loss, best_epoch);
    this.accuracy.draw(rows, ({ accuracy }) => 100 * accuracy, best_epoch);
    write(this.title, title(found));
  }
}
