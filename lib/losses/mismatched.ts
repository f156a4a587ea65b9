/**
 * Mismatched pairs of a batch: each prompt with a response to another prompt, of which KTO's reference point is made.
 *
 * @module
 */

/**
 * Which row's response each row takes, none of them from its own prompt.
 *
 * Rows are put prompt by prompt and moved on by the size of the largest prompt: where that has at most half of the rows,
 * every response is used once. Where it has more, no choice can use each once: its rows take the other prompts' responses
 * in turn. Without repeated prompts each row takes the next row's, the last one the first's.
 *
 * @param prompts prompt of each row, as an id or as the text itself `[n]`
 * @returns for each row, the row whose response it takes `[n]`
 * @throws TypeError for a number in place of the list; RangeError where all rows have one prompt, and nothing in them is
 * mismatched
 * @example A desirable and an undesirable response to each of two prompts
 * ```ts
 * import assert from "node:assert/strict";
 * assert.deepEqual([...mismatchedRows(["a", "a", "b", "b"])], [2, 3, 0, 1]);
 * assert.deepEqual([...mismatchedRows([7, 8, 9])], [1, 2, 0]);
 * ```
 */
export function mismatchedRows(prompts: ArrayLike<number | string>): Uint32Array {
  if (typeof prompts !== "object" || prompts === null || typeof prompts.length !== "number") {
    throw new TypeError(`prompts: expected the prompt of each row, got ${typeof prompts}`);
  }
  const groups = [...Map.groupBy(Array.from(prompts, (_, row) => row), (row) => prompts[row]).values()];
  if (groups.length < 2) {
    throw new RangeError(
      `prompts: expected at least two different prompts, so that a row can take a response to another, got ` +
        (groups.length === 0 ? "no rows" : `${JSON.stringify(prompts[0])} in all ${prompts.length} rows`),
    );
  }
  const largest = groups.reduce((a, b) => b.length > a.length ? b : a), taken = new Uint32Array(prompts.length);
  const order = groups.flat();
  order.forEach((row, place) => taken[row] = order[(place + largest.length) % order.length]);
  if (2 * largest.length <= order.length) return taken;
  const others = groups.filter((group) => group !== largest).flat();
  largest.forEach((row, i) => taken[row] = others[i % others.length]);
  others.forEach((row, i) => taken[row] = largest[i]);
  return taken;
}
