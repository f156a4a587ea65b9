import assert from "node:assert/strict";
import { NothingToTest } from "../statistics/claims.ts";
import { mean } from "../statistics/summary.ts";
import { several } from "./needs.ts";
import { place } from "./place.ts";
import { claim, combined, lead, Metric, statistic, unless } from "./quantity.ts";
import { viewOf } from "./view.ts";
import { blocksOf } from "./rows_test_helpers.ts";

interface Options {
  readonly steps: readonly number[];
}
const few = place("fewest steps", (o: Options) => ({ steps: Math.min(...o.steps) }));
const many = place("most steps", (o: Options) => ({ steps: Math.max(...o.steps) }), several("steps"));
const value = new Metric("value", "V", 3), start = new Metric("start", "V of f0", 3);
const o = { steps: [10, 20] };
const number = (arm: string, steps: number, metric: string, seed: number) =>
  Math.sin(seed + steps + arm.length) + (metric === "value" ? 3 : 1);
const rows = ["dpo", "dr-cpo", "cpo"].flatMap((arm) =>
  [10, 20].flatMap((steps) =>
    ["value", "start"].flatMap((metric) =>
      Array.from({ length: 12 }, (_, seed) => (
        {
          part: "synthetic",
          question: "q",
          arm,
          condition: { steps },
          metric,
          seed,
          value: number(arm, steps, metric, seed),
        }
      ))
    )
  )
);
const view = viewOf(blocksOf(rows), "q", ["dpo", "dr-cpo", "cpo"], [{ steps: 10 }, { steps: 20 }]);
const series = (arm: string, metric: string, steps: number) => view.series(arm, metric, { steps });

Deno.test("a cell knows its words, arms and needs, and reads its rows", () => {
  const cell = value.of("dr-cpo", many);
  assert.equal(cell.words, "V of DR-CPO, most steps");
  assert.deepEqual(cell.arms, ["dr-cpo"]);
  assert.equal(cell.needs({ steps: [10] }), "this needs two values of --steps or more");
  assert.deepEqual(cell.evidence(view, o), view.mean("dr-cpo", { name: "value" }, { steps: 20 }));
});

Deno.test("differences to an arm, a place, a metric and another number are paired, and say what is shared once", () => {
  const cell = value.of("dr-cpo", many);
  const cases = [
    [cell.minus("dpo"), "V of DR-CPO − DPO, most steps", series("dpo", "value", 20)],
    [cell.minus(few), "V of DR-CPO, most steps − fewest steps", series("dr-cpo", "value", 10)],
    [cell.minus(start), "V of DR-CPO − V of f0, most steps", series("dr-cpo", "start", 20)],
    [
      cell.minus(start.of("dpo", few)),
      "V of DR-CPO, most steps − V of f0 of DPO, fewest steps",
      series("dpo", "start", 10),
    ],
  ] as const;
  const own = series("dr-cpo", "value", 20).values;
  for (const [difference, words, other] of cases) {
    assert.equal(difference.words, words);
    assert.deepEqual(difference.series(view, o).values, own.map((v, i) => v - other.values[i]));
    assert.deepEqual(difference.evidence(view, o), view.evidence(own.map((v, i) => v - other.values[i])));
  }
  const twice = cell.minus(few).minus(value.of("cpo", many).minus(few));
  assert.deepEqual(twice.arms, ["dr-cpo", "cpo"]);
  assert.equal(twice.words, "(V of DR-CPO, most steps − fewest steps) − (V of CPO, most steps − fewest steps)");
});

Deno.test("a ratio of means is one statistic; a share of nothing is nothing to test", () => {
  const ratio = value.of("dpo", many).over("cpo");
  assert.equal(ratio.words, "V of DPO over CPO, most steps");
  const expected = view.statistic(
    [series("dpo", "value", 20), series("cpo", "value", 20)],
    ([a, b]) => mean(a) / mean(b),
  );
  assert.deepEqual(ratio.evidence(view, o), expected);
  const gain = value.of("dpo", many).minus("cpo"), none = value.of("dpo", many).minus("dpo");
  assert.throws(() => gain.over(none, "the gain").evidence(view, o), (error) => {
    return error instanceof NothingToTest && error.message === "this needs the gain to be above 0 over seeds";
  });
});

Deno.test("numbers made of several readings: by replicate, of all replicates, against the best", () => {
  const [a, b, c] = ["dpo", "dr-cpo", "cpo"].map((arm) => value.of(arm, many));
  const sum = combined("the sum", [a, b], ([x, y]) => x + y);
  assert.deepEqual(sum.series(view, o).values[3], a.series(view, o).values[3] + b.series(view, o).values[3]);
  const best = lead("the lead", a, [b, c]).evidence(view, o).estimate;
  const means = [a, b, c].map((reading) => mean(reading.series(view, o).values));
  assert.equal(best, means[0] - Math.max(means[1], means[2]));
  const slope = statistic("a slope", [a, b], ([x, y]) => mean(y) - mean(x));
  assert.deepEqual([slope.arms, slope.words], [["dpo", "dr-cpo"], "a slope"]);
  assert.equal(a.map("log10 of V", Math.log10).series(view, o).values[0], Math.log10(a.series(view, o).values[0]));
});

Deno.test("readings of different replicates are refused", () => {
  const short = viewOf(blocksOf(rows.filter(({ arm, seed }) => arm !== "cpo" || seed > 0)), "q", ["dpo", "cpo"], []);
  assert.throws(() => value.of("dpo", few).minus("cpo").evidence(short, o), /different replicates cannot be paired/);
});

Deno.test("a claim takes words, arms and needs from its quantity, and may need more", () => {
  const told = { kind: "control", source: "abstract", paper: "higher", needs: () => "this needs luck" } as const;
  const made = claim("wins", "DR-CPO wins", value.of("dr-cpo", many).minus("cpo").above(0), told);
  assert.deepEqual([made.quantity, made.arms, made.kind], [
    "V of DR-CPO − CPO, most steps",
    ["dr-cpo", "cpo"],
    "control",
  ]);
  assert.match(made.needs!({ steps: [10] })!, /two values/);
  assert.equal(made.needs!(o), "this needs luck");
});

Deno.test("what a number can be passes on to what is made of it, and settles no claim", () => {
  const wins = Metric.share("wins", "win rate", 3), kl = Metric.amount("kl", "KL", 3);
  const rate = wins.of("dpo", many);
  assert.deepEqual(rate.range, [0, 1]);
  assert.deepEqual(Metric.correlation("r", "r", 2).of("dpo").range, [-1, 1]);
  assert.deepEqual([rate.minus("cpo").range, rate.minus("cpo").called("lead").range], [[-1, 1], [-1, 1]]);
  assert.deepEqual(unless(rate, () => undefined).range, [0, 1]);
  assert.deepEqual(kl.of("dpo", many).over("cpo").range, [0, Infinity]);
  assert.deepEqual(lead("lead", rate, [wins.of("cpo", many)]).range, [-1, 1]);
  assert.deepEqual(value.of("dpo", many).over("cpo").range, [-Infinity, Infinity]);
  assert.deepEqual(rate.map("log10 of win rate", Math.log10).range, [-Infinity, Infinity]);
  const told = { source: "abstract" };
  claim("above", "More than none", rate.above(0), told);
  assert.throws(
    () => claim("beyond", "More than all", rate.minus("cpo").below(1.5), told),
    /^RangeError: claim beyond: "< 1.5" reaches beyond what the number can be, \[-1, 1\]$/,
  );
});
