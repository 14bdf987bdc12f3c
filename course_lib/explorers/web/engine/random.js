/* Random numbers that a seed decides: the same on every machine and in every browser. */

/** xoshiro128++ of Blackman and Vigna 2021, "Scrambled linear pseudorandom number generators". */
export class Random {
  /**
   * @param {number} seed whole number, 0 or more
   * @param {number} stream whole number: of one seed, streams for different purposes have nothing in common
   */
  constructor(seed, stream = 0) {
    const next = splitmix32((seed ^ Math.imul(stream + 1, 0x9e3779b9)) >>> 0);
    this.state = Uint32Array.from([next(), next(), next(), next()]);
    this.spare = null;
  }

  /** A whole number from 0 to 2**32 - 1. */
  bits() {
    const s = this.state;
    const result = (rotated(s[0] + s[3], 7) + s[0]) >>> 0;
    const shifted = s[1] << 9;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= shifted;
    s[3] = rotated(s[3], 11);
    return result;
  }

  /** A number in [0, 1), one of 2**53. */
  uniform() {
    return ((this.bits() >>> 5) * 67108864 + (this.bits() >>> 6)) / 9007199254740992;
  }

  /** A standard normal number: Marsaglia's polar method, which makes two at a time. */
  normal() {
    if (this.spare !== null) {
      const spare = this.spare;
      this.spare = null;
      return spare;
    }
    for (;;) {
      const u = 2 * this.uniform() - 1;
      const v = 2 * this.uniform() - 1;
      const square = u * u + v * v;
      if (square > 0 && square < 1) {
        const factor = Math.sqrt((-2 * Math.log(square)) / square);
        this.spare = v * factor;
        return u * factor;
      }
    }
  }

  /** The whole numbers 0 to n - 1 in random order: Fisher and Yates. */
  permutation(n) {
    const order = Uint32Array.from({ length: n }, (_, k) => k);
    for (let k = n - 1; k > 0; k--) {
      const other = Math.floor(this.uniform() * (k + 1));
      [order[k], order[other]] = [order[other], order[k]];
    }
    return order;
  }
}

function rotated(x, k) {
  return ((x << k) | (x >>> (32 - k))) >>> 0;
}

function splitmix32(seed) {
  let state = seed;
  return () => {
    state = (state + 0x9e3779b9) >>> 0;
    let z = state;
    z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return (z ^ (z >>> 15)) >>> 0;
  };
}
