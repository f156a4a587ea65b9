import assert from "node:assert/strict";
import { startBackend, tf } from "../backend.ts";
import { assertClose, u } from "../backends_test_helpers.ts";
import { Rng } from "../../random.ts";
import { attention } from "./attention.ts";

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
