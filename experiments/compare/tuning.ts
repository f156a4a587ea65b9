/**
 * What if each method's price of KL is chosen by readers that it did not learn from?
 *
 * @module
 */
import { labels } from "../../lib/report/captions.ts";
import { methodStyle } from "../../lib/report/methods.ts";
import { formatFixed } from "../../lib/report/numbers.ts";
import type { FigureSpec, TableSpec } from "../../lib/report/types.ts";
import { type Claim, type Condition, type Question, question, type UnitContext } from "../../lib/run/experiment.ts";
import { summaryDots, type View } from "../../lib/run/view.ts";
import { expectation, scaledTo } from "../../lib/policies/laws.ts";
import { above, below } from "../../lib/statistics/claims.ts";
import { pairedDifference } from "../../lib/statistics/intervals.ts";
import { rankCorrelation } from "../../lib/statistics/ranks.ts";
import { mean } from "../../lib/statistics/summary.ts";
import type { PopulationLog } from "../../lib/worlds/population.ts";
import { type Collection, CORE, ends, full, learners, PROTOCOL } from "./collection.ts";
import type { CompareOptions } from "./options.ts";
import { CENTRE, type Setting, type Task } from "./tasks.ts";

const label = (arm: string): string => methodStyle(arm).label;

/** One grid for all: multiples of τ. The first wins where held-out readers see no difference. */
const PRICES = [1, 0.25, 4];

/** The setting of all prices: half of the readers, so that the other half can judge. */
export function tunedOf(o: CompareOptions): Setting {
  return { ...CENTRE, n: Math.ceil(o.n / 2), confounding: ends(o).most };
}

/**
 * Doubly robust estimate of a policy's value at the budget from readers that it did not learn from, and a model of outcomes
 * that did not either: a user needs no truth for it.
 *
 * @param from the first reader that was held out
 */
export function heldOutValue(
  { world, space, model }: Pick<Task, "world" | "space" | "model">,
  log: PopulationLog,
  from: number,
  theta: Float64Array,
  budget: number,
): number {
  const { logp } = scaledTo(space, theta, budget), { responses } = world;
  let sum = 0;
  for (let i = from; i < log.prompt.length; i++) {
    const cell = log.prompt[i] * responses + log.first[i];
    sum += Math.exp(logp[cell]) / log.propensity[i] * (log.outcome[i] - model.table[cell]);
  }
  return sum / (log.prompt.length - from) + expectation(logp, model.table, responses);
}

/** Trains at one price on half of the readers, and asks the other half. */
function run(collection: Collection, context: UnitContext<CompareOptions, unknown>) {
  const { options, condition } = context, priced = { ...options, tau: options.tau * Number(condition.price) };
  const setting = tunedOf(options), logs = context.streams("log");
  return collection.run({ ...context, options: priced }, setting, (task, theta, r) => ({
    // A draw of n begins with the readers that were learned from.
    "held-out-value": heldOutValue(task, task.world.draw(2 * setting.n, logs[r]), setting.n, theta, options.budget),
  }));
}

const fixedOf = (view: View, arm: string): Float64Array => view.series(arm, "value", { price: 1 }).values;

/** Value at the price that held-out readers prefer, seed by seed. */
function tuned(view: View, arm: string): Float64Array {
  const at = (metric: string) => PRICES.map((price) => view.series(arm, metric, { price }).values);
  const scores = at("held-out-value"), values = at("value");
  return values[0].map((_, r) => {
    const best = PRICES.reduce((k, _, j) => scores[j][r] > scores[k][r] ? j : k, 0);
    return values[best][r];
  });
}

/** What tuning buys each method, most first. */
function gainsOf(view: View) {
  return learners(view).map((arm) => {
    const { estimate: value, lower, upper, n: seeds } = pairedDifference(tuned(view, arm), fixedOf(view, arm));
    return { arm, value, lower, upper, seeds };
  }).sort((a, b) => b.value - a.value);
}

function tuningFigure(view: View, o: CompareOptions): FigureSpec[] {
  const data = gainsOf(view), moved = data.filter(({ lower, upper }) => lower > 0 || upper < 0).map(({ arm }) => arm);
  return [{
    id: "tuning",
    ...summaryDots,
    data,
    xLabel: "value at equal KL, price chosen by held-out readers − one price for all",
    references: [{ value: 0, label: "no difference" }],
    caption: `At confounding ${ends(o).most}, choosing among ${PRICES.toSorted((a, b) => a - b).join(", ")} times τ ` +
      `moves ${label(data[0].arm)} by ${formatFixed(data[0].value, 3)}` +
      (data.length > 1 ? ` and ${label(data.at(-1)!.arm)} by ${formatFixed(data.at(-1)!.value, 3)}` : "") +
      `; the interval leaves out 0 for ${labels(moved)}.`,
    alt: "What choosing the price of KL by held-out readers buys each method, with intervals.",
  }];
}

