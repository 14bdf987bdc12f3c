/* A column for each class or hidden unit: its weights as an image, pixel times weight below, and their sum. */

import { element } from "../controls.js";
import { HeatMap } from "../views/heat_map.js";
import { format_number, write } from "../views/svg.js";
import { CLASS_NAMES, SIDE } from "./clothes.js";
import { largest_size } from "./roughness.js";

const MOST_IN_A_ROW = 6; // where there is little room: else two rows

export class Tiles {
  constructor() {
    this.heading = element("p", { class: "heading" });
    this.scale = element("span", {});
    const swatch = (name) => element("i", { class: `swatch ${name}` });
    const words = [swatch("minus"), "negative ", swatch("zero"), "0 ", swatch("plus"), "positive. "];
    const key = element("p", { class: "key" }, ...words, this.scale);
    this.grid = element("div", { class: "tiles" });
    this.node = element("div", {}, this.heading, key, this.grid);
    this.columns = [];
  }

  /** Lay out anew for so many units: 0 is no hidden layer, and each class has a tile. */
  lay_out(hidden_units) {
    const names = hidden_units > 0 ? Array.from({ length: hidden_units }, (_, k) => `unit ${k + 1}`) : CLASS_NAMES;
    this.hidden = hidden_units > 0;
    this.columns = names.map((name) => new Column(name));
    this.grid.style.setProperty("--wide", names.length);
    this.grid.style.setProperty("--narrow", names.length > MOST_IN_A_ROW ? names.length / 2 : names.length);
    this.grid.replaceChildren(...this.columns.map((column) => column.node));
  }

  /** @param {Float64Array[]} images the weights of each @param {object} seen what Session.look_at says of an image */
  draw(images, seen, number) {
    const products = images.map((weights) => weights.map((weight, pixel) => weight * seen.x[pixel]));
    const [limit, product_limit] = [images, products].map((each) => largest_size(each) || 1);
    const what = this.hidden ? "hidden unit" : "class";
    const below = `pixel times weight for image ${number}, and the sum z with the bias`;
    write(this.heading, `Above: the weights of each ${what}. Below: ${below}.`);
    write(this.scale, `Full color is ±${format_number(limit)} above, ±${format_number(product_limit)} below.`);
    this.columns.forEach((column, k) => column.draw(images[k], limit, products[k], product_limit, seen.sums[k]));
  }
}

/** With one decimal, and no letter more: sixteen of them stand side by side. */
function short_number(value) {
  const words = value.toFixed(1);
  return (Number(words) === 0 ? "0.0" : words).replace("-", "−");
}

class Column {
  constructor(name) {
    this.weights = new HeatMap(SIDE);
    this.product = new HeatMap(SIDE);
    this.sum = element("span", { class: "sum" });
    const words = element("span", { class: "name" }, name);
    this.node = element("div", { class: "tile" }, words, this.weights.canvas, this.product.canvas, this.sum);
  }

  draw(weights, limit, product, product_limit, sum) {
    this.weights.draw(weights, limit);
    this.product.draw(product, product_limit);
    write(this.sum, short_number(sum));
  }
}
