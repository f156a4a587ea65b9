/**
 * What is measured of laws over real texts, and where.
 *
 * @module
 */
import { labelOf } from "../../lib/report/methods.ts";
import { several } from "../../lib/run/needs.ts";
import { place } from "../../lib/run/place.ts";
import { along, combined, Metric, type Quantity } from "../../lib/run/quantity.ts";
import { AMOUNT } from "../../lib/statistics/range.ts";
import { logLogSlope } from "../../lib/statistics/regression.ts";
import type { BenchmarkOptions } from "./options.ts";

type O = BenchmarkOptions;

export const kl = Metric.amount("forward-kl", "KL(π* ‖ π)", 4, "KL(π* ‖ π), nats");
export const reverseKl = Metric.amount("reverse-kl", "KL(π ‖ π*)", 4);
export const klToStart = Metric.amount("kl-to-start", "KL(π ‖ π0)", 3);
export const entropy = Metric.amount("entropy", "entropy", 3, "entropy of the policy, nats");
export const favourable = Metric.share("positive", "favourable", 3);
export const gradient = Metric.amount("gradient-norm", "final gradient", 6);
export const limit = Metric.amount("limit", "KL(π* ‖ π0 π*)", 4);
export const startKl = Metric.amount("start-kl", "KL(π* ‖ π0)", 4);
export const targetEntropy = Metric.amount("target-entropy", "entropy of the target", 3);
export const targetFavourable = Metric.share("target-positive", "favourable under π*", 3);
export const startFavourable = Metric.share("start-positive", "favourable under π0", 3);
export const sentimentRight = Metric.share("accuracy", "on the side of the label", 3);

export const fewest = place("smallest n", ({ textSizes }: O) => ({ n: Math.min(...textSizes) }));
export const most = place("largest n", ({ textSizes }: O) => ({ n: Math.max(...textSizes) }));

const sorted = ({ textSizes }: O) => textSizes.toSorted((a, b) => a - b);
const at = (n: number) => place("", (_: O) => ({ n }));

/** Exponent of n in an arm's mean KL, over the last two sizes. */
export function rate(arm: string): Quantity<O> {
  return along(
    `slope of log ${kl.label} of ${labelOf(arm)} on log n, last two sizes`,
    [arm],
    (o: O) => sorted(o).slice(-2).map((n) => kl.of(arm, at(n))),
    (kls, o) => logLogSlope(sorted(o).slice(-2), kls),
    several("textSizes"),
  );
}

/** Smallest ratio of the KLs of two arms over all sizes but the largest. */
export function leastRatio(arm: string, other: string): Quantity<O> {
  return along(
    `smallest ratio of ${kl.label} over n, ${labelOf(arm)} over ${labelOf(other)}`,
    [arm, other],
    (o: O) => sorted(o).slice(0, -1).flatMap((n) => [kl.of(arm, at(n)), kl.of(other, at(n))]),
    (kls) => Math.min(...kls.flatMap((kl, k) => k % 2 === 0 ? [kl / kls[k + 1]] : [])),
    several("textSizes"),
    AMOUNT,
  );
}

/** Entropy that PMLE has above half the target's. */
export const entropyLeft = combined(
  "entropy of PMLE − half the target's, smallest n",
  [entropy.of("pmle", fewest), targetEntropy.of("pmle", fewest)],
  ([reached, target]) => reached - target / 2,
);

export const accuracy = Metric.share(
  "accuracy",
  "held-out accuracy",
  3,
  "share of held-out pairs ranked right by the implicit reward",
);
export const trainingAccuracy = Metric.share("training-accuracy", "in training", 3);
export const margin = new Metric("margin", "margin", 3, "held-out margin of the implicit reward");
export const logLoss = Metric.amount("log-loss", "log-loss", 3);
export const policyAccuracy = Metric.share("policy-accuracy", "accuracy of π", 3);
export const heldEntropy = Metric.amount(
  "entropy",
  "held-out entropy",
  3,
  "held-out entropy of the policy, nats (at most log 2 = 0.693)",
);
export const heldKl = Metric.amount("kl", "held-out KL(π ‖ π0)", 3);
export const startAccuracy = Metric.share("start-accuracy", "accuracy of π0", 3);
