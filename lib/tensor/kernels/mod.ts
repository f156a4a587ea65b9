/**
 * Our kernels on tfjs's WebAssembly backend: those that stock ones get wrong or slow, and fused ones.
 *
 * @module
 */
import { registerComparisons } from "./comparisons.ts";
import { registerConversions } from "./conversions.ts";
import { registerMovement } from "./movement.ts";
import { registerProducts } from "./products.ts";
import { registerReductions } from "./reductions.ts";
import { registerRmsNorm } from "./rms_norm.ts";

/**
 * Registers every kernel of ours; call once tfjs is loaded.
 *
 * @example
 * ```ts
 * import { startBackend, tf } from "../backend.ts";
 * import assert from "node:assert/strict";
 * await startBackend("wasm"); // registers
 * assert.ok(tf.getKernel("RmsNorm", "wasm"));
 * ```
 */
export function registerKernels(): void {
  registerComparisons();
  registerConversions();
  registerMovement();
  registerProducts();
  registerReductions();
  registerRmsNorm();
}
