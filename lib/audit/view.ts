/**
 * A view of the rows of `results.csv`, without any code of the report.
 *
 * @module
 */
import type { Condition } from "../run/experiment.ts";
import { type Replicates, unitOf } from "../run/replicates.ts";
import type { Series, SummaryRow, View } from "../run/view.ts";
import {
  bootstrapBca,
  type Evidence,
  inRange,
  jackknife,
  meanInterval,
  overSplits,
  standardErrorInterval,
} from "./arithmetic.ts";
import { type AuditRows, keyOf } from "./rows.ts";

/** Of numbers that nothing bounds. */
const FREE = [-Infinity, Infinity] as const;

/**
 * Numbers of one question by arm, metric and condition.
 *
 * @param rows of `results.csv`
 * @param conditions of the question, in order
 * @param replicates what they are
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { AuditRows } from "./rows.ts";
 * const rows = new AuditRows(["experiment", "part", "question", "arm", "seed", "n", "metric", "value"], "results.csv");
 * for (const seed of ["0", "1", "2"]) rows.add(["e", "synthetic", "q", "dpo", seed, "64", "kl", seed]);
 * assert.equal(auditView(rows, "q", ["dpo"], [{ n: 64 }]).mean("dpo", { name: "kl" }, { n: 64 }).estimate, 1);
 * ```
 */
export function auditView(
  rows: AuditRows,
  question: string,
  arms: readonly string[],
  conditions: readonly Condition[],
  replicates: Replicates = "seeds",
): View {
  const present = rows.arms(question);
  const series = (arm: string, metric: string, condition: Condition = {}): Series => {
    const own = rows.series(question, keyOf(arm, metric, condition));
    if (own) return own;
    throw new RangeError(
      `question ${question}: no rows for arm ${arm}, metric ${metric}, ${JSON.stringify(condition)}`,
    );
  };
  const shared = (all: readonly Series[]) => {
    if (new Set(all.map(({ seeds }) => seeds.join())).size > 1) {
      throw new RangeError(`question ${question}: other seeds`);
    }
    return all.map(({ values }) => [...values]);
  };
  const wider = (evidence: Evidence) =>
    typeof replicates === "string" ? evidence : overSplits(evidence, replicates.training);
  const kept = (evidence: Evidence, [least, most]: readonly [number, number] = FREE) =>
    inRange(evidence, least, most, replicates === "seeds");
  const view: View = {
    texts: () => [], // claims are made of numbers
    replicates,
    arms: arms.filter((arm) => present.has(arm)),
    conditions,
    series,
    mean: (arm, { name, range }, condition) => view.evidence(series(arm, name, condition).values, range),
    evidence(values, range) {
      if (replicates !== "resamples") return kept(wider(meanInterval(values)), range);
      const [onData, ...draws] = values;
      if (draws.length > 1) return kept(standardErrorInterval(onData, draws), range);
      return { estimate: onData, lower: onData, upper: onData, n: draws.length, short: "no two resamples" };
    },
    paired(arm, other, { name, range = FREE }, condition) {
      const [a, b] = shared([series(arm, name, condition), series(other, name, condition)]), [least, most] = range;
      return view.evidence(Float64Array.from(a, (value, i) => value - b[i]), [least - most, most - least]);
    },
    statistic(all, of, shape, range): Evidence {
      const plain = (values: number[][]) => of(values.map((v) => Float64Array.from(v)));
      const own = shared(all);
      if (replicates === "resamples") {
        return view.evidence(Float64Array.from(own[0], (_, r) => plain(own.map((values) => [values[r]]))), range);
      }
      return kept(
        wider(shape === "rough" ? bootstrapBca(own, plain) : jackknife(own, plain, shape === "spread")),
        range,
      );
    },
    summary(metric, { arms: some = view.arms, of, shape, where = () => true } = {}) {
      return conditions.filter(where).flatMap((condition) =>
        some.filter((arm) => present.has(arm)).map((arm): SummaryRow => {
          const own = series(arm, metric.name, condition);
          const { estimate: value, lower, upper, n } = of
            ? view.statistic([own], ([values]) => of(values), shape)
            : view.evidence(own.values, metric.range);
          return { ...condition, arm, value, lower, upper, [unitOf(replicates)]: n };
        })
      );
    },
  };
  return view;
}
