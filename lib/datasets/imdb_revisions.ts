/**
 * Film reviews with revisions that flip the sentiment and change little else, written by people (Kaushik, Hovy and Lipton,
 * ICLR 2020, "Learning the difference that makes a difference with counterfactually-augmented data").
 *
 * @module
 */
import { parseTable } from "./csv.ts";
import { findDataset, findFile, manifest } from "./manifest.ts";
import type { Store } from "./store.ts";

/** A review in its favourable and its unfavourable wording; one of them is the original. In two pairs they are equal. */
export interface ImdbRevision {
  /** The favourable wording. */
  readonly positive: string;
  /** The unfavourable wording. */
  readonly negative: string;
}

const FILES = ["train_paired.tsv", "dev_paired.tsv", "test_paired.tsv"];

/**
 * Loads all pairs: those for training, for development and for tests, each in file order.
 *
 * @throws UserError when a file is missing or damaged (see `Store.read`)
 *
 * @example
 * ```ts
 * import { openStore } from "./store.ts";
 * import assert from "node:assert/strict";
 * const store = openStore();
 * if ((await store.has("imdb-revisions")).ok) assert.equal((await loadImdbRevisions(store)).length, 2440);
 * ```
 */
export async function loadImdbRevisions(store: Store): Promise<ImdbRevision[]> {
  const pairs = [];
  for (const file of FILES) pairs.push(...parseImdbRevisions(await store.read("imdb-revisions", file), file));
  return pairs;
}

/**
 * Parses one file.
 *
 * @param file its name, for messages
 * @throws TypeError when the table is malformed, or naming a pair without exactly one wording of each kind
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const text = "Sentiment\tText\tbatch_id\nNegative\tDull.\t7\nPositive\tGreat.\t7\n";
 * const pairs = parseImdbRevisions(new TextEncoder().encode(text), "dev_paired.tsv");
 * assert.deepEqual(pairs, [{ positive: "Great.", negative: "Dull." }]);
 * ```
 */
export function parseImdbRevisions(bytes: Uint8Array, file: string): ImdbRevision[] {
  const { columns } = findFile(findDataset(manifest, "imdb-revisions"), file);
  const table = parseTable(bytes, { format: "tsv", columns, source: file });
  const [sentiments, texts, ids] = columns.map((column) => table.text(column));
  const pairs = new Map<string, Partial<Record<string, string>>>();
  ids.forEach((id, i) => {
    const pair = pairs.get(id) ?? {};
    if (pair[sentiments[i]] !== undefined) throw new TypeError(`${file}: two rows of ${id} are ${sentiments[i]}`);
    pairs.set(id, { ...pair, [sentiments[i]]: texts[i] });
  });
  return [...pairs].map(([id, { Positive: positive, Negative: negative, ...others }]) => {
    if (positive === undefined || negative === undefined || Object.keys(others).length > 0) {
      throw new TypeError(`${file}: ${id} is no pair of one Positive and one Negative wording`);
    }
    return { positive, negative };
  });
}
