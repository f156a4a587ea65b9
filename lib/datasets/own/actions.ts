/**
 * Actions of a log: codes from 0 on, or names.
 *
 * @module
 */
import { nearest } from "../../nearest.ts";
import { UserError } from "../../user_error.ts";
import type { Cell } from "./numbers.ts";

/** Codes up to this are counted from 0; larger ones are names, such as identifiers. */
const MOST = 100_000;

/**
 * The name in a cell: whole numbers are the same however they are written, spaces around are none of it.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.deepEqual([nameOf(" b "), nameOf(2), nameOf("2.0"), nameOf("02")], ["b", "2", "2", "02"]);
 * ```
 */
export function nameOf(cell: Cell): string {
  if (typeof cell !== "string") return typeof cell === "object" ? JSON.stringify(cell) : String(cell);
  const text = cell.trim();
  // pandas writes codes with a decimal point where some are missing.
  return /^\d+\.0+$/.test(text) ? text.slice(0, text.indexOf(".")) : text;
}

/**
 * Names of the actions in the order of their codes.
 *
 * @param seen names that the log has
 * @param declared how many there are, with codes from 0, or their names; else what was seen, all codes up to the largest, or
 * names sorted
 * @param place of the first row with a name of `seen`, for messages
 * @throws UserError for an action that is not declared
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.deepEqual(actionsOf(["2", "0"], undefined, String), {
 *   actions: ["0", "1", "2"],
 *   warnings: ["action 1 was never taken"],
 * });
 * ```
 */
export function actionsOf(
  seen: readonly string[],
  declared: number | readonly string[] | undefined,
  place: (seen: number) => string,
): { readonly actions: readonly string[]; readonly warnings: readonly string[] } {
  const codes = seen.every((name) => /^(?:0|[1-9]\d*)$/.test(name)) ? seen.map(Number) : undefined;
  const isCoded = codes !== undefined && Math.max(...codes) <= MOST;
  const upTo = (count: number) => Array.from({ length: count }, (_, code) => String(code));
  const actions = typeof declared === "number"
    ? upTo(declared)
    : declared ?? (isCoded ? upTo(Math.max(...codes) + 1) : seen.toSorted(byNumberThenName));
  const known = new Set(actions), stranger = seen.findIndex((name) => !known.has(name));
  const isFromOne = codes !== undefined && !codes.includes(0) && known.has("0");
  if (stranger >= 0) {
    const isShifted = isFromOne && Math.max(...codes) === actions.length;
    const guess = nearest(seen[stranger], actions);
    const meant = isShifted
      ? `; codes seem to begin with 1: name the actions 1 to ${actions.length}`
      : `; name all actions${guess === undefined || codes ? "" : `, or did you mean "${guess}"?`}`;
    throw new UserError(`${place(stranger)}: action "${seen[stranger]}" where there are ${shown(actions)}${meant}`);
  }
  const taken = new Set(seen), never = actions.filter((name) => !taken.has(name));
  const hint = isFromOne ? `; codes seem to begin with 1: if so, name the actions in their order` : "";
  const warning = `action${never.length === 1 ? "" : "s"} ${shown(never)} ${
    never.length === 1 ? "was" : "were"
  } never taken${hint}`;
  return { actions, warnings: never.length === 0 ? [] : [warning] };
}

const shown = (names: readonly string[]): string =>
  names.slice(0, 10).join(", ") + (names.length > 10 ? ` and ${names.length - 10} more` : "");

const byNumberThenName = (a: string, b: string): number =>
  a.localeCompare(b, "en", { numeric: true }) || (a < b ? -1 : 1);
