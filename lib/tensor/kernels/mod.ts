/**
 * Our kernels on tfjs's WebAssembly backend: those that stock ones get wrong or slow, and fused ones.
 *
 * @module
 */
import { registerAttention } from "./attention.ts";
import { registerBfloat16 } from "./bfloat16.ts";
import { registerBiasRelu } from "./bias_relu.ts";
import { registerCachedAttention } from "./cached_attention.ts";
import { registerComparisons } from "./comparisons.ts";
import { registerConversions } from "./conversions.ts";
import { registerElementwise } from "./elementwise.ts";
import { registerEmbedding } from "./embedding.ts";
import { registerGrouped } from "./grouped.ts";
import { registerLogSoftmax } from "./log_softmax.ts";
import { registerMovement } from "./movement.ts";
import { registerPacked } from "./packed.ts";
import { registerPaired } from "./paired.ts";
import { registerProducts } from "./products.ts";
import { registerReductions } from "./reductions.ts";
import { registerRmsNorm } from "./rms_norm.ts";
import { registerRotary } from "./rotary.ts";
import { registerRowwise } from "./rowwise.ts";
import { registerSwiglu } from "./swiglu.ts";
import { registerTake } from "./take.ts";

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
  registerAttention();
  registerBfloat16();
  registerBiasRelu();
  registerCachedAttention();
  registerComparisons();
  registerConversions();
  registerElementwise();
  registerEmbedding();
  registerGrouped();
  registerLogSoftmax();
  registerMovement();
  registerPacked();
  registerPaired();
  registerProducts();
  registerReductions();
  registerRmsNorm();
  registerRotary();
  registerRowwise();
  registerSwiglu();
  registerTake();
}
