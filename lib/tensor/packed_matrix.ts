/**
 * Matrices that stay packed in memory as a GGUF file packs them, 4 or 8 bits a number, and products with them.
 *
 * @module
 */
import { HALF } from "../formats/half.ts";
import { type Tensor, tf } from "./tf.ts";
import { hasKernel, runKernel } from "./fused/dispatch.ts";
import { checkRows, type HeldMatrix } from "./held_matrix.ts";

/** A matrix of a GGUF file, as it lies there. */
export interface PackedBlocks {
  /** ggml's name of how its numbers are packed. */
  readonly type: string;
  /** Row after row, in blocks of 32 numbers. */
  readonly blocks: Uint8Array;
}

/** A packed matrix in the engine; it has no way back. */
interface PackedMatrix extends HeldMatrix {
  /** Bits of a number. */
  readonly bits: 4 | 8;
  /** Its rows as the kernels read them, in int32. */
  readonly packed: Tensor;
}

/** How many bits and bytes a block has that can stay packed. */
const KINDS: ReadonlyMap<string, { readonly bits: 4 | 8; readonly bytes: number }> = new Map([
  ["Q4_0", { bits: 4, bytes: 18 }],
  ["Q4_1", { bits: 4, bytes: 20 }],
  ["Q8_0", { bits: 8, bytes: 34 }],
]);

/**
 * Whether the engine that runs multiplies packed matrices.
 *
 * @example
 * ```ts
 * import { startBackend } from "./backend.ts";
 * import assert from "node:assert/strict";
 * await startBackend("cpu");
 * assert.equal(canMultiplyPacked(), false);
 * ```
 */
export const canMultiplyPacked = (): boolean => hasKernel("RoundedProduct");

/**
 * Puts matrices, one below the other, into the engine as they are packed: the numbers are exactly the file's.
 *
 * @param parts matrices of a GGUF file
 * @param columns of all of them, a multiple of 32
 * @returns undefined where their packings differ in bits, or one cannot stay packed (only Q4_0, Q4_1 and Q8_0 can)
 * @example
 * ```ts ignore
 * const matrix = packMatrix([{ type: "Q8_0", blocks }], 64);
 * ```
 */
export function packMatrix(parts: readonly PackedBlocks[], columns: number): PackedMatrix | undefined {
  const kinds = parts.map(({ type }) => KINDS.get(type)), bits = kinds[0]?.bits;
  if (bits === undefined || columns % 32 !== 0 || kinds.some((kind) => kind?.bits !== bits)) return undefined;
  const blocks = columns / 32, heights = parts.map((part, i) => part.blocks.length / kinds[i]!.bytes / blocks);
  const rows = heights.reduce((a, b) => a + b, 0), size = rowBytes(bits, columns), bytes = new Uint8Array(rows * size);
  let row = 0;
  parts.forEach((part, i) => {
    for (let r = 0; r < heights[i]; r++, row++) {
      packRow(part, r * blocks * kinds[i]!.bytes, blocks, bytes.subarray(row * size, (row + 1) * size));
    }
  });
  const packed = tf.keep(tf.tensor(new Int32Array(bytes.buffer), [bytes.length / 4], "int32")) as Tensor;
  const matrix: PackedMatrix = {
    ...{ shape: [rows, columns], bits, packed },
    times: (x, lengths) => packedProduct(x, matrix, lengths),
    timesEach: (x) => roundedProduct(x, matrix),
    back() {
      throw new TypeError("a model whose weights stay packed cannot be gone back through");
    },
    rows: (ids) => packedRows(matrix, ids),
    dispose: () => packed.dispose(),
  };
  return matrix;
}

/** Bytes of a row: its bits, then scales and minima in float32, each filled up to a multiple of four (`kernels/assembly/packed.ts`). */
function rowBytes(bits: 4 | 8, columns: number): number {
  const blocks = columns / 32, filled = Math.ceil(blocks / 4) * 16;
  return blocks * 4 * bits + (bits === 4 ? 2 : 1) * filled;
}

function packRow({ type, blocks: from }: PackedBlocks, start: number, blocks: number, row: Uint8Array): void {
  const { bits, bytes } = KINDS.get(type)!, quants = 4 * bits, head = bytes - quants;
  const scales = new Float32Array(row.buffer, row.byteOffset + blocks * quants, (row.length - blocks * quants) / 4);
  const half = (at: number) => HALF[from[at] | from[at + 1] << 8], minima = scales.length / 2;
  for (let b = 0, at = start; b < blocks; b++, at += bytes) {
    const d = half(at);
    scales[b] = d;
    if (type === "Q4_1") scales[minima + b] = half(at + 2);
    else if (type === "Q4_0") scales[minima + b] = -8 * d; // d·(q − 8)
    for (let i = 0; i < quants; i++) row[b * quants + i] = from[at + head + i];
  }
}

/**
 * x·Wᵀ with the numbers that W has: some rows of W at a time are made float32 and multiplied as the engine multiplies.
 * Groups of rows do not depend on each other (`fused/grouped_product.ts`). It has no gradient.
 *
 * @param x `[N, in]`
 * @param lengths rows of each group, >= 1; default: all are one
 * @returns `[N, out]`
 * @throws TypeError when inner sizes differ
 * @example
 * ```ts ignore
 * const y = packedProduct(x, matrix);
 * ```
 */
export function packedProduct(x: Tensor, matrix: PackedMatrix, lengths?: Uint32Array): Tensor {
  return run("PackedProduct", x, matrix, {
    lengths: lengths ?? Uint32Array.of(x.shape[0]),
    isWhole: lengths === undefined,
  });
}

/**
 * x·Wᵀ for few rows, each of which is what it is alone, in whole numbers: 32 neighbours of a row of x at a time are rounded
 * to 65,535 steps of one size, the largest of them to the last step. The numbers of W are the file's. It has no gradient.
 *
 * @param x `[N, in]`
 * @returns `[N, out]`, off by at most `Σ_blocks max|x|/65534 · Σ|w|` and float32's roundings
 * @throws TypeError when inner sizes differ
 * @example
 * ```ts ignore
 * const y = roundedProduct(x, matrix);
 * ```
 */
export function roundedProduct(x: Tensor, matrix: PackedMatrix): Tensor {
  return run("RoundedProduct", x, matrix, {});
}

function run(
  kernel: string,
  x: Tensor,
  { shape: [outputs, columns], bits, packed }: PackedMatrix,
  more: object,
): Tensor {
  if (x.shape[1] !== columns) throw new TypeError(`x: expected [N, ${columns}], got shape [${x.shape}]`);
  return runKernel(kernel, { x, packed }, { outputs, bits, ...more }, ["packed"])[0];
}

/**
 * Rows of a packed matrix as float32.
 *
 * @param ids `[N]`
 * @returns `[N, in]`
 * @throws RangeError naming an id that is not in the matrix
 * @example
 * ```ts ignore
 * const states = packedRows(matrix, Uint32Array.of(1, 5));
 * ```
 */
export function packedRows({ shape: [rows, columns], bits, packed }: PackedMatrix, ids: Uint32Array): Tensor {
  checkRows(ids, rows);
  return runKernel("PackedRows", { packed }, { ids, columns, bits }, ["packed"])[0];
}
