import assert from "node:assert/strict";
import { startBackend, type Tensor, tf } from "../backend.ts";
import { assertClose, u } from "../backends_test_helpers.ts";
import { Rng } from "../../random.ts";
import { attend, attention, attentionBack, type AttentionOptions } from "./attention.ts";

Deno.test("what comes later is not seen, and large scores do not overflow", async () => {
  await startBackend("wasm");
  tf.tidy(() => {
    const x = Rng.seed(4).normals(7 * 12), changed = x.map((v, i) => i < 4 * 12 ? v : 1e3 * v);
    const first = (x: Float64Array) =>
      attention(tf.tensor2d(Float32Array.from(x), [7, 12]), { heads: 2, keyHeads: 1, lengths: Uint32Array.of(7) })
        .dataSync().slice(0, 4 * 6);
    assert.deepEqual(first(changed), first(x));
    const huge = attention(tf.fill([3, 12], 1e15), { heads: 2, keyHeads: 1, lengths: Uint32Array.of(3) }).dataSync();
    assertClose(huge, new Float64Array(18).fill(1e15), 1e15 * 4 * u, "equal shares");
  });
});

Deno.test("heads that do not fit are named", () => {
  assert.throws(() => attention(tf.zeros([2, 7]), { heads: 2, keyHeads: 1, lengths: Uint32Array.of(2) }), {
    name: "TypeError",
    message: "x: expected [N, (2 + 2 x 1) D], got shape [2,7]",
  });
});

Deno.test("lengths that do not fit are named", () => {
  assert.throws(() => attention(tf.zeros([2, 4]), { heads: 2, keyHeads: 1, lengths: Uint32Array.of(2, 1) }), {
    name: "TypeError",
    message: "lengths: expected a sum of 2, got 3",
  });
});

Deno.test("the way back of what was attended is the gradient of attention, to the bit, with shares that were kept or not", async () => {
  const cases: readonly AttentionOptions[] = [
    { heads: 4, keyHeads: 2, lengths: Uint32Array.of(3, 2, 1, 4), prefixes: Int32Array.of(-1, 0, 0, -1) },
    { heads: 4, keyHeads: 2, lengths: Uint32Array.of(10), softCap: 2 },
    { heads: 4, keyHeads: 2, lengths: Uint32Array.of(10), window: 3 },
  ];
  for (const engine of ["wasm", "cpu"]) {
    await startBackend(engine);
    for (const options of cases) {
      tf.tidy(() => {
        const random = Rng.seed(5),
          normals = (columns: number) => tf.tensor2d(Float32Array.from(random.normals(10 * columns)), [10, columns]);
        const x = normals(8 * 3),
          dy = normals(4 * 3),
          { value, grad } = tf.valueAndGrad((x) => attention(x as Tensor, options))(x, dy);
        const { y, shares } = attend(x, options);
        assert.deepEqual(y.dataSync(), value.dataSync());
        assert.equal(shares !== undefined, engine === "wasm" && !("softCap" in options || "window" in options));
        for (const kept of [shares, undefined]) {
          assert.deepEqual(attentionBack(x, dy, options, kept).dataSync(), grad.dataSync());
        }
      });
    }
  }
});
