/** Leader and follower together; the leaders' plain values and gradients are in others_test.ts. */
import assert from "node:assert/strict";
import type { Tensor } from "@tensorflow/tfjs-core";
import { assertClose, rounded, testOnEveryBackend, u } from "../tensor/backends_test_helpers.ts";
import { startBackend, tf } from "../tensor/backend.ts";
import { Rng } from "../random.ts";
import { follower, meanLoss } from "./follower.ts";
import { stackelbergMargin, stackelbergProbability } from "./stackelberg.ts";
import type { PairedLogps } from "./types.ts";

const beta = 0.5, size = 12;
const softplus = (x: number) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
const logistic = (x: number) => 1 / (1 + Math.exp(-x));
const margins = rounded(Rng.seed(1).normals(size).map((z) => 1.5 * z).map((xi) => Math.round(xi * 4096) / 4096));
const zeros = () => tf.zeros([size]) as Tensor;
/** So far below 0 that no log-prob is above it; a power of two, which costs the few last digits of the margins only. */
const reference = () => tf.fill([size], -16) as Tensor;
/** Pairs with given margins β·lr_w. */
const pairsOf = (policyChosen: Tensor): PairedLogps => ({
  policyChosen,
  policyRejected: reference(),
  referenceChosen: reference(),
  referenceRejected: reference(),
});
const chosen = () => tf.tensor1d([...margins.map((xi) => xi / beta - 16)]);
const vector = (x: Float64Array) => tf.tensor1d(Float32Array.from(x));
const mean = (x: ArrayLike<number>) => Array.from(x).reduce((a, b) => a + b, 0) / x.length;
const forms = (floor: number) => ({
  margin: {
    points: margins,
    lo: Math.min(...margins) - 1,
    radius: 0.3,
    loss: (xi: number) => softplus(-xi),
    leader: (pairs: PairedLogps, moved: Tensor, distance: Tensor) =>
      stackelbergMargin(pairs, { moved, distance }, { beta }),
  },
  probability: {
    points: margins.map((xi) => Math.max(logistic(xi), floor)),
    lo: floor,
    radius: 0.05,
    loss: (v: number) => -Math.log(v),
    leader: (pairs: PairedLogps, moved: Tensor, distance: Tensor) =>
      stackelbergProbability(pairs, { moved, distance }, { beta, floor }),
  },
});
// Margins below 5, some ten operations; 1/floor = 50 magnifies the rounding of a displaced probability.
const bound = 50 * 20 * u;

testOnEveryBackend("nothing moved: both forms are DPO, in value and in gradient", () => {
  for (const { leader } of Object.values(forms(0.02))) {
    const loss = (policy: Tensor) => leader(pairsOf(policy), zeros(), tf.ones([size]));
    assertClose(loss(chosen()).dataSync(), margins.map((xi) => softplus(-xi)), 20 * u, "losses");
    const slope = tf.grad((policy) => tf.sum(loss(policy as Tensor)))(chosen()).dataSync();
    assertClose(slope, margins.map((xi) => -beta * logistic(-xi)), 20 * u, "gradient");
  }
});

testOnEveryBackend("at the follower's turn the leader's mean loss is the worst case", () => {
  for (const [name, { points, lo, radius, loss, leader }] of Object.entries(forms(0.02))) {
    const response = follower(points, { radius, lo });
    assert.ok(response.moved.some((m) => m > 0 && m < 1) && response.moved.some((m) => m === 1), `${name}: some move`);
    const found = leader(pairsOf(chosen()), vector(response.moved), vector(response.distance)).dataSync();
    assertClose([mean(found)], [meanLoss(points, response, loss)], bound, name);
    assert.ok(mean(found) > mean(points.map(loss)) + 0.05, `${name}: worse than nobody moved`);
  }
});

testOnEveryBackend("at the floor and below it a moved pair keeps a gradient, the tangent's", () => {
  const floor = 0.125, leader = forms(floor).probability.leader;
  // v = 1/2 at the follower's turn, moved wholly to the floor; the policy has then gone up, stayed, and gone down.
  const at = [2, 0, -2, -100].map((xi) => xi / beta);
  const all = (v: number) => tf.fill([4], v) as Tensor;
  const loss = (policyChosen: Tensor) => {
    const fixed = all(-16);
    const pairs = { policyChosen, policyRejected: fixed, referenceChosen: fixed, referenceRejected: fixed };
    return leader(pairs, all(1), all(0.375));
  };
  const s = at.map((l) => logistic(beta * l) - 0.375), v = at.map((l) => logistic(beta * l));
  const values = s.map((s) => s > floor ? -Math.log(s) : -Math.log(floor) + (floor - s) / floor);
  assertClose(loss(tf.tensor1d(at.map((l) => l - 16))).dataSync(), values, bound, "values");
  const slopes = s.map((s, i) => -beta * v[i] * (1 - v[i]) / Math.max(s, floor));
  const found = tf.grad((policy) => tf.sum(loss(policy as Tensor)))(tf.tensor1d(at.map((l) => l - 16))).dataSync();
  assertClose(found, slopes, bound, "slopes");
  assert.ok(found[1] < -0.9 && found[2] < -0.3, `${found}`);
});

Deno.test("a displacement that is none is refused", async () => {
  await startBackend("cpu");
  for (const { leader } of Object.values(forms(0.02))) {
    const call = (moved: number, distance: number) => () =>
      leader(pairsOf(chosen()), tf.fill([size], moved), tf.fill([size], distance));
    for (const moved of [-0.5, 1.5]) {
      assert.throws(call(moved, 1), {
        name: "RangeError",
        message: `moved[0] is ${moved}: expected a number >= 0 and <= 1`,
      });
    }
    assert.throws(call(1, -0.5), { name: "RangeError", message: "distance[0] is -0.5: expected a number >= 0" });
  }
});
