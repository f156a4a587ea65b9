/**
 * Whether propensities can be probabilities of what was logged.
 *
 * @module
 */
import type { UserError } from "../../user_error.ts";

/** Sums of propensities may be off from 1 by so much: they are often written with two or three decimals. */
const TOLERANCE = 0.02;

/**
 * Checks the propensity of a logged action.
 *
 * @param isDivided whether it cannot be in percent any more
 * @param wrong makes an error of what is wrong
 * @throws UserError for one that is not in (0, 1]
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.throws(() => checkPropensity(25, false, (what) => new TypeError(what)), /in percent\?/);
 * ```
 */
export function checkPropensity(value: number, isDivided: boolean, wrong: (what: string) => Error): void {
  if (value < 0) throw wrong(`is ${value}, and a propensity is not negative`);
  if (value === 0) {
    throw wrong("is 0, and what was done cannot be impossible; leave the row out, or mend its propensity");
  }
  if (value > 1) throw wrong(above(value, isDivided));
}

/**
 * Checks the propensities of all actions in a row.
 *
 * @param values one for each action
 * @param names of their columns
 * @param wrong makes an error of a column and what is wrong with it
 * @throws UserError for one that is not in [0, 1], and where they do not sum to 1
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const wrong = (name: string, what: string) => new TypeError(`${name} ${what}`);
 * assert.throws(() => checkRow([0.5, 0.4], ["p", "q"], wrong as never), /sum to 0.9/);
 * ```
 */
export function checkRow(
  values: readonly number[],
  names: readonly string[],
  wrong: (name: string, what: string) => UserError,
): void {
  let sum = 0;
  values.forEach((value, a) => {
    if (value < 0) throw wrong(names[a], `is ${value}, and a propensity is not negative`);
    sum += value;
  });
  const off = Math.abs(sum - 1);
  if (off <= TOLERANCE) return;
  const last = names[names.length - 1], to = Number(sum.toPrecision(4));
  if (Math.abs(sum - 100) <= 100 * TOLERANCE) {
    throw wrong(last, `propensities of the row sum to ${to}: they are in percent; give --percent`);
  }
  const high = values.findIndex((value) => value > 1);
  if (high >= 0) throw wrong(names[high], above(values[high], true));
  throw wrong(last, `propensities of the row sum to ${to} and not to 1; name the columns of all actions`);
}

/**
 * Looks at propensities of logged actions as a whole: 1/propensity has the number of possible actions as its mean.
 *
 * @param propensity in (0, 1] `[n]`
 * @param logged how many different actions were logged
 * @returns a sentence where that mean is far below, as it is for propensities in percent
 * @example 200 actions, each of which is said to be taken every other time
 * ```ts
 * import assert from "node:assert/strict";
 * assert.match(checkInverses(new Float64Array(900).fill(0.5), 200)[0], /in percent\?/);
 * assert.deepEqual(checkInverses(new Float64Array(900).fill(0.005), 200), []);
 * ```
 */
export function checkInverses(propensity: Float64Array, logged: number): string[] {
  const mean = propensity.reduce((sum, value) => sum + 1 / value, 0) / propensity.length;
  // A hundredth of the number, give or take what a sample does; subsets that differ by row come to less than all as well.
  if (mean > logged / 20) return [];
  return [
    `propensities are too large: ${logged} actions were logged, and the mean of 1/propensity, which is the number of ` +
    `actions that could be taken, is ${Number(mean.toPrecision(3))}; in percent? Then give --percent`,
  ];
}

const above = (value: number, isDivided: boolean) =>
  `is ${value}, and a propensity is at most 1${value <= 100 && !isDivided ? "; in percent? Give --percent" : ""}`;
