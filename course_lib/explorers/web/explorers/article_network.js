/* The article's exercise network with every number on a slider and every sum written out, node by node. */

import { forward, PLACES } from "../article_network/numbers.js";
import { explorer } from "../explorer.js";
import { Fitted } from "../views/fitted.js";
import { change, svg, text, write } from "../views/svg.js";
import { lowered, pen, short, written_sum } from "../views/written.js";
import declaration from "./article_network.state.js";

const NARROW = 590; // below this width of the picture letters and nodes are smaller
const MOST = 28; // letters of a written sum in one line, where there is room for more
const TITLES = { x: "inputs", n: "hidden layer", y: "output layer" };
const LAYERS = [
  { letter: "n", from: "x", sums: "z", weight: "w", bias: "b" },
  { letter: "y", from: "n", sums: "s", weight: "v", bias: "c" },
];

/** Where everything stands in a picture of this width. A written sum may be as wide as two layers are apart. */
function layout_for(width) {
  const half = width / 5;
  const more = { width, columns: { n: width - 3 * half, y: width - half } };
  // rows: the middles of nodes; line: the height of a line of words; box: of a weight's number; aslant: where it stands
  const all = width >= NARROW
    ? { ...more, size: 17, line: 22, radius: 36, rows: [158, 326], left: 50, height: 488, box: [54, 28], aslant: 0.3 }
    : { ...more, size: 13, line: 18, radius: 28, rows: [138, 292], left: 32, height: 434, box: [46, 24], aslant: 0.36 };
  all.columns.x = all.left;
  all.room = Math.floor((2 * half) / (0.54 * all.size)); // letters in a line
  return all;
}

/** The sum of a unit in numbers: "3·1 + 4·(−1) + 9". */
function sum_in_numbers(state, numbers, { from, weight, bias }, place) {
  const weights = PLACES.map((of) => state[`${weight}${of + 1}${place + 1}`]);
  return written_sum(numbers[from], weights, state[`${bias}${place + 1}`]);
}

function describe(state) {
  const numbers = forward(state);
  const lines = LAYERS.map((layer) =>
    PLACES.map((place) => {
      const arithmetic = sum_in_numbers(state, numbers, layer, place);
      const name = lowered(`${layer.letter}${place + 1}`);
      return `${name} = max(${arithmetic}, 0) = ${short(numbers[layer.letter][place])}`;
    }).join("; "),
  );
  return `${lines.join(".\n")}.`;
}

function make(frame) {
  frame.root.classList.add("compact");
  const fitted = new Fitted(frame, null, (width) => new Picture(layout_for(width)));
  return {
    describe,
    draw: (state) => fitted.scene.draw(state, forward(state)),
    destroy: () => fitted.stop(),
  };
}

/** The network from left to right, with a legend under it. */
class Picture {
  constructor(layout) {
    const { columns, size, height } = layout;
    const ways = PLACES.flatMap((of) => PLACES.map((to) => [of, to]));
    this.height = height;
    this.lines = LAYERS.flatMap((layer) => ways.map(([of, to]) => new WeightLine(layout, layer, of, to)));
    this.units = Object.keys(TITLES).flatMap((letter) => PLACES.map((place) => new Unit(layout, letter, place)));
    this.sums = LAYERS.flatMap((layer) => PLACES.map((place) => new WrittenUnit(layout, layer, place)));
    const title = { size, anchor: "middle", bold: true };
    const titles = Object.entries(TITLES).map(([letter, words]) => text(columns[letter], 22, words, title));
    const of_lines = [...this.lines.map(({ line }) => line), ...this.lines.map(({ label }) => label)];
    const of_units = [...this.units, ...this.sums].map(({ node }) => node);
    this.node = svg("g", {}, ...titles, ...of_lines, ...of_units, legend(layout));
  }

  draw(state, numbers) {
    for (const line of this.lines) line.draw(state);
    for (const unit of this.units) unit.draw(numbers);
    for (const sum of this.sums) sum.draw(state, numbers);
  }
}

