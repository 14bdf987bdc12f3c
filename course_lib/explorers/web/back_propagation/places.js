/* Where the graph's boxes, lines and words stand: from left to right, or on a narrow page from top to bottom.
 *
 * {width, height, least pixels on screen, look, size of letters, boxes: {name: [x, y, width, height]} by their
 *  middles, lines: {name: [x1, y1, x2, y2]}, switches: {sum: [x, y, anchor]}, targets: [[x, y]], words: [[x, y, words,
 *  look]], label and part: [width, height], label_at and part_at: their shares of a line; name(input, output): where a
 *  weight's name stands, as [to the right, down, anchor] of the middle of its box}
 */

import { lowered } from "../views/written.js";
import { UNITS } from "./links.js";

const LEAST = 586; // pixels that the wide graph needs, so that its letters are 13 px on screen
const PLACES = [0, 1]; // every layer has two units
const BOLD = { bold: true };
const VALUE = ["above: value", BOLD];
const SLOPE = ["below: slope of L", { italic: true }];
const layer_of = (sum) => (sum[0] === "z" ? 0 : 1);
const row_of = (name) => Number(name[1]) - 1;
const known = new Map();

/** The places for a picture of this width, always the same object for the same shape. */
export function places_for(width) {
  const make = width < LEAST ? tall : wide;
  if (!known.has(make)) known.set(make, make());
  return known.get(make);
}

/** From left to right: a unit is two boxes side by side, its sum and what ReLU makes of it; its bias above or below. */
function wide() {
  const rows = [130, 290];
  const [high, half, bias_off] = [74, 66, 68];
  const label = [66, 40];
  const left = [192, 456]; // of a layer's units
  const loss = { x: 656, y: 210, wide: 80 };
  const found = {
    width: 700, height: 386, least: LEAST, look: "", size: 15.5, label, part: [60, 28], label_at: 0.29, part_at: 0.77,
    name: name_when_wide, boxes: { L: [loss.x, loss.y, loss.wide, high] }, lines: {}, switches: {},
    targets: rows.map((y) => [loss.x, y + 5]), words: [[3, 18, "inputs", BOLD]],
  };
  PLACES.forEach((place) => (found.boxes[`x${place + 1}`] = [31, rows[place], 58, high]));
  for (const { sum, out, bias, inputs, weights } of UNITS) {
    const [start, y, down] = [left[layer_of(sum)], rows[row_of(sum)], row_of(sum) ? 1 : -1];
    const [middle, edge, bias_y] = [start + half / 2, y + (down * high) / 2, y + down * bias_off];
    found.boxes[sum] = [middle, y, half, high];
    found.boxes[out] = [start + 1.5 * half, y, half, high];
    found.boxes[bias] = [middle, bias_y, ...label];
    found.lines[bias] = [middle, bias_y - (down * label[1]) / 2, middle, edge];
    found.switches[sum] = [start + half + 4, down > 0 ? edge + 17 : edge - 7, "start"];
    found.words.push([start - 4, bias_y + 5, `bias ${lowered(bias)}`, { anchor: "end" }]);
    const right = layer_of(sum) ? left[0] + 2 * half : 60; // where the lines to this layer begin
    inputs.forEach((_, from) => (found.lines[weights[from]] = [right, rows[from], start, y]));
  }
  PLACES.forEach((place) => {
    const side = place ? 1 : -1;
    const [x, y] = [loss.x, rows[place]];
    found.lines[`y${place + 1}L`] = [left[1] + 2 * half, y, x - loss.wide / 2, loss.y + 20 * side];
    found.lines[`t${place + 1}`] = [x, y - 14 * side, x, loss.y + (high / 2) * side];
  });
  const heads = [[left[0] + half, "hidden layer"], [left[1] + half, "output layer"], [loss.x, "loss"]];
  found.words.push(...heads.map(([x, name]) => [x, 18, name, { ...BOLD, anchor: "middle" }]));
  found.words.push([3, 357, ...VALUE], [3, 378, ...SLOPE]);
  return found;
}

/** Over the upper and under the lower of the four boxes; to the left of the two between them, off the units' boxes. */
function name_when_wide(input, output) {
  if (input === output) return [0, input ? 35 : -26, "middle"];
  return [-38, input ? -5 : 15, "end"];
}

/** From top to bottom: ReLU's result stands under the sum, the bias at the outer side. */
function tall() {
  const columns = [88, 296];
  const [width, high, across] = [384, 62, 60];
  const tops = [190, 438]; // of a layer's units
  const label = [54, 36];
  const loss = { x: 192, y: 631, wide: 72 };
  const found = {
    width, height: 702, least: width, look: "tall", size: 13, label, part: [56, 24], label_at: 0.31, part_at: 0.7,
    name: name_when_tall, boxes: { L: [loss.x, loss.y, loss.wide, high] }, lines: {}, switches: {},
    targets: [[56, loss.y + 5], [width - 56, loss.y + 5]], words: [],
  };
  PLACES.forEach((place) => (found.boxes[`x${place + 1}`] = [columns[place], 4 + high / 2, across, high]));
  for (const { sum, out, bias, inputs, weights } of UNITS) {
    const [x, top, side] = [columns[row_of(sum)], tops[layer_of(sum)], row_of(sum) ? 1 : -1];
    const [y, bias_x] = [top + high / 2, side < 0 ? 27 : width - 27];
    found.boxes[sum] = [x, y, across, high];
    found.boxes[out] = [x, y + high, across, high];
    found.boxes[bias] = [bias_x, y, 52, label[1]];
    found.lines[bias] = [bias_x - 26 * side, y, x + (across / 2) * side, y];
    found.switches[sum] = [x - (across / 2 + 5) * side, top + high + 22, side < 0 ? "start" : "end"];
    found.words.push([bias_x + 26 * side, y - 24, `bias ${lowered(bias)}`, { anchor: side < 0 ? "start" : "end" }]);
    const above = layer_of(sum) ? tops[0] + 2 * high : 4 + high; // where the lines to this layer begin
    inputs.forEach((_, from) => (found.lines[weights[from]] = [columns[from], above, x, top]));
  }
  PLACES.forEach((place) => {
    const side = place ? 1 : -1;
    found.lines[`y${place + 1}L`] = [columns[place], tops[1] + 2 * high, loss.x + 20 * side, loss.y - high / 2];
    found.lines[`t${place + 1}`] = [loss.x + 96 * side, loss.y, loss.x + (loss.wide / 2) * side, loss.y];
  });
  const heads = [[40, "inputs"], [tops[0] + 36, "hidden layer"], [tops[1] + 36, "output layer"], [592, "loss"]];
  found.words.push(...heads.map(([y, name]) => [loss.x, y, name, { ...BOLD, anchor: "middle" }]));
  found.words.push([3, 694, ...VALUE], [150, 694, ...SLOPE]);
  return found;
}

/** To the left and right of the outer boxes; over the two between them, where no line passes. */
function name_when_tall(input, output) {
  if (input === output) return input ? [31, 5, "start"] : [-31, 5, "end"];
  return [input ? -8 : 8, -23, "middle"];
}
