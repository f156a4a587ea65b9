/**
 * The estimators against values of another library (origin in testdata/ope_estimators.json).
 *
 * Everything in the file is matched: Replay and balanced IPW are self-normalised IPW with other weights, the Student lower
 * bound is one end of the mean's interval. Not in the file because not implemented here: Hoeffding and empirical Bernstein
 * bounds, scores that choose lambda.
 */
import assert from "node:assert/strict";
import { meanInterval } from "../statistics/intervals.ts";
import { type ByRound, roundsFromActionDistribution } from "./action_log.ts";
import { outcomeOnly } from "./direct.ts";
import { dr, drOptimisticShrinkage, sndr, subGaussianDr, switchDr } from "./dr.ts";
import { clippedIpw, snipw, subGaussianIpw } from "./ipw.ts";
import type { Estimate, Rounds } from "./rounds.ts";
import golden from "./testdata/ope_estimators.json" with { type: "json" };

interface Log {
  reward: number[];
  action: number[];
  pscore?: number[];
  action_dist: ByRound;
  estimated_rewards?: ByRound;
  position?: number[];
}
interface Case {
  estimator: string;
  log: string;
  lambda?: number | "inf";
  weights?: number[];
  value: number | "nan";
  round_rewards: (number | "nan")[];
}

const logs = golden.logs as unknown as Record<string, Log>;
const cases = golden.cases as Case[];

/** Constants that a round's influence lacks: the value, spread as the reference spreads it over the rounds. */
type Centre = (estimate: Estimate, rounds: Rounds) => Float64Array;
const mean = (values: Float64Array) => values.reduce((sum, value) => sum + value, 0) / values.length;
const constant: Centre = ({ value, influence }) => influence.map(() => value);
/** A ratio's round rewards are w r / mean(w): the influence is that less value * w / mean(w). */
const proportional: Centre = ({ value }, { weight }) => weight.map((w) => value * w / mean(weight));
const directThenProportional: Centre = ({ value }, { weight, direct }) =>
  weight.map((w) => mean(direct!) + (value - mean(direct!)) * w / mean(weight));

interface Match {
  estimate: (rounds: Rounds, lambda: number) => Estimate;
  centre: Centre;
}
const matches: Record<string, Match> = {
  InverseProbabilityWeighting: { estimate: (r, lambda) => clippedIpw(r, { lambda }), centre: constant },
  SelfNormalizedInverseProbabilityWeighting: { estimate: (r) => snipw(r), centre: proportional },
  DirectMethod: { estimate: (r) => outcomeOnly(r), centre: constant },
  DoublyRobust: { estimate: (r, lambda) => dr(r, { lambda }), centre: constant },
  SelfNormalizedDoublyRobust: { estimate: (r) => sndr(r), centre: directThenProportional },
  SwitchDoublyRobust: { estimate: (r, lambda) => switchDr(r, { lambda }), centre: constant },
  DoublyRobustWithShrinkage: { estimate: (r, lambda) => drOptimisticShrinkage(r, { lambda }), centre: constant },
  SubGaussianInverseProbabilityWeighting: { estimate: (r, lambda) => subGaussianIpw(r, { lambda }), centre: constant },
  SubGaussianDoublyRobust: { estimate: (r, lambda) => subGaussianDr(r, { lambda }), centre: constant },
};

function roundsOf({ reward, action, pscore, action_dist, estimated_rewards, position }: Log): Rounds {
  return roundsFromActionDistribution({
    reward,
    action,
    // The direct method does not read it.
    pscore: pscore ?? reward.map(() => 1),
    actionDistribution: action_dist,
    estimatedRewards: estimated_rewards,
    position,
  });
}

/** 1e-9 of the expected number, plus the rounding of the sums it is a difference of. */
function close(actual: number, expected: number, scale: number, what: string): void {
  const tolerance = 1e-9 * Math.abs(expected) + 1e-12 + 8 * Number.EPSILON * scale;
  assert.ok(Math.abs(actual - expected) <= tolerance, `${what}: got ${actual}, expected ${expected}`);
}

function largest(values: ArrayLike<number>): number {
  return Array.from(values).reduce((most, value) => Math.max(most, Math.abs(value)), 0);
}

