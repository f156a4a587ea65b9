/**
 * A guess at what a name was meant to be.
 *
 * @module
 */

/**
 * The known name at the smallest edit distance, when that is small enough to be a slip.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(nearest("dr-cop", ["cpo", "dr-cpo"]), "dr-cpo");
 * ```
 */
export function nearest(name: string, known: readonly string[]): string | undefined {
  const distance = (a: string, b: string): number => {
    let row = Array.from({ length: b.length + 1 }, (_, j) => j);
    for (let i = 1; i <= a.length; i++) {
      const next = [i];
      for (let j = 1; j <= b.length; j++) {
        next[j] = Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1));
      }
      row = next;
    }
    return row[b.length];
  };
  const ranked = known.map((k) => ({ k, d: distance(name, k) })).sort((a, b) => a.d - b.d);
  const allowed = Math.min(name.length - 1, Math.max(2, Math.floor(name.length / 3)));
  return ranked.length > 0 && ranked[0].d <= allowed ? ranked[0].k : undefined;
}
