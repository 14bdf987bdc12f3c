/* Arithmetic written out, the way one would on paper. */

import { format_number } from "./svg.js";

const SUBSCRIPTS = "₀₁₂₃₄₅₆₇₈₉";

/** A number to read: rounded to at most four digits, no zeros at the end, a true minus sign. */
export function short(value) {
  if (!Number.isFinite(value)) return format_number(value);
  const number = rounded(value);
  const size = Math.abs(number);
  const words = size > 0 && (size < 1e-4 || size >= 1e6) ? number.toExponential() : `${number}`;
  return (words === "-0" ? "0" : words).replaceAll("-", "−").replace("e+", "e");
}

/** A number that another is taken off: with as many decimals as four digits of the difference need. */
export function near(value, other) {
  const difference = Math.abs(value - other);
  if (!(difference > 0 && Number.isFinite(difference))) return short(value);
  const decimals = Math.min(Math.max(3 - Math.floor(Math.log10(difference)), 0), 8);
  const written = `${Number(value.toFixed(decimals))}`.replace("-", "−");
  return written.length > short(value).length ? written : short(value);
}

function rounded(value) {
  return Number(value.toPrecision(Math.abs(value) < 1 ? 3 : 4));
}

/** A number for a narrow box: one that is small in size has one digit that counts, "−2e−7". */
export function shortest(value) {
  return short(boxed(value));
}

/** The number that shortest() writes. */
export function boxed(value) {
  const size = Math.abs(value);
  return size > 0 && size < 1e-3 ? Number(value.toPrecision(1)) : rounded(value);
}

/** A share as "81%", or with so many decimals. */
export function percent(share, digits = 0) {
  return `${(100 * share).toFixed(digits)}%`;
}

/** The share of right answers: rounded down, as 94.9% is not yet 95%, and one that is wrong is not 100%. */
export function right_in_percent(share) {
  return `${Math.floor(100 * share + 1e-9)}%`; // 0.29 times 100 is a hair below 29
}

/** A number as a factor: one below 0 stands in parentheses. */
export function factor(value) {
  const words = short(value);
  return words.startsWith("−") ? `(${words})` : words;
}

/** Each input times its weight, and the bias: written_sum([3, 4], [1, -1], 9) is "3·1 + 4·(−1) + 9". */
export function written_sum(inputs, weights, bias) {
  const products = Array.from(inputs, (input, place) => `${factor(input)}·${factor(weights[place])}`);
  return `${products.join(" + ")} ${bias < 0 ? "−" : "+"} ${short(Math.abs(bias))}`;
}

/** A name with its number lowered: "w11" is "w₁₁". */
export function lowered(name) {
  return name.replace(/\d/g, (digit) => SUBSCRIPTS[digit]);
}

/** The pen of a weight's line: blue and solid above 0, orange-red and dashed below, gray and dotted at 0. */
export function pen(weight) {
  if (weight === 0) return { stroke: "var(--soft)", "stroke-width": 1.5, "stroke-dasharray": "2 5" };
  const width = 1.5 + 0.9 * Math.min(Math.abs(weight), 6);
  return weight > 0
    ? { stroke: "var(--positive)", "stroke-width": width, "stroke-dasharray": "none" }
    : { stroke: "var(--negative)", "stroke-width": width, "stroke-dasharray": "10 6" };
}
