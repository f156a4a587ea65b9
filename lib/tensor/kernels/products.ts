/**
 * Matrix products: plain, transposed, batched and broadcast, without copying an operand.
 *
 * @module
 */
import type { TensorInfo } from "@tensorflow/tfjs-core";
import { broadcastShape, offsetsOf, sizeOf } from "./broadcast.ts";
import { type Heap, type KernelCall, register } from "./heap.ts";

/**
 * Multiplies two row-major float32 matrices: C (m x n) = A' (m x k) · B' (k x n), where A' is A, or Aᵀ of a k x m matrix.
 *
 * Addresses are of the heap; m, n and k are at least 1. Rows follow one another after `aStep`, `bStep` and `cStep`
 * numbers; default: without gaps. With `adds` the product is added to C.
 */
export type Multiply = (
  heap: Heap,
  m: number,
  n: number,
  k: number,
  a: number,
  transposeA: boolean,
  b: number,
  transposeB: boolean,
  c: number,
  aStep?: number,
  bStep?: number,
  cStep?: number,
  adds?: boolean,
) => void;

/** The product with our own kernel. */
export const multiplyByAssembly: Multiply = (
  heap,
  m,
  n,
  k,
  a,
  transposeA,
  b,
  transposeB,
  c,
  aStep = transposeA ? m : k,
  bStep = transposeB ? k : n,
  cStep = n,
  adds = false,
) => {
  const { gemm, gemmScratch, rowsTimesVector, vectorTimesRows } = heap.assembly;
  const isDense = !adds && aStep === (transposeA ? m : k) && bStep === (transposeB ? k : n) && cStep === n;
  // A vector is contiguous whichever way it is turned, so a product with one reads the matrix in its own order.
  if (isDense && m === 1 && transposeB) rowsTimesVector(n, k, b, a, c);
  else if (isDense && m === 1) vectorTimesRows(k, n, a, b, c);
  else if (isDense && n === 1 && transposeA) vectorTimesRows(k, m, b, a, c);
  else if (isDense && n === 1) rowsTimesVector(m, k, a, b, c);
  else {
    const [aRow, aColumn] = transposeA ? [4, 4 * aStep] : [4 * aStep, 4];
    const [bRow, bColumn] = transposeB ? [4, 4 * bStep] : [4 * bStep, 4];
    const scratch = heap.scratch(gemmScratch(m, n, k));
    gemm(m, n, k, a, aRow, aColumn, b, bRow, bColumn, c, 4 * cStep, adds ? 1 : 0, scratch);
  }
};

let multiply: Multiply = multiplyByAssembly;

/**
 * Chooses who multiplies float32 matrices from now on: a system BLAS, or our own kernel.
 *
 * @example
 * ```ts
 * useMultiply(multiplyByAssembly);
 * ```
 */
export function useMultiply(chosen: Multiply): void {
  multiply = chosen;
}

/**
 * Whether each row of a product of several is the same to the bit however many there are: so it is by our own kernel, which
 * adds up every number in the order of k.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * useMultiply(multiplyByAssembly);
 * assert.ok(rowsStandAlone());
 * ```
 */
export function rowsStandAlone(): boolean {
  return multiply === multiplyByAssembly;
}

/** The product that was chosen last, for kernels with products inside; strides as {@linkcode Multiply} says. */
export const multiplyMatrices: Multiply = (...product): void => multiply(...product);

/** Kernels of the activations that a fused product may end with. */
const activations: Readonly<Record<string, string>> = {
  relu: "Relu",
  relu6: "Relu6",
  elu: "Elu",
  sigmoid: "Sigmoid",
  prelu: "Prelu",
  leakyrelu: "LeakyRelu",
};

