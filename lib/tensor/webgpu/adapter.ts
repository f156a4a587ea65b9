/**
 * The GPU that WebGPU offers, by name.
 *
 * @module
 */

/** How to get an adapter where there is none. */
export const NO_ADAPTER = "no GPU adapter; on Debian, apt-get install mesa-vulkan-drivers gives one in software";

/** What Deno reads to know by which interfaces it may look for GPUs. */
const INTERFACES = "DENO_WEBGPU_BACKEND";

let openGl = false;

/**
 * Whether this process may have loaded drivers of OpenGL. They put an LLVM where TensorFlow, if it is loaded later, finds
 * it in place of its own, and the process dies; the other way round both work.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(hasOpenGl(), false); // nobody has asked for an adapter
 * ```
 */
export function hasOpenGl(): boolean {
  return openGl;
}

/**
 * The fastest adapter, or null where there is none. Needs no permission; with `--allow-env=DENO_WEBGPU_BACKEND` it leaves
 * OpenGL out, see {@linkcode hasOpenGl}.
 *
 * @example
 * ```ts
 * const adapter = await gpuAdapter();
 * if (adapter !== null) console.log(adapterName(adapter.info));
 * ```
 */
export async function gpuAdapter(): Promise<GPUAdapter | null> {
  if (Deno.permissions.querySync({ name: "env", variable: INTERFACES }).state !== "granted") openGl = true;
  else if (Deno.env.get(INTERFACES) === undefined) Deno.env.set(INTERFACES, "vulkan,metal,dx12");
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
