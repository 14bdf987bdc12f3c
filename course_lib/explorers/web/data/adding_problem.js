/* A task for recurrent networks that needs memory. Twin of adding_problem in data/sequences.py. */

/**
 * Add the two marked numbers of a sequence. Hochreiter and Schmidhuber 1997, in the form of Le et al. 2015.
 *
 * Each step has two inputs: a number, uniform in [0, 1], and a mark, 1 at one step of the first half and at one of the
 * second, else 0. Returns {x: (n, length, 2), targets: (n, 1)}, row after row.
 */
export function adding_problem(n, length, random) {
  const half = Math.floor(length / 2);
  const x = new Float64Array(n * length * 2);
  const targets = new Float64Array(n);
  for (let row = 0; row < n; row++) {
    const start = row * length;
    for (let step = 0; step < length; step++) x[2 * (start + step)] = random.uniform();
    const first = Math.floor(half * random.uniform());
    const second = half + Math.floor((length - half) * random.uniform());
    for (const step of [first, second]) {
      x[2 * (start + step) + 1] = 1;
      targets[row] += x[2 * (start + step)];
    }
  }
  return { x, targets };
}
