/**
 * Files in the format GGUF, version 2 or 3: metadata, then tensors, most of them packed (ggml, docs/gguf.md).
 *
 * @module
 */
import { UserError } from "../user_error.ts";
import { PACKINGS } from "./dequantise.ts";
import { FileBytes } from "./file_bytes.ts";
import { GgufCursor, type GgufValue } from "./gguf_values.ts";
import { widen } from "./half.ts";
import { checkedName, countOf, type TensorFile, type TensorInfo, withoutOverlap } from "./tensor_file.ts";

/** Names of the types of ggml that are read, by their numbers. */
const READ: ReadonlyMap<number, string> = new Map([
  ...[[0, "F32"], [1, "F16"], [30, "BF16"], [2, "Q4_0"], [3, "Q4_1"], [6, "Q5_0"], [7, "Q5_1"], [8, "Q8_0"]],
  ...[[10, "Q2_K"], [11, "Q3_K"], [12, "Q4_K"], [13, "Q5_K"], [14, "Q6_K"], [20, "IQ4_NL"], [23, "IQ4_XS"]],
] as [number, string][]);

/** Names of others that files are made with. */
const OTHERS: ReadonlyMap<number, string> = new Map([
  ...[[9, "Q8_1"], [15, "Q8_K"], [16, "IQ2_XXS"], [17, "IQ2_XS"], [18, "IQ3_XXS"], [19, "IQ1_S"], [21, "IQ3_S"]],
  ...[[22, "IQ2_S"], [24, "I8"], [25, "I16"], [26, "I32"], [27, "I64"], [28, "F64"], [29, "IQ1_M"], [31, "Q4_0_4_4"]],
  ...[[32, "Q4_0_4_8"], [33, "Q4_0_8_8"], [34, "TQ1_0"], [35, "TQ2_0"], [39, "MXFP4"], [40, "NVFP4"], [41, "Q1_0"]],
] as [number, string][]);

/** Packed numbers are read in pieces of about so many bytes. */
const PIECE = 1 << 20;
/** A tensor has at most so many sizes. */
const MOST_SIZES = 4;

/** A tensor and where its numbers begin in the file. */
interface Entry extends TensorInfo {
  readonly offset: number;
}

/**
 * One file of the format. Its head is read and checked at once, each tensor when it is asked for.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { ggufBytes } from "./gguf_test_helpers.ts";
 * const folder = await Deno.makeTempDir(), path = `${folder}/a.gguf`;
 * const tensor = { name: "a", type: 0, shape: [2, 1], data: new Uint8Array(Float32Array.of(1, 2).buffer) };
 * await Deno.writeFile(path, ggufBytes({ "general.name": "tiny" }, [tensor]));
 * using file = GgufFile.open(path);
 * assert.equal(file.metadata.get("general.name"), "tiny");
 * assert.deepEqual([file.tensors.get("a")?.shape, [...file.readFloats("a")]], [[2, 1], [1, 2]]);
 * await Deno.remove(folder, { recursive: true });
 * ```
 */
export class GgufFile implements TensorFile {
  private constructor(
    private readonly bytes: FileBytes,
    /** Values by name, such as `general.architecture`. */
    readonly metadata: ReadonlyMap<string, GgufValue>,
    /** By name, in the order of the file. */
    readonly tensors: ReadonlyMap<string, Entry>,
  ) {}

  /**
   * Opens a file and reads its head.
   *
   * @throws UserError where the file cannot be read, its head is not that of such a file, or a tensor is of a type that is
   * not read: what is wrong, in one line
   */
  static open(path: string): GgufFile {
    const bytes = FileBytes.open(path);
    try {
      const cursor = new GgufCursor(bytes);
      checkKind(bytes, cursor);
      const tensorCount = cursor.count(24, "tensors"), valueCount = cursor.count(13, "values of metadata");
      const metadata = new Map<string, GgufValue>();
      for (let i = 0; i < valueCount; i++) {
        const name = checkedName(cursor.text("a name in the metadata"), path);
        if (metadata.has(name)) throw new UserError(`${path}: has ${name} twice; the file is damaged`);
        metadata.set(name, cursor.value(name));
      }
      const parts = metadata.get("split.count") ?? 0;
      if (parts !== 0 && parts !== 1) {
        throw new UserError(`${path}: one of several parts; merge them with llama-gguf-split`);
      }
      return new GgufFile(bytes, metadata, entries(bytes, cursor, tensorCount, metadata));
    } catch (error) {
      bytes.close();
      throw error;
    }
  }

  /** Where the file is. */
  get path(): string {
    return this.bytes.path;
  }

