/* How smooth images of weights are, as one number. */

import { SIDE } from "./clothes.js";

/** Of independent normal numbers: the mean size of a difference is sqrt(2) times the mean size of a number. */
export const ROUGHNESS_OF_NOISE = Math.SQRT2;

/**
 * Mean size of the difference of two weights side by side or one above the other, divided by the mean size of a weight:
 * near 0 where an image is smooth, 1.41 where it is noise.
 */
export function roughness(images) {
  let [differences, pairs, sizes, weights] = [0, 0, 0, 0];
  for (const image of images) {
    for (let k = 0; k < image.length; k++) {
      sizes += Math.abs(image[k]);
      weights += 1;
      for (const other of neighbors(k)) {
        differences += Math.abs(image[k] - image[other]);
        pairs += 1;
      }
    }
  }
  return differences / pairs / (sizes / weights);
}

/** The pixels to the right and below, as far as there are any. */
function neighbors(k) {
  const right = k % SIDE < SIDE - 1 ? [k + 1] : [];
  return k < SIDE * (SIDE - 1) ? [...right, k + SIDE] : right;
}

/** The largest size of a number in all images. */
export function largest_size(images) {
  let largest = 0;
  for (const image of images) for (const value of image) largest = Math.max(largest, Math.abs(value));
  return largest;
}
