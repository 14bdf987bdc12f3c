/* A plane of numbers as colors, on a canvas: blue above 0, orange-red below, pale at 0. */

const POSITIVE = [0, 114, 178];
const NEGATIVE = [213, 94, 0];

export class HeatMap {
  /** @param {number} pixels numbers in a row of the grid; rows: as many, a square, where it is left out */
  constructor(pixels, rows = pixels) {
    this.pixels = pixels;
    this.canvas = document.createElement("canvas");
    Object.assign(this.canvas, { width: pixels, height: rows });
    this.context = this.canvas.getContext("2d");
    this.image = this.context.createImageData(pixels, rows);
    this.image.data.fill(255);
    this.colors = colors();
  }

  /** values (pixels * rows), top row first; `limit` is the value at which the color is full. */
  draw(values, limit = 1) {
    const { data } = this.image;
    const { colors } = this;
    for (let k = 0; k < values.length; k++) {
      const share = Math.min(Math.max(values[k] / limit, -1), 1);
      const place = 3 * (Number.isFinite(share) ? Math.round(127 * share) + 127 : 127);
      data[4 * k] = colors[place];
      data[4 * k + 1] = colors[place + 1];
      data[4 * k + 2] = colors[place + 2];
    }
    this.context.putImageData(this.image, 0, 0);
  }
}

/** 255 colors from full negative to full positive, three bytes each. */
function colors() {
  const table = new Uint8ClampedArray(3 * 255);
  for (let place = 0; place < 255; place++) {
    const share = 0.85 * Math.abs((place - 127) / 127);
    const end = place < 127 ? NEGATIVE : POSITIVE;
    for (let channel = 0; channel < 3; channel++) table[3 * place + channel] = 250 + share * (end[channel] - 250);
  }
  return table;
}
