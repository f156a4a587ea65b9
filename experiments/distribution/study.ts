/**
 * What every question of the synthetic part shares: drawing worlds and comparisons, learning, exact measures, and how a
 * curve of forward KL is drawn and tabled.
 *
 * @module
 */
import type { FigureSpec, TableSpec } from "../../lib/report/types.ts";
import { methodStyle } from "../../lib/report/methods.ts";
import { formatNumber } from "../../lib/report/numbers.ts";
import type { Claim, Condition, UnitContext } from "../../lib/run/experiment.ts";
import { measuresTable } from "../../lib/run/measures_table.ts";
import { summaryLines, type View } from "../../lib/run/view.ts";
import type { Evidence } from "../../lib/statistics/claims.ts";
import { minimumDetectableEffect } from "../../lib/statistics/power.ts";
import { logLogSlope } from "../../lib/statistics/regression.ts";
import { mean, standardDeviation } from "../../lib/statistics/summary.ts";
import { measurePolicy, type PreferenceSettings, preferenceWorld } from "../../lib/worlds/preferences.ts";
import { DivergenceError } from "../../lib/user_error.ts";
import { familyPanels, inFamilies } from "./families.ts";
import { type ArmId, arms, type Learned, limitOf, type Task } from "./arms.ts";
import type { SyntheticOptions } from "./options.ts";

/** What a condition sets; the rest comes from the options. */
export interface Setting extends Partial<PreferenceSettings> {
  /** Comparisons. */
  readonly n: number;
  /** γ of the learner over γ of the annotators; 1 unless given. */
  readonly gammaRatio?: number;
}

/** Logits spread unless a question says otherwise: that of the pilot studies, wide enough for plateaus to show. */
export const SPREAD = 0.5;

/** Said in the method line of every question. */
export const PROTOCOL =
  "Every seed is a new world, whose comparisons all arms share; each arm's optimum is reached by " +
  "Newton steps or in closed form, and KL is exact by enumeration. ";

/** Room for the tasks of the condition that was asked for last: units of one condition follow one another. */
export interface Drawn {
  latest?: { readonly key: string; readonly tasks: readonly Task[] };
}

/** What a question of the synthetic part prepares. */
export const nothingDrawn = (): Promise<Drawn> => Promise.resolve({});

/** One task a seed of the block; the arms of a condition share them, and what was fitted to their comparisons. */
export function tasksOf(
  { options, seeds, streams, prepared }: UnitContext<SyntheticOptions, Drawn>,
  setting: Setting,
): readonly Task[] {
  const key = JSON.stringify([seeds, setting]);
  if (prepared.latest?.key === key) return prepared.latest.tasks;
  const { n, gammaRatio = 1, ...world } = setting, { contexts, actions, gamma } = options;
  const comparisons = streams("comparisons"), unlabelled = streams("unlabelled"), folds = streams("folds");
  const tasks = streams("world").map((rng, r): Task => {
    const drawn = preferenceWorld({ contexts, actions, gamma, spread: SPREAD, ...world }, rng);
    return {
      world: drawn,
      counts: drawn.compare(n, comparisons[r]),
      n,
      gamma: gamma * gammaRatio,
      linearReward: drawn.table !== undefined,
      seed: seeds[r],
      unlabelled: () => unlabelled[r].fork("pairs"),
      folds: () => folds[r].fork("folds"),
      options,
    };
  });
  prepared.latest = { key, tasks };
  return tasks;
}

/**
 * Exact measures of what one arm learned from each task, and of what it would learn from all the data there is.
 *
 * @throws DivergenceError when a fit has no number for an answer
 */
export function learnAndMeasure(arm: string, tasks: readonly Task[]): Record<string, number[]> {
  const id = arm as ArmId;
  const rows = tasks.map((task) => {
    const learned = arms[id](task), bad = learned.logPolicy.findIndex(Number.isNaN);
    if (bad >= 0) throw DivergenceError.of({ what: `log-prob ${bad}`, value: NaN, arm, seed: task.seed });
    return { ...measure(task, learned), ...limitMeasures(id, task) };
  });
  const keys = Object.keys(rows[0]) as (keyof typeof rows[number])[];
  return Object.fromEntries(keys.map((key) => [key, rows.map((row) => row[key]!)]));
}

function measure({ world }: Task, { logPolicy, gradientNorm }: Learned) {
  const { forwardKl, reverseKl, entropy, peaked } = measurePolicy(logPolicy, world.logTarget, world.actions);
  return {
    "forward-kl": forwardKl,
    "reverse-kl": reverseKl,
    entropy,
    "target-entropy": measurePolicy(world.logTarget, world.logTarget, world.actions).entropy,
    peaked,
    "gradient-norm": gradientNorm,
  };
}

