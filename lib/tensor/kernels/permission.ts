/**
 * Whether this process may load libraries of the system.
 *
 * @module
 */

/**
 * Why no library of the system may be loaded here; undefined where it may. A grant of some paths is not enough.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const { state } = Deno.permissions.querySync({ name: "ffi" });
 * assert.equal(whyForbidden(), state === "granted" ? undefined : "needs --allow-ffi");
 * ```
 */
export function whyForbidden(): string | undefined {
  return Deno.permissions.querySync({ name: "ffi" }).state === "granted" ? undefined : "needs --allow-ffi";
}
