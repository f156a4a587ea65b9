/** Values from sums: the same as those of estimators that hold all rounds, however rounds come in chunks. */
import assert from "node:assert/strict";
import { Rng } from "../../random.ts";
import { estimators, roundsFromActionDistribution } from "../mod.ts";
import { differenceOfValues, standardErrors } from "../groups.ts";
import { STREAMED } from "./policy_columns.ts";
import { clopperPearson, rareSumInterval } from "./rare_outcomes.ts";
import { StreamedValues } from "./streamed_values.ts";

const ACTIONS = 3, LAMBDA = 1.5;

/** A log with readers, expected rewards and two policies that differ by round. */
function logOf(n: number, reward: (rng: Rng, action: number) => number) {
  const rng = Rng.seed(7),
    law = () => {
      const values = Array.from({ length: ACTIONS }, () => 0.1 + rng.uniform()), sum = values.reduce((a, b) => a + b);
      return values.map((value) => value / sum);
    };
  const logging = Array.from({ length: n }, law), policies = [0, 1].map(() => Array.from({ length: n }, law));
  const action = Int32Array.from(logging, (p) => rng.categorical(p, 1)[0]);
  return {
    ...{ n, action, policies, propensity: Float64Array.from(logging, (p, i) => p[action[i]]) },
    reward: Float64Array.from(action, (a) => reward(rng, a)),
    model: Array.from({ length: n }, () => Array.from({ length: ACTIONS }, () => rng.normal())),
    group: Int32Array.from({ length: n }, (_, i) => Math.floor(Math.sqrt(i))),
  };
}

/** Sums over the log, in chunks that end where they are told. */
function streamed(log: ReturnType<typeof logOf>, grouped: boolean, ends: readonly number[] = [1, 40, log.n]) {
  const values = new StreamedValues({ actions: ACTIONS, policies: 2, lambda: LAMBDA, grouped });
  let from = 0;
  for (const to of ends) {
    const part = <T>(column: ArrayLike<T>) => Array.prototype.slice.call(column, from, to);
    const table = (rows: readonly (readonly number[])[]) => ({ values: Float64Array.from(part(rows).flat()) });
    const chunk = {
      ...{ rows: to - from, reward: Float64Array.from(part(log.reward)), action: Int32Array.from(part(log.action)) },
      propensity: Float64Array.from(part(log.propensity)),
    };
    values.add(
      chunk,
      table(log.model),
      log.policies.map(table),
      grouped ? Int32Array.from(part(log.group)) : undefined,
    );
    from = to;
  }
  return values;
}

const near = (value: number, want: number, tolerance = 1e-12) =>
  assert.ok(Math.abs(value - want) <= tolerance * Math.max(1, Math.abs(want)), `${value} for ${want}`);

const log = logOf(150, (rng, a) => a + rng.normal());

