/**
 * tfjs's WebAssembly backend as it comes, which our kernels are registered on.
 *
 * @module
 */
import { setWasmPaths } from "@tensorflow/tfjs-backend-wasm";
import binary from "@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm" with { type: "bytes" };
import { tf } from "../tf.ts";

/** Both would otherwise be probed with workers, which Deno has but the Emscripten glue cannot use. */
export const wasmFlags = { WASM_HAS_MULTITHREAD_SUPPORT: false, WASM_HAS_SIMD_SUPPORT: true } as const;

/**
 * Starts the backend, with SIMD and one thread; call once tfjs is loaded.
 *
 * @returns whether it runs
 * @example
 * ```ts
 * import { startBackend } from "../backend.ts";
 * import assert from "node:assert/strict";
 * await startBackend("cpu"); // loads tfjs
 * assert.ok(await startStockWasm());
 * ```
 */
export async function startStockWasm(): Promise<boolean> {
  // The package would read its binary from disk or fetch it: a blob of the cached bytes needs no permission.
  const url = URL.createObjectURL(new Blob([new Uint8Array(binary)], { type: "application/wasm" }));
  setWasmPaths({
    "tfjs-backend-wasm.wasm": url,
    "tfjs-backend-wasm-simd.wasm": url,
    "tfjs-backend-wasm-threaded-simd.wasm": url,
  }, true);
  tf.env().setFlags(wasmFlags);
  return await tf.setBackend("wasm");
}
