/**
 * The GPU that WebGPU offers, by name.
 *
 * @module
 */

/** How to get an adapter where there is none. */
export const NO_ADAPTER = "no GPU adapter; on Debian, apt-get install mesa-vulkan-drivers gives one in software";

/**
 * The fastest adapter, or null where there is none. Needs no permission.
 *
 * @example
 * ```ts
 * const adapter = await gpuAdapter();
 * if (adapter !== null) console.log(adapterName(adapter.info));
 * ```
 */
export async function gpuAdapter(): Promise<GPUAdapter | null> {
  return await navigator.gpu?.requestAdapter({ powerPreference: "high-performance" }) ?? null;
}

/**
 * An adapter in words, and whether it is a processor that plays one.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const info = { description: "llvmpipe (LLVM 15)", isFallbackAdapter: true } as GPUAdapterInfo;
 * assert.equal(adapterName(info), "llvmpipe (LLVM 15), in software");
 * ```
 */
export function adapterName(info: GPUAdapterInfo): string {
  const name = info.description || [info.vendor, info.architecture].filter(Boolean).join(" ") || "unnamed adapter";
  return info.isFallbackAdapter ? `${name}, in software` : name;
}
