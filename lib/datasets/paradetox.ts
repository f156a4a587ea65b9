/**
 * ParaDetox: toxic sentences with neutral rewrites that keep their content, written by people (Logacheva et al., ACL 2022).
 * Offensive text: show numbers, never rows.
 *
 * @module
 */
import { parseTable } from "./csv.ts";
import { findDataset, findFile, manifest } from "./manifest.ts";
import type { Store } from "./store.ts";

/** A sentence with its rewrites; a few rewrites equal their sentence. */
export interface ParaDetoxRow {
  /** The sentence. */
  readonly toxic: string;
  /** One to three rewrites. */
  readonly neutral: readonly string[];
}

const FILE = "paradetox.tsv";

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
  return parseParaDetox(await store.read("paradetox", FILE));
}

/**
 * Parses the file.
 *
 * @throws TypeError when the table is malformed, or naming a row without sentence or rewrite
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const file = "toxic\tneutral1\tneutral2\tneutral3\nThat is rubbish.\tI disagree.\t\t\n";
 * assert.deepEqual(parseParaDetox(new TextEncoder().encode(file)), [
 *   { toxic: "That is rubbish.", neutral: ["I disagree."] },
 * ]);
 * ```
 */
export function parseParaDetox(bytes: Uint8Array): ParaDetoxRow[] {
  const { columns } = findFile(findDataset(manifest, "paradetox"), FILE);
  const table = parseTable(bytes, { format: "tsv", columns, source: FILE });
  const [toxic, ...rewrites] = columns.map((column) => table.text(column));
  return toxic.map((sentence, i) => {
    const neutral = rewrites.map((column) => column[i]).filter((text) => text !== "");
    if (sentence === "" || neutral.length === 0) throw new TypeError(`${FILE}: row ${i} has no sentence or no rewrite`);
    return { toxic: sentence, neutral };
  });
}
