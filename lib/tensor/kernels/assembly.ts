/**
 * Loads our compiled kernels into the shared memory.
 *
 * @module
 */
import fused from "./kernels_relaxed.wasm" with { type: "bytes" };
import plain from "./kernels.wasm" with { type: "bytes" };

/** What `assembly/index.ts` exports: numbers in (sizes, addresses of float32 rows), nothing out. */
export type Assembly = Readonly<Record<string, (...args: number[]) => number>>;

/**
 * The kernels on a memory, with fused multiply-add where the engine has it.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const memory = new WebAssembly.Memory({ initial: 1 });
 * const { rmsNorm } = loadAssembly(memory);
 * const floats = new Float32Array(memory.buffer);
 * floats.set([3, 4, 1, 1]); // x, then the gain
 * rmsNorm(1, 2, 0, 0, 8, 16);
 * assert.ok(Math.abs(floats[4] - 3 / Math.sqrt(12.5)) < 1e-6);
 * ```
 */
export function loadAssembly(memory: WebAssembly.Memory): Assembly {
  const bytes = [fused, plain].find((binary) => WebAssembly.validate(binary))!;
  const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory } });
  return instance.exports as Assembly;
}
