/**
 * Values of Γ on a command line.
 *
 * @module
 */
import { UserError } from "../user_error.ts";

/** Beyond this odds are off by anything. */
const LARGEST = 1e6;

/**
 * Reads `--gamma`.
 *
 * @returns ascending, each once
 * @throws UserError for what is no number from 1 to 1000000
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.deepEqual(gammaList("2,1,1.5,2"), [1, 1.5, 2]);
 * assert.throws(() => gammaList("0.5"), /--gamma 0.5: each is a factor of at least 1/);
 * ```
 */
export function gammaList(text: string): number[] {
  const gammas = text.split(",").map((word) => word.trim() === "" ? NaN : Number(word));
  for (const gamma of gammas) {
    if (gamma >= 1 && gamma <= LARGEST) continue;
    throw new UserError(
      `--gamma ${text}: each is a factor of at least 1, where 1 is no hidden confounding, and at most ${LARGEST}, such as 1,1.5,2`,
    );
  }
  return [...new Set(gammas)].sort((a, b) => a - b);
}
