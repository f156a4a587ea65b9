/**
 * Starts the engine in a folder, computes something known, and prints what it is: `setup.ts` runs this in a process of its
 * own.
 *
 * @module
 */
import assert from "node:assert/strict";
import { loadTf, type Tensor, tf } from "../tf.ts";
import { registerTensorFlow } from "./engine.ts";

if (import.meta.main) {
  await loadTf();
  tf.enableProdMode();
  const binding = registerTensorFlow(tf, Deno.args[0]);
  assert.ok(await tf.setBackend("tensorflow"));
  const slope = tf.grad((x) => tf.sum(tf.square(tf.matMul(x as Tensor, tf.tensor2d([[1, 2], [3, 4]])))));
  // d/dx of |x·m|² is 2·x·m·mᵀ; m·mᵀ is [[5, 11], [11, 25]].
  assert.deepEqual([...slope(tf.tensor2d([[1, -1]])).dataSync()], [-12, -28]);
  console.log(JSON.stringify({ version: binding.TF_Version, gpu: binding.isUsingGpuDevice() }));
}
