/**
 * What the question about confounding shows: figures, tables and notes.
 *
 * @module
 */
import { fromTo, labels } from "../../lib/report/captions.ts";
import { labelOf } from "../../lib/report/methods.ts";
import { formatFixed, formatInterval } from "../../lib/report/numbers.ts";
import type { FigureSpec, TableSpec } from "../../lib/report/types.ts";
import { curve, dots, range } from "../../lib/run/default_figures.ts";
import type { Condition, Drawn } from "../../lib/run/experiment.ts";
import { type Measure, measuresTable } from "../../lib/run/measures_table.ts";
import type { Metric } from "../../lib/run/quantity.ts";
import { centre, summaryDots, summaryLines, type View } from "../../lib/run/view.ts";
import { pairedDifference } from "../../lib/statistics/intervals.ts";
import { leaders, seedRanks } from "../../lib/statistics/ranks.ts";
import { mean } from "../../lib/statistics/summary.ts";
import { armsOf, type Collection, learners } from "./collection.ts";
import { FRONTIER, frontierMetric } from "./measures.ts";
import type { PopulationOptions } from "./options.ts";
import { ends } from "./settings.ts";
import * as terms from "./terms.ts";
import { confounded, lost, noiseOnly, value } from "./terms.ts";
import type { Family } from "./training.ts";

/** With a capital. */
const sentence = (text: string): string => text[0].toUpperCase() + text.slice(1);

/** Norm of the last gradient above which a method counts as still moving; losses with an optimum end far below. */
const AT_REST = 0.003;

/** Families with a panel of their own, and what they have in common. */
const FAMILIES: Readonly<Partial<Record<Family, string>>> = {
  pairs: "preference losses on pairs",
  reward: "target laws and reward models",
  other: "thumbs, revisions and principles",
  outcomes: "outcomes and propensities",
};
/** Methods of the frontier beside DPO: one of each kind, and those that read propensities. */
const FRONTIER_ARMS = ["apo-zero", "outcome-only", "dr-cpo", "dpo-weighted", "oracle"];

/** Values of each arm, `[K][R]`. */
export const valuesOf = (view: View, arms: readonly string[], condition: Condition): Float64Array[] =>
  arms.map((arm) => view.series(arm, value.name, condition).values);

/** Said in place of an order of methods, where replicates are too few for any verdict. */
export const FEW_SEEDS = "not enough seeds";

/** The learner of highest mean value and those that nothing separates from it. */
interface Best {
  /** Whether replicates are enough to tell methods apart. */
  readonly enough: boolean;
  /** Whether the interval of its value is above 0, the value of the untrained policy in every prompt of every seed. */
  readonly moved: boolean;
  /** The best first. */
  readonly arms: readonly string[];
}

/** Who is best in a condition, and whether that is better than not to train. */
export function bestIn(view: View, condition: Condition, arms: readonly string[] = learners(view)): Best {
  const order = leaders(valuesOf(view, arms, condition), pairedDifference).map((k) => arms[k]);
  const { lower, short } = view.mean(order[0], value, condition);
  return { enough: short === undefined, moved: lower > 0, arms: order };
}

/** The noise-only control and full confounding; one condition where a run has no confounding. */
const bothOf = (o: PopulationOptions): readonly Condition[] =>
  ends(o).most > 0 ? [noiseOnly.of({}), confounded.of(o)] : [noiseOnly.of({})];

/** What tells such a condition from the other, in captions and panels. */
const nameOf = ({ world, confounding }: Condition): string =>
  world === "confounded" ? `confounding ${confounding}` : `${world}`;

/** Full confounding beside the control in which the type is noise, in one row. */
const MARKS = { confounded: "confounded", "noise only": "not confounded: noise only" };
/** And the control in which readers are shown as unevenly by a type that has nothing to do with what they like. */
const ALL_MARKS = { ...MARKS, unlinked: "not confounded, shown as unevenly" };

/** A metric of some methods at the strongest confounding, and where nothing is confounded. */
const inBoth = (view: View, o: PopulationOptions, metric: Metric, figure: Parameters<typeof dots>[2], names = MARKS) =>
  dots(view, metric, {
    ...figure,
    where: ({ world, confounding }) => world === "noise only" || confounding === ends(o).most,
    marks: { key: "world", names },
  });

/** Some methods by the mean of their value at the strongest confounding, the best first. */
const byValue = (view: View, o: PopulationOptions, arms: readonly string[]) =>
  arms.toSorted((a, b) =>
    centre(view, b, value.name, confounded.of(o)) - centre(view, a, value.name, confounded.of(o))
  );

