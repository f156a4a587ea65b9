/**
 * Log-probabilities of token sequences from a language model's logits.
 *
 * @module
 */
import { type Tensor, tf } from "./backend.ts";
import { logSumExpRow, type ScoredTokens, scoredTokens } from "./scored_tokens.ts";

/** How token log-probs become one number a sequence; "none" keeps them apart. */
export type Reduction = "sum" | "mean" | "none";

const reductions: readonly Reduction[] = ["sum", "mean", "none"];

/** What {@linkcode sequenceLogProb} finds. */
export interface SequenceLogProb {
  /** In nats: `[B]`, or `[B, T−1]` for "none", where entry t−1 is that of label t and 0 where it does not count. */
  readonly logp: Tensor;
  /** How many tokens of each sequence count `[B]`. */
  readonly tokens: Int32Array;
  /** How many sequences have none; their log-prob is 0 and has no gradient, for "mean" too. */
  readonly empty: number;
}

/**
 * Log-probability of each sequence's masked tokens given what is before them.
 *
 *   log π(y|x) = Σ_t log softmax(logits[b, t−1])[labels[b, t]]   over t >= 1 with mask[b, t] = 1
 *
 * Shifted by one: position t−1 predicts label t, so a label at position 0 never counts. Masked by position, never by
 * token id: padding may hold any id, and an end-of-sequence token counts even where padding has the same id. What stands
 * at positions that do not count is not looked at, be it −∞ or NaN; a NaN where a token counts stays NaN. Computed in
 * float64 and rounded once.
 *
 * @param logits `[B, T, V]`, differentiable
 * @param labels ids row-major `[B, T]`, unshifted
 * @param mask 1 (or true) where a label counts, row-major `[B, T]`: the response without prompt and padding
 * @param options.reduction "sum": log-prob of the whole response; "mean": a token of it on average; "none": each token
 * @throws TypeError when sizes disagree, RangeError for an unknown reduction, a mask that is neither 0 nor 1 or an id
 * outside the vocabulary
 * @example
 * ```ts
 * import { startBackend, tf } from "./backend.ts";
 * import assert from "node:assert/strict";
 * await startBackend("cpu");
 * const logits = tf.zeros([1, 3, 4]); // every token has probability 1/4
 * const { logp, tokens } = sequenceLogProb(logits, [0, 2, 3], [0, 1, 1], { reduction: "sum" });
 * assert.equal(logp.dataSync()[0], Math.fround(2 * Math.log(0.25)));
 * assert.equal(tokens[0], 2);
 * ```
 */
export function sequenceLogProb(
  logits: Tensor,
  labels: ArrayLike<number>,
  mask: ArrayLike<number | boolean>,
  options: { readonly reduction: Reduction },
): SequenceLogProb {
  const { reduction } = options;
  if (!reductions.includes(reduction)) {
    throw new RangeError(`reduction: expected one of ${reductions.join(", ")}, got ${reduction}`);
  }
  const scored = scoredTokens(logits.shape, labels, mask);
  const [batch, length] = logits.shape;
  // Where each token's log-prob is added, and with what weight.
  const weights = Float64Array.from(scored.sequences, (b) => reduction === "mean" ? 1 / scored.tokens[b] : 1);
  const [targets, shape] = reduction === "none"
    ? [scored.rows.map((row) => row - Math.floor(row / length)), [batch, Math.max(0, length - 1)]]
    : [scored.sequences, [batch]];
  return {
    logp: weightedSums(logits, scored, weights, targets, shape),
    tokens: scored.tokens,
    empty: scored.tokens.filter((n) => n === 0).length,
  };
}

/** out[targets[i]] += weights[i] · log-prob of token i; one operation with its own gradient. */
function weightedSums(
  logits: Tensor,
  { rows, ids }: ScoredTokens,
  weights: Float64Array,
  targets: Uint32Array,
  shape: number[],
): Tensor {
  const width = logits.shape[2]!;
  const op = tf.customGrad((input, save) => {
    const logits = input as Tensor;
    (save as (tensors: Tensor[]) => void)([logits]);
    const values = logits.dataSync();
    const normalisers = Float64Array.from(rows, (row) => logSumExpRow(values, row, width));
    const sums = new Float64Array(shape.reduce((a, b) => a * b, 1));
    for (let i = 0; i < rows.length; i++) {
      sums[targets[i]] += weights[i] * (values[rows[i] * width + ids[i]] - normalisers[i]);
    }
    return {
      value: tf.tensor(Float32Array.from(sums), shape),
      gradFunc: (dy: Tensor, [logits]: Tensor[]) => {
        const upstream = dy.dataSync(), values = logits.dataSync();
        const slopes = new Float32Array(values.length);
        for (let i = 0; i < rows.length; i++) {
          const slope = upstream[targets[i]] * weights[i], start = rows[i] * width;
          for (let v = 0; v < width; v++) {
            slopes[start + v] = slope * (Number(v === ids[i]) - Math.exp(values[start + v] - normalisers[i]));
          }
        }
        return tf.tensor(slopes, logits.shape);
      },
    };
  });
  return op(logits);
}
