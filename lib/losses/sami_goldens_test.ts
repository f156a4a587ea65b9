/**
 * SAMI against the released code's own numbers (origin in testdata/sami.json): every case, value and gradient, but those of
 * `parting`. The compute_metrics cases go from logits through the mean log-prob of unmasked tokens, formed here.
 */
import assert from "node:assert/strict";
import type { Tensor } from "@tensorflow/tfjs-core";
import { assertClose, testOnEveryBackend, u } from "../tensor/backends_test_helpers.ts";
import { startBackend, tf } from "../tensor/backend.ts";
import { logSoftmax } from "../tensor/ops.ts";
import { exactKl } from "./kl.ts";
import { constitutionContrast, responseContrast, sami } from "./sami.ts";
import golden from "./testdata/sami.json" with { type: "json" };

interface MatrixCase {
  name: string;
  logps: number[][];
  losses?: number[];
  mean: number;
  row: number[];
  column: number[];
  grad: number[][];
}
interface LogitsCase {
  name: string;
  constitutions: number;
  beta: number;
  logits: number[][][];
  referenceLogits: number[][][];
  /** −100 where masked; position t predicts label t + 1. */
  labels: number[][];
  matrix: number[][];
  mean: number;
  kl: number;
  adjusted: number;
  grad: number[][][];
  gradAdjusted: number[][][];
}
const cases = golden.cases as unknown as { name: string }[];
const named = <T>(prefix: string) => cases.filter((c) => c.name.startsWith(prefix)) as unknown as T[];
const matrices = named<MatrixCase>("sami_loss/").filter((c) => c.losses);
const whole = named<LogitsCase>("compute_metrics/");

/** What is not matched, and why. */
const parting: Record<string, string> = {
  "sami_loss/nonsquare_2x3": "an error in the reference; a TypeError here",
  "sami_loss/nonsquare_3x2": "an error in the reference; a TypeError here",
  "get_batch_logprobs/empty_response_row": "the log-prob of a response without tokens, NaN there: not SAMI's to define",
};

Deno.test("20 cases, each matched or named with a reason", () => {
  const found = [...matrices, ...whole].map((c) => c.name);
  assert.deepEqual(new Set([...found, ...Object.keys(parting)]), new Set(cases.map((c) => c.name)));
  assert.equal(found.length + Object.keys(parting).length, 20);
});

testOnEveryBackend("both contrasts, their mean, and its gradient", () => {
  for (const c of matrices) {
    // Some matrices hold scores above 0, which are no log-probs; a constant for all of them changes nothing.
    const shift = Math.max(0, ...c.logps.flat());
    const logps = tf.tensor2d(c.logps.map((row) => row.map((v) => v - shift)));
    // Rounding the inputs moves a loss by up to 2u of the largest, beside the float32 of the computation.
    const largest = Math.max(...c.logps.flat().map((v) => Math.abs(v - shift)));
    const close = (v: number) => 2e-5 * Math.abs(v) + 1e-6 + 2 * u * largest;
    assertClose(responseContrast(logps).dataSync(), c.row, close, `${c.name} row`);
    assertClose(constitutionContrast(logps).dataSync(), c.column, close, `${c.name} column`);
    assertClose(sami(logps).dataSync(), c.losses!, close, c.name);
    const mean = (x: Tensor) => tf.mean(sami(x), -1);
    assertClose(mean(logps).dataSync(), [c.mean], close, `${c.name} mean`);
    assertClose(tf.grad(mean as never)(logps).dataSync(), c.grad.flat(), close, `${c.name} gradient`);
  }
});

/** The mean log-prob of unmasked tokens as a matrix, constitutions by responses. */
function matrixOf(c: LogitsCase, logits: Tensor): Tensor {
  const [rows, length, words] = logits.shape as [number, number, number];
  const picks = new Float32Array(rows * length * words);
  c.labels.forEach((labels, row) => {
    const tokens = labels.slice(1).filter((id) => id !== -100).length;
    labels.forEach((id, t) => {
      if (t > 0 && id !== -100) picks[(row * length + t - 1) * words + id] = 1 / tokens;
    });
  });
  const picked = tf.mul(logSoftmax(logits), tf.tensor3d(picks, [rows, length, words]));
  return tf.reshape(tf.sum(tf.sum(picked, -1), -1), [c.constitutions, c.constitutions]);
}

testOnEveryBackend("from logits: matrix, loss, KL over all positions, their sum, and both gradients", () => {
  const close = (v: number) => 2e-5 * Math.abs(v) + 1e-6;
  for (const c of whole) {
    const logits = tf.tensor3d(c.logits), reference = logSoftmax(tf.tensor3d(c.referenceLogits));
    const loss = (x: Tensor): Tensor => tf.mean(sami(matrixOf(c, x)), -1);
    // As released, prompt and padding included.
    const kl = (x: Tensor): Tensor => tf.mean(tf.mean(exactKl(logSoftmax(x), reference), -1), -1);
    const adjusted = (x: Tensor): Tensor => tf.add(loss(x), tf.mul(kl(x), c.beta));
    assertClose(matrixOf(c, logits).dataSync(), c.matrix.flat(), close, `${c.name} matrix`);
    assertClose(loss(logits).dataSync(), [c.mean], close, c.name);
    assertClose(kl(logits).dataSync(), [c.kl], close, `${c.name} KL`);
    assertClose(adjusted(logits).dataSync(), [c.adjusted], close, `${c.name} adjusted`);
    assertClose(tf.grad(loss as never)(logits).dataSync(), c.grad.flat(2), close, `${c.name} gradient`);
    assertClose(tf.grad(adjusted as never)(logits).dataSync(), c.gradAdjusted.flat(2), close, `${c.name} its gradient`);
  }
});

Deno.test("a matrix that is not square is refused by every form", async () => {
  await startBackend("cpu");
  for (const form of [sami, constitutionContrast, responseContrast]) {
    for (const shape of [[2, 3], [3, 2], [4]]) {
      assert.throws(() => form(tf.zeros(shape)), {
        name: "TypeError",
        message:
          `logps: expected a square matrix [..., C, C], constitutions by the responses drawn under them, got [${shape}]`,
      });
    }
    assert.throws(() => form(tf.tensor2d([[0, -1], [NaN, 0]])), {
      name: "RangeError",
      message: "logps[2] is NaN: expected a finite number",
    });
  }
});
