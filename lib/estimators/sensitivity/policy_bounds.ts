/**
 * Sharp bounds on a policy's value, and on the difference of two, under the marginal sensitivity model.
 *
 * @module
 */
import { groupCodes, standardErrorOfSum } from "../../statistics/groups.ts";
import { mean } from "../../statistics/summary.ts";
import { naive } from "../direct.ts";
import { checkSomeWeight, outcomeTerm } from "../estimate.ts";
import { standardErrors, type ValueDifference } from "../groups.ts";
import { checkLength, checkRounds, type EstimateOptions, type Rounds } from "../rounds.ts";
import { importanceWeights } from "../weights.ts";
import { type Adversary, adversary, type Side } from "./adversary.ts";
import type { SelectionLog, TargetPolicy } from "./selection.ts";

/** Both ends at one Γ. */
export interface Bounds {
  /** How far the odds of an action may be off. */
  readonly gamma: number;
  /** The least that the value can be, with its own interval: what is to be believed at this Γ starts at `lower.lower`. */
  readonly lower: ValueDifference;
  /** The most, with its own interval: what is to be believed ends at `upper.upper`. */
  readonly upper: ValueDifference;
}

/** What a policy is compared with: another; the one that logged, whose value no selection moves; or a number. */
export type Rival = TargetPolicy | "logged" | { readonly at: number };

/**
 * Sharp bounds on a policy's value.
 *
 * At Γ = 1 both ends are the self-normalised estimate (`snipw`) or, where the log has `prediction`, the doubly robust one
 * (`dr`), to the bit, with its interval. Beyond it, each end is that estimate under the worst weights that keep their sum
 * within each action (see `adversary.ts`). In the limit of many rounds they are sharp where the quantile of the outcome, or
 * of the residual, given context and action depends on the action alone, and valid, only wider, where it does not: an outcome
 * model narrows them. For one action, and for two, both ends can be reached; for the sum over more they are valid.
 *
 * Intervals are those of the estimate at the worst weights, whose threshold moves nothing to first order; with groups,
 * influences are summed within each. From `lower.lower` to `upper.upper` the value is covered with `level` at least.
 *
 * @param log columns reward, action, propensity, and where there are any prediction and groups
 * @param policy its probability of each logged action, and `direct` where the log has `prediction`
 * @param gammas each finite and >= 1
 * @returns one entry a Γ, in their order
 * @throws TypeError when lengths differ or `direct` is missing; RangeError when a number is out of range, naming column and
 *   round, or no logged action is one the policy takes
 *
 * @example A click rate of 1/2 in each arm; the policy takes arm 1
 * ```ts
 * import assert from "node:assert/strict";
 * const reward = Float64Array.of(1, 0, 1, 0), action = [0, 0, 1, 1], propensity = [0.5, 0.5, 0.5, 0.5];
 * const [none, some] = policyBounds({ reward, action, propensity }, { target: [0, 0, 1, 1] }, [1, 2]);
 * assert.deepEqual([none.lower.value, none.upper.value], [0.5, 0.5]);
 * // Inverse propensities 2 of the click may be 3, or 1.5; balance does the opposite to the other round.
 * assert.ok(Math.abs(some.lower.value - 0.375) < 1e-12 && Math.abs(some.upper.value - 0.625) < 1e-12);
 * ```
 */
export function policyBounds(
  log: SelectionLog,
  policy: TargetPolicy,
  gammas: readonly number[],
  options: EstimateOptions = {},
): Bounds[] {
  return differenceBounds(log, policy, { at: 0 }, gammas, options);
}

/**
 * Sharp bounds on the difference of two policies' values, first less second: one and the same selection is the worst for the
 * difference, which is less than the worst for each.
 *
 * @param second another policy; "logged", the mean of the logged rewards, which is known without weights; or `{ at }`, a
 *   number
 * @throws as {@link policyBounds}
 *
 * @example Two policies that are the same differ by nothing, whatever Γ
 * ```ts
 * import assert from "node:assert/strict";
 * const log = { reward: Float64Array.of(1, 0, 1, 0), action: [0, 0, 1, 1], propensity: [0.5, 0.5, 0.5, 0.5] };
 * const policy = { target: [0.2, 0.2, 0.8, 0.8] };
 * const [{ lower, upper }] = differenceBounds(log, policy, policy, [3]);
 * assert.deepEqual([lower.value, upper.value], [0, 0]);
 * ```
 */
export function differenceBounds(
  log: SelectionLog,
  first: TargetPolicy,
  second: Rival,
  gammas: readonly number[],
  options: EstimateOptions = {},
): Bounds[] {
  const { under } = differences(log, first, second, options);
  return gammas.map((gamma) => ({ gamma, lower: under(gamma, "lower"), upper: under(gamma, "upper") }));
}

/** The difference of two policies as a function of Γ. */
interface Differences {
  /** One end at a Γ, with its interval. */
  under(gamma: number, side: Side): ValueDifference;
  /** The value of an end alone, which takes one pass. */
  valueUnder(gamma: number, side: Side): number;
}

