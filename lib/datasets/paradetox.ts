/**
 * ParaDetox: toxic sentences with neutral rewrites by crowd workers (Logacheva et al., ACL 2022). Offensive content: print
 * numbers, never texts.
 *
 * @module
 */
import { parseTable } from "./csv.ts";
import { findDataset, findFile, manifest } from "./manifest.ts";
import type { Store } from "./store.ts";

/** A sentence with its first rewrite. */
export interface DetoxPair {
  /** The neutral rewrite, which counts as preferred. */
  readonly chosen: string;
  /** The sentence as it was found. */
  readonly rejected: string;
}

const FILE = "paradetox.tsv";

/**
 * Loads every sentence with its first rewrite, in file order; 97 rewrites change nothing.
 *
 * @throws UserError when the file is missing or damaged (see `Store.read`)
 *
 * @example
 * ```ts
 * import { openStore } from "./store.ts";
 * import assert from "node:assert/strict";
 * const store = openStore();
 * if ((await store.has("paradetox")).ok) assert.equal((await loadParadetox(store)).length, 11927);
 * ```
 */
export async function loadParadetox(store: Store): Promise<DetoxPair[]> {
  return parseParadetox(await store.read("paradetox", FILE));
}

/**
 * Parses the table.
 *
 * @throws TypeError when it is no such table
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const table = "toxic\tneutral1\tneutral2\tneutral3\nrude words\tplain words\t\t\n";
 * const pairs = parseParadetox(new TextEncoder().encode(table));
 * assert.deepEqual(pairs, [{ chosen: "plain words", rejected: "rude words" }]);
 * ```
 */
export function parseParadetox(bytes: Uint8Array): DetoxPair[] {
  const { columns } = findFile(findDataset(manifest, "paradetox"), FILE);
  const table = parseTable(bytes, { format: "tsv", columns, source: FILE });
  const chosen = table.text("neutral1");
  return table.text("toxic").map((rejected, i) => ({ chosen: chosen[i].trim(), rejected: rejected.trim() }));
}
