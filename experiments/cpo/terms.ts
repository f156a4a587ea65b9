/**
 * What is measured, where, and what the words of a place need of the options.
 *
 * @module
 */
import type { EstimatorId } from "../../lib/estimators/mod.ts";
import { labelOf } from "../../lib/report/methods.ts";
import { reaching, several, some, zero } from "../../lib/run/needs.ts";
import { type Place, place } from "../../lib/run/place.ts";
import { along, combined, Metric, type Quantity, quantity, type Reading } from "../../lib/run/quantity.ts";
import { type Evidence, judge, type Rule, type Verdict } from "../../lib/statistics/claims.ts";
import { proportionInterval } from "../../lib/statistics/intervals.ts";
import { ANY } from "../../lib/statistics/range.ts";
import { logLogSlope } from "../../lib/statistics/regression.ts";
import { rootMeanSquare } from "../../lib/statistics/summary.ts";
import type { Condition } from "../../lib/run/experiment.ts";
import type { View } from "../../lib/run/view.ts";
import type { CpoOptions, LearningOptions } from "./options.ts";
import type { RecordName } from "./records.ts";

// Estimates of one policy's value.

export const error = new Metric("error", "bias", 4, "bias (estimate − true value)");
export const limit = new Metric("limit", "predicted bias", 4, "bias by enumeration");
export const effectiveSize = Metric.amount("effective-sample-size", "ESS", 0);
export const largestWeight = Metric.amount("largest-weight", "largest weight", 2);
export const altered = Metric.share("clipped-fraction", "weights altered", 3);
export const effectiveShare = Metric.share("effective-sample-share", "ESS / n", 3, "effective sample size / n");
export const covered = Metric.share("covered", "coverage", 3, "share of intervals that cover");
export const width = Metric.amount("width", "mean width", 4);

/** Which propensities and which outcome model estimators are told in the one world of the corners. */
export const PROPENSITIES = ["right", "estimated", "wrong"] as const,
  MODELS = ["right", "linear", "confounded"] as const;
export const corner = (propensities: typeof PROPENSITIES[number], model: typeof MODELS[number]) =>
  place(`propensities ${propensities}, model ${model}`, () => ({ propensities, model }));

/** What is on record of the readers' type. */
export const recordedAs = (record: RecordName) => place(`type ${record}`, () => ({ record }));

/** The bias, counted positive in the direction of the limit, which is known without noise. */
export const towardsLimit = (arm: EstimatorId, at: Place<unknown>): Reading<unknown> =>
  combined(
    `bias of ${labelOf(arm)} in the direction of its limit, ${at.words}`,
    [error.of(arm, at), limit.of(arm, at)],
    ([error, limit]) => error * Math.sign(limit),
  );

/** What is said of hard clipping needs a level that cuts most weights above their mean. */
export const lowest = place(
  "lowest level",
  ({ lambda }: CpoOptions) => ({ lambda: Math.min(...lambda) }),
  some("lambda", (level) => level <= 1, "a value of --lambda of 1 or less"),
);
export const highest = place(
  "highest level",
  ({ lambda }: CpoOptions) => ({ lambda: Math.max(...lambda) }),
  several("lambda"),
);
export const bestOverlap = place("best overlap", ({ overlap }: CpoOptions) => ({ spread: Math.min(...overlap) }));
export const poorest = place(
  "poorest overlap",
  ({ overlap }: CpoOptions) => ({ spread: Math.max(...overlap) }),
  several("overlap"),
);

/** The larger half of the log sizes: a rate is about large logs. */
const largeSizes = ({ sizes }: CpoOptions) => sizes.toSorted((a, b) => a - b).slice(Math.floor((sizes.length - 1) / 2));

export const rmseSlope = (arm: string): Quantity<CpoOptions> =>
  along(
    `slope of log RMSE of ${labelOf(arm)} on log n, larger half of sizes`,
    [arm],
    (o) => largeSizes(o).map((n) => error.of(arm, place(`n = ${n}`, () => ({ n })))),
    (errors, o) => logLogSlope(largeSizes(o), errors),
    several("sizes"),
    ANY,
    rootMeanSquare,
  );

/** Share of logs whose interval covers, with a Wilson interval. */
export function coverageAt(view: View, arm: string, condition: Condition): Evidence {
  const { values } = view.series(arm, covered.name, condition);
  return proportionInterval(values.reduce((a, b) => a + b, 0), values.length);
}

