/**
 * What does a hidden reader type do to each method?
 *
 * @module
 */
import { fromTo, labels } from "../../lib/report/captions.ts";
import { methodStyle } from "../../lib/report/methods.ts";
import { formatFixed, formatInterval } from "../../lib/report/numbers.ts";
import type { FigureSpec, TableSpec } from "../../lib/report/types.ts";
import { type Condition, type Question, question } from "../../lib/run/experiment.ts";
import { summaryDots, summaryLines, type SummaryRow, type View } from "../../lib/run/view.ts";
import { probabilityOfImprovement, seedRanks } from "../../lib/statistics/ranks.ts";
import { mean } from "../../lib/statistics/summary.ts";
import { answer } from "./answer.ts";
import {
  armsOf,
  bestIn,
  type Collection,
  confounded,
  controlAndConfounded,
  ends,
  learners,
  losses,
  nameOfWorld,
  NOISE_ONLY,
  PROTOCOL,
  unlinked,
  valuesOf,
} from "./collection.ts";
import { confoundingClaims } from "./confounding_claims.ts";
import { FRONTIER, frontierMetric } from "./measures.ts";
import type { CompareOptions } from "./options.ts";
import type { Family } from "./study.ts";
import { CENTRE, type Setting } from "./tasks.ts";

const label = (arm: string): string => methodStyle(arm).label;

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

/** The value of the best policy of the class and of π0, as lines. */
function bounds(view: View) {
  const value = (arm: string) => mean(view.series(arm, "value", NOISE_ONLY).values);
  return ["oracle", "reference"].filter((arm) => view.arms.includes(arm)).map((arm) => ({
    value: value(arm),
    label: arm === "oracle" ? "Best of the class" : "π0",
  }));
}

/** Value against confounding, one figure a family, each with the control in which nothing is confounded. */
function familyFigures(collection: Collection, view: View, o: CompareOptions): FigureSpec[] {
  const { most } = ends(o);
  return SHOWN.flatMap(([family, name]) => {
    const arms = armsOf(collection, view, family);
    if (arms.length === 0) return [];
    const all = view.summary("value", { arms }),
      some = (...worlds: readonly string[]) => all.filter(({ world }) => worlds.includes(String(world)));
    // The noise-only control is the left end of both panels.
    const data = most === 0 ? all : [
      ...some("noise only", "confounded").map((row) => ({ ...row, panel: "what is liked follows the type" })),
      ...some("noise only", "unlinked").map((row) => ({ ...row, panel: "control: it does not" })),
    ];
    const costs = arms.map((arm) => {
      const all = mean(losses(view, arm, o));
      return { arm, all, control: most === 0 ? 0 : all - mean(losses(view, arm, o, unlinked(o))) };
    }).sort((a, b) => b.all - a.all);
    const change = (cost: number) => `${cost < 0 ? "gains" : "loses"} ${formatFixed(Math.abs(cost), 2)}`;
    const told = ({ arm, all, control }: typeof costs[number]) =>
      `${label(arm)} ${change(all)} (in the control ${change(control)})`;
    const finding = most === 0
      ? `noise only, ${fromTo(all)}`
      : `from noise only to confounding ${most} ${told(costs[0])}${costs.length > 1 ? `, ${told(costs.at(-1)!)}` : ""}`;
    return [{
      id: `confounding-${family}`,
      ...summaryLines,
      data,
      x: "confounding",
      ...(most === 0 ? {} : { panel: "panel" }),
      xLabel: "how strongly a hidden type moves what readers are shown; 0: noise only",
      yLabel: `value at ${o.budget} nats of KL(π ‖ π0)`,
      references: bounds(view),
      caption: `${name[0].toUpperCase()}${name.slice(1)}: ${finding}. Bands are 95% intervals over ${o.seeds} seeds.`,
      alt: `Value against the strength of confounding for ${name}, and against the same exposure where nothing is ` +
        `confounded: ${finding}.`,
    }];
  });
}

