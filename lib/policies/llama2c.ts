/**
 * Checkpoints in the format of llama2.c, version 0: little-endian, without a magic number. Their vocabularies are read by
 * lib/tokenizers/llama2c.ts.
 *
 * @module
 */
import type { TransformerSizes, TransformerWeights } from "./transformer_weights.ts";

/** What a checkpoint holds. */
interface Checkpoint {
  /** Of the model; attention heads are even in width. */
  readonly sizes: TransformerSizes;
  /** By the names of `weightShapes`. */
  readonly weights: TransformerWeights;
}

/**
 * Reads a checkpoint: seven int32 (width, hidden, layers, heads, key heads, vocabulary, longest sequence), then float32
 * arrays. A negative vocabulary says that a classifier of its own follows.
 *
 * Products there are with the transpose, queries, keys and values lie apart, and the two rows that a rotation mixes are
 * neighbours: all are changed to this library's way.
 *
 * @throws TypeError when the size of the file does not follow from its header
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.throws(() => parseCheckpoint(new Uint8Array(28)), TypeError);
 * ```
 */
export function parseCheckpoint(bytes: Uint8Array): Checkpoint {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const header = bytes.length < 28 ? [] : Array.from({ length: 7 }, (_, i) => view.getInt32(4 * i, true));
  const [width, hidden, layers, heads, keyHeads, vocabulary, maxLength] = header;
  const sizes = { vocabulary: Math.abs(vocabulary), width, layers, heads, keyHeads, hidden, maxLength };
  const tied = vocabulary > 0, head = width / heads, keys = keyHeads * head;
  const counts = {
    embedding: sizes.vocabulary * width,
    attentionNorms: layers * width,
    queries: layers * width * width,
    keys: layers * width * keys,
    values: layers * width * keys,
    outs: layers * width * width,
    feedForwardNorms: layers * width,
    gates: layers * width * hidden,
    downs: layers * width * hidden,
    ups: layers * width * hidden,
    finalNorm: width,
    rotary: maxLength * head, // cosines and sines, which follow from the positions
    classifier: tied ? 0 : sizes.vocabulary * width,
  };
  const total = Object.values(counts).reduce((a, b) => a + b, 0);
  if (!(bytes.length === 28 + 4 * total && heads > 0)) {
    throw new TypeError(`checkpoint: expected ${28 + 4 * total} bytes for a header [${header}], got ${bytes.length}`);
  }
  let at = 28;
  const parts = Object.fromEntries(
    Object.entries(counts).map(([name, count]) => {
      const start = at;
      at += 4 * count;
      return [name, Float32Array.from({ length: count }, (_, i) => view.getFloat32(start + 4 * i, true))];
    }),
  ) as Record<keyof typeof counts, Float32Array>;

  const layer = (part: Float32Array, n: number) =>
    part.subarray(n * part.length / layers, (n + 1) * part.length / layers);
  const weights: Record<string, Float32Array> = { embedding: parts.embedding, final_norm: parts.finalNorm };
  for (let n = 0; n < layers; n++) {
    weights[`${n}.attention_norm`] = layer(parts.attentionNorms, n);
    weights[`${n}.query_key_value`] = transposed(
      [
        inHalves(layer(parts.queries, n), heads, width),
        inHalves(layer(parts.keys, n), keyHeads, width),
        layer(parts.values, n),
      ],
      width,
    );
    weights[`${n}.out`] = transposed([layer(parts.outs, n)], width);
    weights[`${n}.feed_forward_norm`] = layer(parts.feedForwardNorms, n);
    weights[`${n}.gate_up`] = transposed([layer(parts.gates, n), layer(parts.ups, n)], width);
    weights[`${n}.down`] = transposed([layer(parts.downs, n)], hidden);
  }
  if (!tied) weights.classifier = transposed([parts.classifier], width);
  return { sizes: { ...sizes, tied }, weights };
}

/** Rows of heads whose rotated pairs are neighbours, put so that they stand in the two halves of their head. */
function inHalves(matrix: Float32Array, heads: number, columns: number): Float32Array {
  const rows = matrix.length / columns, head = rows / heads;
  const out = new Float32Array(matrix.length);
  for (let r = 0; r < rows; r++) {
    const at = r % head, to = r - at + (at % 2) * head / 2 + Math.floor(at / 2);
    out.set(matrix.subarray(r * columns, (r + 1) * columns), to * columns);
  }
  return out;
}

/** The transpose of matrices of `columns` columns, one below the other. */
function transposed(matrices: Float32Array[], columns: number): Float32Array {
  const rows = matrices.reduce((sum, m) => sum + m.length, 0) / columns;
  const out = new Float32Array(rows * columns);
  let row = 0;
  for (const matrix of matrices) {
    for (let i = 0; i < matrix.length; i++) out[(i % columns) * rows + row + Math.floor(i / columns)] = matrix[i];
    row += matrix.length / columns;
  }
  return out;
}
