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
