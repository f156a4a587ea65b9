/**
 * What the question about confounding shows: figures, tables and notes.
 *
 * @module
 */
import { fromTo, labels } from "../../lib/report/captions.ts";
import { methodStyle } from "../../lib/report/methods.ts";
import { formatFixed, formatInterval } from "../../lib/report/numbers.ts";
import type { FigureSpec, TableSpec } from "../../lib/report/types.ts";
import { curve, dots } from "../../lib/run/default_figures.ts";
import type { Condition, Drawn } from "../../lib/run/experiment.ts";
import { type Measure, measuresTable } from "../../lib/run/measures_table.ts";
import { centre, summaryDots, summaryLines, type View } from "../../lib/run/view.ts";
import { pairedDifference } from "../../lib/statistics/intervals.ts";
import { leaders, probabilityOfImprovement, seedRanks } from "../../lib/statistics/ranks.ts";
import { mean } from "../../lib/statistics/summary.ts";
import { armsOf, type Collection, learners } from "./collection.ts";
import { FRONTIER, frontierMetric } from "./measures.ts";
import type { CompareOptions } from "./options.ts";
import { ends } from "./settings.ts";
import * as terms from "./terms.ts";
import { confounded, lost, noiseOnly, unlinked, value } from "./terms.ts";
import type { Family } from "./training.ts";

const label = (arm: string): string => methodStyle(arm).label;
/** With a capital. */
const sentence = (text: string): string => text[0].toUpperCase() + text.slice(1);

/** Norm of the last gradient above which a method counts as still moving; losses with an optimum end far below. */
const AT_REST = 0.003;

/** Families with a panel of their own, and what they have in common. */
const SHOWN: readonly (readonly [Family, string])[] = [
  ["pairs", "preference losses on pairs"],
  ["reward", "target laws and reward models"],
  ["other", "thumbs, revisions and principles"],
  ["outcomes", "outcomes and propensities"],
];
/** Methods of the frontier: one of each kind, and those that read propensities. */
const FRONTIER_ARMS = ["dpo", "apo-zero", "outcome-only", "dr-cpo", "dpo-weighted", "oracle"];

/** Values of each arm, `[K][R]`. */
export const valuesOf = (view: View, arms: readonly string[], condition: Condition): Float64Array[] =>
  arms.map((arm) => view.series(arm, value.name, condition).values);

/** The learner of highest mean value and those that nothing separates from it. */
interface Best {
  /** Whether the interval of its value is above 0, the value of the untrained policy in every prompt of every seed. */
  readonly moved: boolean;
  /** The best first. */
  readonly arms: readonly string[];
}

/** Who is best in a condition, and whether that is better than not to train. */
export function bestIn(view: View, condition: Condition, arms: readonly string[] = learners(view)): Best {
  const order = leaders(valuesOf(view, arms, condition), pairedDifference).map((k) => arms[k]);
  return { moved: view.mean(order[0], value.name, condition).lower > 0, arms: order };
}

/** The noise-only control and full confounding; one condition where a run has no confounding. */
const bothOf = (o: CompareOptions): readonly Condition[] =>
  ends(o).most > 0 ? [noiseOnly.of({}), confounded.of(o)] : [noiseOnly.of({})];

/** What tells such a condition from the other, in captions and panels. */
const nameOf = ({ world, confounding }: Condition): string =>
  world === "confounded" ? `confounding ${confounding}` : `${world}`;

/** A figure with a panel for the noise-only control, and one for full confounding. */
const inBoth = (figure: FigureSpec, o: CompareOptions): FigureSpec => {
  const names = bothOf(o).map(nameOf);
  const data = figure.data.map((row) => ({
    ...row,
    panel: nameOf({ world: `${row.world}`, confounding: Number(row.confounding) }),
  }));
  return { ...figure, data: data.filter(({ panel }) => names.includes(panel)), panel: "panel" };
};

/** The value of the best policy of the class and of π0, as lines. */
const bounds = (view: View) =>
  [["oracle", "Best of the class"], ["reference", "π0"]].filter(([arm]) => view.arms.includes(arm)).map((
    [arm, label],
  ) => ({ value: centre(view, arm, value.name, noiseOnly.of({})), label }));

/** What each of some methods loses, the most first. */
const lossesOf = (view: View, o: CompareOptions, arms: readonly string[]) =>
  arms.map((arm) => ({ arm, loss: mean(lost(arm).series(view, o).values) })).sort((a, b) => b.loss - a.loss);

const change = (loss: number) => `${loss < 0 ? "gains" : "loses"} ${formatFixed(Math.abs(loss), 2)}`;

