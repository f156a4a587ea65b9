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
  pmle,
  preferenceDistillation,
  rebel,
} from "../../lib/losses/mod.ts";
import { logLinear } from "../../lib/policies/loglinear.ts";
import { type Tensor, tf } from "../../lib/tensor/backend.ts";
import { takeAlongLast } from "../../lib/tensor/ops.ts";
import { fit, type FitResult } from "../../lib/training/fit.ts";

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

/** Pairs of texts, as indices into the texts of their replicate `[n]` each. */
export interface Pairs {
  readonly first: Uint32Array;
  readonly second: Uint32Array;
}

/** What one replicate learns from. */
export interface Comparisons {
  /** log π0 of every text `[X]`, normalised within each group of texts. */
  readonly logStart: Float64Array;
  /** Labelled pairs; the first text won. */
  readonly labelled: Pairs;
  /** Pairs without labels, for the arms that can use them. */
  readonly fresh: Pairs;
  /** The reward model's value of every text `[X]`; of no matter to {@linkcode direct} arms. */
  readonly reward: Float64Array;
  /** Weight of each context in averages over laws, 1 on average `[G]`; equal unless given. */
  readonly contexts?: Float64Array;
}

/** All replicates as tensors, `[R, n]` over pairs and `[R, G, A]` over the laws. */
interface Batch {
  readonly labelled: PairTensors;
  readonly fresh: PairTensors;
  readonly laws: { readonly policy: Tensor; readonly reference: Tensor; readonly reward: Tensor };
  /** Average over contexts of one number each, `[R, G]` to `[R]`. */
  readonly overContexts: (losses: Tensor) => Tensor;
  /** Weight of PMLE's KL term. */
  readonly klWeight: number;
}

interface PairTensors {
  readonly policyFirst: Tensor;
  readonly policySecond: Tensor;
  readonly referenceFirst: Tensor;
  readonly referenceSecond: Tensor;
  readonly rewardFirst: Tensor;
  readonly rewardSecond: Tensor;
}

const won = (pairs: PairTensors) => ({
  policyChosen: pairs.policyFirst,
  policyRejected: pairs.policySecond,
  referenceChosen: pairs.referenceFirst,
  referenceRejected: pairs.referenceSecond,
});
const mean = (losses: Tensor): Tensor => tf.mean(losses, -1);

/**
 * The loss of each replicate `[R]`. Those with a reference share one scale: DPO, REBEL and RLHF tend to π0 π*, IPO and
 * APO-zero start along DPO's direction.
 */
export const textArms = {
  "dpo": ({ labelled }: Batch) => mean(dpo(won(labelled), { beta: GAMMA })),
  "ipo": ({ labelled }: Batch) => mean(ipoSum(won(labelled), { tau: GAMMA / 4 })),
  "apo-zero": ({ labelled }: Batch) => mean(apoZero(won(labelled), { beta: GAMMA })),
  "rlhf-fixed": ({ laws, overContexts }: Batch) => overContexts(exactReverseKl(laws, { gamma: 0, klWeight: GAMMA })),
  "rebel": ({ fresh }: Batch) => mean(rebel(fresh, { eta: 1 / GAMMA })),
  "pmle": ({ labelled }: Batch) => mean(pmle(won(labelled), { gamma: GAMMA })),
  "pmle-kl": ({ labelled, laws, overContexts, klWeight }: Batch) =>
    tf.add(
      mean(pmle(won(labelled), { gamma: GAMMA })),
      tf.mul(overContexts(exactKl(laws.policy, laws.reference)), klWeight),
    ) as Tensor,
  "distill-labelled": ({ labelled }: Batch) => mean(preferenceDistillation(labelled, { gamma: GAMMA })),
  "distill-fresh": ({ fresh }: Batch) => mean(preferenceDistillation(fresh, { gamma: GAMMA })),
  "reverse-kl": ({ laws, overContexts }: Batch) => overContexts(exactReverseKl(laws, { gamma: GAMMA, klWeight: 0 })),
} as const satisfies Record<string, (batch: Batch) => Tensor>;

/** Id of an arm. */
export type TextArm = keyof typeof textArms;
/** Ids of all arms. */
export const textArmIds = Object.keys(textArms) as TextArm[];

/** Arms whose implicit reward is β times the log-ratio to π0; that of the others is γ log π. */
export const anchored: readonly string[] = ["dpo", "ipo", "apo-zero", "rlhf-fixed", "rebel"] satisfies TextArm[];

/** Arms that read no reward model. */
export const direct: readonly string[] = ["dpo", "ipo", "apo-zero", "pmle", "pmle-kl"] satisfies TextArm[];
/** Arms that compare texts of labelled pairs, and of pairs without labels; the others enumerate. */
const labelledPairs: readonly string[] = [...direct, "distill-labelled"];
const freshPairs: readonly string[] = ["rebel", "distill-fresh"] satisfies TextArm[];

