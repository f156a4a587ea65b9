import assert from "node:assert/strict";
import { mean, rootMeanSquare, standardDeviation } from "../statistics/summary.ts";
import { above, judge } from "../statistics/claims.ts";
import { meanInterval, pairedDifference } from "../statistics/intervals.ts";
import type { ResultRow } from "./rows.ts";
import { ofEach } from "./statistic.ts";
import { viewOf } from "./view.ts";
import { blocksOf } from "./rows_test_helpers.ts";

const conditions = [{ n: 64, model: "right" }, { n: 128, model: "right" }];

function rowsOf(arm: string, n: number, metric: string, values: readonly number[], seeds = values.map((_, i) => i)) {
  return values.map((value, i): ResultRow => ({
    part: "synthetic",
    question: "q",
    arm,
    seed: seeds[i],
    condition: { model: "right", n },
    metric,
    value,
  }));
}

const cpo = [1, 2, 4, 7], dr = [2, 2, 5, 9], late = [5, 6, 7, 9];
const rows = [
  ...rowsOf("cpo", 64, "score", cpo),
  ...rowsOf("dr-cpo", 64, "score", dr),
  ...rowsOf("cpo", 128, "score", late),
  ...rowsOf("cpo", 64, "kl", [0, 0, 0, 1]),
  ...rowsOf("snipw", 64, "score", dr, [0, 1, 2, 4]),
  { ...rowsOf("cpo", 64, "score", [99])[0], question: "another" },
];
const view = viewOf(blocksOf(rows), "q", ["dr-cpo", "oracle", "snipw", "cpo"], conditions);

Deno.test("a series is one arm, metric and condition of this question, whatever the order of the condition's keys", () => {
  assert.deepEqual(view.series("cpo", "score", conditions[0]), { seeds: [0, 1, 2, 3], values: Float64Array.from(cpo) });
  assert.deepEqual(view.series("snipw", "score", { model: "right", n: 64 }).seeds, [0, 1, 2, 4]);
});

Deno.test("arms are those with rows, in the question's order", () => {
  assert.deepEqual(view.arms, ["dr-cpo", "snipw", "cpo"]);
});

Deno.test("absent rows are an error that says which: a number that an arm lacks, or an arm", () => {
  assert.throws(() => view.series("cpo", "ess", conditions[0]), {
    name: "MissingRows",
    message: "question q: no rows for arm cpo, metric ess, model=right&n=64",
  });
  assert.throws(() => view.mean("oracle", { name: "score" }), {
    name: "RangeError",
    message: "question q: no rows for arm oracle, metric score, no condition",
  });
});

Deno.test("mean and paired are the intervals of the values and of their differences seed by seed", () => {
  assert.deepEqual(view.mean("cpo", { name: "score" }, conditions[0]), meanInterval(Float64Array.from(cpo)));
  const paired = view.paired("dr-cpo", "cpo", { name: "score" }, conditions[0]);
  assert.deepEqual(paired, pairedDifference(Float64Array.from(dr), Float64Array.from(cpo)));
  assert.equal(paired.estimate, 1); // (1 + 0 + 1 + 2) / 4
});

Deno.test("series of different seeds are not paired", () => {
  const expected = { name: "RangeError", message: "question q: series of different seeds cannot be paired" };
  assert.throws(() => view.paired("cpo", "snipw", { name: "score" }, conditions[0]), expected);
  const [first] = rowsOf("cpo", 64, "score", [1]);
  const short = viewOf(blocksOf([...rows, { ...first, arm: "naive" }]), "q", ["naive", "cpo"], conditions);
  assert.throws(() => short.paired("naive", "cpo", { name: "score" }, conditions[0]), expected);
  const both = [view.series("cpo", "score", conditions[0]), view.series("snipw", "score", conditions[0])];
  assert.throws(() => view.statistic(both, ([a]) => a[0]), expected);
});

Deno.test("a statistic sees the same resampled seeds in every series, and repeats to the bit", () => {
  const series = [view.series("dr-cpo", "score", conditions[0]), view.series("cpo", "score", conditions[0])];
  const rank = (of: readonly number[]) => new Map(of.map((value, i) => [value, i]));
  // Values are distinct in cpo and 2, 2, 5, 9 in dr-cpo: the seed behind a value of cpo gives the value of dr-cpo.
  const seedOf = rank(cpo);
  const difference = ([a, b]: readonly Float64Array[]) => {
    b.forEach((value, i) => assert.equal(a[i], dr[seedOf.get(value)!]));
    return a.reduce((sum, value, i) => sum + value - b[i], 0) / a.length;
  };
  const evidence = view.statistic(series, difference);
  assert.equal(evidence.estimate, 1);
  assert.equal(evidence.n, 4);
  // Of a mean the jackknife is Student's interval.
  const student = pairedDifference(Float64Array.from(dr), Float64Array.from(cpo));
  assert.ok(Math.abs(evidence.lower - student.lower) < 1e-12 && Math.abs(evidence.upper - student.upper) < 1e-12);
  const resampled = view.statistic(series, difference, "rough");
  // A mean of differences 1, 0, 1, 2 stays between the smallest and the largest in every resample.
  assert.ok(resampled.lower >= 0 && resampled.lower < 1 && resampled.upper > 1 && resampled.upper <= 2);
  assert.deepEqual(view.statistic(series, difference, "rough"), resampled);
  assert.match(resampled.short!, /^4 replicates are too few/);
});

