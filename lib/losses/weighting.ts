/**
 * Preference pairs weighted: by how likely the policy is to produce them, and by what lengths have in common.
 *
 * @module
 */
import { type Tensor, tf } from "../tensor/backend.ts";
import { logSumExpRow, scoredTokens } from "../tensor/scored_tokens.ts";
import { checkNumber } from "./check_number.ts";
import { constantLike } from "./constant.ts";
import { checkScale, logisticLoss, type LogRatios, logRatios, type SmoothedOptions } from "./log_ratios.ts";
import type { PairedLogps } from "./types.ts";

/**
 * WPO: DPO with pairs weighted by their likelihood under the policy, so that old data act like fresh ones (Zhou et al.,
 * EMNLP 2024, arXiv 2406.11827).
 *
 *   L = w · DPO(β, ε),   w from {@linkcode wpoWeights}, held fixed
 *
 * Log-probs are summed over response tokens; β multiplies log-ratios. Any other per-example loss can be multiplied by the
 * same weights.
 *
 * @param logps log-probs and weights, each `[..., B]`
 * @returns per-example loss `[..., B]`
 * @throws TypeError for shapes and unknown options, RangeError for numbers out of range or not finite
 * @example
 * ```ts
 * import { startBackend, tf } from "../tensor/backend.ts";
 * import assert from "node:assert/strict";
 * await startBackend("cpu");
 * const logp = tf.tensor1d([-7]), weights = tf.tensor1d([0.5]);
 * const logps = { policyChosen: logp, policyRejected: logp, referenceChosen: logp, referenceRejected: logp, weights };
 * assert.equal(wpo(logps, { beta: 0.1 }).dataSync()[0], Math.fround(Math.LN2 / 2));
 * ```
 */
export function wpo(logps: PairedLogps & { readonly weights: Tensor }, options: SmoothedOptions): Tensor {
  checkScale("wpo", options, ["labelSmoothing"]);
  const { chosen, rejected } = logRatios(logps);
  const weights = constantLike("weights", logps.weights, chosen, { min: 0 });
  return tf.mul(logisticLoss(tf.mul(tf.sub(chosen, rejected), options.beta), options.labelSmoothing), weights);
}

/** Logits of a batch with what to read in them, as `sequenceLogProb` takes them. */
export interface TokenBatch {
  /** `[B, T, V]`. */
  readonly logits: Tensor;
  /** Ids row-major `[B, T]`, unshifted. */
  readonly labels: ArrayLike<number>;
  /** 1 where a label counts, row-major `[B, T]`. */
  readonly mask: ArrayLike<number | boolean>;
}

/**
 * WPO's weights: how likely the policy is to produce both responses, beside how sure it is of its words (the paper's eq. 2
 * by TRL's account).
 *
 *   w = min(1, e^{a_w + a_l}),   a = mean_t [log π(y_t) − log Σ_v π(v)²]
 *
 * The mean is over response tokens, the sum over the vocabulary: π(y_t)/Σ_v π(v)² is 1 on average for tokens drawn from π.
 * The two batches may differ in T. A response without tokens has a = 0.
 *
 * @returns constant weights in [0, 1] `[B]`
 * @throws TypeError when shapes disagree, RangeError for a mask that is neither 0 nor 1, an id outside the vocabulary, or a
 * scored token whose logits are no law, naming the sequence
 * @example A sure policy that would never write the rejected response
 * ```ts
 * import { startBackend, tf } from "../tensor/backend.ts";
 * import assert from "node:assert/strict";
 * await startBackend("cpu");
 * const logits = tf.tensor3d([[[40, 0], [0, 0]]]);
 * const batch = (id: number) => ({ logits, labels: [0, id], mask: [0, 1] });
 * assert.equal(wpoWeights(batch(0), batch(0)).dataSync()[0], 1);
 * assert.ok(wpoWeights(batch(0), batch(1)).dataSync()[0] < 1e-17);
 * ```
 */
export function wpoWeights(chosen: TokenBatch, rejected: TokenBatch): Tensor {
  if (chosen.logits.shape[0] !== rejected.logits.shape[0]) {
    throw new TypeError(
      `rejected.logits: expected ${chosen.logits.shape[0]} sequences as in chosen.logits, got ${
        rejected.logits.shape[0]
      }`,
    );
  }
  const [better, worse] = [likelihoods("chosen", chosen), likelihoods("rejected", rejected)];
  return tf.tensor1d(better.map((a, b) => Math.min(1, Math.exp(a + worse[b]))));
}

/** a of each sequence. */
function likelihoods(name: string, { logits, labels, mask }: TokenBatch): Float32Array {
  const { rows, ids, sequences, tokens } = scoredTokens(logits.shape, labels, mask);
  const values = logits.dataSync(), width = logits.shape[2]!;
  const sums = new Float64Array(tokens.length);
  rows.forEach((row, i) => {
    // log π − log Σ π² = (x − z) − (z₂ − 2z) with z₂ = log Σ e^{2x}
    sums[sequences[i]] += values[row * width + ids[i]] + logSumExpRow(values, row, width) -
      logSumExpRow(values, row, width, 2);
  });
  return Float32Array.from(sums, (sum, b) => {
    // −∞ is a token that the policy never writes, and its pair has weight 0.
    if (!(sum < Infinity)) {
      throw new RangeError(`${name}.logits[${b}] holds a scored token whose log-prob is no number`);
    }
    return tokens[b] === 0 ? 0 : sum / tokens[b];
  });
}

