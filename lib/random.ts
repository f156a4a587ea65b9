/**
 * Seeded random numbers with named sub-streams.
 *
 * `rng.fork("actions")` depends only on the seed and the names on the path, never on what was drawn before, so adding
 * a draw in one place moves nothing elsewhere.
 *
 * @module
 */

/** Four 32-bit words that identify a stream. */
type Key = readonly [number, number, number, number];

/** Finaliser of MurmurHash3: every input bit reaches every output bit. */
function mix(h: number): number {
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** Absorbs a name into a key, each word with its own multiplier so that the four words stay independent. */
function absorb(key: Key, name: string): Key {
  let [a, b, c, d] = key;
  // A leading length keeps fork("ab").fork("c") apart from fork("a").fork("bc").
  const codes = [name.length, ...Array.from({ length: name.length }, (_, i) => name.charCodeAt(i))];
  for (const code of codes) {
    a = mix(Math.imul(a ^ code, 0x9e3779b1) + d);
    b = mix(Math.imul(b ^ code, 0x85ebca77) + a);
    c = mix(Math.imul(c ^ code, 0xc2b2ae3d) + b);
    d = mix(Math.imul(d ^ code, 0x27d4eb2f) + c);
  }
  return [a, b, c, d];
}

function checkCount(n: number): void {
  if (Number.isInteger(n) && n >= 1 && n <= 0xffffffff) return;
  throw new RangeError(`n must be an integer from 1 to 4294967295, got ${n}`);
}

/**
 * A random stream (generator sfc32, period about 2^128).
 *
 * @example Same seed and name, same numbers
 * ```ts
 * import { Rng } from "./random.ts";
 * import assert from "node:assert/strict";
 * const a = Rng.seed(7).fork("actions");
 * const root = Rng.seed(7);
 * root.uniform(); // draws elsewhere move nothing
 * assert.equal(a.uniform(), root.fork("actions").uniform());
 * ```
 */
export class Rng {
  #a: number;
  #b: number;
  #c: number;
  #counter: number;
  #spareNormal: number | undefined;

  private constructor(private readonly key: Key) {
    [this.#a, this.#b, this.#c, this.#counter] = key;
    for (let i = 0; i < 12; i++) this.uint32();
  }

  /** The root stream of a seed. @throws RangeError when the seed is not an integer */
  static seed(seed: number): Rng {
    if (!Number.isSafeInteger(seed)) throw new RangeError(`seed must be an integer, got ${seed}`);
    return new Rng(absorb([0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344], `seed:${seed}`));
  }

  /** The sub-stream of that name; it does not depend on what this stream has drawn. */
  fork(name: string | number): Rng {
    return new Rng(absorb(this.key, String(name)));
  }

  /** An integer in [0, 2^32). */
  uint32(): number {
    const t = (this.#a + this.#b + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (this.#c << 21) | (this.#c >>> 11);
    this.#c = (this.#c + t) | 0;
    return t >>> 0;
  }

  /** A number in [0, 1) with 53 random bits. */
  uniform(): number {
    return ((this.uint32() >>> 5) * 0x4000000 + (this.uint32() >>> 6)) / 0x20000000000000;
  }

  /** A standard normal number (polar method). */
  normal(): number {
    if (this.#spareNormal !== undefined) {
      const spare = this.#spareNormal;
      this.#spareNormal = undefined;
      return spare;
    }
    let u, v, s;
    do {
      u = 2 * this.uniform() - 1;
      v = 2 * this.uniform() - 1;
      s = u * u + v * v;
    } while (s >= 1 || s === 0);
    const scale = Math.sqrt(-2 * Math.log(s) / s);
    this.#spareNormal = v * scale;
    return u * scale;
  }

  /** True with probability `p`. */
  bernoulli(p: number): boolean {
    return this.uniform() < p;
  }

  /** An integer in [0, n), without modulo bias. @throws RangeError when n is not a positive integer below 2^32 */
  integer(n: number): number {
    checkCount(n);
    let x, rest;
    // Numbers of the last multiple of n that does not fit below 2^32 are drawn again. The shifts tell V8 that this is a
    // remainder of 32-bit integers, which is six times as fast as one of float64 numbers.
    do {
      x = this.uint32();
      rest = (x % (n >>> 0)) >>> 0;
    } while (x - rest > 0x100000000 - n);
    return rest;
  }

  /**
   * Fills an array with draws of {@linkcode integer}: the same numbers, and the stream is where it would be after as many of
   * them, in a fifth of the time.
   *
   * @param n the numbers are in [0, n)
   * @param out overwritten, of any length
   * @throws RangeError when n is not a positive integer below 2^32
   */
  fillIntegers(n: number, out: Uint32Array): void {
    checkCount(n);
    // As int32, which they stay: a word of a fresh stream may be above 2^31, and the loop would be one of float64 numbers.
    let a = this.#a | 0, b = this.#b | 0, c = this.#c | 0, counter = this.#counter | 0;
    const most = 0x100000000 - n, inverse = 1 / n;
    for (let i = 0; i < out.length; i++) {
      let x, rest;
      do {
        const t = (a + b + counter) | 0;
        counter = (counter + 1) | 0;
        a = b ^ (b >>> 9);
        b = (c + (c << 3)) | 0;
        c = (c << 21) | (c >>> 11);
        c = (c + t) | 0;
        x = t >>> 0;
        // (x + 1/2) / n is 1/(2n) or more from a whole number, and rounding moves it by less than 2^-19 / n.
        rest = x - Math.floor((x + 0.5) * inverse) * n;
      } while (x - rest > most);
      out[i] = rest;
    }
    this.#a = a;
    this.#b = b;
    this.#c = c;
    this.#counter = counter;
  }

  /**
   * Counts draws of {@linkcode integer} instead of listing them: the stream is where it would be after as many of them.
   *
   * @param draws how many
   * @param counts how often each number in [0, counts.length) was drawn is added to it. Of as many draws as there are
   *   numbers one comes up 65,536 times with a probability below 1e-280000: 16 bits are enough for a bootstrap
   * @throws RangeError when there is no number to draw
   */
  countIntegers(draws: number, counts: Uint16Array): void {
    const n = counts.length;
    checkCount(n);
    let a = this.#a | 0, b = this.#b | 0, c = this.#c | 0, counter = this.#counter | 0;
    const most = 0x100000000 - n, inverse = 1 / n;
    for (let i = 0; i < draws; i++) {
      let x, rest;
      do {
        const t = (a + b + counter) | 0;
        counter = (counter + 1) | 0;
        a = b ^ (b >>> 9);
        b = (c + (c << 3)) | 0;
        c = (c << 21) | (c >>> 11);
        c = (c + t) | 0;
        x = t >>> 0;
        rest = x - Math.floor((x + 0.5) * inverse) * n; // fillIntegers once more: by way of its list it takes a sixth longer
      } while (x - rest > most);
      counts[rest]++;
    }
    this.#a = a;
    this.#b = b;
    this.#c = c;
    this.#counter = counter;
  }

  /** `count` standard normal numbers. */
  normals(count: number): Float64Array {
    const out = new Float64Array(count);
    for (let i = 0; i < count; i++) out[i] = this.normal();
    return out;
  }

  /** The numbers 0 .. n-1 in random order (Fisher-Yates). */
  permutation(n: number): Uint32Array {
    const order = new Uint32Array(n);
    for (let i = 0; i < n; i++) order[i] = i;
    for (let i = n - 1; i > 0; i--) {
      const j = this.integer(i + 1);
      const last = order[i];
      order[i] = order[j];
      order[j] = last;
    }
    return order;
  }

  /**
   * `count` draws with replacement from a discrete law.
   *
   * @param probabilities non-negative weights `[X]`, not all zero; they need not sum to one
   * @throws RangeError when a weight is negative or not finite, or all are zero
   */
  categorical(probabilities: ArrayLike<number>, count: number): Uint32Array {
    const cumulative = new Float64Array(probabilities.length);
    let total = 0;
    for (let i = 0; i < probabilities.length; i++) {
      const p = probabilities[i];
      if (!(p >= 0 && p < Infinity)) throw new RangeError(`probabilities[${i}] must be finite and >= 0, got ${p}`);
      total += p;
      cumulative[i] = total;
    }
    if (!(total > 0)) throw new RangeError(`probabilities sum to ${total}: at least one must be positive`);
    // A plain loop: typed-array `from` with a callback takes several times as long.
    const out = new Uint32Array(count);
    for (let i = 0; i < count; i++) {
      const u = this.uniform() * total;
      let low = 0, high = cumulative.length - 1;
      while (low < high) {
        const middle = (low + high) >>> 1;
        if (u < cumulative[middle]) high = middle;
        else low = middle + 1;
      }
      out[i] = low;
    }
    return out;
  }
}