const SEVERITY: readonly Verdict[] = ["fails", "inconclusive", "holds"];

/**
 * The evidence that decides whether all of it lies between the bounds of a rule: one that fails if there is one, then one
 * that leaves it open; of these the one with the least room to a bound.
 */
export function leastInside(all: readonly Evidence[], rule: Rule): Evidence {
  const severity = (evidence: Evidence) => SEVERITY.indexOf(judge(evidence, rule));
  const room = ({ lower, upper }: Evidence) => Math.min(lower - rule.above, rule.below - upper);
  return all.toSorted((a, b) => severity(a) - severity(b) || room(a) - room(b))[0];
}

/** Coverage of an arm's Wald intervals at the size that decides about all of them. */
export const leastCoverage = (arm: string, rule: Rule): Quantity<CpoOptions> =>
  quantity({
    words: "coverage of 95% intervals at the size that is beyond the bounds, or else nearest to one",
    arms: [arm],
    needs: () => undefined,
    evidence: (view, { coverageSizes }) =>
      leastInside(coverageSizes.map((n) => coverageAt(view, arm, { interval: "wald", n })), rule),
  });

// Learned policies.

export const value = new Metric("value", "V", 3, "true value V(f)");
export const valueKl = Metric.amount("value-kl", "its KL", 2, "KL(f ‖ f0), nats");
export const objective = new Metric("objective", "V − price · KL", 3, "V(f) − price · KL(f ‖ f0)");
export const objectiveKl = Metric.amount("objective-kl", "its KL, for the objective", 2);
export const equal = new Metric("value-at-kl", "V at equal KL", 3);
export const valueOfStart = new Metric("value-of-f0", "V of f0", 3);
export const regret = new Metric("regret", "regret", 3);
export const kl = Metric.amount("kl", "KL", 2, "KL of the optimum, nats");
export const gradientShare = new Metric("gradient-share", "share of the gradient", 3);

/** Mild: the weights of f0 stay below about 3, so that what is tested is confounding and not overlap. */
export const OVERLAP = 0.5;

/** The least and the most confounding of a run, and the control at the most. */
export const least = place("least confounding", ({ confounding }: LearningOptions) => ({
  type: "confounds",
  confounding: Math.min(...confounding),
}));
export const most = place("most confounding", ({ confounding }: LearningOptions) => ({
  type: "confounds",
  confounding: Math.max(...confounding),
}));
export const noiseAtMost = place("noise only", (o: LearningOptions) => ({ ...most.of(o), type: "adds noise" }));
/** The same, where the least is said to be none and the most to be all. */
export const without = place("no confounding", least.of, zero("confounding"));
export const full = place("full confounding", most.of, reaching("confounding", 1));

/** What full confounding takes from an arm beyond what its noise alone takes. */
export const lostToConfounding = (measure: Metric, arm: string): Reading<LearningOptions> =>
  measure.of(arm, noiseAtMost).minus(full);

// Real data.

export const estimate = new Metric("estimate", "estimate", 2);
export const truth = new Metric("truth", "wave 2's own mean", 2);
export const missed = new Metric("error", "error against wave 2", 2, "estimate − wave 2's mean, points");
export const supportedShare = Metric.share("supported-share", "share of wave 2 with profiles of wave 1", 3);
export const points = new Metric("uplift", "gain in points", 2, "support in wave 2, points over f0");
export const commitment = Metric.share("treaty-commitment", "P(treaty commitment)", 3);
export const supported = Metric.share("supported", "mass on wave 2's profiles", 3);

export const heldOut = new Metric("held-out", "held-out valence", 3, "held-out valence over f0, in sd");
export const onPool = new Metric("training", "training pool", 3);
/** Strengths of the hidden reader type on real sentences. */
export const STRENGTHS = [0, 0.5, 1] as const;
export const strength = (confounding: typeof STRENGTHS[number]) =>
  place(["no confounding", "half confounding", "full confounding"][2 * confounding], () => ({ confounding }));

export const uplift = new Metric("uplift", "uplift", 4, "click rate of the choice over the test's mean, relative");

export const clickRate = new Metric("estimate", "click rate", 5);
export const ownRate = Metric.share("truth", "click rate of the own log", 5);
export const relativeError = new Metric("relative-error", "relative error", 2);
export const DIRECTIONS = ["Thompson from uniform", "uniform from Thompson"] as const;
export const direction = (direction: typeof DIRECTIONS[number]) => place(direction, () => ({ direction }));
