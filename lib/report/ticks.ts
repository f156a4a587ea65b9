/**
 * Tick positions and their labels.
 *
 * @module
 */
import { ticks as roundTicks } from "d3-array";
import { formatFixed, powerOfTen } from "./numbers.ts";

/**
 * Ticks of a log axis: whole powers of ten over two decades or more, 1-2-5 steps below that, and round steps where even
 * those are fewer than three.
 *
 * @param low > 0
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.deepEqual(logTicks(0.02, 0.9), [0.02, 0.05, 0.1, 0.2, 0.5]);
 * assert.deepEqual(logTicks(0.001, 1000), [0.001, 0.01, 0.1, 1, 10, 100, 1000]);
 * ```
 */
export function logTicks(low: number, high: number): number[] {
  const wide = Math.log10(high / low) > 2.5, whole = wide ? tenths(low, high, [1]) : [];
  if (whole.length >= 3) return whole;
  // Of two and a half decades two whole powers may lie inside: steps between them are better than none below them.
  const steps = tenths(low, high, [1, 2, 5]);
  if (steps.length >= 3) return steps;
  const round: number[] = roundTicks(low, high, 4);
  return round.filter((tick) => tick > 0);
}

/** Multiples of powers of ten inside [low, high]; whole powers at most nine or so. */
function tenths(low: number, high: number, factors: readonly number[]): number[] {
  const first = Math.floor(Math.log10(low)), last = Math.ceil(Math.log10(high));
  const every = factors.length === 1 ? Math.ceil((last - first) / 9) : 1;
  const ticks = [];
  for (let exponent = first; exponent <= last; exponent += every) {
    for (const factor of factors) {
      const tick = Number(`${factor}e${exponent}`);
      if (tick >= low * (1 - 1e-9) && tick <= high * (1 + 1e-9)) ticks.push(tick);
    }
  }
  return ticks;
}

/**
 * Labels of ticks: plain numbers, with as many decimals as the tick that needs most (on a log axis, as each needs), and
 * powers of ten where plain numbers would be long.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.deepEqual(tickLabels([0, 0.25, 0.5], "linear"), ["0.00", "0.25", "0.50"]);
 * assert.deepEqual(tickLabels([0.2, 1, 5], "log"), ["0.2", "1", "5"]);
 * ```
 */
export function tickLabels(ticks: readonly number[], scale: "linear" | "log"): string[] {
  const decimals = ticks.map((tick) => (String(Number(tick.toPrecision(10))).split(".")[1] ?? "").length);
  const magnitudes = ticks.filter((tick) => tick !== 0).map(Math.abs);
  const long = Math.max(...magnitudes, 0) >= 1e6 || Math.min(...magnitudes, 1) < (scale === "log" ? 1e-3 : 1e-5);
  if (long) {
    const labels = ticks.map(scientific);
    if (new Set(labels).size === ticks.length) return labels;
    // Ticks on a large number, nearer to each other than its leading digits: only the last digits tell them apart.
    const gap = Math.min(...ticks.slice(1).map((tick, i) => tick - ticks[i]));
    return ticks.map((tick) => formatFixed(tick, Math.min(20, Math.max(0, Math.ceil(-Math.log10(gap) - 1e-6)))));
  }
  return ticks.map((tick, i) => formatFixed(tick, scale === "log" ? decimals[i] : Math.max(...decimals)));
}

/** A tick as a multiple of a power of ten, without a factor of one. */
function scientific(tick: number): string {
  if (tick === 0) return "0";
  const [mantissa, exponent] = Number(tick.toPrecision(6)).toExponential().split("e");
  const power = powerOfTen(Number(exponent));
  const factor = mantissa.replace("-", "\u2212");
  return factor === "1" ? power : factor === "\u22121" ? `\u2212${power}` : `${factor}×${power}`;
}
