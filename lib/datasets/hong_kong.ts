/**
 * The Hong Kong speeches: short texts put together at random from 202 sentences, and how much each reader supported
 * the protesters. Two waves of one experiment whose assignment laws differ (Fong and Grimmer 2023; the text experiment
 * of the causal preference optimisation paper, Lin, Ben-Michael and Morency 2024).
 *
 * The second wave's treatment columns cannot be taken as they are: half of its rows (1,017 of 2,072) disagree with the
 * text that was shown, among them 532 two-sentence texts coded as without any treatment and 305 three-sentence texts
 * coded with four. In the first wave every row has one treatment a sentence, which identifies the treatment of each
 * sentence; all sentences of the second wave occur in the first. So `treatments` is read off the text, and the file's
 * columns are kept as `coded`.
 *
 * The two waves overlap in part only. Half of the texts have two sentences and half three. In the first wave a
 * three-sentence text always has `treatycommit`; in the second all combinations occur, so that 599 of its rows, the six
 * without text included, show what nobody saw in the first wave.
 *
 * @module
 */
import { parseTable, type Table } from "./csv.ts";
import { findDataset, findFile, manifest } from "./manifest.ts";
import type { Store } from "./store.ts";

/** Column names of the seven treatments, in the order of `treatments` and `coded`. */
export const TREATMENTS = ["treatycommit", "brave", "evil", "flag", "threat", "economy", "treatyviolation"] as const;

const SENTENCES = ["text1", "text2", "text3"];

/** One wave, `n` respondents who read one text each. */
export interface HongKongWave {
  /** Number of respondents. */
  readonly n: number;
  /** Respondent ids, unique; no respondent is in both waves. Not for reports. */
  readonly ids: readonly string[];
  /** Support for the protesters, 0 to 100, `[n]`; no value is missing. */
  readonly response: Float64Array;
  /** What the text holds, 0 or 1, `[n * 7]` row-major. */
  readonly treatments: Uint8Array;
  /** What the file's columns say, 0 or 1, `[n * 7]` row-major. */
  readonly coded: Uint8Array;
  /** Sentences meant to be shown, 2 or 3, `[n]`. */
  readonly numTexts: Uint8Array;
  /** The text, `[n]`; empty for the few respondents who were shown none. */
  readonly texts: readonly string[];
  /** Rows with an empty text; their treatments are all 0. */
  readonly emptyTexts: number;
  /** Rows where `coded` differs from `treatments`. */
  readonly disagreements: number;
}

/** Both waves. */
export interface HongKong {
  /** Names of the seven treatments, in the order of their columns. */
  readonly treatmentNames: readonly string[];
  /** The first wave (HKData.csv) and its replication (HKRepData.csv). */
  readonly waves: readonly [HongKongWave, HongKongWave];
}

/**
 * Loads both waves.
 *
 * @throws UserError when a file is missing or damaged (see `Store.read`)
 *
 * @example
 * ```ts
 * import { openStore } from "./store.ts";
 * import assert from "node:assert/strict";
 * const store = openStore();
 * if ((await store.has("hong-kong")).ok) assert.equal((await loadHongKong(store)).waves[0].n, 1983);
 * ```
 */
export async function loadHongKong(store: Store): Promise<HongKong> {
  return parseHongKong(
    await store.read("hong-kong", "HKData.csv"),
    await store.read("hong-kong", "HKRepData.csv"),
  );
}

