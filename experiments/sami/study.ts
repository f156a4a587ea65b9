/**
 * What every question of the synthetic part shares: drawing worlds, training, exact measures, claims about one metric, and
 * how a curve is drawn and tabled.
 *
 * @module
 */
import { constitutionPolicy } from "../../lib/policies/constitution_policy.ts";
import type { FigureSpec, TableSpec } from "../../lib/report/types.ts";
import { methodStyle } from "../../lib/report/methods.ts";
import { formatInterval } from "../../lib/report/numbers.ts";
import type { Claim, Condition, UnitContext } from "../../lib/run/experiment.ts";
import { measuresTable } from "../../lib/run/measures_table.ts";
import { type Series, summaryLines, type View } from "../../lib/run/view.ts";
import { type Evidence, NothingToTest } from "../../lib/statistics/claims.ts";
import { meanInterval } from "../../lib/statistics/intervals.ts";
import { mean } from "../../lib/statistics/summary.ts";
import type { Rng } from "../../lib/random.ts";
import {
  measureConstitutions,
  type PrincipleSettings,
  type PrincipleWorld,
  principleWorld,
  winRate,
} from "../../lib/worlds/principles.ts";
import type { SyntheticOptions } from "./options.ts";
import { methods, type TrainedArm, type Training } from "./training.ts";

/** Said in the method line of every question. */
export const PROTOCOL =
  "Every seed is a new world, whose queries, constitutions and random draws all arms share; mutual information, KL, junk " +
  "and win rates are exact by enumeration. ";

/** One world with its base policy. */
export interface Case {
  readonly world: PrincipleWorld;
  /** log-probs of the base policy `[X, C, A]`. */
  readonly logBase: Float64Array;
  /** Draws of training. */
  readonly rng: Rng;
  /** What is trained here, and on which replicate. */
  readonly run: { readonly arm: string; readonly seed: number };
}

type Context = Pick<UnitContext<SyntheticOptions, unknown>, "options" | "streams" | "arm" | "seeds">;

/** One case a seed of the block. */
export function casesOf({ options, streams, arm, seeds }: Context, settings: Partial<PrincipleSettings> = {}): Case[] {
  const draws = streams("training");
  return streams("world").map((rng, r) => {
    const { queries, principles, responses, junk, link, junkLink } = options;
    const world = principleWorld({ queries, principles, responses, junk, link, junkLink, ...settings }, rng);
    const run = { arm, seed: seeds[r] };
    return { world, logBase: constitutionPolicy(world.pool, world.start).all(), rng: draws[r], run };
  });
}

/** The training that options and a world ask for. */
export function trainingOf({ world, run }: Case, options: SyntheticOptions, multiple = 1): Training {
  return {
    pool: world.pool,
    start: world.start,
    steps: options.steps.map((steps) => steps * multiple),
    batch: options.batch,
    rate: options.rate,
    klWeight: options.klWeight,
    beta: options.dpoBeta,
    queries: Uint32Array.from({ length: world.queries }, (_, x) => x),
    constitutions: allConstitutions(world),
    scores: world.alignment,
    run,
  };
}

/** The numbers of all constitutions. */
export function allConstitutions({ pool }: PrincipleWorld): number[] {
  return Array.from({ length: pool.constitutions }, (_, c) => c);
}

/** The method of an arm that trains. */
export const methodOf = (arm: string) => methods[arm as TrainedArm];

/** log-probs of the policy at some weights `[X, C, A]`. */
export function policyAt({ world }: Case, theta: Float64Array): Float64Array {
  return constitutionPolicy(world.pool, theta).all();
}

/** Exact measures of a policy, by metric; over some constitutions. */
export function measure({ world, logBase }: Case, logPolicy: Float64Array, over = allConstitutions(world)) {
  const { information, alignment, junk, kl, logBase: usual, length } = measureConstitutions(
    world,
    logPolicy,
    logBase,
    over,
  );
  return {
    information,
    alignment,
    junk,
    kl,
    "log-base": usual,
    length,
    "win-rate": winRate(world.pool, world.alignment, logPolicy, logBase, over),
  };
}

/** One list a metric from one record a seed. */
export function columns<K extends string>(rows: readonly Readonly<Record<K, number>>[]): Record<K, number[]> {
  const keys = Object.keys(rows[0]) as K[];
  return Object.fromEntries(keys.map((key) => [key, rows.map((row) => row[key])])) as Record<K, number[]>;
}

