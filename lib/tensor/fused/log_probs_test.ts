import assert from "node:assert/strict";
import { startBackend, type Tensor, tf } from "../backend.ts";
import { logSoftmax, plainLogSoftmax } from "./log_softmax.ts";
import { pickedLogProbs, picksOf } from "./picked.ts";

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
