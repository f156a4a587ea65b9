/**
 * Logs of two actions whose selection is hidden in part, by a known Γ.
 *
 * A context x of S equally likely ones is on record, with propensities e(x) of action 1 that are right given x. A type U, not on
 * record, moves the odds of action 1 by exactly Γ: down to 1/Γ of the recorded odds for U = 1, up to Γ for U = 0. Given context
 * and action outcomes are normal around μ(x, a). With a chance, the type decides which part of that law an outcome comes from,
 * as in the worst case of the marginal sensitivity model: for action 1 the top 1/(1 + Γ) belongs to U = 1, for action 0 to
 * U = 0, who take that action less often. So actions are better than they look by, where the chance is 1,
 *
 *   σ φ(z) (Γ − 1/Γ) (1 − e(a | x)),   z the Γ/(1 + Γ) quantile of the normal law
 *
 * which is the sharp bound itself (Dorn & Guo, JASA 118, 2023).
 *
 * @module
 */
import type { Rng } from "../random.ts";
import { normalQuantile } from "../statistics/distributions.ts";

/** Ingredients of the world. */
interface HiddenSelectionInput {
  /** Γ >= 1. */
  readonly gamma: number;
  /** Chance that an outcome follows the type, in [0, 1]: 0 is none confounded, 1 the worst case. */
  readonly follows: number;
  /** e(x): recorded propensity of action 1 `[S]`, in (0, 1). */
  readonly propensity: readonly number[];
  /** μ(x, a): mean outcome as it looks, of actions 0 and 1 `[S][2]`. */
  readonly looks: readonly (readonly [number, number])[];
  /** σ: spread of outcomes given context and action, > 0. */
  readonly spread: number;
}

/** A log of the world, columns of length n. */
interface HiddenSelectionLog {
  /** Context, in 0 .. S-1. */
  readonly context: Uint32Array;
  /** 0 or 1. */
  readonly action: Uint8Array;
  /** Recorded probability of the logged action. */
  readonly propensity: Float64Array;
  /** Outcome. */
  readonly reward: Float64Array;
}

/** A world whose truth is known. */
interface HiddenSelection {
  /** E[Y(a) | x] of actions 0 and 1 `[S][2]`. */
  readonly means: readonly (readonly [number, number])[];
  /** Draws n rounds. */
  draw(n: number, rng: Rng): HiddenSelectionLog;
}

/**
 * Builds the world.
 *
 * @throws RangeError when an ingredient is out of range
 * @example One context, odds off by 2: action 1 is better than it looks
 * ```ts
 * import assert from "node:assert/strict";
 * const world = hiddenSelection({ gamma: 2, follows: 1, propensity: [0.5], looks: [[0, 0]], spread: 1 });
 * assert.ok(Math.abs(world.means[0][1] - 0.2727) < 1e-4);
 * ```
 */
export function hiddenSelection({ gamma, follows, propensity, looks, spread }: HiddenSelectionInput): HiddenSelection {
  if (!(gamma >= 1 && gamma < Infinity)) throw new RangeError(`gamma must be finite and at least 1, got ${gamma}`);
  if (!(follows >= 0 && follows <= 1)) throw new RangeError(`follows must be in [0, 1], got ${follows}`);
  if (!(spread > 0 && spread < Infinity)) throw new RangeError(`spread must be finite and > 0, got ${spread}`);
  if (propensity.length === 0 || propensity.length !== looks.length) {
    throw new RangeError(
      `propensity and looks: expected one entry a context, got ${propensity.length}, ${looks.length}`,
    );
  }
  propensity.forEach((e, x) => {
    if (!(e > 0 && e < 1)) throw new RangeError(`propensity[${x}] must be in (0, 1), got ${e}`);
  });
  // With gamma 1 the type moves nothing; any level will do.
  const level = gamma / (1 + gamma), z = normalQuantile(level);
  const density = Math.exp(-z * z / 2) / Math.sqrt(2 * Math.PI);
  const means = looks.map((of, x) => {
    const gain = (e: number) => follows * spread * density * (gamma - 1 / gamma) * (1 - e);
    return [of[0] + gain(1 - propensity[x]), of[1] + gain(propensity[x])] as const;
  });
  const laws = propensity.map((e) => ({
    // P(U = 1 | x), and the probability of action 1 for U = 0 and 1.
    one: (1 - level) * (e + gamma * (1 - e)),
    taken: [e / (e + (1 - e) / gamma), e / (e + gamma * (1 - e))],
  }));
  return {
    means,
    draw(n, rng) {
      const context = new Uint32Array(n), action = new Uint8Array(n);
      const recorded = new Float64Array(n), reward = new Float64Array(n);
      for (let i = 0; i < n; i++) {
        const x = context[i] = rng.integer(propensity.length);
        const type = rng.bernoulli(laws[x].one) ? 1 : 0;
        const a = action[i] = rng.bernoulli(laws[x].taken[type]) ? 1 : 0;
        recorded[i] = a === 1 ? propensity[x] : 1 - propensity[x];
        // The normal law by its quantiles, the whole of it or the part of the type.
        const share = rng.uniform(), top = type === a;
        const at = !rng.bernoulli(follows) ? share : top ? level + (1 - level) * share : level * share;
        reward[i] = looks[x][a] + spread * normalQuantile(Math.min(1 - 1e-12, Math.max(1e-12, at)));
      }
      return { context, action, propensity: recorded, reward };
    },
  };
}
