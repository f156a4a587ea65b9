/**
 * The arms on texts once more, as losses on tensors that an engine differentiates: a second statement of each, by other code.
 */
import {
  apoZero,
  dpo,
  exactKl,
  exactReverseKl,
  ipoSum,
  type PairedLogps,
  pmle,
  preferenceDistillation,
  rebel,
  type RebelPairs,
  type RewardedSamples,
} from "../../lib/losses/mod.ts";
import { type Tensor, tf } from "../../lib/tensor/backend.ts";
import { meanLast } from "../../lib/tensor/ops.ts";
import type { Batch } from "../../lib/training/batch.ts";
import { learn, type Learned, withTrainer } from "../../lib/training/loglinear.ts";
import { lazily, type PairSource, ratedPairs, wonPairs } from "../../lib/training/pairs.ts";
import { type Comparisons, GAMMA, KL_SCALE, phasesOf, type TextArm } from "./benchmark_arms.ts";

/** All replicates as tensors, `[R, n]` over pairs and `[R, G, A]` over the laws; each is made when an arm reads it. */
interface Given {
  readonly won: PairedLogps;
  readonly labelled: RebelPairs;
  readonly fresh: RebelPairs;
  readonly laws: RewardedSamples;
  readonly klWeight: number;
}

const losses: Readonly<Record<TextArm, (given: Given) => Tensor>> = {
  "dpo": ({ won }) => meanLast(dpo(won, { beta: GAMMA })),
  "ipo": ({ won }) => meanLast(ipoSum(won, { tau: GAMMA / 4 })),
  "apo-zero": ({ won }) => meanLast(apoZero(won, { beta: GAMMA })),
  "rlhf-fixed": ({ laws }) => meanLast(exactReverseKl(laws, { gamma: 0, klWeight: GAMMA })),
  "rebel": ({ fresh }) => meanLast(rebel(fresh, { eta: 1 / GAMMA })),
  "pmle": ({ won }) => meanLast(pmle(won, { gamma: GAMMA })),
  "pmle-kl": ({ won, laws, klWeight }) =>
    tf.add(
      meanLast(pmle(won, { gamma: GAMMA })),
      tf.mul(meanLast(exactKl(laws.policy, laws.reference)), klWeight),
    ) as Tensor,
  "distill-labelled": ({ labelled }) => meanLast(preferenceDistillation(labelled, { gamma: GAMMA })),
  "distill-fresh": ({ fresh }) => meanLast(preferenceDistillation(fresh, { gamma: GAMMA })),
  "reverse-kl": ({ laws }) => meanLast(exactReverseKl(laws, { gamma: GAMMA, klWeight: 0 })),
};

const LABELLED: PairSource<Comparisons> = { name: "labelled pairs", of: ({ labelled }) => labelled };
const FRESH: PairSource<Comparisons> = { name: "fresh pairs", of: ({ fresh }) => fresh };

/** What arms read, under a policy with these log-probs `[R, X]`. */
function given(data: Batch<Comparisons>, policy: Tensor): Given {
  const reward = () => data.table("reward", (sample) => sample.reward());
  const rated = (source: PairSource<Comparisons>) => ratedPairs(data, source, policy, reward);
  return {
    won: wonPairs(data, LABELLED, policy),
    labelled: rated(LABELLED),
    fresh: rated(FRESH),
    laws: lazily({
      policy: () => data.laws(policy),
      reference: () => data.laws(data.reference),
      reward: () => data.laws(reward()),
    }),
    klWeight: KL_SCALE / Math.sqrt(data.samples[0].labelled.first.length),
  };
}

/** What `learnFromComparisons` says. */
export function learnOnTensors(
  samples: readonly Comparisons[],
  training: {
    readonly arm: TextArm;
    readonly seeds: readonly number[];
    readonly steps: number;
    readonly learningRate: number;
  },
): Learned {
  const { responses, logStart, features } = samples[0].space, { arm, seeds } = training;
  return withTrainer({
    ...{ samples, arm, seeds },
    start: ({ space }) => space.logStart,
    features: ({ space }) => space.features,
    dimensions: features.length / logStart.length,
    groupSize: responses,
    phases: phasesOf(training),
  }, (trainer) => learn(trainer, (policy) => losses[arm](given(trainer.data, policy))));
}