/** Ratio of the means over seeds of one metric at two conditions or arms. */
export function ratio(
  view: View,
  metric: string,
  [arm, at]: readonly [string, Condition],
  [other, under]: readonly [string, Condition],
): Evidence {
  return view.statistic(
    [view.series(arm, metric, at), view.series(other, metric, under)],
    ([a, b]) => mean(a) / mean(b),
  );
}

/**
 * A share of a gain: the ratio of two means over seeds, where there is a gain to have a share of.
 *
 * @param what the whole, in words, such as "the gain without noise"
 * @throws NothingToTest where the whole is not above 0 beyond what seeds vary by
 */
export function shareOf(view: View, [part, whole]: readonly [Series, Series], what: string): Evidence {
  if (!(meanInterval(whole.values).lower > 0)) throw new NothingToTest(`this needs ${what} to be above 0 over seeds`);
  return view.statistic([part, whole], ([a, b]) => mean(a) / mean(b));
}

/** Difference of the means over paired seeds of one metric at two conditions of one arm. */
export function change(view: View, metric: string, arm: string, to: Condition, from: Condition): Evidence {
  return view.statistic(
    [view.series(arm, metric, to), view.series(arm, metric, from)],
    ([a, b]) => mean(a) - mean(b),
  );
}

/** A claim on one metric: its rule holds for the paired difference of two arms. */
export function pairedClaim(
  [arm, other]: readonly [string, string],
  metric: string,
  at: (o: SyntheticOptions) => Condition,
  told: Pick<
    Claim<SyntheticOptions>,
    "kind" | "id" | "statement" | "source" | "paper" | "quantity" | "rule" | "note" | "needs"
  >,
): Claim<SyntheticOptions> {
  return {
    ...told,
    unit: "paired seeds",
    arms: [arm, other],
    evidence: (view, o) => view.paired(arm, other, metric, at(o)),
  };
}

const label = (arm: string): string => methodStyle(arm).label;

/** An arm's mean with its interval, in words. */
export function told(view: View, arm: string, metric: string, at: Condition): string {
  const { estimate, lower, upper } = view.mean(arm, metric, at);
  return `${label(arm)} ${formatInterval(estimate, lower, upper)}`;
}

/** The arms with the highest and the lowest mean of a metric at a condition, in words. */
export function extremes(view: View, metric: string, at: Condition, arms: readonly string[] = view.arms): string {
  const ranked = arms.filter((arm) => view.arms.includes(arm))
    .toSorted((a, b) => view.mean(b, metric, at).estimate - view.mean(a, metric, at).estimate);
  const [first, last] = [ranked[0], ranked.at(-1)!].map((arm) => told(view, arm, metric, at));
  return ranked.length === 1 ? first : `highest ${first}, lowest ${last}`;
}

/** A curve of one metric against one knob, one line per arm. */
export function curve(
  view: View,
  metric: string,
  figure: Pick<FigureSpec, "id" | "xLabel" | "yLabel" | "caption" | "references"> & {
    readonly x: string;
    readonly xScale?: "linear" | "log";
    readonly yScale?: "linear" | "log";
    readonly arms?: readonly string[];
  },
): FigureSpec {
  const { arms, ...spec } = figure;
  return {
    ...spec,
    caption: `${figure.caption} Bands are 95% intervals over seeds.`,
    ...summaryLines,
    data: view.summary(metric, { arms }),
    alt: `${figure.yLabel} against ${figure.xLabel}, one line per arm. ${figure.caption}`,
  };
}

/** Axis and reference of a curve of win rates. */
export const WINS = {
  yLabel: "win rate against the base policy",
  references: [{ value: 0.5, label: "base policy" }],
} as const;

/** What each metric is, as a heading, with its decimals. */
const HEADINGS: Readonly<Record<string, readonly [label: string, digits: number]>> = {
  "information": ["I(Y;C|X)", 3],
  "win-rate": ["win rate", 3],
  "alignment": ["alignment", 3],
  "junk": ["P(junk)", 4],
  "kl": ["KL(π ‖ base)", 3],
  "log-base": ["E log base", 2],
  "length": ["length", 2],
};

/** One row per condition and arm: the first metric with its interval, the others as means. */
export function measureTable(
  view: View,
  id: string,
  caption: string,
  conditions: readonly { readonly key: string; readonly label: string }[],
  metrics: readonly string[] = ["information", "win-rate", "alignment", "junk", "kl", "log-base"],
): TableSpec {
  const measures = metrics.map((metric) => ({ name: metric, label: HEADINGS[metric][0], digits: HEADINGS[metric][1] }));
  return measuresTable(view, { id, caption, conditions, measures });
}
