/**
 * Does the price of KL decide?
 *
 * @module
 */
import { methodStyle } from "../../lib/report/methods.ts";
import { formatFixed } from "../../lib/report/numbers.ts";
import type { FigureSpec, TableSpec } from "../../lib/report/types.ts";
import { type Condition, type Question, question } from "../../lib/run/experiment.ts";
import { summaryDots, type View } from "../../lib/run/view.ts";
import { below } from "../../lib/statistics/claims.ts";
import { pairedDifference } from "../../lib/statistics/intervals.ts";
import { mean } from "../../lib/statistics/summary.ts";
import { type Collection, CORE, ends, learners, PROTOCOL } from "./collection.ts";
import type { CompareOptions } from "./options.ts";
import { CENTRE, type Setting } from "./tasks.ts";

const HALF: Condition = { price: 0.5 }, TWICE: Condition = { price: 2 };

/** How far half and twice the price are apart in value, method by method, largest first. */
function movesOf(view: View) {
  return learners(view).map((arm) => {
    const [half, twice] = [HALF, TWICE].map((condition) => view.series(arm, "value", condition).values);
    const { estimate: value, lower, upper, n: seeds } = pairedDifference(twice, half);
    return { arm, value, lower, upper, seeds };
  }).sort((a, b) => Math.abs(b.value) - Math.abs(a.value));
}

function priceFigure(view: View, o: CompareOptions): FigureSpec[] {
  const data = movesOf(view), [most] = data;
  return [{
    id: "price",
    ...summaryDots,
    data,
    xLabel: "value at equal KL, twice the price of KL − half of it",
    references: [{ value: 0, label: "no difference" }],
    caption: `From τ = ${o.tau / 2} to ${2 * o.tau} at confounding ${ends(o).most}, the value of ` +
      `${methodStyle(most.arm).label} moves most, by ${formatFixed(most.value, 3)}.`,
    alt: "Difference in value between twice and half the price of KL, with intervals, one line a method.",
  }];
}

function priceTable(view: View): TableSpec {
  return {
    id: "price",
    caption: "Value at equal KL, trained at half and at twice the price of KL.",
    columns: [
      { key: "price", label: "price, times τ" },
      { key: "arm", label: "method", method: true },
      { key: "value", label: "value", digits: 3, lower: "lower", upper: "upper", better: "higher" },
    ],
    rows: view.summary("value"),
  };
}

/** The setting of both prices. */
export function pricedOf(o: CompareOptions): Setting {
  return { ...CENTRE, n: o.n, confounding: ends(o).most };
}

export function priceQuestion(collection: Collection): Question<CompareOptions> {
  return question({
    id: "price",
    asks: "Does the price of KL decide?",
    part: "synthetic",
    method:
      `${PROTOCOL} Here every method is trained at half and at twice τ, under the strongest confounding of the run: ` +
      "where that moves no value at equal KL, no choice of τ could have changed who is ahead.",
    arms: collection.ids,
    tensors: true,
    block: 20,
    seeds: ({ seeds }: CompareOptions) => seeds,
    conditions: () => [HALF, TWICE],
    run({ options, condition, ...context }) {
      const priced = { ...options, tau: options.tau * Number(condition.price) };
      return collection.run({ ...context, condition, options: priced }, pricedOf(options));
    },
    claims: [{
      kind: "control",
      id: "price-moves-little",
      statement: "No method's value at equal KL moves by 0.05 or more when the price of KL goes from half to twice τ",
      source: "control: would another τ change who is ahead?",
      paper: "not reported",
      quantity: "largest difference in mean value between half and twice the price, of all methods",
      rule: below(0.05),
      unit: "seeds",
      arms: CORE,
      evidence(view) {
        const arms = learners(view);
        const series = [HALF, TWICE].flatMap((condition) => arms.map((arm) => view.series(arm, "value", condition)));
        return view.statistic(
          series,
          (values) => Math.max(...arms.map((_, k) => Math.abs(mean(values[k]) - mean(values[arms.length + k])))),
        );
      },
    }],
    figures: priceFigure,
    tables: (view) => [priceTable(view)],
  });
}
