/* The links of the two passes in the order in which they are lit, each with its formula, numbers and sentence. */

import { factor, lowered, near, short } from "../views/written.js";

/** The four units. `out` is the output after ReLU; `weights` belong to `inputs`, place by place. */
export const UNITS = [
  unit("z1", "n1", ["x1", "x2"], ["w11", "w21"], "b1", "the first hidden unit"),
  unit("z2", "n2", ["x1", "x2"], ["w12", "w22"], "b2", "the second hidden unit"),
  unit("s1", "y1", ["n1", "n2"], ["v11", "v21"], "c1", "the first output unit"),
  unit("s2", "y2", ["n1", "n2"], ["v12", "v22"], "c2", "the second output unit"),
];

function unit(sum, out, inputs, weights, bias, name) {
  return { sum, out, inputs, weights, bias, name };
}

/** "dL/dw₁₁", the slope of the loss over w11. */
const slope_name = (name) => `dL/d${lowered(name)}`;

/** Is a sum where ReLU passes it on? At 0 itself the slope to the left is taken, as in the engine. */
export const is_on = (sum) => sum > 0;

const signed = (value) => `${value < 0 ? "−" : "+"} ${short(Math.abs(value))}`;

/* A link: {name: what it finds, pass, next: words on the button, lit: names of lines and boxes that light up,
 *   formula(values, slopes) -> [in letters, in numbers], sentence(values, slopes),
 *   added(values, slopes) -> {line: what comes back over it}, where paths meet} */

function sum_link({ sum, inputs, weights, bias, name }) {
  const letters = inputs.map((input, place) => `${lowered(input)}·${lowered(weights[place])}`);
  const numbers = (values) => {
    const products = inputs.map((input, place) => `${factor(values[input])}·${factor(values[weights[place]])}`);
    return `${products.join(" + ")} ${signed(values[bias])} = ${short(values[sum])}`;
  };
  return {
    name: sum, pass: "forward", next: `the sum ${lowered(sum)}`, lit: [sum, ...weights, bias],
    formula: (values) => [`${lowered(sum)} = ${letters.join(" + ")} + ${lowered(bias)}`, `= ${numbers(values)}`],
    sentence: (values) =>
      `The sum of ${name}: each input times its weight, and the bias: ${lowered(sum)} = ${numbers(values)}.`,
  };
}

function relu_link({ sum, out }) {
  const [z, h] = [lowered(sum), lowered(out)];
  const numbers = (values) => `max(${short(values[sum])}, 0) = ${short(values[out])}`;
  return {
    name: out, pass: "forward", next: `ReLU makes ${h} from ${z}`, lit: [sum, out],
    formula: (values) => [`${h} = max(${z}, 0)`, `= ${numbers(values)}`],
    sentence: (values) => is_on(values[sum])
      ? `${z} is positive, and ReLU passes it on as it is: ${h} = ${numbers(values)}.`
      : `${z} is ${values[sum] === 0 ? "0, and ReLU leaves it there" : "negative, and ReLU makes it 0"}: ${h} = ${numbers(values)}.`,
  };
}

const LOSS_LINK = {
  name: "L", pass: "forward", next: "the loss L", lit: ["L", "y1L", "y2L"],
  formula: (values) => {
    const errors = ["1", "2"].map((place) => [values[`y${place}`], values[`t${place}`]]);
    const written = errors.map(([y, t]) => `(${near(y, t)} − ${factor(t)})²`).join(" + ");
    const squares = errors.map(([y, t]) => short((y - t) ** 2)).join(" + ");
    return ["L = ((y₁ − t₁)² + (y₂ − t₂)²) / 2", `= (${written}) / 2 = (${squares}) / 2 = ${short(values.L)}`];
  },
  sentence: (values) => {
    const errors = ["1", "2"].map((place) => off_by(lowered(`y${place}`), values[`y${place}`] - values[`t${place}`]));
    return (
      "The loss is the mean of the two squared errors; as there are two outputs, that is half their sum. " +
      `${errors.join(", ")}: L = ${short(values.L)}. What comes now goes backward: dL/dy₁ reads "the slope of L over y₁". ` +
      "It says how fast the loss changes when only y₁ does; dL/dy₁ is one name, not a fraction."
    );
  },
};

