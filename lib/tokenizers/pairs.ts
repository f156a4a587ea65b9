/**
 * Prompts with their completions as sequences of tokens, which of them are scored, and what is lost on the way.
 *
 * @module
 */
import { UserError } from "../user_error.ts";
import type { Message } from "./chat.ts";
import type { Coder } from "./tokenizer.ts";

/** Plain text, or turns of a chat. */
type Text = string | readonly Message[];

/** How a row becomes tokens. */
export interface PairRules {
  /**
   * What begins a text: what the tokenizer puts there itself (`tokenizer`), its start token in any case (`always`), or nothing
   * (`never`). A text that begins with the start token gets no second one; a chat has what its template writes.
   */
  readonly start: "tokenizer" | "always" | "never";
  /** Whether a completion in plain text that does not end with the end token gets it. */
  readonly end: boolean;
  /** Tokens that are kept; all by default. */
  readonly maxLength?: number;
  /** Which are kept where there are more. Default `keep_start`. */
  readonly truncation?: "keep_start" | "keep_end";
}

/**
 * Rules of TRL 1.16 without a longest length: `DPOTrainer` and `KTOTrainer`, and the experimental CPO and ORPO trainers.
 *
 * The last two differ from these rules in three ways: where prompt and whole text part by more than one token, their
 * completion begins one token before the prompt's end; a row whose prompt fills the longest length is kept, with nothing to
 * score; and what a template has written gets a start and an end token where it does not begin and end with them.
 */
export const TRL_RULES = {
  dpo: { start: "tokenizer", end: true },
  kto: { start: "tokenizer", end: true },
  cpo: { start: "always", end: true },
  orpo: { start: "always", end: true },
} as const satisfies Readonly<Record<string, PairRules>>;

/** A text in tokens, of which some are to be scored. */
interface EncodedPair {
  /** Prompt and completion `[T]`. */
  readonly ids: Uint32Array;
  /** 1 for each token of the completion `[T]`, by position: a token of the same id elsewhere is not meant. */
  readonly mask: Uint8Array;
  /** Tokens of the completion. */
  readonly tokens: number;
  /** Tokens cut away: of the prompt, and of the completion. */
  readonly cut: { readonly prompt: number; readonly completion: number };
  /** Tokens of the prompt alone that the whole text has in another way, so that the completion's begin before its end. */
  readonly seam: number;
}

/**
 * A prompt with its completion; see {@linkcode encodeRow}.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * // A tokenizer that knows letters, and "ab" as one token.
 * const encode = (text: string) => Uint32Array.from(text.match(/ab|./g) ?? [], (t) => t === "ab" ? 9 : t.charCodeAt(0));
 * const tokenizer = { size: 256, start: 1, encode, decode: () => "", applyChat: () => "" };
 * const { ids, mask } = encodePair(tokenizer, "xa", "bc", { start: "always", end: false });
 * assert.deepEqual([...ids], [1, 120, 9, 99]);
 * assert.deepEqual([...mask], [0, 0, 1, 1]);
 * ```
 */
export function encodePair(tokenizer: Coder, prompt: Text, completion: Text, rules: PairRules): EncodedPair {
  return encodeRow(tokenizer, prompt, [completion], rules)[0];
}

/**
 * Encodes a prompt with each of its completions as one text, as a model has seen texts, and marks what the prompt alone does
 * not determine.
 *
 * Two texts encoded apart and put together are another sequence: a tokenizer merges across the seam and may put a space in
 * front of each text, so that the completion's log-prob is that of a text which nobody writes. The completion's tokens are
 * those after the longest run that prompt and whole text begin with alike; where a token spans the seam it is the
 * completion's. Completions of one prompt begin at the same place, the first of theirs, so that what is scored under one and
 * given under another is no difference between them (as TRL 1.16 has it).
 *
 * Of a text that is too long, `keep_start` cuts the end and `keep_end` the beginning.
 *
 * @param tokenizer of the model that is to score it
 * @param prompt may be empty
 * @param completions each may be empty, which leaves no token to score; chats where the prompt is one
 * @throws UserError when a rule needs a token that the tokenizer lacks, or the prompt is a chat and a completion is none
 */
