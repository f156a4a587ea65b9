/** The plain losses against the library's, by automatic differentiation; curvatures by differences of slopes. */
import assert from "node:assert/strict";
import { dpo, ipoSum, robustDpo } from "../../lib/losses/mod.ts";
import { follower } from "../../lib/losses/follower.ts";
import { stackelbergMargin, stackelbergProbability } from "../../lib/losses/stackelberg.ts";
import type { PairedLogps } from "../../lib/losses/types.ts";
import { startBackend, type Tensor, tf } from "../../lib/tensor/backend.ts";
import { Rng } from "../../lib/random.ts";
import {
  clampedLeader,
  dpoLoss,
  ipoLoss,
  marginLeader,
  type PairLoss,
  probabilityLeader,
  refinedLoss,
  robustLoss,
  sigmoid,
} from "./pair_losses.ts";

const size = 16, beta = 0.5, floor = 0.05;
const at = Rng.seed(1).normals(size).map((z) => Math.fround(1.5 * z)); // where the follower answered
const margins = at.map((xi, i) => Math.fround(xi + Math.sin(i + 1))); // where the leader has gone
const low = follower(at, { radius: 0.4, lo: Math.min(...at) - 0.5 });
const unlikely = follower(at.map((xi) => Math.max(sigmoid(xi), floor)), { radius: 0.15, lo: floor });
const constant = (values: Float64Array) => tf.tensor1d(Float32Array.from(values));
const moves = ({ moved, distance }: typeof low) => ({ moved: constant(moved), distance: constant(distance) });

const cases: Record<string, [PairLoss, (pairs: PairedLogps) => Tensor]> = {
  "dpo": [dpoLoss, (pairs) => dpo(pairs, { beta })],
  "robust": [robustLoss(0.2), (pairs) => robustDpo(pairs, { beta, labelSmoothing: 0.2 })],
  "ipo": [ipoLoss(0.25, beta), (pairs) => ipoSum(pairs, { tau: 0.25 })],
  "margin": [marginLeader(low), (pairs) => stackelbergMargin(pairs, moves(low), { beta })],
  "probability": [
    probabilityLeader(unlikely),
    (pairs) => stackelbergProbability(pairs, moves(unlikely), { beta, floor }),
  ],
};

Deno.test("values and slopes are those of the library's losses", async () => {
  await startBackend("cpu");
  assert.ok(low.moved.some((m) => m === 1) && unlikely.moved.some((m) => m === 1), "some pairs have moved");
  for (const [name, [plain, library]] of Object.entries(cases)) {
    const fixed = tf.fill([size], -16) as Tensor; // above no log-ratio
    const loss = (policyChosen: Tensor) =>
      library({ policyChosen, policyRejected: fixed, referenceChosen: fixed, referenceRejected: fixed });
    const chosen = tf.tensor1d([...margins.map((xi) => xi / beta - 16)]);
    const values = loss(chosen).dataSync(), slopes = tf.grad((x) => tf.sum(loss(x as Tensor)))(chosen).dataSync();
    const out = new Float64Array(3);
    margins.forEach((xi, i) => {
      plain(xi, i, out);
      // Ten operations in float32 on numbers below 30; 1/floor = 20 magnifies those of a displaced probability.
      const tolerance = 20 * 30 * 10 * 2 ** -24;
      assert.ok(Math.abs(out[0] - values[i]) < tolerance, `${name} ${i}: value ${out[0]} and ${values[i]}`);
      assert.ok(
        Math.abs(beta * out[1] - slopes[i]) < tolerance,
        `${name} ${i}: slope ${beta * out[1]} and ${slopes[i]}`,
      );
    });
  }
});

Deno.test("curvatures are the slopes' derivatives", () => {
  for (const [name, [plain]] of Object.entries(cases)) {
    const out = new Float64Array(3), h = 1e-5;
    margins.forEach((xi, i) => {
      const [right, left] = [xi + h, xi - h].map((x) => (plain(x, i, out), out[1]));
      plain(xi, i, out);
      // Central differences: h² times a third derivative below 1e4 (tangent of slope 1/floor), and rounding over h.
      assert.ok(Math.abs((right - left) / (2 * h) - out[2]) < 1e-5, `${name} ${i}`);
    });
  }
});

Deno.test("with radius 0 both leaders are DPO to the bit", () => {
  const still = [
    marginLeader(follower(at, { radius: 0, lo: -9 })),
    probabilityLeader(follower(at.map(sigmoid), { radius: 0, lo: 0 })),
  ];
  const out = new Float64Array(3), plain = new Float64Array(3);
  for (const leader of still) {
    margins.forEach((xi, i) => {
      leader(xi, i, out);
      dpoLoss(xi, i, plain);
      assert.deepEqual(out, plain);
    });
  }
});

Deno.test("the clamped leader is −log max(σ(ξ) − d, 10⁻⁶), with its slope and curvature off the clamp", () => {
  const points = at.map(sigmoid), response = follower(points, { radius: 0.15, lo: 0 });
  const loss = clampedLeader(response), out = new Float64Array(3);
  const value = (xi: number, i: number) => {
    const there = Math.max(sigmoid(xi) - response.distance[i], 1e-6), m = response.moved[i];
    return (1 - m) * Math.log1p(Math.exp(-xi)) - m * Math.log(there);
  };
  let clamped = 0, free = 0;
  margins.forEach((xi, i) => {
    loss(xi, i, out);
    assert.ok(Math.abs(out[0] - value(xi, i)) < 1e-9);
    const beyond = sigmoid(xi) - response.distance[i];
    if (response.moved[i] === 1 && beyond < 0) {
      clamped++;
      assert.deepEqual([out[1], out[2]], [0, 0], "no slope on the clamp");
    } else if (response.moved[i] === 1 && beyond > 0.01) {
      free++;
      const h = 1e-6, slope = (value(xi + h, i) - value(xi - h, i)) / (2 * h);
      assert.ok(Math.abs(slope - out[1]) < 1e-5 * Math.max(1, Math.abs(slope)), `${i}: ${slope} and ${out[1]}`);
    }
  });
  assert.ok(clamped > 0 && free > 0, `${clamped} on the clamp, ${free} off it`);
});

Deno.test("refined labels give their share to the other side, and other pairs are DPO's", () => {
  const loss = refinedLoss(Uint8Array.of(1, 0), 0.1), out = new Float64Array(3);
  for (const xi of [-2, 0, 3]) {
    const [own, other] = [-xi, xi].map((z) => Math.log1p(Math.exp(z)));
    loss(xi, 0, out);
    assert.ok(Math.abs(out[0] - (0.9 * own + 0.1 * other)) < 1e-12);
    assert.ok(Math.abs(out[1] - (0.1 - sigmoid(-xi))) < 1e-12);
    loss(xi, 1, out);
    assert.ok(Math.abs(out[0] - own) < 1e-12);
  }
});
