/**
 * Checksums of the tensors of a safetensors file, in its metadata.
 *
 * The format has none: a byte that changed on the way is another weight, and nobody hears of it. They are one of each
 * tensor and not of the file, so that a tensor is checked when it is read, and a file need not be read twice. Other readers
 * pass metadata over.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { UserError } from "../user_error.ts";
import { parseObject } from "./json_text.ts";

/** Their name in the metadata. */
export const CHECKSUMS = "preflab.sha256";

/**
 * SHA-256 of the bytes of a tensor as they are stored, in lower-case hex.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(checksumOf(new Uint8Array(0)).slice(0, 8), "e3b0c442");
 * ```
 */
export function checksumOf(stored: Uint8Array): string {
  return createHash("sha256").update(stored).digest("hex");
}

/**
 * What checks tensors of a file as they are read.
 *
 * @param path of the file, for errors
 * @param metadata of the file; without checksums, nothing is checked
 * @returns refuses a tensor whose bytes are not those that were written: `UserError`, in one line
 * @throws UserError where the metadata has something else under their name
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const check = checkedBy("f", { [CHECKSUMS]: JSON.stringify({ a: checksumOf(Uint8Array.of(1)) }) });
 * check("a", Uint8Array.of(1));
 * assert.throws(() => check("a", Uint8Array.of(2)), /^UserError: f: the numbers of a are not those that were written/);
 * ```
 */
export function checkedBy(
  path: string,
  metadata: Readonly<Record<string, string>>,
): (name: string, stored: Uint8Array) => void {
  if (!Object.hasOwn(metadata, CHECKSUMS)) return () => {};
  const checksums = new Map(Object.entries(parseObject(metadata[CHECKSUMS], `${path}: ${CHECKSUMS} of __metadata__`)));
  return (name, stored) => {
    if (checksums.get(name) === checksumOf(stored)) return;
    throw new UserError(
      `${path}: the numbers of ${name} are not those that were written, by its checksum; damaged: get it again ` +
        `(if you changed them, write the file without ${CHECKSUMS} in its metadata)`,
    );
  };
}
