/* How an optimizer is told from the others: by its name, its color, its dash and its mark. As in plots/style.py. */

import { element } from "../controls.js";
import { change, picture, svg } from "../views/svg.js";

const BLACK = "#000000";
const CIRCLE = "M-5.5 0A5.5 5.5 0 1 0 5.5 0A5.5 5.5 0 1 0 -5.5 0Z";
const PLUS = "M-2.4 -6.8H2.4V-2.4H6.8V2.4H2.4V6.8H-2.4V2.4H-6.8V-2.4H-2.4Z";

/** {optimizer: {name, color, dash: lengths drawn and left out in turn at width 1, mark: a d around (0, 0)}} */
export const LOOKS = {
  gradient_descent: { name: "gradient descent", color: BLACK, dash: [1, 1.5], mark: CIRCLE },
  momentum: { name: "momentum", color: "#56B4E9", dash: [6, 2], mark: "M-5 -5H5V5H-5Z" },
  nesterov: { name: "Nesterov", color: "#0072B2", dash: [6, 2, 1, 2], mark: "M0 -6.5L6.2 5H-6.2Z" },
  rmsprop: { name: "RMSProp", color: "#E69F00", dash: [3, 1.5], mark: "M0 -7L7 0L0 7L-7 0Z" },
  adam: { name: "Adam", color: "#D55E00", dash: [], mark: "M0 6.5L6.2 -5H-6.2Z" },
  adamw: { name: "AdamW", color: "#CC79A7", dash: [8, 2, 1, 2, 1, 2], mark: PLUS },
};

/** On the map, which is always light, its color; elsewhere black turns into what the theme writes with. */
function color_of(name, on_map) {
  const { color } = LOOKS[name];
  return color === BLACK && !on_map ? "var(--ink)" : color;
}

/** A line of the optimizer, its d still to come. */
export function curve(name, on_map, width = 2.5) {
  const dash = LOOKS[name].dash.map((length) => length * width).join(" ") || "none";
  const pen = { stroke: color_of(name, on_map), "stroke-width": width, "stroke-dasharray": dash };
  return svg("path", { class: name, fill: "none", "stroke-linejoin": "round", ...pen });
}

/** Its mark, with a pale edge on the map and one of the page's color elsewhere. */
export function mark(name, on_map) {
  const edge = on_map ? "#ffffff" : "var(--paper)";
  const pen = { fill: color_of(name, on_map), stroke: edge, "stroke-width": 1.5 };
  return svg("path", { class: `mark ${name}`, d: LOOKS[name].mark, ...pen });
}

/** Move a mark to [across, down], scaled; null hides it. */
export function move_mark(node, place, scale = 1) {
  change(node, { visibility: place ? "visible" : "hidden" });
  if (place) change(node, { transform: `translate(${place[0].toFixed(1)} ${place[1].toFixed(1)}) scale(${scale})` });
}

/** The optimizer in the list under the figures: {node, words}, words an element for what is said of it. */
export function listed(name) {
  const line = change(curve(name, false, 3), { d: "M1 9H39" });
  const dot = mark(name, false);
  move_mark(dot, [20, 9]);
  const words = element("span");
  const said = element("div", {}, element("b", {}, LOOKS[name].name), element("br"), words);
  return { node: element("div", { class: `runner ${name}` }, picture(40, 18, line, dot), said), words };
}
