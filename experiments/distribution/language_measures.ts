/**
 * How far one language model is from another.
 *
 * @module
 */
import { sigmoid, softplus } from "../../lib/exact/logistic.ts";
import { logSoftmaxRows } from "../../lib/exact/log_space.ts";
import type { LanguageModel } from "../../lib/policies/language/model.ts";
import { sequencesOf } from "../../lib/policies/language/sequences.ts";
import type { Rng } from "../../lib/random.ts";
import { type Tensor, tf } from "../../lib/tensor/backend.ts";
import { logSoftmax, meanAll } from "../../lib/tensor/ops.ts";
import type { Pairs } from "../../lib/training/pairs.ts";
import { mean, standardDeviation } from "../../lib/statistics/summary.ts";

/** Log-laws of each new token of some texts `[N·T, V]`; the caller's to free. */
export function tokenLaws(
  model: LanguageModel,
  prompts: readonly ArrayLike<number>[],
  told: readonly (readonly number[])[],
): Tensor {
  const texts = told.map((ids, i) => [...Array.from(prompts[i]), ...ids.slice(0, -1)]);
  const sequences = sequencesOf(texts);
  const rows = Uint32Array.from(sequences.rows.flatMap((own, i) => [...own.slice(-told[i].length)]));
  return tf.tidy(() => logSoftmax(model.logits(sequences, rows)));
}

/**
 * Divergence of each text's tokens, added up: of the law of each token exactly, at the places that the text has led to. Over
 * texts of the first law its mean is KL of whole texts, and it varies less than log-ratios do.
 *
 * @param laws log-laws of tokens `[N·T, V]` of the law that wrote the texts
 * @returns nats `[N]`
 */
export function divergences(laws: Tensor, others: Tensor, texts: number): Float64Array {
  const sums = tf.tidy(() =>
    tf.sum(tf.reshape(tf.sum(tf.mul(tf.exp(laws), tf.sub(laws, others)), -1), [texts, -1]), -1)
  );
  try {
    return Float64Array.from(sums.dataSync());
  } finally {
    sums.dispose();
  }
}

/** Mean entropy of a token, nats. */
export function tokenEntropy(laws: Tensor): number {
  const entropy = tf.tidy(() => tf.neg(meanAll(tf.sum(tf.mul(tf.exp(laws), laws), -1))));
  try {
    return entropy.dataSync()[0];
  } finally {
    entropy.dispose();
  }
}

/** The standard error of a mean. */
export const errorOfMean = (values: Float64Array): number => standardDeviation(values) / Math.sqrt(values.length);

/** Exact measures on sets of candidates: given that one of a set is written, which. */
export function onCandidates(logp: Float64Array, logTarget: Float64Array, responses: number) {
  const law = logSoftmaxRows(logp, responses), target = logSoftmaxRows(logTarget, responses);
  const sets = logp.length / responses;
  const kl = (p: Float64Array, q: Float64Array) => p.reduce((sum, l, i) => sum + Math.exp(l) * (l - q[i]), 0) / sets;
  return { "set-kl": kl(target, law), "set-reverse-kl": kl(law, target) };
}

/** How well log-probs foretell labels that π* gives pairs. */
export function onLabels(
  logp: Float64Array,
  logTarget: Float64Array,
  { first, second }: Pairs,
  gamma: number,
  rng: Rng,
) {
  const margins = Float64Array.from(first, (text, i) => {
    const wins = rng.uniform() < sigmoid(gamma * (logTarget[text] - logTarget[second[i]]));
    return (wins ? 1 : -1) * (logp[text] - logp[second[i]]);
  });
  return {
    "agreement": mean(margins.map((margin) => margin > 0 ? 1 : margin === 0 ? 0.5 : 0)),
    "label-loss": mean(margins.map((margin) => softplus(-gamma * margin))),
  };
}
