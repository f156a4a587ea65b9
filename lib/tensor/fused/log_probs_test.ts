import assert from "node:assert/strict";
import { startBackend, type Tensor, tf } from "../backend.ts";
import { u } from "../backends_test_helpers.ts";
import { Rng } from "../random.ts";
import { testAgreement } from "./fused_test_helpers.ts";
import { logSoftmax, plainLogSoftmax } from "./log_softmax.ts";
import { pairedLogistic, plainPairedLogistic } from "./paired_logistic.ts";
import { pickedLogProbs, picksOf, plainPickedLogProbs } from "./picked.ts";
import { logSigmoid, plainSoftplus, softplus } from "./softplus.ts";

// Values are sums of a few terms, each off by some u: 16u of the largest number, in either path.
const tolerance = 32 * u;

for (const shape of [[1], [3], [2, 17], [64], [2, 3, 129], [0]]) {
  testAgreement("softplus", { shapes: [shape], fused: softplus, plain: plainSoftplus, tolerance, scale: 8 });
  testAgreement("logSigmoid", {
    shapes: [shape],
    fused: logSigmoid,
    plain: (x) => tf.neg(plainSoftplus(tf.neg(x))),
    tolerance,
    scale: 8,
  });
  testAgreement("pairedLogistic", {
    shapes: [shape, shape, shape, shape],
    fused: (policyChosen, policyRejected, referenceChosen, referenceRejected) =>
      pairedLogistic({ policyChosen, policyRejected, referenceChosen, referenceRejected }, 0.7, 0.1),
    plain: (policyChosen, policyRejected, referenceChosen, referenceRejected) =>
      plainPairedLogistic({ policyChosen, policyRejected, referenceChosen, referenceRejected }, 0.7, 0.1),
    tolerance,
    scale: 5,
  });
}
for (const width of [1, 3, 17, 64, 129]) {
  // Stock sums over the last axis add up to 129 terms in float32.
  testAgreement("logSoftmax", {
    shapes: [[2, 3, width]],
    fused: logSoftmax,
    plain: plainLogSoftmax,
    tolerance: 130 * u,
    scale: 4,
  });
  for (const rows of [1, 3, 64]) {
    const rng = Rng.seed(width * rows), n = 2 * rows + 1;
    const draw = (limit: number) => Uint32Array.from({ length: n }, () => rng.integer(limit));
    const picks = picksOf({
      rows: draw(rows),
      ids: draw(width),
      weights: rng.normals(n),
      targets: draw(rows + 1), // the last output of a row that nothing is added to stays 0
    }, { rows, width, outputs: rows + 1 });
    testAgreement("pickedLogProbs", {
      shapes: [[rows, width]],
      fused: (x) => pickedLogProbs(x, picks, [rows + 1]),
      plain: (x) => plainPickedLogProbs(x, picks, [rows + 1]),
      tolerance,
      scale: 4,
    });
  }
}

Deno.test("logSoftmax keeps NaN, infinities and empty slots as the plain path does", async () => {
  await startBackend("wasm");
  tf.tidy(() => {
    const rows = [[NaN, 1, 2], [Infinity, 0, 0], [-Infinity, 0, 0], [-1e9, 3, 3], [88, 1e4, -1e4], [3e38, -3e38, 0]];
    const x = tf.tensor2d(rows);
    const [ours, theirs] = [logSoftmax, plainLogSoftmax].map((f) => [...f(x).dataSync()]);
    ours.forEach((v, i) => assert.ok(Object.is(v, theirs[i]) || Math.abs(v - theirs[i]) < 1e-6, `${i}: ${v}`));
  });
});

Deno.test("picks: rows that are not picked from are not looked at; sizes are checked", async () => {
  await startBackend("wasm");
  tf.tidy(() => {
    const sizes = { rows: 2, width: 2, outputs: 1 };
    const picks = picksOf({ rows: Uint32Array.of(1), ids: Uint32Array.of(0) }, sizes);
    const x: Tensor = tf.tensor2d([[NaN, Infinity], [0, 0]]);
    assert.equal(pickedLogProbs(x, picks, [1]).dataSync()[0], Math.fround(-Math.LN2));
    const slopes = tf.grad((x) => tf.sum(pickedLogProbs(x as Tensor, picks, [1])))(x);
    assert.deepEqual([...slopes.dataSync()], [0, 0, 0.5, -0.5]);
    assert.throws(() => pickedLogProbs(tf.zeros([2, 3]), picks, [1]), {
      name: "TypeError",
      message: "logits: expected 2 rows of 2, got shape [2,3]",
    });
    assert.throws(() => pickedLogProbs(x, picks, [2]), {
      name: "TypeError",
      message: "shape: expected 1 numbers, got [2]",
    });
    assert.throws(() => picksOf({ rows: Uint32Array.of(1), ids: Uint32Array.of(0, 1) }, sizes), {
      name: "TypeError",
      message: "ids: expected 1 entries as in rows and weights, got 2",
    });
  });
});
