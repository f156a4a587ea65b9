/**
 * What the questions beside the one about confounding show, each spread into its question.
 *
 * @module
 */
import { fromTo, labels } from "../../lib/report/captions.ts";
import { labelOf } from "../../lib/report/methods.ts";
import type { FigureSpec, TableSpec } from "../../lib/report/types.ts";
import { curve, ranging } from "../../lib/run/default_figures.ts";
import type { Condition, Drawn } from "../../lib/run/experiment.ts";
import { measuresTable } from "../../lib/run/measures_table.ts";
import { centre, summaryDots, type View } from "../../lib/run/view.ts";
import { mean } from "../../lib/statistics/summary.ts";
import { learners } from "./collection.ts";
import { bestIn, FEW_SEEDS, meanRanks } from "./figures.ts";
import type { PopulationOptions } from "./options.ts";
import { ends, PRICES } from "./settings.ts";
import { mostLabels, regret, tuned, unrecorded, untuned, value } from "./terms.ts";

function nameOf({ setting, confounding }: Condition, o: PopulationOptions): string {
  const { least, most } = ends(o);
  if (confounding === 0) return `${setting}`;
  return confounding === least && least < most ? `${setting}, at ${least}` : `${setting}, confounded`;
}

/** How many methods stand in their own colours. */
const COLOURED = 6;

/** What confounding does to the order of all learners: a slope a method, a panel a setting. */
function slopes(view: View): FigureSpec[] {
  const arms = learners(view);
  if (arms.length < 2) return [];
  const data = view.conditions.flatMap((condition) =>
    meanRanks(view, arms, condition).map(({ value: rank, lower, upper, ...row }) => (
      // Upwards is better.
      { ...condition, ...row, rank, beaten: arms.length - rank, lower: arms.length - upper, upper: arms.length - lower }
    ))
  );
  const range = arms.map((arm) => {
    const own = data.filter((row) => row.arm === arm).map(({ rank }) => rank);
    return { arm, best: Math.min(...own), worst: Math.max(...own) };
  }).sort((a, b) => b.worst - b.best - (a.worst - a.best));
  const [most] = range, ahead = (rank: number) => (arms.length - rank).toFixed(1);
  return [{
    id: "ranks",
    kind: "lines",
    data,
    x: "confounding",
    y: "beaten",
    lower: "lower",
    upper: "upper",
    by: "arm",
    panel: "setting",
    highlight: range.slice(0, COLOURED).map(({ arm }) => arm),
    xLabel: "strength of confounding",
    yLabel: `methods of ${arms.length - 1} that it is ahead of, mean over seeds`,
    caption: `${labelOf(most.arm)} moves most: it is ahead of ${ahead(most.best)} methods where it does best and of ` +
      `${ahead(most.worst)} where it does worst.`,
    alt: "Slopes of mean ranks from no confounding to full, one panel a setting; the six that move most are coloured.",
  }];
}

/** Winners by condition. */
function whichWhen(view: View, o: PopulationOptions): TableSpec {
  const arms = learners(view);
  return {
    id: "which-when",
    caption:
      "Which method when: the highest mean value, whether it beats the untrained π0, and the methods whose paired difference to it has a 95% interval " +
      "that reaches 0. The best of many is picked on the same seeds, so its value is a little flattered.",
    columns: [
      { key: "condition", label: "condition" },
      { key: "best", label: "highest", method: true },
      { key: "moved", label: "beats π0" },
      { key: "value", label: value.label, digits: 3, lower: "lower", upper: "upper" },
      { key: "regret", label: regret.label, digits: 3 },
      { key: "near", label: "not separated from it" },
      { key: "worst", label: "worst", method: true },
      { key: "least", label: "its value", digits: 3 },
    ],
    rows: view.conditions.map((condition) => {
      const at = (arm: string) => centre(view, arm, value.name, condition);
      const { enough, moved, arms: [best, ...near] } = bestIn(view, condition, arms);
      const worst = arms.reduce((a, b) => at(b) < at(a) ? b : a);
      const { estimate, lower, upper } = view.mean(best, value, condition);
      return {
        condition: nameOf(condition, o),
        best,
        moved: !enough ? FEW_SEEDS : moved ? "yes" : "no",
        value: estimate,
        lower,
        upper,
        regret: centre(view, best, regret.name, condition),
        near: !enough ? FEW_SEEDS : near.length > 0 ? labels(near) : "—",
        worst,
        least: at(worst),
      };
    }),
  };
}

