import assert from "node:assert/strict";
import { type BasicType, parquetWriteBuffer } from "hyparquet-writer";
import { needingData } from "../optional/skipping.ts";
import { findDataset, findFile, manifest } from "./manifest.ts";
import { loadUpworthy, parseUpworthy } from "./upworthy.ts";
import { realData } from "./data_test_helpers.ts";

const row = {
  clickability_test_id: "t",
  headline: "A headline",
  lede: null,
  excerpt: null,
  eyecatcher_id: "image",
  impressions: 100n,
  clicks: 3n,
  significance: 1.5,
  winner: false,
  first_place: true,
  test_week: 201402n,
};

/** A file of rows; columns that no row has say nothing. */
function parse(...rows: Record<string, unknown>[]) {
  const types: Record<string, BasicType> = { impressions: "INT64", clicks: "INT64", test_week: "INT64" };
  const columnData = findFile(findDataset(manifest, "upworthy"), "upworthy_clean.parquet").columns.map((name) => {
    const data = rows.map((row) => row[name] ?? null), some = data.find((value) => value !== null);
    const plain = typeof some === "number" ? "DOUBLE" : typeof some === "boolean" ? "BOOLEAN" : "STRING";
    return { name, data, type: typeof some === "bigint" ? types[name] : plain as BasicType };
  });
  return parseUpworthy(new Uint8Array(parquetWriteBuffer({ columnData })));
}

Deno.test("packages are grouped by test in file order, even when a test's rows are apart", async () => {
  const { tests, counts } = await parse(
    row,
    { ...row, clickability_test_id: "u" },
    { ...row, headline: "Second", lede: "More" },
  );
  assert.deepEqual(tests.map(({ id, packages }) => [id, packages.map((p) => p.row)]), [["t", [0, 2]], ["u", [1]]]);
  assert.deepEqual(tests[0].packages[1], {
    row: 2,
    headline: "Second",
    lede: "More",
    excerpt: null,
    image: "image",
    impressions: 100,
    clicks: 3,
    significance: 1.5,
    winner: false,
    firstPlace: true,
    week: 201402,
  });
  assert.deepEqual(counts, { packages: 3, brokenTests: 0, cleanTests: 2 });
});

Deno.test("the broken weeks include both ends, and one broken week marks the test", async () => {
  const broken = async (...weeks: bigint[]) =>
    (await parse(...weeks.map((test_week) => ({ ...row, test_week })))).tests[0].randomisationBroken;
  const expected = [[201324n, false], [201325n, true], [201352n, true], [201400n, true], [201401n, true], [
    201402n,
    false,
  ]];
  for (const [week, verdict] of expected) assert.equal(await broken(week as bigint), verdict, String(week));
  assert.equal(await broken(201324n, 201325n), true);
});

Deno.test("bad values are refused with row and column", async () => {
  const cases: [Record<string, unknown>, string][] = [
    [{ impressions: 0n }, 'column "impressions": expected an integer >= 1, got 0'],
    [{ clicks: -1n }, 'column "clicks": expected an integer >= 0, got -1'],
    [{ clicks: 2n ** 60n }, 'column "clicks": expected an integer >= 0, got 1152921504606846976'],
    [{ headline: null }, 'column "headline": expected a text, got null'],
    [{ significance: NaN }, 'column "significance": expected a number, got NaN'],
  ];
  for (const [change, message] of cases) {
    const where = "upworthy_clean.parquet: row 2, ";
    await assert.rejects(parse(row, { ...row, ...change }), { name: "TypeError", message: where + message });
  }
  const ones = { ...row, winner: 1 };
  await assert.rejects(parse(ones), /row 1, column "winner": expected true or false, got 1/);
  await assert.rejects(parse({ ...row, clicks: 101n }), {
    name: "RangeError",
    message: "upworthy_clean.parquet: row 1: 101 clicks on 100 impressions",
  });
});

const store = await realData("upworthy");

Deno.test({
  ...needingData({ upworthy: store }, "real data: counts and totals as a separate reading of the file found them"),
  async fn() {
    const { tests, counts } = await loadUpworthy(store!);
    // Reference: pyarrow and pandas.
    assert.deepEqual(counts, { packages: 22666, brokenTests: 1058, cleanTests: 3815 });
    const total = (broken: boolean) => {
      const packages = tests.filter((t) => t.randomisationBroken === broken).flatMap((t) => t.packages);
      return [
        packages.length,
        ...(["impressions", "clicks"] as const).map((k) => packages.reduce((s, p) => s + p[k], 0)),
      ];
    };
    assert.deepEqual(total(false), [18358, 64082271, 841916]);
    assert.deepEqual(total(true), [4308, 16941880, 389292]);
    assert.equal(tests.flatMap((t) => t.packages).filter((p) => p.winner).length, 1152);
    const several = tests.filter((t) => new Set(t.packages.map((p) => p.headline)).size > 1);
    assert.deepEqual([true, false].map((b) => several.filter((t) => t.randomisationBroken === b).length), [554, 2053]);
    const weeks = tests.map((t) => new Set(t.packages.map((p) => p.week)).size);
    assert.deepEqual([1, 2].map((n) => weeks.filter((w) => w === n).length), [4847, 26]);
  },
});