/** The value of the best policy of the class and of π0, as lines. */
const bounds = (view: View) =>
  [["oracle", "Best of the class"], ["reference", "π0"]].filter(([arm]) => view.arms.includes(arm)).map((
    [arm, label],
  ) => ({ value: centre(view, arm, value.name, noiseOnly.of({})), label }));

/** What each of some methods loses, the most first. */
const lossesOf = (view: View, o: PopulationOptions, arms: readonly string[]) =>
  arms.map((arm) => ({ arm, loss: mean(lost(arm).series(view, o).values) })).sort((a, b) => b.loss - a.loss);

const change = (loss: number) => `${loss < 0 ? "gains" : "loses"} ${formatFixed(Math.abs(loss), 2)}`;

/** Every method without and with confounding. */
function allMethods(view: View, o: PopulationOptions): FigureSpec[] {
  const arms = learners(view),
    { most } = ends(o),
    losses = lossesOf(view, o, arms),
    [worst] = losses,
    least = losses.at(-1)!;
  const told = ({ arm, loss }: typeof worst) => `${labelOf(arm)} ${change(loss)}`;
  return [{
    ...inBoth(view, o, value, {
      id: "confounding",
      arms: byValue(view, o, arms),
      references: bounds(view),
      caption: most === 0
        ? `With noise only, value goes ${fromTo(view.summary(value, { arms }))}.`
        : losses.length > 1
        ? `From noise only to confounding ${most}, ${told(worst)}, the most of ${arms.length} methods, and ${
          told(least)
        }.`
        : `From noise only to confounding ${most}, ${told(worst)}.`,
      alt: "Value of every method at equal KL with confounding, highest first, beside two controls without.",
    }, ALL_MARKS),
    xLabel: `value at ${o.budget} nats of KL(π ‖ π0)`,
  }];
}

/** Value against confounding, one panel a family. */
function byStrength(collection: Collection, view: View, o: PopulationOptions): FigureSpec[] {
  const { most } = ends(o);
  if (most === 0) return [];
  const families = Object.entries(FAMILIES).map(([family, panel]) => (
    { panel, arms: armsOf(collection, view, family as Family) }
  )).filter(({ arms }) => arms.length > 0);
  const arms = families.flatMap((family) => family.arms);
  if (arms.length === 0) return [];
  const worst = families.map((family) => lossesOf(view, o, family.arms)[0]);
  const figure = curve(view, value, {
    id: "confounding-strength",
    arms,
    where: ({ world }) => world !== "unlinked",
    knob: { x: "confounding", xLabel: "how strongly a hidden type moves what readers are shown; 0: noise only" },
    references: bounds(view),
    caption: `Family by family, most of its value at strength ${most} loses: ${
      worst.map(({ arm, loss }) => `${labelOf(arm)} (${formatFixed(loss, 2)})`).join(", ")
    }.`,
  });
  const data = families.flatMap(({ panel, arms }) =>
    figure.data.filter(({ arm }) => arms.includes(`${arm}`)).map((row) => ({ ...row, panel }))
  );
  return [{ ...figure, yLabel: `value at ${o.budget} nats of KL(π ‖ π0)`, data, panel: "panel" }];
}

/** Mean rank of some methods in a condition over paired seeds, each with its interval. */
export function meanRanks(view: View, arms: readonly string[], condition: Condition) {
  const own = seedRanks(valuesOf(view, arms, condition)), { seeds } = view.series(arms[0], value.name, condition);
  return arms.map((arm, k) => {
    const { estimate: value, lower, upper, n } = view.statistic(
      [{ seeds, values: own[k] }],
      ([v]) => mean(v),
      "smooth",
      [1, arms.length],
    );
    return { arm, value, lower, upper, seeds: n };
  });
}

/** Mean ranks: methods whose intervals lie apart differ. */
function rankFigure(view: View, o: PopulationOptions): FigureSpec[] {
  const arms = byValue(view, o, learners(view));
  if (arms.length < 2) return [];
  const told = (condition: Condition) => {
    const { enough, moved, arms: [best, ...near] } = bestIn(view, condition, arms);
    if (!enough) return `${nameOf(condition)}: ${FEW_SEEDS} to tell methods apart`;
    if (!moved) return `${nameOf(condition)}: no method is above the untrained policy by more than its interval`;
    return `${nameOf(condition)}: ${labelOf(best)} has the highest mean value` +
      (near.length > 0 ? `, and ${near.length} others are not separated from it` : ", separated from all others");
  };
  return [{
    id: "mean-ranks",
    ...summaryDots,
    data: bothOf(o).toReversed().flatMap((condition) =>
      meanRanks(view, arms, condition).map((row) => ({ ...row, readers: nameOf(condition) }))
    ),
    mark: "readers",
    xLabel: `mean rank over seeds among ${arms.length} methods, 1 is best`,
    caption: `${sentence(bothOf(o).map(told).join("; "))}.`,
    alt: "Mean rank of every method with confounding and in the noise-only control, with intervals.",
  }];
}