/** Options of {@linkcode ldDpo}. */
export interface LdDpoOptions extends SmoothedOptions {
  /** Weight α of what a response has beyond the length of the shorter one, in [0, 1]; 1 is DPO. */
  readonly alpha: number;
}

/**
 * LD-DPO, length-desensitised DPO: tokens past the length of the shorter response weigh less (Liu et al., 2024, arXiv
 * 2409.06411).
 *
 *   L = DPO on log π(y) = Σ_{t <= n} log π(y_t) + α Σ_{t > n} log π(y_t),   n = min(|y_w|, |y_l|)
 *
 * Log-probs are sums over the two parts of a response, whose masks {@linkcode splitMasks} makes; β multiplies log-ratios.
 *
 * @param common log-probs of the first n tokens, each `[..., B]`
 * @param excess log-probs of the rest, 0 where there is none, each `[..., B]`
 * @returns per-example loss `[..., B]`
 * @throws TypeError for shapes and unknown options, RangeError for numbers out of range or not finite
 * @example
 * ```ts
 * import { startBackend, tf } from "../tensor/backend.ts";
 * import assert from "node:assert/strict";
 * await startBackend("cpu");
 * const zero = tf.tensor1d([0]);
 * const common = { policyChosen: zero, policyRejected: zero, referenceChosen: zero, referenceRejected: zero };
 * const excess = { ...common, policyChosen: tf.tensor1d([-5]) };
 * assert.equal(ldDpo(common, excess, { beta: 1, alpha: 0 }).dataSync()[0], Math.fround(Math.LN2));
 * ```
 */
export function ldDpo(common: PairedLogps, excess: PairedLogps, options: LdDpoOptions): Tensor {
  checkScale("ld-dpo", options, ["labelSmoothing", "alpha"]);
  const { beta, alpha, labelSmoothing } = options;
  checkNumber("alpha", alpha, { min: 0, max: 1 });
  const [first, rest] = [logRatios(common), logRatios(excess)];
  const difference = ({ chosen, rejected }: LogRatios) => tf.sub(chosen, rejected);
  if (first.chosen.shape.join() !== rest.chosen.shape.join()) {
    throw new TypeError(`excess: expected the shape [${first.chosen.shape}] of common, got [${rest.chosen.shape}]`);
  }
  const margin = tf.add(difference(first), tf.mul(difference(rest), alpha));
  return logisticLoss(tf.mul(margin, beta), labelSmoothing);
}

/** Masks of the parts of a batch of responses, row-major `[B, T]`. */
export interface SplitMask {
  /** The first n tokens, n the length of the pair's shorter response. */
  readonly common: Uint8Array;
  /** The tokens after them. */
  readonly excess: Uint8Array;
}

/**
 * Splits the responses of pairs at the length of the shorter one, counting tokens and not positions.
 *
 * @param pairs B
 * @param chosenMask row-major `[B, T]`; a token at position 0 is not scored and does not count
 * @param rejectedMask row-major `[B, T′]`
 * @throws TypeError when a mask has no whole number of rows, RangeError for a mask that is neither 0 nor 1
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const { chosen, rejected } = splitMasks(1, [0, 0, 1, 1], [0, 1, 1, 1, 1, 0]);
 * assert.deepEqual([...chosen.common, ...chosen.excess], [0, 0, 1, 1, 0, 0, 0, 0]);
 * assert.deepEqual([...rejected.common, ...rejected.excess], [0, 1, 1, 0, 0, 0, 0, 0, 0, 1, 1, 0]);
 * ```
 */
export function splitMasks(
  pairs: number,
  chosenMask: ArrayLike<number | boolean>,
  rejectedMask: ArrayLike<number | boolean>,
): { readonly chosen: SplitMask; readonly rejected: SplitMask } {
  const counted = (name: string, mask: ArrayLike<number | boolean>) => {
    const length = mask.length / pairs;
    if (!Number.isInteger(length)) {
      throw new TypeError(`${name}: expected ${pairs} rows of one length, got ${mask.length} entries`);
    }
    // Which token of its response each position holds, counted from 1; 0 where it counts for nothing.
    const ranks = new Uint32Array(mask.length), tokens = new Uint32Array(pairs);
    for (let i = 0; i < mask.length; i++) {
      const counts = Number(mask[i]);
      if (counts !== 0 && counts !== 1) throw new RangeError(`${name}[${i}] is ${mask[i]}: expected 0 or 1`);
      if (counts === 1 && i % length !== 0) ranks[i] = ++tokens[Math.floor(i / length)];
    }
    return { ranks, tokens, length };
  };
  const sides = [counted("chosenMask", chosenMask), counted("rejectedMask", rejectedMask)] as const;
  const shorter = sides[0].tokens.map((n, pair) => Math.min(n, sides[1].tokens[pair]));
  const split = ({ ranks, length }: typeof sides[0]): SplitMask => ({
    common: Uint8Array.from(ranks, (rank, i) => Number(rank > 0 && rank <= shorter[Math.floor(i / length)])),
    excess: Uint8Array.from(ranks, (rank, i) => Number(rank > shorter[Math.floor(i / length)])),
  });
  return { chosen: split(sides[0]), rejected: split(sides[1]) };
}
