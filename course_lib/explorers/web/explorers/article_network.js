/* The article's exercise network with every number on a slider and every sum written out, node by node. */

import { forward, PLACES } from "../article_network/numbers.js";
import { explorer } from "../explorer.js";
import { change, picture, svg, text, write } from "../views/svg.js";
import { lowered, pen, short, written_sum } from "../views/written.js";
import declaration from "./article_network.state.js";

const COLUMNS = { x: 50, n: 300, y: 574 }; // where each layer stands in the picture
const ROWS = [158, 326];
const RADIUS = 36;
const LINE_HEIGHT = 22;
const LONGEST = 28; // letters of a written sum in one line
const LABEL_AT = 0.3; // near the line's start, where the lines are apart
const TITLES = { x: "inputs", n: "hidden layer", y: "output layer" };
const LAYERS = [
  { letter: "n", from: "x", sums: "z", weight: "w", bias: "b" },
  { letter: "y", from: "n", sums: "s", weight: "v", bias: "c" },
];

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
  const lines = LAYERS.flatMap((layer) => PLACES.flatMap((of) => PLACES.map((to) => new WeightLine(layer, of, to))));
  const units = Object.keys(COLUMNS).flatMap((letter) => PLACES.map((place) => new Unit(letter, place)));
  const sums = LAYERS.flatMap((layer) => PLACES.map((place) => new WrittenUnit(layer, place)));
  const title = { size: 17, anchor: "middle", bold: true };
  const titles = Object.entries(TITLES).map(([letter, words]) => text(COLUMNS[letter], 22, words, title));
  const of_lines = [...lines.map(({ line }) => line), ...lines.map(({ label }) => label)];
  const of_units = [...units, ...sums].map(({ node }) => node);
  frame.root.classList.add("compact");
  frame.picture.append(picture(720, 488, ...titles, ...of_lines, ...of_units, legend(14, 474)));
  return {
    describe,
    draw(state) {
      const numbers = forward(state);
      for (const line of lines) line.draw(state);
      for (const unit of units) unit.draw(numbers);
      for (const sum of sums) sum.draw(state, numbers);
    },
  };
}

/** The line of a weight, and its number on it. */
class WeightLine {
  constructor({ from, letter, weight }, of, to) {
    this.name = `${weight}${of + 1}${to + 1}`;
    const [x1, y1, x2, y2] = [COLUMNS[from], ROWS[of], COLUMNS[letter], ROWS[to]];
    const [x, y] = [x1 + LABEL_AT * (x2 - x1), y1 + LABEL_AT * (y2 - y1)];
    this.line = svg("line", { x1, y1, x2, y2 });
    const box = { x: x - 27, y: y - 14, width: 54, height: 28, rx: 8 };
    this.box = svg("rect", { ...box, fill: "var(--paper)", "stroke-width": 1.5 });
    this.words = text(x, y + 6, "", { size: 17, anchor: "middle", bold: true });
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
  constructor(letter, place) {
    Object.assign(this, { letter, place });
    const [x, y] = [COLUMNS[letter], ROWS[place]];
    const round = { cx: x, cy: y, r: RADIUS };
    const back = svg("circle", { ...round, fill: "var(--paper)" });
    this.circle = svg("circle", { ...round, "fill-opacity": 0.2, stroke: "var(--ink)", "stroke-width": 1.5 });
    this.words = text(x, y + 16, "", { anchor: "middle", bold: true });
    const name = text(x, y - 10, lowered(`${letter}${place + 1}`), { size: 17, anchor: "middle" });
    this.node = svg("g", {}, back, this.circle, name, this.words);
  }

  draw(numbers) {
    const value = numbers[this.letter][this.place];
    const words = short(value);
    change(this.circle, { fill: value > 0 ? "var(--positive)" : value < 0 ? "var(--negative)" : "var(--soft)" });
    change(this.words, { "font-size": words.length <= 4 ? 22 : 17 });
    write(this.words, words);
  }
}

/** The sum and its ReLU, above the upper node and under the lower one, where no line runs. */
class WrittenUnit {
  constructor(layer, place) {
    Object.assign(this, { layer, place });
    const x = COLUMNS[layer.letter];
    this.lines = [0, 1, 2].map(() => text(x, 0, "", { size: 17, anchor: "middle" }));
    this.node = svg("g", {}, ...this.lines);
  }

  draw(state, numbers) {
    const { layer, place } = this;
    const total = short(numbers[layer.sums][place]);
    const result = `max(${total}, 0) = ${short(numbers[layer.letter][place])}`;
    const words = [...in_lines(`${sum_in_numbers(state, numbers, layer, place)} = ${total}`), result];
    const top = place === 0 ? ROWS[0] - RADIUS + 10 - LINE_HEIGHT * words.length : ROWS[1] + RADIUS + LINE_HEIGHT;
    this.lines.forEach((line, number) => {
      write(line, words[number] ?? "");
      change(line, { y: top + LINE_HEIGHT * number, "font-weight": number === words.length - 1 ? 600 : 400 });
    });
  }
}

/** One line, or two where it is too long: the products, then the bias and the result. */
function in_lines(arithmetic) {
  if (arithmetic.length <= LONGEST) return [arithmetic];
  const products_end = Math.max(arithmetic.lastIndexOf(" + "), arithmetic.lastIndexOf(" − "));
  return [arithmetic.slice(0, products_end), arithmetic.slice(products_end + 1)];
}

function legend(left, y) {
  const samples = [[3, "positive weight"], [-3, "negative weight"], [0, "weight 0"]];
  return svg("g", {}, ...samples.flatMap(([weight, words], number) => {
    const x = left + 222 * number;
    const sample = svg("line", { x1: x, y1: y - 5, x2: x + 44, y2: y - 5, ...pen(weight) });
    return [sample, text(x + 52, y, words, { size: 17 })];
  }));
}

export default explorer(declaration, make);
