/**
 * Do more labels help?
 *
 * @module
 */
import { fromTo } from "../../lib/report/captions.ts";
import { methodStyle } from "../../lib/report/methods.ts";
import { formatFixed } from "../../lib/report/numbers.ts";
import type { FigureSpec, TableSpec } from "../../lib/report/types.ts";
import { type Condition, type Question, question } from "../../lib/run/experiment.ts";
import { extremes } from "../../lib/run/levels.ts";
import { all, several } from "../../lib/run/needs.ts";
import { summaryLines, type View } from "../../lib/run/view.ts";
import { above, below } from "../../lib/statistics/claims.ts";
import { mean } from "../../lib/statistics/summary.ts";
import { type Collection, ends, full, PROTOCOL, without } from "./collection.ts";
import type { CompareOptions } from "./options.ts";
import { CENTRE, type Setting } from "./tasks.ts";

/** One method of each kind, and those that read propensities; methods that bring a look of their own are added. */
const ARMS = ["dpo", "rlhf-fixed", "kto", "apo-zero", "outcome-only", "cpo", "dr-cpo", "dpo-weighted", "oracle"];
/** At most this many lines a panel can be told apart. */
const DRAWN = ["dpo", "apo-zero", "outcome-only", "cpo", "dr-cpo", "dpo-weighted"];

/** The sizes of the question, ascending. */
const sizesOf = ({ sizes }: CompareOptions): number[] => sizes.toSorted((a, b) => a - b);

function regretFigure(view: View, o: CompareOptions): FigureSpec[] {
  const arms = view.arms.filter((arm) => DRAWN.includes(arm) || !ARMS.includes(arm)),
    { most } = ends(o),
    largest = sizesOf(o).at(-1)!;
  if (arms.length === 0) return [];
  const data = view.summary("regret", { arms }).map((row) => ({ ...row, lower: Math.max(row.lower, row.value / 10) }));
  const smallest = sizesOf(o)[0];
  const regrets = arms.map((arm) => {
    const at = (n: number) => mean(view.series(arm, "regret", { n, confounding: most }).values);
    return { arm, few: at(smallest), many: at(largest) };
  }).sort((x, y) => x.many / x.few - y.many / y.few);
  const where = ({ n, confounding }: Condition) => n === largest && confounding === most;
  const told = ({ arm, few, many }: typeof regrets[number]) =>
    `${methodStyle(arm).label} from ${formatFixed(few, 2)} to ${formatFixed(many, 2)}`;
  return [{
    id: "labels",
    ...summaryLines,
    data,
    x: "n",
    xScale: "log",
    yScale: "log",
    panel: "confounding",
    panelLabel: "confounding",
    xLabel: "labels",
    yLabel: "regret at equal KL",
    caption: (smallest === largest
      ? `With ${largest} labels at confounding ${most} regret goes ${fromTo(view.summary("regret", { arms, where }))}. `
      : `From ${smallest} to ${largest} labels at confounding ${most} regret goes furthest down for ` +
        `${told(regrets[0])}${regrets.length > 1 ? `, least for ${told(regrets.at(-1)!)}` : ""}. `) +
      "Intervals are 95% over seeds, lower ends cut a decade below the mean.",
    alt: "Regret against the number of labels on log axes, without and with confounding, one line a method.",
  }];
}

function regretTable(view: View): TableSpec {
  return {
    id: "labels",
    caption: "Regret to the best policy of the class at equal KL.",
    columns: [
      { key: "confounding", label: "confounding" },
      { key: "n", label: "labels" },
      { key: "arm", label: "method", method: true },
      { key: "value", label: "regret", digits: 3, lower: "lower", upper: "upper", better: "lower" },
    ],
    rows: view.summary("regret"),
  };
}

/** Regret at the most labels and full confounding. */
const atMost = (o: CompareOptions) => ({ n: sizesOf(o).at(-1)!, confounding: ends(o).most });

/** The setting of a condition. */
export function sizeOf({ n, confounding }: Condition): Setting {
  return { ...CENTRE, confounding: Number(confounding), n: Number(n) };
}

export function labelsQuestion(collection: Collection): Question<CompareOptions> {
  return question({
    id: "labels",
    asks: "Do more labels help?",
    part: "synthetic",
    method: PROTOCOL,
    arms: collection.methods.filter(({ id, look }) => ARMS.includes(id) || look).map(({ id }) => id),
    tensors: true,
    block: 20,
    seeds: ({ seeds }: CompareOptions) => seeds,
    conditions: (o) => extremes(o.confounding).flatMap((confounding) => sizesOf(o).map((n) => ({ n, confounding }))),
    run: (context) => collection.run(context, sizeOf(context.condition)),
    claims: [
      {
        kind: "question",
        id: "dpo-floor",
        statement: "Under confounding DPO's regret stays above 0.05 with the most labels",
        source: "our question, in no paper",
        paper: "not reported",
        quantity: "regret of DPO at the most labels, full confounding",
        rule: above(0.05),
        unit: "seeds",
        arms: ["dpo"],
        needs: all(full, several<CompareOptions>("sizes")),
        evidence: (view, o) => view.mean("dpo", "regret", atMost(o)),
      },
      {
        id: "dr-vanishes",
        statement: "Under confounding DR-CPO's regret at the most labels is less than half of DPO's",
        source: "Lin et al., UAI 2024: consistent under right propensities",
        paper: "unbiased",
        quantity: "ratio of mean regrets, DR-CPO over DPO, at the most labels, full confounding",
        rule: below(0.5),
        unit: "seeds",
        arms: ["dr-cpo", "dpo"],
        needs: full,
        evidence: (view, o) =>
          view.statistic(
            ["dr-cpo", "dpo"].map((arm) => view.series(arm, "regret", atMost(o))),
            ([dr, dpo]) => mean(dr) / mean(dpo),
          ),
      },
      {
        kind: "question",
        id: "apo-zero-floor",
        statement: "Without confounding APO-zero's regret stays above 0.02 with the most revisions",
        source: "our question, in no paper",
        paper: "not reported",
        quantity: "regret of APO-zero at the most labels, no confounding",
        rule: above(0.02),
        unit: "seeds",
        arms: ["apo-zero"],
        needs: all(without, several<CompareOptions>("sizes")),
        evidence: (view, o) => view.mean("apo-zero", "regret", { n: sizesOf(o).at(-1)!, confounding: ends(o).least }),
      },
    ],
    figures: regretFigure,
    tables: (view) => [regretTable(view)],
  });
}
