/**
 * A text model small enough to be read, and the mutual information that it finds.
 *
 * @module
 */
import { assignFolds } from "../../lib/estimators/cross_fit.ts";
import { fitLogistic, type OutcomeModel } from "../../lib/estimators/outcome_models.ts";
import type { Rng } from "../../lib/random.ts";

/** Folds of posts: what a model is asked about, it has not seen. */
export const FOLDS = 5;

/** Texts with one of two labels. */
interface LabelledTexts {
  /** Features `[n, D]`. */
  readonly features: Float64Array;
  /** 0 or 1 `[n]`. */
  readonly labels: ArrayLike<number>;
  /** How often each text counts `[n]`. */
  readonly weights: Float64Array;
  /** Fold of each text `[n]`. */
  readonly folds: ArrayLike<number>;
}

/** The fold of every post. */
export function postFolds(posts: number, rng: Rng): Uint32Array {
  return assignFolds({ n: posts, folds: FOLDS, rng });
}

/**
 * Log-odds of label 1 against 0, linear in the features, with both labels weighing the same. The penalty is that of a
 * normal prior under which log-odds of a text with standardised features have variance 1.
 */
export function fitLabels({ features, labels, weights }: Omit<LabelledTexts, "folds">): OutcomeModel {
  return fitLogistic(features, labels, {
    penalty: features.length / labels.length,
    weights: balanced(labels, weights),
  });
}

/** Weights under which both labels have the same total, and all together what they had. */
function balanced(labels: ArrayLike<number>, weights: Float64Array): Float64Array {
  const totals = [0, 0];
  weights.forEach((weight, i) => totals[labels[i]] += weight);
  return weights.map((weight, i) => weight * (totals[0] + totals[1]) / (2 * totals[labels[i]]));
}

/** What a cross-fitted model knows of the labels of held-out texts. */
interface LabelInformation {
  /** ln 2 − cross-entropy, nats: in expectation a lower bound of I(label; text), labels being equally likely. */
  readonly information: number;
  /** Share of labels guessed right, labels weighing the same. */
  readonly accuracy: number;
}

/** Cross-fits the model and asks it about held-out texts. */
export function labelInformation({ features, labels, weights, folds }: LabelledTexts): LabelInformation {
  const width = features.length / labels.length, share = balanced(labels, weights);
  let loss = 0, right = 0, total = 0;
  for (let fold = 0; fold < FOLDS; fold++) {
    const all = Array.from(labels, (_, i) => i).filter((i) => weights[i] > 0);
    const train = all.filter((i) => folds[i] !== fold), test = all.filter((i) => folds[i] === fold);
    const rows = (of: readonly number[]) => {
      const out = new Float64Array(of.length * width);
      of.forEach((i, r) => out.set(features.subarray(i * width, (i + 1) * width), r * width));
      return out;
    };
    const model = fitLabels({
      features: rows(train),
      labels: train.map((i) => labels[i]),
      weights: Float64Array.from(train, (i) => weights[i]),
    });
    model.predict(rows(test)).forEach((p, r) => {
      const i = test[r], own = labels[i] === 1 ? p : 1 - p;
      loss -= share[i] * Math.log(own);
      right += share[i] * (own > 0.5 ? 1 : 0);
      total += share[i];
    });
  }
  return { information: Math.LN2 - loss / total, accuracy: right / total };
}
