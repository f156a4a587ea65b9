/**
 * Log-linear laws over groups of responses, enumerated in float64.
 *
 *   π_θ(a|x) ∝ π0(a|x) exp(θ·φ(x,a))
 *
 * A group x is a prompt with its responses, or one pool of texts. Tables are row-major `[X, A]`.
 *
 * @module
 */
import { logSoftmaxRows } from "./log_space.ts";
import { addScores, scoresOf, weightedSum } from "./scores.ts";

/** A class of log-linear laws. */
export interface LawClass {
  /** log π0 in nats `[X, A]`. */
  readonly logStart: Float64Array;
  /** φ `[X, A, D]`. */
  readonly features: Float64Array;
  /** A, the responses of a group. */
  readonly responses: number;
}

/**
 * D, the features of a response.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const pair = { logStart: new Float64Array(2), features: new Float64Array(6), responses: 2 };
 * assert.equal(dimensionsOf(pair), 3);
 * ```
 */
export function dimensionsOf({ logStart, features }: LawClass): number {
  return features.length / logStart.length;
}

/** The law of one group at some θ; one object holds one law after the other, since millions are computed. */
export interface Law {
  /** log Σ_a π0 e^{θ·φ}: log(π/π0) is the score less this. */
  logNormaliser: number;
  /** KL(π ‖ π0) in nats, >= 0. */
  kl: number;
  /** E_π φ `[D]`. */
  readonly mean: Float64Array;
  /** π of each response `[A]`. */
  readonly chances: Float64Array;
}

/**
 * Room for a law.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const pair = { logStart: new Float64Array(2), features: new Float64Array(6), responses: 2 };
 * assert.equal(emptyLaw(pair).mean.length, 3);
 * ```
 */
export function emptyLaw(space: LawClass): Law {
  return {
    logNormaliser: 0,
    kl: 0,
    mean: new Float64Array(dimensionsOf(space)),
    chances: new Float64Array(space.responses),
  };
}

/**
 * θ·φ of one response.
 *
 * @param theta `[D]`
 * @param response its row among those of all groups
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const pair = { logStart: new Float64Array(2), features: Float64Array.of(1, 2, 3, 4), responses: 2 };
 * assert.equal(score(pair, Float64Array.of(1, -1), 1), -1);
 * ```
 */
export function score({ features }: LawClass, theta: Float64Array, response: number): number {
  const dimensions = theta.length;
  let sum = 0;
  for (let k = 0, at = response * dimensions; k < dimensions; k++) sum += theta[k] * features[at + k];
  return sum;
}

/**
 * The law of a group with its mean features and its KL.
 *
 * @param theta `[D]`
 * @param group x
 * @param law room that the law is written into
 * @returns `law`
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const even = { logStart: Float64Array.of(-Math.LN2, -Math.LN2), features: Float64Array.of(1, 0), responses: 2 };
 * const { chances, mean } = lawOf(even, Float64Array.of(Math.log(3)), 0);
 * assert.ok(Math.abs(chances[0] - 0.75) < 1e-12 && Math.abs(mean[0] - 0.75) < 1e-12);
 * ```
 */
export function lawOf(space: LawClass, theta: Float64Array, group: number, law: Law = emptyLaw(space)): Law {
  const { logStart, features, responses } = space, { mean, chances } = law, dimensions = mean.length;
  const first = group * responses, rows = { first, size: responses, dimensions };
  for (let a = 0; a < responses; a++) chances[a] = 0;
  addScores(features, theta, rows, chances);
  let top = -Infinity, total = 0;
  for (let a = 0; a < responses; a++) {
    chances[a] += logStart[first + a];
    if (chances[a] > top) top = chances[a];
  }
  for (let a = 0; a < responses; a++) total += chances[a] = Math.exp(chances[a] - top);
  weightedSum(features, chances, rows, mean);
  for (let a = 0; a < responses; a++) chances[a] /= total;
  let along = 0;
  for (let k = 0; k < dimensions; k++) along += theta[k] * (mean[k] /= total);
  law.logNormaliser = top + Math.log(total);
  // E_π log(π/π0) = θ·E_π φ − log Z; rounding must not take it below 0.
  law.kl = Math.max(0, along - law.logNormaliser);
  return law;
}

/**
 * The law of a group in log space and as chances, for losses that are functions of log-probs.
 *
 * @param theta `[D]`
 * @param group x
 * @param logp log π in nats, written `[A]`
 * @param chances π, written `[A]`
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const even = { logStart: Float64Array.of(-Math.LN2, -Math.LN2), features: Float64Array.of(1, 0), responses: 2 };
 * const logp = new Float64Array(2), chances = new Float64Array(2);
 * logLawOf(even, Float64Array.of(Math.log(3)), 0, logp, chances);
 * assert.ok(Math.abs(logp[0] - Math.log(0.75)) < 1e-12 && Math.abs(chances[0] - 0.75) < 1e-12);
 * ```
 */
