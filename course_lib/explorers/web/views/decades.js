/* Sizes of a gradient on its way back, in words. Twin of explorers/gradient_chart.py.
 *
 * Sizes are counted in decades against the last layer (or step), where the way back begins: 0 is the same size, -3 is
 * 1/1,000 of it, 3 is 1,000 times it.
 */

const KEEPS = 1; // decades: up to KEEPS the size is kept
export const FAILS = 3; // from FAILS on, the gradient vanishes or explodes
const LARGEST = 300; // decades that are still written as a number
const SUPERSCRIPTS = { "-": "⁻", 0: "⁰", 1: "¹", 2: "²", 3: "³", 4: "⁴", 5: "⁵", 6: "⁶", 7: "⁷", 8: "⁸", 9: "⁹" };

/** 10 with a raised exponent, as text: power_of_ten(-3) is "10⁻³". */
export function power_of_ten(exponent) {
  return `10${[...String(exponent)].map((digit) => SUPERSCRIPTS[digit]).join("")}`;
}

export const VERDICTS = {
  vanishes: "The gradient vanishes",
  shrinks: "The gradient shrinks",
  keeps: "The gradient keeps its size",
  grows: "The gradient grows",
  explodes: "The gradient explodes",
  lost: `The gradient is beyond ${power_of_ten(LARGEST)}: no ratio can be told`,
};

/** log10(size / last size) of each size, without overflow: -Infinity for 0, NaN where nothing can be said. */
export function decades_to_last(sizes) {
  const logs = Array.from(sizes, Math.log10);
  return logs.map((log) => log - logs.at(-1));
}

/** A key of VERDICTS, or "alone", for the decades of all layers or steps, first to last. */
export function verdict(decades) {
  const [first] = decades;
  if (Number.isNaN(first)) return "lost";
  if (decades.length === 1) return "alone";
  if (Math.abs(first) <= KEEPS) return "keeps";
  if (first < 0) return first <= -FAILS ? "vanishes" : "shrinks";
  return first >= FAILS ? "explodes" : "grows";
}

/** The verdict and the ratio of the first to the last: "The gradient shrinks: layer 1's is 1/12 of layer 9's". */
export function finding(decades, name) {
  const kind = verdict(decades);
  if (kind === "alone") return `Only one ${name}: there is no way back to see`;
  if (kind === "lost") return VERDICTS[kind];
  return `${VERDICTS[kind]}: ${name} 1's is ${times(decades[0])} ${name} ${decades.length}'s`;
}

/** The ratio with the word that leads on: "1/2,300 of", "4·10⁷ times", "as large as". */
export function times(decades) {
  const ratio = ratio_in_words(decades);
  if (ratio === "1 times") return "as large as";
  return ratio.includes("/") ? `${ratio} of` : ratio;
}

/** What share or multiple `decades` is, in two digits: "1/2,300", "0.4 times", "4·10⁷ times". */
export function ratio_in_words(decades) {
  if (decades === -Infinity) return "0 times";
  if (decades < -LARGEST) return `less than 1/${power_of_ten(LARGEST)}`;
  if (decades > LARGEST) return `more than ${power_of_ten(LARGEST)} times`;
  if (decades > -1) return `${power_in_words(decades)} times`;
  const number = power_in_words(-decades);
  return number.includes("·") ? `1/(${number})` : `1/${number}`;
}

/** A size in two digits: "0", "0.031", "2.3·10⁻⁷", "beyond 10³⁰⁰". */
export function size_in_words(size) {
  if (size === 0) return "0";
  if (!(Math.log10(size) <= LARGEST)) return `beyond ${power_of_ten(LARGEST)}`;
  return power_in_words(Math.log10(size));
}

/** 10 to the power of `decades`, in two digits. */
function power_in_words(decades) {
  let exponent = Math.floor(decades);
  let digits = Number((10 ** (decades - exponent)).toFixed(1));
  if (digits === 10) [digits, exponent] = [1, exponent + 1];
  if (exponent < -4 || exponent >= 6) return (digits === 1 ? "" : `${digits}·`) + power_of_ten(exponent);
  const value = digits * 10 ** exponent;
  if (value >= 10) return Math.round(value).toLocaleString("en-US");
  return String(Number(value.toFixed(Math.max(1 - exponent, 0))));
}