function off_by(name, error) {
  if (error === 0) return `${name} is right`;
  return `${name} is ${short(Math.abs(error))} too ${error > 0 ? "high" : "low"}`;
}

function output_slope_link(place) {
  const [out, target] = [`y${place}`, `t${place}`];
  const [y, t] = [lowered(out), lowered(target)];
  const numbers = (values, slopes) => `${near(values[out], values[target])} − ${factor(values[target])} = ${short(slopes[out])}`;
  return {
    name: out, pass: "backward", next: `back to ${y}: ${slope_name(out)}`, lit: [out, `${out}L`],
    formula: (values, slopes) => [
      `${slope_name(out)} = 2·(${y} − ${t}) / 2 = ${y} − ${t}`,
      `= ${numbers(values, slopes)}`,
    ],
    sentence: (values, slopes) =>
      `How fast does the loss change with ${y}? The slope of (${y} − ${t})² is 2·(${y} − ${t}), and the mean takes half of it: ` +
      `${slope_name(out)} = ${numbers(values, slopes)}: ${what_a_slope_means(y, slopes[out])}.` +
      (place === 1 ? " The 1 at L is the slope of L over itself: the way back begins there." : ""),
  };
}

function what_a_slope_means(name, slope) {
  if (slope === 0) return `over ${name} the loss is at its lowest`;
  const [change, size] = [slope > 0 ? "grows" : "shrinks", Math.abs(slope)];
  return `if ${name} grows by a little, the loss ${change} by ${size === 1 ? "as much" : `${short(size)} times as much`}`;
}

function relu_slope_link({ sum, out }) {
  const [z, h] = [lowered(sum), lowered(out)];
  const numbers = (values, slopes) => `${factor(slopes[out])}·${is_on(values[sum]) ? 1 : 0} = ${short(slopes[sum])}`;
  return {
    name: sum, pass: "backward", next: `back through ReLU: ${slope_name(sum)}`, lit: [sum, out],
    formula: (values, slopes) => [
      `${slope_name(sum)} = ${slope_name(out)} · ReLU's slope at ${z} = ${short(values[sum])}`,
      `= ${numbers(values, slopes)}${is_on(values[sum]) ? "" : `   (slope 0: ${values[sum] === 0 ? `at 0 the slope to the left is taken` : `ReLU is flat where ${z} < 0`})`}`,
    ],
    sentence: (values, slopes) => {
      const [is, result] = [`${z} = ${short(values[sum])} is`, `${slope_name(sum)} = ${numbers(values, slopes)}`];
      if (is_on(values[sum])) {
        return `${is} positive, where ReLU's slope is 1. Along a path slopes multiply: ${result}.`;
      }
      const cut = `the chain is cut here: ${result}. No weight on the way to ${z} learns along this path.`;
      if (values[sum] === 0) {
        return (
          `${is} exactly at ReLU's corner, where the slope is 0 to the left and 1 to the right. The rule is to take the ` +
          `left one, 0, and ${cut}`
        );
      }
      return `${is} on ReLU's dead side: ${h} stays 0 if ${z} moves a little, so the local slope is 0 and ${cut}`;
    },
  };
}

function weight_slope_link({ sum }, input, weight) {
  const [w, x] = [lowered(weight), lowered(input)];
  const numbers = (values, slopes) => `${factor(slopes[sum])}·${factor(values[input])} = ${short(slopes[weight])}`;
  return {
    name: weight, pass: "backward", next: `the slope over the weight ${w}`, lit: [weight],
    formula: (values, slopes) => [`${slope_name(weight)} = ${slope_name(sum)} · ${x}`, `= ${numbers(values, slopes)}`],
    sentence: (values, slopes) =>
      `${w} is multiplied by ${x} = ${short(values[input])}, which is the local slope: how fast ${lowered(sum)} changes with it. ` +
      `Times the slope over ${lowered(sum)}, ${slope_name(sum)}: ${slope_name(weight)} = ${numbers(values, slopes)}.` +
      why_zero(values[input], slopes[sum], x, sum),
  };
}

