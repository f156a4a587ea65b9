import assert from "node:assert/strict";
import { needingData } from "../optional/skipping.ts";
import { groupUpworthy, loadUpworthy } from "./upworthy.ts";
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

Deno.test("packages are grouped by test in file order, even when a test's rows are apart", () => {
  const { tests, counts } = groupUpworthy([
    row,
    { ...row, clickability_test_id: "u" },
    { ...row, headline: "Second", lede: "More" },
  ]);
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

Deno.test("the broken weeks include both ends, and one broken week marks the test", () => {
  const broken = (...weeks: bigint[]) =>
    groupUpworthy(weeks.map((test_week) => ({ ...row, test_week }))).tests[0].randomisationBroken;
  const expected = [[201324n, false], [201325n, true], [201352n, true], [201400n, true], [201401n, true], [
    201402n,
    false,
  ]];
  for (const [week, verdict] of expected) assert.equal(broken(week as bigint), verdict, String(week));
  assert.equal(broken(201324n, 201325n), true);
});

Deno.test("bad values are refused with row and column", () => {
  const cases: [Record<string, unknown>, string][] = [
    [{ impressions: 0n }, 'row 1, column "impressions": expected an integer >= 1, got 0'],
    [{ impressions: 10 }, 'row 1, column "impressions": expected an integer >= 1, got 10'],
    [{ clicks: -1n }, 'row 1, column "clicks": expected an integer >= 0, got -1'],
    [{ lede: undefined }, 'row 1, column "lede": expected a text, got undefined'],
    [{ headline: null }, 'row 1, column "headline": expected a text, got null'],
    [{ significance: NaN }, 'row 1, column "significance": expected a number, got NaN'],
    [{ winner: 1 }, 'row 1, column "winner": expected true or false, got 1'],
  ];
  for (const [change, message] of cases) {
    assert.throws(() => groupUpworthy([row, { ...row, ...change }]), { name: "TypeError", message });
  }
  assert.throws(() => groupUpworthy([{ ...row, clicks: 101n }]), {
    name: "RangeError",
    message: "row 0: 101 clicks on 100 impressions",
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
