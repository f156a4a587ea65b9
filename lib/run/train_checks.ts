/**
 * What texts have to be for a model, before anything is computed.
 *
 * @module
 */
import type { Checkpoint } from "../policies/language/checkpoint.ts";
import type { PairRules } from "../tokenizers/pairs.ts";
import type { Example } from "../training/language/examples.ts";
import { UserError } from "../user_error.ts";
import type { TrainOptions } from "./train_options.ts";

/**
 * The rules with a longest length that the model was made for.
 *
 * @throws UserError for a longer one that was asked for
 * @example
 * ```ts ignore
 * const rules = fitted(options, checkpoint);
 * ```
 */
export function fitted(
  { rules, lengthGiven }: Pick<TrainOptions, "rules" | "lengthGiven">,
  { path, config: { maxLength: own } }: Pick<Checkpoint, "path" | "config">,
): PairRules {
  const { maxLength = Infinity } = rules;
  if (maxLength <= own) return rules;
  if (lengthGiven) {
    throw new UserError(`--max-length ${maxLength}: ${path} was made for ${own} tokens; take at most ${own}`);
  }
  return { ...rules, maxLength: own };
}

/**
 * Refuses tokens that the model has not: a tokenizer may know more than the model beside it.
 *
 * @throws UserError naming the first
 * @example
 * ```ts ignore
 * checkIds(examples, checkpoint);
 * ```
 */
export function checkIds(
  examples: readonly Example[],
  { path, config: { vocabulary } }: Pick<Checkpoint, "path" | "config">,
): void {
  for (const { responses, mismatched } of examples) {
    for (const { ids } of [...responses, ...(mismatched ? [mismatched] : [])]) {
      const beyond = ids.find((id) => id >= vocabulary);
      if (beyond === undefined) continue;
      throw new UserError(
        `${path}: its tokenizer gives token ${beyond}, and the model has ${vocabulary}; take its own`,
      );
    }
  }
}
