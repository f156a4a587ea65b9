/**
 * Token sequences of different lengths, one after another.
 *
 * @module
 */

/** Sequences without padding. */
export interface Sequences {
  /** Tokens of all, one after another `[N]`. */
  readonly ids: Uint32Array;
  /** Tokens of each `[B]`, each >= 1. */
  readonly lengths: Uint32Array;
  /** Where each begins in `ids` `[B]`. */
  readonly starts: Uint32Array;
  /** Place of each token in its sequence `[N]`. */
  readonly positions: Uint32Array;
}

/**
 * Puts sequences one after another.
 *
 * @param sequences ids of each
 * @throws RangeError naming a sequence without tokens
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const { ids, starts, positions } = sequencesOf([[7, 8], [9]]);
 * assert.deepEqual([...ids], [7, 8, 9]);
 * assert.deepEqual([...starts], [0, 2]);
 * assert.deepEqual([...positions], [0, 1, 0]);
 * ```
 */
export function sequencesOf(sequences: readonly ArrayLike<number>[]): Sequences {
  const lengths = Uint32Array.from(sequences, ({ length }) => length), empty = lengths.indexOf(0);
  if (empty >= 0) throw new RangeError(`sequences[${empty}] has no tokens`);
  const starts = new Uint32Array(sequences.length);
  for (let b = 1; b < starts.length; b++) starts[b] = starts[b - 1] + lengths[b - 1];
  const count = lengths.reduce((a, b) => a + b, 0), ids = new Uint32Array(count), positions = new Uint32Array(count);
  sequences.forEach((sequence, b) => {
    ids.set(sequence, starts[b]);
    for (let t = 0; t < sequence.length; t++) positions[starts[b] + t] = t;
  });
  return { ids, lengths, starts, positions };
}
