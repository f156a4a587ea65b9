/**
 * Which examples a step learns from.
 *
 * @module
 */
import { Rng } from "../../random.ts";

/**
 * The examples of a step: each epoch has its own order, and a batch that an epoch ends in goes on with the next. It depends
 * on seed and step alone, so that a training that goes on needs no state of the stream.
 *
 * @param step from 0
 * @param size of a batch
 * @param count examples
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const epoch = [0, 1].flatMap((step) => batchAt(3, step, 2, 4));
 * assert.deepEqual(epoch.toSorted(), [0, 1, 2, 3]);
 * ```
 */
export function batchAt(seed: number, step: number, size: number, count: number): number[] {
  const orders = new Map<number, Uint32Array>();
  return Array.from({ length: size }, (_, i) => {
    const place = step * size + i, epoch = Math.floor(place / count);
    const order = orders.getOrInsertComputed(epoch, () => Rng.seed(seed).fork("order").fork(epoch).permutation(count));
    return order[place % count];
  });
}

/**
 * Holds back all examples of some prompts: a prompt is on one side alone.
 *
 * @param prompts of the examples
 * @param share of the prompts that is held back, rounded to whole prompts; none at 0, else at least one
 * @returns places of the examples on both sides, in order
 * @throws RangeError where nothing would be left to learn from
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const { train, heldOut } = holdBack(["a", "b", "a", "c"], 0.5, 1);
 * assert.equal(train.length + heldOut.length, 4);
 * assert.equal(heldOut.includes(0), heldOut.includes(2));
 * ```
 */
export function holdBack(
  prompts: readonly string[],
  share: number,
  seed: number,
): { readonly train: readonly number[]; readonly heldOut: readonly number[] } {
  const different = [...new Set(prompts)], count = share === 0 ? 0 : Math.max(1, Math.round(share * different.length));
  if (count >= different.length) {
    throw new RangeError(
      `prompts: ${different.length} different ones, of which ${count} would be held back: none is left`,
    );
  }
  const order = Rng.seed(seed).fork("held out").permutation(different.length);
  const back = new Set(Array.from(order.subarray(0, count), (place) => different[place]));
  const places = [...prompts.keys()];
  return {
    train: places.filter((place) => !back.has(prompts[place])),
    heldOut: places.filter((place) => back.has(prompts[place])),
  };
}