/** The line of a weight, and its number on it. */
class WeightLine {
  constructor({ columns, rows, radius, aslant, box: [wide, tall], size }, { from, letter, weight }, of, to) {
    this.name = `${weight}${of + 1}${to + 1}`;
    const [x1, y1, x2, y2] = [columns[from], rows[of], columns[letter], rows[to]];
    const beside = (radius + wide / 2 + 4) / (x2 - x1); // as near to the node as there is room
    const share = of === to ? Math.max(beside, 0.3) : aslant; // near the line's start, where the lines are apart
    const [x, y] = [x1 + share * (x2 - x1), y1 + share * (y2 - y1)];
    this.line = svg("line", { x1, y1, x2, y2 });
    const box = { x: x - wide / 2, y: y - tall / 2, width: wide, height: tall, rx: 8 };
    this.box = svg("rect", { ...box, fill: "var(--paper)", "stroke-width": 1.5 });
    this.words = text(x, y + 0.35 * size, "", { size, anchor: "middle", bold: true });
    this.label = svg("g", {}, this.box, this.words);
  }

  draw(state) {
    const weight = state[this.name];
    const look = pen(weight);
    change(this.line, look);
    change(this.box, { stroke: look.stroke });
    write(this.words, `${weight > 0 ? "+" : ""}${short(weight)}`);
  }
}

/** A node with its name and its number; its color says the number's sign, as the number does. */
class Unit {
  constructor({ columns, rows, radius, size }, letter, place) {
    Object.assign(this, { letter, place, size });
    const [x, y] = [columns[letter], rows[place]];
    const round = { cx: x, cy: y, r: radius };
    const back = svg("circle", { ...round, fill: "var(--paper)" });
    this.circle = svg("circle", { ...round, "fill-opacity": 0.2, stroke: "var(--ink)", "stroke-width": 1.5 });
    this.words = text(x, y + 0.95 * size, "", { anchor: "middle", bold: true });
    const name = text(x, y - 0.5 * size, lowered(`${letter}${place + 1}`), { size, anchor: "middle" });
    this.node = svg("g", {}, back, this.circle, name, this.words);
  }

  draw(numbers) {
    const value = numbers[this.letter][this.place];
    const words = short(value);
    change(this.circle, { fill: value > 0 ? "var(--positive)" : value < 0 ? "var(--negative)" : "var(--soft)" });
    change(this.words, { "font-size": words.length <= 4 ? 1.3 * this.size : this.size });
    write(this.words, words);
  }
}

/** The sum and its ReLU, above the upper node and under the lower one, where no line runs. */
class WrittenUnit {
  constructor(layout, layer, place) {
    Object.assign(this, { layout, layer, place });
    const words = { size: layout.size, anchor: "middle" };
    this.lines = [0, 1, 2, 3].map(() => text(layout.columns[layer.letter], 0, "", words));
    this.node = svg("g", {}, ...this.lines);
  }

  draw(state, numbers) {
    const { layer, place } = this;
    const { rows, radius, line: tall, room } = this.layout;
    const total = short(numbers[layer.sums][place]);
    const result = `max(${total}, 0) = ${short(numbers[layer.letter][place])}`;
    const words = [...in_lines(`${sum_in_numbers(state, numbers, layer, place)} = ${total}`, room), result];
    const top = place === 0 ? rows[0] - radius + 10 - tall * words.length : rows[1] + radius + tall;
    this.lines.forEach((line, number) => {
      write(line, words[number] ?? "");
      change(line, { y: top + tall * number, "font-weight": number === words.length - 1 ? 600 : 400 });
    });
  }
}

/** One line, or where it is too long the products, then the bias and the result; where still too long, each product. */
function in_lines(arithmetic, room) {
  if (arithmetic.length <= Math.min(room, MOST)) return [arithmetic];
  const products_end = Math.max(arithmetic.lastIndexOf(" + "), arithmetic.lastIndexOf(" − "));
  const [products, rest] = [arithmetic.slice(0, products_end), arithmetic.slice(products_end + 1)];
  if (products.length <= room) return [products, rest];
  const first_end = products.indexOf(" + ");
  return [products.slice(0, first_end), products.slice(first_end + 1), rest];
}

function legend({ width, height, size }) {
  const y = height - 14;
  const narrow = width < NARROW;
  const [apart, long] = narrow ? [(width - 8) / 3, 28] : [222, 44];
  const kind = narrow ? "" : " weight";
  const samples = [[3, `positive${kind}`], [-3, `negative${kind}`], [0, "weight 0"]];
  return svg("g", {}, ...samples.flatMap(([weight, words], number) => {
    const x = (narrow ? 4 : 14) + apart * number;
    const sample = svg("line", { x1: x, y1: y - 5, x2: x + long, y2: y - 5, ...pen(weight) });
    return [sample, text(x + long + 8, y, words, { size })];
  }));
}

export default explorer(declaration, make);
