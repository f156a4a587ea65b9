/**
 * What is measured in the made worlds, where, and what the words of a place need of the options.
 *
 * @module
 */
import { reaching, several, some, zero } from "../../lib/run/needs.ts";
import { everywhere, type Place, place } from "../../lib/run/place.ts";
import { along, Metric, type Quantity } from "../../lib/run/quantity.ts";
import { labelOf } from "../../lib/report/methods.ts";
import { logLogSlope } from "../../lib/statistics/regression.ts";
import type { SyntheticOptions } from "./options.ts";

type O = SyntheticOptions;

export const kl = Metric.amount("forward-kl", "KL(π* ‖ π)", 4, "KL(π* ‖ π), nats");
export const reverseKl = Metric.amount("reverse-kl", "KL(π ‖ π*)", 4, "KL(π ‖ π*), nats");
export const limitKl = Metric.amount("limit-kl", "KL(π* ‖ π) of its limit", 4);
export const entropy = Metric.amount("entropy", "entropy", 3, "entropy of the policy, nats");
export const targetEntropy = Metric.amount("target-entropy", "entropy of the target", 3);
export const peaked = Metric.share("peaked", "share max p > 0.99", 3, "share of contexts with max p > 0.99");
export const gradient = Metric.amount("gradient-norm", "largest gradient", 6);

export const trueReward = new Metric("true-reward", "gain in true reward", 4, "gain in true reward over π0");
export const learnedReward = new Metric(
  "learned-reward",
  "gain in learned reward",
  4,
  "gain in learned reward over π0",
);
export const overestimate = new Metric("overestimate", "gain in learned − gain in true reward", 4);
export const klToStart = Metric.amount("kl-start", "KL(π ‖ π0)", 3, "KL(π ‖ π0), nats");

export const widest = (o: O) => Math.max(...o.spreads);
/** The narrowest logits are those of the paper's toy. */
const narrowest = (o: O) => Math.min(...o.spreads);
export const wide = place("widest logits", (o: O) => ({ spread: widest(o) }));
export const far = place("largest n, widest logits", (o: O) => ({ spread: widest(o), n: Math.max(...o.sizes) }));
export const toyFar = place("largest n, narrowest logits", (o: O) => ({
  spread: narrowest(o),
  n: Math.max(...o.sizes),
}));
export const toyNear = place("smallest n, narrowest logits", (o: O) => ({
  spread: narrowest(o),
  n: Math.min(...o.sizes),
}));

export const least = place("smallest n", (o: O) => ({ n: Math.min(...o.sizes) }));
export const middle = place("middle n", (o: O) => ({
  n: o.sizes.toSorted((a, b) => a - b)[Math.floor((o.sizes.length - 1) / 2)],
}));
export const most = place("largest n", (o: O) => ({ n: Math.max(...o.sizes) }), several("sizes"));

export const few = place(
  "second smallest n",
  (o: O) => ({ n: o.smallSizes.toSorted((a, b) => a - b)[Math.min(1, o.smallSizes.length - 1)] }),
  several("smallSizes"),
);
export const largestOfFew = place("largest of these n", (o: O) => ({ n: Math.max(...o.smallSizes) }));

export const away = place(
  "lowest κ",
  (o: O) => ({ tilt: Math.min(...o.tilts) }),
  some("tilts", (tilt) => tilt < 0, "a value of --tilts below 0"),
);
export const neutral = place(
  "κ nearest 0",
  (o: O) => ({ tilt: o.tilts.toSorted((a, b) => Math.abs(a) - Math.abs(b))[0] }),
  several("tilts"),
);

export const lastStep = place("last step", (o: O) => ({ steps: Math.max(...o.steps) }));

/** What may be wrong with the preference model, as values of a condition and in words. */
export const NOISE = "label noise", GAMMA = "γ of the learner / true γ";
export const noisiest = place(
  "highest noise",
  (o: O) => ({ wrong: NOISE, level: Math.max(...o.noises) }),
  some("noises", (noise) => noise > 0, "a value of --noises above 0"),
);
export const noiseless = place("no noise", (o: O) => ({ wrong: NOISE, level: Math.min(...o.noises) }), zero("noises"));
export const lowGamma = place(
  "lowest γ of the learner",
  (o: O) => ({ wrong: GAMMA, level: Math.min(...o.gammaRatios) }),
  some("gammaRatios", (ratio) => ratio < 1, "a value of --gamma-ratios below 1"),
);

export const confounded = place(
  "full confounding",
  (o: O) => ({ confounding: Math.max(...o.confounding) }),
  reaching("confounding", 1),
);
export const unconfounded = place(
  "no confounding",
  (o: O) => ({ confounding: Math.min(...o.confounding) }),
  zero("confounding"),
);

/** The larger half of some sizes, ascending: a rate is about many comparisons. */
function largerHalf(sizes: readonly number[]): number[] {
  return sizes.toSorted((a, b) => a - b).slice(Math.floor((sizes.length - 1) / 2));
}

/** Slope of the log of an arm's mean KL on log n, over the larger half of the sizes. */
export function rate(arm: string, at: Place<O> = everywhere): Quantity<O> {
  const where = ["larger half of sizes", at.words].filter((words) => words !== "").join(", ");
  return along(
    `slope of log ${kl.label} of ${labelOf(arm)} on log n, ${where}`,
    [arm],
    (o: O) => largerHalf(o.sizes).map((n) => kl.of(arm, place("", () => ({ ...at.of(o), n })))),
    (kls, o) => logLogSlope(largerHalf(o.sizes), kls),
    several("sizes"),
  );
}

/** True reward at the last step less that at the best step shown. */
export function fall(arm: string): Quantity<O> {
  return along(
    `true reward of ${labelOf(arm)} at the last step − at the best step shown`,
    [arm],
    (o: O) => o.steps.map((steps) => trueReward.of(arm, place("", () => ({ steps })))),
    (rewards, { steps }) => rewards[steps.indexOf(Math.max(...steps))] - Math.max(...rewards),
    several("steps"),
  );
}
