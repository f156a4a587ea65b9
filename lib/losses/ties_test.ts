/** Models of ties: probabilities, limits, gradients; the losses beside float64 formulas are in others_test.ts. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { assertClose, numericGradient, testOnEveryBackend, u } from "../tensor/backends_test_helpers.ts";
import { startBackend, type Tensor, tf } from "../tensor/backend.ts";
import { dpo } from "./dpo.ts";
import { bradleyTerry } from "./reward.ts";
import { davidson, davidsonOutcome, type PairOutcome, raoKupper, raoKupperOutcome } from "./ties.ts";

/** Each model at a value of its parameter, as a loss and as probabilities; `none` is where ties vanish. */
const models = {
  davidson: {
    loss: (chosen: Tensor, rejected: Tensor, tied: Tensor, nu: number) => davidson({ chosen, rejected, tied }, { nu }),
    outcome: davidsonOutcome,
    none: 0,
    parameters: [0.1, 0.75, 2, 30],
  },
  raoKupper: {
    loss: (chosen: Tensor, rejected: Tensor, tied: Tensor, theta: number) =>
      raoKupper({ chosen, rejected, tied }, { theta }),
    outcome: raoKupperOutcome,
    none: 1,
    parameters: [1.01, 1.5, 3, 40],
  },
};
const differences = [-800, -40, -3, -0.5, 0, 0.25, 2, 35, 800];
const logOf = (outcome: PairOutcome, tied: number) => Math.log(tied ? outcome.tie : outcome.win);

Deno.test("win, tie and loss sum to one, win and loss change places with the responses", () => {
  fc.assert(
    fc.property(
      fc.double({ min: -900, max: 900, noNaN: true }),
      fc.double({ min: 0, max: 50, noNaN: true }),
      (d, p) => {
        for (const { outcome, none } of Object.values(models)) {
          const { win, tie, loss } = outcome(d, none + p), other = outcome(-d, none + p);
          for (const value of [win, tie, loss]) assert.ok(value >= 0 && value <= 1);
          assert.ok(Math.abs(win + tie + loss - 1) < 1e-14, `${win} ${tie} ${loss}`);
          assert.deepEqual([win, tie, loss], [other.loss, other.tie, other.win]);
        }
      },
    ),
    { numRuns: 300, seed: 1 },
  );
});

Deno.test("by hand: odds of Davidson, thresholds of Rao and Kupper", () => {
  const close = (a: PairOutcome, b: number[]) => assertClose([a.win, a.tie, a.loss], b, 1e-15, "outcome");
  // Worths 4 and 1: 4, 1, and ν √4.
  close(davidsonOutcome(Math.log(4), 0.5), [4 / 6, 1 / 6, 1 / 6]);
  // 4/(4 + 2), 1/(1 + 8), and what is left.
  close(raoKupperOutcome(Math.log(4), 2), [2 / 3, 2 / 9, 1 / 9]);
});

testOnEveryBackend("losses are minus log probabilities, with the gradients of finite differences", () => {
  for (const [name, { loss, outcome, parameters }] of Object.entries(models)) {
    for (const parameter of parameters) {
      for (const tied of [0, 1]) {
        const near = differences.filter((d) => Math.abs(d) < 100), zeros = tf.zeros([near.length]) as Tensor;
        const of = (x: Tensor) => loss(x, zeros, tf.fill([near.length], tied), parameter);
        const right = near.map((d) => -logOf(outcome(d, parameter), tied));
        // Sums of a few numbers below 50, rounded.
        assertClose(of(tf.tensor1d(near)).dataSync(), right, 50 * 8 * u, `${name} ${parameter} ${tied}`);
        const slope = tf.grad((x) => tf.sum(of(x as Tensor)))(tf.tensor1d(near)).dataSync();
        const numeric = numericGradient(
          (x) => Array.from(x).reduce((sum, d) => sum - logOf(outcome(d, parameter), tied), 0),
          near,
        );
        assertClose(slope, numeric, 1e-5, `${name} ${parameter} ${tied}: slope`);
      }
      const far = tf.tensor1d([-800, 800]) as Tensor, zeros = tf.zeros([2]) as Tensor;
      for (const tied of [0, 1]) {
        const of = (x: Tensor) => tf.sum(loss(x, zeros, tf.fill([2], tied), parameter));
        for (const x of [of(far), tf.grad((x) => of(x as Tensor))(far)]) {
          assert.ok([...x.dataSync()].every(Number.isFinite), `${name} ${parameter} ${tied}: far`);
        }
      }
    }
  }
});

