/* What the picture shows, in words and numbers. */

import { format_number } from "../views/svg.js";
import { percent } from "../views/written.js";
import { percent_of_images } from "./accuracy_curve.js";
import { CLASS_NAMES } from "./clothes.js";
import { roughness, ROUGHNESS_OF_NOISE } from "./roughness.js";

/** The whole text: of a session, its images of weights, and what it makes of the validation image of this number. */
export function sentence(session, images, seen, number) {
  if (session.diverged) return "The loss is no longer a number. Lower the learning rate, then press Start over.";
  return [accuracies(session), weights(images), opinion(session, seen, number)].join("\n");
}

function accuracies(session) {
  const { steps, train, validation } = session.history.at(-1);
  const sizes = Object.fromEntries(Object.entries(session.data).map(([part, { labels }]) => [part, labels.length]));
  const trained = steps === 0 ? "Untrained:" : `After ${count(steps, "update")}:`;
  return (
    `${trained} ${percent_of_images(train)} of ${count(sizes.train, "training image")} ` +
    `and ${percent_of_images(validation)} of ${count(sizes.validation, "validation image")} are recognized.`
  );
}

function weights(images) {
  const low = images.reduce((least, image) => Math.min(least, ...image), Infinity);
  const high = images.reduce((most, image) => Math.max(most, ...image), -Infinity);
  const [ours, of_noise] = [roughness(images), ROUGHNESS_OF_NOISE].map((each) => format_number(each));
  return (
    `Weights from ${format_number(low)} to ${format_number(high)}. ` +
    `Neighboring ones differ by ${ours} times their mean size; random noise has ${of_noise}.`
  );
}

function opinion(session, { label, sums, values, logits, probabilities, chosen }, number) {
  const share = (which) => percent(probabilities[which]);
  const other = CLASS_NAMES[chosen];
  const said =
    chosen === label
      ? `is recognized with probability ${share(label)}`
      : `is taken for ${other}: ${share(chosen)} against ${share(label)}`;
  const verdict = `Image ${number}, ${CLASS_NAMES[label]}, ${said}`;
  if (!session.is_linear) {
    const positive = values.filter((value) => value > 0).length;
    return `${verdict}; ${positive} of the ${values.length} hidden units give more than 0.`;
  }
  const bias = session.first_layer.parameters.bias[chosen];
  return (
    `${verdict}; pixel times weight for ${other} adds up to ${format_number(sums[chosen] - bias)}, ` +
    `with the bias z = ${format_number(logits[chosen])}.`
  );
}

function count(number, word) {
  return `${number.toLocaleString("en-US")} ${word}${number === 1 ? "" : "s"}`;
}
