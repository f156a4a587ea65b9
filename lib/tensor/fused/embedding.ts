/**
 * Rows of a table by index.
 *
 * @module
 */
import { type Tensor, tf } from "../backend.ts";
import { hasKernel, runKernel } from "./dispatch.ts";

/**
 * y[i] = table[ids[i]], with a gradient on every engine.
 *
 * @param table `[V, D]`
 * @param ids `[N]`
 * @returns `[N, D]`
 * @throws RangeError naming an id that is not in the table
 * @example
 * ```ts
 * import { startBackend, tf } from "../backend.ts";
 * import assert from "node:assert/strict";
 * await startBackend("wasm");
 * assert.deepEqual([...embedding(tf.tensor2d([[1], [2]]), Uint32Array.of(1, 1, 0)).dataSync()], [2, 2, 1]);
 * ```
 */
export function embedding(table: Tensor, ids: Uint32Array): Tensor {
  const [rows] = table.shape;
  for (let i = 0; i < ids.length; i++) {
    if (ids[i] >= rows) throw new RangeError(`ids[${i}] is ${ids[i]}: expected 0 .. ${rows - 1}`);
  }
  if (!hasKernel("LookUp")) return plainEmbedding(table, ids);
  const op = tf.customGrad((table) => ({
    value: runKernel("LookUp", { table: table as Tensor }, { ids })[0],
    gradFunc: (dy: Tensor) => embeddingBack(dy, ids, rows),
  }));
  return op(table);
}

/**
 * The slope of the table of {@linkcode embedding}: each row of slopes is added to the row that it was taken from.
 *
 * @param dy `[N, D]`
 * @param ids `[N]`, each < `rows`
 * @param rows of the table `V`
 * @returns `[V, D]`
 * @example
 * ```ts
 * import { startBackend, tf } from "../backend.ts";
 * import assert from "node:assert/strict";
 * await startBackend("wasm");
 * const dy = tf.tensor2d([[1], [2], [4]]);
 * assert.deepEqual([...embeddingBack(dy, Uint32Array.of(1, 1, 0), 3).dataSync()], [4, 3, 0]);
 * ```
 */
export function embeddingBack(dy: Tensor, ids: Uint32Array, rows: number): Tensor {
  return hasKernel("LookUpGrad")
    ? runKernel("LookUpGrad", { dy }, { ids, rows })[0]
    : plainEmbeddingBack(dy, ids, rows);
}

/** The same in stock operations, for engines without the kernel. */
function plainEmbedding(table: Tensor, ids: Uint32Array): Tensor {
  const [rows] = table.shape;
  const op = tf.customGrad((table) => ({
    value: tf.gather(table as Tensor, tf.tensor1d(Int32Array.from(ids), "int32")) as Tensor,
    gradFunc: (dy: Tensor) => plainEmbeddingBack(dy, ids, rows),
  }));
  return op(table);
}

/** Sums of slopes are made on the host. */
function plainEmbeddingBack(dy: Tensor, ids: Uint32Array, rows: number): Tensor {
  const width = dy.shape[1]!, slopes = dy.dataSync(), sums = new Float64Array(rows * width);
  ids.forEach((id, i) => {
    for (let d = 0; d < width; d++) sums[id * width + d] += slopes[i * width + d];
  });
  return tf.tensor2d(Float32Array.from(sums), [rows, width]) as Tensor;
}
