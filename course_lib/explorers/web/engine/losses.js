/* Losses: one number that says how wrong the outputs are, and its gradient. Twin of scratch/losses.py. */

import { sized } from "./arrays.js";

/** Mean of (prediction - target)^2 over all entries. */
export function mean_squared_error(predictions, targets) {
  let sum = 0;
  for (let k = 0; k < predictions.length; k++) sum += (predictions[k] - targets[k]) ** 2;
  return sum / predictions.length;
}

/** dL/dprediction = 2 (prediction - target) / number of entries; into `into`, where that is given. */
export function mean_squared_error_gradient(predictions, targets, into) {
  const gradient = sized(into, predictions.length);
  for (let k = 0; k < gradient.length; k++) gradient[k] = (2 * (predictions[k] - targets[k])) / predictions.length;
  return gradient;
}

/** Rows of logits -> rows of probabilities. The largest logit is subtracted, so that exp can't overflow. */
export function softmax(logits, n_classes, into) {
  const probabilities = sized(into, logits.length);
  for (let start = 0; start < logits.length; start += n_classes) {
    const largest = largest_of(logits, start, n_classes);
    let sum = 0;
    for (let k = start; k < start + n_classes; k++) sum += probabilities[k] = Math.exp(logits[k] - largest);
    for (let k = start; k < start + n_classes; k++) probabilities[k] /= sum; // p_c = exp(z_c) / sum of exp(z)
  }
  return probabilities;
}

/**
 * Mean over the batch of -log(probability of the true class); labels are whole numbers, one a row. With label smoothing
 * s the target is (1 - s) one_hot + s / classes, Szegedy et al. 2016, section 7.
 */
export function softmax_cross_entropy(logits, labels, n_classes, smoothing = 0) {
  let sum = 0;
  for (let row = 0; row < labels.length; row++) {
    const start = row * n_classes;
    const largest = largest_of(logits, start, n_classes);
    let normalizer = 0;
    for (let k = start; k < start + n_classes; k++) normalizer += Math.exp(logits[k] - largest);
    let aimed_at = (1 - smoothing) * (logits[start + labels[row]] - largest);
    if (smoothing) {
      for (let k = start; k < start + n_classes; k++) aimed_at += (smoothing * (logits[k] - largest)) / n_classes;
    }
    sum += Math.log(normalizer) - aimed_at; // -log p_y = log(sum of exp(z)) - z_y
  }
  return sum / labels.length;
}

/** dL/dlogits = (softmax(logits) - target) / batch, where the target is one_hot(labels), smoothed as in the loss. */
export function softmax_cross_entropy_gradient(logits, labels, n_classes, into, smoothing = 0) {
  const gradient = softmax(logits, n_classes, into);
  for (let row = 0; row < labels.length; row++) gradient[row * n_classes + labels[row]] -= 1 - smoothing; // p - target
  if (smoothing) for (let k = 0; k < gradient.length; k++) gradient[k] -= smoothing / n_classes;
  for (let k = 0; k < gradient.length; k++) gradient[k] /= labels.length; // the loss is a mean over the batch
  return gradient;
}

function largest_of(numbers, start, count) {
  let largest = numbers[start];
  for (let k = start + 1; k < start + count; k++) if (numbers[k] > largest) largest = numbers[k];
  return largest;
}
