/**
 * From a log of discrete actions, in the form bandit data sets have, to the rounds that estimators read.
 *
 * @module
 */

import { checkFinite } from "../statistics/summary.ts";
import { checkLength, type Rounds } from "./rounds.ts";
import { supportOf } from "./support.ts";
import { checkPropensities } from "./weights.ts";

/** Numbers indexed `[n][A][P]`: round, action, position. Rounds of one context may share their inner arrays. */
export type ByRound = ArrayLike<ArrayLike<ArrayLike<number>>>;

/** A log of discrete actions, possibly shown at one of several positions. */
export interface ActionLog {
  /** `[n]` */
  readonly reward: ArrayLike<number>;
  /** Logged action, `[n]`, in 0 .. A-1. */
  readonly action: ArrayLike<number>;
  /** Probability of the logged action under the logging policy, `[n]`, in (0, 1]. */
  readonly pscore: ArrayLike<number>;
  /** Target policy; for each round and position the probabilities of the actions sum to one. */
  readonly actionDistribution: ByRound;
  /** Outcome model. */
  readonly estimatedRewards?: ByRound;
  /** Position of each round, `[n]`, in 0 .. P-1; all 0 unless given. */
  readonly position?: ArrayLike<number>;
  /** Segment of each round, `[n]`, within which support is checked; the position unless given. */
  readonly segment?: ArrayLike<number | string>;
  /** Who or what each round belongs to, `[n]`: estimates then have their standard errors over groups. */
  readonly groups?: ArrayLike<number | string>;
}

/** Room for probabilities stored in single precision or with six decimals. */
const SUM_TOLERANCE = 1e-6;

/**
 * Weights, predictions and direct terms of a log of discrete actions.
 *
 * @returns `weight` is target probability over pscore; `support` says what the log leaves out; `prediction` and `direct` are there when `estimatedRewards` is
 * @throws TypeError when lengths differ; RangeError when there is no round, a reward or prediction is not finite, a pscore
 *   is not in (0, 1], an action or position does not exist, or a policy's probabilities are not a distribution, naming
 *   the round
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const rounds = roundsFromActionDistribution({
 *   reward: [1, 0],
 *   action: [0, 1],
 *   pscore: [0.5, 0.5],
 *   actionDistribution: [[[0.8], [0.2]], [[0.8], [0.2]]],
 *   estimatedRewards: [[[0.75], [0.25]], [[0.75], [0.25]]],
 * });
 * assert.deepEqual([...rounds.weight], [1.6, 0.4]);
 * assert.deepEqual([...rounds.prediction!], [0.75, 0.25]);
 * assert.ok(Math.abs(rounds.direct![0] - 0.65) < 1e-15);
 * ```
 */
export function roundsFromActionDistribution(log: ActionLog): Rounds {
  const { reward, action, pscore, actionDistribution, estimatedRewards, position, segment = position, groups } = log;
  const n = reward.length;
  if (n === 0) throw new RangeError("there are no rounds (reward has length 0)");
  checkFinite(reward, "reward");
  checkLength(action, n, "action");
  checkLength(pscore, n, "pscore");
  checkPropensities(pscore, "pscore");
  checkLength(actionDistribution, n, "actionDistribution");
  if (estimatedRewards !== undefined) checkLength(estimatedRewards, n, "estimatedRewards");
  if (position !== undefined) checkLength(position, n, "position");
  if (segment !== undefined) checkLength(segment, n, "segment");
  if (groups !== undefined) checkLength(groups, n, "groups");

  const weight = new Float64Array(n), prediction = new Float64Array(n), direct = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    const at = position?.[i] ?? 0;
    const policy = actionDistribution[i];
    checkIndex(action[i], policy.length, `action[${i}]`, "actions");
    checkIndex(at, policy[0].length, `position[${i}]`, "positions");
    weight[i] = distributionAt(policy, at, i)(action[i]) / pscore[i];
    if (estimatedRewards === undefined) continue;
    const rewards = estimatedRewards[i];
    checkLength(rewards, policy.length, `estimatedRewards[${i}]`);
    for (let a = 0; a < policy.length; a++) {
      const expected = rewards[a][at];
      if (!Number.isFinite(expected)) {
        throw new RangeError(`estimatedRewards[${i}][${a}][${at}] must be a finite number, got ${expected}`);
      }
      direct[i] += policy[a][at] * expected;
    }
    prediction[i] = rewards[action[i]][at];
  }
  const target = Array.from(actionDistribution, (policy, i) => {
    const at = position?.[i] ?? 0;
    return Float64Array.from(policy, (byPosition) => byPosition[at]);
  });
  const support = supportOf({ action, target, weight, segment, groups });
  const observed = { reward: Float64Array.from(reward), weight, support, ...(groups && { groups }) };
  return estimatedRewards === undefined ? observed : { ...observed, prediction, direct };
}

/** The probabilities of a round's actions at one position, checked. */
function distributionAt(
  policy: ArrayLike<ArrayLike<number>>,
  position: number,
  round: number,
): (action: number) => number {
  let sum = 0;
  for (let a = 0; a < policy.length; a++) {
    const p = policy[a][position];
    if (!(p >= 0 && p <= 1 + SUM_TOLERANCE)) {
      throw new RangeError(`actionDistribution[${round}][${a}][${position}] must be in [0, 1], got ${p}`);
    }
    sum += p;
  }
  if (!(Math.abs(sum - 1) <= SUM_TOLERANCE)) {
    throw new RangeError(`actionDistribution[${round}][..][${position}] must sum to 1, got ${sum}`);
  }
  return (action) => policy[action][position];
}

function checkIndex(index: number, count: number, name: string, what: string): void {
  if (!Number.isInteger(index) || index < 0 || index >= count) {
    throw new RangeError(
      `${name} must be a whole number from 0 to ${count - 1} (there are ${count} ${what}), got ${index}` +
        (index === count ? "; if they are counted from one, subtract 1" : ""),
    );
  }
}
