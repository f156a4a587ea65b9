/**
 * Log-probabilities of chosen entries of rows of logits, added up as the caller says, without the table of all of them.
 *
 * @module
 */
import { type Tensor, tf } from "../backend.ts";
import { logSumExpRow } from "../scored_tokens.ts";
import { hasKernel, runKernel, type Save } from "./dispatch.ts";

/** Which entries count, with what weight, and where to; made by {@linkcode picksOf}. */
export interface Picks {
  /** Row of logits of each pick `[n]`. */
  readonly rows: Uint32Array;
  /** Entry of that row `[n]`. */
  readonly ids: Uint32Array;
  /** What multiplies its log-prob `[n]`. */
  readonly weights: Float64Array;
  /** Output it is added to `[n]`. */
  readonly targets: Uint32Array;
  /** Rows of logits and their width, and how many outputs there are. */
  readonly sizes: PickSizes;
}

/** What the indices of picks run over. */
interface PickSizes {
  /** Rows of logits. */
  readonly rows: number;
  /** Logits in a row. */
  readonly width: number;
  /** Numbers that come out. */
  readonly outputs: number;
}

/**
 * Checked picks, to be used as often as wanted.
 *
 * @param options.rows `[n]`
 * @param options.ids `[n]`
 * @param options.weights `[n]`; default: 1
 * @param options.targets `[n]`; default: one output for each pick, in order
 * @throws TypeError when lengths disagree, RangeError naming the index that is out of range
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const sizes = { rows: 2, width: 3, outputs: 1 };
 * assert.throws(() => picksOf({ rows: Uint32Array.of(2), ids: Uint32Array.of(0) }, sizes), {
 *   message: "rows[0] is 2: expected 0 .. 1",
 * });
 * ```
 */
export function picksOf(
  { rows, ids, weights, targets }: {
    readonly rows: Uint32Array;
    readonly ids: Uint32Array;
    readonly weights?: Float64Array;
    readonly targets?: Uint32Array;
  },
  sizes: PickSizes,
): Picks {
  const picks = {
    rows,
    ids,
    weights: weights ?? new Float64Array(rows.length).fill(1),
    targets: targets ?? Uint32Array.from(rows, (_, i) => i),
    sizes,
  };
  for (const [name, limit] of [["rows", sizes.rows], ["ids", sizes.width], ["targets", sizes.outputs]] as const) {
    const index = picks[name];
    if (index.length !== rows.length || picks.weights.length !== rows.length) {
      throw new TypeError(`${name}: expected ${rows.length} entries as in rows and weights, got ${index.length}`);
    }
    for (let i = 0; i < index.length; i++) {
      if (index[i] >= limit) throw new RangeError(`${name}[${i}] is ${index[i]}: expected 0 .. ${limit - 1}`);
    }
  }
  return picks;
}

/**
 * out[targets[i]] += weights[i] · log softmax(logits[rows[i]])[ids[i]] over all picks i.
 *
 * Each row that is picked from is normalised once; the others are not looked at, be they −∞ or NaN. Sums run in float64.
 *
 * @param logits `[..., V]`, `sizes.rows` rows of `sizes.width` numbers, differentiable
 * @param shape of the result, with `sizes.outputs` numbers
 * @returns in nats where weights are 1
 * @throws TypeError when the logits or the shape have other sizes than the picks
 * @example
 * ```ts
 * import { startBackend, tf } from "../backend.ts";
 * import assert from "node:assert/strict";
 * await startBackend("wasm");
 * const picks = picksOf({ rows: Uint32Array.of(0), ids: Uint32Array.of(1) }, { rows: 1, width: 2, outputs: 1 });
 * const [logp] = pickedLogProbs(tf.tensor2d([[0, Math.log(3)]]), picks, [1]).dataSync();
 * assert.ok(Math.abs(logp - Math.log(3 / 4)) < 1e-6);
 * ```
 */
export function pickedLogProbs(logits: Tensor, picks: Picks, shape: readonly number[]): Tensor {
  const { rows, width, outputs } = picks.sizes;
  if (logits.size !== rows * width || logits.shape[logits.rank - 1] !== width) {
    throw new TypeError(`logits: expected ${rows} rows of ${width}, got shape [${logits.shape}]`);
  }
  if (shape.reduce((a, b) => a * b, 1) !== outputs) {
    throw new TypeError(`shape: expected ${outputs} numbers, got [${shape}]`);
  }
  if (!hasKernel("PickLogProbs")) return plainPickedLogProbs(logits, picks, shape);
  const op = tf.customGrad((x, save) => {
    const [value, tops, rests] = runKernel("PickLogProbs", { x: x as Tensor }, { picks, shape });
    (save as Save)([x as Tensor, tops, rests]);
    return {
      value,
      gradFunc: (dy: Tensor, [x, tops, rests]: Tensor[]) =>
        runKernel("PickLogProbsGrad", { x, tops, rests, dy }, { picks })[0],
    };
  });
  return op(logits);
}

/** The same in float64 on the host, for engines without the kernel. */
function plainPickedLogProbs(logits: Tensor, picks: Picks, shape: readonly number[]): Tensor {
  const { rows, ids, weights, targets, sizes: { width } } = picks;
  const op = tf.customGrad((input, save) => {
    const logits = input as Tensor;
    (save as Save)([logits]);
    const values = logits.dataSync();
    const normalisers = new Map<number, number>();
    for (const row of rows) if (!normalisers.has(row)) normalisers.set(row, logSumExpRow(values, row, width));
    const sums = new Float64Array(picks.sizes.outputs);
    for (let i = 0; i < rows.length; i++) {
      sums[targets[i]] += weights[i] * (values[rows[i] * width + ids[i]] - normalisers.get(rows[i])!);
    }
    return {
      value: tf.tensor(Float32Array.from(sums), [...shape]),
      gradFunc: (dy: Tensor, [logits]: Tensor[]) => {
        const upstream = dy.dataSync(), values = logits.dataSync();
        const slopes = new Float64Array(values.length), totals = new Map<number, number>();
        for (let i = 0; i < rows.length; i++) {
          const slope = upstream[targets[i]] * weights[i];
          slopes[rows[i] * width + ids[i]] += slope;
          totals.set(rows[i], (totals.get(rows[i]) ?? 0) + slope);
        }
        for (const [row, total] of totals) {
          if (total === 0) continue;
          for (let v = row * width; v < (row + 1) * width; v++) {
            slopes[v] -= total * Math.exp(values[v] - normalisers.get(row)!);
          }
        }
        return tf.tensor(Float32Array.from(slopes), logits.shape);
      },
    };
  });
  return op(logits);
}
