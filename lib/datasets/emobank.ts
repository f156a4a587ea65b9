/**
 * EmoBank: English sentences of seven genres with readers' ratings of valence, arousal and dominance (Buechel and Hahn,
 * EACL 2017). Genre moves both the wording and the ratings, which makes it a real confounder.
 *
 * @module
 */
import { object } from "valibot";
import { rowsIn } from "./rows.ts";
import { numeral, text, whole } from "./schemas.ts";
import type { Store } from "./store.ts";

/** The sentences that have text, reader ratings and a genre, in the order of emobank.csv. */
export interface EmoBank {
  /** Number of sentences. */
  readonly n: number;
  /** Sentence ids of the source, `[n]`, unique. */
  readonly ids: readonly string[];
  /** The sentences, `[n]`. */
  readonly texts: readonly string[];
  /** Names of the genres, sorted (capitals first). */
  readonly genreNames: readonly string[];
  /** Index into `genreNames`, `[n]`. */
  readonly genre: Uint8Array;
  /** The document a sentence was taken from, `[n]`: sentences of one document are not independent. */
  readonly documents: readonly string[];
  /** Readers' mean ratings, 1 to 5, `[n]` each. */
  readonly valence: Float64Array;
  /** Readers' mean rating of arousal, from 1 (calm) to 5 (excited), `[n]`. */
  readonly arousal: Float64Array;
  /** Readers' mean rating of dominance, from 1 (controlled) to 5 (in control), `[n]`. */
  readonly dominance: Float64Array;
  /** Standard deviations between the raters of one sentence, `[n]` each. */
  readonly sd: { readonly valence: Float64Array; readonly arousal: Float64Array; readonly dominance: Float64Array };
  /** Readers who rated the sentence, 2 to 7, `[n]`. */
  readonly raters: Uint8Array;
  /** Rows of each file, and of the join by id: `reader - joined` rated sentences have no text. */
  readonly counts: { readonly reader: number; readonly text: number; readonly meta: number; readonly joined: number };
}

const number = numeral();
const rating = object({
  ...{ id: text, V: number, A: number, D: number, stdV: number, stdA: number, stdD: number },
  N: whole(1, 255),
});
const sentence = object({ id: text, text });
const description = object({ id: text, document: text, category: text });

/**
 * Loads the sentences with ratings and genre.
 *
 * @throws UserError when a file is missing or damaged (see `Store.read`)
 *
 * @example
 * ```ts
 * import { openStore } from "./store.ts";
 * import assert from "node:assert/strict";
 * const store = openStore();
 * if ((await store.has("emobank")).ok) assert.equal((await loadEmoBank(store)).n, 10062);
 * ```
 */
export async function loadEmoBank(store: Store): Promise<EmoBank> {
  const [reader, text, meta] = await Promise.all(
    ["reader.csv", "emobank.csv", "meta.tsv"].map((name) => store.read("emobank", name)),
  );
  return await parseEmoBank({ reader, text, meta });
}

/**
 * Parses the three files and joins them by id.
 *
 * @param files.reader bytes of reader.csv: the ratings
 * @param files.text bytes of emobank.csv: the sentences
 * @param files.meta bytes of meta.tsv: document and genre
 * @throws TypeError naming row and column of a bad cell; RangeError for an id that occurs twice in one file; UserError for a
 * table that is malformed
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const bytes = (text: string) => new TextEncoder().encode(text);
 * const data = await parseEmoBank({
 *   reader: bytes("id,V,A,D,stdV,stdA,stdD,N\na,3.2,3,2.8,0.4,0,0.1,5\nb,1,1,1,0,0,0,2\n"),
 *   text: bytes("id,split,V,A,D,text\na,train,3,3,3,Hello.\n"),
 *   meta: bytes("id\tdocument\tcategory\tsubcategory\na\tpost-1\tblog\t\n"),
 * });
 * assert.deepEqual(data.counts, { reader: 2, text: 1, meta: 1, joined: 1 });
 * assert.equal(data.genreNames[data.genre[0]], "blog");
 * ```
 */
export async function parseEmoBank(
  files: { reader: Uint8Array; text: Uint8Array; meta: Uint8Array },
): Promise<EmoBank> {
  const reader = await rowsIn(files.reader, "emobank", "reader.csv", rating);
  const texts = await rowsIn(files.text, "emobank", "emobank.csv", sentence);
  const meta = await rowsIn(files.meta, "emobank", "meta.tsv", description);
  const rated = byId(reader, "reader.csv"), described = byId(meta, "meta.tsv"), told = byId(texts, "emobank.csv");
  const joined = [...told].flatMap(([id, { text }]) => {
    const ratings = rated.get(id), about = described.get(id);
    return ratings === undefined || about === undefined ? [] : [{ text, ratings, ...about }];
  });
  const genreNames = [...new Set(joined.map(({ category }) => category))].sort();
  const column = (name: "V" | "A" | "D" | "stdV" | "stdA" | "stdD") =>
    Float64Array.from(joined, ({ ratings }) => ratings[name]);
  return {
    n: joined.length,
    ids: joined.map(({ id }) => id),
    texts: joined.map(({ text }) => text),
    genreNames,
    genre: Uint8Array.from(joined, ({ category }) => genreNames.indexOf(category)),
    documents: joined.map(({ document }) => document),
    valence: column("V"),
    arousal: column("A"),
    dominance: column("D"),
    sd: { valence: column("stdV"), arousal: column("stdA"), dominance: column("stdD") },
    raters: Uint8Array.from(joined, ({ ratings }) => ratings.N),
    counts: { reader: reader.length, text: texts.length, meta: meta.length, joined: joined.length },
  };
}

function byId<T extends { readonly id: string }>(rows: readonly T[], source: string): Map<string, T> {
  const known = new Map<string, T>();
  rows.forEach((row, i) => {
    if (known.has(row.id)) throw new RangeError(`${source}: row ${i + 1}: id "${row.id}" occurs twice`);
    known.set(row.id, row);
  });
  return known;
}
