/* Arrays of the engine: a batch is one Float64Array, row after row; a layer knows its number of columns. */

/** The array itself where it has this length, else a new one: layers keep their arrays from step to step. */
export function sized(array, length) {
  return array !== undefined && array.length === length ? array : new Float64Array(length);
}

/** {name: a new array of zeros as long as the one of that name}. */
export function zeros_like(named) {
  return Object.fromEntries(Object.entries(named).map(([name, array]) => [name, new Float64Array(array.length)]));
}

/** Which of `count` numbers from `start` on is the largest, counted from there; of equal ones the first. */
export function place_of_largest(numbers, start, count) {
  let best = 0;
  for (let k = 1; k < count; k++) if (numbers[start + k] > numbers[start + best]) best = k;
  return best;
}

/** The length of an array as a vector, its Euclidean norm. */
export function norm(array) {
  let sum = 0;
  for (let k = 0; k < array.length; k++) sum += array[k] * array[k];
  return Math.sqrt(sum);
}
