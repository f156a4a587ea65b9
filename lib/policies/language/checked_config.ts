/**
 * What must hold of every configuration, whichever file said it.
 *
 * @module
 */
import { UserError } from "../../user_error.ts";
import type { LanguageModelConfig } from "./config.ts";

/**
 * A configuration whose parts fit together.
 *
 * @param where named in errors
 * @throws UserError naming what does not fit
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { tinyConfig } from "./checkpoint_test_helpers.ts";
 * assert.throws(() => checkedConfig({ ...tinyConfig("llama"), headWidth: 7 }, "f"), /^UserError: f: heads of width 7/);
 * ```
 */
export function checkedConfig(config: LanguageModelConfig, where: string): LanguageModelConfig {
  const { heads, keyHeads, headWidth, width, vocabulary, hidden } = config;
  const refuse = (what: string) => new UserError(`${where}: ${what}; the file is damaged`);
  if (!(Number.isInteger(headWidth) && headWidth % 2 === 0)) {
    throw refuse(`heads of width ${headWidth}, where an even whole number is needed`);
  }
  if (heads % keyHeads !== 0) throw refuse(`${heads} query heads do not share ${keyHeads} key heads evenly`);
  const largest = width * Math.max(vocabulary, hidden, heads * headWidth);
  if (!(largest <= 2 ** 33)) throw refuse(`a matrix of ${largest} numbers`);
  return config;
}