/** Value against KL spent, without and with confounding. */
function frontier(view: View, o: CompareOptions): FigureSpec[] {
  const last = nameOfWorld(confounded(o)), arms = FRONTIER_ARMS.filter((arm) => view.arms.includes(arm));
  if (arms.length === 0) return [];
  const data = controlAndConfounded(o).flatMap((condition) =>
    arms.flatMap((arm) =>
      FRONTIER.map((share) => {
        const metric = share === 1 ? "value" : frontierMetric(share);
        const { estimate: value, lower, upper, n: seeds } = view.mean(arm, metric, condition);
        return { panel: nameOfWorld(condition), arm, kl: share * o.budget, value, lower, upper, seeds };
      })
    )
  );
  const tried = arms.filter((arm) => arm !== "oracle");
  const slope = (arm: string) => {
    const at = (share: number) =>
      data.find((row) =>
        row.arm === arm && row.panel === last &&
        row.kl === share * o.budget
      )!.value;
    return at(FRONTIER.at(-1)!) - at(FRONTIER[0]);
  };
  const flat = (tried.length > 0 ? tried : arms).toSorted((a, b) => slope(a) - slope(b))[0];
  return [{
    id: "frontier",
    ...summaryLines,
    data,
    x: "kl",
    panel: "panel",
    xLabel: "KL(π ‖ π0) spent along each method's direction, nats",
    yLabel: "value",
    caption: `What each nat buys. In the panel "${last}", going from ${FRONTIER[0] * o.budget} to ` +
      `${FRONTIER.at(-1)! * o.budget} nats buys ${label(flat)} least: ${formatFixed(slope(flat), 2)}.`,
    alt: "Value against KL from the reference, one line a method, in the noise-only control and with confounding.",
  }];
}

/** Mean ranks with intervals of a paired bootstrap over seeds: methods whose intervals lie apart differ. */
function rankFigure(view: View, o: CompareOptions): FigureSpec[] {
  const arms = learners(view), both = controlAndConfounded(o);
  if (arms.length < 2) return [];
  const data = both.flatMap((condition) => {
    const own = seedRanks(valuesOf(view, arms, condition)),
      { seeds } = view.series(arms[0], "value", condition);
    return arms.map((arm, k) => {
      const { estimate: value, lower, upper, n } = view.statistic([{ seeds, values: own[k] }], ([v]) => mean(v));
      return { panel: nameOfWorld(condition), arm, value, lower, upper, seeds: n };
    });
  });
  const told = (condition: Condition) => {
    const { moved, arms: [best, ...near] } = bestIn(view, condition, arms);
    if (!moved) return `${nameOfWorld(condition)}: no method is above the untrained policy by more than its interval`;
    return `${nameOfWorld(condition)}: ${label(best)} has the highest mean value` +
      (near.length > 0 ? `, and ${near.length} others are not separated from it` : ", separated from all others");
  };
  return [{
    id: "mean-ranks",
    ...summaryDots,
    data,
    panel: "panel",
    xLabel: "mean rank over seeds, 1 is best",
    caption:
      `${
        sentence(both.map(told).join("; "))
      }. Ranks are taken seed by seed among ${arms.length} methods; bars are 95% ` +
      "intervals of a bootstrap that draws whole seeds, the same for all methods.",
    alt: "Mean rank of every method in the noise-only control and with confounding, with intervals.",
  }];
}

