/**
 * Causal softmax attention.
 *
 * @module
 */
import { type Tensor, tf } from "../backend.ts";
import { hasKernel, runKernel, type Save } from "./dispatch.ts";
import { embedding } from "./embedding.ts";

/** How rows and columns of attention's input are shared out, and what becomes of scores. */
export interface AttentionOptions {
  /** Number of query heads `H`. */
  readonly heads: number;
  /** Number of key heads and of value heads `K`, which divides `H`: each serves H/K neighbouring query heads. */
  readonly keyHeads: number;
  /** Rows of each sequence, which follow one another `[B]`, each >= 1. */
  readonly lengths: Uint32Array;
  /**
   * The sequence that each goes on from, which stands before it and goes on from none itself; −1 for none `[B]`. Its rows
   * are seen as if they stood before one's own: a text that several go on from is there once. Default: none.
   */
  readonly prefixes?: Int32Array;
  /** Multiplies q·k; default 1/√D. */
  readonly scale?: number;
  /** Bound `c` of the scores, which become c·tanh(s/c) (Gemma 2, arXiv 2408.00118, section 2); default: none. */
  readonly softCap?: number;
  /** Positions that one sees, its own among them; default: all before it. */
  readonly window?: number;
}

/**
 * softmax(scale·q kᵀ + causal mask) v for each head of each sequence; grouped-query attention where there are fewer keys
 * than queries (Vaswani et al. 2017, arXiv 1706.03762, eq. 1; Ainslie et al. 2023, arXiv 2305.13245).
 *
 * Sequences lie one after another without padding: rows that nobody reads cost nothing.
 *
 * @param x `[N, (H + 2K)·D]`: the queries of all heads side by side, then the keys, then the values
 * @returns `[N, H·D]`; the t-th row of a sequence sees its rows 0 .. t
 * @throws TypeError when heads and columns, or lengths and rows, do not fit
 * @example One position sees itself only
 * ```ts
 * import { startBackend, tf } from "../backend.ts";
 * import assert from "node:assert/strict";
 * await startBackend("wasm");
 * const y = attention(tf.tensor2d([[1, 2, 3, 4, 5, 6]]), { heads: 1, keyHeads: 1, lengths: Uint32Array.of(1) });
 * assert.deepEqual([...y.dataSync()], [5, 6]);
 * ```
 */
export function attention(x: Tensor, options: AttentionOptions): Tensor {
  const known = checked(x, options);
  if (!hasKernelFor(known)) return plainAttention(x, known);
  const op = tf.customGrad((x, save) => {
    const [y, shares] = runKernel("Attention", { x: x as Tensor }, known);
    (save as Save)([x as Tensor, shares]);
    return {
      value: y,
      gradFunc: (dy: Tensor, [x, shares]: Tensor[]) => runKernel("AttentionGrad", { x, shares, dy }, known)[0],
    };
  });
  return op(x);
}

/** What attention gives, and what its way back may use. */
interface Attended {
  /** As {@linkcode attention} returns it. */
  readonly y: Tensor;
  /** What each row takes from each that it sees, of all heads, where the engine has the kernel. */
  readonly shares?: Tensor;
}

/**
 * {@linkcode attention} without a gradient of its own, for {@linkcode attentionBack}.
 *
 * @throws TypeError as `attention` does
 * @example
 * ```ts ignore
 * const { y, shares } = attend(x, options);
 * const dx = attentionBack(x, dy, options, shares);
 * ```
 */
export function attend(x: Tensor, options: AttentionOptions): Attended {
  const known = checked(x, options);
  if (!hasKernelFor(known)) return { y: plainAttention(x, known) };
  const [y, shares] = runKernel("Attention", { x }, known);
  return { y, shares };
}

/**
 * The slope of what went into attention.
 *
 * @param x `[N, (H + 2K)·D]`
 * @param dy slope of what came out `[N, H·D]`
 * @param options as attention was told
 * @param shares from {@linkcode attend}; computed again where they were not kept
 * @returns `[N, (H + 2K)·D]`
 * @throws TypeError as `attention` does
 * @example One position sees itself only
 * ```ts
 * import { startBackend, tf } from "../backend.ts";
 * import assert from "node:assert/strict";
 * await startBackend("wasm");
 * const options = { heads: 1, keyHeads: 1, lengths: Uint32Array.of(1) };
 * const dx = attentionBack(tf.tensor2d([[1, 2, 3]]), tf.tensor2d([[5]]), options);
 * assert.deepEqual([...dx.dataSync()], [0, 0, 5]);
 * ```
 */