/**
 * Methods in tiers: the best by mean value and all whose paired difference to it has an interval that reaches 0, then the
 * same of those that are left.
 */
function tiersIn(view: View, arms: readonly string[], condition: Condition): Map<string, number> {
  const tiers = new Map<string, number>();
  for (let tier = 1, left = arms; left.length > 0; tier++) {
    const order = leaders(valuesOf(view, left, condition), pairedDifference);
    for (const k of order) tiers.set(left[k], tier);
    left = left.filter((arm) => !tiers.has(arm));
  }
  return tiers;
}

/** Who is not separated from whom, in the control and with confounding. */
function tierFigure(view: View, o: PopulationOptions): FigureSpec[] {
  const arms = byValue(view, o, learners(view)), shown = bothOf(o);
  if (arms.length < 2 || !bestIn(view, shown[0], arms).enough) return [];
  const tiers = shown.map((condition) => tiersIn(view, arms, condition));
  const data = arms.flatMap((arm) =>
    shown.map((condition, c) => {
      const tier = tiers[c].get(arm)!, { estimate, lower, upper, n } = view.mean(arm, value, condition);
      const text = `tier ${tier}: ${formatFixed(estimate, 2)}`;
      return { arm, readers: nameOf(condition), tier, value: estimate, lower, upper, seeds: n, text };
    })
  );
  const counts = tiers.map((own) => Math.max(...own.values())),
    first = (own: Map<string, number>) => arms.filter((arm) => own.get(arm) === 1).length;
  return [{
    id: "tiers",
    kind: "cells",
    data,
    x: "readers",
    by: "arm",
    value: "tier",
    text: "text",
    domain: [Math.max(...counts), 1],
    xLabel: "readers",
    yLabel: "tier of methods not separated from the best of those that are left, and mean value",
    caption: shown.map((condition, c) =>
      `${sentence(nameOf(condition))}: ${counts[c]} ${counts[c] === 1 ? "tier" : "tiers"} of ${arms.length} methods, ${
        first(tiers[c])
      } in the first.`
    ).join(" "),
    alt: "Methods by value at full confounding, with the tier of each in the noise-only control and with confounding.",
  }];
}

/** Value less DPO's against KL spent, without and with confounding. */
function frontier(view: View, o: PopulationOptions): FigureSpec[] {
  const last = confounded.of(o), arms = FRONTIER_ARMS.filter((arm) => view.arms.includes(arm));
  if (arms.length === 0 || !view.arms.includes("dpo")) return [];
  const lead = (arm: string, share: number, condition: Condition) =>
    view.paired(arm, "dpo", share === 1 ? value : { name: frontierMetric(share) }, condition);
  const data = bothOf(o).flatMap((condition) =>
    arms.flatMap((arm) =>
      FRONTIER.map((share) => {
        const { estimate: value, lower, upper, n: seeds } = lead(arm, share, condition);
        return { panel: nameOf(condition), arm, kl: share * o.budget, value, lower, upper, seeds };
      })
    )
  );
  const end = FRONTIER.at(-1)!,
    at = arms.map((arm) => {
      const { estimate: value, lower, upper } = lead(arm, end, last);
      return { arm, value, lower, upper };
    });
  return [{
    id: "frontier",
    ...summaryLines,
    data,
    x: "kl",
    panel: "panel",
    references: [{ value: 0, label: "DPO" }],
    xLabel: "KL(π ‖ π0) spent along each method's direction, nats",
    yLabel: "value − value of DPO at the same KL",
    caption: `With ${nameOf(last)}, value less that of DPO, both at ${end * o.budget} nats, goes ${fromTo(at)}.`,
    alt: "Value less DPO's against KL from the reference, one line a method, in the noise-only control and confounded.",
  }];
}

