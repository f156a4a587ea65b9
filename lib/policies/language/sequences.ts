/**
 * Token sequences of different lengths, one after another, and what they share.
 *
 * @module
 */

/** Sequences as rows, without padding. A row is a token in its place; a beginning that several share has its rows once. */
export interface Sequences {
  /** Token of each row `[N]`. */
  readonly ids: Uint32Array;
  /** Place of each row in its sequence `[N]`. */
  readonly positions: Uint32Array;
  /** Row of the token before; −1 for the first of a sequence `[N]`. */
  readonly previous: Int32Array;
  /** Rows of each run, which follow one another `[runs]`. */
  readonly lengths: Uint32Array;
  /** First row of each run `[runs]`. */
  readonly starts: Uint32Array;
  /** The run that each goes on from; −1 for none `[runs]`. */
  readonly prefixes: Int32Array;
  /** Rows of each sequence as it was given, from its first token to its last. */
  readonly rows: readonly Uint32Array[];
}

/**
 * Puts sequences one after another: a run each.
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
  return sharedSequences(sequences.map((ids) => ({ sequences: [ids], most: 0 })));
}

/** Sequences that may begin with the same tokens. */
export interface Group {
  /** Ids of each. */
  readonly sequences: readonly ArrayLike<number>[];
  /** Tokens that may be shared at most: none whose log-prob counts in each of the sequences. */
  readonly most: number;
}

/**
 * Puts sequences one after another; those of a group share the tokens that they all begin with, but for the last of the
 * shortest. A prompt with several completions is computed once.
 *
 * @returns sequences numbered through all groups
 * @throws RangeError naming a sequence without tokens
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const { ids, previous, prefixes, rows } = sharedSequences([{ sequences: [[7, 8, 1, 2], [7, 8, 3]], most: 2 }]);
 * assert.deepEqual([...ids], [7, 8, 1, 2, 3]);
 * assert.deepEqual([...previous], [-1, 0, 1, 2, 1]);
 * assert.deepEqual([...prefixes], [-1, 0, 0]);
 * assert.deepEqual([...rows[1]], [0, 1, 4]);
 * ```
 */
export function sharedSequences(groups: readonly Group[]): Sequences {
  const all = groups.reduce((sum, { sequences }) => sequences.reduce((sum, { length }) => sum + length, sum), 0);
  const ids = new Uint32Array(all), positions = new Uint32Array(all), previous = new Int32Array(all);
  const lengths: number[] = [], starts: number[] = [], prefixes: number[] = [], rows: Uint32Array[] = [];
  let count = 0;
  const run = (of: ArrayLike<number>, from: number, to: number, prefix: number): number => {
    const first = count;
    for (let t = from; t < to; t++, count++) {
      previous[count] = count - 1;
      ids[count] = of[t];
      positions[count] = t;
    }
    if (to > from) previous[first] = prefix < 0 ? -1 : starts[prefix] + lengths[prefix] - 1;
    starts.push(first);
    lengths.push(to - from);
    prefixes.push(prefix);
    return first;
  };
  for (const { sequences, most } of groups) {
    const empty = sequences.findIndex(({ length }) => length === 0);
    if (empty >= 0) throw new RangeError(`sequences[${rows.length + empty}] has no tokens`);
    const shared = sequences.length < 2 ? 0 : alike(sequences, most);
    const prefix = shared === 0 ? -1 : lengths.length, first = shared === 0 ? 0 : run(sequences[0], 0, shared, -1);
    for (const sequence of sequences) {
      const own = run(sequence, shared, sequence.length, prefix), at = new Uint32Array(sequence.length);
      for (let t = 0; t < at.length; t++) at[t] = t < shared ? first + t : own + t - shared;
      rows.push(at);
    }
  }
  return {
    ids: ids.slice(0, count),
    positions: positions.slice(0, count),
    previous: previous.slice(0, count),
    lengths: Uint32Array.from(lengths),
    starts: Uint32Array.from(starts),
    prefixes: Int32Array.from(prefixes),
    rows,
  };
}

/** How many tokens all begin with, at most so many, and the last of the shortest aside. */
function alike(sequences: readonly ArrayLike<number>[], most: number): number {
  const end = sequences.reduce((least, { length }) => Math.min(least, length - 1), most);
  for (let t = 0; t < end; t++) {
    if (sequences.some((sequence) => sequence[t] !== sequences[0][t])) return t;
  }
  return end;
}