export const conditions: Drawn<PopulationOptions> = {
  figures: slopes,
  tables: (view, o) => [
    whichWhen(view, o),
    measuresTable(view, {
      id: "conditions",
      caption: "Value at equal KL of every method in every condition.",
      conditions: [{ key: "setting", label: "condition" }, { key: "confounding", label: "confounding" }],
      measures: [{ ...value, better: "higher" }, regret],
    }),
  ],
};

export const recording: Drawn<PopulationOptions> = {
  figures(view, o) {
    const arms = view.arms.filter((arm) => arm !== "reference");
    if (arms.length === 0) return [];
    const figure = curve(view, value, {
      id: "recording",
      arms,
      knob: {
        x: "record",
        xLabel: "correlation of the record that propensities are given with the type; 0: unrecorded, 1: recorded",
      },
      references: [{ value: 0, label: "π0" }],
      caption: `${ranging(view, o, value, unrecorded, arms)} Methods without propensities read no record.`,
    });
    return [{ ...figure, yLabel: `value at ${o.budget} nats of KL(π ‖ π0)` }];
  },
  tables: (view) => [measuresTable(view, {
    id: "recording",
    caption:
      "Value at equal KL by what the platform recorded of the type. Propensities are the chance of what was shown " +
      "given the record: averaged over types where nothing was recorded.",
    conditions: [{ key: "type", label: "type" }, { key: "record", label: "correlation" }],
    measures: [{ ...value, better: "higher" }],
  })],
};

/** At most this many lines a panel can be told apart, beside methods that bring a style of their own. */
const DRAWN = ["dpo", "apo-zero", "outcome-only", "cpo", "dr-cpo", "dpo-weighted"];

/**
 * Regret against the number of labels.
 *
 * @param usual arms of the question that come with the code
 */
export const labelled = (usual: readonly string[]): Drawn<PopulationOptions> => ({
  figures(view, o) {
    const arms = view.arms.filter((arm) => DRAWN.includes(arm) || !usual.includes(arm));
    if (arms.length === 0) return [];
    return [curve(view, regret, {
      id: "labels",
      arms,
      knob: { x: "n", xLabel: "labels", xScale: "log" },
      yScale: "log",
      panels: { key: "confounding", label: "confounding" },
      caption: ranging(view, o, regret, mostLabels, arms),
    })];
  },
  tables: (view) => [measuresTable(view, {
    id: "labels",
    caption: "Regret to the best policy of the class at equal KL.",
    conditions: [{ key: "confounding", label: "confounding" }, { key: "n", label: "labels" }],
    measures: [{ ...regret, better: "lower" }],
  })],
});

export const tuning: Drawn<PopulationOptions> = {
  figures(view, o) {
    const data = learners(view).map((arm) => {
      const { estimate: value, lower, upper, n: seeds } = tuned(arm).minus(untuned(arm)).evidence(view, o);
      return { arm, value, lower, upper, seeds };
    }).sort((a, b) => b.value - a.value);
    const moved = data.filter(({ lower, upper }) => lower > 0 || upper < 0).map(({ arm }) => arm);
    return [{
      id: "tuning",
      ...summaryDots,
      data,
      xLabel: "value at equal KL, price chosen by held-out readers − one price for all",
      references: [{ value: 0, label: "no difference" }],
      caption: `Choosing the price of KL by held-out readers moves ${moved.length} of ${data.length} methods: ` +
        `${fromTo(data)}.`,
      alt: "What choosing the price of KL by held-out readers buys each method, with intervals.",
    }];
  },
  tables: (view, o) => [{
    id: "tuning",
    caption:
      "Value at equal KL from half of the readers: at each price of the grid, and at the one that the other half " +
      "prefers, seed by seed.",
    columns: [
      { key: "arm", label: "method", method: true },
      ...PRICES.toSorted((a, b) => a - b).map((price) => ({ key: `at-${price}`, label: `${price} τ`, digits: 3 })),
      { key: "tuned", label: "chosen", digits: 3 },
    ],
    rows: learners(view).map((arm) => ({
      arm,
      tuned: mean(tuned(arm).series(view, o).values),
      ...Object.fromEntries(PRICES.map((price) => [`at-${price}`, centre(view, arm, value.name, { price })])),
    })),
  }],
};