/** Calibration of implicit rewards as trained. */
function calibrationFigure(view: View, o: PopulationOptions): FigureSpec[] {
  const arms = learners(view);
  return [inBoth(view, o, terms.calibration, {
    id: "calibration",
    arms: byValue(view, o, arms),
    caption: `How far the preferences that τ log(π/π0) predicts are from the true ones, as trained: ${
      range(view, o, terms.calibration, confounded, arms)
    } under full confounding.`,
  })];
}

/** A table with a row for each kind of readers and method. */
const measured = (view: View, id: string, caption: string, measures: readonly Measure[]): TableSpec =>
  measuresTable(view, {
    id,
    caption,
    conditions: [{ key: "world", label: "readers" }, { key: "confounding", label: "confounding" }],
    measures,
  });

export const confounding = (collection: Collection): Drawn<PopulationOptions> => ({
  figures: (view, o) => [
    ...allMethods(view, o),
    ...byStrength(collection, view, o),
    ...tierFigure(view, o),
    ...rankFigure(view, o),
    ...frontier(view, o),
    ...calibrationFigure(view, o),
  ],
  tables: (view) => [
    {
      id: "methods",
      caption:
        "What each method is given. All get n readers; SAMI draws n samples instead. The reader's type is given " +
        "to none, but through propensities: here the platform recorded the type, and with what chance it showed a response.",
      columns: [
        { key: "arm", label: "method", method: true },
        { key: "family", label: "family" },
        { key: "reads", label: "what it reads" },
      ],
      rows: collection.methods.filter(({ id }) => view.arms.includes(id)).map(({ id, family, reads }) => ({
        arm: id,
        family,
        reads,
      })),
    },
    measured(
      view,
      "confounding",
      "At equal KL: value, regret to the best policy of the class, value for the worse-off reader type and in " +
        "the worst group of prompts, entropy, KL to the target law π0 exp(quality/τ).",
      [
        { ...value, better: "higher" },
        terms.regret,
        { ...terms.worstType, label: "worse type" },
        terms.worstTopic,
        terms.entropy,
        terms.klToTarget,
      ],
    ),
    measured(
      view,
      "as-trained",
      "As trained at the same τ, before any scaling: objective V − τ KL, value, KL, entropy, KL to the target; " +
        "slope and correlation of the implicit reward with quality, its calibration error, the last gradient.",
      [
        { ...terms.objective, better: "higher" },
        terms.valueAsTrained,
        terms.klAsTrained,
        terms.entropyAsTrained,
        terms.klToTargetAsTrained,
        terms.slope,
        terms.correlation,
        terms.calibration,
        terms.gradient,
      ],
    ),
  ],
  notes(view, o) {
    const arms = learners(view), last = confounded.of(o), { enough, moved, arms: best } = bestIn(view, last);
    const { estimate, lower, upper } = view.mean(best[0], value, last);
    const restless = arms.filter((arm) => centre(view, arm, terms.gradient.name, last) > AT_REST);
    const still = arms.filter((arm) => view.mean(arm, value, last).lower <= 0);
    const order = [
      (moved
        ? `Not separated from the best (${nameOf(last)}): ${labels(best)}; the best has `
        : `No method beats the untrained policy (${nameOf(last)}); the highest value is `) +
      `${formatInterval(estimate, lower, upper)}.`,
      `Not shown to beat the untrained policy (${nameOf(last)}): ${labels(still)}.`,
    ];
    return [
      ...enough
        ? order
        : [`There are ${FEW_SEEDS} to tell methods apart, or from the untrained policy: no tiers are shown.`],
      "What τ does not set: SimPO's margin is β/2, ORPO's weight 0.1, SSAPO's radius 0.01 and floor 0.02 in " +
      "probabilities, for three rounds on the same pairs without annotation of its own; SAMI takes a tenth of the " +
      "steps, since its loss has no optimum. Responses are whole, so that nothing is normalised by length.",
      `Not at rest after ${o.steps} steps, with a gradient above ${AT_REST}: ${labels(restless)}. Their numbers as ` +
      "trained depend on the number of steps.",
      `SAMI's level is an assumption, not a finding: its principle is given a correlation of ${o.principle} with quality.`,
      "A revision's loser is always the response that was shown: what the log shows too often is pushed down, whoever " +
      "saw it. That is a bias without confounding, and works against this confounder.",
      "A recorded propensity tells readers of the two types apart to anyone who looks. What methods do with propensities " +
      "where the type was not recorded, or badly, is a question of its own.",
      "The variance of reactions to π0 is the same in all conditions; that of what is logged is not held.",
    ];
  },
});
