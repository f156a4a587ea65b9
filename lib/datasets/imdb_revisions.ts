/**
 * Film reviews with revisions that flip the sentiment and change little else, written by people (Kaushik, Hovy and Lipton,
 * ICLR 2020, "Learning the difference that makes a difference with counterfactually-augmented data").
 *
 * @module
 */
import { object } from "valibot";
import { rowsIn } from "./rows.ts";
import { text } from "./schemas.ts";
import type { Store } from "./store.ts";

/** A review in its favourable and its unfavourable wording; one of them is the original. In two pairs they are equal. */
export interface ImdbRevision {
  /** The favourable wording. */
  readonly positive: string;
  /** The unfavourable wording. */
  readonly negative: string;
}

const wording = object({ Sentiment: text, Text: text, batch_id: text });
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
  for (const file of FILES) {
    pairs.push(...await parseImdbRevisions(await store.read("imdb-revisions", file), file));
  }
  return pairs;
}

/**
 * Parses one file.
 *
 * @param file its name, for messages
 * @throws TypeError for other columns, or naming a pair without exactly one wording of each kind; UserError for a table that
 * is malformed
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const text = "Sentiment\tText\tbatch_id\nNegative\tDull.\t7\nPositive\tGreat.\t7\n";
 * const pairs = await parseImdbRevisions(new TextEncoder().encode(text), "dev_paired.tsv");
 * assert.deepEqual(pairs, [{ positive: "Great.", negative: "Dull." }]);
 * ```
 */
export async function parseImdbRevisions(bytes: Uint8Array, file: string): Promise<ImdbRevision[]> {
  const pairs = new Map<string, Partial<Record<string, string>>>();
  for (const { Sentiment, Text, batch_id: id } of await rowsIn(bytes, "imdb-revisions", file, wording)) {
    const pair = pairs.get(id) ?? {};
    if (pair[Sentiment] !== undefined) throw new TypeError(`${file}: two rows of ${id} are ${Sentiment}`);
    pairs.set(id, { ...pair, [Sentiment]: Text });
  }
  return [...pairs].map(([id, { Positive: positive, Negative: negative, ...others }]) => {
    if (positive === undefined || negative === undefined || Object.keys(others).length > 0) {
      throw new TypeError(`${file}: ${id} is no pair of one Positive and one Negative wording`);
    }
    return { positive, negative };
  });
}