  /**
   * The numbers of a tensor in the order of the file, unpacked and widened.
   *
   * @throws UserError where there is no such tensor
   */
  readFloats(name: string): Float32Array {
    const { type, shape, offset } = this.entry(name), packing = PACKINGS.get(type);
    const floats = new Float32Array(countOf(shape)!);
    if (packing === undefined) {
      const size = floats.length * (type === "F32" ? 4 : 2);
      this.bytes.readInto(new Uint8Array(floats.buffer, floats.byteLength - size), offset);
      if (type !== "F32") widen(floats, type as "F16" | "BF16");
      return floats;
    }
    const { numbers, bytes, unpack } = packing, blocks = floats.length / numbers, most = Math.floor(PIECE / bytes);
    const piece = new Uint8Array(Math.min(blocks, most) * bytes);
    for (let at = 0; at < blocks; at += most) {
      const count = Math.min(most, blocks - at), packed = piece.subarray(0, count * bytes);
      this.bytes.readInto(packed, offset + at * bytes);
      unpack(packed, floats.subarray(at * numbers, (at + count) * numbers));
    }
    return floats;
  }

  /**
   * A tensor as it is packed; undefined where it is not.
   *
   * @returns the name of its type, and its blocks in the order of the file
   * @throws UserError where there is no such tensor
   */
  readBlocks(name: string): { readonly type: string; readonly blocks: Uint8Array } | undefined {
    const { type, shape, offset } = this.entry(name), packing = PACKINGS.get(type);
    if (packing === undefined) return undefined;
    const blocks = new Uint8Array(countOf(shape)! / packing.numbers * packing.bytes);
    this.bytes.readInto(blocks, offset);
    return { type, blocks };
  }

  private entry(name: string): Entry {
    const entry = this.tensors.get(name);
    if (entry === undefined) throw new UserError(`${this.path}: no tensor ${name}`);
    return entry;
  }

  /** Closes the file. */
  close(): void {
    this.bytes.close();
  }

  /** Closes the file. */
  [Symbol.dispose](): void {
    this.close();
  }
}

function checkKind(file: FileBytes, cursor: GgufCursor): void {
  if (file.size < 24) throw new UserError(`${file.path}: ${file.size} bytes, no GGUF file; get it again`);
  if (cursor.uint32() !== 0x46554747) {
    throw new UserError(`${file.path}: does not begin with GGUF; another kind of file`);
  }
  const version = cursor.uint32();
  if (version >= 1 << 24) throw new UserError(`${file.path}: a big-endian GGUF file; convert it to little-endian`);
  if (version !== 2 && version !== 3) throw new UserError(`${file.path}: GGUF version ${version}; 2 and 3 are read`);
}

/** Reads and checks the list of tensors, behind the metadata. */
function entries(
  file: FileBytes,
  cursor: GgufCursor,
  count: number,
  metadata: ReadonlyMap<string, GgufValue>,
): ReadonlyMap<string, Entry> {
  const { path } = file, alignment = metadata.get("general.alignment") ?? 32;
  if (!(typeof alignment === "number" && Number.isInteger(alignment) && alignment >= 8 && alignment % 8 === 0)) {
    throw new UserError(`${path}: general.alignment is no multiple of 8; the file is damaged`);
  }
  const found: (Entry & { readonly name: string; readonly size: number })[] = [], names = new Set<string>();
  for (let i = 0; i < count; i++) {
    const name = checkedName(cursor.text("a tensor's name"), path);
    if (names.has(name)) throw new UserError(`${path}: has tensor ${name} twice; the file is damaged`);
    names.add(name);
    const sizes = cursor.uint32();
    if (sizes > MOST_SIZES) throw new UserError(`${path}: ${name} has ${sizes} sizes; the file is damaged`);
    // The fastest comes first in the file.
    const shape = Array.from({ length: sizes }, () => cursor.uint64(`a size of ${name}`)).reverse();
    const number = cursor.uint32(), type = READ.get(number);
    if (type === undefined) {
      const known = OTHERS.get(number) ?? `number ${number}`, read = [...READ.values()].join(", ");
      throw new UserError(`${path}: ${name} is of type ${known}; take a file whose types are among ${read}`);
    }
    const offset = cursor.uint64(`the offset of ${name}`), size = sizeOf(shape, type);
    if (size === undefined) throw new UserError(`${path}: ${name} has the shape [${shape}] in ${type}; damaged`);
    if (offset % alignment !== 0) {
      throw new UserError(`${path}: ${name} begins at ${offset}, off ${alignment}; damaged`);
    }
    found.push({ name, type, shape, offset, size });
  }
  const start = Math.ceil(cursor.position / alignment) * alignment;
  const claims = found.map(({ name, offset, size }) => ({ name, start: start + offset, end: start + offset + size }));
  for (const { name, end } of claims) {
    if (end > file.size) {
      throw new UserError(`${path}: ${name} ends at byte ${end} of ${file.size}; the file is cut off: get it again`);
    }
  }
  withoutOverlap(claims, path);
  return new Map(found.map(({ name, type, shape, offset }) => [name, { type, shape, offset: start + offset }]));
}

/** Bytes of a tensor; undefined where blocks do not fill its rows, or there are too many. */
function sizeOf(shape: readonly number[], type: string): number | undefined {
  const count = countOf(shape),
    { numbers, bytes } = PACKINGS.get(type) ?? { numbers: 1, bytes: type === "F32" ? 4 : 2 };
  if (count === undefined || (shape.at(-1) ?? 1) % numbers !== 0) return undefined;
  return Number.isSafeInteger(count / numbers * bytes) ? count / numbers * bytes : undefined;
}
