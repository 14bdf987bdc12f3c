/* Gradient clipping: a limit on the step that one bad batch can cause. Twin of scratch/clipping.py. */

import { norm } from "./arrays.js";

/** Cut each entry, in place, to [-limit, limit]. Returns how many entries were cut. Changes the direction. */
export function clip_by_value(gradients, limit) {
  let cut = 0;
  for (let k = 0; k < gradients.length; k++) {
    if (Math.abs(gradients[k]) > limit) cut++;
    gradients[k] = Math.min(Math.max(gradients[k], -limit), limit); // g <- min(max(g, -limit), limit)
  }
  return cut;
}

/** Scale all gradients, in place, so that their length is at most `limit`. Returns the length before. */
export function clip_by_norm(gradients, limit) {
  const length = norm(gradients);
  const factor = Math.min(1, limit / (length + 1e-6)); // g <- g * limit / |g|; the 1e-6 is PyTorch's
  for (let k = 0; k < gradients.length; k++) gradients[k] *= factor;
  return length;
}