/** Registers `BatchMatMul` and `_FusedMatMul`. */
export function registerProducts(): void {
  register("BatchMatMul", product);
  register("_FusedMatMul", (call: KernelCall): TensorInfo => {
    const { inputs: { bias, preluActivationWeights: alpha }, attrs: { activation, leakyreluAlpha }, heap } = call;
    let out = product(call);
    const then = (name: string, inputs: Record<string, TensorInfo>, attrs = {}) => {
      const next = heap.run(name, inputs, attrs);
      heap.dispose(out);
      out = next;
    };
    if (bias) then("Add", { a: out, b: bias });
    if (activation && activation !== "linear") {
      const name = activations[activation];
      if (!name) throw new RangeError(`activation: ${activation} is not one of ${Object.keys(activations).join(", ")}`);
      const inputs: Record<string, TensorInfo> = name === "Prelu" ? { x: out, alpha } : { x: out };
      then(name, inputs, name === "LeakyRelu" ? { alpha: leakyreluAlpha } : {});
    }
    return out;
  });
}

/** `[..., m, k] x [..., k, n]`, each operand perhaps transposed; leading axes broadcast. */
function product(
  { inputs: { a, b }, attrs: { transposeA = false, transposeB = false }, heap }: KernelCall,
): TensorInfo {
  if (a.shape.length < 2 || b.shape.length < 2) {
    throw new TypeError(`matMul: expected two matrices, got shapes [${a.shape}] and [${b.shape}]`);
  }
  const [aRows, aColumns] = a.shape.slice(-2), [bRows, bColumns] = b.shape.slice(-2);
  const [m, k] = transposeA ? [aColumns, aRows] : [aRows, aColumns];
  const [inner, n] = transposeB ? [bColumns, bRows] : [bRows, bColumns];
  if (k !== inner) {
    throw new TypeError(
      `matMul: inner sizes ${k} and ${inner} of shapes [${a.shape}] and [${b.shape}] differ ` +
        `(transposeA=${transposeA}, transposeB=${transposeB})`,
    );
  }
  const aBatch = a.shape.slice(0, -2), bBatch = b.shape.slice(0, -2);
  const batch = broadcastShape(aBatch, bBatch), count = sizeOf(batch);
  const isFloat = a.dtype === "float32" && b.dtype === "float32";
  if (!isFloat && (a.dtype !== "int32" || b.dtype !== "int32")) {
    throw new TypeError(`matMul: expected two float32 or two int32 tensors, got ${a.dtype} and ${b.dtype}`);
  }
  const out = heap.output([...batch, m, n], isFloat ? "float32" : "int32");
  if (count * m * n === 0) return out;
  const from = heap.address(a), by = heap.address(b), to = heap.address(out);
  if (k === 0) {
    new Uint8Array(heap.memory.buffer, to, count * m * n * 4).fill(0);
    return out;
  }
  const times = isFloat ? multiply : multiplyIntegers;
  if (count === 1) times(heap, m, n, k, from, transposeA, by, transposeB, to);
  else if (!transposeA && sizeOf(bBatch) === 1 && m > 1) {
    // The rows of every A in one product. Not for single rows: a BLAS rounds a row by how many there are, and a replicate's
    // row must be what it is when the replicate runs alone.
    times(heap, count * m, n, k, from, false, by, transposeB, to);
  } else {
    const aOffsets = offsetsOf(aBatch, batch), bOffsets = offsetsOf(bBatch, batch);
    for (let i = 0; i < count; i++) {
      const aAt = from + 4 * m * k * aOffsets[i], bAt = by + 4 * k * n * bOffsets[i];
      times(heap, m, n, k, aAt, transposeA, bAt, transposeB, to + 4 * m * n * i);
    }
  }
  return out;
}

/** Sums are kept in float64 and wrap around when stored, as in the reference engine. */
const multiplyIntegers: Multiply = (heap, m, n, k, aAt, transposeA, bAt, transposeB, cAt) => {
  const view = (address: number, length: number) => new Int32Array(heap.memory.buffer, address, length);
  const a = view(aAt, m * k), b = view(bAt, k * n), c = view(cAt, m * n);
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) {
      let sum = 0;
      for (let p = 0; p < k; p++) sum += a[transposeA ? p * m + i : i * k + p] * b[transposeB ? j * k + p : p * n + j];
      c[i * n + j] = sum;
    }
  }
};
