/** What is said of single losses, in their documents and in the papers. */
import assert from "node:assert/strict";
import type { Tensor } from "@tensorflow/tfjs-core";
import { assertClose, testOnEveryBackend, u } from "../tensor/backends_test_helpers.ts";
import { tf } from "../tensor/backend.ts";
import { Rng } from "../random.ts";
import { aotPaired, aotUnpaired } from "./aot.ts";
import { apoDown, apoZero } from "./apo.ts";
import { discopop } from "./discopop.ts";
import { dpo, robustDpo } from "./dpo.ts";
import { exoPair } from "./exo.ts";
import { type Divergence, fDpo } from "./f_divergence.ts";
import { ipoMean, ipoSum } from "./ipo.ts";
import { simpo } from "./simpo.ts";
import type { PairedLogps } from "./types.ts";
import { ldDpo, splitMasks, wpoWeights } from "./weighting.ts";

/** Pairs with these log-ratios, exactly: of two log-probs the larger one is 0. */
function pairs(chosen: readonly number[], rejected: readonly number[]): PairedLogps {
  const below = (ratios: readonly number[], sign: 1 | -1) => tf.tensor1d(ratios.map((v) => Math.min(sign * v, 0)));
  return {
    policyChosen: below(chosen, 1),
    policyRejected: below(rejected, 1),
    referenceChosen: below(chosen, -1),
    referenceRejected: below(rejected, -1),
  };
}
/** Slopes of the sum in the log-ratios. */
function slopes(loss: (logps: PairedLogps) => Tensor, chosen: readonly number[], rejected: readonly number[]) {
  const logps = pairs(chosen, rejected);
  const [c, r] = tf.grads((policyChosen: Tensor, policyRejected: Tensor) =>
    tf.sum(loss({ ...logps, policyChosen, policyRejected }))
  )([logps.policyChosen, logps.policyRejected]);
  return { chosen: [...c.dataSync()], rejected: [...r.dataSync()] };
}
const sigma = (x: number) => 1 / (1 + Math.exp(-x));
const delta = (x: number) => sigma(x) * sigma(-x);

testOnEveryBackend("APO: gradients of the paper, and where candidates for APO-down part", () => {
  const beta = 0.5, w = [0, 1, -2, 3, 30, -40], l = [0, 4, 1, 6, -30, 50];
  const zero = slopes((logps) => apoZero(logps, { beta }), w, l);
  const down = slopes((logps) => apoDown(logps, { beta }), w, l);
  // Relative, also where δ is 1e-13: σ through its logarithm loses u times that logarithm, below 45.
  const tolerance = (v: number) => 100 * u * Math.abs(v) + 3 * u;
  const relative = (v: number) => 100 * u * Math.abs(v);
  assertClose(zero.chosen, w.map((x) => -beta * delta(beta * x)), relative, "zero, chosen");
  assertClose(zero.rejected, l.map((x) => beta * delta(beta * x)), relative, "zero, rejected");
  assertClose(
    down.chosen,
    w.map((x, i) => beta * (delta(beta * x) - delta(beta * (x - l[i])))),
    tolerance,
    "down, chosen",
  );
  assertClose(down.rejected, w.map((x, i) => beta * delta(beta * (x - l[i]))), relative, "down, rejected");
  // Equal policies, and the line r_l = 2 r_w: winners rest, losers fall.
  for (const i of [0, 3]) assert.ok(Math.abs(down.chosen[i]) <= u && down.rejected[i] > 0);
  // −σ(r_w − r_l) and not −σ(−r_l), which the margin has been taken for: there the slope in r_l would be δ(r_l).
  assert.ok(Math.abs(down.rejected[1] - beta * delta(beta * l[1])) > 0.01);
});

testOnEveryBackend("DPO at the reference pulls as IPO does, and as half of APO-zero", () => {
  const zeros = [0, 0];
  const one = slopes((logps) => dpo(logps, { beta: 0.1 }), zeros, zeros);
  const other = slopes((logps) => ipoSum(logps, { tau: 0.1 }), zeros, zeros);
  const zero = slopes((logps) => apoZero(logps, { beta: 0.1 }), zeros, zeros);
  const ratios = (a: number[], b: number[]) => a.map((v, i) => v / b[i]);
  assertClose(
    [...ratios(other.chosen, one.chosen), ...ratios(other.rejected, one.rejected)],
    [200, 200, 200, 200],
    1e-3,
    "ipo",
  );
  assertClose(
    [...ratios(zero.chosen, one.chosen), ...ratios(zero.rejected, one.rejected)],
    [0.5, 0.5, 0.5, 0.5],
    1e-6,
    "zero",
  );
});

