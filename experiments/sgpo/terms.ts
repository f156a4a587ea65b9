/**
 * What is measured of games and of self-annotation in made worlds, where, and what the words of a place need of the options.
 *
 * @module
 */
import { labelOf } from "../../lib/report/methods.ts";
import { all, over, several, some } from "../../lib/run/needs.ts";
import type { Needs as NeedsOf } from "../../lib/run/needs.ts";
import { type Place, place } from "../../lib/run/place.ts";
import { along, Metric, type Quantity, Reading, unless } from "../../lib/run/quantity.ts";
import type { View } from "../../lib/run/view.ts";
import { NothingToTest } from "../../lib/statistics/claims.ts";
import { AMOUNT, ANY, CORRELATION, type Range, SHARE } from "../../lib/statistics/range.ts";
import { logLogSlope } from "../../lib/statistics/regression.ts";
import { mean } from "../../lib/statistics/summary.ts";
import type { SgpoOptions } from "./options.ts";

type O = SgpoOptions;
/** Why some options leave a claim untested. */
export type Needs = NeedsOf<O>;

/** Shares of the pools of rounds 1 to 3: 8K, 20K and 30K prompts in the paper. */
export const POOLS = [8, 20, 30] as const;
/** The last round. */
export const LAST = POOLS.length;

/** A measure of the policy after the seed (round 0) and after each round. */
export class RoundMetric extends Metric {
  /** The measure after the seed alone. */
  readonly seed: Metric;
  constructor(readonly measure: string, readonly short: string, axis: string = short, range: Range = ANY) {
    super(`${measure}-${LAST}`, `${short} after the last round`, 3, axis, range);
    this.seed = new Metric(`${measure}-0`, `${short} after the seed`, 3, axis, range);
  }
}

/** What has a metric a round. */
export type ByRound = Pick<RoundMetric, "measure" | "range">;

export const gain = new RoundMetric("gain", "gain in r*", "E_π r* − E_ref r*, held out");
export const favourite = new RoundMetric("best-gain", "gain of its favourite");
export const accuracy = new RoundMetric("accuracy", "share ranked right", "pairs of responses ranked right", SHARE);
export const entropy = new RoundMetric("entropy", "entropy", "entropy of the policy, nats", AMOUNT);
export const confidence = new RoundMetric("confidence", "confidence", "mean σ(|margin|), held out", SHARE);
export const overconfidence = new RoundMetric(
  "overconfidence",
  "overconfidence",
  "confidence − agreement of a faultless annotator",
  CORRELATION,
);
/** What is left of a gain once no policy is sharper than another. */
export const gainAtKl = new Metric(
  "gain-at-kl",
  "gain in r* at the set KL",
  3,
  "E_π r* − E_ref r* at the set KL, held out",
);
export const gradient = Metric.amount("gradient-norm", "largest gradient", 6);

/** Claims on SSAPO, which without a radius is self-DPO. */
export const aRadius: Needs = over("epsilon");

const leastNoise = ({ noises }: O) => Math.min(...noises), mostNoise = ({ noises }: O) => Math.max(...noises);
const noisySeeds: Needs = some("noises", (noise) => noise > 0, "a value of --noises above 0");
export const clean = place(
  "clean seeds",
  (o: O) => ({ noise: leastNoise(o) }),
  some("noises", (noise) => noise === 0, "0 among --noises"),
);
export const noisy = place("noisy seeds", (o: O) => ({ noise: mostNoise(o) }), noisySeeds);

/** ε that the others are held against, the smallest ε above that, and the largest. */
export const epsilons = {
  least: (o: O) => Math.min(...o.epsilons),
  small: (o: O) => o.epsilons.toSorted((a, b) => a - b)[Math.min(1, o.epsilons.length - 1)],
  large: (o: O) => Math.max(...o.epsilons),
};
const compared: Needs = all<O>(
  some("epsilons", (epsilon) => epsilon === 0, "0 among --epsilons"),
  some("epsilons", (epsilon) => epsilon > 0, "a value of --epsilons above 0"),
  noisySeeds,
);
const atEpsilon = (words: string, epsilon: (o: O) => number) =>
  place(words, (o: O) => ({ noise: mostNoise(o), epsilon: epsilon(o) }), compared);