for (const grouped of [false, true]) {
  const values = streamed(log, grouped), groups = grouped ? { groups: log.group } : {};
  const rounds = log.policies.map((policy) =>
    roundsFromActionDistribution({
      ...{ reward: log.reward, action: log.action, pscore: log.propensity, ...groups },
      actionDistribution: policy.map((p) => p.map((value) => [value])),
      estimatedRewards: log.model.map((q) => q.map((value) => [value])),
    })
  );
  const whole = (id: typeof STREAMED[number], policy: number) =>
    estimators[id].estimate(
      rounds[policy],
      "lambda" in estimators[id].options && id !== "dr" ? { lambda: LAMBDA } : {},
    );
  for (const id of STREAMED) {
    Deno.test(`${id} of a log in chunks is that of the whole log, ${grouped ? "over groups" : "over rounds"}`, () => {
      for (const policy of [0, 1]) {
        const want = whole(id, policy), { estimate, lower, upper, standardError } = values.value(id, policy, 0.9);
        const half = standardErrors(0.9, groups.groups) * want.standardError;
        near(estimate, want.value);
        near(standardError, want.standardError);
        near(lower, want.value - half);
        near(upper, want.value + half);
      }
      const want = differenceOfValues(whole(id, 0), whole(id, 1), groups), got = values.difference(id, 0.95);
      near(got.estimate, want.value);
      near(got.standardError, want.standardError);
      near(got.lower, want.lower);
    });
  }

  Deno.test(`weights of a log in chunks are those of the whole log, ${grouped ? "over groups" : "over rounds"}`, () => {
    const want = whole("ipw", 1), got = values.weights(1);
    near(got.mean, want.meanWeight);
    near(got.meanError, want.meanWeightError);
    near(got.effectiveSampleSize, want.effectiveSampleSize);
    near(got.largest, want.largestWeight);
    near(got.above, whole("clipped", 1).clippedFraction);
    log.policies[1][0].forEach((_, a) => near(got.mass[a], log.policies[1].reduce((sum, p) => sum + p[a], 0) / log.n));
  });

  Deno.test(`ends of a ratio are where first − ratio × second is just away from 0, ${grouped ? "over groups" : "over rounds"}`, () => {
    const one = whole("snipw", 0), other = whole("snipw", 1), ratio = values.ratio("snipw", 0.95);
    assert.ok(ratio.lower < ratio.estimate && ratio.estimate < ratio.upper);
    for (const end of [ratio.lower, ratio.upper]) {
      const scaled = { ...other, value: end * other.value, influence: other.influence.map((v) => end * v) };
      const { value, standardError } = differenceOfValues(one, scaled, groups);
      near(Math.abs(value) / standardError, standardErrors(0.95, groups.groups), 1e-9);
    }
  });
}

Deno.test("values do not depend on where chunks end", () => {
  const one = streamed(log, true, [log.n]), other = streamed(log, true, [7, 8, 100, log.n]);
  for (const id of STREAMED) {
    near(one.value(id, 0, 0.95).estimate, other.value(id, 0, 0.95).estimate, 1e-14);
    near(one.value(id, 0, 0.95).standardError, other.value(id, 0, 0.95).standardError, 1e-12);
  }
});

Deno.test("a reward that never varies has no spread once it is normalised, whatever the weights", () => {
  const same = logOf(150, () => 0.3);
  for (const grouped of [false, true]) {
    const { estimate, lower, upper } = streamed(same, grouped).value("snipw", 0, 0.95);
    near(estimate, 0.3);
    near(lower, upper, 1e-14);
  }
});

Deno.test("no event among rounds leaves room for one: by rounds, and more of it by groups", () => {
  const none = logOf(150, () => 0), byRounds = streamed(none, false), byGroups = streamed(none, true);
  for (const id of ["naive", "ipw", "snipw", "clipped"] as const) {
    const one = byRounds.value(id, 0, 0.95), other = byGroups.value(id, 0, 0.95);
    assert.deepEqual([one.estimate, one.lower, other.lower], [0, 0, 0]);
    assert.ok(one.upper > 3.6 / none.n && other.upper > one.upper, `${id}: ${one.upper}, ${other.upper}`);
  }
  assert.equal(byRounds.value("naive", 0, 0.95).interval, "clopper-pearson");
  near(byRounds.value("naive", 0, 0.95).upper, 1 - 0.025 ** (1 / none.n), 1e-12);
});

Deno.test("an event in all rounds but none leaves as much room below 1", () => {
  const all = streamed(logOf(150, () => 1), false), none = streamed(logOf(150, () => 0), false);
  near(all.value("snipw", 0, 0.95).lower, 1 - none.value("snipw", 0, 0.95).upper, 1e-12);
  near(all.value("naive", 0, 0.95).lower, 1 - none.value("naive", 0, 0.95).upper, 1e-12);
});

