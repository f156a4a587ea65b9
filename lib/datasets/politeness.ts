/**
 * Politeness pairs: short instructions, each with a polite (chosen) and an impolite (rejected) wording of its answer,
 * written by a language model (Raschka, "Build a Large Language Model (From Scratch)", 2024).
 *
 * @module
 */
import { findDataset, findFile, manifest } from "./manifest.ts";
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
 * @throws TypeError when it is no list, or naming row and field that is no text
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
  const rows: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  if (!Array.isArray(rows)) throw new TypeError(`${FILE}: expected a list`);
  const fields = findFile(findDataset(manifest, "politeness"), FILE).columns;
  return rows.map((row: Readonly<Record<string, unknown>> | null, i) => {
    for (const field of fields) {
      if (typeof row?.[field] !== "string") throw new TypeError(`${FILE}: row ${i}: "${field}" is no text`);
    }
    const { instruction, input, chosen, rejected } = row as unknown as PolitenessPair;
    return { instruction, input, chosen, rejected };
  });
}
