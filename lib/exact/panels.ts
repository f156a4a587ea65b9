/**
 * Rows of numbers as our kernels take them.
 *
 * @module
 */

/** Rows that lie side by side. */
export const PANEL = 8;

/**
 * Rows in panels of eight, one column of all eight after the other; missing rows have zeros.
 *
 * @param rows how many
 * @param width numbers of a row
 * @param fill writes a row `[width]`
 * @returns `[panels, width, 8]`
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const panel = inPanels(2, 2, (i, row) => row.set([10 * i + 1, 10 * i + 2]));
 * assert.deepEqual([...panel], [1, 11, 0, 0, 0, 0, 0, 0, 2, 12, 0, 0, 0, 0, 0, 0]);
 * ```
 */
export function inPanels(rows: number, width: number, fill: (i: number, row: Float64Array) => void): Float64Array {
  const out = new Float64Array(PANEL * Math.ceil(rows / PANEL) * width), row = new Float64Array(width);
  for (let i = 0; i < rows; i++) {
    fill(i, row);
    const first = (i - i % PANEL) * width + i % PANEL;
    for (let k = 0; k < width; k++) out[first + PANEL * k] = row[k];
  }
  return out;
}
