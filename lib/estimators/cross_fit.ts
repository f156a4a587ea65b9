/**
 * Cross-fitting: every round is predicted by a model that has not seen it. A model fitted to the rounds it corrects makes
 * a policy that is greedy on it look good even on noise.
 *
 * @module
 */

import { checkFinite } from "../statistics/summary.ts";
import type { Rng } from "../random.ts";
import { membersOf } from "../statistics/groups.ts";
import { checkLength } from "./rounds.ts";

/** How units are dealt to folds. */
export interface FoldOptions {
  /** Number of units. */
  readonly n: number;
  /** Number of folds, from 2 to the number of units (of groups, where given); 5 unless given. */
  readonly folds?: number;
  /** Source of the draws. */
  readonly rng: Rng;
  /** Group of each unit, `[n]`: units of one group (a reader, a test, a speaker) stay together. */
  readonly groups?: ArrayLike<number | string>;
}

/**
 * Deals units to folds at random, as evenly as whole groups allow.
 *
 * @returns fold of each unit, `[n]`, in 0 .. folds-1; no fold is empty
 * @throws TypeError when `groups` has another length; RangeError when `folds` is below 2 or above the number of units or
 *   groups
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { Rng } from "../random.ts";
 * const fold = assignFolds({ n: 4, folds: 2, rng: Rng.seed(1), groups: ["a", "a", "b", "b"] });
 * assert.ok(fold[0] === fold[1] && fold[2] === fold[3] && fold[0] !== fold[2]);
 * ```
 */
export function assignFolds({ n, folds = 5, rng, groups }: FoldOptions): Uint32Array {
  if (groups !== undefined) checkLength(groups, n, "groups");
  const blocks = groups && membersOf(groups), count = blocks?.length ?? n;
  const what = groups === undefined ? "units" : "groups";
  if (!Number.isInteger(folds) || folds < 2 || folds > count) {
    throw new RangeError(
      `folds must be a whole number from 2 to the number of ${what} (${count}), got ${folds}`,
    );
  }
  const fold = new Uint32Array(n), drawn = rng.permutation(count);
  if (blocks === undefined) {
    for (let k = 0; k < n; k++) fold[drawn[k]] = k % folds;
    return fold;
  }
  const sizes = new Array<number>(folds).fill(0);
  // Large groups first, ties at random: each goes to the smallest fold so far, and none stays empty.
  const order = [...drawn].sort((a, b) => blocks[b].length - blocks[a].length);
  for (const block of order) {
    const smallest = sizes.indexOf(Math.min(...sizes));
    sizes[smallest] += blocks[block].length;
    for (const i of blocks[block]) fold[i] = smallest;
  }
  return fold;
}

/**
 * Out-of-fold predictions.
 *
 * @param fit called once a fold with the indices of the other folds (ascending); returns the function that predicts the
 *   units at the indices it is given (ascending): one value a unit, or c of them in a row
 * @returns predictions in the order of the units, `[n]` or row-major `[n, c]`
 * @throws TypeError when a fold's predictions have the wrong length; RangeError when one is not finite or the folds are
 *   out of range (see {@link assignFolds})
 *
 * @example Predicting each unit by the mean of the other folds
 * ```ts
 * import assert from "node:assert/strict";
 * import { Rng } from "../random.ts";
 * const y = [1, 2, 3, 4];
 * const prediction = crossFit({ n: 4, folds: 4, rng: Rng.seed(1) }, (train) => {
 *   const mean = train.reduce((sum, i) => sum + y[i], 0) / train.length;
 *   return (test) => Float64Array.from(test, () => mean);
 * });
 * assert.deepEqual([...prediction], [3, 8 / 3, 7 / 3, 2]);
 * ```
 */
export function crossFit(
  options: FoldOptions,
  fit: (train: Uint32Array) => (test: Uint32Array) => ArrayLike<number>,
): Float64Array {
  const { n, folds = 5 } = options;
  const fold = assignFolds(options);
  let columns = 0;
  let result = new Float64Array(0);
  for (let k = 0; k < folds; k++) {
    const { train, test } = partedBy(fold, k);
    const values = fit(train)(test);
    if (k === 0) {
      columns = values.length / test.length;
      if (!Number.isInteger(columns) || columns < 1) {
        throw new TypeError(
          `predictions of fold 0 must be a multiple of its ${test.length} units, got ${values.length}`,
        );
      }
      result = new Float64Array(n * columns);
    }
    checkLength(values, test.length * columns, `predictions of fold ${k}`);
    checkFinite(values, `predictions of fold ${k}`);
    for (let row = 0; row < test.length; row++) {
      for (let c = 0; c < columns; c++) result[test[row] * columns + c] = values[row * columns + c];
    }
  }
  return result;
}

/** Units of the other folds and of one fold, ascending. */
function partedBy(fold: Uint32Array, k: number): { readonly train: Uint32Array; readonly test: Uint32Array } {
  const train = new Uint32Array(fold.length), test = new Uint32Array(fold.length);
  let trained = 0, tested = 0;
  for (let i = 0; i < fold.length; i++) {
    if (fold[i] === k) test[tested++] = i;
    else train[trained++] = i;
  }
  return { train: train.slice(0, trained), test: test.slice(0, tested) };
}