/** Who is ahead of whom, seed by seed. */
function improvement(view: View, o: CompareOptions): FigureSpec[] {
  const arms = learners(view);
  if (arms.length < 2) return [];
  return controlAndConfounded(o).map((condition) => {
    const values = valuesOf(view, arms, condition), name = nameOfWorld(condition);
    // By mean value, so that the order can be read off the diagonal.
    const order = arms.map((_, k) => k).sort((a, b) => mean(values[b]) - mean(values[a]));
    const data = order.flatMap((a) =>
      order.map((b) => {
        const { estimate, lower, upper, n } = probabilityOfImprovement(values[a], values[b]);
        return {
          arm: arms[a],
          other: arms[b],
          probability: estimate,
          lower,
          upper,
          seeds: n,
          shown: a === b ? "" : String(Math.round(100 * estimate)),
        };
      })
    );
    const sure = data.filter(({ lower, arm, other }) => arm !== other && lower > 0.5).length;
    const pairsOfArms = arms.length * (arms.length - 1) / 2;
    return {
      id: `improvement-${condition === NOISE_ONLY ? "least" : "most"}`,
      kind: "cells" as const,
      data,
      x: "other",
      xMethods: true,
      by: "arm",
      value: "probability",
      text: "shown",
      domain: [0, 1] as const,
      middle: 0.5,
      xLabel: "than this method",
      yLabel: `${sentence(name)}: probability, in %, that a row's method has the higher value`,
      caption: `${sentence(name)}: the order is decided for ${sure} of ${pairsOfArms} pairs of methods: the ` +
        `95% Wilson interval over ${o.seeds} paired seeds excludes one half. Rows and columns go by mean value, ` +
        `${label(arms[order[0]])} first.`,
      alt: `Heat map of the probability that one method is ahead of another: ${name}.`,
    };
  });
}

/** Calibration of implicit rewards as trained. */
function calibrationFigure(view: View, o: CompareOptions): FigureSpec[] {
  const arms = learners(view);
  const data = controlAndConfounded(o).flatMap((condition) =>
    arms.map((arm) => {
      const { estimate: value, lower, upper, n: seeds } = view.mean(arm, "calibration-error", condition);
      return { panel: nameOfWorld(condition), arm, value, lower, upper, seeds };
    })
  );
  const over = arms.filter((arm) => view.mean(arm, "reward-slope", NOISE_ONLY).lower > 1.2);
  return [{
    id: "calibration",
    ...summaryDots,
    data,
    panel: "panel",
    xLabel: "calibration error of the implicit reward",
    caption:
      "How far the preferences that τ log(π/π0) predicts are from the true ones, as trained, before policies are " +
      `scaled. With noise only ${labels(over)} overstate${over.length === 1 ? "s" : ""} the reward by a fifth or more.`,
    alt: "Expected calibration error of each method's implicit reward, in the noise-only control and with confounding.",
  }];
}

function tablesOf(collection: Collection, view: View): TableSpec[] {
  const some = ({ arm, world, confounding }: SummaryRow, ...names: readonly string[]) =>
    Object.fromEntries(names.map((name) => [name, mean(view.series(arm, name, { world, confounding }).values)]));
  const first = [{ key: "world", label: "readers" }, { key: "confounding", label: "confounding" }, {
    key: "arm",
    label: "method",
    method: true,
  }];
  return [
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
    {
      id: "confounding",
      caption:
        "At equal KL: value, regret to the best policy of the class, value for the worse-off reader type and in " +
        "the worst group of prompts, entropy, KL to the target law π0 exp(quality/τ).",
      columns: [
        ...first,
        { key: "value", label: "value", digits: 3, lower: "lower", upper: "upper", better: "higher" },
        { key: "regret", label: "regret", digits: 3 },
        { key: "worst-type", label: "worse type", digits: 3 },
        { key: "worst-topic", label: "worst prompts", digits: 3 },
        { key: "entropy", label: "entropy", digits: 3 },
        { key: "kl-to-target", label: "KL(π ‖ π*)", digits: 3 },
      ],
      rows: view.summary("value").map((row) => ({
        ...row,
        ...some(
          row,
          "regret",
          "worst-type",
          "worst-topic",
          "entropy",
          "kl-to-target",
        ),
      })),
    },
    {
      id: "as-trained",
      caption:
        "As trained at the same τ, before any scaling: objective V − τ KL, value, KL, entropy, KL to the target; " +
        "slope and correlation of the implicit reward with quality, its calibration error, the last gradient.",
      columns: [
        ...first,
        { key: "value", label: "objective", digits: 3, lower: "lower", upper: "upper", better: "higher" },
        { key: "value-as-trained", label: "value", digits: 3 },
        { key: "kl-as-trained", label: "KL(π ‖ π0)", digits: 3 },
        { key: "entropy-as-trained", label: "entropy", digits: 3 },
        { key: "kl-to-target-as-trained", label: "KL(π ‖ π*)", digits: 3 },
        { key: "reward-slope", label: "slope", digits: 2 },
        { key: "reward-correlation", label: "correlation", digits: 2 },
        { key: "calibration-error", label: "calibration error", digits: 3 },
        { key: "gradient-norm", label: "gradient", digits: 4 },
      ],
      rows: view.summary("objective-as-trained").map((row) => ({
        ...row,
        ...some(
          row,
          "value-as-trained",
          "kl-as-trained",
          "entropy-as-trained",
          "kl-to-target-as-trained",
          "reward-slope",
          "reward-correlation",
          "calibration-error",
          "gradient-norm",
        ),
      })),
    },
  ];
}

