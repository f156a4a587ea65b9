/**
 * Rows of `results.csv`, read and looked up without any code of the report.
 *
 * @module
 */
import type { Condition } from "../run/experiment.ts";
import { type Replicates, unitOf } from "../run/replicates.ts";
import type { Series, SummaryRow, View } from "../run/view.ts";
import { UserError } from "../user_error.ts";
import {
  bootstrapBca,
  type Evidence,
  inRange,
  jackknife,
  meanInterval,
  overSplits,
  standardErrorInterval,
} from "./arithmetic.ts";

/** Cells of a CSV text, line by line; quotes as RFC 4180 has them. */
function cellsOf(text: string): string[][] {
  const lines: string[][] = [];
  let cells: string[] = [], cell = "", quoted = false;
  for (let i = 0; i < text.length; i++) {
    const c = text[i];
    if (quoted) {
      if (c !== '"') cell += c;
      else if (text[i + 1] === '"') cell += text[++i];
      else quoted = false;
    } else if (c === '"') quoted = true;
    else if (c === ",") cells.push(cell), cell = "";
    else if (c === "\n") {
      lines.push([...cells, cell]);
      cells = [], cell = "";
    } else if (c !== "\r") cell += c;
  }
  if (cell !== "" || cells.length > 0) lines.push([...cells, cell]);
  return lines;
}

/**
 * A CSV table as one object a line.
 *
 * @param path named in errors
 * @throws UserError when a line has another number of cells than the header
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.deepEqual(tableOf('a,b\n1,"x, ""y"""\n', "t.csv"), [{ a: "1", b: 'x, "y"' }]);
 * assert.throws(() => tableOf("a,b\n1\n", "t.csv"), /t.csv, line 2: 1 cells under 2 columns/);
 * ```
 */
export function tableOf(text: string, path: string): Record<string, string>[] {
  const [header = [], ...lines] = cellsOf(text);
  return lines.map((cells, i) => {
    if (cells.length !== header.length) {
      throw new UserError(`${path}, line ${i + 2}: ${cells.length} cells under ${header.length} columns`);
    }
    return Object.fromEntries(header.map((name, k) => [name, cells[k]]));
  });
}

/** Of numbers that nothing bounds. */
const FREE = [-Infinity, Infinity] as const;

const FIXED = new Set(["experiment", "part", "question", "arm", "seed", "metric", "value"]);

function keyOf(arm: string, metric: string, condition: Readonly<Record<string, string | number>>): string {
  const knobs = Object.entries(condition).map(([name, value]) =>
    `${name}:${Number(value) === value ? value : String(value)}`
  );
  return JSON.stringify([arm, metric, ...knobs.sort()]);
}

/**
 * Numbers of one question by arm, metric and condition.
 *
 * @param rows lines of `results.csv`
 * @param conditions of the question, in order
 * @param replicates what they are
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const line = { experiment: "e", part: "synthetic", question: "q", arm: "dpo", n: "64", metric: "kl" };
 * const rows = [0, 1, 2].map((seed) => ({ ...line, seed: String(seed), value: String(seed) }));
 * assert.equal(auditView(rows, "q", ["dpo"], [{ n: 64 }]).mean("dpo", { name: "kl" }, { n: 64 }).estimate, 1);
 * ```
 */
export function auditView(
  rows: readonly Readonly<Record<string, string>>[],
  question: string,
  arms: readonly string[],
  conditions: readonly Condition[],
  replicates: Replicates = "seeds",
): View {
  const found = new Map<string, [number, number][]>(), present = new Set<string>();
  for (const row of rows) {
    if (row.question !== question) continue;
    const knobs = Object.entries(row).filter(([name, cell]) => !FIXED.has(name) && cell !== "");
    const condition = Object.fromEntries(
      knobs.map(([name, cell]) => [name, Number.isFinite(Number(cell)) ? Number(cell) : cell]),
    );
    const key = keyOf(row.arm, row.metric, condition), own = found.get(key) ?? [];
    own.push([Number(row.seed), Number(row.value)]);
    found.set(key, own);
    present.add(row.arm);
  }
  const series = (arm: string, metric: string, condition: Condition = {}): Series => {
    const own = found.get(keyOf(arm, metric, condition));
    if (!own) {
      throw new RangeError(
        `question ${question}: no rows for arm ${arm}, metric ${metric}, ${JSON.stringify(condition)}`,
      );
    }
    return { seeds: own.map(([seed]) => seed), values: Float64Array.from(own, ([, value]) => value) };
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
