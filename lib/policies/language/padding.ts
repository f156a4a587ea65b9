/**
 * Batches that others have filled up to one length.
 *
 * @module
 */

/**
 * The tokens of each row of a padded batch; padding may stand on either side.
 *
 * @param ids `[B][T]`
 * @param mask 1 where a token counts, 0 for padding `[B][T]`: an id alone does not tell, as the end of a text often fills up
 * @throws RangeError naming a row whose mask has another length, a gap, no token, or numbers other than 0 and 1
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const left = unpadded([[2, 2, 7], [5, 6, 2]], [[0, 0, 1], [1, 1, 1]]);
 * assert.deepEqual(left, unpadded([[7, 2, 2], [5, 6, 2]], [[1, 0, 0], [1, 1, 1]]));
 * assert.deepEqual(left, [[7], [5, 6, 2]]);
 * ```
 */
export function unpadded(
  ids: readonly ArrayLike<number>[],
  mask: readonly ArrayLike<number>[],
): number[][] {
  if (mask.length !== ids.length) throw new RangeError(`mask: expected ${ids.length} rows, got ${mask.length}`);
  return ids.map((row, b) => {
    const counts = Array.from(mask[b]), first = counts.indexOf(1), end = counts.lastIndexOf(1) + 1;
    if (counts.length !== row.length) {
      throw new RangeError(`mask[${b}]: expected ${row.length} entries, got ${counts.length}`);
    }
    if (first < 0) throw new RangeError(`mask[${b}]: no token counts`);
    const wrong = counts.findIndex((entry, t) => entry !== (t >= first && t < end ? 1 : 0));
    if (wrong >= 0) {
      throw new RangeError(`mask[${b}][${wrong}] is ${counts[wrong]}: expected ones with zeros before or behind`);
    }
    return Array.from(row).slice(first, end);
  });
}
