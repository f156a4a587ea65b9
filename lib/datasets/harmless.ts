/**
 * Harmlessness comparisons: dialogues with a chosen and a rejected last reply (Bai et al., "Training a Helpful and
 * Harmless Assistant", arXiv 2204.05862). Offensive content: print numbers, never texts.
 *
 * @module
 */
import { includes, object, pipe, string, transform } from "valibot";
import { rowsIn } from "./rows.ts";
import type { Store } from "./store.ts";

/** One dialogue with its two last replies. */
export interface HarmlessPair {
  /** The dialogue up to the reply, speakers included. */
  readonly prompt: string;
  /** The reply that was preferred. */
  readonly chosen: string;
  /** The other reply. */
  readonly rejected: string;
}

/** The comparisons that are two replies to one prompt, and how many are not. */
export interface Harmless {
  /** Comparisons whose two dialogues differ in the last reply alone, in file order. */
  readonly pairs: readonly HarmlessPair[];
  /** Rows of the file, and those left out because the dialogues part before the last reply. */
  readonly counts: { readonly rows: number; readonly leftOut: number };
}

const FILE = "harmless-base/test.jsonl.gz", REPLY = "\n\nAssistant:";
const dialogue = pipe(
  string("a dialogue with a reply"),
  includes(REPLY, "a dialogue with a reply"),
  transform((text) => {
    const at = text.lastIndexOf(REPLY);
    return { prompt: text.slice(0, at), reply: text.slice(at + REPLY.length).trim() };
  }),
);
const comparison = object({ chosen: dialogue, rejected: dialogue }, "two dialogues");

/**
 * Loads the comparisons whose two dialogues differ in the last reply alone: 2,307 of 2,312.
 *
 * @throws UserError when the file is missing or damaged (see `Store.read`)
 *
 * @example
 * ```ts
 * import { openStore } from "./store.ts";
 * import assert from "node:assert/strict";
 * const store = openStore();
 * if ((await store.has("harmless")).ok) {
 *   assert.deepEqual((await loadHarmless(store)).counts, { rows: 2312, leftOut: 5 });
 * }
 * ```
 */
export async function loadHarmless(store: Store): Promise<Harmless> {
  return await parseHarmless(await store.read("harmless", FILE));
}

/**
 * Parses the lines of the file, packed or not. Comparisons whose dialogues part before the last reply are left out, and counted:
 * they are no two replies to one prompt.
 *
 * @throws TypeError naming the line that is no comparison; UserError for one that is no JSON object
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const dialogue = (reply: string) => `\n\nHuman: Hello?\n\nAssistant: ${reply}`;
 * const line = JSON.stringify({ chosen: dialogue("Hello."), rejected: dialogue("What?") });
 * const { pairs, counts } = await parseHarmless(new TextEncoder().encode(line + "\n"));
 * assert.deepEqual(pairs, [{ prompt: "\n\nHuman: Hello?", chosen: "Hello.", rejected: "What?" }]);
 * assert.deepEqual(counts, { rows: 1, leftOut: 0 });
 * ```
 */
export async function parseHarmless(bytes: Uint8Array): Promise<Harmless> {
  const rows = await rowsIn(bytes, "harmless", FILE, comparison);
  const pairs = rows.filter(({ chosen, rejected }) => chosen.prompt === rejected.prompt)
    .map(({ chosen, rejected }) => ({ prompt: chosen.prompt, chosen: chosen.reply, rejected: rejected.reply }));
  return { pairs, counts: { rows: rows.length, leftOut: rows.length - pairs.length } };
}
