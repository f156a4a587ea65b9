/**
 * Writes files of the format safetensors: the same tensors give the same bytes.
 *
 * @module
 */
import { refused } from "../files.ts";
import { checksumOf, CHECKSUMS } from "./checksums.ts";
import { toBfloat16 } from "./half.ts";
import { countOf } from "./tensor_file.ts";

/** A tensor to be written. */
export interface NamedTensor {
  /** Unlike that of the others, and not `__metadata__`. */
  readonly name: string;
  /** Sizes, the slowest first. */
  readonly shape: readonly number[];
  /** Its numbers in row-major order. */
  readonly values: Float32Array;
}

/** How a file is written. */
interface WriteOptions {
  /** How numbers are stored; bfloat16 is rounded to the nearest, ties to even. */
  readonly type?: "F32" | "BF16";
  /** Texts beside the tensors; the checksums of `checksums.ts` come to them. */
  readonly metadata?: Readonly<Record<string, string>>;
}

/**
 * Writes a file: the tensors sorted by name, the header filled up to eight bytes, as the reference implementation does.
 * It is written under another name, to the disk, and renamed: a kill leaves the old file or the new one.
 *
 * @throws TypeError for a name that is taken or a shape that is not that of its numbers; UserError when the system
 * refuses to write, and the old file is as it was
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const folder = await Deno.makeTempDir(), path = `${folder}/a.safetensors`;
 * writeSafetensors(path, [{ name: "a", shape: [1], values: Float32Array.of(1) }], { metadata: { format: "pt" } });
 * const bytes = await Deno.readFile(path), header = '{"__metadata__":{"format":"pt","preflab.sha256":"{\\"a\\":';
 * assert.equal(new TextDecoder().decode(bytes.subarray(8, 8 + header.length)), header);
 * assert.equal((bytes.length - 4) % 8, 0);
 * await Deno.remove(folder, { recursive: true });
 * ```
 */
export function writeSafetensors(
  path: string,
  tensors: readonly NamedTensor[],
  { type = "F32", metadata }: WriteOptions = {},
): void {
  const sorted = tensors.toSorted((a, b) => a.name < b.name ? -1 : 1), width = type === "F32" ? 4 : 2;
  const bytesOf = ({ values }: NamedTensor) => {
    const stored = type === "F32" ? values : toBfloat16(values);
    return new Uint8Array(stored.buffer, stored.byteOffset, stored.byteLength);
  };
  const checksums = inOrder(Object.fromEntries(sorted.map((tensor) => [tensor.name, checksumOf(bytesOf(tensor))])));
  const header: Record<string, unknown> = { __metadata__: { ...metadata, [CHECKSUMS]: checksums } };
  let at = 0;
  for (const { name, shape, values } of sorted) {
    if (Object.hasOwn(header, name) || name === "__metadata__") throw new TypeError(`the name ${name} is taken`);
    if (countOf(shape) !== values.length) throw new TypeError(`${name}: ${values.length} numbers for [${shape}]`);
    header[name] = { dtype: type, shape, data_offsets: [at, at += values.length * width] };
  }
  const text = new TextEncoder().encode(inOrder(header)), length = Math.ceil(text.length / 8) * 8;
  const start = new Uint8Array(8 + length).fill(0x20);
  new DataView(start.buffer).setBigUint64(0, BigInt(length), true);
  start.set(text, 8);

  const beside = `${path}.${crypto.randomUUID()}.new`;
  try {
    {
      using file = Deno.openSync(beside, { write: true, createNew: true });
      writeAll(file, start);
      for (const tensor of sorted) writeAll(file, bytesOf(tensor));
      file.syncSync();
    }
    Deno.renameSync(beside, path);
  } catch (error) {
    try {
      Deno.removeSync(beside);
    } catch { /* it was not made, or has its name by now */ }
    throw refused(path, error);
  }
}

/** `JSON.stringify` puts names that are numbers in front of all others. */
function inOrder(header: Readonly<Record<string, unknown>>): string {
  const names = Object.keys(header).filter((name) => name !== "__metadata__").sort();
  if (header.__metadata__ !== undefined) names.unshift("__metadata__");
  return `{${names.map((name) => `${JSON.stringify(name)}:${JSON.stringify(header[name])}`).join(",")}}`;
}

function writeAll(file: Deno.FsFile, bytes: Uint8Array): void {
  for (let written = 0; written < bytes.length;) written += file.writeSync(bytes.subarray(written));
}
