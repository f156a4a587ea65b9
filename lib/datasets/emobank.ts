/**
 * EmoBank: English sentences of seven genres with readers' ratings of valence, arousal and dominance (Buechel and Hahn,
 * EACL 2017). Genre moves both the wording and the ratings, which makes it a real confounder.
 *
 * @module
 */
import { parseTable } from "./csv.ts";
import { findDataset, findFile, manifest } from "./manifest.ts";
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
  return parseEmoBank({ reader, text, meta });
}

/**
 * Parses the three files and joins them by id.
 *
 * @param files.reader bytes of reader.csv: the ratings
 * @param files.text bytes of emobank.csv: the sentences
 * @param files.meta bytes of meta.tsv: document and genre
 * @throws TypeError naming row and column of a bad cell; RangeError for an id that occurs twice in one file
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const bytes = (text: string) => new TextEncoder().encode(text);
 * const data = parseEmoBank({
 *   reader: bytes("id,V,A,D,stdV,stdA,stdD,N\na,3.2,3,2.8,0.4,0,0.1,5\nb,1,1,1,0,0,0,2\n"),
 *   text: bytes("id,split,V,A,D,text\na,train,3,3,3,Hello.\n"),
 *   meta: bytes("id\tdocument\tcategory\tsubcategory\na\tpost-1\tblog\t\n"),
 * });
 * assert.deepEqual(data.counts, { reader: 2, text: 1, meta: 1, joined: 1 });
 * assert.equal(data.genreNames[data.genre[0]], "blog");
 * ```
 */
export function parseEmoBank(files: { reader: Uint8Array; text: Uint8Array; meta: Uint8Array }): EmoBank {
  const dataset = findDataset(manifest, "emobank");
  const parse = (data: Uint8Array, source: string, format: "csv" | "tsv") =>
    parseTable(data, { format, columns: findFile(dataset, source).columns, source });
  const reader = parse(files.reader, "reader.csv", "csv");
  const text = parse(files.text, "emobank.csv", "csv");
  const meta = parse(files.meta, "meta.tsv", "tsv");

  const readerRow = rowById(reader.text("id"), "reader.csv");
  const metaRow = rowById(meta.text("id"), "meta.tsv");
  const textRow = rowById(text.text("id"), "emobank.csv");
  const joined = [...textRow].flatMap(([id, row]) => {
    const rated = readerRow.get(id), described = metaRow.get(id);
    return rated === undefined || described === undefined ? [] : [{ id, row, rated, described }];
  });

  const category = meta.text("category"), document = meta.text("document"), sentence = text.text("text");
  const genreNames = [...new Set(joined.map(({ described }) => category[described]))].sort();
  const column = (name: string) => {
    const values = reader.numbers(name);
    return Float64Array.from(joined, ({ rated }) => values[rated]);
  };
  const raters = reader.bytes("N", 1, 255);
  return {
    n: joined.length,
    ids: joined.map(({ id }) => id),
    texts: joined.map(({ row }) => sentence[row]),
    genreNames,
    genre: Uint8Array.from(joined, ({ described }) => genreNames.indexOf(category[described])),
    documents: joined.map(({ described }) => document[described]),
    valence: column("V"),
    arousal: column("A"),
    dominance: column("D"),
    sd: { valence: column("stdV"), arousal: column("stdA"), dominance: column("stdD") },
    raters: Uint8Array.from(joined, ({ rated }) => raters[rated]),
    counts: { reader: reader.length, text: text.length, meta: meta.length, joined: joined.length },
  };
}

function rowById(ids: readonly string[], source: string): Map<string, number> {
  const rows = new Map<string, number>();
  for (const [row, id] of ids.entries()) {
    if (rows.has(id)) throw new RangeError(`${source}: row ${row}: id "${id}" occurs twice`);
    rows.set(id, row);
  }
  return rows;
}
