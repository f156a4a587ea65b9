/**
 * Upworthy headline tests: each test showed several packages (headline, image, lede) for one article to visitors at
 * random and counted clicks (Matias et al., Scientific Data 2021).
 *
 * From week 201325 to 201401 the randomisation was broken: visitors were not split evenly, and 69 % of those tests fail
 * a sample-ratio check at p < 0.001, against 0.5 % of all others.
 *
 * @module
 */
import { findDataset, findFile, manifest } from "./manifest.ts";
import { type ParquetRow, readParquet } from "./parquet.ts";
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

/**
 * Loads all tests.
 *
 * @throws UserError when a file is missing or damaged (see `Store.read`)
 * @throws TypeError when the file has not the columns of the manifest, or a value for each row
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
  const name = "upworthy_clean.parquet";
  const { columns } = findFile(findDataset(manifest, "upworthy"), name);
  return groupUpworthy(await readParquet(await store.read("upworthy", name), { columns, source: name }));
}

/**
 * Groups rows by test.
 *
 * @throws TypeError naming row and column of a bad value; RangeError for more clicks than impressions
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const row = {
 *   clickability_test_id: "t", headline: "A", lede: null, excerpt: null, eyecatcher_id: "i", impressions: 100n, clicks: 3n,
 *   significance: 1.5, winner: false, first_place: true, test_week: 201325n,
 * };
 * const { tests } = groupUpworthy([row, { ...row, headline: "B" }]);
 * assert.equal(tests.length, 1);
 * assert.equal(tests[0].randomisationBroken, true);
 * ```
 */
export function groupUpworthy(rows: readonly ParquetRow[]): Upworthy {
  const byTest = new Map<string, UpworthyPackage[]>();
  for (const [row, cells] of rows.entries()) {
    const id = text(cells, "clickability_test_id", row);
    const impressions = integer(cells, "impressions", row, 1);
    const clicks = integer(cells, "clicks", row, 0);
    if (clicks > impressions) throw new RangeError(`row ${row}: ${clicks} clicks on ${impressions} impressions`);
    const entry: UpworthyPackage = {
      row,
      headline: text(cells, "headline", row),
      lede: optionalText(cells, "lede", row),
      excerpt: optionalText(cells, "excerpt", row),
      image: optionalText(cells, "eyecatcher_id", row),
      impressions,
      clicks,
      significance: number(cells, "significance", row),
      winner: flag(cells, "winner", row),
      firstPlace: flag(cells, "first_place", row),
      week: integer(cells, "test_week", row, 200000),
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

function wrong(cells: ParquetRow, column: string, row: number, expected: string): TypeError {
  return new TypeError(`row ${row}, column "${column}": expected ${expected}, got ${cells[column]}`);
}

function text(cells: ParquetRow, column: string, row: number): string {
  const value = cells[column];
  if (typeof value !== "string") throw wrong(cells, column, row, "a text");
  return value;
}

function number(cells: ParquetRow, column: string, row: number): number {
  const value = cells[column];
  if (typeof value !== "number" || !Number.isFinite(value)) throw wrong(cells, column, row, "a number");
  return value;
}

function flag(cells: ParquetRow, column: string, row: number): boolean {
  const value = cells[column];
  if (typeof value !== "boolean") throw wrong(cells, column, row, "true or false");
  return value;
}

function optionalText(cells: ParquetRow, column: string, row: number): string | null {
  return cells[column] === null ? null : text(cells, column, row);
}

function integer(cells: ParquetRow, column: string, row: number, low: number): number {
  const value = cells[column];
  if (typeof value !== "bigint" || value < BigInt(low) || value > BigInt(Number.MAX_SAFE_INTEGER)) {
    throw wrong(cells, column, row, `an integer >= ${low}`);
  }
  return Number(value);
}
