/** The audit finds what it is to find: a number, an end, a verdict that its rows do not give. */
import assert from "node:assert/strict";
import { claimOf, experimentOf, inFolder, questionOf } from "../run/demo_test_helpers.ts";
import { rankCorrelation as theirCorrelation, ranks as theirRanks } from "../statistics/ranks.ts";
import { bootstrap, meanInterval as theirs, proportionInterval as theirWilson } from "../statistics/intervals.ts";
import { jackknifeInterval } from "../statistics/jackknife.ts";
import { judge } from "../statistics/claims.ts";
import { holm, pValueOf } from "../statistics/multiplicity.ts";
import { SHARE, within } from "../statistics/range.ts";
import { logLogSlope as theirSlope } from "../statistics/regression.ts";
import { mean as theirMean, quantile as theirQuantile, rootMeanSquare as theirRms } from "../statistics/summary.ts";
import { studentQuantile } from "../statistics/distributions.ts";
import { Rng } from "../random.ts";
import * as ours from "./arithmetic.ts";
import { auditFolder } from "./audit.ts";
import { studentPoint } from "./tails.ts";

const close = (a: number, b: number, tolerance = 1e-7) => assert.ok(Math.abs(a - b) <= tolerance, `${a} and ${b}`);

Deno.test("two ways to the same numbers", () => {
  for (const df of [1, 2, 5, 9, 30, 59, 199]) close(studentPoint(df) / studentQuantile(0.975, df), 1);
  const values = [1, 3, 4, 4, 9, 2, 7, 1, 30, 5, 6], other = [2, 5, 4, 6, 8, 1, 9, 3, 21, 2, 4];
  const same = (a: ours.Evidence, b: ours.Evidence, tolerance = 1e-6) => {
    for (const end of ["estimate", "lower", "upper", "n"] as const) close(a[end], b[end], tolerance);
    assert.equal(a.guard === undefined, b.guard === undefined);
    if (a.guard && b.guard) {
      close(a.guard.upper, b.guard.upper, tolerance), close(a.guard.lower, b.guard.lower, tolerance);
    }
  };
  same(ours.meanInterval(values), theirs(values));
  same(ours.proportionInterval(3, 40), theirWilson(3, 40));
  const at = (of: (series: number[][]) => number) => (indices: Uint32Array) =>
    of([values, other].map((v) => Array.from(indices, (i) => v[i])));
  const ratio = ([a, b]: number[][]) => ours.mean(a) / ours.mean(b);
  same(ours.jackknife([values, other], ratio, false), jackknifeInterval(11, at(ratio)));
  const spread = ([a, b]: number[][]) => ours.standardDeviation(a) / ours.standardDeviation(b);
  same(ours.jackknife([values, other], spread, true), jackknifeInterval(11, at(spread), { scale: "log" }));
  const bca = bootstrap(11, at(ratio), { rng: Rng.seed(8), resamples: 4000 }),
    again = ours.bootstrapBca([values, other], ratio);
  close(again.lower, bca.lower, 2 * again.drawn!);
  close(again.upper, bca.upper, 2 * again.drawn!);
  const nearOne = [1, 1, 0.9, 1, 0.7, 1, 1, 1, 1, 1, 0.95], allOne = new Array<number>(30).fill(1);
  for (const seeds of [true, false]) {
    for (const shares of [nearOne, allOne, nearOne.map((v) => 1 - v), nearOne.map((v) => v - 0.3)]) {
      const [cut, again] = [within(theirs(shares), SHARE, seeds), ours.inRange(ours.meanInterval(shares), 0, 1, seeds)];
      same(again, cut);
      assert.equal(again.short === undefined, cut.short === undefined);
      for (const rule of [ours.above(0.9), ours.below(0.5)]) {
        assert.equal(ours.judge(again, rule), judge(cut, rule));
        close(ours.pValue(again, rule), pValueOf(cut, rule));
      }
    }
  }
  close(ours.logLogSlope([1, 2, 4], [9, 5, 1]), theirSlope([1, 2, 4], [9, 5, 1]));
  close(ours.rankCorrelation(values, other), theirCorrelation(values, other));
  assert.deepEqual(ours.ranks(values), theirRanks(values));
  for (const rule of [ours.above(3), ours.below(40), ours.between(-5, 30)]) {
    close(ours.pValue(ours.meanInterval(values), rule), pValueOf(theirs(values), rule));
  }
  ours.holmAdjusted([0.02, 0.9, 0.004, 0.01]).forEach((p, i) => close(p, holm([0.02, 0.9, 0.004, 0.01])[i]));
  close(ours.mean(values), theirMean(values));
  close(ours.rootMeanSquare(values), theirRms(values));
  for (const p of [0, 0.3, 0.5, 1]) close(ours.quantile(values, p), theirQuantile(values, p));
});

const HEADER = "id,estimate,lower,upper,n,verdict,p_holm,verdict_holm";
const ROWS = "experiment,part,question,arm,seed,strength,metric,value\n" +
  [4, 6, 5, 5, 3, 7, 5, 5, 4, 6].map((value, seed) => `demo,synthetic,value,dr-cpo,${seed},0,score,${value}\n`).join(
    "",
  );

/** What the audit says about a report whose one claim reads so. */
async function audited(line: string): Promise<readonly string[]> {
  let differences: readonly string[] = [];
  await inFolder(async (folder) => {
    const config = { experiment: "demo", options: { strengths: [0], seeds: 10 } };
    await Deno.writeTextFile(`${folder}/config.json`, JSON.stringify(config));
    await Deno.writeTextFile(`${folder}/results.csv`, ROWS);
    await Deno.writeTextFile(`${folder}/claims.csv`, `${HEADER}\n${line}\n`);
    ({ differences } = await auditFolder(experimentOf(questionOf({ claims: [claimOf()] })), folder));
  });
  return differences;
}

Deno.test("a report is compared number by number", async () => {
  // Mean 5, sum of squares 12, sd √(12/9), t(9) = 2.2621571628.
  const half = 2.2621571628 * Math.sqrt(12 / 9 / 10), [low, high] = [5 - half, 5 + half];
  assert.deepEqual(await audited(`positive,5,${low},${high},10,holds,0,holds`), []);
  assert.match(
    (await audited(`positive,5.001,${low},${high},10,holds,0,holds`)).join(),
    /^positive: estimate 5.001, recomputed 5$/,
  );
  assert.match((await audited(`positive,5,${low - 1e-4},${high},10,holds,0,holds`)).join(), /^positive: lower/);
  assert.match((await audited(`positive,5,${low},${high},9,holds,0,holds`)).join(), /^positive: n 9, recomputed 10$/);
  assert.deepEqual(await audited(`positive,5,${low},${high},10,fails,0,holds`), [
    "positive: verdict fails, recomputed holds",
  ]);
  assert.deepEqual(await audited(`positive,5,${low},${high},10,holds,0,inconclusive`), [
    "positive: adjusted verdict inconclusive, recomputed holds",
  ]);
  assert.match((await audited(`positive,5,${low},${high},10,holds,0.04,holds`)).join(), /^positive: adjusted p 0.04/);
  assert.equal((await audited(`other,5,${low},${high},10,holds,0,holds`)).length, 2);
  assert.deepEqual(await audited("positive,,,,,not run,,"), []);
});
