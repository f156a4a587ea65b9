/**
 * Upworthy headline tests: each test showed several packages (headline, image, lede) for one article to visitors at
 * random and counted clicks (Matias et al., Scientific Data 2021).
 *
 * From week 201325 to 201401 the randomisation was broken: visitors were not split evenly, and 69 % of those tests fail
 * a sample-ratio check at p < 0.001, against 0.5 % of all others.
 *
 * @module
 */
import { boolean, finite, minValue, nullable, number, object, pipe, safeInteger } from "valibot";
import { type RowOf, rowsIn } from "./rows.ts";
import { text } from "./schemas.ts";
import type { Store } from "./store.ts";

/** First and last week whose tests were not split evenly. */
const BROKEN_WEEKS = { first: 201325, last: 201401 } as const;

/** One arm of a test. The texts are HTML as published: entities and a few tags occur. */
export interface UpworthyPackage {
  /** Row in the file. */
  readonly row: number;
  /** The headline. */
  readonly headline: string;
  /** The line under the headline; null where the file has none. */
  readonly lede: string | null;
  /** The text shared with a link; null where the file has none. */
  readonly excerpt: string | null;
  /** Id of the picture; null where the file has none. */
  readonly image: string | null;
  /** Visitors who were shown the package, >= 1. */
  readonly impressions: number;
  /** Visitors who clicked, at most `impressions`. */
  readonly clicks: number;
  /** Upworthy's own number, 0 to 100. */
  readonly significance: number;
  /** Chosen by the editors after the test. */
  readonly winner: boolean;
  /** Best click rate of the test by the file's own mark. */
  readonly firstPlace: boolean;
  /** Year and week of the year, as yyyyww with weeks from 00 to 52. */
  readonly week: number;
}

/** One test: packages for the same article. Many differ in the picture or the lede rather than the headline. */
export interface UpworthyTest {
  /** The `clickability_test_id` of the file, unique. */
  readonly id: string;
  /** Week of the first package; a few tests run over into a second week. */
  readonly week: number;
  /** True when a package's week lies in `BROKEN_WEEKS`: impressions are not balanced by design. */
  readonly randomisationBroken: boolean;
  /** In file order, at least one. */
  readonly packages: readonly UpworthyPackage[];
}

/** All tests, in the order in which the file first mentions them. */
export interface Upworthy {
  /** The tests, those with broken randomisation included. */
  readonly tests: readonly UpworthyTest[];
  /** Nothing is dropped: `packages` is the number of rows of the file. */
  readonly counts: { readonly packages: number; readonly brokenTests: number; readonly cleanTests: number };
}

const FILE = "upworthy_clean.parquet";
const whole = (low: number) => {
  const what = `an integer >= ${low}`;
  return pipe(number(what), safeInteger(what), minValue(low, what));
};
const flag = boolean("true or false");
const packageRow = object({
  clickability_test_id: text,
  headline: text,
  lede: nullable(text),
  excerpt: nullable(text),
  eyecatcher_id: nullable(text),
  impressions: whole(1),
  clicks: whole(0),
  significance: pipe(number("a number"), finite("a number")),
  winner: flag,
  first_place: flag,
  test_week: whole(200000),
});

/**
 * Loads all tests.
 *
 * @throws UserError when a file is missing or damaged (see `Store.read`)
 *
 * @example
 * ```ts
 * import { openStore } from "./store.ts";
 * import assert from "node:assert/strict";
 * const store = openStore();
 * if ((await store.has("upworthy")).ok) assert.equal((await loadUpworthy(store)).tests.length, 4873);
 * ```
 */
export async function loadUpworthy(store: Store): Promise<Upworthy> {
  return await parseUpworthy(await store.read("upworthy", FILE));
}

/**
 * Parses the file.
 *
 * @throws TypeError for other columns, and naming row and column of a bad value; RangeError for more clicks than impressions;
 * UserError for what is no whole Parquet file
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const page = new TextEncoder().encode("PAR1<html></html>");
 * await assert.rejects(parseUpworthy(page), /upworthy_clean.parquet: no whole Parquet file/);
 * ```
 */
export async function parseUpworthy(bytes: Uint8Array): Promise<Upworthy> {
  return groupUpworthy(await rowsIn(bytes, "upworthy", FILE, packageRow));
}

/** Groups rows by test. */
function groupUpworthy(rows: readonly RowOf<typeof packageRow>[]): Upworthy {
  const byTest = new Map<string, UpworthyPackage[]>();
  for (const [row, { clickability_test_id: id, ...read }] of rows.entries()) {
    const { clicks, impressions } = read;
    if (clicks > impressions) {
      throw new RangeError(`${FILE}: row ${row + 1}: ${clicks} clicks on ${impressions} impressions`);
    }
    const entry: UpworthyPackage = {
      row,
      headline: read.headline,
      lede: read.lede,
      excerpt: read.excerpt,
      image: read.eyecatcher_id,
      impressions,
      clicks,
      significance: read.significance,
      winner: read.winner,
      firstPlace: read.first_place,
      week: read.test_week,
    };
    const packages = byTest.get(id);
    if (packages === undefined) byTest.set(id, [entry]);
    else packages.push(entry);
  }
  const tests = [...byTest].map(([id, packages]): UpworthyTest => ({
    id,
    week: packages[0].week,
    randomisationBroken: packages.some(({ week }) => week >= BROKEN_WEEKS.first && week <= BROKEN_WEEKS.last),
    packages,
  }));
  const brokenTests = tests.filter((test) => test.randomisationBroken).length;
  return { tests, counts: { packages: rows.length, brokenTests, cleanTests: tests.length - brokenTests } };
}
