/**
 * Bounds on preferences whose pairs were not shown, or not labelled, at random.
 *
 * @module
 */
import { float64 } from "../../float64.ts";
import { groupCodes, standardErrorOfSum } from "../../statistics/groups.ts";
import { checkFinite } from "../../statistics/summary.ts";
import { standardErrors } from "../groups.ts";
import { checkLength, type EstimateOptions } from "../rounds.ts";
import type { Side } from "./adversary.ts";
import type { Bounds } from "./policy_bounds.ts";
import { checkGamma } from "./selection.ts";

/**
 * What is hidden. "exposure": something that the preference depends on as well moved the odds of a pair's being shown, by at
 * most Γ, so that pairs should count between 1/Γ and Γ. "labels": who labelled has odds of preferring that are off by at most
 * Γ from those of the people that are asked about.
 */
export type HiddenIn = "exposure" | "labels";

/** Labelled pairs, in columns of length n. */
export interface LabelledPairs {
  /** 1 where the first is preferred, 0 where the second is, 1/2 for a tie; shares are allowed, `[n]`, in [0, 1]. */
  readonly preference: ArrayLike<number>;
  /** Whoever is alike in what is on record (a prompt, a topic), `[n]`; one stratum unless given. */
  readonly stratum?: ArrayLike<number | string>;
  /** Who or what each pair belongs to (an annotator), `[n]`. */
  readonly groups?: ArrayLike<number | string>;
}

/**
 * An end of a chance p that is off by Γ: under "exposure" min(Γ p, 1 − (1 − p)/Γ), the most that weights of mean 1 in
 * [1/Γ, Γ] can make of it; under "labels" the chance whose odds are Γ times those of p. Lower ends are those of 1 − p.
 *
 * @param p in [0, 1]
 * @returns the end, and its slope in p
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.deepEqual(shiftedChance(0.5, 3, "upper", "labels").chance, 0.75);
 * assert.ok(Math.abs(shiftedChance(0.5, 3, "upper", "exposure").chance - 5 / 6) < 1e-15);
 * ```
 */
export function shiftedChance(
  p: number,
  gamma: number,
  side: Side,
  hidden: HiddenIn,
): { readonly chance: number; readonly slope: number } {
  if (side === "lower") {
    const { chance, slope } = shiftedChance(1 - p, gamma, "upper", hidden);
    return { chance: 1 - chance, slope };
  }
  if (gamma === 1) return { chance: p, slope: 1 };
  if (hidden === "labels") {
    const scale = 1 + (gamma - 1) * p;
    return { chance: gamma * p / scale, slope: gamma / scale ** 2 };
  }
  return p * (1 + gamma) <= 1 ? { chance: gamma * p, slope: gamma } : { chance: 1 - (1 - p) / gamma, slope: 1 / gamma };
}

/**
 * Bounds on a win rate: the mean preference of pairs as often as they were shown, were nothing hidden. Sharp for labels that
 * are 0 or 1 and strata that are all that is on record; ties and shares count as that part of a label. Where chances of being
 * shown are on record, and small ones differ, weigh by them with `policyBounds`.
 *
 * At Γ = 1 both ends are the mean, with its interval (over groups where there are any).
 *
 * @param gammas each finite and >= 1
 * @throws TypeError when lengths differ; RangeError for no pair, a preference out of [0, 1], or a Γ below 1
 *
 * @example Six of ten are still more than half at Γ = 1.25, and no longer at 1.5
 * ```ts
 * import assert from "node:assert/strict";
 * const preference = [1, 1, 1, 1, 1, 1, 0, 0, 0, 0];
 * const [some, more] = winRateBounds({ preference }, [1.25, 1.5], "labels");
 * assert.ok(some.lower.value > 0.54 && Math.abs(more.lower.value - 0.5) < 1e-12);
 * ```
 */
export function winRateBounds(
  { preference, stratum, groups: own }: LabelledPairs,
  gammas: readonly number[],
  hidden: HiddenIn,
  { level = 0.95, groups = own }: EstimateOptions = {},
): Bounds[] {
  const n = preference.length;
  checkFinite(preference, "preference", 1);
  checkPreferences(preference);
  if (groups !== undefined) checkLength(groups, n, "groups");
  const strata = sharesOf(preference, stratum), width = standardErrors(level, groups);
  const end = (gamma: number, side: Side) => {
    checkGamma(gamma);
    const ends = strata.shares.map((share) => shiftedChance(share, gamma, side, hidden));
    let value = 0;
    for (let i = 0; i < n; i++) value += ends[strata.of[i]].chance / n;
    const influence = float64(n, (i) => {
      const s = strata.of[i];
      return ends[s].chance - value + ends[s].slope * (preference[i] - strata.shares[s]);
    });
    const standardError = standardErrorOfSum(influence, groups) / n, half = width * standardError;
    return { value, standardError, lower: value - half, upper: value + half };
  };
  return gammas.map((gamma) => ({ gamma, lower: end(gamma, "lower"), upper: end(gamma, "upper") }));
}

/**
 * Checks preferences.
 *
 * @throws RangeError naming the pair
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.throws(() => checkPreferences([1, 2]), { message: "preference[1] must be in [0, 1], got 2" });
 * ```
 */
export function checkPreferences(preference: ArrayLike<number>): void {
  for (let i = 0; i < preference.length; i++) {
    if (preference[i] >= 0 && preference[i] <= 1) continue;
    throw new RangeError(`preference[${i}] must be in [0, 1], got ${preference[i]}`);
  }
}

/** Mean preference of each stratum, and the stratum of each pair. */
function sharesOf(preference: ArrayLike<number>, stratum?: ArrayLike<number | string>) {
  const n = preference.length;
  if (stratum !== undefined) checkLength(stratum, n, "stratum");
  const of = stratum === undefined ? new Uint32Array(n) : groupCodes(stratum);
  const strata = of.reduce((most, code) => Math.max(most, code), 0) + 1;
  const sums = new Float64Array(strata), counts = new Float64Array(strata);
  for (let i = 0; i < n; i++) {
    sums[of[i]] += preference[i];
    counts[of[i]]++;
  }
  return { of, shares: [...sums].map((sum, s) => sum / counts[s]) };
}