/**
 * Prepares the ends of a difference.
 *
 * @throws as {@link policyBounds}
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const log = { reward: Float64Array.of(1, 0, 1, 0), action: [0, 0, 1, 1], propensity: [0.5, 0.5, 0.5, 0.5] };
 * const { under, valueUnder } = differences(log, { target: [0, 0, 1, 1] }, "logged", {});
 * assert.ok(Math.abs(under(2, "lower").value - valueUnder(2, "lower")) < 1e-15);
 * ```
 */
export function differences(
  log: SelectionLog,
  first: TargetPolicy,
  second: Rival,
  options: EstimateOptions,
): Differences {
  const rounds = roundsOf(log, first), n = rounds.reward.length, { level = 0.95, groups = log.groups } = options;
  const other = second === "logged" || "at" in second ? undefined : { rounds: roundsOf(log, second), policy: second };
  const contrast = contrastOf([rounds, first], other && [other.rounds, other.policy]);
  const worst = worstFor(log, contrast), logged = naive(rounds);
  const known = second === "logged" || !("at" in second)
    ? logged
    : { value: second.at, influence: new Float64Array(n) };
  // Whatever does not change with Γ is done once.
  if (groups !== undefined) checkLength(groups, n, "groups");
  const codes = groups && groupCodes(groups), width = standardErrors(level, groups);
  const under = (gamma: number, side: Side) => {
    const shift = worst.shift(gamma, side), { value: own, influence } = influenceUnder(rounds, first, shift);
    const rival = other === undefined ? known : influenceUnder(other.rounds, other.policy, shift);
    for (let i = 0; i < n; i++) influence[i] -= rival.influence[i];
    const value = own - rival.value,
      standardError = standardErrorOfSum(codes ? sumsOf(influence, codes) : influence) / n;
    return { value, standardError, lower: value - width * standardError, upper: value + width * standardError };
  };
  const plain = under(1, "lower").value;
  return { under, valueUnder: (gamma, side) => plain + worst.moved(gamma, side) / n };
}

/** Sums within groups. */
function sumsOf(values: Float64Array, codes: Uint32Array): Float64Array {
  const sums = new Float64Array(codes.reduce((most, code) => Math.max(most, code), 0) + 1);
  for (let i = 0; i < values.length; i++) sums[codes[i]] += values[i];
  return sums;
}

/** Checked rounds of a policy. */
function roundsOf({ reward, action, propensity, prediction, groups }: SelectionLog, policy: TargetPolicy): Rounds {
  checkLength(action, reward.length, "action");
  checkLength(policy.target, reward.length, "target");
  const weight = importanceWeights(policy.target, propensity);
  const rounds = { reward, weight, prediction, direct: policy.direct, groups, support: policy.support };
  if (prediction !== undefined) {
    checkRounds(rounds, ["weight", "prediction", "outcome term"], "bounds");
  } else {
    checkRounds(rounds, ["weight"], "bounds");
    checkSomeWeight(weight, "bounds");
  }
  return rounds;
}

/** What the value, or the difference, is linear in: target probabilities over the mean weight where that normalises. */
function contrastOf(
  [{ weight, prediction }, { target }]: readonly [Rounds, TargetPolicy],
  second?: readonly [Rounds, TargetPolicy],
): Float64Array {
  const scale = prediction === undefined ? weight.length / weight.reduce((sum, w) => sum + w, 0) : 1;
  const contrast = weight.map((_, i) => target[i] * scale);
  if (second === undefined) return contrast;
  const other = contrastOf(second);
  return contrast.map((u, i) => u - other[i]);
}

function worstFor({ reward, action, propensity, prediction }: SelectionLog, contrast: Float64Array): Adversary {
  const outcome = prediction === undefined ? reward : reward.map((r, i) => r - prediction[i]);
  return adversary({ outcome, action, propensity, contrast });
}

/** The estimate of a policy where each reweighted outcome is shifted: its value and the influence of each round. */
function influenceUnder(rounds: Rounds, policy: TargetPolicy, shift: Float64Array) {
  const numerator = numeratorUnder(rounds, policy, shift), { weight, prediction } = rounds;
  const scale = prediction === undefined ? mean(weight) : 1, ratio = mean(numerator) / scale;
  const outcome = prediction === undefined ? undefined : outcomeTerm(rounds);
  const direct = outcome === undefined ? 0 : mean(outcome.terms);
  for (let i = 0; i < weight.length; i++) {
    const centre = prediction === undefined ? ratio * weight[i] : ratio;
    const deviation = outcome === undefined || outcome.ofTexts ? 0 : outcome.terms[i] - direct;
    numerator[i] = deviation + (numerator[i] - centre) / scale;
  }
  return { value: direct + ratio, influence: numerator };
}

/** Weighted outcomes, or residuals, with what the worst selection adds `[n]`. */
function numeratorUnder({ reward, weight, prediction }: Rounds, { target }: TargetPolicy, shift: Float64Array) {
  const numerator = new Float64Array(weight.length);
  for (let i = 0; i < weight.length; i++) {
    const outcome = prediction === undefined ? reward[i] : reward[i] - prediction[i];
    numerator[i] = weight[i] * outcome + target[i] * shift[i];
  }
  return numerator;
}
