/**
 * Several rated answers to a prompt as pairs.
 *
 * @module
 */
import { UserError } from "../../user_error.ts";
import type { PairsRead } from "./pairs.ts";
import type { Problems } from "./problems.ts";
import type { Single } from "./singles.ts";

/** More pairs than a file of preferences has: somebody named a wrong column. */
const MOST = 5_000_000;

/**
 * Makes a pair of every two answers to one prompt, of one group where there are groups. Equal ratings are ties.
 *
 * @param path of the file, for errors
 * @param pairs takes them in
 * @throws UserError where there would be millions
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { PairsRead } from "./pairs.ts";
 * import { Problems } from "./problems.ts";
 * const problems = new Problems(), pairs = new PairsRead(problems);
 * const rated = (completion: string, value: number, row: number) => ({ prompt: "q", completion, value, row });
 * pairsOfRatings("a.csv", [rated("a", 2, 1), rated("b", 5, 2), rated("c", 2, 3)], pairs, problems);
 * assert.deepEqual(pairs.pairs.map(({ chosen, rejected, tied }) => [chosen, rejected, tied]), [
 *   ["b", "a", false],
 *   ["a", "c", true],
 *   ["b", "c", false],
 * ]);
 * ```
 */
export function pairsOfRatings(path: string, rated: readonly Single[], pairs: PairsRead, problems: Problems): void {
  // Node 20, which the package runs in, has no Map.groupBy.
  const byPrompt = new Map<string, Single[]>();
  for (const single of rated) {
    const key = JSON.stringify([single.prompt, single.group]), others = byPrompt.get(key);
    if (others === undefined) byPrompt.set(key, [single]);
    else others.push(single);
  }
  const prompts = [...byPrompt.values()];
  const count = prompts.reduce((sum, { length }) => sum + length * (length - 1) / 2, 0);
  if (count > MOST) {
    throw new UserError(
      `${path}: ${prompts.length} prompts with ${rated.length} answers make ${count} pairs; look at the column of prompts`,
    );
  }
  for (const answers of prompts) {
    if (answers.length === 1) problems.add("one rated answer alone", "left out", `row ${answers[0].row}`);
    answers.forEach((second, k) => {
      for (const first of answers.slice(0, k)) {
        const [high, low] = first.value >= second.value ? [first, second] : [second, first];
        pairs.add({
          prompt: first.prompt,
          chosen: high.completion,
          rejected: low.completion,
          row: second.row,
          tied: high.value === low.value,
          scores: [high.value, low.value],
          ...(first.group !== undefined && { group: first.group }),
        }, `row ${second.row}`);
      }
    });
  }
}