testOnEveryBackend("without ties both are Bradley-Terry; of β times log-ratios, DPO", () => {
  const chosen = tf.tensor1d([-3, -1, -2.5]) as Tensor, rejected = tf.tensor1d([-1, -4, -2.5]) as Tensor;
  const tied = tf.zeros([3]) as Tensor, plain = bradleyTerry({ chosen, rejected }).dataSync();
  for (const [name, { loss, none }] of Object.entries(models)) {
    assertClose(loss(chosen, rejected, tied, none).dataSync(), plain, 4 * u, name);
    // And steadily so: the next parameter up is not a jump.
    assertClose(loss(chosen, rejected, tied, none + 1e-6).dataSync(), plain, 1e-5, `${name}, nearly`);
  }
  const reference = tf.tensor1d([-2, -2, -2]) as Tensor, beta = 0.5;
  const reward = (policy: Tensor) => tf.mul(tf.sub(policy, reference), beta) as Tensor;
  const logps = {
    policyChosen: chosen,
    policyRejected: rejected,
    referenceChosen: reference,
    referenceRejected: reference,
  };
  assertClose(
    davidson({ chosen: reward(chosen), rejected: reward(rejected), tied }, { nu: 0 }).dataSync(),
    dpo(logps, { beta }).dataSync(),
    4 * u,
    "DPO",
  );
});

testOnEveryBackend(
  "a tie pulls unequal rewards together and leaves equal ones; which one is called chosen does not matter",
  () => {
    for (const [name, { loss, parameters }] of Object.entries(models)) {
      const at = tf.tensor1d([2, 0, -2]) as Tensor, zeros = tf.zeros([3]) as Tensor, ties = tf.ones([3]) as Tensor;
      const [up, still, down] = tf.grad((x) => tf.sum(loss(x as Tensor, zeros, ties, parameters[1])))(at).dataSync();
      assert.ok(up > 0.05 && Math.abs(still) < 4 * u && down < -0.05, `${name}: ${[up, still, down]}`);
      const turned = loss(zeros, at, ties, parameters[1]).dataSync();
      assertClose(turned, loss(at, zeros, ties, parameters[1]).dataSync(), 16 * u, name);
    }
  },
);

Deno.test("ties where they have no probability, labels and parameters that are none", async () => {
  await startBackend("cpu");
  const x = tf.tensor1d([1, 2]) as Tensor, pair = { chosen: x, rejected: x };
  const tie = { ...pair, tied: tf.tensor1d([0, 1]) as Tensor },
    unclear = { ...pair, tied: tf.tensor1d([0, 0.5]) as Tensor };
  const refused: [() => unknown, string][] = [
    [() => davidson(tie, { nu: 0 }), "tied[1] is 1: a tie has probability 0 at nu 0"],
    [() => raoKupper(tie, { theta: 1 }), "tied[1] is 1: a tie has probability 0 at theta 1"],
    [() => davidson(unclear, { nu: 1 }), "tied[1] is 0.5: expected 0 or 1"],
    [() => davidson(tie, { nu: -1 }), "nu: expected a number >= 0, got -1"],
    [() => raoKupper(tie, { theta: 0.5 }), "theta: expected a number >= 1, got 0.5"],
    [() => davidsonOutcome(NaN, 1), "difference: expected a number that is finite, got NaN"],
    [() => raoKupperOutcome(1, Infinity), "theta: expected a number >= 1, got Infinity"],
  ];
  for (const [call, message] of refused) assert.throws(call, { name: "RangeError", message });
});
