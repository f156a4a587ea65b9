/**
 * How much hidden confounding it takes to turn a conclusion over.
 *
 * @module
 */
import type { EstimateOptions } from "../rounds.ts";
import { differences, type Rival } from "./policy_bounds.ts";
import type { SelectionLog, TargetPolicy } from "./selection.ts";

/** Beyond this no Γ is looked for: odds that are off by a million. */
const LARGEST = 1e6;
/** Halvings of an interval of log Γ: to 1e-5 or better where every step takes an interval, to rounding where it does not. */
const FEW = 20, MANY = 60;

/** What it takes. */
export interface Turning {
  /** First less second without hidden confounding. */
  readonly difference: number;
  /** The Γ at which the worst case of the difference is 0; Infinity where none does it, as where outcomes leave no room. */
  readonly gamma: number;
  /** The Γ from which on the interval of the worst case has 0 in it: 1 where it has without any confounding. */
  readonly intervalGamma: number;
}

/**
 * The Γ at which the ranking of two policies turns over, or the sign of a value, which is compared with `{ at: 0 }`: below it,
 * no hidden confounder that is off by at most Γ can have made the difference. By bisection on the bound, which is monotone in
 * Γ.
 *
 * Worst cases keep to outcomes that were seen for an action, so with few rounds an infinite Γ says little.
 *
 * @param second another policy, "logged", or `{ at }`; see `differenceBounds`
 * @throws as `policyBounds`
 *
 * @example Half of the clicks more in arm 1 are not there at Γ = 2
 * ```ts
 * import assert from "node:assert/strict";
 * const action = Array.from({ length: 400 }, (_, i) => i % 2);
 * const reward = Float64Array.from(action, (a, i) => i % 20 < (a === 1 ? 12 : 8) ? 1 : 0);
 * const log = { reward, action, propensity: action.map(() => 0.5) };
 * const { difference, gamma, intervalGamma } = turningGamma(log, { target: action }, { target: action.map((a) => 1 - a) });
 * assert.ok(Math.abs(difference - 0.2) < 1e-12 && gamma > intervalGamma && intervalGamma > 1);
 * const bound = differenceBounds(log, { target: action }, { target: action.map((a) => 1 - a) }, [gamma])[0];
 * assert.ok(Math.abs(bound.lower.value) < 1e-6);
 * import { differenceBounds } from "./policy_bounds.ts";
 * ```
 */
export function turningGamma(
  log: SelectionLog,
  first: TargetPolicy,
  second: Rival,
  options: EstimateOptions = {},
): Turning {
  const { under, valueUnder } = differences(log, first, second, options);
  const difference = under(1, "lower").value;
  const side = difference > 0 ? "lower" : "upper", sign = difference > 0 ? 1 : -1;
  if (difference === 0) return { difference, gamma: 1, intervalGamma: 1 };
  const gamma = whereZero((at) => sign * valueUnder(at, side), LARGEST, MANY);
  const nearest = (at: number) => {
    const { lower, upper } = under(at, side);
    return sign > 0 ? lower : -upper;
  };
  return { difference, gamma, intervalGamma: whereZero(nearest, Math.min(gamma, LARGEST), FEW) };
}

/** The Γ from 1 to `most` at which a falling function is 0: 1 where it starts there, Infinity where it ends above. */
function whereZero(of: (gamma: number) => number, most: number, halvings: number): number {
  if (!(of(1) > 0)) return 1;
  if (of(most) > 0) return Infinity;
  let low = 0, high = Math.log(most);
  for (let k = 0; k < halvings; k++) {
    const middle = (low + high) / 2;
    if (of(Math.exp(middle)) > 0) low = middle;
    else high = middle;
  }
  return Math.exp((low + high) / 2);
}