export function encodeRow(
  tokenizer: Coder,
  prompt: Text,
  completions: readonly Text[],
  rules: PairRules,
): EncodedPair[] {
  const alone = encodePrompt(tokenizer, prompt, rules);
  const wholes = completions.map((completion) => encodeWhole(tokenizer, prompt, completion, rules));
  let shared = alone.length;
  for (const whole of wholes) {
    let alike = 0;
    while (alike < shared && alone[alike] === whole[alike]) alike++;
    shared = alike;
  }
  const { maxLength = Infinity, truncation = "keep_start" } = rules;
  return wholes.map((whole) => {
    const over = Math.max(0, whole.length - maxLength), first = truncation === "keep_end" ? over : 0;
    const ids = whole.slice(first, first + whole.length - over);
    const boundary = Math.min(Math.max(0, shared - first), ids.length), tokens = ids.length - boundary;
    const cut = { prompt: shared - boundary, completion: whole.length - shared - tokens };
    const mask = Uint8Array.from(ids, (_, i) => Number(i >= boundary));
    return { ids, mask, tokens, cut, seam: alone.length - shared };
  });
}

function encodePrompt(tokenizer: Coder, prompt: Text, rules: PairRules): Uint32Array {
  if (typeof prompt !== "string") return tokenizer.encode(tokenizer.applyChat(prompt, { addGenerationPrompt: true }));
  return begun(tokenizer, prompt, rules);
}

function encodeWhole(tokenizer: Coder, prompt: Text, completion: Text, rules: PairRules): Uint32Array {
  if (typeof prompt !== "string" && typeof completion !== "string") {
    return tokenizer.encode(tokenizer.applyChat([...prompt, ...completion]));
  }
  if (typeof prompt !== "string" || typeof completion !== "string") {
    throw new UserError("a prompt and its completions are texts, or both are chats: write them in one of the two ways");
  }
  const ids = begun(tokenizer, prompt + completion, rules);
  if (!rules.end) return ids;
  if (tokenizer.end === undefined) {
    throw new UserError("the tokenizer has no end token, which is to end completions: take rules without it");
  }
  // The prompt's own end token does not end an empty completion.
  const ended = completion !== "" && ids.at(-1) === tokenizer.end;
  return ended ? ids : joined(ids, [tokenizer.end]);
}

/** Ids of a text, with what begins it. */
function begun(tokenizer: Coder, text: string, { start }: PairRules): Uint32Array {
  const ids = tokenizer.encode(text, { special: start === "tokenizer" });
  if (start !== "always" || tokenizer.start !== undefined && ids[0] === tokenizer.start) return ids;
  if (tokenizer.start === undefined) {
    throw new UserError("the tokenizer has no start token, which is to begin prompts: take rules without it");
  }
  return joined([tokenizer.start], ids);
}

/** Set and not spread: a long text has more tokens than a call takes arguments. */
function joined(first: ArrayLike<number>, second: ArrayLike<number>): Uint32Array {
  const all = new Uint32Array(first.length + second.length);
  all.set(first);
  all.set(second, first.length);
  return all;
}

/** A prompt with completions that belong together, such as a chosen and a rejected one. */
interface TextRow {
  readonly prompt: Text;
  readonly completions: readonly Text[];
  /** Where it was read, for errors, such as `pairs.jsonl:3`; its number among the rows where there is none. */
  readonly at?: string;
}

/** Rows in tokens, and what became of the others. */
interface EncodedRows {
  /** Of the rows kept, in order: their completions in tokens. */
  readonly rows: readonly (readonly EncodedPair[])[];
  /** Which rows they are. */
  readonly kept: readonly number[];
  readonly losses: Losses;
}

