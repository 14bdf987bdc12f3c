/* Numbers as words for a reader. */

import { power_of_ten } from "../views/decades.js";
import { format_number } from "../views/svg.js";

/** At most so many decimals, no zeros at the end; a power of ten where those decimals would show nothing. */
export function short_number(value, digits) {
  const words = format_number(value, digits);
  if (words.includes("e")) {
    const [mantissa, exponent] = words.split("e");
    return `${mantissa}·${power_of_ten(Number(exponent.replace("−", "-")))}`;
  }
  return words.includes(".") ? words.replace(/\.?0+$/, "") : words;
}

/** "(−2, 1.5)". */
export function pair([x, y], digits = 3) {
  return `(${short_number(x, digits)}, ${short_number(y, digits)})`;
}

/** A place on the surface: what is nearer to 0 than one sees is 0. */
export function place_words(place, digits = 3) {
  return pair(place.map((value) => (Math.abs(value) < 0.5 * 10 ** -digits ? 0 : value)), digits);
}

export function counted(steps) {
  return steps === 1 ? "1 step" : `${steps} steps`;
}

export function capitalized(words) {
  return words[0].toUpperCase() + words.slice(1);
}
