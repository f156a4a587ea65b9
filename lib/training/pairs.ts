/**
 * Pairs of texts in the forms that losses take, gathered from the tables of a batch.
 *
 * @module
 */
import type { PairedLogps, RebelPairs } from "../losses/mod.ts";
import type { Tensor } from "../tensor/backend.ts";
import { type Batch, taken } from "./batch.ts";

/** Pairs of texts, as indices into the texts of their replicate `[n]` each; the first won where one did. */
export interface Pairs {
  readonly first: Uint32Array;
  readonly second: Uint32Array;
}

/** Which pairs of each sample: the same number n in all. */
export interface PairSource<Sample> {
  /** By which their constants are known in the batch. */
  readonly name: string;
  readonly of: (sample: Sample) => Pairs;
}

/**
 * Pairs of which the first won. Each tensor `[R, n]` is gathered when it is first read.
 *
 * @param policy log π of all texts `[R, X]`
 * @example
 * ```ts
 * import { startBackend } from "../tensor/backend.ts";
 * import assert from "node:assert/strict";
 * import { batchOf } from "./batch.ts";
 * await startBackend("cpu");
 * const data = batchOf({ samples: [[-1, -2]], start: (logs) => Float64Array.from(logs) });
 * const source = { name: "the pair", of: () => ({ first: Uint32Array.of(1), second: Uint32Array.of(0) }) };
 * const { policyChosen, referenceRejected } = wonPairs(data, source, data.reference);
 * assert.deepEqual([policyChosen.dataSync()[0], referenceRejected.dataSync()[0]], [-2, -1]);
 * data.dispose();
 * ```
 */
export function wonPairs<Sample>(data: Batch<Sample>, source: PairSource<Sample>, policy: Tensor): PairedLogps {
  const { first, second, constantFirst, constantSecond } = sides(data, source);
  return lazily({
    policyChosen: () => first(policy),
    policyRejected: () => second(policy),
    referenceChosen: () => constantFirst("log π0", () => data.reference),
    referenceRejected: () => constantSecond("log π0", () => data.reference),
  });
}

/**
 * Pairs with a reward of either text. Each tensor `[R, n]` is gathered when it is first read.
 *
 * @param policy log π of all texts `[R, X]`
 * @param reward of all texts `[R, X]`; asked for once a reward is read
 * @example
 * ```ts
 * import { startBackend } from "../tensor/backend.ts";
 * import assert from "node:assert/strict";
 * import { batchOf } from "./batch.ts";
 * await startBackend("cpu");
 * const data = batchOf({ samples: [[-1, -2]], start: (logs) => Float64Array.from(logs) });
 * const source = { name: "the pair", of: () => ({ first: Uint32Array.of(1), second: Uint32Array.of(0) }) };
 * const reward = () => data.table("reward", () => [5, 6]);
 * assert.equal(ratedPairs(data, source, data.reference, reward).rewardFirst.dataSync()[0], 6);
 * data.dispose();
 * ```
 */
export function ratedPairs<Sample>(
  data: Batch<Sample>,
  source: PairSource<Sample>,
  policy: Tensor,
  reward: () => Tensor,
): RebelPairs {
  const { first, second, constantFirst, constantSecond } = sides(data, source);
  return lazily({
    policyFirst: () => first(policy),
    policySecond: () => second(policy),
    referenceFirst: () => constantFirst("log π0", () => data.reference),
    referenceSecond: () => constantSecond("log π0", () => data.reference),
    rewardFirst: () => constantFirst("reward", reward),
    rewardSecond: () => constantSecond("reward", reward),
  });
}

/** How the entries of a pair's sides are taken from tables of all texts. */
function sides<Sample>(data: Batch<Sample>, { name, of }: PairSource<Sample>) {
  const side = (which: keyof Pairs) => (values: Tensor) =>
    taken(values, data.index(`${which} of ${name}`, (sample) => of(sample)[which]));
  const constant = (which: keyof Pairs) => (what: string, values: () => Tensor) =>
    data.constant(`${what}, ${which} of ${name}`, () => side(which)(values()));
  return {
    first: side("first"),
    second: side("second"),
    constantFirst: constant("first"),
    constantSecond: constant("second"),
  };
}

/**
 * An object whose members are made when they are first read, once each.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * let made = 0;
 * const both = lazily({ a: () => ++made, b: () => ++made });
 * assert.equal(both.b + both.b, 2);
 * assert.equal(made, 1);
 * ```
 */
export function lazily<T extends object>(parts: { readonly [K in keyof T]: () => T[K] }): T {
  const out = {} as T;
  for (const key of Object.keys(parts) as (keyof T)[]) {
    let made: { readonly value: T[keyof T] } | undefined;
    Object.defineProperty(out, key, { enumerable: true, get: () => (made ??= { value: parts[key]() }).value });
  }
  return out;
}