/** What of the rows is not in their tokens. */
interface Losses {
  /** Rows that were given. */
  readonly rows: number;
  /** Rows left out, as the prompt alone fills the longest length: no token of some completion is left. */
  readonly filled: number;
  /** Rows left out, as a completion has no token from the beginning. */
  readonly empty: number;
  /** Rows kept with a completion cut, and tokens of completions cut away there. */
  readonly cutRows: number;
  readonly cutTokens: number;
  /** Tokens of prompts cut away in rows kept, counted once a completion. */
  readonly promptTokens: number;
  /** Rows kept whose prompt ends inside a token of the whole text. */
  readonly seams: number;
}

/**
 * Encodes rows, leaves out those of which a completion has no token to score, and counts.
 *
 * TRL 1.16 leaves out, without a count, the rows whose prompt fills `max_length` under `keep_start`.
 *
 * @throws UserError as {@linkcode encodeRow}, with the place of the row
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const encode = (text: string) => new TextEncoder().encode(text) as unknown as Uint32Array;
 * const tokenizer = { size: 256, encode: (text: string) => Uint32Array.from(encode(text)), decode: () => "", applyChat: () => "" };
 * const rows = [{ prompt: "ab", completions: ["cd", "e"] }, { prompt: "long", completions: ["c", "d"] }];
 * const { kept, losses } = encodeRows(tokenizer, rows, { start: "never", end: false, maxLength: 3 });
 * assert.deepEqual(kept, [0]);
 * assert.equal(lossesLine(losses), "of 2 rows: 1 left out, as its prompt fills the longest length; 1 token of completions cut in 1 row");
 * ```
 */
export function encodeRows(tokenizer: Coder, rows: readonly TextRow[], rules: PairRules): EncodedRows {
  const out: EncodedPair[][] = [], kept: number[] = [];
  let filled = 0, empty = 0, cutRows = 0, cutTokens = 0, promptTokens = 0, seams = 0;
  rows.forEach(({ prompt, completions, at }, i) => {
    let pairs: EncodedPair[];
    try {
      pairs = encodeRow(tokenizer, prompt, completions, rules);
    } catch (error) {
      if (error instanceof UserError) throw new UserError(`${at ?? `row ${i}`}: ${error.message}`);
      throw error;
    }
    if (pairs.some(({ tokens, cut }) => tokens + cut.completion === 0)) empty++;
    else if (pairs.some(({ tokens }) => tokens === 0)) filled++;
    else {
      const cut = pairs.reduce((sum, pair) => sum + pair.cut.completion, 0);
      cutRows += Number(cut > 0);
      cutTokens += cut;
      promptTokens += pairs.reduce((sum, pair) => sum + pair.cut.prompt, 0);
      seams += Number(pairs[0].seam > 0);
      out.push(pairs);
      kept.push(i);
    }
  });
  return { rows: out, kept, losses: { rows: rows.length, filled, empty, cutRows, cutTokens, promptTokens, seams } };
}

/**
 * What was lost, in one line; empty where nothing was.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const none = { rows: 4, filled: 0, empty: 0, cutRows: 0, cutTokens: 0, promptTokens: 0, seams: 0 };
 * assert.equal(lossesLine(none), "");
 * assert.equal(lossesLine({ ...none, empty: 2 }), "of 4 rows: 2 left out, as they have an empty completion");
 * ```
 */
export function lossesLine({ rows, filled, empty, cutRows, cutTokens, promptTokens, seams }: Losses): string {
  const count = (n: number, what: string) => `${n} ${what}${n === 1 ? "" : "s"}`;
  const parts = [
    filled > 0 &&
    `${filled} left out, as ${filled === 1 ? "its prompt fills" : "their prompts fill"} the longest length`,
    empty > 0 && `${empty} left out, as ${empty === 1 ? "it has" : "they have"} an empty completion`,
    cutTokens > 0 && `${count(cutTokens, "token")} of completions cut in ${count(cutRows, "row")}`,
    promptTokens > 0 && `${count(promptTokens, "token")} of prompts cut`,
    seams > 0 && `${count(seams, "prompt")} ${seams === 1 ? "ends" : "end"} inside a token of the whole text`,
  ].filter((part) => part !== false);
  return parts.length === 0 ? "" : `of ${count(rows, "row")}: ${parts.join("; ")}`;
}
