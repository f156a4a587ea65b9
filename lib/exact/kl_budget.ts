/**
 * Log-linear laws at a given distance from where they start: KL(π ‖ π0) in nats, enumerated in float64.
 *
 * @module
 */
import { type LawClass, scoresOf } from "./laws.ts";
import { logSoftmaxRows } from "./log_space.ts";

/** A policy scaled to a budget. */
interface Scaled {
  /** What θ was multiplied by, >= 0. */
  readonly scale: number;
  /** log π `[X, A]`. */
  readonly logp: Float64Array;
}

/** Largest scale tried: beyond it a ray that has not spent the budget never will. */
const FARTHEST = 2 ** 20;

/**
 * The policy on the ray s·θ, s >= 0, that spends a budget of KL(π ‖ π0). KL rises along a ray, so bisection finds it. A ray
 * that ends before the budget is spent is followed to its end; θ = 0 stays at π0.
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
  if (!(budget > 0 && budget < Infinity)) throw new RangeError(`budget must be a number > 0, got ${budget}`);
  const size = Math.hypot(...theta);
  if (!Number.isFinite(size)) throw new RangeError(`theta must be finite, got ${theta.join(", ")}`);
  if (size === 0) return { scale: 0, logp: space.logStart.slice() };
  // The direction's logits once; along it KL(s) has slope s·E_x Var_π(θ·φ), so that Newton's steps reach it in a few.
  const along = scoresOf(space, theta);
  const { responses } = space, prompts = along.length / responses;
  const at = (scale: number) => {
    const logp = logSoftmaxRows(space.logStart.map((value, i) => value + scale * along[i]), responses);
    let spent = 0, variance = 0;
    for (let start = 0; start < logp.length; start += responses) {
      let mean = 0, square = 0;
      for (let i = start; i < start + responses; i++) {
        const p = Math.exp(logp[i]);
        spent += p * (logp[i] - space.logStart[i]);
        mean += p * along[i];
        square += p * along[i] * along[i];
      }
      variance += square - mean * mean;
    }
    return { scale, logp, over: spent / prompts - budget, slope: scale * variance / prompts };
  };
  let low = 0, high = at(1 / size);
  while (high.over < 0 && high.scale * size < FARTHEST) [low, high] = [high.scale, at(2 * high.scale)];
  if (high.over < 0) return high;
  // From above, where KL is convex or not: a step out of the bracket gives way to its middle.
  for (let i = 0; i < 100 && high.over > 1e-13 && high.scale - low > 1e-15 * high.scale; i++) {
    const newton = high.scale - high.over / high.slope;
    const next = at(newton > low && newton < high.scale ? newton : (low + high.scale) / 2);
    if (next.over < 0) {
      low = next.scale;
      const middle = at((low + high.scale) / 2);
      if (middle.over < 0) low = middle.scale;
      else high = middle;
    } else high = next;
  }
  return high;
}
