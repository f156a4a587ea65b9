/**
 * Sentence polarity: sentences of film reviews with the verdict of the review they were taken from (Pang and Lee, ACL
 * 2005).
 *
 * The files are lists of sentences in a zip archive, a line each, without columns, where commas and quotes are letters: of
 * the reader of tables they are read by what is below tables, its lines.
 *
 * @module
 */
import { linesOf } from "../text_lines.ts";
import type { Store } from "./store.ts";
import { unzip } from "./zip.ts";

/** The sentences, favourable ones first, in the order of the files. */
export interface Polarity {
  /** Number of sentences. */
  readonly n: number;
  /** The sentences, `[n]`: lower case, tokens separated by spaces. */
  readonly texts: readonly string[];
  /** 1 where the review was favourable, else 0, `[n]`. */
  readonly positive: Uint8Array;
}

const ARCHIVE = "sentence_polarity.zip";

/**
 * Loads all sentences.
 *
 * @throws UserError when the file is missing or damaged (see `Store.read`)
 *
 * @example
 * ```ts
 * import { openStore } from "./store.ts";
 * import assert from "node:assert/strict";
 * const store = openStore();
 * if ((await store.has("polarity")).ok) assert.equal((await loadPolarity(store)).n, 10662);
 * ```
 */
export async function loadPolarity(store: Store): Promise<Polarity> {
  return await parsePolarity(await store.read("polarity", ARCHIVE));
}

/**
 * Reads both lists of sentences from the archive.
 *
 * @param archive bytes of the zip file
 * @throws TypeError when the archive is damaged, when it has not one of each list, or naming a line that is blank; UserError
 * for a list that is no UTF-8
 *
 * @example
 * ```ts
 * import { strToU8, zipSync } from "fflate";
 * import assert from "node:assert/strict";
 * const [positive, negative] = ["good .\nfine .\n", "bad .\n"].map((lines) => strToU8(lines));
 * const data = await parsePolarity(zipSync({ "s/rt-polarity.pos": positive, "s/rt-polarity.neg": negative }));
 * assert.deepEqual(data.texts, ["good .", "fine .", "bad ."]);
 * assert.deepEqual(data.positive, Uint8Array.of(1, 1, 0));
 * ```
 */
export async function parsePolarity(archive: Uint8Array): Promise<Polarity> {
  const entries = unzip(archive, ARCHIVE);
  const lines = async (name: string): Promise<string[]> => {
    const paths = [...entries.keys()].filter((entry) => entry.endsWith(`/${name}`));
    if (paths.length !== 1) throw new TypeError(`${ARCHIVE}: holds ${paths.length} files ${name}, expected one`);
    const source = { name: `${ARCHIVE}: ${name}`, bytes: entries.get(paths[0])! };
    const found: string[] = [];
    for await (const line of linesOf(source)) found.push(line.trim());
    const blank = found.indexOf("");
    if (found.length === 0) throw new TypeError(`${source.name} is empty`);
    if (blank >= 0) throw new TypeError(`${source.name}: line ${blank + 1} is blank`);
    return found;
  };
  const positive = await lines("rt-polarity.pos"), negative = await lines("rt-polarity.neg");
  const texts = [...positive, ...negative];
  return {
    n: texts.length,
    texts,
    positive: Uint8Array.from(texts, (_, i) => i < positive.length ? 1 : 0),
  };
}
