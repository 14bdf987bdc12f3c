/* The small images of clothes as numbers: no request is made, they are a text in a module. */

import packed from "../data/clothes_14.js";

export const SIDE = packed.side;
export const N_PIXELS = SIDE * SIDE;
export const CLASS_NAMES = packed.class_names;

let unpacked = null;

/**
 * {train, validation}, each {x, labels}: x (images, N_PIXELS) row after row, pixel / 255, so 0 (background) to 1.
 * Unpacked once a page; all explorers read the same arrays.
 */
export function clothes() {
  if (unpacked === null) {
    const letters = atob(packed.bytes);
    const bytes = Uint8Array.from(letters, (letter) => letter.charCodeAt(0));
    const of_train = packed.n_train * (N_PIXELS + 1); // a byte for each pixel, and one for the label
    unpacked = {
      train: part_of(bytes.subarray(0, of_train), packed.n_train),
      validation: part_of(bytes.subarray(of_train), packed.n_validation),
    };
  }
  return unpacked;
}

function part_of(bytes, n_images) {
  const end = n_images * N_PIXELS;
  return { x: Float64Array.from(bytes.subarray(0, end), (pixel) => pixel / 255), labels: bytes.subarray(end) };
}

/** The pixels of one image, a view of x. */
export function image_of(x, number) {
  return x.subarray(number * N_PIXELS, (number + 1) * N_PIXELS);
}
