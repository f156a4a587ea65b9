/**
 * ParaDetox: toxic sentences with neutral rewrites that keep their content, written by people (Logacheva et al., ACL 2022).
 * Offensive text: show numbers, never rows.
 *
 * @module
 */
import { check, object, pipe, transform } from "valibot";
import { rowsIn } from "./rows.ts";
import { filled, text } from "./schemas.ts";
import type { Store } from "./store.ts";

/** A sentence with its rewrites; a few rewrites equal their sentence. */
export interface ParaDetoxRow {
  /** The sentence. */
  readonly toxic: string;
  /** One to three rewrites. */
  readonly neutral: readonly string[];
}

const FILE = "paradetox.tsv";
const cells = object({ toxic: filled, neutral1: text, neutral2: text, neutral3: text });
const sentence = pipe(
  cells,
  transform(({ toxic, neutral1, neutral2, neutral3 }): ParaDetoxRow => ({
    toxic,
    neutral: [neutral1, neutral2, neutral3].filter((rewrite) => rewrite !== ""),
  })),
  check(({ neutral }) => neutral.length > 0, "a rewrite"),
);

/**
 * Loads all sentences, in file order.
 *
 * @throws UserError when the file is missing or damaged (see `Store.read`)
 *
 * @example
 * ```ts
 * import { openStore } from "./store.ts";
 * import assert from "node:assert/strict";
 * const store = openStore();
 * if ((await store.has("paradetox")).ok) assert.equal((await loadParaDetox(store)).length, 11927);
 * ```
 */
export async function loadParaDetox(store: Store): Promise<ParaDetoxRow[]> {
  return await parseParaDetox(await store.read("paradetox", FILE));
}

/**
 * Parses the file.
 *
 * @throws TypeError for other columns, or naming a row without sentence or rewrite; UserError for a table that is malformed
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const file = "toxic\tneutral1\tneutral2\tneutral3\nThat is rubbish.\tI disagree.\t\t\n";
 * assert.deepEqual(await parseParaDetox(new TextEncoder().encode(file)), [
 *   { toxic: "That is rubbish.", neutral: ["I disagree."] },
 * ]);
 * ```
 */
export async function parseParaDetox(bytes: Uint8Array): Promise<ParaDetoxRow[]> {
  return await rowsIn(bytes, "paradetox", FILE, sentence);
}
