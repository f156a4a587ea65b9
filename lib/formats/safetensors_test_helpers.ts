/**
 * Files of the format as other writers leave them.
 *
 * @module
 */
import { CHECKSUMS } from "./checksums.ts";

/** A file without the checksums that ours have; all else is as it was. */
export function withoutChecksums(bytes: Uint8Array): Uint8Array {
  const end = 8 + Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  const { __metadata__, ...header } = JSON.parse(new TextDecoder().decode(bytes.subarray(8, end)));
  const { [CHECKSUMS]: _, ...metadata } = __metadata__;
  const text = new TextEncoder().encode(JSON.stringify({ __metadata__: metadata, ...header }));
  const length = Math.ceil(text.length / 8) * 8, out = new Uint8Array(8 + length + bytes.length - end).fill(0x20);
  new DataView(out.buffer).setBigUint64(0, BigInt(length), true);
  out.set(text, 8);
  out.set(bytes.subarray(end), 8 + length);
  return out;
}