Deno.test("a statistic of one number a series is what it is of the series, for every shape", () => {
  const made = ["cpo", "dr-cpo"].flatMap((arm, k) =>
    rowsOf(arm, 64, "score", Array.from({ length: 23 }, (_, r) => 2 + Math.sin(3 * r + k) + k * Math.cos(r)))
  );
  const own = viewOf(blocksOf(made), "q", ["cpo", "dr-cpo"], conditions);
  const series = own.arms.map((arm) => own.series(arm, "score", conditions[0]));
  const ratio = ([a, b]: readonly number[]) => a / b;
  for (const summary of [mean, rootMeanSquare, standardDeviation, (values: Float64Array) => Math.max(...values)]) {
    for (const shape of ["smooth", "spread", "rough"] as const) {
      const plain = own.statistic(series, (values) => ratio(values.map((one) => summary(one))), shape);
      // Sums over what is left are added up in another order.
      const short = (_: string, value: unknown) => typeof value === "number" ? value.toPrecision(12) : value;
      const found = own.statistic(series, ofEach(summary, ratio), shape);
      assert.equal(JSON.stringify(found, short), JSON.stringify(plain, short), `${summary.name} ${shape}`);
    }
  }
});

Deno.test("no verdict depends on the bootstrap draws: it is the same under another seed, or withheld", () => {
  // Thirty seeds, 40 bounds in small steps across the lower end: some lie between the ends of both sets of draws.
  const many = Array.from({ length: 30 }, (_, seed) => rowsOf("cpo", 64, "score", [Math.sin(7 * seed)])[0]);
  const seeded = many.map((row, seed) => ({ ...row, seed }));
  const middle = ([values]: readonly Float64Array[]) => mean(values.toSorted().slice(10, 20));
  const [one, other] = [0, 1].map((draws) => {
    const own = viewOf(blocksOf(seeded), "q", ["cpo"], conditions, { draws });
    return own.statistic([own.series("cpo", "score", conditions[0])], middle, "rough");
  });
  const error = one.lower - one.guard!.lower;
  let withheld = 0, decided = 0;
  for (let step = -20; step < 20; step++) {
    const rule = above(one.lower + step * error / 4);
    const verdicts = [one, other].map((evidence) => judge(evidence, rule));
    const naive = judge({ ...one, guard: undefined }, rule);
    if (naive !== verdicts[0]) withheld++;
    if (verdicts[0] === "holds") decided++;
    if (verdicts[0] !== "inconclusive" && verdicts[1] !== "inconclusive") assert.equal(verdicts[0], verdicts[1]);
  }
  assert.ok(withheld > 0 && decided > 0, `draw error ${error}`);
});

Deno.test("a summary has a row per condition and arm, in order, for the chosen arms and conditions", () => {
  const [at64] = conditions;
  const summary = view.summary({ name: "score" }, { where: ({ n }) => n === 64 });
  assert.deepEqual(summary.map((row) => row.arm), ["dr-cpo", "snipw", "cpo"]);
  const { estimate: value, lower, upper } = meanInterval(Float64Array.from(dr));
  assert.deepEqual(summary[0], { ...at64, arm: "dr-cpo", value, lower, upper, seeds: 4 });

  const both = view.summary({ name: "score" }, { arms: ["cpo", "oracle"] });
  assert.deepEqual(both.map((row) => [row.n, row.arm]), [[64, "cpo"], [128, "cpo"]], "an arm without rows is left out");

  const largest = (values: Float64Array) => Math.max(...values);
  const [top] = view.summary({ name: "score" }, { arms: ["cpo"], of: largest });
  assert.equal(top.value, 7);
  assert.equal(top.seeds, 4);
});

Deno.test("intervals keep to what a number can be: means, differences, statistics, summaries, of seeds and of parts", () => {
  const share = { name: "share", range: [0, 1] } as const;
  const own = { cpo: [1, 1, 1, 0.9, 1, 1, 1, 1, 1, 0.7], dr: [0, 0.3, 0, 0, 0, 0, 0, 0, 0.1, 0] };
  const rows = Object.entries(own).flatMap(([arm, values]) => rowsOf(arm, 64, share.name, values));
  for (const replicates of ["seeds", "resamples", { training: 0.8, of: "pairs" }] as const) {
    const view = viewOf(blocksOf(rows), "q", ["cpo", "dr"], [conditions[0]], { replicates });
    const inside = ({ lower, upper }: { lower: number; upper: number }, [least, most]: readonly [number, number]) =>
      assert.ok(lower >= least && upper <= most, `[${lower}, ${upper}]`);
    for (const arm of ["cpo", "dr"]) inside(view.mean(arm, share, conditions[0]), [0, 1]);
    assert.ok(view.mean("cpo", { name: share.name }, conditions[0]).upper > 1);
    inside(view.paired("cpo", "dr", share, conditions[0]), [-1, 1]);
    assert.ok(view.paired("cpo", "dr", { name: share.name }, conditions[0]).upper > 1);
    const series = [view.series("cpo", share.name, conditions[0])];
    inside(view.statistic(series, ([values]) => values.reduce((a, b) => a + b) / values.length, "smooth", [0, 1]), [
      0,
      1,
    ]);
    for (const row of view.summary(share)) inside(row, [0, 1]);
    for (const row of view.summary(share, { arms: ["cpo"] })) assert.equal(row.upper, 1);
  }
});

Deno.test("texts of an arm come in the order of its blocks, and only from its condition", () => {
  const cell = { part: "synthetic", question: "q", arm: "cpo", metrics: ["kl"], values: Float64Array.of(1) };
  const text = (seed: number) => ({ seed, prompt: "a", text: `b${seed}` });
  const blocks = [0, 1].map((seed) => ({ ...cell, condition: conditions[0], seeds: [seed], texts: [text(seed)] }));
  const own = viewOf(blocks, "q", ["cpo"], conditions);
  assert.deepEqual(own.texts("cpo", conditions[0]), [text(0), text(1)]);
  assert.deepEqual(own.texts("cpo", conditions[1]), []);
});
