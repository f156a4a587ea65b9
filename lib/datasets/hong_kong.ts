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
import { object } from "valibot";
import { type RowOf, rowsIn } from "./rows.ts";
import { numeral, text, whole } from "./schemas.ts";
import type { Store } from "./store.ts";

/** Column names of the seven treatments, in the order of `treatments` and `coded`. */
export const TREATMENTS = ["treatycommit", "brave", "evil", "flag", "threat", "economy", "treatyviolation"] as const;

const SENTENCES = ["text1", "text2", "text3"] as const;

const flag = whole(0, 1);
const respondent = object({
  resp: numeral((value) => value >= 0 && value <= 100, "a number from 0 to 100"),
  numtexts: whole(2, 3),
  ...{ treatycommit: flag, brave: flag, evil: flag, flag, threat: flag, economy: flag, treatyviolation: flag },
  ...{ resp_id: text, text1: text, text2: text, text3: text, text },
});
type Respondent = RowOf<typeof respondent>;

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
  return await parseHongKong(
    await store.read("hong-kong", "HKData.csv"),
    await store.read("hong-kong", "HKRepData.csv"),
  );
}

/**
 * Parses both waves; the first one tells which treatment each sentence carries.
 *
 * @param first bytes of HKData.csv
 * @param second bytes of HKRepData.csv
 * @throws TypeError naming row and column of a bad cell; RangeError for a sentence without a treatment; UserError for a table
 * that is malformed
 *
 * @example The file says one thing, the text another
 * ```ts
 * import assert from "node:assert/strict";
 * const header = "resp,numtexts,treatycommit,brave,evil,flag,threat,economy,treatyviolation,resp_id,text1,text2,text3,text";
 * const bytes = (row: string) => new TextEncoder().encode(`${header}\n${row}\n`);
 * const { waves } = await parseHongKong(bytes("80,2,0,1,0,0,0,0,0,a,Brave.,,,Brave."), bytes("70,2,0,0,0,0,0,0,0,b,Brave.,,,Brave."));
 * assert.deepEqual([...waves[1].treatments], [0, 1, 0, 0, 0, 0, 0]);
 * assert.equal(waves[1].disagreements, 1);
 * ```
 */
export async function parseHongKong(first: Uint8Array, second: Uint8Array): Promise<HongKong> {
  const one = await rowsIn(first, "hong-kong", "HKData.csv", respondent);
  const two = await rowsIn(second, "hong-kong", "HKRepData.csv", respondent), carried = sentenceTreatments(one);
  return {
    treatmentNames: TREATMENTS,
    waves: [wave(one, carried, "HKData.csv"), wave(two, carried, "HKRepData.csv")],
  };
}

/**
 * Which treatment each sentence carries: the one that is coded in every row where the sentence is shown, once the
 * treatments of the other sentences of those rows are taken out.
 */
function sentenceTreatments(rows: readonly Respondent[]): Map<string, number> {
  const coded = codedTreatments(rows), shown = rows.map(sentences);
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

function wave(rows: readonly Respondent[], carried: ReadonlyMap<string, number>, source: string): HongKongWave {
  const width = TREATMENTS.length, coded = codedTreatments(rows), treatments = new Uint8Array(coded.length);
  let disagreements = 0;
  for (const [i, row] of rows.entries()) {
    for (const sentence of sentences(row)) {
      const k = carried.get(sentence);
      if (k === undefined) {
        throw new RangeError(`${source}: row ${i + 1}: no treatment is known for the sentence "${sentence}"`);
      }
      treatments[i * width + k] = 1;
    }
    const differs = treatments.subarray(i * width, (i + 1) * width).some((t, k) => t !== coded[i * width + k]);
    disagreements += Number(differs);
  }
  return {
    n: rows.length,
    ids: rows.map((row) => row.resp_id),
    response: Float64Array.from(rows, (row) => row.resp),
    treatments,
    coded,
    numTexts: Uint8Array.from(rows, (row) => row.numtexts),
    texts: rows.map((row) => row.text),
    emptyTexts: rows.filter((row) => row.text === "").length,
    disagreements,
  };
}

const codedTreatments = (rows: readonly Respondent[]): Uint8Array =>
  Uint8Array.from(rows.flatMap((row) => TREATMENTS.map((name) => row[name])));

/** The sentences of a row, without the blanks. */
const sentences = (row: Respondent): string[] =>
  SENTENCES.map((name) => row[name]).filter((sentence) => sentence !== "");
