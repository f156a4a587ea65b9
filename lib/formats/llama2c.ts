/**
 * Checkpoints in the format of llama2.c, version 0: little-endian, without a magic number (Karpathy, llama2.c, `export.py`
 * `legacy_export`).
 *
 * @module
 */
import { UserError } from "../user_error.ts";
import { type Bytes, FileBytes } from "./file_bytes.ts";
import { countOf, type TensorFile, type TensorInfo } from "./tensor_file.ts";

/** The seven numbers at the start of a file. */
interface Llama2cSizes {
  /** Width of the residual stream. */
  readonly width: number;
  /** Width of the feed-forward layer. */
  readonly hidden: number;
  /** Blocks. */
  readonly layers: number;
  /** Query heads. */
  readonly heads: number;
  /** Key heads. */
  readonly keyHeads: number;
  /** Tokens. */
  readonly vocabulary: number;
  /** Longest sequence. */
  readonly maxLength: number;
  /** Whether the classifier is the embedding; a negative vocabulary says that it is not. */
  readonly tied: boolean;
}

const HEADER = 28;

/**
 * One file of the format. Tensors have the names of llama2.c's `TransformerWeights`, those of a layer with its number
 * behind: `token_embedding_table`, `wq.0`. A matrix is `[out, in]`.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const path = await Deno.makeTempFile();
 * // Width 2, hidden 1, one layer, one head, one key head, one token, length 1; then 32 numbers.
 * const numbers = Float32Array.from({ length: 32 }, (_, i) => i);
 * await Deno.writeFile(path, new Uint8Array([...new Uint8Array(Int32Array.of(2, 1, 1, 1, 1, 1, 1).buffer),
 *   ...new Uint8Array(numbers.buffer)]));
 * using file = Llama2cFile.open(path);
 * assert.deepEqual([...file.readFloats("wq.0")], [4, 5, 6, 7]);
 * await Deno.remove(path);
 * ```
 */
export class Llama2cFile implements TensorFile {
  private constructor(
    private readonly bytes: Bytes,
    /** What the header says. */
    readonly sizes: Llama2cSizes,
    /** By name, in the order of the file, and where each begins. */
    readonly tensors: ReadonlyMap<string, TensorInfo & { readonly offset: number }>,
  ) {}

  /** Opens a file. @throws UserError where it cannot be read, or its size does not follow from its header: one line */
  static open(path: string): Llama2cFile {
    return Llama2cFile.of(FileBytes.open(path));
  }

  /** The same of bytes, which are closed where they are refused. */
  static of(bytes: Bytes): Llama2cFile {
    try {
      const sizes = sizesOf(bytes);
      return new Llama2cFile(bytes, sizes, tensorsOf(bytes, sizes));
    } catch (error) {
      bytes.close();
      throw error;
    }
  }

  /** Where the file is. */
  get path(): string {
    return this.bytes.path;
  }

  /** The numbers of a tensor. @throws UserError where there is no such tensor */
  readFloats(name: string): Float32Array {
    const found = this.tensors.get(name);
    if (found === undefined) throw new UserError(`${this.path}: no tensor ${name}`);
    const floats = new Float32Array(countOf(found.shape)!);
    this.bytes.readInto(new Uint8Array(floats.buffer), found.offset);
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

function sizesOf(bytes: Bytes): Llama2cSizes {
  const header = new Uint8Array(HEADER);
  bytes.readInto(header, 0);
  const view = new DataView(header.buffer);
  const [width, hidden, layers, heads, keyHeads, signed, maxLength] = Array.from(
    { length: 7 },
    (_, i) => view.getInt32(4 * i, true),
  );
  const sizes = { width, hidden, layers, heads, keyHeads, vocabulary: Math.abs(signed), maxLength };
  const wrong = Object.entries(sizes).find(([, size]) => !(size >= 1 && size <= 1 << 24));
  if (wrong !== undefined || layers > 1000 || width % heads !== 0) {
    throw new UserError(
      `${bytes.path}: begins with [${
        Object.values(sizes)
      }], which are no sizes of a model; a .bin file is read as one of ` +
        "llama2.c, version 0",
    );
  }
  return { ...sizes, tied: signed > 0 };
}

function tensorsOf(
  bytes: Bytes,
  { width, hidden, layers, heads, keyHeads, vocabulary, maxLength, tied }: Llama2cSizes,
): Map<string, TensorInfo & { readonly offset: number }> {
  const tensors = new Map<string, TensorInfo & { readonly offset: number }>(), head = width / heads;
  let offset = HEADER;
  const add = (name: string, ...shape: number[]) => {
    tensors.set(name, { type: "F32", shape, offset });
    offset += 4 * shape.reduce((a, b) => a * b, 1);
  };
  const inLayers = (name: string, ...shape: number[]) => {
    for (let n = 0; n < layers; n++) add(`${name}.${n}`, ...shape);
  };
  add("token_embedding_table", vocabulary, width);
  inLayers("rms_att_weight", width);
  inLayers("wq", width, width);
  inLayers("wk", keyHeads * head, width);
  inLayers("wv", keyHeads * head, width);
  inLayers("wo", width, width);
  inLayers("rms_ffn_weight", width);
  inLayers("w1", hidden, width);
  inLayers("w2", width, hidden);
  inLayers("w3", hidden, width);
  add("rms_final_weight", width);
  // Cosines and sines of the positions, which follow from the sizes.
  offset += 4 * maxLength * head;
  if (!tied) add("wcls", vocabulary, width);
  if (offset !== bytes.size) {
    throw new UserError(
      `${bytes.path}: ${bytes.size} bytes, where its header makes it ${offset}; it is cut off, or not a file of llama2.c`,
    );
  }
  return tensors;
}
