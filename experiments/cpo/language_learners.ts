/**
 * The arms of the question on a language model: how each makes the model's log-probs of whole texts into something to
 * minimise, and trains it.
 *
 * @module
 */
import { cpo, drCpo, outcomeOnly, plain, releasedCausalLoss } from "../../lib/losses/causal.ts";
import { dpo, sft } from "../../lib/losses/mod.ts";
import type { Rng } from "../../lib/random.ts";
import { type Tensor, tf } from "../../lib/tensor/backend.ts";
import { meanAll } from "../../lib/tensor/ops.ts";
import { trainTexts } from "../../lib/training/language/text_trainer.ts";
import { RELEASED_BATCH, rewardOfRows } from "./learners.ts";
import { type Lesson, policyGradient, vector } from "./language_policy_gradient.ts";
import type { Readers } from "./language_readers.ts";

/** Log-probs of texts under the model `[T]`, with those before training beside them. */
interface Likelihoods {
  readonly now: Tensor;
  readonly start: Float64Array;
}

/** What is minimised, one number. */
type Loss = (likelihoods: Likelihoods, step: number) => Tensor;

const selfNormalised = { ratio: { kind: "self-normalised" } } as const;
/** Share of the logged rows that fine-tuning takes for good. */
const BEST_SHARE = 0.25;
/** β of DPO, as in its paper. */
const BETA = 0.1;

/** Those of some texts at rows: a product with ones and zeros, whose gradient every engine has. */
function at(values: Tensor, rows: ArrayLike<number>): Tensor {
  const ones = new Float32Array(rows.length * values.size);
  Array.from(rows, (text, i) => ones[i * values.size + text] = 1);
  return tf.reshape(tf.matMul(tf.tensor2d(ones, [rows.length, values.size]), tf.reshape(values, [values.size, 1])), [
    rows.length,
  ]);
}

/** Logged rows: a text is one of its opening's A, of which f0 writes each as often. */
function logged({ log, logShown, texts }: Readers, { now, start }: Likelihoods, order = log.text.keys().toArray()) {
  const text = order.map((i) => log.text[i]), even = Math.log(texts[0].length);
  return {
    logpF: tf.sub(at(now, text), even),
    logpR: vector(text.map((t) => start[t] + logShown[t])),
    outcome: vector(order.map((i) => log.outcome[i])),
  };
}

/** Texts of f0 with what a model predicts for them. */
function generated({ now, start }: Likelihoods, prediction: ArrayLike<number>) {
  return { logpF: now, logpF0: vector(start), prediction: vector(prediction) };
}

/** CPO. */
const ofOutcomes = (readers: Readers): Loss => (likelihoods) => meanAll(cpo(logged(readers, likelihoods), plain));

/** OO-RLHF. */
const ofPredictions = (prediction: Float64Array, options: typeof plain): Loss => (likelihoods) =>
  meanAll(outcomeOnly(generated(likelihoods, prediction), options));

/** DR-CPO. */
const doublyRobust = (readers: Readers, options: typeof plain): Loss => (likelihoods) => {
  const rows = { ...logged(readers, likelihoods), prediction: vector(readers.prediction.logged) };
  const { correction, outcome } = drCpo(rows, generated(likelihoods, readers.prediction.texts), options);
  return tf.add(meanAll(correction), meanAll(outcome));
};

