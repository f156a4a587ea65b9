/**
 * A user's pairs as examples for language models.
 *
 * @module
 */
import type { Text } from "../../datasets/own/texts.ts";
import type { LearnData } from "../../learn/data.ts";
import type { PairRules } from "../../tokenizers/pairs.ts";
import type { Coder } from "../../tokenizers/tokenizer.ts";
import type { Example } from "../../training/language/examples.ts";
import { readLines } from "../../training/language/lines.ts";
import type { Objective } from "../../training/language/objective.ts";
import { objectiveOf } from "../../training/language/objectives.ts";

/** A pair with its texts as the file has them. */
export interface PairTexts {
  readonly prompt: Text;
  readonly chosen: Text;
  readonly rejected: Text;
}

/** Pairs: {@linkcode LearnData} of that kind. */
export type PairsData = LearnData & { readonly kind: "pairs" };

/** How texts become tokens. */
export interface Encoding {
  readonly tokenizer: Coder;
  readonly rules: PairRules;
  /** The file, for errors. */
  readonly path: string;
}

/** Rows as the two responses of a pair, ties too: what everything is measured on. */
const READ = objectiveOf("dpo", { loss: { beta: 1 } });

/**
 * All rows in tokens.
 *
 * @returns an example for each row; undefined where the rules leave it out, as where the prompt alone is too long
 * @throws UserError where nothing is left
 * @example
 * ```ts ignore
 * const { examples, lost } = encodedRows(read.texts, { tokenizer, rules, path });
 * ```
 */
export function encodedRows(
  texts: readonly PairTexts[],
  { tokenizer, rules, path }: Encoding,
): { readonly examples: readonly (Example | undefined)[]; readonly lost: string } {
  const text = texts.map(({ prompt, chosen, rejected }) => JSON.stringify({ prompt, chosen, rejected })).join("\n");
  const found = readLines(text, path, READ, tokenizer, rules),
    examples: (Example | undefined)[] = texts.map(() => undefined);
  for (const example of found.examples) examples[Number(/\d+$/.exec(example.at!)![0]) - 1] = example;
  return { examples, lost: found.lost };
}

/**
 * What a method learns from some rows.
 *
 * @param which rows
 * @returns none where all of them are ties that it cannot read
 * @throws UserError where prompts are too few for its reference point
 * @example
 * ```ts ignore
 * const examples = examplesFor(objective, data, read.texts, rows, encoding);
 * ```
 */
export function examplesFor(
  objective: Objective,
  { rows }: PairsData,
  texts: readonly PairTexts[],
  which: readonly number[],
  { tokenizer, rules, path }: Encoding,
): readonly Example[] {
  const isWeighted = rows.some(({ weight }) => weight !== 1), { data: kind, name } = objective;
  const lines = which.flatMap((i): Readonly<Record<string, unknown>>[] => {
    const { tied, weight: own } = rows[i],
      { prompt, chosen, rejected } = texts[i],
      weight = isWeighted ? { weight: own } : {};
    if (kind === "tied") return [{ prompt, chosen, rejected, tied, ...weight }];
    if (tied) return [];
    if (kind === "labelled") {
      return [chosen, rejected].map((completion, k) => ({ prompt, completion, label: k === 0, ...weight }));
    }
    return [name === "sft" ? { prompt, chosen, ...weight } : { prompt, chosen, rejected, ...weight }];
  });
  if (lines.length === 0) return [];
  return readLines(lines.map((line) => JSON.stringify(line)).join("\n"), path, objective, tokenizer, rules).examples;
}