function tuningTable(view: View): TableSpec {
  const rows = learners(view).map((arm) => ({
    arm,
    tuned: mean(tuned(view, arm)),
    ...Object.fromEntries(PRICES.map((price) => [`at-${price}`, mean(view.series(arm, "value", { price }).values)])),
  }));
  return {
    id: "tuning",
    caption:
      "Value at equal KL from half of the readers: at each price of the grid, and at the one that the other half " +
      "prefers, seed by seed.",
    columns: [
      { key: "arm", label: "method", method: true },
      ...PRICES.toSorted((a, b) => a - b).map((price) => ({ key: `at-${price}`, label: `${price} τ`, digits: 3 })),
      { key: "tuned", label: "chosen", digits: 3 },
    ],
    rows,
  };
}

/** That a method is ahead once both prices are chosen. */
const tunedAhead = (arm: string, other: string): Claim<CompareOptions> => ({
  kind: "control",
  id: `tuned-${arm}-beats-${other}`,
  statement: `At full confounding, with prices chosen by held-out readers, ${label(arm)} beats ${label(other)}`,
  source: "control: the method, or its price?",
  paper: "not reported",
  quantity: `value, ${label(arm)} − ${label(other)}, each at its chosen price`,
  rule: above(0),
  unit: "paired seeds",
  arms: [arm, other],
  needs: full,
  evidence: (view) => pairedDifference(tuned(view, arm), tuned(view, other)),
});

export function tuningQuestion(collection: Collection): Question<CompareOptions> {
  return question({
    id: "tuning",
    asks: "What if each method's price of KL is chosen by held-out readers?",
    part: "synthetic",
    method:
      `${PROTOCOL} Here, under the strongest confounding of the run, every method learns from half of the readers at ` +
      "each price of one grid; the other half chooses, by a doubly robust estimate of the value at equal KL. It needs the " +
      "propensities and no truth, and is the same for all.",
    arms: collection.ids,
    tensors: true,
    block: 20,
    seeds: ({ seeds }: CompareOptions) => seeds,
    conditions: (): Condition[] => PRICES.map((price) => ({ price })),
    run: (context) => run(collection, context),
    claims: [
      {
        kind: "control",
        id: "tuning-moves-little",
        statement: "Choosing prices by held-out readers moves no method's mean value by 0.05 or more",
        source: "control: is one price for all fair?",
        paper: "not reported",
        quantity: "largest change in mean value from one price to chosen ones, of all methods",
        rule: below(0.05),
        unit: "seeds",
        arms: CORE,
        evidence(view) {
          const arms = learners(view);
          const series = arms.flatMap((arm) => {
            const { seeds } = view.series(arm, "value", { price: 1 });
            return [{ seeds, values: tuned(view, arm) }, { seeds, values: fixedOf(view, arm) }];
          });
          return view.statistic(
            series,
            (values) => Math.max(...arms.map((_, k) => Math.abs(mean(values[2 * k]) - mean(values[2 * k + 1])))),
          );
        },
      },
      {
        kind: "control",
        id: "tuning-keeps-order",
        statement: "Chosen prices leave the order of methods: the rank correlation with one price for all is above 0.9",
        source: "control: is one price for all fair?",
        paper: "not reported",
        quantity: "rank correlation of mean values, chosen prices against one price",
        rule: above(0.9),
        unit: "seeds",
        arms: CORE,
        evidence(view) {
          const arms = learners(view), { seeds } = view.series(arms[0], "value", { price: 1 });
          const series = [tuned, fixedOf].flatMap((of) => arms.map((arm) => ({ seeds, values: of(view, arm) })));
          return view.statistic(series, (values) => {
            const means = values.map(mean);
            return rankCorrelation(means.slice(0, arms.length), means.slice(arms.length));
          });
        },
      },
      tunedAhead("dr-cpo", "dpo"),
      tunedAhead("dr-cpo", "cpo"),
      tunedAhead("dr-cpo", "dpo-weighted"),
    ],
    figures: tuningFigure,
    tables: (view) => [tuningTable(view)],
  });
}
