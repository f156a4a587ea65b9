/**
 * The arms on real texts: log-linear policies trained on comparisons, every seed in one batched program.
 *
 * @module
 */
import { fitLogistic } from "../../lib/estimators/outcome_models.ts";
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
import { lazily, type Pairs, type PairSource, ratedPairs, wonPairs } from "../../lib/training/pairs.ts";

/** γ of the preference model, and β of the losses that have one. */
export const GAMMA = 0.5;
/** The weight of PMLE's KL term is this over √n. */
export const KL_SCALE = 0.3;
/**
 * Penalty on the squared coefficients of the reward model, whatever n: the theory bounds rewards, and a few separable
 * comparisons would not.
 */
export const REWARD_PENALTY = 0.1;

/** Said in the method line of both questions: how policies and reward models are fitted. */
export const fitting = (learningRate: number): string =>
  `Policies start at π0 and take Adam steps of ${learningRate}, in the last third of training of a tenth of that, unless ` +
  `a flag says otherwise; the reward model's loss, summed over comparisons, has a penalty of ${REWARD_PENALTY}/2 times ` +
  "its squared coefficients at every n. ";

/** Replicates that train in one program: more would outgrow the caches, and memory where comparisons are many. */
export const BLOCK = 25;

/** What one replicate learns from. */
export interface Comparisons {
  /** log π0 of every text `[X]`, normalised within each group of texts. */
  readonly logStart: Float64Array;
  /** Labelled pairs; the first text won. */
  readonly labelled: Pairs;
  /** Pairs without labels, for the arms that can use them. */
  readonly fresh: Pairs;
  /** The reward model's value of every text `[X]`; asked for by the arms that read one. */
  readonly reward: () => Float64Array;
  /** Weight of each context in averages over laws, 1 on average `[G]`; equal unless given. */
  readonly contexts?: Float64Array;
}

/** All replicates as tensors, `[R, n]` over pairs and `[R, G, A]` over the laws; each is made when an arm reads it. */
interface Given {
  /** Labelled pairs, for a loss that reads who won. */
  readonly won: PairedLogps;
  /** The same pairs with rewards. */
  readonly labelled: RebelPairs;
  readonly fresh: RebelPairs;
  readonly laws: RewardedSamples;
  /** Average over contexts of one number each, `[R, G]` to `[R]`. */
  readonly overContexts: (losses: Tensor) => Tensor;
  /** Weight of PMLE's KL term. */
  readonly klWeight: number;
}

/** An arm: its implicit reward, up to γ or β, and the loss of each replicate `[R]`. */
interface Arm {
  readonly implicit: "log-ratio" | "log-prob";
  readonly loss: (given: Given) => Tensor;
}

/**
 * Those with a reference share one scale: DPO, REBEL and RLHF tend to π0 π*, IPO and APO-zero start along DPO's direction.
 */
export const textArms = {
  "dpo": { implicit: "log-ratio", loss: ({ won }) => meanLast(dpo(won, { beta: GAMMA })) },
  "ipo": { implicit: "log-ratio", loss: ({ won }) => meanLast(ipoSum(won, { tau: GAMMA / 4 })) },
  "apo-zero": { implicit: "log-ratio", loss: ({ won }) => meanLast(apoZero(won, { beta: GAMMA })) },
  "rlhf-fixed": {
    implicit: "log-ratio",
    loss: ({ laws, overContexts }) => overContexts(exactReverseKl(laws, { gamma: 0, klWeight: GAMMA })),
  },
  "rebel": { implicit: "log-ratio", loss: ({ fresh }) => meanLast(rebel(fresh, { eta: 1 / GAMMA })) },
  "pmle": { implicit: "log-prob", loss: ({ won }) => meanLast(pmle(won, { gamma: GAMMA })) },
  "pmle-kl": {
    implicit: "log-prob",
    loss: ({ won, laws, overContexts, klWeight }) =>
      tf.add(
        meanLast(pmle(won, { gamma: GAMMA })),
        tf.mul(overContexts(exactKl(laws.policy, laws.reference)), klWeight),
      ) as Tensor,
  },
  "distill-labelled": {
    implicit: "log-prob",
    loss: ({ labelled }) => meanLast(preferenceDistillation(labelled, { gamma: GAMMA })),
  },
  "distill-fresh": {
    implicit: "log-prob",
    loss: ({ fresh }) => meanLast(preferenceDistillation(fresh, { gamma: GAMMA })),
  },
  "reverse-kl": {
    implicit: "log-prob",
    loss: ({ laws, overContexts }) => overContexts(exactReverseKl(laws, { gamma: GAMMA, klWeight: 0 })),
  },
} as const satisfies Record<string, Arm>;

/** Id of an arm. */
export type TextArm = keyof typeof textArms;
/** Ids of all arms. */
export const textArmIds = Object.keys(textArms) as TextArm[];

/**
 * A linear reward model by maximum likelihood of the comparisons, with {@linkcode REWARD_PENALTY}.
 *
 * @param features `[X, D]` row-major
 * @param used leading features it reads
 * @returns its coefficients `[D]`, 0 for features that it does not read
 */
export function fitReward(
  { first, second }: Pairs,
  features: Float64Array,
  dimensions: number,
  used: number,
): Float64Array {
  const n = first.length, rows = new Float64Array(2 * n * used);
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < used; k++) {
      const difference = features[first[i] * dimensions + k] - features[second[i] * dimensions + k];
      rows[i * used + k] = difference;
      rows[(n + i) * used + k] = -difference;
    }
  }
  // Each pair stands both ways round with half a weight: then the intercept is 0, as a comparison has none.
  const outcome = Float64Array.from({ length: 2 * n }, (_, i) => i < n ? 1 : 0);
  const weights = new Float64Array(2 * n).fill(0.5);
  const out = new Float64Array(dimensions);
  out.set(fitLogistic(rows, outcome, { penalty: REWARD_PENALTY, weights }).coefficients);
  return out;
}

/** How a policy over texts is trained. */
interface TextTraining {
  readonly arm: TextArm;
  readonly seeds: readonly number[];
  /** φ `[X, D]`, shared by all replicates. */
  readonly features: Float64Array;
  readonly dimensions: number;
  /** Texts of a context; all texts unless given. */
  readonly groupSize?: number;
  readonly steps: number;
  readonly learningRate: number;
}

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
    overContexts: (losses) => {
      const [, contexts] = losses.shape;
      const shares = data.table("contexts", (sample) => sample.contexts ?? new Float64Array(contexts).fill(1));
      return meanLast(tf.mul(losses, shares));
    },
    klWeight: KL_SCALE / Math.sqrt(data.samples[0].labelled.first.length),
  };
}

/** Trains one policy π ∝ π0 e^{θ·φ} per replicate from θ = 0. */
export function learnFromComparisons(
  samples: readonly Comparisons[],
  { steps, learningRate, ...training }: TextTraining,
): Learned {
  // Adam's last steps are as long as its first: a third of them at a tenth of the length let it settle.
  const late = Math.floor(steps / 3);
  const phases = [{ steps: steps - late, learningRate }, { steps: late, learningRate: learningRate / 10 }];
  const { loss } = textArms[training.arm];
  return withTrainer(
    { samples, start: ({ logStart }) => logStart, phases, ...training },
    (trainer) => learn(trainer, (policy) => loss(given(trainer.data, policy))),
  );
}
