import assert from "node:assert/strict";
import { meanInterval } from "../statistics/intervals.ts";
import { standardDeviation } from "../statistics/summary.ts";
import { centreOf, evidenceOf, intervalsTold, unitOf } from "./replicates.ts";
import { viewOf } from "./view.ts";
import { blocksOf } from "./rows_test_helpers.ts";

const values = Float64Array.from({ length: 12 }, (_, i) => Math.sin(i));
const splits = { training: 0.8, of: "pairs" };

Deno.test("seeds share nothing, splits share their training parts, resamples are of one data set", () => {
  assert.deepEqual(evidenceOf(values, "seeds"), meanInterval(values));
  const [plain, wide] = [evidenceOf(values, "seeds"), evidenceOf(values, splits)];
  const half = ({ lower, upper }: { lower: number; upper: number }) => (upper - lower) / 2;
  assert.ok(Math.abs(half(wide) / half(plain) - Math.sqrt(1 + 12 * 0.25)) < 1e-12, "1/J + held/training for 1/J");
  const onData = evidenceOf(values, "resamples");
  assert.equal(onData.estimate, values[0]);
  assert.equal(onData.n, 11);
  // t(0.975, 10) of the resamples' own spread: no root of their number, which is free to choose.
  assert.ok(Math.abs(half(onData) - 2.2281388519862744 * standardDeviation(values.subarray(1))) < 1e-7);
  assert.deepEqual([centreOf(values, "resamples"), centreOf(values, "seeds")], [values[0], plain.estimate]);
});

Deno.test("one resample is no interval and no verdict", () => {
  const { short, n, lower, upper } = evidenceOf(Float64Array.of(3, 4), "resamples");
  assert.ok(short !== undefined && n === 1 && lower === 3 && upper === 3);
  assert.throws(() => evidenceOf(Float64Array.of(NaN, 4), "resamples"), RangeError);
});

Deno.test("words of replicates", () => {
  assert.deepEqual([unitOf("seeds"), unitOf("resamples"), unitOf(splits)], ["seeds", "resamples", "splits"]);
  assert.equal(intervalsTold("resamples", 201), "Intervals are 95% over 200 resamples of the data.");
  assert.match(intervalsTold(splits, 20), /over 20 splits, corrected for the pairs that splits share/);
});

Deno.test("a view reads mean, difference, statistic and summary by its replicates", () => {
  const row = { part: "benchmark", question: "q", condition: {}, metric: "gain" };
  const rows = ["dr", "ipw"].flatMap((arm, k) =>
    [...values].map((v, seed) => ({ ...row, arm, seed, value: (k + 1) * (v + 2 * k) }))
  );
  for (const replicates of ["seeds", "resamples", splits] as const) {
    const view = viewOf(blocksOf(rows), "q", ["dr", "ipw"], [{}], { replicates });
    const [dr, ipw] = ["dr", "ipw"].map((arm) => view.series(arm, "gain"));
    assert.deepEqual(view.mean("dr", { name: "gain" }), evidenceOf(dr.values, replicates));
    const difference = evidenceOf(dr.values.map((v, i) => v - ipw.values[i]), replicates);
    assert.deepEqual(view.paired("dr", "ipw", { name: "gain" }), difference);
    // A difference of means is the mean of differences, whichever way it is computed.
    const again = view.statistic([dr, ipw], ([a, b]) => centreOf(a, "seeds") - centreOf(b, "seeds"));
    for (const key of ["estimate", "lower", "upper"] as const) {
      assert.ok(Math.abs(again[key] - difference[key]) < 1e-9, `${unitOf(replicates)}: ${key}`);
    }
    const [{ value, lower }] = view.summary({ name: "gain" });
    assert.deepEqual([value, lower], [
      view.mean("dr", { name: "gain" }).estimate,
      view.mean("dr", { name: "gain" }).lower,
    ]);
  }
});