testOnEveryBackend("IPO by sum and by mean on one pair of 20 and 5 tokens, each ±0.1 nat", () => {
  const logps = pairs([20 * 0.1], [5 * -0.1]);
  const counts = { chosenTokens: tf.tensor1d([20]), rejectedTokens: tf.tensor1d([5]) };
  const found = [ipoSum(logps, { tau: 0.1 }), ipoMean({ ...logps, ...counts }, { tau: 0.1 })].flatMap((
    l,
  ) => [...l.dataSync()]);
  assertClose(found, [6.25, 23.04], 1e-5, "losses");
});

testOnEveryBackend("robust DPO is unbounded below, cDPO is not", () => {
  const far = pairs([1000], [-1000]);
  assertClose(robustDpo(far, { beta: 0.5, labelSmoothing: 0.1 }).dataSync(), [-125], 1e-4, "robust");
  assertClose(dpo(far, { beta: 0.5, labelSmoothing: 0.1 }).dataSync(), [100], 1e-4, "cDPO");
});

testOnEveryBackend("EXO is 0 where the policy implies the smoothed label, and nowhere below", () => {
  const margins = Array.from({ length: 41 }, (_, i) => (i - 20) / 4);
  const labelSmoothing = sigma(-2);
  const losses = exoPair(pairs(margins, margins.map(() => 0)), { beta: 1, labelSmoothing }).dataSync();
  assert.equal(margins[losses.indexOf(Math.min(...losses))], 2);
  assert.ok(Math.abs(Math.min(...losses)) < 4 * u && losses[0] > 1 && losses[40] > 0.05);
});

testOnEveryBackend(
  "DiscoPOP rises with the margin from -0.11 to 0.07, at equal policies too unless tau is above 0.102",
  () => {
    const margins = Array.from({ length: 201 }, (_, i) => (i - 100) / 100);
    const { chosen } = slopes((logps) => discopop(logps, { beta: 1 }), margins, margins.map(() => 0));
    const rising = margins.filter((_, i) => chosen[i] > 0);
    assert.deepEqual([rising[0], rising.at(-1), rising.length], [-0.11, 0.07, 19]);
    const start = (tau: number) => slopes((logps) => discopop(logps, { beta: 1, tau }), [0], [0]).chosen[0];
    const turn = (1 - Math.LN2) / 3;
    assert.ok(start(turn - 1e-3) > 0 && start(turn + 1e-3) < 0);
  },
);

testOnEveryBackend("f-DPO: its ends and limits, and divergences of one score", () => {
  const rng = Rng.seed(1), c = [...rng.normals(8)], r = [...rng.normals(8)];
  const at = (divergence: Divergence) => [...fDpo(pairs(c, r), { beta: 0.5, divergence }).dataSync()];
  const close = (a: number[], b: number[], tolerance: number) => assertClose(a, b, tolerance, "losses");
  close(at({ kind: "reverse-kl" }), [...dpo(pairs(c, r), { beta: 0.5 }).dataSync()], 0);
  close(at({ kind: "alpha", alpha: 0 }), at({ kind: "reverse-kl" }), 0);
  // t(x) = x − αx²/2 + ...: off by less than α·3²/2 for ratios below 3.
  close(at({ kind: "alpha", alpha: 1e-7 }), at({ kind: "reverse-kl" }), 1e-6);
  close(at({ kind: "alpha", alpha: 1 }), at({ kind: "forward-kl" }), 0);
  // A score past float32 that pulls on nothing is let be; one that makes the loss or a slope infinite is refused by name.
  for (const divergence of [{ kind: "forward-kl" }, { kind: "alpha", alpha: 2 }] as const) {
    const power = divergence.kind === "alpha" ? 2 : 1, options = { beta: 0.5, divergence };
    const said = (name: string) => ({
      name: "RangeError",
      message: `${name}: its score overflows float32, at a log of ${800 * power}`,
    });
    assert.deepEqual([...fDpo(pairs([800, 90], [-800, -90]), options).dataSync()], [0, 0]);
    const pulls = slopes((logps) => fDpo(logps, options), [800, 90], [-800, -90]);
    assert.deepEqual([...pulls.chosen, ...pulls.rejected].map(Math.abs), [0, 0, 0, 0]);
    assert.throws(() => fDpo(pairs([0, -800], [0, 800]), options), said("policyChosen[1]"));
    assert.throws(() => fDpo(pairs([800], [-800]), { ...options, labelSmoothing: 0.1 }), said("policyRejected[0]"));
    assert.deepEqual([...fDpo(pairs([-800], [-800]), options).dataSync()], [Math.fround(Math.LN2)]);
    assert.throws(
      () => slopes((logps) => fDpo(logps, options), [-800], [-800]),
      /^RangeError: policy\w+\[0\]: its score/,
    );
  }
});

