import assert from "node:assert/strict";
import { startBackend, tf } from "../backend.ts";
import { u } from "../backends_test_helpers.ts";
import { Rng } from "../random.ts";
import { biasRelu, plainBiasRelu } from "./bias_relu.ts";
import { embedding, plainEmbedding } from "./embedding.ts";
import { testAgreement } from "./fused_test_helpers.ts";
import { plainRmsNorm, rmsNorm } from "./rms_norm.ts";
import { plainRotary, rotary, rotaryTables } from "./rotary.ts";
import { plainSwiglu, swiglu } from "./swiglu.ts";

await startBackend("wasm");

for (const width of [1, 3, 17, 64, 129]) {
  for (const rectify of [true, false]) {
    testAgreement(`biasRelu ${rectify}`, {
      shapes: [[3, 5, width], [3, 1, width]],
      fused: (x, bias) => biasRelu(x, bias, rectify),
      plain: (x, bias) => plainBiasRelu(x, bias, rectify),
      tolerance: 8 * u, // sums over 5 rows
    });
  }
  testAgreement("swiglu", { shapes: [[7, 2 * width]], fused: swiglu, plain: plainSwiglu, tolerance: 16 * u, scale: 4 });
  testAgreement("rmsNorm", {
    shapes: [[7, width], [width]],
    fused: (x, gain) => rmsNorm(x, gain, 1e-5),
    plain: (x, gain) => plainRmsNorm(x, gain, 1e-5),
    tolerance: (width + 20) * u, // sums over a row in another order
  });
  for (const rows of [1, 17]) {
    const rng = Rng.seed(width), ids = Uint32Array.from({ length: 64 }, () => rng.integer(rows));
    testAgreement("embedding", {
      shapes: [[rows, width]],
      fused: (table) => embedding(table, ids),
      plain: (table) => plainEmbedding(table, ids),
      tolerance: 64 * u, // up to 64 terms added in float32
    });
  }
}

for (const [head, heads, rest] of [[2, 3, 1], [6, 1, 0], [8, 2, 16], [64, 1, 3]]) {
  const tables = rotaryTables(17, head, 10000);
  for (const length of [1, 3, 17]) {
    testAgreement(`rotary of ${heads} heads of ${head}`, {
      shapes: [[3, length, heads * head + rest]],
      fused: (x) => rotary(x, tables, heads),
      plain: (x) => plainRotary(x, tables, heads),
      tolerance: 4 * u,
    });
  }
}

Deno.test("rotary: products of queries and keys depend on how far apart they are, and lengths stay", () => {
  tf.tidy(() => {
    const head = 16, length = 12, row = [...Rng.seed(1).normals(head)];
    const x = tf.tensor3d([Array.from({ length }, () => row)]);
    const y = rotary(x, rotaryTables(length, head, 10000), 1).arraySync() as number[][][];
    const dot = (s: number, t: number) => y[0][s].reduce((sum, v, i) => sum + v * y[0][t][i], 0);
    // 16 products below 10, of numbers that are off by u each.
    for (const apart of [0, 1, 5]) {
      for (let s = 1; s + apart < length; s++) assert.ok(Math.abs(dot(s, s + apart) - dot(0, apart)) < 16 * 10 * 4 * u);
    }
    assert.ok(Math.abs(dot(0, 5) - dot(0, 1)) > 0.1);
  });
});

Deno.test("mistakes are named", () => {
  tf.tidy(() => {
    assert.throws(() => embedding(tf.zeros([2, 3]), Uint32Array.of(0, 2)), {
      name: "RangeError",
      message: "ids[1] is 2: expected 0 .. 1",
    });
    assert.throws(() => swiglu(tf.zeros([2, 3])), {
      name: "TypeError",
      message: "x: expected shape [N, 2D], got [2,3]",
    });
    assert.throws(() => biasRelu(tf.zeros([2, 3, 4]), tf.zeros([2, 4]), true), {
      name: "TypeError",
      message: "bias: expected [2, 1, 4] for x [2,3,4], got [2,4]",
    });
    assert.throws(() => rotary(tf.zeros([1, 3, 8]), rotaryTables(2, 8, 10000), 1), {
      name: "TypeError",
      message: "x: expected [B, at most 2, at least 1 x 8], got shape [1,3,8]",
    });
    assert.throws(() => rotaryTables(2, 3, 10000), { message: "head: expected an even width, got 3" });
  });
});
