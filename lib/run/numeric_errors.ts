/**
 * What a unit's mathematics throws, as the user reads it.
 *
 * @module
 */
import { DivergenceError } from "../user_error.ts";
import { flagName, type OptionSpecs, type Preset } from "./options.ts";

/**
 * The options that are not those of the preset, as flags.
 *
 * @example
 * ```ts
 * import { int } from "./options.ts";
 * import assert from "node:assert/strict";
 * const specs = { n: int(400, "texts", { min: 1, max: 1000 }), steps: int(3, "steps", { min: 1, max: 9 }) };
 * assert.equal(changedOptions(specs, { n: 50, steps: 3 }, "quick"), "--n 50");
 * ```
 */
export function changedOptions(specs: OptionSpecs, values: Readonly<Record<string, unknown>>, preset: Preset): string {
  return Object.entries(specs).filter(([key, spec]) => String(spec.values[preset]) !== String(values[key]))
    .map(([key]) => `--${flagName(key)} ${values[key]}`).join(" ");
}

/**
 * An error of a unit in one line that says where it arose and under which options, when it is of the kinds that options
 * can cause: numbers that stopped being finite, and arguments that left the range of a formula. Every other error is
 * ours, and is given back as it is; so is a range error under the preset's own options.
 *
 * @param where question, arm, condition and seeds in words
 * @param changed what {@linkcode changedOptions} says
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const told = explained(new RangeError("weight 3 overflows"), "value cpo n=64 seeds 0-19", "--tau 100");
 * assert.equal((told as Error).message, "value cpo n=64 seeds 0-19: weight 3 overflows; it runs with --tau 100");
 * assert.ok(explained(new TypeError("a mistake"), "value", "--tau 100") instanceof TypeError);
 * ```
 */
export function explained(error: unknown, where: string, changed: string): unknown {
  const diverged = error instanceof DivergenceError;
  if (!diverged && (changed === "" || !(error instanceof RangeError))) return error;
  const said = changed === "" ? "" : `; it runs with ${changed}`;
  return new DivergenceError(`${where}: ${error.message}${said}`.replaceAll(/\s+/g, " "), { cause: error });
}
