/* Starting weights that are drawn once: networks of one seed begin with the same random numbers, whatever their shape. */

import { STREAMS } from "../engine/network.js";
import { Random } from "../engine/random.js";

const FEW = 1 << 14; // numbers that there is room for at first

/** The numbers of one kind, "normal" or "uniform", of a seed: each is drawn when it is first asked for, and kept. */
class Drawn {
  constructor(seed, kind) {
    const random = new Random(seed, STREAMS.initialization);
    this.draw = () => random[kind]();
    this.numbers = new Float64Array(FEW);
    this.known = 0;
  }

  at(place) {
    for (; this.known <= place; this.known++) {
      if (this.known === this.numbers.length) this.make_room();
      this.numbers[this.known] = this.draw();
    }
    return this.numbers[place];
  }

  make_room() {
    const larger = new Float64Array(2 * this.numbers.length);
    larger.set(this.numbers);
    this.numbers = larger;
  }
}

let kept = { seed: null }; // of the seed that was asked for last: of the largest network they are 23 MB

/**
 * A stream for the starting weights of one network, from its beginning; of the two kinds a network draws one alone.
 * @returns {object} with normal() and uniform(), as Random has them
 */
export function starting_stream(seed) {
  if (kept.seed !== seed) kept = { seed, normal: new Drawn(seed, "normal"), uniform: new Drawn(seed, "uniform") };
  const { normal, uniform } = kept;
  let place = 0;
  return { normal: () => normal.at(place++), uniform: () => uniform.at(place++) };
}