/** DR-CPO as released: weights sum to one in batches of four rows, with a text of f0 beside each; dealt anew at every step. */
const asReleased = (readers: Readers, rng: Rng): Loss => (likelihoods, step) => {
  const { log, prediction } = readers, n = log.text.length - log.text.length % RELEASED_BATCH;
  const dealt = rng.fork(step), order = [...dealt.fork("rows").permutation(log.text.length)].slice(0, n);
  const draws = dealt.fork("texts"), texts = order.map(() => draws.integer(likelihoods.start.length));
  const batches = (values: Tensor) => tf.reshape(values, [n / RELEASED_BATCH, RELEASED_BATCH]);
  const { logpF, logpR, outcome } = logged(readers, likelihoods, order);
  return meanAll(releasedCausalLoss(
    {
      ...{ logpF: batches(logpF), logpR: batches(logpR), outcome: batches(outcome) },
      prediction: batches(vector(order.map((i) => prediction.logged[i]))),
    },
    {
      logpF: batches(at(likelihoods.now, texts)),
      logpF0: batches(vector(texts.map((t) => likelihoods.start[t]))),
      prediction: batches(vector(texts.map((t) => prediction.texts[t]))),
    },
    { ipwWeight: 1, outcomeWeight: 1, higherIsBetter: true },
  ));
};

/** Likelihood of the texts of the rows with the best outcomes. */
const fineTuning = ({ log }: Readers): Loss => {
  const best = [...log.outcome.keys()].toSorted((a, b) => log.outcome[b] - log.outcome[a]);
  const rows = best.slice(0, Math.ceil(BEST_SHARE * best.length)).map((i) => log.text[i]);
  return ({ now }) => meanAll(sft(at(now, rows)));
};

/** DPO on random pairs of rows of one opening that were shown different texts: the better outcome was preferred. */
const ofPairs = ({ log, texts }: Readers, rng: Rng): Loss => {
  const opening = (row: number) => Math.floor(log.text[row] / texts[0].length);
  const order = [...rng.permutation(log.text.length)], rows = Map.groupBy(order, opening);
  const pairs = [...rows.values()].flatMap((own) =>
    own.flatMap((row, i) => {
      const other = own[(i + 1) % own.length];
      return log.text[row] === log.text[other]
        ? []
        : [log.outcome[row] > log.outcome[other] ? [row, other] : [other, row]];
    })
  );
  const [chosen, rejected] = [0, 1].map((side) => pairs.map((pair) => log.text[pair[side]]));
  return ({ now, start }) => {
    const reference = vector(start);
    return meanAll(dpo({
      ...{ policyChosen: at(now, chosen), policyRejected: at(now, rejected) },
      ...{ referenceChosen: at(reference, chosen), referenceRejected: at(reference, rejected) },
    }, { beta: BETA }));
  };
};

/** Losses of the arms that learn from one set of texts, by arm. */
export const losses: Readonly<Record<string, (readers: Readers, rng: Rng) => Loss>> = {
  "cpo": ofOutcomes,
  "outcome-only": ({ prediction }) => ofPredictions(prediction.texts, plain),
  "dr-cpo": (readers) => doublyRobust(readers, plain),
  "sndr-cpo": (readers) => doublyRobust(readers, selfNormalised),
  "sndr-cpo-shuffled": (readers) => doublyRobust(readers, selfNormalised),
  "released": asReleased,
  "sft-best": fineTuning,
  "dpo": ofPairs,
};

/** Trains an arm's model. */
export function learn(lesson: Lesson): void {
  const { arm, readers, start, rng } = lesson;
  if (arm === "reference") return;
  if (arm === "oracle") return policyGradient(lesson, readers.likes);
  if (arm === "reward-model") return policyGradient(lesson, rewardModel(readers, rng.fork("pairs")));
  const loss = losses[arm](readers, rng);
  trainTexts({ ...lesson, texts: readers.texts }, (now, step) => loss({ now, start }, step));
}

/** A linear reward of random pairs of logged rows, with margins. */
function rewardModel({ log, features, liking }: Readers, rng: Rng): (of: ArrayLike<number>) => number {
  const width = features.length / liking.length;
  const rows = Float64Array.from([...log.text].flatMap((t) => [...features.subarray(t * width, (t + 1) * width)]));
  const weights = rewardOfRows(rows, log.outcome, rng);
  return (of) => weights.reduce((sum, weight, k) => sum + weight * of[k], 0);
}
