/**
 * What losses read of the log-probs of tokens: sums of some of them, each with the same weight.
 *
 * @module
 */
import { type Example, firstScored, scoredTokens, type TokenLogps } from "./examples.ts";

/**
 * Which tokens, and how they are added up:
 * - `sum` and `mean` of the response
 * - `common`, the sum of the response's first n tokens, n the length of the pair's shorter one; `excess`, of those after
 * - `whole`, the sum of prompt and response
 */
export type Reduction = "sum" | "mean" | "common" | "excess" | "whole";

/** One number of an example. */
export interface Reading {
  /** Place of the response. */
  readonly response: number;
  readonly reduction: Reduction;
}

/** Tokens `from <= t < to` of a text, each with the same weight. */
interface Span {
  readonly from: number;
  readonly to: number;
  readonly weight: number;
}

/**
 * The tokens that a reading adds up.
 *
 * @throws RangeError for a mean of no tokens
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const text = (length: number) => ({ ids: new Uint32Array(length), from: 2 });
 * const pair = { responses: [text(4), text(7)] };
 * assert.deepEqual(spanOf(pair, { response: 0, reduction: "mean" }), { from: 2, to: 4, weight: 0.5 });
 * assert.deepEqual(spanOf(pair, { response: 1, reduction: "excess" }), { from: 4, to: 7, weight: 1 });
 * ```
 */
export function spanOf({ responses }: Example, { response, reduction }: Reading): Span {
  const text = responses[response], from = firstScored(text), to = text.ids.length, count = scoredTokens(text);
  const shared = () => from + Math.min(...responses.map(scoredTokens));
  switch (reduction) {
    case "sum":
      return { from, to, weight: 1 };
    case "mean":
      if (count === 0) {
        throw new RangeError(`responses[${response}] has no token to score: an empty response has no mean`);
      }
      return { from, to, weight: 1 / count };
    case "common":
      return { from, to: shared(), weight: 1 };
    case "excess":
      return { from: shared(), to, weight: 1 };
    case "whole":
      return { from: 1, to, weight: 1 };
  }
}

/**
 * The weighted sum of a span, in float64.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(readSpan(Float32Array.of(0, -1, -3), { from: 1, to: 3, weight: 0.5 }), -2);
 * ```
 */
export function readSpan(logps: TokenLogps, { from, to, weight }: Span): number {
  let sum = 0;
  for (let t = from; t < to; t++) sum += logps[t];
  return weight * sum;
}