function why_zero(input, slope, x, sum) {
  if (slope === 0) return ` It is 0 because ${slope_name(sum)} is 0: the step will not move this weight.`;
  return input === 0 ? ` It is 0 because ${x} is 0: the step will not move this weight.` : "";
}

function bias_slope_link({ sum, bias }) {
  const numbers = (slopes) => `${factor(slopes[sum])}·1 = ${short(slopes[bias])}`;
  return {
    name: bias, pass: "backward", next: `the slope over the bias ${lowered(bias)}`, lit: [bias],
    formula: (values, slopes) => [`${slope_name(bias)} = ${slope_name(sum)} · 1`, `= ${numbers(slopes)}`],
    sentence: (values, slopes) =>
      `The bias is added as it is, so that its local slope is 1: ${slope_name(bias)} = ${numbers(slopes)}.`,
  };
}

/** Where two paths meet: what feeds two units gets a part of its slope from each. */
function meeting_link(name, units) {
  const paths = units.map(({ sum, inputs, weights }) => ({ sum, weight: weights[inputs.indexOf(name)] }));
  const letters = paths.map(({ sum, weight }) => `${slope_name(sum)}·${lowered(weight)}`).join(" + ");
  const parts = (values, slopes) => paths.map(({ sum, weight }) => slopes[sum] * values[weight]);
  const products = (values, slopes) =>
    paths.map(({ sum, weight }) => `${factor(slopes[sum])}·${factor(values[weight])}`);
  const total = (values, slopes) => {
    const [first, second] = parts(values, slopes);
    return `${short(first)} ${signed(second)} = ${short(slopes[name])}`;
  };
  const is_input = name.startsWith("x");
  return {
    name, pass: "backward", next: `back to ${lowered(name)}: two paths meet`,
    lit: [name, ...paths.map(({ weight }) => weight)],
    formula: (values, slopes) => [
      `${slope_name(name)} = ${letters}`,
      `= ${products(values, slopes).join(" + ")} = ${total(values, slopes)}`,
    ],
    sentence: (values, slopes) => {
      const sizes = parts(values, slopes);
      const ways = products(values, slopes).map(
        (product, place) => `${product} = ${short(sizes[place])} by way of ${lowered(paths[place].sum)}`,
      );
      return (
        `${lowered(name)} feeds two units, so that two paths come back to it: ${ways.join(", and ")}. ` +
        `Paths add up: ${total(values, slopes)}.` +
        (is_input ? " Inputs are not trained; with a layer before them, it would go on from here." : "")
      );
    },
    added: (values, slopes) =>
      Object.fromEntries(parts(values, slopes).map((part, place) => [paths[place].weight, part])),
  };
}

function parameter_links(each) {
  const weights = each.inputs.map((input, place) => weight_slope_link(each, input, each.weights[place]));
  return [...weights, bias_slope_link(each)];
}

const [HIDDEN, OUTPUT] = [UNITS.slice(0, 2), UNITS.slice(2)];

export const LINKS = [
  ...UNITS.flatMap((each) => [sum_link(each), relu_link(each)]),
  LOSS_LINK,
  output_slope_link(1), output_slope_link(2),
  ...OUTPUT.map(relu_slope_link),
  ...OUTPUT.flatMap(parameter_links),
  ...["n1", "n2"].map((name) => meeting_link(name, OUTPUT)),
  ...HIDDEN.map(relu_slope_link),
  ...HIDDEN.flatMap(parameter_links),
  ...["x1", "x2"].map((name) => meeting_link(name, HIDDEN)),
];

export const FORWARD = LINKS.filter(({ pass }) => pass === "forward").length;

/** {name: how many links must be lit before it is shown}, of values that are computed, and of slopes. */
export const SHOWN_FROM = { forward: shown_from("forward"), backward: { ...shown_from("backward"), L: FORWARD + 1 } };

function shown_from(pass) {
  return Object.fromEntries(LINKS.flatMap((link, place) => (link.pass === pass ? [[link.name, place + 1]] : [])));
}
