/**
 * When training has gone on long enough.
 *
 * @module
 */

/** The rule's state: part of the state of training. */
export interface Watch {
  /** Lowest loss on what is held out. */
  readonly best: number;
  /** Step after which it was found. */
  readonly step: number;
  /** Evaluations since then. */
  readonly since: number;
}

/** Before the first evaluation. */
export const NOTHING_SEEN: Watch = { best: Infinity, step: 0, since: 0 };

/**
 * The rule "patience": training stops when the loss on what is held out has been at or above its lowest for so many
 * evaluations in a row. This takes one evaluation into account.
 *
 * @param step steps taken
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const watch = [0.7, 0.6, 0.61].reduce((state, loss, i) => seen(state, loss, i), NOTHING_SEEN);
 * assert.deepEqual(watch, { best: 0.6, step: 1, since: 1 });
 * ```
 */
export function seen(watch: Watch, loss: number, step: number): Watch {
  return loss < watch.best ? { best: loss, step, since: 0 } : { ...watch, since: watch.since + 1 };
}
