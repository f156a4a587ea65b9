/**
 * Files of tensors in the format safetensors: a header in JSON, then the numbers without a gap, little-endian
 * (github.com/huggingface/safetensors, README, format of 0.4).
 *
 * @module
 */
import { UserError } from "../user_error.ts";
import { checkedBy } from "./checksums.ts";
import { decodeUtf8, FileBytes } from "./file_bytes.ts";
import { widen } from "./half.ts";
import { isObject, type JsonObject, parseObject } from "./json_text.ts";
import { checkedName, countOf, type TensorFile, type TensorInfo, withoutOverlap } from "./tensor_file.ts";

/** Bytes of a number. */
const WIDTHS: ReadonlyMap<string, number> = new Map([
  ...["BOOL", "U8", "I8", "F8_E4M3", "F8_E5M2", "F8_E8M0"].map((type) => [type, 1] as const),
  ...["I16", "U16", "F16", "BF16"].map((type) => [type, 2] as const),
  ...["I32", "U32", "F32"].map((type) => [type, 4] as const),
  ...["I64", "U64", "F64", "C64"].map((type) => [type, 8] as const),
]);

/** A header is at most so long in the reference implementation. */
const LONGEST_HEADER = 100_000_000;

/** A tensor and where its numbers begin in the file. */
interface Entry extends TensorInfo {
  readonly offset: number;
}

/**
 * One file of the format. Its header is read and checked at once, each tensor when it is asked for.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { writeSafetensors } from "./safetensors_writer.ts";
 * const folder = await Deno.makeTempDir(), path = `${folder}/a.safetensors`;
 * writeSafetensors(path, [{ name: "a", shape: [2], values: Float32Array.of(1, 2) }]);
 * using file = SafetensorsFile.open(path);
 * assert.deepEqual(file.tensors.get("a")?.shape, [2]);
 * assert.deepEqual([...file.readFloats("a")], [1, 2]);
 * await Deno.remove(folder, { recursive: true });
 * ```
 */
export class SafetensorsFile implements TensorFile {
  private constructor(
    private readonly bytes: FileBytes,
    /** By name, in the order of the file. */
    readonly tensors: ReadonlyMap<string, Entry>,
    /** Texts beside the tensors, such as `format: "pt"`. */
    readonly metadata: Readonly<Record<string, string>>,
    private readonly checked: (name: string, stored: Uint8Array) => void,
  ) {}

  /**
   * Opens a file and reads its header.
   *
   * @throws UserError where the file cannot be read, or its header is not that of such a file: what is wrong, in one line
   */
  static open(path: string): SafetensorsFile {
    const bytes = FileBytes.open(path);
    try {
      const { header, length } = readHeader(bytes);
      const { __metadata__: metadata = {}, ...tensors } = header;
      if (!isObject(metadata) || !Object.values(metadata).every((text) => typeof text === "string")) {
        throw new UserError(`${path}: __metadata__ is not a list of texts by name; the file is damaged`);
      }
      const texts = metadata as Record<string, string>;
      return new SafetensorsFile(bytes, entries(tensors, 8 + length, bytes), texts, checkedBy(path, texts));
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
   * The numbers of a tensor in row-major order; half precision and bfloat16 are widened. A file that has checksums of ours
   * is held to them.
   *
   * @throws UserError where there is no such tensor, it is not of F32, F16 or BF16, or its checksum is another
   */
  readFloats(name: string): Float32Array {
    const entry = this.tensors.get(name);
    if (entry === undefined) throw new UserError(`${this.path}: no tensor ${name}`);
    const { type, shape, offset } = entry;
    if (type !== "F32" && type !== "F16" && type !== "BF16") {
      throw new UserError(`${this.path}: ${name} is stored as ${type}; weights are read from F32, F16 and BF16`);
    }
    const floats = new Float32Array(countOf(shape)!);
    const size = floats.length * (type === "F32" ? 4 : 2);
    const stored = new Uint8Array(floats.buffer, floats.byteLength - size);
    this.bytes.readInto(stored, offset);
    this.checked(name, stored);
    if (type !== "F32") widen(floats, type);
    return floats;
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

/** The header as JSON, and its bytes in number. */
function readHeader(file: FileBytes): { header: JsonObject; length: number } {
  const { path } = file;
  if (file.size < 8) throw new UserError(`${path}: ${file.size} bytes, no safetensors file; get it again`);
  const start = new Uint8Array(8);
  file.readInto(start, 0);
  const length = Number(new DataView(start.buffer).getBigUint64(0, true));
  if (length > file.size - 8 || length > LONGEST_HEADER) {
    throw new UserError(
      `${path}: a header of ${length} bytes is announced in a file of ${file.size}; cut off, or no safetensors file`,
    );
  }
  const text = new Uint8Array(length);
  file.readInto(text, 8);
  return { header: parseObject(decodeUtf8(text, `${path}: header`), `${path}: header`), length };
}

/** Checks what the header says of each tensor; together they must fill the file. */
function entries(header: JsonObject, start: number, file: FileBytes): ReadonlyMap<string, Entry> {
  const { path } = file, found = new Map<string, Entry>();
  const claims = Object.entries(header).map(([name, value]) => {
    checkedName(name, path);
    const { dtype, shape, data_offsets: offsets } = isObject(value) ? value : {};
    const width = WIDTHS.get(String(dtype));
    if (width === undefined) {
      throw new UserError(`${path}: ${name} is of type ${JSON.stringify(dtype)?.slice(0, 40)}, which is not known`);
    }
    const count = isSizes(shape) ? countOf(shape) : undefined, size = count === undefined ? NaN : count * width;
    if (!Number.isSafeInteger(size)) {
      throw new UserError(`${path}: ${name} has the shape ${JSON.stringify(shape)?.slice(0, 60)}; the file is damaged`);
    }
    if (!(isSizes(offsets) && offsets.length === 2 && offsets[1] - offsets[0] === size)) {
      const range = JSON.stringify(offsets)?.slice(0, 60);
      throw new UserError(`${path}: ${name} takes ${size} bytes and has the range ${range}; the file is damaged`);
    }
    const [first, end] = offsets.map((offset) => start + offset);
    if (end > file.size) {
      throw new UserError(`${path}: ${name} ends at byte ${end} of ${file.size}; the file is cut off: get it again`);
    }
    found.set(name, { type: String(dtype), shape: shape as number[], offset: first });
    return { name, start: first, end };
  });
  let at = start;
  for (const claim of withoutOverlap(claims, path)) {
    if (claim.start !== at) throw new UserError(`${path}: nothing is said of bytes ${at} to ${claim.start}; damaged`);
    at = claim.end;
  }
  if (at !== file.size) throw new UserError(`${path}: ${file.size - at} bytes behind the last tensor; damaged`);
  return found;
}

function isSizes(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0);
}
