/**
 * Attention of new rows to the keys and values of rows before them, which are kept.
 *
 * @module
 */
import { type Tensor, tf } from "../backend.ts";
import { hasKernel, runKernel } from "./dispatch.ts";
import { embedding } from "./embedding.ts";

/** Where rows stand in a cache. */
export interface Places {
  /** The sequence of each row `[N]`. */
  readonly slots: Uint32Array;
  /** Its place in the sequence `[N]`. */
  readonly positions: Uint32Array;
}

/** How rows attend, and where they stand. */
interface CachedAttentionOptions extends Places {
  /** Number of query heads `H`. */
  readonly heads: number;
  /** Number of key heads and of value heads `K`. */
  readonly keyHeads: number;
  /** Multiplies q·k. */
  readonly scale: number;
  /** Bound `c` of the scores, which become c·tanh(s/c); default: none. */
  readonly softCap?: number;
  /** Positions that one sees, its own among them; default: all before it. */
  readonly window?: number;
}

function checkPlaces({ slots, positions }: Places, rows: number, cache: Tensor): void {
  const [count, length] = cache.shape;
  if (slots.length !== rows || positions.length !== rows) {
    throw new TypeError(`expected ${rows} slots and positions, got ${slots.length} and ${positions.length}`);
  }
  for (let i = 0; i < rows; i++) {
    if (slots[i] >= count || positions[i] >= length!) {
      throw new RangeError(
        `row ${i} has slot ${slots[i]} and position ${positions[i]}: expected less than ${count} and ${length}`,
      );
    }
  }
}

/**
 * Writes keys and values of rows into a cache. The cache that was given is used up: read and dispose of the one that comes
 * back, which is the same memory where the engine can write to a tensor.
 *
 * @param cache `[B, T, 2·K·D]`: for each place of each sequence the keys of all heads, then the values
 * @param x `[N, (H + 2K)·D]`, as {@linkcode cachedAttention} takes it; its last columns are written
 * @returns `[B, T, 2·K·D]`
 * @throws TypeError when sizes disagree, RangeError for a place outside the cache
 * @example
 * ```ts
 * import { startBackend, tf } from "../backend.ts";
 * import assert from "node:assert/strict";
 * await startBackend("wasm");
 * const places = { slots: Uint32Array.of(0), positions: Uint32Array.of(1) };
 * const cache = writeCache(tf.zeros([1, 2, 2]), tf.tensor2d([[7, 8, 9]]), places);
 * assert.deepEqual([...cache.dataSync()], [0, 0, 8, 9]);
 * ```
 */
export function writeCache(cache: Tensor, x: Tensor, places: Places): Tensor {
  const [rows, width] = x.shape as [number, number], [count, length, kept] = cache.shape as [number, number, number];
  if (width <= kept) throw new TypeError(`x: expected more than ${kept} columns, got shape [${x.shape}]`);
  checkPlaces(places, rows, cache);
  if (hasKernel("WriteCache")) return runKernel("WriteCache", { cache, x }, { ...places })[0];
  const from = Uint32Array.from({ length: count * length }, (_, i) => i);
  for (let i = 0; i < rows; i++) from[places.slots[i] * length + places.positions[i]] = count * length + i;
  return tf.tidy(() => {
    const added = tf.slice(x, [0, width - kept], [rows, kept]);
    const all = tf.concat([tf.reshape(cache, [count * length, kept]), added], 0) as Tensor;
    return tf.reshape(embedding(all, from), [count, length, kept]) as Tensor;
  });
}

/**
 * softmax(scale·q kᵀ) v for one row of each of several sequences, or of some: the row at position t sees what its
 * sequence's cache has at 0 .. t, so write its own keys and values first ({@linkcode writeCache}). A row does not depend on
 * the other rows. It has no gradient.
 *
 * @param x `[N, (H + 2K)·D]`: the queries of all heads side by side, then the keys, then the values, which are not read
 * @param cache `[B, T, 2·K·D]`
 * @returns `[N, H·D]`
 * @throws TypeError when sizes disagree, RangeError for a place outside the cache
 * @example A row that sees one value twice
 * ```ts
 * import { startBackend, tf } from "../backend.ts";
 * import assert from "node:assert/strict";
 * await startBackend("wasm");
 * const places = { slots: Uint32Array.of(0), positions: Uint32Array.of(1) };
 * const options = { heads: 1, keyHeads: 1, scale: 1, ...places };
 * const y = cachedAttention(tf.tensor2d([[5, 1, 3]]), tf.tensor3d([[[1, 3], [1, 3]]]), options);
 * assert.deepEqual([...y.dataSync()], [3]);
 * ```
 */
export function cachedAttention(x: Tensor, cache: Tensor, options: CachedAttentionOptions): Tensor {
  const { heads, keyHeads } = options, [rows, width] = x.shape as [number, number], kept = cache.shape[2]!;
  const head = kept / (2 * keyHeads);
  if (heads % keyHeads !== 0 || width !== (heads + 2 * keyHeads) * head) {
    throw new TypeError(`x: expected [N, (${heads} + 2 x ${keyHeads}) x ${head}], got shape [${x.shape}]`);
  }
  checkPlaces(options, rows, cache);
  const known = { ...options, head, softCap: options.softCap ?? 0, window: options.window ?? cache.shape[1]! };
  if (hasKernel("CachedAttention")) return runKernel("CachedAttention", { x, cache }, known)[0];
  return tf.tidy(() => plainCachedAttention(x, cache, known));
}

/** The same in stock operations, a row at a time: its products have the same shapes in any company. */
function plainCachedAttention(
  x: Tensor,
  cache: Tensor,
  { heads, keyHeads, head, scale, softCap, window, slots, positions }: Required<CachedAttentionOptions> & {
    readonly head: number;
  },
): Tensor {
  if (slots.length === 0) return tf.zeros([0, heads * head]);
  const rows = Array.from(slots, (slot, i) => {
    const from = Math.max(0, positions[i] + 1 - window), count = positions[i] + 1 - from;
    const seen = tf.reshape(tf.slice(cache, [slot, from, 0], [1, count, 2 * keyHeads * head]), [
      count,
      2 * keyHeads,
      head,
    ]);
    const part = (first: number) =>
      tf.transpose(tf.slice(seen, [0, first, 0], [count, keyHeads, head]), [1, 0, 2]) as Tensor;
    const q = tf.reshape(tf.slice(x, [i, 0], [1, heads * head]), [keyHeads, heads / keyHeads, head]);
    let scores: Tensor = tf.mul(tf.matMul(q, tf.transpose(part(0), [0, 2, 1])), scale);
    // c·tanh(s/c) by way of the logistic function.
    if (softCap > 0) scores = tf.mul(tf.sub(tf.mul(tf.sigmoid(tf.mul(scores, 2 / softCap)), 2), 1), softCap);
    return tf.reshape(tf.matMul(tf.softmax(scores), part(keyHeads)), [1, heads * head]) as Tensor;
  });
  return rows.length === 1 ? rows[0] : tf.concat(rows, 0);
}
