/**
 * Log-linear laws at a given distance from where they start: KL(π ‖ π0) in nats, enumerated in float64.
 *
 * @module
 */
import { groupsOf, type LawClass } from "./laws.ts";
import { logSoftmaxRows } from "./log_space.ts";
import { scoresOf } from "./scores.ts";

/** Laws whose scores are linear in one number s: from + s·along. */
interface Line {
  /** log π0 of the groups that KL is averaged over `[X, A]`. */
  readonly logStart: Float64Array;
  /** Scores at s = 0 `[X, A]`. */
  readonly from: Float64Array;
  /** What a unit of s adds to them `[X, A]`. */
  readonly along: Float64Array;
  readonly responses: number;
}

/** The law at one place of a line. */
interface Place {
  /** s. */
  readonly scale: number;
  /** log π `[X, A]`. */
  readonly logp: Float64Array;
  /** Mean KL less the budget. */
  readonly over: number;
  /** Its derivative in s. */
  readonly slope: number;
}

/** Scores are there once for all places of a line, so that one costs no product with the features. */
function placeOn({ logStart, from, along, responses }: Line, scale: number, budget: number): Place {
  const logp = new Float64Array(logStart.length);
  for (let i = 0; i < logp.length; i++) logp[i] = logStart[i] + from[i] + scale * along[i];
  logSoftmaxRows(logp, responses, logp);
  let spent = 0, variance = 0, covariance = 0;
  for (let start = 0; start < logp.length; start += responses) {
    let mean = 0, square = 0, fromMean = 0, product = 0;
    for (let i = start; i < start + responses; i++) {
      const p = Math.exp(logp[i]), weighted = p * along[i];
      spent += p * (logp[i] - logStart[i]);
      mean += weighted;
      square += weighted * along[i];
      fromMean += p * from[i];
      product += weighted * from[i];
    }
    variance += square - mean * mean;
    covariance += product - mean * fromMean;
  }
  // dKL/ds is the covariance of log(π/π0) = from + s·along − log Z with `along`.
  const groups = logp.length / responses;
  return { scale, logp, over: spent / groups - budget, slope: (scale * variance + covariance) / groups };
}

/** Where a budget is spent, between a scale below it and a place that is not: Newton's steps, halves where they leave it. */
function spentOn(line: Line, budget: number, below: number, above: Place): Place {
  let low = below, high = above;
  for (let i = 0; i < 100 && high.over > 1e-13 && high.scale - low > 1e-15 * high.scale; i++) {
    const newton = high.scale - high.over / high.slope;
    const next = placeOn(line, newton > low && newton < high.scale ? newton : (low + high.scale) / 2, budget);
    if (next.over < 0) {
      low = next.scale;
      const middle = placeOn(line, (low + high.scale) / 2, budget);
      if (middle.over < 0) low = middle.scale;
      else high = middle;
    } else high = next;
  }
  return high;
}

/** Longest θ tried: beyond it a ray that has not spent the budget never will. */
const FARTHEST = 2 ** 20;

/** Where a ray from π0 spends a budget, sought from a scale upward; its end where it never does. KL rises along it. */
function spentOnRay(line: Line, budget: number, { first, size }: { first: number; size: number }): Place {
  let low = 0, high = placeOn(line, first, budget);
  while (high.over < 0 && high.scale * size < FARTHEST) {
    [low, high] = [high.scale, placeOn(line, 2 * high.scale, budget)];
  }
  return high.over < 0 ? high : spentOn(line, budget, low, high);
}

function checkBudget(budget: number): void {
  if (!(budget > 0 && budget < Infinity)) throw new RangeError(`budget must be a number > 0, got ${budget}`);
}

/** A policy scaled to a budget. */
interface Scaled {
  /** What θ was multiplied by, >= 0. */
  readonly scale: number;
  /** log π `[X, A]`. */
  readonly logp: Float64Array;
}

/**
 * The policy on the ray s·θ, s >= 0, that spends a budget of KL(π ‖ π0). A ray that ends before the budget is spent is
 * followed to its end; θ = 0 stays at π0.
 *
 * @param theta direction `[D]`
 * @param budget nats, > 0
 * @example
 * ```ts
 * import { meanKl } from "./laws.ts";
 * import assert from "node:assert/strict";
 * const even = { logStart: Float64Array.of(-Math.LN2, -Math.LN2), features: Float64Array.of(1, 0), responses: 2 };
 * const { logp } = scaledTo(even, Float64Array.of(0.01), 0.2);
 * assert.ok(Math.abs(meanKl(logp, even.logStart, 2) - 0.2) < 1e-9);
 * ```
 * @throws RangeError when the budget is not above 0 or θ is not finite
 */
export function scaledTo(space: LawClass, theta: Float64Array, budget: number): Scaled {
  checkBudget(budget);
  const { logStart, responses } = space, size = Math.hypot(...theta);
  if (!Number.isFinite(size)) throw new RangeError(`theta must be finite, got ${theta.join(", ")}`);
  if (size === 0) return { scale: 0, logp: logStart.slice() };
  const line = { logStart, from: new Float64Array(logStart.length), along: scoresOf(space.features, theta), responses };
  return spentOnRay(line, budget, { first: 1 / size, size });
}

/** Weights at a budget of KL, and whether a path got there. */
interface OnPath {
  /** `[D]`. */
  readonly theta: Float64Array;
  /** False where the path ended before and was prolonged. */
  readonly reached: boolean;
}

/** A path of training. */
interface Path {
  /** θ at its points, the first one 0 `[n][D]`. */
  readonly path: readonly Float64Array[];
  /** What `klsAlong` says of them, which several budgets share `[n]`. */
  readonly kls: readonly number[];
}

/**
 * Where a path of training first spends a budget of KL from π0, on the line between the points before and behind; where it
 * never does, on the ray from 0 through its end.
 *
 * @param groups those of `kls`
 * @param budget nats, > 0
 * @returns undefined where that ray does not spend it either, as in a class of few responses
 * @throws RangeError when the budget is not above 0
 * @example
 * ```ts
 * import { klsAlong } from "./path_kl.ts";
 * import { meanKl, lawAt } from "./laws.ts";
 * import assert from "node:assert/strict";
 * const even = { logStart: Float64Array.of(-Math.LN2, -Math.LN2), features: Float64Array.of(1, 0), responses: 2 };
 * const path = [0, 0.5, 1].map((v) => Float64Array.of(v));
 * const { theta, reached } = firstAtKl(even, { path, kls: klsAlong(even, path, [0]) }, [0], 0.2)!;
 * assert.ok(!reached && Math.abs(meanKl(lawAt(even, theta), even.logStart, 2) - 0.2) < 1e-9);
 * ```
 */
export function firstAtKl(
  space: LawClass,
  { path, kls }: Path,
  groups: readonly number[],
  budget: number,
): OnPath | undefined {
  checkBudget(budget);
  const next = kls.findIndex((kl) => kl >= budget), reached = next > 0, last = path.length - 1;
  const part = groupsOf(space, groups);
  const [from, to] = reached ? [path[next - 1], path[next]] : [path[0], path[last]];
  const move = to.map((v, k) => v - from[k]);
  const line = { ...part, from: scoresOf(part.features, from), along: scoresOf(part.features, move) };
  let place: Place;
  if (reached) place = spentOn(line, budget, 0, placeOn(line, 1, budget));
  else {
    const size = Math.hypot(...move);
    if (size === 0) return undefined;
    place = spentOnRay(line, budget, { first: 1, size });
    if (place.over < 0) return undefined;
  }
  return { theta: from.map((v, k) => v + place.scale * move[k]), reached };
}