export function logLawOf(
  { logStart, features, responses }: LawClass,
  theta: Float64Array,
  group: number,
  logp: Float64Array,
  chances: Float64Array,
): void {
  const first = group * responses;
  for (let a = 0; a < responses; a++) logp[a] = logStart[first + a];
  addScores(features, theta, { first, size: responses, dimensions: theta.length }, logp);
  let top = -Infinity, total = 0;
  for (let a = 0; a < responses; a++) if (logp[a] > top) top = logp[a];
  for (let a = 0; a < responses; a++) total += chances[a] = Math.exp(logp[a] - top);
  const logNormaliser = top + Math.log(total);
  for (let a = 0; a < responses; a++) {
    logp[a] -= logNormaliser;
    chances[a] /= total;
  }
}

/**
 * The gradient in θ of Σ_a slopes_a log π_θ(a|x): Σ_a (slopes_a − π_a Σ slopes) φ_a.
 *
 * @param group x
 * @param chances π of the group at θ `[A]`
 * @param slopes of a loss in each log π, as if they were free `[A]`; overwritten, since new room in each
 *   step takes a tenth of its time
 * @param out written `[D]`
 * @returns `out`
 * @example The gradient of one response's log-prob is its features less the mean ones
 * ```ts
 * import assert from "node:assert/strict";
 * const pair = { logStart: new Float64Array(2), features: Float64Array.of(1, -1), responses: 2 };
 * const chances = Float64Array.of(0.5, 0.5), slopes = Float64Array.of(1, 0);
 * assert.deepEqual([...gradientInTheta(pair, 0, chances, slopes, new Float64Array(1))], [1]);
 * ```
 */
export function gradientInTheta(
  { features, responses }: LawClass,
  group: number,
  chances: Float64Array,
  slopes: Float64Array,
  out: Float64Array,
): Float64Array {
  let total = 0;
  for (let a = 0; a < responses; a++) total += slopes[a];
  for (let a = 0; a < responses; a++) slopes[a] -= chances[a] * total;
  return weightedSum(features, slopes, { first: group * responses, size: responses, dimensions: out.length }, out);
}

/**
 * log π_θ of all groups in nats `[X, A]`.
 *
 * @param theta `[D]`
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const even = { logStart: Float64Array.of(-Math.LN2, -Math.LN2), features: Float64Array.of(1, 0), responses: 2 };
 * assert.ok(Math.abs(lawAt(even, Float64Array.of(Math.log(3)))[0] - Math.log(0.75)) < 1e-12);
 * ```
 */
export function lawAt({ logStart, features, responses }: LawClass, theta: Float64Array): Float64Array {
  const logits = scoresOf(features, theta);
  // In the order in which a ray adds them, so that the best of a class, scaled to its own budget, stays what it is.
  for (let i = 0; i < logits.length; i++) logits[i] += logStart[i];
  return logSoftmaxRows(logits, responses);
}

/**
 * E_x Σ_a π(a|x) v(x,a), in the unit of the table; groups are equally likely.
 *
 * @param logp log π `[X, A]`
 * @param table v `[X, A]`
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(expectation(Float64Array.of(-Math.LN2, -Math.LN2), Float64Array.of(1, 3), 2), 2);
 * ```
 */
export function expectation(logp: Float64Array, table: ArrayLike<number>, responses: number): number {
  let sum = 0;
  for (let i = 0; i < logp.length; i++) sum += Math.exp(logp[i]) * table[i];
  return sum * responses / logp.length;
}

/**
 * E_x KL(p ‖ q) in nats; groups are equally likely.
 *
 * @param logp log-probs `[X, A]`, finite
 * @param logq log-probs `[X, A]`, finite
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const [p, q] = [[0.5, 0.5], [0.25, 0.75]].map((law) => Float64Array.from(law, Math.log));
 * assert.ok(Math.abs(meanKl(p, q, 2) - 0.5 * Math.log(4 / 3)) < 1e-12);
 * ```
 */
export function meanKl(logp: Float64Array, logq: Float64Array, responses: number): number {
  return expectation(logp, logp.map((v, i) => v - logq[i]), responses);
}

/**
 * The class over some groups alone.
 *
 * @param groups which; one may stand there more than once
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const two = { logStart: Float64Array.of(0, 1), features: Float64Array.of(2, 3), responses: 1 };
 * assert.deepEqual(groupsOf(two, [1]), { logStart: Float64Array.of(1), features: Float64Array.of(3), responses: 1 });
 * ```
 */
export function groupsOf(space: LawClass, groups: readonly number[]): LawClass {
  const { logStart, features, responses } = space, width = responses * dimensionsOf(space);
  const part = {
    logStart: new Float64Array(groups.length * responses),
    features: new Float64Array(groups.length * width),
  };
  groups.forEach((g, i) => {
    part.logStart.set(logStart.subarray(g * responses, (g + 1) * responses), i * responses);
    part.features.set(features.subarray(g * width, (g + 1) * width), i * width);
  });
  return { ...part, responses };
}