/** Every method without and with confounding. */
function allMethods(view: View, o: CompareOptions): FigureSpec[] {
  const arms = learners(view),
    { most } = ends(o),
    losses = lossesOf(view, o, arms),
    [worst] = losses,
    least = losses.at(-1)!;
  const told = ({ arm, loss }: typeof worst) => `${label(arm)} ${change(loss)}`;
  const figure = inBoth(
    dots(view, value, {
      id: "confounding",
      arms,
      references: bounds(view),
      caption: most === 0
        ? `With noise only, value goes ${fromTo(view.summary(value.name, { arms }))}.`
        : losses.length > 1
        ? `From noise only to confounding ${most}, ${told(worst)}, the most of ${arms.length} methods, and ${
          told(least)
        }.`
        : `From noise only to confounding ${most}, ${told(worst)}.`,
      alt: "Value of every method at equal KL, in the noise-only control and with confounding.",
    }),
    o,
  );
  return [{ ...figure, xLabel: `value at ${o.budget} nats of KL(π ‖ π0)` }];
}

/** Value against confounding, one figure a family, each with the control in which nothing is confounded. */
function familyFigures(collection: Collection, view: View, o: CompareOptions): FigureSpec[] {
  const { most } = ends(o);
  return SHOWN.flatMap(([family, name]) => {
    const arms = armsOf(collection, view, family);
    if (arms.length === 0) return [];
    const all = view.summary(value.name, { arms });
    const panel = (title: string, ...worlds: readonly string[]) =>
      all.filter(({ world }) => worlds.includes(`${world}`)).map((row) => ({ ...row, panel: title }));
    const told = ({ arm, loss }: { arm: string; loss: number }) =>
      `${label(arm)} ${change(loss)} (in the control ${
        change(loss - mean(lost(arm, unlinked).series(view, o).values))
      })`;
    const losses = most === 0 ? [] : lossesOf(view, o, arms);
    const finding = most === 0
      ? `noise only, ${fromTo(all)}`
      : `from noise only to confounding ${most}, ${told(losses[0])}${
        losses.length > 1 ? `, ${told(losses.at(-1)!)}` : ""
      }`;
    const figure = curve(view, value, {
      id: `confounding-${family}`,
      arms,
      knob: { x: "confounding", xLabel: "how strongly a hidden type moves what readers are shown; 0: noise only" },
      references: bounds(view),
      caption: `${sentence(name)}: ${finding}.`,
      alt: `Value against the strength of confounding for ${name}, and against the same exposure where nothing is ` +
        `confounded: ${finding}.`,
    });
    const yLabel = `value at ${o.budget} nats of KL(π ‖ π0)`;
    if (most === 0) return [{ ...figure, yLabel }];
    // The noise-only control is the left end of both panels.
    const data = [
      ...panel("what is liked follows the type", "noise only", "confounded"),
      ...panel("control: it does not", "noise only", "unlinked"),
    ];
    return [{ ...figure, yLabel, data, panel: "panel" }];
  });
}

/** Mean ranks with intervals over paired seeds: methods whose intervals lie apart differ. */
function rankFigure(view: View, o: CompareOptions): FigureSpec[] {
  const arms = learners(view);
  if (arms.length < 2) return [];
  const data = bothOf(o).flatMap((condition) => {
    const own = seedRanks(valuesOf(view, arms, condition)), { seeds } = view.series(arms[0], value.name, condition);
    return arms.map((arm, k) => {
      const { estimate: value, lower, upper, n } = view.statistic([{ seeds, values: own[k] }], ([v]) => mean(v));
      return { panel: nameOf(condition), arm, value, lower, upper, seeds: n };
    });
  });
  const told = (condition: Condition) => {
    const { moved, arms: [best, ...near] } = bestIn(view, condition, arms);
    if (!moved) return `${nameOf(condition)}: no method is above the untrained policy by more than its interval`;
    return `${nameOf(condition)}: ${label(best)} has the highest mean value` +
      (near.length > 0 ? `, and ${near.length} others are not separated from it` : ", separated from all others");
  };
  return [{
    id: "mean-ranks",
    ...summaryDots,
    data,
    panel: "panel",
    xLabel: `mean rank over seeds among ${arms.length} methods, 1 is best`,
    caption: `${sentence(bothOf(o).map(told).join("; "))}.`,
    alt: "Mean rank of every method in the noise-only control and with confounding, with intervals.",
  }];
}

