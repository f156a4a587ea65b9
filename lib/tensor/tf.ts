/**
 * The tfjs namespace, for whoever computes with tensors and starts no engine.
 *
 * @module
 */
import type * as TF from "@tensorflow/tfjs-core";
import { loadStockGradients } from "./stock_gradients.ts";

/** The tfjs namespace; usable after `startBackend` of `backend.ts` has resolved. */
export let tf: typeof TF;
/** A tensor of tfjs, of any rank; its numbers are float32 unless a function says otherwise. */
export type Tensor = TF.Tensor;
/** A trainable tensor of tfjs, of any rank. */
export type Variable = TF.Variable;

/**
 * Loads tfjs where it is not loaded yet.
 *
 * @returns whether it was not
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * await loadTf();
 * assert.equal(await loadTf(), false);
 * ```
 */
export async function loadTf(): Promise<boolean> {
  if (tf) return false;
  const core = await import("@tensorflow/tfjs-core");
  await import("@tensorflow/tfjs-backend-cpu");
  await loadStockGradients();
  tf = core;
  return true;
}
