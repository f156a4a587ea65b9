/**
 * Lines of preferences: JSON, one object a line.
 *
 * @module
 */
import { mismatchedRows } from "../../losses/mod.ts";
import { encodePair, encodeRows, lossesLine, type PairRules } from "../../tokenizers/pairs.ts";
import type { Coder } from "../../tokenizers/tokenizer.ts";
import { UserError } from "../../user_error.ts";
import { type Example, type Response, scoredTokens } from "./examples.ts";
import { FORMS, readLine, WrongLine } from "./line_forms.ts";
import type { Objective } from "./objective.ts";

/** Examples in the order of their lines. */
export interface ReadLines {
  readonly examples: readonly Example[];
  /** Prompt of each example, as a text that tells prompts apart. */
  readonly prompts: readonly string[];
  /** What was left out or cut, and what teaches little, in a line; empty where nothing was. */
  readonly lost: string;
}

/**
 * Reads lines and encodes them. Prompts and responses are texts, or lists of messages `{"role", "content"}`.
 *
 * @param text of the file
 * @param path of the file, named in errors
 * @throws UserError naming the line that is none, and what one is
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { objectiveOf } from "./objectives.ts";
 * const encode = (text: string) => Uint32Array.from(text, (letter) => letter.charCodeAt(0));
 * const tokenizer = { size: 256, encode, decode: () => "", applyChat: () => "" };
 * const text = '{"prompt": "a", "chosen": "bc", "rejected": "d"}';
 * const rules = { start: "never", end: false } as const;
 * const { examples } = readLines(text, "f", objectiveOf("dpo", { loss: { beta: 1 } }), tokenizer, rules);
 * assert.deepEqual(examples[0].responses.map(({ ids, from }) => [ids.length, from]), [[3, 1], [2, 1]]);
 * ```
 */
export function readLines(
  text: string,
  path: string,
  { data, name, point }: Objective,
  tokenizer: Coder,
  rules: PairRules,
): ReadLines {
  const form = name === "sft" ? "likelihood" : data, lines = linesIn(text, path, form, name);
  // SAMI's code leaves the end token out of what it scores.
  const own = form === "constitutions" ? { ...rules, end: false } : rules;
  const rows = lines.flatMap(({ at, rows }) => rows.map((row) => ({ ...row, at })));
  const { rows: encoded, kept, losses } = encodeRows(tokenizer, rows, own), lost = lossesLine(losses);
  const found = wholeLines(lines, kept),
    texts = found.map(({ from, line }) => encoded.slice(from, from + line.rows.length).flat().map(asResponse));
  if (found.length === 0) {
    throw new UserError(`${path}: no line that can be learned from${lost === "" ? "" : ` (${lost})`}`);
  }
  const unseen = texts.findIndex((responses) => responses.some((response) => scoredTokens(response) === 0));
  if (unseen >= 0) {
    throw new UserError(
      `${found[unseen].line.at}: a response of one token without a prompt is predicted by nothing; write a prompt, ` +
        "or take --start always",
    );
  }
  const isPairs = form === "pairs" || form === "rated" || form === "tied";
  const same = isPairs ? texts.filter(alike).length : 0;
  if (same === texts.length) {
    throw new UserError(`${path}: chosen and rejected are the same in every line; write pairs that differ`);
  }
  const isBare = ({ line: { rows: [{ completions: [first] }] } }: typeof found[number]) => first === "";
  const bare = isPairs || form === "likelihood" ? found.filter(isBare).length : 0;
  const notes = [
    ...(lost === "" ? [] : [lost]),
    ...(same > 0 ? [`chosen and rejected are the same in ${count(same)}`] : []),
    ...(bare > 0 ? [`chosen is empty in ${count(bare)}`] : []),
  ];
  const prompts = found.map(({ line }) => JSON.stringify(line.prompt));
  const mismatched = point === "mismatched" ? mismatchedOf(prompts, path) : undefined;
  return {
    lost: notes.join("; "),
    prompts,
    examples: found.map(({ line: { at, prompt, facts } }, i) => ({
      ...{ at, responses: texts[i], ...facts },
      ...(mismatched && {
        mismatched: asResponse(
          encodePair(tokenizer, prompt, found[mismatched[i]].line.rows[0].completions[0], rules),
        ),
      }),
    })),
  };
}

/** A line and where it was read. */
type PlacedLine = ReturnType<typeof readLine> & { readonly at: string };

function linesIn(text: string, path: string, form: keyof typeof FORMS, loss: string): PlacedLine[] {
  return text.split("\n").flatMap((line, i) => {
    if (line.trim() === "") return [];
    const at = `${path}:${i + 1}`;
    try {
      return [{ at, ...readLine(line, form, loss) }];
    } catch (error) {
      if (!(error instanceof WrongLine)) throw error;
      throw new UserError(`${at}: ${error.message}; a line for loss ${loss} is ${FORMS[form].written}`);
    }
  });
}

/** Lines of which all rows were kept, and the place of their first among these. */
function wholeLines(lines: readonly PlacedLine[], kept: readonly number[]) {
  const places = new Map(kept.map((row, place) => [row, place]));
  let row = 0;
  return lines.flatMap((line) => {
    const first = row;
    row += line.rows.length;
    const isWhole = line.rows.every((_, k) => places.has(first + k));
    return isWhole ? [{ line, from: places.get(first)! }] : [];
  });
}

const count = (lines: number) => `${lines} line${lines === 1 ? "" : "s"}`;

/** Whether the two responses of a pair have the same tokens. */
const alike = ([first, second]: readonly Response[]): boolean =>
  first.ids.length === second.ids.length && first.ids.every((id, t) => id === second.ids[t]);

/** Whose response each row takes, for the mean over mismatched pairs. */
function mismatchedOf(prompts: readonly string[], path: string): Uint32Array {
  try {
    return mismatchedRows(prompts);
  } catch (error) {
    if (error instanceof RangeError) throw new UserError(`${path}: all lines have one prompt; this loss needs several`);
    throw error;
  }
}

const asResponse = ({ ids, tokens }: { readonly ids: Uint32Array; readonly tokens: number }): Response => ({
  ids,
  from: ids.length - tokens,
});
