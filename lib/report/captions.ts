/**
 * Findings in words, from rows.
 *
 * @module
 */
import type { FigureSpec } from "./types.ts";
import { methodStyle } from "./methods.ts";
import { formatInterval } from "./numbers.ts";

/** One arm's number with its interval, in one unit. */
interface Told {
  /** Id of the arm. */
  readonly arm: string;
  /** The number. */
  readonly value: number;
  /** Lower end of its interval. */
  readonly lower: number;
  /** Upper end of its interval. */
  readonly upper: number;
}

/**
 * Both ends of a ranking in words: a caption that names every arm says what its table says, and is not read.
 *
 * @param rows one an arm, at least one
 * @param unit stands behind both numbers
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const rows = [
 *   { arm: "dpo", value: 0.12, lower: 0.11, upper: 0.13 },
 *   { arm: "pmle", value: 0.02, lower: 0.01, upper: 0.03 },
 * ];
 * assert.equal(fromTo(rows), "from PMLE 0.020 [0.010, 0.030] to DPO 0.120 [0.110, 0.130]");
 * assert.equal(fromTo(rows.slice(1)), "PMLE 0.020 [0.010, 0.030]");
 * ```
 * @throws RangeError when there is no row
 */
export function fromTo(rows: readonly Told[], unit = ""): string {
  if (rows.length === 0) throw new RangeError("a ranking needs at least one arm");
  const sorted = rows.toSorted((a, b) => a.value - b.value);
  const told = ({ arm, value, lower, upper }: Told) =>
    `${methodStyle(arm).label} ${formatInterval(value, lower, upper)}${unit}`;
  return sorted.length === 1 ? told(sorted[0]) : `from ${told(sorted[0])} to ${told(sorted.at(-1)!)}`;
}

/**
 * Labels of some arms, as a list in a sentence.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(labels(["dpo", "pmle", "ipo"]), "DPO, PMLE and IPO");
 * assert.equal(labels([]), "none");
 * ```
 */
export function labels(arms: readonly string[]): string {
  const all = arms.map((arm) => methodStyle(arm).label);
  if (all.length < 2) return all[0] ?? "none";
  // A label may hold a comma of its own.
  const separator = all.some((label) => label.includes(",")) ? "; " : ", ";
  return `${all.slice(0, -1).join(separator)} and ${all.at(-1)}`;
}

/**
 * What stands under a figure in print: the finding, then what the intervals are.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(captionOf({ caption: "It falls.", intervals: "Intervals are 95%." }), "It falls. Intervals are 95%.");
 * ```
 */
export function captionOf({ caption, intervals }: Pick<FigureSpec, "caption" | "intervals">): string {
  return intervals ? `${caption} ${intervals}` : caption;
}
