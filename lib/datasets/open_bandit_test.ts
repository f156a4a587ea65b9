import assert from "node:assert/strict";
import { needingData } from "../optional/skipping.ts";
import { findDataset, findFile, manifest } from "./manifest.ts";
import { type BanditLog, loadOpenBandit, parseOpenBandit } from "./open_bandit.ts";
import { encode, realData } from "./data_test_helpers.ts";

const columns = (name: string) => findFile(findDataset(manifest, "open-bandit"), name).columns;

/** A log of rows (item, position, click, propensity, four visitor attributes). */
function log(...rows: (string | number)[][]): Uint8Array {
  const lines = rows.map((row, i) => [i, "2019-11-24", ...row, ...new Array(34).fill("0.0")].join(","));
  return encode([columns("bts/men/men.csv").join(","), ...lines].join("\n"));
}

const items = encode(
  [
    columns("random/men/item_context.csv").join(","),
    ...Array.from({ length: 34 }, (_, i) => `${i},${33 - i},${i / 2},a,b,c`),
  ]
    .join("\n"),
);

Deno.test("columns, positions from 0, attributes numbered alike in both logs, items by id", async () => {
  const data = await parseOpenBandit({
    uniform: log([33, 1, 0, 0.5, "p", "q", "r", "s"], [0, 3, 1, 1, "P", "q", "r", "s"]),
    thompson: log([5, 2, 0, 1e-4, "P", "Q", "r", "s"]),
    items,
  });
  assert.deepEqual(data.uniform, {
    n: 2,
    item: Uint8Array.of(33, 0),
    position: Uint8Array.of(0, 2),
    click: Uint8Array.of(0, 1),
    propensity: Float64Array.of(0.5, 1),
    user: Uint8Array.of(0, 0, 0, 0, 1, 0, 0, 0),
  });
  assert.deepEqual([...data.thompson.user], [1, 1, 0, 0]);
  assert.deepEqual(data.userCategories, [2, 2, 1, 1]);
  assert.equal(data.itemFeature[33], 0);
  assert.equal(data.itemFeature[0], 16.5);
});

Deno.test("values that cannot be are refused", async () => {
  const good = [1, 1, 0, 0.5, "p", "q", "r", "s"];
  const parse = (at: number, value: number) =>
    parseOpenBandit({ uniform: log(good), thompson: log(good, good.with(at, value)), items });
  const where = "bts/men/men.csv: row 2 (line 3), column";
  const cases: [number, number, string][] = [
    [0, 34, `${where} "item_id": expected a whole number from 0 to 33, got 34`],
    [1, 0, `${where} "position": expected a whole number from 1 to 3, got 0`],
    [2, 2, `${where} "click": expected a whole number from 0 to 1, got 2`],
    [3, 0, `${where} "propensity_score": expected a probability in (0, 1], got 0`],
    [3, 1.01, `${where} "propensity_score": expected a probability in (0, 1], got 1.01`],
  ];
  for (const [at, value, message] of cases) {
    await assert.rejects(parse(at, value), { name: "TypeError", message });
  }
});

Deno.test("a visitor's attribute has at most 256 categories", async () => {
  const rows = (count: number) => log(...Array.from({ length: count }, (_, i) => [1, 1, 0, 0.5, "p", i, "r", "s"]));
  const parse = (count: number) => parseOpenBandit({ uniform: rows(count), thompson: rows(1), items });
  assert.deepEqual((await parse(256)).userCategories, [1, 256, 1, 1]);
  const message = 'random/men/men.csv: column "user_feature_1": more than 256 categories';
  await assert.rejects(parse(257), { name: "RangeError", message });
});

Deno.test("each item must be described once", async () => {
  const uniform = log([1, 1, 0, 0.5, "p", "q", "r", "s"]);
  const header = columns("random/men/item_context.csv").join(",");
  await assert.rejects(
    parseOpenBandit({ uniform, thompson: uniform, items: encode(`${header}\n0,0,1,a,b,c`) }),
    /^RangeError: random\/men\/item_context\.csv: expected each of 34 items once, got 1 rows/,
  );
});

const store = await realData("open-bandit");

Deno.test({
  ...needingData(
    { "open-bandit": store },
    "real data: counts as a separate reading found them, and propensities that are probabilities of single positions",
  ),
  async fn() {
    const { uniform, thompson, userCategories } = await loadOpenBandit(store!);
    // Reference: Python's csv module.
    const clicks = (log: BanditLog) =>
      [0, 1, 2].map((p) => log.click.filter((c, i) => c === 1 && log.position[i] === p).length);
    assert.deepEqual([uniform.n, thompson.n], [10000, 10000]);
    assert.deepEqual(clicks(uniform), [10, 22, 14]);
    assert.deepEqual(clicks(thompson), [30, 21, 18]);
    assert.deepEqual([new Set(uniform.item).size, new Set(thompson.item).size], [34, 34]);
    assert.deepEqual(userCategories.length, 4);
    assert.ok(uniform.propensity.every((p) => p === 1 / 34));
    // If the propensity is that of the item at its position, weights of the uniform policy have mean 1 at each position.
    // They are skewed to the right, so with a z of -1.9 in the worst position 4 standard errors are allowed; were it a
    // product over positions, the weights would be off by factors of 10.
    for (const position of [0, 1, 2]) {
      const weights = thompson.propensity.filter((_, i) => thompson.position[i] === position).map((p) => 1 / (34 * p));
      const mean = weights.reduce((a, b) => a + b) / weights.length;
      const variance = weights.reduce((a, w) => a + (w - mean) ** 2, 0) / (weights.length - 1);
      const error = Math.sqrt(variance / weights.length);
      assert.ok(Math.abs(mean - 1) < 4 * error && error < 0.1, `position ${position}: ${mean} +- ${error}`);
    }
    const weight = thompson.propensity.reduce((sum, p) => sum + 1 / (34 * p), 0) / thompson.n;
    assert.ok(Math.abs(weight - 0.9433136257492333) < 1e-11, `${weight}`);
  },
});