for (const [name, { estimate, centre }] of Object.entries(matches)) {
  const own = cases.filter(({ estimator }) => estimator === name);
  Deno.test(`${name} matches its ${own.length} reference cases`, () => {
    assert.ok(own.length > 0);
    for (const { log, lambda = "inf", value, round_rewards } of own) {
      if (value === "nan") continue; // see "where the reference gives NaN"
      const what = `${log}, lambda ${lambda}`;
      const rounds = roundsOf(logs[log]);
      const result = estimate(rounds, lambda === "inf" ? Infinity : lambda);
      close(result.value, value, 0, what);
      const centres = centre(result, rounds);
      const scale = Math.max(largest(result.influence), largest(centres));
      result.influence.forEach((influence, i) =>
        close(influence + centres[i], round_rewards[i] as number, scale, `${what}, round ${i}`)
      );
    }
  });
}

Deno.test("balanced IPW is self-normalised IPW of the clipped estimated weights", () => {
  const own = cases.filter(({ estimator }) => estimator === "BalancedInverseProbabilityWeighting");
  assert.equal(own.length, 4);
  for (const { log, lambda, weights, value } of own) {
    const largestAllowed = lambda === "inf" ? Infinity : lambda!;
    const weight = Float64Array.from(weights!, (w) => Math.min(w, largestAllowed));
    close(snipw({ reward: Float64Array.from(logs[log].reward), weight }).value, value as number, 0, log);
  }
});

Deno.test("replay is self-normalised IPW of the matches with a deterministic policy", () => {
  const own = cases.filter(({ estimator }) => estimator === "ReplayMethod");
  assert.equal(own.length, 2);
  for (const { log, value } of own) {
    const { reward, action, action_dist } = logs[log];
    const weight = Float64Array.from(action, (a, i) => action_dist[i][a][0] === 1 ? 1 : 0);
    const replay = () => snipw({ reward: Float64Array.from(reward), weight }).value;
    // Without a single match the reference answers 0, which is no estimate of anything.
    if (largest(weight) === 0) assert.throws(replay, /all 4 weights are 0/);
    else close(replay(), value as number, 0, log);
  }
});

Deno.test("where the reference gives NaN we throw, or take the limit where there is one", () => {
  const undefinedCases = cases.filter(({ value }) => value === "nan");
  assert.deepEqual(undefinedCases.map(({ estimator, log }) => `${estimator} ${log}`).sort(), [
    "DoublyRobustWithShrinkage deterministic",
    "DoublyRobustWithShrinkage no_overlap",
    "SelfNormalizedDoublyRobust no_overlap",
    "SelfNormalizedInverseProbabilityWeighting no_overlap",
  ]);
  for (const { estimator, log } of undefinedCases) {
    const rounds = roundsOf(logs[log]);
    if (estimator === "DoublyRobustWithShrinkage") {
      // lambda w / (w^2 + lambda) is 0/0 at lambda = w = 0 and 0 at every other w: the model alone is the limit.
      assert.equal(drOptimisticShrinkage(rounds, { lambda: 0 }).value, outcomeOnly(rounds).value);
    } else {
      // The sum of the weights is 0: there is nothing to normalise by and no limit.
      assert.throws(() => matches[estimator].estimate(rounds, 0), {
        name: "RangeError",
        message:
          `${estimator.includes("Doubly") ? "sndr" : "snipw"}: all 4 weights are 0, so no logged action is one the ` +
          "target policy takes and there is nothing to normalise by; check the overlap of the two policies",
      });
    }
  }
});

Deno.test("the Student lower bound at delta is the lower end of the mean's interval of level 1 - 2 delta", () => {
  assert.equal(golden.student_t_lower_bounds.length, 6);
  for (const { values, delta, value } of golden.student_t_lower_bounds) {
    close(meanInterval(values, { level: 1 - 2 * delta }).lower, value, 0, `${values.length} values, delta ${delta}`);
  }
});

Deno.test("every reference case is read", () => {
  const read = [...Object.keys(matches), "BalancedInverseProbabilityWeighting", "ReplayMethod"];
  assert.deepEqual([...new Set(cases.map(({ estimator }) => estimator))].sort(), read.sort());
  assert.equal(cases.length, 150);
});
