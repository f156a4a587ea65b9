/**
 * How a fused operation finds its kernel.
 *
 * @module
 */
import { type Tensor, tf } from "../backend.ts";

/**
 * Whether the running engine has a kernel of this name; where it has not, a fused operation is made of stock ones.
 *
 * @example
 * ```ts
 * import { startBackend } from "../backend.ts";
 * import assert from "node:assert/strict";
 * await startBackend("cpu");
 * assert.equal(hasKernel("RmsNorm"), false);
 * ```
 */
export function hasKernel(name: string): boolean {
  return tf.getKernel(name, tf.getBackend()) !== undefined;
}

/**
 * Runs a kernel of ours.
 *
 * @returns its outputs, also where there is one
 * @param integers inputs that are int32
 * @throws TypeError naming an input of another type than float32: the kernels read memory as floats
 * @example
 * ```ts ignore
 * const [y] = runKernel("RmsNorm", { x, gain }, { epsilon: 1e-5 });
 * ```
 */
export function runKernel(
  name: string,
  inputs: Readonly<Record<string, Tensor>>,
  attributes: Readonly<Record<string, unknown>> = {},
  integers: readonly string[] = [],
): Tensor[] {
  for (const [input, { dtype }] of Object.entries(inputs)) {
    const expected = integers.includes(input) ? "int32" : "float32";
    if (dtype !== expected) {
      throw new TypeError(`${name}: expected ${input} as ${expected}, got ${dtype}; cast it first`);
    }
  }
  const outputs = tf.engine().runKernel(name, inputs as never, attributes as never) as unknown as Tensor | Tensor[];
  return Array.isArray(outputs) ? outputs : [outputs];
}

/** Keeps tensors for the backward pass. */
export type Save = (tensors: Tensor[]) => void;
