/**
 * Parity of what decodes a token at a time: a cache that is written, attention to it, products of single rows.
 *
 * @module
 */
import { SMALLEST_NORMAL, u } from "../backends_test_helpers.ts";
import { cachedAttention, type Places, writeCache } from "../fused/cached_attention.ts";
import { groupedProduct } from "../fused/grouped_product.ts";
import { rowwiseProduct } from "../fused/rowwise_product.ts";
import type { ParityCase } from "./case_test_helpers.ts";

const product = (
  rows: number,
  outputs: number,
  columns: number,
  op: "rowwiseProduct" | "groupedProduct" = "rowwiseProduct",
): ParityCase => {
  const lengths = Uint32Array.from(rows < 2 ? [rows] : [1, rows - 1]);
  const sums = (x: Float64Array, weight: Float64Array, size: (v: number) => number = (v) => v) =>
    Float64Array.from({ length: rows * outputs }, (_, i) => {
      let sum = 0;
      for (let k = 0; k < columns; k++) {
        sum += size(x[Math.floor(i / outputs) * columns + k] * weight[(i % outputs) * columns + k]);
      }
      return sum;
    });
  return {
    op,
    shapes: [[rows, columns], [outputs, columns]],
    apply: op === "rowwiseProduct" ? rowwiseProduct : (x, weight) => groupedProduct(x, weight, lengths),
    f64: (x, weight) => sums(x, weight),
    // A rounding for each term and for each sum that it is in, at most.
    bound: ([x, weight]) => sums(x, weight, Math.abs).map((v) => (columns + 1) * u * v + SMALLEST_NORMAL),
    gradient: "none",
  };
};

const places = (slots: readonly number[], positions: readonly number[]): Places => ({
  slots: Uint32Array.from(slots),
  positions: Uint32Array.from(positions),
});

const writing = (slots: readonly number[], positions: readonly number[], shape: readonly number[], width: number) =>
  ({
    op: "writeCache",
    shapes: [[slots.length, width], shape],
    note: `rows at ${slots} and ${positions}`,
    apply: (x, cache) => writeCache(cache, x, places(slots, positions)),
    f64: (x, cache) => {
      const [, length, kept] = shape, out = cache.slice();
      slots.forEach((slot, i) => {
        for (let c = 0; c < kept; c++) {
          out[(slot * length + positions[i]) * kept + c] = x[i * width + width - kept + c];
        }
      });
      return out;
    },
    bound: () => 0,
    gradient: "none",
  }) satisfies ParityCase;

function attending(
  slots: readonly number[],
  positions: readonly number[],
  [count, length]: readonly [number, number],
  [heads, keyHeads, head]: readonly [number, number, number],
  { window = length, softCap }: { readonly window?: number; readonly softCap?: number } = {},
): ParityCase {
  const width = (heads + 2 * keyHeads) * head, kept = 2 * keyHeads * head, scale = 0.7 / Math.sqrt(head);
  /** Σ share·f(value) of each output, times what `factor` makes of the largest size of a score. */
  const mixed = (
    x: Float64Array,
    cache: Float64Array,
    f: (v: number) => number,
    factor: (size: number) => number,
  ) => {
    const y = new Float64Array(slots.length * heads * head);
    slots.forEach((slot, r) => {
      for (let h = 0; h < heads; h++) {
        const seen = Array.from({ length: positions[r] + 1 }, (_, t) => t).filter((t) => t > positions[r] - window);
        const key = (t: number) => (slot * length + t) * kept + Math.floor(h * keyHeads / heads) * head;
        let size = 0;
        const scores = seen.map((t) => {
          let sum = 0, sizes = 0;
          for (let d = 0; d < head; d++) {
            const term = x[r * width + h * head + d] * cache[key(t) + d];
            sum += term;
            sizes += Math.abs(term);
          }
          size = Math.max(size, scale * sizes);
          return softCap === undefined ? scale * sum : softCap * Math.tanh(scale * sum / softCap);
        });
        const top = Math.max(...scores), weights = scores.map((score) => Math.exp(score - top));
        const total = weights.reduce((a, b) => a + b, 0);
        seen.forEach((t, s) => {
          for (let d = 0; d < head; d++) {
            const value = cache[key(t) + keyHeads * head + d];
            y[(r * heads + h) * head + d] += factor(size) * weights[s] / total * f(value);
          }
        });
      }
    });
    return y;
  };
  return {
    op: "cachedAttention",
    shapes: [[slots.length, width], [count, length, kept]],
    note: `rows at ${slots} and ${positions}, ${heads} heads, ${keyHeads} of keys, window ${window}, cap ${softCap}`,
    apply: (x, cache) =>
      cachedAttention(x, cache, {
        ...{ heads, keyHeads, scale, ...places(slots, positions) },
        ...(window < length ? { window } : {}),
        ...(softCap === undefined ? {} : { softCap }),
      }),
    f64: (x, cache) => mixed(x, cache, (v) => v, () => 1),
    // As for attention without a cache; a bounded score is c·(2σ − 1), whose σ is off by a dozen roundings of at most 1.
    bound: ([x, cache]) =>
      mixed(x, cache, Math.abs, (size) => u * (2 * ((head + 5) * size + 24 * (softCap ?? 0)) + 2 * length + 13))
        .map((v) => v + SMALLEST_NORMAL),
    gradient: "none",
  };
}

/** Of decoding. */
export const cachedCases: readonly ParityCase[] = [
  ...([[1, 1, 1], [1, 7, 17], [2, 3, 4], [3, 10, 5], [4, 8, 64], [5, 6, 3], [8, 12, 129], [9, 13, 17], [
    0,
    3,
    2,
  ]] as const)
    .map(([rows, outputs, columns]) => product(rows, outputs, columns)),
  ...([[1, 7, 17], [4, 1, 5], [9, 13, 64], [6, 19, 6200]] as const)
    .map(([rows, outputs, columns]) => product(rows, outputs, columns, "groupedProduct")),
  writing([0], [0], [1, 1, 2], 3),
  writing([2, 0, 2], [1, 3, 0], [3, 4, 6], 10),
  writing([1, 1, 1], [0, 1, 2], [2, 3, 2], 4),
  attending([0], [0], [1, 1], [1, 1, 1]),
  attending([2, 0], [4, 1], [3, 5], [4, 2, 8]),
  attending([1, 0, 3], [63, 0, 17], [4, 64], [6, 3, 16]),
  attending([0, 1], [16, 3], [2, 17], [4, 1, 17]),
  attending([0, 1], [9, 2], [2, 12], [3, 3, 70], { window: 4 }),
  attending([0, 1], [9, 2], [2, 12], [4, 2, 5], { window: 4, softCap: 3 }),
  attending([0], [4], [1, 5], [2, 1, 4], { softCap: 50 }),
];