/**
 * A linear reward model by maximum likelihood of the comparisons, with {@linkcode REWARD_PENALTY}.
 *
 * @param features `[X, D]` row-major
 * @param used leading features it reads
 * @returns its coefficients `[used]`
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
  return fitLogistic(rows, outcome, { penalty: REWARD_PENALTY, weights }).coefficients;
}

/** θ·φ of every text `[X]`, with as many leading features as θ has entries. */
export function scores(theta: Float64Array, features: Float64Array, dimensions: number): Float64Array {
  return Float64Array.from({ length: features.length / dimensions }, (_, x) => {
    let total = 0;
    for (let k = 0; k < theta.length; k++) total += theta[k] * features[x * dimensions + k];
    return total;
  });
}

/** The law with these logits within each group of `size` texts, as log-probs `[X]`. */
export function normalised(logits: Float64Array, size = logits.length): Float64Array {
  const out = new Float64Array(logits.length);
  for (let start = 0; start < logits.length; start += size) {
    const group = logits.subarray(start, start + size);
    const top = group.reduce((a, b) => Math.max(a, b), -Infinity);
    const total = top + Math.log(group.reduce((sum, l) => sum + Math.exp(l - top), 0));
    for (let i = 0; i < size; i++) out[start + i] = group[i] - total;
  }
  return out;
}

/** How a policy over texts is trained. */
export interface TextTraining {
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

/**
 * Trains one policy π ∝ π0 e^{θ·φ} per replicate from θ = 0.
 *
 * @returns θ of each replicate `[D]`, and how training ended
 */
export function learnFromComparisons(
  samples: readonly Comparisons[],
  { arm, seeds, features, dimensions, groupSize, steps, learningRate }: TextTraining,
): { theta: Float64Array[]; end: FitResult } {
  const replicates = samples.length, texts = samples[0].logStart.length, size = groupSize ?? texts;
  const table = (row: (s: Comparisons) => ArrayLike<number>) => {
    const rows = samples.map(row), all = new Float32Array(replicates * rows[0].length);
    rows.forEach((values, r) => all.set(values, r * rows[0].length));
    return tf.tensor2d(all, [replicates, rows[0].length]);
  };
  const laws = (values: Tensor) => tf.reshape(values, [replicates, texts / size, size]) as Tensor;
  const gathered = (which: "labelled" | "fresh") => {
    const at = (side: keyof Pairs, values: "logStart" | "reward") =>
      table((s) => Float64Array.from(s[which][side], (x) => s[values][x]));
    const index = (side: keyof Pairs) => Uint32Array.from(samples.flatMap((s) => Array.from(s[which][side])));
    return {
      n: samples[0][which].first.length,
      first: index("first"),
      second: index("second"),
      tensors: {
        referenceFirst: at("first", "logStart"),
        referenceSecond: at("second", "logStart"),
        rewardFirst: at("first", "reward"),
        rewardSecond: at("second", "reward"),
      },
    };
  };
  const labelled = gathered("labelled"), fresh = gathered("fresh");
  const start = table((s) => s.logStart), reward = table((s) => s.reward);
  const reference = laws(start), rewards = laws(reward);
  const shares = table((s) => s.contexts ?? new Float64Array(texts / size).fill(1));
  const base = new Float64Array(replicates * texts);
  samples.forEach((s, r) => base.set(s.logStart, r * texts));
  const policy = logLinear({ features, replicates, texts, dimensions, base, groupSize: size });
  const loss = () => {
    const logp = policy.logProb();
    // What an arm does not read is not gathered: it stands in as the whole law.
    const pairs = ({ n, first, second, tensors }: typeof labelled, read: boolean): PairTensors => ({
      policyFirst: read ? takeAlongLast(logp, first, n) : logp,
      policySecond: read ? takeAlongLast(logp, second, n) : logp,
      ...tensors,
    });
    return textArms[arm]({
      labelled: pairs(labelled, labelledPairs.includes(arm)),
      fresh: pairs(fresh, freshPairs.includes(arm)),
      laws: { policy: laws(logp), reference, reward: rewards },
      overContexts: (losses) => mean(tf.mul(losses, shares)),
      klWeight: KL_SCALE / Math.sqrt(labelled.n),
    });
  };
  try {
    // Adam's last steps are as long as its first: a third of them at a tenth of the length let it settle.
    const late = Math.floor(steps / 3);
    const phase = (steps: number, learningRate: number) =>
      fit({ parameters: policy.parameters, loss, steps, learningRate, arm, seeds });
    phase(steps - late, learningRate);
    const end = phase(late, learningRate / 10);
    const all = policy.parameters[0].dataSync();
    const theta = samples.map((_, r) => Float64Array.from(all.subarray(r * dimensions, (r + 1) * dimensions)));
    return { theta, end };
  } finally {
    policy.dispose();
    tf.dispose([start, reward, reference, rewards, shares, labelled.tensors, fresh.tensors]);
  }
}
