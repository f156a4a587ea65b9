/**
 * Politeness pairs: short instructions, each with a polite (chosen) and an impolite (rejected) wording of its answer,
 * written by a language model (Raschka, "Build a Large Language Model (From Scratch)", 2024).
 *
 * The file is one JSON list, which the reader of tables refuses: it reads an object a line. So it is parsed as a whole, by
 * the same schemas.
 *
 * @module
 */
import { array, object } from "valibot";
import { jsonBy, text } from "./schemas.ts";
import type { Store } from "./store.ts";

/** One instruction with its two answers; in a few pairs they are the same text. */
export interface PolitenessPair {
  /** What is asked. */
  readonly instruction: string;
  /** What it is asked about; often empty. */
  readonly input: string;
  /** The polite answer. */
  readonly chosen: string;
  /** The impolite answer. */
  readonly rejected: string;
}

const FILE = "instruction-data-with-preference.json";
const pairs = array(
  object({ instruction: text, input: text, output: text, chosen: text, rejected: text }, "a row with all its texts"),
  "a list",
);

/**
 * Loads all pairs, in file order.
 *
 * @throws UserError when the file is missing or damaged (see `Store.read`)
 *
 * @example
 * ```ts
 * import { openStore } from "./store.ts";
 * import assert from "node:assert/strict";
 * const store = openStore();
 * if ((await store.has("politeness")).ok) assert.equal((await loadPoliteness(store)).length, 1100);
 * ```
 */
export async function loadPoliteness(store: Store): Promise<PolitenessPair[]> {
  return parsePoliteness(await store.read("politeness", FILE));
}

/**
 * Parses the file.
 *
 * @throws TypeError when it is no list of rows, naming row and field that is no text
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const row = { instruction: "Add.", input: "1 and 1", output: "2", chosen: "It is 2.", rejected: "2, obviously." };
 * const [pair] = parsePoliteness(new TextEncoder().encode(JSON.stringify([row])));
 * assert.equal(pair.chosen, "It is 2.");
 * ```
 */
export function parsePoliteness(bytes: Uint8Array): PolitenessPair[] {
  return jsonBy(pairs, bytes, FILE).map(({ output: _, ...pair }) => pair);
}
