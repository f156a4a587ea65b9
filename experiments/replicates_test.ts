/** Every question on real data says what its replicates are, and all its intervals are of that kind. */
import assert from "node:assert/strict";
import type { Condition, Question } from "../lib/run/experiment.ts";
import type { OptionSpecs } from "../lib/run/options.ts";
import { type Replicates, unitOf } from "../lib/run/replicates.ts";
import { type View, viewOf } from "../lib/run/view.ts";
import { blocksOf } from "../lib/run/rows_test_helpers.ts";
import { meanInterval, standardErrorInterval } from "../lib/statistics/intervals.ts";
import { overSplits } from "../lib/statistics/splits.ts";
import { experiments } from "./all.ts";

/** Different replicates, and how often each is repeated in the longer view. */
const FEW = 20, REPEATED = 16;

/** Rows of made numbers, the same 20 over and over: whatever a question reads, there is something. */
function viewOfMade(
  { id, arms, replicates }: { readonly id: string; readonly arms: readonly string[]; readonly replicates?: Replicates },
  conditions: readonly Condition[],
  n: number,
): View {
  const rows = arms.map((arm) => ({
    part: "benchmark",
    question: id,
    arm,
    condition: conditions[0],
    metric: "present",
    seed: 0,
    value: 0,
  }));
  const view = viewOf(blocksOf(rows), id, arms, conditions, { replicates });
  const series: View["series"] = (arm, metric, condition = {}) => {
    let key = 1;
    for (const letter of `${arm}|${metric}|${JSON.stringify(condition)}`) {
      key = (31 * key + letter.charCodeAt(0)) % 10007;
    }
    const value = (r: number) => metric.endsWith("-reached") ? 1 : 0.5 + 0.1 * Math.sin(key + (r % FEW) ** 2);
    return {
      seeds: Array.from({ length: n }, (_, r) => r),
      values: Float64Array.from({ length: n }, (_, r) => value(r)),
    };
  };
  return Object.assign(view, { series });
}

/** Widths of every interval that a question states, by where. */
// deno-lint-ignore no-explicit-any -- each experiment has options of its own
function widthsOf(question: Question<any>, options: Record<string, unknown>, n: number): Map<string, number> {
  const view = viewOfMade(question, question.conditions(options), n),
    widths = new Map<string, number>();
  const note = (where: string, lower: unknown, upper: unknown) => {
    if (typeof lower === "number" && typeof upper === "number" && upper > lower) widths.set(where, upper - lower);
  };
  for (const claim of question.claims) {
    const { lower, upper } = claim.evidence(view, options);
    note(`claim ${claim.id}`, lower, upper);
  }
  const inWords = (where: string, text: string) =>
    [...text.matchAll(/\[(−?[\d.]+), (−?[\d.]+)\]/g)].forEach(([, ...ends], i) => {
      const [lower, upper] = ends.map((end) => Number(end.replace("−", "-")));
      note(`${where}, interval ${i} in words`, lower, upper);
    });
  question.notes?.(view, options).forEach((text, i) => inWords(`note ${i}`, text));
  for (const figure of question.figures(view, options)) {
    inWords(`caption of ${figure.id}`, figure.caption);
    const pairs = [["lower", "upper"], ["xLower", "xUpper"], ["yLower", "yUpper"]].map((pair) =>
      pair.map((end) => (figure as unknown as Record<string, string | undefined>)[end])
    );
    figure.data.forEach((row, i) => {
      for (const [low, high] of pairs) {
        if (low !== undefined && high !== undefined) note(`figure ${figure.id} row ${i} ${low}`, row[low], row[high]);
      }
    });
    for (const { label, interval } of figure.references ?? []) {
      note(`figure ${figure.id} ${label}`, interval?.[0], interval?.[1]);
    }
  }
  for (const { id, columns, rows } of question.tables(view, options)) {
    rows.forEach((row, i) =>
      columns.forEach(({ key, lower, upper }) =>
        note(`table ${id} row ${i} ${key}`, row[lower ?? ""], row[upper ?? ""])
      )
    );
  }
  return widths;
}

/** Width of the longer view's interval over that of the shorter one, of a mean of such replicates. */
function narrowing(of: (values: Float64Array) => { lower: number; upper: number }): number {
  const { values } = viewOfMade({ id: "q", arms: ["dpo"] }, [{}], REPEATED * FEW).series("dpo", "accuracy");
  const width = (n: number) => {
    const { lower, upper } = of(values.subarray(0, n));
    return upper - lower;
  };
  return width(REPEATED * FEW) / width(FEW);
}
/** Seeds narrow an interval without end; splits to what their training parts share; resamples not at all. */
const NARROWING = {
  seeds: narrowing((values) => meanInterval(values)),
  splits: narrowing((values) => overSplits(meanInterval(values), 0.8)),
  resamples: narrowing((values) => standardErrorInterval(values[0], values.subarray(1))),
};
/** The nearest kind, on the scale of logarithms. */
const kindOf = (ratio: number): string =>
  Math.abs(Math.log(ratio / NARROWING.seeds)) < Math.abs(Math.log(ratio / NARROWING.splits)) ? "seeds" : "overlapping";

Deno.test("the three kinds of intervals can be told apart by what more replicates do to them", () => {
  assert.ok(NARROWING.seeds < 0.3 && NARROWING.splits > 0.8 && NARROWING.resamples > 0.8, JSON.stringify(NARROWING));
});

for (const [name, load] of Object.entries(experiments)) {
  Deno.test(`${name}: on real data every interval is of the kind that its replicates call for`, async () => {
    const { default: experiment } = await load();
    const options = Object.fromEntries(
      Object.entries(experiment.options as OptionSpecs).map(([key, spec]) => [key, spec.values.quick]),
    );
    for (const question of experiment.questions) {
      if (question.dataset === undefined) continue;
      const { replicates } = question, where = `${name} ${question.id}`;
      assert.ok(replicates, `${where} says what its replicates are`);
      const kind = unitOf(replicates);
      const [few, many] = [FEW, REPEATED * FEW].map((n) => widthsOf(question, options, n));
      assert.ok(few.size > question.claims.length, `${where} states intervals`);
      for (const [place, width] of few) {
        const ratio = many.get(place)! / width;
        assert.equal(kindOf(ratio), kind === "seeds" ? "seeds" : "overlapping", `${where}: ${place}: ${ratio}`);
      }
      const view = viewOfMade(question, question.conditions(options), FEW);
      for (const { id, data } of question.figures(view, options)) {
        if ("lower" in data[0]) assert.ok(kind in data[0], `${where}: ${id} counts its ${kind}`);
      }
    }
  });
}