Deno.test("draws of groups spread values as their standard errors say", () => {
  const values = streamed(log, true), { standardError, lower, upper } = values.value("snipw", 0, 0.95);
  values.bootstrap(2000, Rng.seed(3));
  const drawn = values.value("snipw", 0, 0.95);
  assert.equal(drawn.interval, "bootstrap");
  assert.equal(drawn.standardError, standardError);
  // 13 groups: the two differ by Student's quantile and by G / (G − 1).
  assert.ok(Math.abs((drawn.upper - drawn.lower) / (upper - lower) - 0.85) < 0.15);
});

// Garwood, Biometrika 28, 1936: Poisson limits of 0, 3 and 10 events; Clopper and Pearson of 3 in 20 by the binomial law.
Deno.test("intervals of rare events: equal weights are Poisson's exact limits, and proportions are binomial ones", () => {
  for (const [events, lower, upper] of [[0, 0, 3.6889], [3, 0.6187, 8.7673], [10, 4.7954, 18.3904]] as const) {
    const [low, high] = rareSumInterval(events / 100, events / 1e4, 0.01, 0.95);
    near(100 * low, lower, 1e-4);
    near(100 * high, upper, 1e-4);
  }
  const tail = (p: number, from: number, to: number) => {
    let sum = 0;
    for (let k = from; k <= to; k++) {
      let term = p ** k * (1 - p) ** (20 - k);
      for (let j = 0; j < k; j++) term *= (20 - j) / (j + 1);
      sum += term;
    }
    return sum;
  };
  const [lower, upper] = clopperPearson(3, 20, 0.95);
  near(tail(lower, 3, 20), 0.025, 1e-10);
  near(tail(upper, 0, 3), 0.025, 1e-10);
});

Deno.test("rewards of 1e-199 and of 1e120 have the values and errors of rewards of 1, in their unit", () => {
  const plain = streamed(log, true);
  for (const unit of [2 ** -660, 2 ** 250, 2 ** 400]) {
    const other = {
      ...log,
      reward: log.reward.map((r) => r * unit),
      model: log.model.map((q) => q.map((v) => v * unit)),
    };
    const scaled = streamed(other, true);
    for (const id of STREAMED) {
      const one = plain.value(id, 0, 0.95), two = scaled.value(id, 0, 0.95);
      for (const key of ["estimate", "lower", "upper", "standardError"] as const) {
        near(two[key] / unit, one[key], 1e-12);
      }
    }
    near(scaled.ratio("snipw", 0.95).lower, plain.ratio("snipw", 0.95).lower, 1e-10);
    near(scaled.difference("dr", 0.95).lower / unit, plain.difference("dr", 0.95).lower, 1e-12);
  }
});

Deno.test("weights times rewards that overflow are refused", () => {
  const huge = { ...log, reward: log.reward.map((r) => r * 1e308) };
  assert.throws(() => streamed(huge, false), /weights times rewards overflow/);
});

Deno.test("few events in groups: as exact as by rounds where each is in a group of its own, and never above 1", () => {
  const log = logOf(400, () => 0),
    values = (reward: typeof log.reward, group: typeof log.group) => streamed({ ...log, reward, group }, true);
  const at = (places: readonly number[]) => Float64Array.from(log.reward, (_, i) => places.includes(i) ? 1 : 0);
  const pairs = Int32Array.from(log.reward, (_, i) => i >> 1),
    halves = Int32Array.from(log.reward, (_, i) => i < 200 ? 0 : 1);
  const apart = values(at([0, 50, 100, 150, 200, 250, 300, 350]), pairs).value("naive", 0, 0.95);
  // Poisson's exact limits of 8 events: 3.4538 and 15.7632 (Garwood 1936).
  near(apart.lower, 3.4538 / 400, 1e-6);
  near(apart.upper, 15.7632 / 400, 1e-6);
  const two = values(at([0, 250]), halves).value("naive", 0, 0.95);
  assert.ok(two.interval === "fay-feuer" && two.upper === 1 && two.lower < 2 / 400);
});