/**
 * Parses both waves; the first one tells which treatment each sentence carries.
 *
 * @param first bytes of HKData.csv
 * @param second bytes of HKRepData.csv
 * @throws TypeError or RangeError naming row and column of a bad cell; RangeError for a sentence without a treatment
 *
 * @example The file says one thing, the text another
 * ```ts
 * import assert from "node:assert/strict";
 * const header = "resp,numtexts,treatycommit,brave,evil,flag,threat,economy,treatyviolation,resp_id,text1,text2,text3,text";
 * const bytes = (row: string) => new TextEncoder().encode(`${header}\n${row}\n`);
 * const { waves } = parseHongKong(bytes("80,2,0,1,0,0,0,0,0,a,Brave.,,,Brave."), bytes("70,2,0,0,0,0,0,0,0,b,Brave.,,,Brave."));
 * assert.deepEqual([...waves[1].treatments], [0, 1, 0, 0, 0, 0, 0]);
 * assert.equal(waves[1].disagreements, 1);
 * ```
 */
export function parseHongKong(first: Uint8Array, second: Uint8Array): HongKong {
  const tables = ([["HKData.csv", first], ["HKRepData.csv", second]] as const).map(([source, data]) => {
    const { columns } = findFile(findDataset(manifest, "hong-kong"), source);
    return parseTable(data, { format: "csv", columns, source });
  });
  const carried = sentenceTreatments(tables[0]);
  return { treatmentNames: TREATMENTS, waves: [wave(tables[0], carried), wave(tables[1], carried)] };
}

/**
 * Which treatment each sentence carries: the one that is coded in every row where the sentence is shown, once the
 * treatments of the other sentences of those rows are taken out.
 */
function sentenceTreatments(table: Table): Map<string, number> {
  const coded = codedTreatments(table);
  const shown = sentences(table);
  const candidates = new Map<string, Set<number>>();
  for (const [i, row] of shown.entries()) {
    const here = new Set(TREATMENTS.keys().filter((k) => coded[i * TREATMENTS.length + k] === 1));
    for (const sentence of row) candidates.set(sentence, candidates.get(sentence)?.intersection(here) ?? here);
  }
  const carried = new Map<string, number>();
  for (let before = -1; before < carried.size;) {
    before = carried.size;
    for (const row of shown) {
      const known = new Set(row.map((sentence) => carried.get(sentence)));
      for (const sentence of row) {
        const left = [...candidates.get(sentence)!].filter((k) => carried.has(sentence) || !known.has(k));
        if (left.length === 1) carried.set(sentence, left[0]);
      }
    }
  }
  return carried;
}

function wave(table: Table, carried: ReadonlyMap<string, number>): HongKongWave {
  const width = TREATMENTS.length;
  const coded = codedTreatments(table);
  const treatments = new Uint8Array(coded.length);
  const texts = table.text("text");
  const response = table.numbers("resp");
  let disagreements = 0;
  for (const [i, row] of sentences(table).entries()) {
    if (!(response[i] >= 0 && response[i] <= 100)) {
      throw new RangeError(`row ${i}, column "resp": expected a number from 0 to 100, got ${response[i]}`);
    }
    for (const sentence of row) {
      const k = carried.get(sentence);
      if (k === undefined) throw new RangeError(`row ${i}: no treatment is known for the sentence "${sentence}"`);
      treatments[i * width + k] = 1;
    }
    const differs = treatments.subarray(i * width, (i + 1) * width).some((t, k) => t !== coded[i * width + k]);
    disagreements += Number(differs);
  }
  return {
    n: table.length,
    ids: table.text("resp_id"),
    response,
    treatments,
    coded,
    numTexts: table.bytes("numtexts", 2, 3),
    texts,
    emptyTexts: texts.filter((text) => text === "").length,
    disagreements,
  };
}

function codedTreatments(table: Table): Uint8Array {
  const width = TREATMENTS.length;
  const coded = new Uint8Array(table.length * width);
  for (const [k, name] of TREATMENTS.entries()) {
    for (const [i, value] of table.bytes(name, 0, 1).entries()) coded[i * width + k] = value;
  }
  return coded;
}

/** The sentences of each row, without the blanks. */
function sentences(table: Table): string[][] {
  const columns = SENTENCES.map((name) => table.text(name));
  return Array.from({ length: table.length }, (_, i) => columns.map((column) => column[i]).filter((s) => s !== ""));
}
