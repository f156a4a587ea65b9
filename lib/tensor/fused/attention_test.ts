import assert from "node:assert/strict";
import { startBackend, type Tensor, tf } from "../backend.ts";
import { assertClose, numericGradient, rounded, u } from "../backends_test_helpers.ts";
import { Rng } from "../random.ts";
import { attention, plainAttention } from "./attention.ts";
import { testAgreement } from "./fused_test_helpers.ts";

await startBackend("wasm");

for (const length of [1, 3, 17, 64, 129]) {
  for (const [heads, keyHeads, head] of [[1, 1, 1], [4, 2, 8], [6, 2, 5], [2, 2, 17]]) {
    testAgreement(`attention with ${heads} heads of ${head}, ${keyHeads} of keys`, {
      shapes: [[2, length, (heads + 2 * keyHeads) * head]],
      fused: (x) => attention(x, { heads, keyHeads }),
      plain: (x) => plainAttention(x, { heads, keyHeads }),
      // Shares are off by the error of scores (up to 17 products) and sums over up to 129 of them.
      tolerance: (length + 64) * u,
    });
  }
}

/** In float64, straight from the formula. */
function truth(x: Float64Array, [batch, length, heads, keyHeads, head]: number[]): Float64Array {
  const width = (heads + 2 * keyHeads) * head, out = new Float64Array(batch * length * heads * head);
  for (let b = 0; b < batch; b++) {
    for (let h = 0; h < heads; h++) {
      const key = heads + Math.floor(h * keyHeads / heads), value = key + keyHeads;
      const at = (t: number, column: number, d: number) => x[(b * length + t) * width + column * head + d];
      for (let t = 0; t < length; t++) {
        const weights = Array.from({ length: t + 1 }, (_, s) => {
          let dot = 0;
          for (let d = 0; d < head; d++) dot += at(t, h, d) * at(s, key, d);
          return Math.exp(dot / Math.sqrt(head));
        });
        const total = weights.reduce((a, w) => a + w, 0);
        for (let d = 0; d < head; d++) {
          out[((b * length + t) * heads + h) * head + d] = weights.reduce((a, w, s) => a + w * at(s, value, d), 0) /
            total;
        }
      }
    }
  }
  return out;
}

for (const backend of ["wasm", "cpu"]) {
  Deno.test(`attention against float64, with its numeric gradient [${backend}]`, async () => {
    await startBackend(backend);
    tf.tidy(() => {
      const sizes = [2, 5, 4, 2, 3], [batch, length, heads, keyHeads, head] = sizes;
      const shape = [batch, length, (heads + 2 * keyHeads) * head], rng = Rng.seed(3);
      const x = rounded(rng.normals(batch * length * shape[2]));
      const upstream = rounded(rng.normals(batch * length * heads * head));
      const of = (x: Tensor) => attention(x, { heads, keyHeads });
      const input = tf.tensor(Float32Array.from(x), shape);
      const dy = tf.tensor(Float32Array.from(upstream), [batch, length, heads * head]);
      assertClose(of(input).dataSync(), truth(x, sizes), 64 * u, "value");
      const objective = (x: Float64Array) => truth(x, sizes).reduce((sum, y, i) => sum + y * upstream[i], 0);
      const slopes = tf.grad((x) => of(x as Tensor))(input, dy).dataSync();
      // Sums of up to 2 x 5 x 3 terms below 10.
      assertClose(slopes, numericGradient(objective, x), 30 * 10 * 4 * u, "gradient");
    });
  });
}

Deno.test("what comes later is not seen, and large scores do not overflow", async () => {
  await startBackend("wasm");
  tf.tidy(() => {
    const x = Rng.seed(4).normals(7 * 12), changed = x.map((v, i) => i < 4 * 12 ? v : 1e3 * v);
    const first = (x: Float64Array) =>
      attention(tf.tensor3d(Float32Array.from(x), [1, 7, 12]), { heads: 2, keyHeads: 1 }).dataSync().slice(0, 4 * 6);
    assert.deepEqual(first(changed), first(x));
    const huge = attention(tf.fill([1, 3, 12], 1e15), { heads: 2, keyHeads: 1 }).dataSync();
    assertClose(huge, new Float64Array(18).fill(1e15), 1e15 * 4 * u, "equal shares");
  });
});

Deno.test("heads that do not fit are named", () => {
  assert.throws(() => attention(tf.zeros([1, 2, 7]), { heads: 2, keyHeads: 1 }), {
    name: "TypeError",
    message: "x: expected [B, T, (2 + 2 x 1) D], got shape [1,2,7]",
  });
});