export function attentionBack(x: Tensor, dy: Tensor, options: AttentionOptions, shares?: Tensor): Tensor {
  const known = checked(x, options);
  if (!hasKernelFor(known)) return tf.grad((x) => plainAttention(x as Tensor, known))(x, dy) as Tensor;
  return tf.tidy(() => {
    const kept = shares ?? runKernel("Attention", { x }, known)[1];
    return runKernel("AttentionGrad", { x, shares: kept, dy }, known)[0];
  });
}

/** Options with nothing left to choose, and sizes. */
type Known = ReturnType<typeof checked>;

function checked(x: Tensor, options: AttentionOptions) {
  const { heads, keyHeads, lengths, softCap, window } = options;
  const prefixes = options.prefixes ?? new Int32Array(lengths.length).fill(-1);
  if (x.rank !== 2 || heads % keyHeads !== 0 || x.shape[1]! % (heads + 2 * keyHeads) !== 0) {
    throw new TypeError(`x: expected [N, (${heads} + 2 x ${keyHeads}) D], got shape [${x.shape}]`);
  }
  const rows = lengths.reduce((a, b) => a + b, 0);
  if (rows !== x.shape[0]) throw new TypeError(`lengths: expected a sum of ${x.shape[0]}, got ${rows}`);
  const wrong = prefixes.findIndex((to, b) => to >= b || to < -1 || prefixes[to] >= 0);
  if (wrong >= 0 || prefixes.length !== lengths.length) {
    throw new TypeError(
      `prefixes: expected ${lengths.length}, each −1 or an earlier sequence without one, got ${prefixes}`,
    );
  }
  const head = x.shape[1]! / (heads + 2 * keyHeads), scale = options.scale ?? 1 / Math.sqrt(head);
  const longest = lengths.reduce((most, T, b) => Math.max(most, T + (prefixes[b] < 0 ? 0 : lengths[prefixes[b]])), 1);
  return { heads, keyHeads, lengths, prefixes, head, scale, longest, softCap, window: window ?? longest };
}

/** The kernel knows neither caps nor windows. */
function hasKernelFor({ softCap, window, longest }: Known): boolean {
  return softCap === undefined && window >= longest && hasKernel("Attention");
}

/** The same in stock operations, for engines without the kernel and for scores that it does not know. */
function plainAttention(
  x: Tensor,
  { heads, keyHeads, lengths, prefixes, head, scale, longest: T, softCap, window }: Known,
): Tensor {
  const batch = lengths.length, group = heads / keyHeads;
  /** Rows of x filled up to sequences of one length by rows that no other sees. */
  const filled = new Uint32Array(batch * T), back = new Uint32Array(x.shape[0]);
  const starts: number[] = [];
  let row = 0;
  lengths.forEach((length, b) => {
    starts.push(row);
    const prefix = prefixes[b], before = prefix < 0 ? 0 : lengths[prefix];
    for (let t = 0; t < before; t++) filled[b * T + t] = starts[prefix] + t;
    for (let t = before; t < before + length; t++, row++) {
      filled[b * T + t] = row;
      back[row] = b * T + t;
    }
  });
  const isFull = filled.length === back.length;
  const sequences = tf.reshape(isFull ? x : embedding(x, filled), [batch, T, x.shape[1]!]);
  const columns = (from: number, count: number): Tensor => {
    const part = tf.slice(sequences, [0, 0, from * head], [batch, T, count * head]);
    return tf.transpose(tf.reshape(part, [batch, T, count, head]), [0, 2, 1, 3]);
  };
  // Query heads that share keys stand below one another.
  const q = tf.reshape(columns(0, heads), [batch, keyHeads, group * T, head]);
  const k = columns(heads, keyHeads), v = columns(heads + keyHeads, keyHeads);
  let scores: Tensor = tf.mul(tf.matMul(q, tf.transpose(k, [0, 1, 3, 2])), scale);
  if (softCap !== undefined) {
    // c·tanh(s/c) by way of the logistic function.
    scores = tf.mul(tf.sub(tf.mul(tf.sigmoid(tf.mul(scores, 2 / softCap)), 2), 1), softCap);
  }
  const unseen = tf.tensor2d(
    Float32Array.from({ length: T * T }, (_, i) => {
      const at = Math.floor(i / T), other = i % T;
      return other > at || other <= at - window ? -1e9 : 0;
    }),
    [T, T],
  );
  const seen = tf.matMul(tf.softmax(tf.add(scores, tf.tile(unseen, [group, 1]))), v);
  const y = tf.reshape(tf.transpose(tf.reshape(seen, [batch, heads, T, head]), [0, 2, 1, 3]), [
    batch * T,
    heads * head,
  ]);
  return isFull ? y : embedding(y, back);
}