export const noBall = atEpsilon("ε = 0, noisy seeds", epsilons.least);
export const small = atEpsilon("smallest ε", epsilons.small), large = atEpsilon("largest ε", epsilons.large);

export const smallGroups = place("smallest G", ({ groups }: O) => ({ group: Math.min(...groups) }));
export const largeGroups = place(
  "largest G",
  ({ groups }: O) => ({ group: Math.max(...groups) }),
  all<O>(aRadius, several("groups")),
);

/** Where all pairs have labels, there is nothing to annotate. */
export const fewLabels = place(
  "smallest share",
  ({ seedShares }: O) => ({ share: Math.min(...seedShares) }),
  some("seedShares", (share) => share <= 0.5, "a value of --seed-shares of 0.5 or less"),
);

export const unconfounded = place(
  "not confounded",
  ({ confounding }: O) => ({ confounding: Math.min(...confounding) }),
  some("confounding", (c) => c === 0, "0 among --confounding"),
);
export const confounded = place(
  "most confounded",
  ({ confounding }: O) => ({ confounding: Math.max(...confounding) }),
  all<O>(some("confounding", (c) => c > 0, "a value of --confounding above 0"), over("taste")),
);

export const unaided = place(
  "no human labels",
  ({ rechecks }: O) => ({ recheck: Math.min(...rechecks) }),
  some("rechecks", (share) => share === 0, "0 among --rechecks"),
);
export const aided = place(
  "most human labels",
  ({ rechecks }: O) => ({ recheck: Math.max(...rechecks) }),
  some("rechecks", (share) => share > 0, "a value of --rechecks above 0"),
);

/** Places of the seeds whose labels left a wrong belief: the others have none to keep or to be sure of. */
function seedsWithBeliefs(view: View, o: O): number[] {
  const { values } = view.series("self-dpo", "wrong-0", unaided.of(o));
  const places = [...values.keys()].filter((r) => values[r] > 0);
  if (places.length < 2) throw new NothingToTest("this needs two seeds or more that left a wrong belief");
  return places;
}

/** A measure of wrong beliefs after a round, over the seeds that left some. */
function belief(words: string, name: (o: O) => string) {
  return (arm: string, at: Place<O>): Reading<O> =>
    new Reading(
      `${words} of ${labelOf(arm)}, ${at.words}`,
      [...new Set([arm, "self-dpo"])],
      at.needs ?? (() => undefined),
      (view, o) => {
        const { seeds, values } = view.series(arm, name(o), at.of(o)), places = seedsWithBeliefs(view, o);
        return { seeds: places.map((r) => seeds[r]), values: Float64Array.from(places, (r) => values[r]) };
      },
      SHARE,
    );
}
/** Share of wrong beliefs that is kept, and how sure the policy is of them, over all seeds. */
export const KEPT: ByRound = { measure: "kept", range: SHARE }, SURE: ByRound = { measure: "sure", range: SHARE };
export const kept = belief("share of wrong beliefs kept after the last round", (o) => `kept-${o.biasRounds}`);
/** By how much the share that an arm keeps is above self-DPO's. */
export const keptMore = (arm: string, at: Place<O>) =>
  kept(arm, at).minus(kept("self-dpo", at))
    .called(`share of wrong beliefs kept after the last round of ${labelOf(arm)} − self-DPO, ${at.words}`);
export const sure = belief("confidence in kept wrong beliefs after the last round", (o) => `sure-${o.biasRounds}`);
export const sureAtFirst = belief("confidence in wrong beliefs after the seed", () => "sure-0");

export const gap = new Metric("gap", "v_K − v*", 4, "v_K − v*, nats");
export const lost = Metric.share("lost", "share of the adversary's gain lost", 4);
export const fewestPieces = place("fewest pieces", ({ pieces }: O) => ({ pieces: Math.min(...pieces) }));
export const mostPieces = place("most pieces", ({ pieces }: O) => ({ pieces: Math.max(...pieces) }));
/** One group of all pairs is no group. */
export const grouped = place(
  "largest G",
  ({ groups }: O) => ({ group: Math.max(...groups) }),
  all<O>(
    aRadius,
    ({ groups, prompts }) =>
      Math.max(...groups) < prompts ? undefined : `this needs --groups smaller than --prompts, ${prompts}`,
  ),
);
export const fewestGrouped = place(
  "smallest G",
  ({ groups }: O) => ({ group: Math.min(...groups) }),
  several("groups"),
);

