/** What a log cannot say, and that it is said. */
import assert from "node:assert/strict";
import { dr, estimators, ipw, naive, outcomeOnly, roundsFromActionDistribution, snipw } from "./mod.ts";

const repeated = <T>(values: readonly T[], n: number) => Array.from({ length: n }, (_, i) => values[i % values.length]);
const same = (target: readonly number[], n: number) => repeated([target.map((p) => [p])], n);

Deno.test("a target that goes where the log never went is not identified, whatever the effective sample size", () => {
  const action = repeated([0, 2], 40), reward = repeated([0.3, 0.7], 40), pscore = repeated([0.5], 40);
  const actionDistribution = same([0.1, 0.8, 0.1], 40);
  const rounds = roundsFromActionDistribution({ action, reward, pscore, actionDistribution });
  assert.ok(Math.abs(rounds.support!.missing - 0.8) < 1e-12);
  const message =
    "ipw: not identified: the target puts 80 % of its mass on action 1, which was never logged (mean weight 0.2)";
  assert.throws(() => ipw(rounds), { name: "RangeError", message });
  assert.throws(() => snipw(rounds), /^RangeError: snipw: not identified/);
  assert.throws(() => estimators.clipped.estimate(rounds), /not identified/);
  assert.equal(naive(rounds).value, 0.5);
});

Deno.test("with an outcome model the estimate says that it rests on the model there", () => {
  const action = repeated([0, 2], 40), reward = repeated([0.3, 0.7], 40), pscore = repeated([0.5], 40);
  const estimatedRewards = repeated([[[0.3], [0.9], [0.7]]], 40);
  const rounds = roundsFromActionDistribution({
    action,
    reward,
    pscore,
    actionDistribution: same([0.1, 0.8, 0.1], 40),
    estimatedRewards,
  });
  const { value, warnings } = dr(rounds);
  assert.ok(Math.abs(value - 0.82) < 1e-12);
  assert.match(
    warnings.join(),
    /action 1, which was never logged .*; there the value rests on the outcome model alone/,
  );
  assert.deepEqual(outcomeOnly(rounds).warnings, []);
});

Deno.test("a hole in one segment only is found, and named", () => {
  // Readers of "new" never see action 1; the two segments together do.
  const segment = repeated(["old", "old", "new"], 60), action = repeated([0, 1, 0], 60);
  const pscore = repeated([0.5, 0.5, 1], 60), reward = repeated([0, 1, 1], 60);
  const actionDistribution = same([0.75, 0.25], 60);
  const log = { action, reward, pscore, actionDistribution, segment };
  const { support } = roundsFromActionDistribution(log);
  assert.deepEqual([...support!.bySegment].map(([name, mass]) => [name, mass.toFixed(12)]), [
    ["old", "0.000000000000"],
    ["new", "0.250000000000"],
  ]);
  assert.ok(Math.abs(support!.missing - 0.25 / 3) < 1e-12);
  assert.throws(
    () => ipw(roundsFromActionDistribution(log)),
    /the target puts 25 % of its mass in segment new on action 1, which was never logged \(mean weight 0.75\)/,
  );
});

Deno.test("an action that chance left out is a warning, not a hole", () => {
  // Action 2 has propensity 0.1 and did not come in ten rounds; the weights of the others average 1 within their error.
  const action = repeated([0, 0, 0, 1, 0], 10), pscore = action.map((a) => a === 0 ? 0.8 : 0.1);
  const actionDistribution = same([0.75, 0.2, 0.05], 10), reward = repeated([1, 0], 10);
  const rounds = roundsFromActionDistribution({ action, reward, pscore, actionDistribution });
  assert.ok(!rounds.support!.hole);
  assert.match(ipw(rounds).warnings.join(), /5 % of its mass on action 2.*; the value leaves that out/);
});

Deno.test("codes that begin at one get the word that helps", () => {
  const log = { reward: [1, 0, 1, 1], pscore: repeated([0.25], 4), actionDistribution: same([0.4, 0.2, 0.2, 0.2], 4) };
  assert.throws(
    () => ipw(roundsFromActionDistribution({ ...log, action: [1, 2, 3, 1] })),
    /action 0 never occurs, only 1 to 3 do; if they are counted from one, subtract 1$/,
  );
  assert.throws(() => roundsFromActionDistribution({ ...log, action: [1, 2, 4, 1] }), /counted from one, subtract 1$/);
});

Deno.test("propensities in percent show in the mean weight", () => {
  const n = 400, action = Array.from({ length: n }, (_, i) => i % 50), pscore = repeated([2], n).map((p) => p / 100);
  const reward = repeated([0, 1], n), actionDistribution = same(repeated([0.02], 50), n);
  const right = ipw(roundsFromActionDistribution({ action, reward, pscore, actionDistribution }));
  assert.deepEqual([right.warnings, right.meanWeight, right.meanWeightError], [[], 1, 0]);
  // 2 for 2 % is refused at the door; 0.9 for 0.9 % is not, and only the mean weight tells.
  assert.throws(
    () => roundsFromActionDistribution({ action, reward, pscore: repeated([2], n), actionDistribution }),
    /pscore\[0\] must be in \(0, 1\], got 2/,
  );
  const percent = roundsFromActionDistribution({
    action,
    reward,
    pscore: repeated([0.9], n),
    actionDistribution: same(repeated([0.009, 0.031], 50), n),
  });
  const { meanWeight, warnings } = ipw({ ...percent, weight: percent.weight.map(() => 0.01) });
  assert.equal(meanWeight, 0.01);
  assert.match(warnings[0], /^the mean weight is 0.01 ± .*, not 1: are the propensities in percent\?/);
});

Deno.test("no success in the log still leaves room: Wilson's interval of the plain mean", () => {
  const z2 = 1.959963984540054 ** 2, n = 300;
  const { lower, upper } = naive({ reward: new Float64Array(n), weight: new Float64Array(n).fill(1) });
  assert.equal(lower, 0);
  assert.ok(Math.abs(upper - z2 / (n + z2)) < 1e-9);
});
