/**
 * Log-probabilities of token sequences from a language model's logits.
 *
 * @module
 */
import type { Tensor } from "./backend.ts";
import { pickedLogProbs, picksOf } from "./fused/picked.ts";
import { scoredTokens } from "./scored_tokens.ts";

/** How token log-probs become one number a sequence; "none" keeps them apart. */
export type Reduction = "sum" | "mean" | "none";

const reductions: readonly Reduction[] = ["sum", "mean", "none"];

/** What {@linkcode sequenceLogProb} finds. */
interface SequenceLogProb {
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
 * at positions that do not count is not looked at, be it −∞ or NaN; a NaN where a token counts stays NaN. Sums run in
 * float64; exponentials are float32 where the engine has a kernel, so a token is off by 2⁻²³ or so.
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
  const { rows, ids, sequences, tokens } = scoredTokens(logits.shape, labels, mask);
  const [batch, length, width] = logits.shape;
  const weights = Float64Array.from(sequences, (b) => reduction === "mean" ? 1 / tokens[b] : 1);
  const [targets, shape] = reduction === "none"
    ? [rows.map((row) => row - Math.floor(row / length)), [batch, Math.max(0, length - 1)]]
    : [sequences, [batch]];
  const sizes = { rows: batch * length, width, outputs: shape.reduce((a, b) => a * b, 1) };
  return {
    logp: pickedLogProbs(logits, picksOf({ rows, ids, weights, targets }, sizes), shape),
    tokens,
    empty: tokens.filter((n) => n === 0).length,
  };
}
