/**
 * Frequencies of rotary positions.
 *
 * @module
 */
import type { Rope } from "./config.ts";

/**
 * Angle a position of each pair of a head: base^(−2i/D), stretched as the scaling says.
 *
 * @param headWidth `D`, even
 * @returns `[D/2]`, in radians
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.deepEqual(ropeFrequencies(4, { base: 100 }), [1, 0.1]);
 * assert.deepEqual(ropeFrequencies(4, { base: 100, scaling: { kind: "linear", factor: 2 } }), [0.5, 0.05]);
 * ```
 */
export function ropeFrequencies(headWidth: number, { base, scaling }: Rope): number[] {
  const half = headWidth / 2;
  const plain = Array.from({ length: half }, (_, i) => base ** (-i / half));
  if (scaling === undefined) return plain;
  if (scaling.kind === "linear") return plain.map((f) => f / scaling.factor);
  if (scaling.kind === "factors") return plain.map((f, i) => f / scaling.factors[i]);
  const { factor, lowFrequencyFactor: low, highFrequencyFactor: high, originalLength } = scaling;
  return plain.map((f) => {
    const turns = originalLength * f / (2 * Math.PI); // over the longest text of pretraining
    const smooth = Math.min(Math.max((turns - low) / (high - low), 0), 1);
    return (1 - smooth) * f / factor + smooth * f;
  });
}
