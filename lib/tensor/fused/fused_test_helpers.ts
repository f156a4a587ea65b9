/**
 * What tests of fused operations share: the kernel against the plain path, forward and backward.
 *
 * @module
 */
import assert from "node:assert/strict";
import { startBackend, type Tensor, tf } from "../backend.ts";
import { assertClose } from "../backends_test_helpers.ts";
import { Rng } from "../random.ts";

/** Standard normal float32 numbers of a shape. */
export function normals(rng: Rng, shape: readonly number[], scale = 1): Tensor {
  const size = shape.reduce((a, b) => a * b, 1);
  return tf.tensor(Float32Array.from(rng.normals(size), (z) => scale * z), [...shape]);
}

/**
 * Registers a test that a fused operation's kernel and its plain path agree, in value and in the gradient of every input
 * for a random upstream gradient, and that the kernel gives the same bytes twice.
 *
 * @param tolerance largest difference, relative to the largest number of the tensor compared, at least 1
 */
export function testAgreement(
  name: string,
  { shapes, fused, plain, tolerance, scale = 1 }: {
    readonly shapes: readonly (readonly number[])[];
    readonly fused: (...inputs: Tensor[]) => Tensor;
    readonly plain: (...inputs: Tensor[]) => Tensor;
    readonly tolerance: number;
    readonly scale?: number;
  },
): void {
  Deno.test(`${name} on ${shapes.map((s) => `[${s}]`).join(" ")}: kernel and plain path agree`, async () => {
    await startBackend("wasm");
    tf.tidy(() => {
      const rng = Rng.seed(shapes.flat().reduce((a, b) => 31 * a + b, 7) % 2 ** 31);
      const inputs = shapes.map((shape, i) => normals(rng.fork(i), shape, scale));
      const run = (f: (...inputs: Tensor[]) => Tensor) => {
        const out = f(...inputs);
        const slopes = tf.grads((...x: Tensor[]) => f(...x))(inputs, normals(rng.fork("upstream"), out.shape));
        return [out, ...slopes].map((t) => ({ shape: t.shape, values: t.dataSync<"float32">() }));
      };
      const [ours, again, theirs] = [run(fused), run(fused), run(plain)];
      assert.deepEqual(again, ours, "the same bytes twice");
      theirs.forEach(({ shape, values }, i) => {
        const label = i === 0 ? "value" : `gradient ${i - 1}`;
        assert.deepEqual(ours[i].shape, shape, label);
        const largest = values.reduce((most, v) => Math.max(most, Math.abs(v)), 1);
        assertClose(ours[i].values, values, tolerance * largest, label);
      });
    });
  });
}