/** Classes of policies in the games on a law of pairs, as values of a condition. */
export const FREE = "free margins", LINEAR = "log-linear";
export const free = place(FREE, (_: O) => ({ policies: FREE })),
  linear = place(LINEAR, (_: O) => ({ policies: LINEAR }));

/** How the law of preferences shifts. */
export const SHIFTS = {
  flips: "random flips",
  crowd: "other annotators",
  common: "worst for DPO",
  adversary: "worst for each",
} as const;
/** Its key in the names of metrics. */
export type Shift = keyof typeof SHIFTS;

export const worst = new Metric("worst-value", "worst value", 3);
export const bestWorst = new Metric("best-worst-value", "worst value of the best policy found", 3);
export const fromDpo = Metric.amount("from-dpo", "largest |ξ − DPO|", 6);
const regret = (shift: Shift, distance: number) => new Metric(`${shift}-${distance}`, "regret", 3, "regret, nats");

/** Distances at which something shifts, ascending. */
const positive = (o: O) => o.distances.filter((d) => d > 0).toSorted((a, b) => a - b);
const shifted: Needs = some("distances", (distance) => distance > 0, "a value of --distances above 0");
export const farthest = (o: O) => Math.max(...o.distances);

/** The distance nearest the margin game's ε; not 0, where nothing shifts, unless there is no other. */
export const nearRadius = (o: O) =>
  [...positive(o), 0].sort((a, b) =>
    Number(a === 0) - Number(b === 0) || Math.abs(a - o.gameRadius) - Math.abs(b - o.gameRadius)
  ).find((distance) => o.distances.includes(distance))!;

/** Nats below which regret is what the optimiser leaves. */
export const NO_REGRET = 1e-8;

/** Mean regret of an arm over DPO's under a shift to the distance nearest ε; nothing to test where DPO has none. */
export function overDpo(arm: string, shift: Shift, at: Place<O>): Quantity<O> {
  const metric = (o: O) => regret(shift, nearRadius(o));
  const ratio = along(
    `regret of ${labelOf(arm)} over DPO's, ${SHIFTS[shift]}, distance nearest ε, ${at.words}`,
    [arm, "dpo"],
    (o: O) => [metric(o).of(arm, at), metric(o).of("dpo", at)],
    ([own, dpo]) => own / dpo,
    shifted,
  );
  return unless(
    ratio,
    (view, o) =>
      Math.min(...metric(o).of("dpo", at).series(view, o).values) < NO_REGRET
        ? `this needs a distance at which DPO has regret on every seed; at ${nearRadius(o)} it has none`
        : undefined,
  );
}

/** Exponent of distance in an arm's regret; nothing to test without regret, or where the law has no farther to shift. */
export function growth(arm: string, shift: Shift, at: Place<O>): Quantity<O> {
  const readings = (o: O) => positive(o).map((distance) => regret(shift, distance).of(arm, at));
  const slope = along(
    `slope of log regret of ${labelOf(arm)} on log distance, ${SHIFTS[shift]}, ${at.words}`,
    [arm],
    readings,
    (values, o) => logLogSlope(positive(o), values.map((v) => Math.max(v, 1e-12))),
    (o) => positive(o).length > 1 ? undefined : "this needs two values of --distances above 0 or more",
  );
  return unless(slope, (view, o) => {
    const means = readings(o).map((reading) => mean(reading.series(view, o).values));
    const ends = means.findIndex((v, i) => i > 0 && v === means[i - 1]);
    if (means[0] < NO_REGRET) return `this needs regret at the smallest distance; at ${positive(o)[0]} there is none`;
    return ends > 0 ? `this needs distances that the law can shift by; ${positive(o)[ends]} is too far` : undefined;
  });
}

/** Regret of DPO less δ − 2ε, which theorem 2.6 says it has at least. */
export const overBound: Quantity<O> = along(
  "regret of DPO − (δ − 2ε) under the adversary, largest distance, log-linear; δ in margins of DPO",
  ["dpo"],
  (
    o: O,
  ) => [regret("adversary", farthest(o)).of("dpo", linear), Metric.amount("gap-distance", "δ", 3).of("dpo", linear)],
  ([regrets, distances], { epsilon }) => regrets - distances + 2 * epsilon,
  shifted,
);
