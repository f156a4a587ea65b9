/**
 * Checks of the arguments of losses: wrong shapes and numbers stop at the door, with names and sizes.
 *
 * @module
 */
import type { Tensor } from "../tensor/backend.ts";

/**
 * Checks that tensors have one shape and hold finite numbers.
 *
 * @param tensors by argument name; the first one sets the shape
 * @throws TypeError naming what is no tensor, or both shapes; RangeError naming argument and position of a number that is
 * not finite
 * @example
 * ```ts
 * import { startBackend, tf } from "../tensor/backend.ts";
 * import assert from "node:assert/strict";
 * await startBackend("cpu");
 * const chosen = tf.tensor1d([-1, -2]), rejected = tf.tensor1d([-3]);
 * assert.throws(() => checkTensors({ chosen, rejected }), /rejected: expected the shape \[2\] of chosen, got \[1\]/);
 * ```
 */
export function checkTensors(tensors: Readonly<Record<string, Tensor>>): void {
  for (const [name, tensor] of Object.entries(tensors)) {
    if (!Array.isArray(tensor?.shape)) throw new TypeError(`${name}: expected a tensor, got ${typeof tensor}`);
  }
  const [[first, { shape }]] = Object.entries(tensors);
  for (const [name, tensor] of Object.entries(tensors)) {
    if (tensor.shape.join() !== shape.join()) {
      throw new TypeError(`${name}: expected the shape [${shape}] of ${first}, got [${tensor.shape}]`);
    }
    const values = tensor.dataSync();
    for (let i = 0; i < values.length; i++) {
      if (!Number.isFinite(values[i])) throw new RangeError(`${name}[${i}] is ${values[i]}: expected a finite number`);
    }
  }
}

/**
 * Checks that a number lies in an interval.
 *
 * @param bounds `above`/`below` are exclusive, `min`/`max` inclusive
 * @throws TypeError when it is not a number, RangeError naming the argument, what was expected and what was got
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.throws(() => checkNumber("beta", 0, { above: 0 }), /beta: expected a number > 0, got 0/);
 * ```
 */
export function checkNumber(
  name: string,
  value: number,
  bounds: { readonly above?: number; readonly below?: number; readonly min?: number; readonly max?: number },
): void {
  if (typeof value !== "number") throw new TypeError(`${name}: expected a number, got ${typeof value}`);
  const { above = -Infinity, below = Infinity, min = -Infinity, max = Infinity } = bounds;
  if (Number.isFinite(value) && value > above && value < below && value >= min && value <= max) return;
  const said = [
    bounds.above !== undefined ? `> ${above}` : bounds.min !== undefined ? `>= ${min}` : "",
    bounds.below !== undefined ? `< ${below}` : bounds.max !== undefined ? `<= ${max}` : "",
  ].filter((text) => text !== "").join(" and ");
  throw new RangeError(`${name}: expected a number ${said || "that is finite"}, got ${value}`);
}

/**
 * Checks that an options object holds nothing that the loss would ignore.
 *
 * @param name of the loss
 * @param given the options object; an option set to `undefined` counts as absent
 * @param known names of the options that the loss reads
 * @throws TypeError naming the first unknown option and listing the known ones
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.throws(() => checkOptions("kto", { bta: 1 }, ["beta"]), {
 *   message: "kto: unknown option bta; it takes beta",
 * });
 * ```
 */
export function checkOptions(name: string, given: object, known: readonly string[]): void {
  for (const [option, value] of Object.entries(given)) {
    if (value === undefined || known.includes(option)) continue;
    throw new TypeError(`${name}: unknown option ${option}; it takes ${known.join(", ") || "no options"}`);
  }
}
