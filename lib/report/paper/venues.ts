/**
 * Column widths of venues.
 *
 * @module
 */
import { UserError } from "../../user_error.ts";

/** Widths in inches of half (one column) and full (the text block) figures, from the venues' style files. */
const WIDTHS: Readonly<Record<string, { readonly half: number; readonly full: number }>> = {
  icml: { half: 3.25, full: 6.75 },
  uai: { half: 3.25, full: 6.75 },
  aistats: { half: 3.25, full: 6.75 },
  aaai: { half: 3.3, full: 6.975 },
  // 7.7 and 16 cm.
  acl: { half: 3.03, full: 6.3 },
  // One-column styles: half a figure is what stands two abreast with a gap of a quarter inch.
  neurips: { half: 2.625, full: 5.5 },
  iclr: { half: 2.625, full: 5.5 },
  colm: { half: 2.625, full: 5.5 },
  jmlr: { half: 2.875, full: 6 },
  tmlr: { half: 3.125, full: 6.5 },
};

/** Venues that set two columns: a full figure spans both. */
const TWO_COLUMNS = ["icml", "uai", "aistats", "aaai", "acl"];

/**
 * The float that a figure of a width stands in.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.deepEqual(["icml", "neurips"].map((venue) => floatOf(venue, "full")), ["figure*", "figure"]);
 * ```
 */
export function floatOf(venue: string, width: string): "figure" | "figure*" {
  return width === "full" && TWO_COLUMNS.includes(venue) ? "figure*" : "figure";
}

/** Names of venues with known widths. */
export const venueNames: readonly string[] = Object.keys(WIDTHS);

/**
 * The width of a figure in points of 1/72 inch.
 *
 * @throws UserError naming the venues or the two widths
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(venueWidth("icml", "half"), 234);
 * ```
 */
export function venueWidth(venue: string, width: string): number {
  const widths = Object.hasOwn(WIDTHS, venue) ? WIDTHS[venue] : undefined;
  if (!widths) throw new UserError(`--venue ${venue}: unknown venue, choose one of ${venueNames.join(", ")}`);
  if (width !== "half" && width !== "full") throw new UserError(`--width ${width}: choose half or full`);
  return widths[width] * 72;
}
