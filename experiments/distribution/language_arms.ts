/**
 * The arms on a language model: the loss that each minimises over some prompts' candidates.
 *
 * @module
 */
import { dpo, exactReverseKl, pmle as pmleLoss, preferenceDistillation, rebel } from "../../lib/losses/mod.ts";
import { type Tensor, tf } from "../../lib/tensor/backend.ts";
import { logSoftmax, meanLast } from "../../lib/tensor/ops.ts";

/** What a loss reads: tables `[B·A]` of the candidates of B prompts, and their pairs `[P]`. */
export interface LanguageGiven {
  /** log π and log π0, nats. */
  readonly policy: Tensor;
  readonly reference: Tensor;
  readonly reward: Tensor;
  /** A. */
  readonly responses: number;
  /** Pairs as places in the tables. */
  readonly first: Tensor;
  readonly second: Tensor;
  /** How often the first of a pair won and lost, 1 together over the average pair. */
  readonly won: Tensor;
  readonly lost: Tensor;
  readonly gamma: number;
}

const at = (values: Tensor, places: Tensor): Tensor => tf.gather(values, places) as Tensor;

/** Mean over labels of a loss of the text that won and of the one that lost. */
function overLabels(
  { policy, reference, first, second, won, lost }: LanguageGiven,
  loss: (pairs: Record<"policyChosen" | "policyRejected" | "referenceChosen" | "referenceRejected", Tensor>) => Tensor,
): Tensor {
  const of = (chosen: Tensor, rejected: Tensor) =>
    loss({
      policyChosen: at(policy, chosen),
      policyRejected: at(policy, rejected),
      referenceChosen: at(reference, chosen),
      referenceRejected: at(reference, rejected),
    });
  return meanLast(tf.add(tf.mul(of(first, second), won), tf.mul(of(second, first), lost)));
}

/** All pairs with the reward of both sides. */
function rated({ policy, reference, reward, first, second }: LanguageGiven) {
  return {
    ...{ policyFirst: at(policy, first), policySecond: at(policy, second) },
    ...{ referenceFirst: at(reference, first), referenceSecond: at(reference, second) },
    ...{ rewardFirst: at(reward, first), rewardSecond: at(reward, second) },
  };
}

/**
 * Draws of π0 as a law: weights π/π0 that sum to 1 within a prompt, beside the even law, so that sums over candidates
 * estimate means over all that the model could write.
 */
function laws({ policy, reference, responses }: LanguageGiven, reward: Tensor) {
  const rows = (values: Tensor) => tf.reshape(values, [-1, responses]) as Tensor;
  const law = logSoftmax(rows(tf.sub(policy, reference)));
  return { policy: law, reference: tf.fill(law.shape, -Math.log(responses)) as Tensor, reward: rows(reward) };
}

/** By arm. Those with a reference inside have β = γ, as in the questions on sentences and answers. */
export const languageLosses: Readonly<Record<string, (given: LanguageGiven) => Tensor>> = {
  "dpo": (given) => overLabels(given, (pairs) => dpo(pairs, { beta: given.gamma })),
  "rlhf-fixed": (given) => meanLast(exactReverseKl(laws(given, given.reward), { gamma: 0, klWeight: given.gamma })),
  "rebel": (given) => meanLast(rebel(rated(given), { eta: 1 / given.gamma })),
  "pmle": (given) =>
    overLabels(
      given,
      ({ policyChosen, policyRejected }) => pmleLoss({ policyChosen, policyRejected }, { gamma: given.gamma }),
    ),
  "distill-fresh": (given) => {
    const { policyFirst, policySecond, rewardFirst, rewardSecond } = rated(given);
    return meanLast(preferenceDistillation({ policyFirst, policySecond, rewardFirst, rewardSecond }, {
      gamma: given.gamma,
    }));
  },
  // −R + γ log π = −(R − γ log π0) + γ log π/π0, and the even law stands for π0.
  "reverse-kl": (given) =>
    meanLast(
      exactReverseKl(laws(given, tf.sub(given.reward, tf.mul(given.reference, given.gamma)) as Tensor), {
        gamma: given.gamma,
        klWeight: 0,
      }),
    ),
};
