/**
 * The thread that `row_files.ts` has files read by: it is sent a path, and replies with the SHA-256 of the file.
 *
 * @module
 */
/// <reference lib="deno.worker" />
import { createHash } from "node:crypto";

/** SHA-256 of a file, read part by part; undefined where it cannot be read. */
function checksumOf(path: string): string | undefined {
  const hash = createHash("sha256"), part = new Uint8Array(1 << 20);
  try {
    using file = Deno.openSync(path);
    for (let read = file.readSync(part); read !== null; read = file.readSync(part)) hash.update(part.subarray(0, read));
    return hash.digest("hex");
  } catch {
    return undefined; // absent, a folder, or not to be read: as if it had not been written
  }
}

self.onmessage = ({ data }: MessageEvent<readonly string[]>) => self.postMessage(data.map(checksumOf));
