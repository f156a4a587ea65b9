/**
 * Selection that the log does not explain: what the marginal sensitivity model takes and allows.
 *
 * The recorded propensity e(a | x) is that of an analyst who does not see some u. The marginal sensitivity model with Γ >= 1
 * (Tan, JASA 101, 2006) says that with u the odds of an action are off by at most Γ:
 *
 *   1/Γ <= [e(a | x, u) / (1 - e(a | x, u))] / [e(a | x) / (1 - e(a | x))] <= Γ
 *
 * so that the inverse propensity that would have been right is 1 + V (1/e - 1) with V in [1/Γ, Γ], of mean 1 given x and a.
 * Γ = 1 is no hidden confounding.
 *
 * @module
 */
import type { Support } from "../rounds.ts";

/** Logged rounds whose selection is in doubt, in columns of length n. */
export interface SelectionLog {
  /** Outcome of the logged action, `[n]`. */
  readonly reward: Float64Array;
  /** Logged action, `[n]`, any whole numbers; the balance of weights is kept within each. */
  readonly action: ArrayLike<number>;
  /** Recorded or fitted probability of the logged action, `[n]`, in (0, 1]. An action that is certain cannot be off. */
  readonly propensity: ArrayLike<number>;
  /** Outcome model at the logged action, `[n]`, fitted on other rounds; with it the estimate is DR, without it Hájek's. */
  readonly prediction?: Float64Array;
  /** Who or what each round belongs to, `[n]`. */
  readonly groups?: ArrayLike<number | string>;
}

/** A policy to be valued. */
export interface TargetPolicy {
  /** Its probability of the logged action in each round, `[n]`, in [0, 1]. */
  readonly target: ArrayLike<number>;
  /** Outcome model averaged over the policy, `[n]`; needed where the log has `prediction`. */
  readonly direct?: Float64Array;
  /** Where the policy goes that the log does not, from `supportOf`. */
  readonly support?: Support;
}

/**
 * Checks a Γ.
 *
 * @throws RangeError when it is below 1 or not finite
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.throws(() => checkGamma(0.5), {
 *   message: "gamma must be finite and at least 1, where 1 is no hidden confounding, got 0.5",
 * });
 * ```
 */
export function checkGamma(gamma: number): void {
  if (gamma >= 1 && gamma < Infinity) return;
  throw new RangeError(`gamma must be finite and at least 1, where 1 is no hidden confounding, got ${gamma}`);
}