/** The noise-only control, each strength of confounding, and the unlinked control at the strongest. */
function worldsOf(o: CompareOptions): Condition[] {
  const strengths = o.confounding.filter((c) => c > 0).map((confounding) => ({ world: "confounded", confounding }));
  return [NOISE_ONLY, ...strengths, ...(strengths.length > 0 ? [unlinked(o)] : [])];
}

/** The setting of a condition. */
export function settingOf({ world, confounding }: Condition, { n }: CompareOptions): Setting {
  return { ...CENTRE, n, confounding: Number(confounding), link: world === "unlinked" ? 0 : 1 };
}

/** With a capital. */
const sentence = (text: string): string => text[0].toUpperCase() + text.slice(1);

export function confoundingQuestion(collection: Collection): Question<CompareOptions> {
  return question({
    id: "confounding",
    asks: "What does a hidden reader type do to each method?",
    part: "synthetic",
    method:
      `${PROTOCOL} A reader's type moves what the reader likes in all conditions; confounding is how strongly it ` +
      "moves what the reader is shown. Two controls: noise only, where it moves nothing that is shown, and unlinked, where " +
      "the same is shown by a type that has nothing to do with what is liked.",
    arms: collection.ids,
    tensors: true,
    block: 20,
    seeds: ({ seeds }: CompareOptions) => seeds,
    conditions: worldsOf,
    run: (context) => collection.run(context, settingOf(context.condition, context.options)),
    claims: confoundingClaims(collection.ids),
    answer: (view, o) => answer(view, o),
    figures: (view, o) => [
      ...familyFigures(collection, view, o),
      ...rankFigure(view, o),
      ...improvement(view, o),
      ...frontier(view, o),
      ...calibrationFigure(view, o),
    ],
    tables: (view) => tablesOf(collection, view),
    notes: (view, o) => {
      const arms = learners(view), last = confounded(o), { moved, arms: best } = bestIn(view, last);
      const { estimate, lower, upper } = view.mean(best[0], "value", last);
      const restless = arms.filter((arm) => view.mean(arm, "gradient-norm", last).estimate > AT_REST);
      const still = arms.filter((arm) => view.mean(arm, "value", last).lower <= 0);
      return [
        (moved
          ? `Not separated from the best (${nameOfWorld(last)}): ${labels(best)}; the best has `
          : `No method beats the untrained policy (${nameOfWorld(last)}); the highest value is `) +
        `${formatInterval(estimate, lower, upper)}.`,
        `Not shown to beat the untrained policy (${nameOfWorld(last)}): ${labels(still)}.`,
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
        "Propensities make no difference to what a type does to tastes: the variance of reactions to π0 is the same in all " +
        "conditions. What is logged has more variance under confounding, since more of it is sensational.",
      ];
    },
  });
}