function limitMeasures(arm: ArmId, task: Task): { "limit-kl"?: number } {
  const limit = limitOf(arm, task);
  return limit ? { "limit-kl": measurePolicy(limit, task.world.logTarget, task.world.actions).forwardKl } : {};
}

/** The larger half of some sizes, ascending: a rate is about many comparisons. */
export function largerHalf(sizes: readonly number[]): number[] {
  return sizes.toSorted((a, b) => a - b).slice(Math.floor((sizes.length - 1) / 2));
}

/** Slope of the log of an arm's mean forward KL on log n, over the larger half of the sizes. */
export function klSlope(view: View, arm: string, sizes: readonly number[], rest: Condition = {}): Evidence {
  const large = largerHalf(sizes);
  return view.statistic(
    large.map((n) => view.series(arm, "forward-kl", { ...rest, n })),
    (kls) => logLogSlope(large, kls.map(mean)),
  );
}

/** Ratio of the means of one metric at two conditions, over the same seeds. */
export function ratioOfMeans(view: View, arm: string, metric: string, over: Condition, under: Condition): Evidence {
  return view.statistic(
    [view.series(arm, metric, over), view.series(arm, metric, under)],
    ([a, b]) => mean(a) / mean(b),
  );
}

/** A claim that one arm's metric lies above another's, or that a rule holds for their paired difference. */
export function pairedClaim(
  [arm, other]: readonly [string, string],
  at: (o: SyntheticOptions) => Condition,
  told: Pick<
    Claim<SyntheticOptions>,
    "kind" | "id" | "statement" | "source" | "paper" | "quantity" | "rule" | "note" | "needs"
  >,
  metric = "forward-kl",
): Claim<SyntheticOptions> {
  return {
    ...told,
    unit: "paired seeds",
    arms: [arm, other],
    evidence: (view, o) => view.paired(arm, other, metric, at(o)),
  };
}

/** How far the worst fit of a question is from its optimum, in words. */
export function convergedNote(view: View): string {
  const worst = view.arms.flatMap((arm) =>
    view.conditions.map((condition) => Math.max(...view.series(arm, "gradient-norm", condition).values))
  );
  return `Every fit ends at its optimum: the largest gradient left, per comparison, over all arms, conditions and seeds, ` +
    `is ${formatNumber(Math.max(...worst))}.`;
}

const label = (arm: string): string => methodStyle(arm).label;

/** A curve of forward KL against one knob, on a log axis. */
export function klFigure(
  view: View,
  figure: Pick<FigureSpec, "id" | "xLabel" | "caption"> & {
    readonly x: string;
    readonly xScale?: "linear" | "log" | "point";
    readonly where?: (condition: Condition) => boolean;
  },
): FigureSpec {
  const { where, ...spec } = figure;
  return {
    ...spec,
    caption: `${figure.caption} Intervals are 95% over seeds, their lower ends cut a decade below the mean.`,
    ...summaryLines,
    ...familyPanels,
    data: inFamilies(view.summary("forward-kl", { where })).map((row) => ({
      ...row,
      lower: Math.max(row.lower, row.value / 10),
    })),
    yScale: "log",
    yLabel: "KL(π* ‖ π), nats",
    alt: `Forward KL to the target against ${figure.xLabel}, one line per arm, one panel per family. ${figure.caption}`,
  };
}

/** Forward and reverse KL, entropy and the rest of the measures, one row per condition and arm. */
export function measureTable(
  view: View,
  id: string,
  caption: string,
  conditions: readonly { readonly key: string; readonly label: string }[],
): TableSpec {
  return measuresTable(view, {
    id,
    caption,
    conditions,
    measures: [
      { name: "forward-kl", label: "KL(π* ‖ π)", digits: 4 },
      { name: "reverse-kl", label: "KL(π ‖ π*)", digits: 4 },
      { name: "entropy", label: "entropy", digits: 3 },
      { name: "peaked", label: "share max p > 0.99", digits: 3 },
      { name: "gradient-norm", label: "largest gradient", largest: true },
    ],
  });
}

/** The smallest paired difference in forward KL that these seeds could have shown, in words. */
export function detectable(view: View, [arm, other]: readonly [string, string], condition: Condition): string[] {
  if (![arm, other].every((id) => view.arms.includes(id))) return [];
  const [a, b] = [arm, other].map((id) => view.series(id, "forward-kl", condition).values);
  const differences = a.map((v, i) => v - b[i]);
  const effect = minimumDetectableEffect(standardDeviation(differences) / Math.sqrt(a.length));
  const where = Object.entries(condition).map(([key, value]) =>
    `${key} = ${typeof value === "number" ? formatNumber(value, 6) : value}`
  ).join(", ");
  return [
    `With ${a.length} seeds a paired difference of ${formatNumber(effect)} nats between ${label(arm)} and ` +
    `${label(other)} at ${where} would be found with a power of 80%.`,
  ];
}
