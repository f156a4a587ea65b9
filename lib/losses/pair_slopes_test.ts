import assert from "node:assert/strict";
import { startBackend, type Tensor, tf } from "../tensor/backend.ts";
import { apoDown, apoZero, dpo, ipoSum, kto, sft } from "./mod.ts";
import {
  apoDownSlopes,
  apoZeroSlopes,
  dpoSlopes,
  ipoSlopes,
  ktoSlopes,
  type PairSlopes,
  sftSlopes,
  timesSlopes,
} from "./pair_slopes.ts";
import type { PairedLogps } from "./types.ts";

const BETA = 0.7, TAU = 0.3, Z0 = 0.4;
const POINTS = [[0, 0], [1, -1], [-1, 2], [0.3, 0.6], [4, -5], [-6, -3], [2.5, 2.4]];

/** The released losses of pairs `[B]`, and the slopes that stand for them. */
const cases: readonly [string, PairSlopes, (pair: PairedLogps) => Tensor][] = [
  ["sft", sftSlopes(), ({ policyChosen, policyRejected }) => tf.add(sft(policyChosen), tf.mul(policyRejected, 0))],
  ["dpo", dpoSlopes(BETA), (pair) => dpo(pair, { beta: BETA })],
  ["ipo", ipoSlopes(TAU), (pair) => ipoSum(pair, { tau: TAU })],
  ["kto", ktoSlopes(BETA), ({ policyChosen, policyRejected, referenceChosen, referenceRejected }) => {
    const judged = (policy: Tensor, reference: Tensor, desirable: 0 | 1) =>
      kto({ policy, reference, desirable: tf.fill(policy.shape, desirable) }, { beta: BETA, referencePoint: Z0 });
    return tf.add(judged(policyChosen, referenceChosen, 1), judged(policyRejected, referenceRejected, 0));
  }],
  ["apo-zero", apoZeroSlopes(BETA), (pair) => apoZero(pair, { beta: BETA })],
  ["apo-down", apoDownSlopes(BETA), (pair) => apoDown(pair, { beta: BETA })],
];

for (const [name, slopes, loss] of cases) {
  Deno.test(`slopes of ${name} are the gradient of the library's loss`, async () => {
    await startBackend("cpu");
    const reference = -6; // above no log-ratio below
    const column = (k: 0 | 1) => tf.tensor1d(POINTS.map((point) => reference + point[k])) as Tensor;
    const fixed = tf.fill([POINTS.length], reference) as Tensor;
    const [chosen, rejected] = tf.grads((policyChosen, policyRejected) =>
      tf.sum(loss({
        policyChosen: policyChosen as Tensor,
        policyRejected: policyRejected as Tensor,
        referenceChosen: fixed,
        referenceRejected: fixed,
      }))
    )([column(0), column(1)]).map((slope) => slope.dataSync());
    POINTS.forEach(([w, l], i) => {
      const [a, b] = slopes(w, l, Z0);
      // float32 keeps 7 digits of log-probs near −9: an absolute error of 1e-6 in lr, times a curvature below 2.
      assert.ok(Math.abs(a - chosen[i]) < 1e-5 && Math.abs(b - rejected[i]) < 1e-5, `${name} at ${w}, ${l}`);
    });
  });
}

Deno.test("signs of APO-down: 0 at the start and on r_l = 2 r_w, down beyond it, up before", () => {
  const slopes = apoDownSlopes(1);
  for (const w of [-2, -0.5, 0, 1]) assert.ok(Math.abs(slopes(w, 2 * w, 0)[0]) < 1e-15);
  assert.ok(slopes(-1, -4, 0)[0] > 0, "a margin wider than |r_w| pushes the winner down");
  assert.ok(slopes(-2, -3, 0)[0] < 0, "a margin narrower than |r_w| pushes it up");
});

Deno.test("slopes of anchored losses fade far from the reference, those of DPO only with the margin", () => {
  for (const slopes of [apoZeroSlopes(1), ktoSlopes(1)]) assert.ok(slopes(30, 30, 0).every((s) => Math.abs(s) < 1e-12));
  assert.deepEqual(dpoSlopes(1)(30, 30, 0), [-0.5, 0.5]);
  for (const [, slopes] of cases) for (const s of slopes(800, -800, 0)) assert.ok(Number.isFinite(s));
});

Deno.test("NaN and infinities are refused by every slope, naming argument and row", () => {
  for (const [name, slopes] of [...cases, ["times", timesSlopes(2, sftSlopes())] as const]) {
    for (const value of [NaN, Infinity, -Infinity]) {
      const said = (where: string) => ({
        name: "RangeError",
        message: `${where} is ${value}: expected a finite number`,
      });
      assert.throws(() => slopes(value, 0, 0, 7), said("chosen[7]"), name);
      assert.throws(() => slopes(0, value, 0, 7), said("rejected[7]"), name);
      assert.throws(() => slopes(0, value, 0), said("rejected"), name);
    }
  }
  for (const value of [NaN, Infinity, -1]) {
    assert.throws(() => ktoSlopes(1)(0, 0, value), {
      name: "RangeError",
      message: `referencePoint: expected a number >= 0, got ${value}`,
    });
  }
});

Deno.test("options out of range", () => {
  for (const make of [dpoSlopes, ktoSlopes, apoZeroSlopes, apoDownSlopes]) {
    assert.throws(() => make(0), { name: "RangeError", message: "beta: expected a number > 0, got 0" });
  }
  assert.throws(() => ipoSlopes(-1), { name: "RangeError", message: "tau: expected a number > 0, got -1" });
  assert.throws(() => timesSlopes(NaN, sftSlopes()), { message: "factor: expected a number > 0, got NaN" });
});
