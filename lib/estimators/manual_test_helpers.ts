/**
 * A second implementation of every estimator, for tests alone: straight from the definitions, one round at a time, sharing
 * no code with the first. Standard errors come from another route too: the gradient of the value with respect to the
 * column means, and the covariance matrix of the columns.
 *
 * @module
 */
import type { Rng } from "../random.ts";
import type { EstimatorId } from "./mod.ts";
import type { Rounds } from "./rounds.ts";

/** What the second implementation computes. */
interface Manual {
  /** Estimated value of the target policy, in the unit of the reward. */
  value: number;
  /** Square of the standard error. */
  variance: number;
  /** Kish's effective sample size of the weights before clipping, in rounds. */
  effectiveSampleSize: number;
  /** Largest weight before clipping. */
  largestWeight: number;
  /** Share of rounds whose weight was altered, 0 to 1. */
  clippedFraction: number;
}

function average(n: number, term: (i: number) => number): number {
  let sum = 0;
  for (let i = 0; i < n; i++) sum += term(i);
  return sum / n;
}

function tamed(id: EstimatorId, w: number, lambda: number): number {
  if (id === "switch-dr") return w > lambda ? 0 : w;
  if (id === "dros") return lambda === Infinity ? w : (lambda * w) / (w * w + lambda);
  return w > lambda ? lambda : w;
}

/**
 * The estimator of that name on rounds that have a model, with `lambda` where it has one (Infinity where not).
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const two = Float64Array.of(1, 3);
 * assert.equal(manual("ipw", { reward: two, weight: two }, Infinity).value, 5);
 * ```
 */
export function manual(id: EstimatorId, rounds: Rounds, lambda: number): Manual {
  const { reward: r, weight: w, prediction: q, direct, generated } = rounds;
  const n = r.length;
  const model = !["naive", "ipw", "snipw", "clipped"].includes(id);
  const ratio = id === "snipw" || id === "sndr";
  const weighted = id !== "naive" && id !== "outcome-only";

  // Columns: outcome term, numerator, denominator; the value is a function of their means.
  const columns: ((i: number) => number)[] = [
    (i) => model && generated === undefined ? direct![i] : 0,
    (i) => {
      if (id === "naive") return r[i];
      if (id === "outcome-only") return 0;
      return tamed(id, w[i], lambda) * (model ? r[i] - q![i] : r[i]);
    },
    (i) => ratio ? w[i] : 1,
  ];
  const means = columns.map((column) => average(n, column));
  const gradient = [1, 1 / means[2], ratio ? -means[1] / (means[2] * means[2]) : 0];
  let variance = 0;
  for (let a = 0; a < 3; a++) {
    for (let b = 0; b < 3; b++) {
      const covariance = average(n, (i) => (columns[a](i) - means[a]) * (columns[b](i) - means[b])) * n / (n - 1);
      variance += gradient[a] * covariance * gradient[b] / n;
    }
  }
  let value = means[0] + means[1] / means[2];
  if (model && generated !== undefined) {
    const m = generated.weight.length;
    const term = (j: number) => generated.weight[j] * generated.prediction[j];
    const outcome = average(m, term);
    value += outcome;
    variance += average(m, (j) => (term(j) - outcome) ** 2) / (m - 1);
  }

  const seen = weighted ? w : id === "outcome-only" && generated ? generated.weight : new Float64Array(n).fill(1);
  const count = seen.length;
  const meanWeight = average(count, (i) => seen[i]);
  const spread = average(count, (i) => (seen[i] - meanWeight) ** 2);
  return {
    value,
    variance,
    // n / (1 + cv^2), another form of Kish's formula.
    effectiveSampleSize: count / (1 + spread / meanWeight ** 2),
    largestWeight: [...seen].sort((a, b) => b - a)[0],
    clippedFraction: weighted && !ratio ? average(n, (i) => Number(tamed(id, w[i], lambda) !== w[i])) : 0,
  };
}

/**
 * Rounds with log-normal weights, some of them 0, and a model that is off.
 *
 * @param n number of rounds
 * @param options.generated number of generated texts; none unless given
 * @example
 * ```ts
 * import { Rng } from "../random.ts";
 * import assert from "node:assert/strict";
 * assert.equal(randomRounds(5, Rng.seed(1), { generated: 3 }).generated?.weight.length, 3);
 * ```
 */
export function randomRounds(n: number, rng: Rng, options: { generated?: number } = {}): Rounds {
  const column = (draw: () => number) => Float64Array.from({ length: n }, draw);
  const m = options.generated;
  return {
    reward: column(() => 1 + 2 * rng.normal()),
    weight: column(() => rng.bernoulli(0.1) ? 0 : Math.exp(1.2 * rng.normal())),
    prediction: column(() => 0.5 + rng.normal()),
    direct: column(() => 0.7 + rng.normal()),
    generated: m === undefined ? undefined : {
      weight: Float64Array.from({ length: m }, () => Math.exp(0.5 * rng.normal())),
      prediction: Float64Array.from({ length: m }, () => 0.7 + rng.normal()),
    },
  };
}
