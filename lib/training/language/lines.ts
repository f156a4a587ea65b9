/**
 * Lines of preferences: JSON, one object a line.
 *
 * @module
 */
import { mismatchedRows } from "../../losses/mod.ts";
import type { Message } from "../../tokenizers/chat.ts";
import { encodePair, encodeRows, lossesLine, type PairRules } from "../../tokenizers/pairs.ts";
import type { Coder } from "../../tokenizers/tokenizer.ts";
import { UserError } from "../../user_error.ts";
import { type Example, type Response, scoredTokens } from "./examples.ts";
import type { Objective } from "./objective.ts";

type Text = string | readonly Message[];

/** What lines are, by the kind of objective. */
const FORMS = {
  pairs: '{"prompt": …, "chosen": …, "rejected": …}',
  rated: '{"prompt": …, "chosen": …, "rejected": …, "score_chosen": number, "score_rejected": number}',
  likelihood: '{"prompt": …, "chosen": …} or {"prompt": …, "completion": …}',
  labelled: '{"prompt": …, "completion": …, "label": true or false}',
};

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
  const form = name === "sft" ? "likelihood" : data,
    rows: { at: string; prompt: Text; completions: Text[]; label?: boolean; rewards?: number[] }[] = [];
  text.split("\n").forEach((line, i) => {
    if (line.trim() === "") return;
    const at = `${path}:${i + 1}`;
    const wrong = (why: string) => new UserError(`${at}: ${why}; a line for loss ${name} is ${FORMS[form]}`);
    const fields = parsed(line);
    if (fields === undefined) throw wrong("no JSON object");
    const read = (field: string): Text => {
      const value = fields[field];
      if (typeof value === "string" || isChat(value)) return value;
      throw wrong(value === undefined ? `has no ${field}` : `${field} is neither a text nor a list of messages`);
    };
    const prompt = read("prompt");
    if (form === "labelled") {
      if (typeof fields.label !== "boolean") throw wrong("label is neither true nor false");
      rows.push({ at, prompt, completions: [read("completion")], label: fields.label });
    } else if (form === "rated") {
      const rewards = ["score_chosen", "score_rejected"].map((field) => {
        const value = fields[field];
        if (typeof value === "number") return value;
        throw wrong(`${field} is no number`);
      });
      rows.push({ at, prompt, completions: [read("chosen"), read("rejected")], rewards });
    } else if (form === "pairs") rows.push({ at, prompt, completions: [read("chosen"), read("rejected")] });
    else rows.push({ at, prompt, completions: [read("chosen" in fields ? "chosen" : "completion")] });
  });
  const { rows: encoded, kept, losses } = encodeRows(tokenizer, rows, rules), lost = lossesLine(losses);
  if (encoded.length === 0) {
    throw new UserError(`${path}: no line that can be learned from${lost === "" ? "" : ` (${lost})`}`);
  }
  const unseen = encoded.findIndex((pairs) => pairs.some((pair) => scoredTokens(asResponse(pair)) === 0));
  if (unseen >= 0) {
    throw new UserError(
      `${rows[kept[unseen]].at}: a response of one token without a prompt is predicted by nothing; write a prompt, ` +
        "or take --start always",
    );
  }
  const same = pairsAlike(encoded);
  if (same === encoded.length && (form === "pairs" || form === "rated")) {
    throw new UserError(`${path}: chosen and rejected are the same in every line; write pairs that differ`);
  }
  const bare = form === "labelled" ? 0 : kept.filter((row) => rows[row].completions[0] === "").length;
  const notes = [
    ...(lost === "" ? [] : [lost]),
    ...(same > 0 ? [`chosen and rejected are the same in ${count(same)}`] : []),
    ...(bare > 0 ? [`chosen is empty in ${count(bare)}`] : []),
  ];
  const prompts = kept.map((row) => JSON.stringify(rows[row].prompt));
  const mismatched = point === "mismatched" ? mismatchedOf(prompts, path) : undefined;
  return {
    lost: notes.join("; "),
    prompts,
    examples: encoded.map((pairs, i) => ({
      at: rows[kept[i]].at,
      responses: pairs.map(asResponse),
      ...(form === "labelled" && { desirable: rows[kept[i]].label! }),
      ...(form === "rated" && { rewards: rows[kept[i]].rewards! }),
      ...(mismatched && {
        mismatched: asResponse(
          encodePair(tokenizer, rows[kept[i]].prompt, rows[kept[mismatched[i]]].completions[0], rules),
        ),
      }),
    })),
  };
}

const count = (lines: number) => `${lines} line${lines === 1 ? "" : "s"}`;

/** Pairs whose two responses have the same tokens. */
function pairsAlike(encoded: readonly (readonly { readonly ids: Uint32Array }[])[]): number {
  return encoded.filter(([first, second]) => {
    return second !== undefined && first.ids.length === second.ids.length &&
      first.ids.every((id, t) => id === second.ids[t]);
  }).length;
}

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

function parsed(line: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? value as Record<string, unknown>
      : undefined;
  } catch {
    return undefined;
  }
}

function isChat(value: unknown): value is readonly Message[] {
  return Array.isArray(value) && value.length > 0 &&
    value.every((turn) =>
      typeof turn === "object" && turn !== null && typeof turn.role === "string" && typeof turn.content === "string"
    );
}
