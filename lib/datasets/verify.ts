/**
 * Whether bytes are the pinned file, and whether this process may touch a path at all.
 *
 * @module
 */
import type { DataFile } from "./manifest.ts";

/**
 * What is wrong with the bytes of a file, or undefined when size and checksum are the pinned ones.
 *
 * @param bytes the whole file
 * @returns a clause such as `9 bytes where 10 are expected`
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const file = { path: "a/b", bytes: 3, sha256: "0".repeat(64), columns: [] };
 * assert.equal(await defect(new Uint8Array(2), file), "2 bytes where 3 are expected");
 * assert.match((await defect(new Uint8Array(3), file))!, /^SHA-256 709e80c88487\.\.\. where 000000000000\.\.\. is/);
 * ```
 */
export async function defect(bytes: Uint8Array<ArrayBuffer>, file: DataFile): Promise<string | undefined> {
  if (bytes.length !== file.bytes) return wrongSize(bytes.length, file);
  const found = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
  if (found === file.sha256) return undefined;
  return `SHA-256 ${found.slice(0, 12)}... where ${file.sha256.slice(0, 12)}... is expected`;
}

/**
 * The clause for a wrong size.
 *
 * @param size bytes found
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const file = { path: "a/b", bytes: 3, sha256: "0".repeat(64), columns: [] };
 * assert.equal(wrongSize(2, file), "2 bytes where 3 are expected");
 * ```
 */
export function wrongSize(size: number, file: DataFile): string {
  return `${size} bytes where ${file.bytes} are expected`;
}

/**
 * Whether a permission is already granted. Asking first keeps a terminal from being prompted in the middle of a run.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(granted({ name: "read", path: "." }), true);
 * ```
 */
export function granted(permission: Deno.PermissionDescriptor): boolean {
  return Deno.permissions.querySync(permission).state === "granted";
}
