/* SVG elements that are made once and moved: what stays the same from picture to picture is left alone. */

const NAMESPACE = "http://www.w3.org/2000/svg";

/** An SVG element with attributes and children; a text becomes a text node, never markup. */
export function svg(name, attributes = {}, ...children) {
  const made = document.createElementNS(NAMESPACE, name);
  change(made, attributes);
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

/** Set attributes, those alone that differ. */
export function change(node, attributes) {
  for (const [key, value] of Object.entries(attributes)) {
    const text = typeof value === "number" ? rounded(value) : `${value}`;
    if (node.getAttribute(key) !== text) node.setAttribute(key, text);
  }
  return node;
}

/** Set a node's text where it differs. */
export function write(node, words) {
  if (node.textContent !== words) node.textContent = words;
  return node;
}

/** A picture of this size in its own units, as wide as there is room. */
export function picture(width, height, ...children) {
  return svg("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "font-family": "inherit", preserveAspectRatio: "xMinYMin meet" }, ...children);
}

/** Text at a place. size in the picture's units; anchor "start", "middle" or "end". */
export function text(x, y, words = "", { size = 15, anchor = "start", color = "var(--ink)", bold = false } = {}) {
  const weight = bold ? 600 : 400;
  return svg("text", { x, y, "font-size": size, "text-anchor": anchor, fill: color, "font-weight": weight }, words);
}

/** The tip of an arrow, a marker with this id; `looks` are attributes that differ. */
export function arrow_tip(id, color, looks = {}) {
  const shape = svg("path", { d: "M0 0L10 5L0 10z", fill: color });
  const size = { viewBox: "0 0 10 10", refX: 7, refY: 5, markerWidth: 4, markerHeight: 4 };
  return svg("marker", { id, orient: "auto", ...size, ...looks }, shape);
}

/** A number with at most so many decimals, a true minus sign, and no -0. */
export function format_number(value, digits = 2) {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "not a number" : value > 0 ? "∞" : "−∞";
  const size = Math.abs(value);
  const words = size >= 1e6 || (size > 0 && size < 0.5 * 10 ** -digits) ? value.toExponential(1) : value.toFixed(digits);
  return (Number(words) === 0 ? words.replace("-", "") : words).replace("-", "−");
}

function rounded(number) {
  return Number.isFinite(number) ? `${Math.round(number * 100) / 100}` : "0";
}

/** A frame with two axes: places of data in the picture, ticks, words. */
export class Axes {
  /**
   * @param {object} words left, top, width, height of the frame; x and y: [low, high]; logarithmic: y on a log scale
   */
  constructor({ left, top, width, height, x, y, logarithmic = false }) {
    Object.assign(this, { left, top, width, height, logarithmic });
    this.x_range = x;
    this.y_range = y;
  }

  x(value) {
    const [low, high] = this.x_range;
    return this.left + (this.width * (value - low)) / (high - low);
  }

  y(value) {
    const scale = this.logarithmic ? Math.log10 : (each) => each;
    const [low, high] = this.y_range.map(scale);
    return this.top + this.height * (1 - (scale(value) - low) / (high - low));
  }

  /** The d of a path through points; what is not finite leaves a gap. */
  path(xs, ys) {
    let pen = "M";
    let d = "";
    for (let k = 0; k < xs.length; k++) {
      const [x, y] = [this.x(xs[k]), this.y(ys[k])];
      if (Number.isFinite(x) && Number.isFinite(y)) {
        d += `${pen}${x.toFixed(1)} ${y.toFixed(1)}`;
        pen = "L";
      } else pen = "M";
    }
    return d;
  }

  /** Frame, ticks and labels as one group. */
  frame({ title = "", x_label = "", y_label = "", x_ticks = [], y_ticks = [], format = (value) => format_number(value, 0) }) {
    const { left, top, width, height } = this;
    const bottom = top + height;
    const ticks = [
      ...x_ticks.map((tick) => text(this.x(tick), bottom + 18, format(tick), { size: 13, anchor: "middle", color: "var(--soft)" })),
      ...y_ticks.map((tick) => text(left - 6, this.y(tick) + 5, format(tick), { size: 13, anchor: "end", color: "var(--soft)" })),
    ];
    const box = svg("rect", { x: left, y: top, width, height, fill: "none", stroke: "var(--line)", "stroke-width": 1.5 });
    const across = text(left + width / 2, bottom + 36, x_label, { anchor: "middle" });
    const up = text(0, 0, y_label, { anchor: "middle" });
    change(up, { transform: `translate(${left - 34} ${top + height / 2}) rotate(-90)` });
    return svg("g", { class: "frame" }, box, ...ticks, across, up, text(left, top - 10, title, { bold: true }));
  }
}