/** Who is ahead of whom, seed by seed. */
function improvement(view: View, o: CompareOptions): FigureSpec[] {
  const arms = learners(view);
  if (arms.length < 2) return [];
  return bothOf(o).map((condition, c) => {
    const values = valuesOf(view, arms, condition), name = sentence(nameOf(condition));
    // By mean value, so that the order can be read off the diagonal.
    const order = arms.map((_, k) => k).sort((a, b) => mean(values[b]) - mean(values[a]));
    const data = order.flatMap((a) =>
      order.map((b) => {
        const { estimate, lower, upper, n } = probabilityOfImprovement(values[a], values[b]);
        const shown = a === b ? "" : String(Math.round(100 * estimate));
        return { arm: arms[a], other: arms[b], probability: estimate, lower, upper, seeds: n, shown };
      })
    );
    const sure = data.filter(({ lower, arm, other }) => arm !== other && lower > 0.5).length;
    return {
      id: `improvement-${c === 0 ? "least" : "most"}`,
      kind: "cells",
      data,
      x: "other",
      xMethods: true,
      by: "arm",
      value: "probability",
      text: "shown",
      domain: [0, 1],
      middle: 0.5,
      xLabel: "than this method",
      yLabel: `${name}: probability, in %, that a row's method has the higher value`,
      caption:
        `${name}: the order is decided for ${sure} of ${arms.length * (arms.length - 1) / 2} pairs of methods, ` +
        `whose 95% Wilson interval over ${o.seeds} paired seeds excludes one half; ${label(arms[order[0]])} is first.`,
      alt: `Heat map of the probability that one method is ahead of another: ${nameOf(condition)}.`,
    };
  });
}

/** Value against KL spent, without and with confounding. */
function frontier(view: View, o: CompareOptions): FigureSpec[] {
  const last = confounded.of(o), arms = FRONTIER_ARMS.filter((arm) => view.arms.includes(arm));
  if (arms.length === 0) return [];
  const metric = (share: number) => share === 1 ? value.name : frontierMetric(share);
  const data = bothOf(o).flatMap((condition) =>
    arms.flatMap((arm) =>
      FRONTIER.map((share) => {
        const { estimate: value, lower, upper, n: seeds } = view.mean(arm, metric(share), condition);
        return { panel: nameOf(condition), arm, kl: share * o.budget, value, lower, upper, seeds };
      })
    )
  );
  const tried = arms.filter((arm) => arm !== "oracle"), [first, end] = [FRONTIER[0], FRONTIER.at(-1)!];
  const bought = (arm: string) => centre(view, arm, metric(end), last) - centre(view, arm, metric(first), last);
  const flat = (tried.length > 0 ? tried : arms).reduce((a, b) => bought(b) < bought(a) ? b : a);
  return [{
    id: "frontier",
    ...summaryLines,
    data,
    x: "kl",
    panel: "panel",
    xLabel: "KL(π ‖ π0) spent along each method's direction, nats",
    yLabel: value.axis,
    caption: `What each nat buys. With ${nameOf(last)}, going from ${first * o.budget} to ` +
      `${end * o.budget} nats buys ${label(flat)} least: ${formatFixed(bought(flat), 2)}.`,
    alt: "Value against KL from the reference, one line a method, in the noise-only control and with confounding.",
  }];
}

/** Calibration of implicit rewards as trained. */
function calibrationFigure(view: View, o: CompareOptions): FigureSpec[] {
  const arms = learners(view);
  const over = arms.filter((arm) => view.mean(arm, terms.slope.name, noiseOnly.of({})).lower > 1.2);
  return [inBoth(
    dots(view, terms.calibration, {
      id: "calibration",
      arms,
      caption:
        "How far the preferences that τ log(π/π0) predicts are from the true ones, as trained. With noise only " +
        (over.length === 0
          ? "no method overstates the reward by a fifth or more."
          : `${labels(over)} overstate${over.length === 1 ? "s" : ""} the reward by a fifth or more.`),
    }),
    o,
  )];
}

/** A table with a row for each kind of readers and method. */
const measured = (view: View, id: string, caption: string, measures: readonly Measure[]): TableSpec =>
  measuresTable(view, {
    id,
    caption,
    conditions: [{ key: "world", label: "readers" }, { key: "confounding", label: "confounding" }],
    measures,
  });

export const confounding = (collection: Collection): Drawn<CompareOptions> => ({
  figures: (view, o) => [
    ...allMethods(view, o),
    ...familyFigures(collection, view, o),
    ...rankFigure(view, o),
    ...improvement(view, o),
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
    const arms = learners(view), last = confounded.of(o), { moved, arms: best } = bestIn(view, last);
    const { estimate, lower, upper } = view.mean(best[0], value.name, last);
    const restless = arms.filter((arm) => centre(view, arm, terms.gradient.name, last) > AT_REST);
    const still = arms.filter((arm) => view.mean(arm, value.name, last).lower <= 0);
    return [
      (moved
        ? `Not separated from the best (${nameOf(last)}): ${labels(best)}; the best has `
        : `No method beats the untrained policy (${nameOf(last)}); the highest value is `) +
      `${formatInterval(estimate, lower, upper)}.`,
      `Not shown to beat the untrained policy (${nameOf(last)}): ${labels(still)}.`,
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