testOnEveryBackend("AOT: unpaired forgets who was compared with whom, paired forgets which prompt", () => {
  const w = [3, -1, 2, 0.5], l = [-2, 1, 0, 4], shuffled = [l[2], l[0], l[3], l[1]];
  const options = { beta: 0.5 };
  const [a, b] = [l, shuffled].map((l) => [...aotUnpaired(pairs(w, l), options).dataSync()]);
  assert.deepEqual(a, b);
  assert.notDeepEqual(
    ...([l, shuffled].map((l) => [...aotPaired(pairs(w, l), options).dataSync()]) as [number[], number[]]),
  );
  // Sorted margins against sorted margins: the k-th smallest log-ratios, by hand.
  const z = [-1 + 2, 0.5 - 0, 2 - 1, 3 - 4];
  assertClose(a, z.map((v) => Math.log1p(Math.exp(-v / 2))), 4 * u, "quantiles");
  // The gradient reaches the example that is the quantile.
  const { chosen } = slopes((logps) => aotUnpaired(logps, options), w, l);
  assertClose(chosen, [3, 0, 2, 1].map((k) => -0.5 * sigma(-z[k] / 2)), 4 * u, "slopes");
});

testOnEveryBackend("SimPO with α near 0 is SimPO", () => {
  const logps = { policyChosen: tf.tensor1d([-0.5, -3]), policyRejected: tf.tensor1d([-1, -0.25]) };
  const at = (alpha: number) => [...simpo(logps, { beta: 2, gamma: 0.5, alpha }).dataSync()];
  assertClose(at(1e-7), at(0), 3e-6, "losses");
});

testOnEveryBackend("LD-DPO at α = 1 is DPO, and at 0 forgets the excess", () => {
  const common = pairs([1, 2], [-1, 3]), excess = pairs([0.5, 0], [0, -2]);
  const whole = pairs([1.5, 2], [-1, 1]);
  const at = (alpha: number) => [...ldDpo(common, excess, { beta: 1, alpha }).dataSync()];
  assertClose(at(1), [...dpo(whole, { beta: 1 }).dataSync()], 2 * u, "whole");
  assert.deepEqual(at(0), [...dpo(common, { beta: 1 }).dataSync()]);
});

Deno.test("responses are split at the shorter one's length, by tokens and not by positions", () => {
  const { chosen, rejected } = splitMasks(3, [
    ...[1, 0, 1, 0, 1, 1], // tokens at 2, 4 and 5: the one at 0 is not scored
    ...[0, 0, 0, 0, 0, 0],
    ...[0, 1, 0, 0, 0, 0],
  ], [
    ...[0, 0, 1, 1],
    ...[0, 1, 1, 0],
    ...[0, 0, 0, 1],
  ]);
  assert.deepEqual([...chosen.common], [0, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0]);
  assert.deepEqual([...chosen.excess], [0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
  assert.deepEqual([...rejected.common], [0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 1]);
  assert.deepEqual([...rejected.excess], [0, 0, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0]);
});

testOnEveryBackend("WPO's weights: by hand, at most 1, 1 on average for tokens of the policy, none of padding", () => {
  const laws = [[0.5, 0.3, 0.2], [0.1, 0.1, 0.8]];
  const logits = tf.tensor3d([[...laws.map((law) => law.map(Math.log)), [NaN, NaN, NaN]]]);
  const [first, second] = laws.map((law) => law.reduce((sum, p) => sum + p * p, 0));
  const batch = (labels: number[], mask: number[]) => ({ logits, labels: [9, ...labels], mask: [1, ...mask] });
  const weight = (...sides: [number[], number[]][]) => wpoWeights(batch(...sides[0]), batch(...sides[1])).dataSync()[0];
  const rare: [number[], number[]] = [[9, 0], [0, 1]], empty: [number[], number[]] = [[9, 9], [0, 0]];
  assertClose(
    [weight([[2, 1], [1, 1]], [[1, 9], [1, 0]])],
    [Math.sqrt((0.2 / first) * (0.1 / second)) * (0.3 / first)],
    1e-6,
    "two tokens against one",
  );
  assert.equal(weight([[0, 9], [1, 0]], empty), 1, "0.5/0.38 is cut off");
  assert.equal(weight(empty, empty), 1);
  // Beside a rare token no weight is cut off.
  const uncut = laws[0].map((_, y) => weight([[y, 9], [1, 0]], rare) / weight(empty, rare));
  assertClose([laws[0].reduce((sum, p, y) => sum + p * uncut[y], 0)], [1], 1e-6, "average");
});
