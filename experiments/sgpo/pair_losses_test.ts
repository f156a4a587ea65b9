/** What the library's losses do not have: the clamp, refined labels, and IPO in margins of β. */
import assert from "node:assert/strict";
import { sigmoid } from "../../lib/exact/logistic.ts";
import { exactLosses } from "../../lib/losses/exact.ts";
import { follower } from "../../lib/losses/follower.ts";
import { Rng } from "../../lib/random.ts";
import { clampedLeader, ipoLoss, refinedLoss } from "./pair_losses.ts";

const at = Rng.seed(1).normals(16).map((z) => 1.5 * z); // where the follower answered
const margins = at.map((xi, i) => xi + Math.sin(i + 1)); // where the leader has gone

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

Deno.test("IPO in margins ξ = βd is IPO of d, its derivatives those in ξ", () => {
  const beta = 0.5, [inMargins, plain] = [new Float64Array(3), new Float64Array(3)];
  margins.forEach((xi, i) => {
    ipoLoss(0.25, beta)(xi, i, inMargins);
    exactLosses["ipo-sum"].form({ tau: 0.25 })(xi / beta, i, plain);
    assert.deepEqual(inMargins, plain.map((v, k) => v / beta ** k));
  });
});
