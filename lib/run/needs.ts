/**
 * What a claim needs of the options, as it is declared.
 *
 * @module
 */
import { flagName } from "./options.ts";

/** Why some options leave nothing to test, in a sentence; undefined where they do. */
export type Needs<O> = (options: O) => string | undefined;

/** Names of the options that hold a list of numbers. */
type ListKey<Options> = { [K in keyof Options]: Options[K] extends readonly number[] ? K : never }[keyof Options];

/**
 * A claim about how something changes with a knob: the knob must have several values.
 *
 * @param key the option that lists them
 * @param count how many values are needed at least
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const needs = several<{ readonly coverageSizes: readonly number[] }>("coverageSizes");
 * assert.equal(needs({ coverageSizes: [100, 400] }), undefined);
 * assert.equal(needs({ coverageSizes: [100] }), "this needs two values of --coverage-sizes or more");
 * ```
 */
export function several<Options>(
  key: ListKey<Options> & string,
  count: 2 | 3 = 2,
): (options: Options) => string | undefined {
  return (options) =>
    (options[key] as readonly number[]).length >= count
      ? undefined
      : `this needs ${count === 2 ? "two" : "three"} values of --${flagName(key)} or more`;
}

/**
 * A claim about what a knob does when it is turned up, for which the knob's values must hold some that pass a test.
 *
 * @param key the option that lists them
 * @param fits which values are wanted
 * @param said what they are, behind "this needs"
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const needs = some<{ readonly tilts: readonly number[] }>("tilts", (tilt) => tilt < 0, "a value of --tilts below 0");
 * assert.equal(needs({ tilts: [0, 2] }), "this needs a value of --tilts below 0");
 * ```
 */
export function some<Options>(
  key: ListKey<Options> & string,
  fits: (value: number) => boolean,
  said: string,
): (options: Options) => string | undefined {
  return (options) => (options[key] as readonly number[]).some(fits) ? undefined : `this needs ${said}`;
}

/**
 * A claim about what happens without something: 0 must be among the knob's values.
 *
 * @param key the option that lists them
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const needs = zero<{ readonly noises: readonly number[] }>("noises");
 * assert.equal(needs({ noises: [0.3] }), "this needs 0 among the values of --noises");
 * ```
 */
export function zero<Options>(key: ListKey<Options> & string): (options: Options) => string | undefined {
  return some(key, (value) => value === 0, `0 among the values of --${flagName(key)}`);
}

/**
 * A claim about what happens under much of something: one of the knob's values must be as large as this.
 *
 * @param key the option that lists them
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const needs = reaching<{ readonly noises: readonly number[] }>("noises", 0.2);
 * assert.equal(needs({ noises: [0, 0.1] }), "this needs a value of --noises of 0.2 or more");
 * ```
 */
export function reaching<Options>(
  key: ListKey<Options> & string,
  least: number,
): (options: Options) => string | undefined {
  return some(key, (value) => value >= least, `a value of --${flagName(key)} of ${least} or more`);
}

/**
 * All of several needs: the first that is not met is the one that is told.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * type Options = { readonly sizes: readonly number[]; readonly tilts: readonly number[] };
 * const needs = all<Options>(several("sizes"), several("tilts"));
 * assert.equal(needs({ sizes: [1, 2], tilts: [0] }), "this needs two values of --tilts or more");
 * ```
 */
export function all<Options>(
  ...needs: readonly ((options: Options) => string | undefined)[]
): (options: Options) => string | undefined {
  return (options) => {
    for (const need of needs) {
      const lack = need(options);
      if (lack !== undefined) return lack;
    }
  };
}

/** Names of the options that hold one number. */
type NumberKey<Options> = { [K in keyof Options]: Options[K] extends number ? K : never }[keyof Options];

/**
 * A claim about what an option does, which must not be turned off.
 *
 * @param key the option
 * @param bound the largest value at which it does nothing; 0 unless given
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const needs = over<{ readonly klWeight: number }>("klWeight");
 * assert.equal(needs({ klWeight: 0.1 }), undefined);
 * assert.equal(needs({ klWeight: 0 }), "this needs --kl-weight above 0");
 * ```
 */
export function over<Options>(
  key: NumberKey<Options> & string,
  bound = 0,
): (options: Options) => string | undefined {
  return (options) => (options[key] as number) > bound ? undefined : `this needs --${flagName(key)} above ${bound}`;
}
