/**
 * The trainer of log-linear policies: every replicate of a block in one program, from π0.
 *
 *   π_θ(a|x) ∝ π0(a|x) exp(θ·φ(x,a))
 *
 * @module
 */
import { descend } from "../exact/law_descent.ts";
import type { Term } from "../exact/law_terms.ts";
import { logLinear, type Policy } from "../policies/loglinear.ts";
import type { Tensor } from "../tensor/backend.ts";
import { type Batch, batchOf, type BatchOptions, joined } from "./batch.ts";
import { fit, type FitResult } from "./fit.ts";

/** A number of steps of one size. */
interface Phase {
  /** >= 0. */
  readonly steps: number;
  /** Adam's step size. */
  readonly learningRate: number;
}

/** What is trained, on what, and how. */
interface TrainerOptions<Sample> extends BatchOptions<Sample> {
  /** Named in errors. */
  readonly arm: string;
  /** Seed of each replicate `[R]`; named in errors. */
  readonly seeds: readonly number[];
  /** φ row-major `[X, D]`: one for all samples, or each sample's own. */
  readonly features: Float64Array | ((sample: Sample) => Float64Array);
  /** D. */
  readonly dimensions: number;
  /** One after the other, each with an optimiser of its own. */
  readonly phases: readonly Phase[];
}

/** The data of a block and the means to train on them. */
export interface Trainer<Sample> {
  readonly data: Batch<Sample>;
  /** A policy at π0, or at another table of logits `[X]`; freed with the trainer. */
  policy(start?: (sample: Sample) => Float64Array): Policy;
  /**
   * Minimises a loss `[R]` over all policies named.
   *
   * @param phases those of the trainer unless given
   * @returns how the last phase ended
   * @throws DivergenceError as {@linkcode fit} does
   */
  minimise(policies: readonly Policy[], loss: () => Tensor, phases?: readonly Phase[]): FitResult;
  /** θ of each replicate `[R][D]`. */
  theta(policy: Policy): Float64Array[];
  /**
   * Minimises terms of log-probs in float64, each replicate by itself and without tensors: {@linkcode descend}.
   *
   * @param terms of a replicate
   * @param from where it goes on; π0 unless given
   * @throws DivergenceError as {@linkcode descend} does
   */
  descend(terms: (sample: Sample, r: number) => readonly Term[], from?: Learned): Learned;
}

/** What a policy learned. */
export interface Learned {
  /** θ of each replicate `[R][D]`. */
  readonly theta: readonly Float64Array[];
  /** Euclidean norm of the last gradient `[R]`: how far from converged. */
  readonly gradientNorm: ArrayLike<number>;
}

/**
 * Does some work with a trainer, and frees its tensors.
 *
 * @throws TypeError or RangeError where sizes disagree, as {@linkcode logLinear} does
 * @example Two replicates, each with a reward of its own: π ∝ π0 e^{R}
 * ```ts
 * import { startBackend, tf } from "../tensor/backend.ts";
 * import assert from "node:assert/strict";
 * await startBackend("cpu");
 * const { theta } = withTrainer({
 *   arm: "reward",
 *   seeds: [0, 1],
 *   samples: [1, -2],
 *   start: () => Float64Array.of(-Math.LN2, -Math.LN2),
 *   features: Float64Array.of(1, 0),
 *   dimensions: 1,
 *   phases: [{ steps: 400, learningRate: 0.05 }, { steps: 200, learningRate: 0.005 }],
 * }, (trainer) =>
 *   learn(trainer, (policy) => {
 *     const reward = trainer.data.table("reward", (sample) => [sample, 0]);
 *     const gain = tf.sub(reward, tf.sub(policy, trainer.data.reference));
 *     return tf.neg(tf.sum(tf.mul(tf.exp(policy), gain), -1));
 *   }));
 * assert.ok(Math.abs(theta[0][0] - 1) < 1e-3 && Math.abs(theta[1][0] + 2) < 1e-3);
 * ```
 */
export function withTrainer<Sample, T>(options: TrainerOptions<Sample>, work: (trainer: Trainer<Sample>) => T): T {
  const { arm, seeds, samples, features, dimensions, start, groupSize, phases } = options;
  const data = batchOf(options), policies: Policy[] = [], replicates = samples.length;
  const featuresOf = typeof features === "function" ? features : () => features;
  const trainer: Trainer<Sample> = {
    data,
    descend(terms, from) {
      const learned = samples.map((sample, r) => {
        const logStart = start(sample), responses = groupSize ?? logStart.length;
        const space = { logStart, features: featuresOf(sample), responses };
        return descend(space, terms(sample, r), { arm, seed: seeds[r], phases, from: from?.theta[r] });
      });
      return {
        theta: learned.map(({ theta }) => theta),
        gradientNorm: learned.map(({ gradientNorm }) => gradientNorm),
      };
    },
    policy(from = start) {
      const base = joined(samples.map(from), Float64Array), texts = base.length / replicates;
      const phi = typeof features === "function" ? joined(samples.map(features), Float64Array) : features;
      const policy = logLinear({ features: phi, replicates, texts, dimensions, base, groupSize });
      policies.push(policy);
      return policy;
    },
    minimise(some, loss, these = phases) {
      const parameters = some.flatMap((policy) => policy.parameters);
      return these.map((phase) => fit({ parameters, loss, ...phase, arm, seeds })).at(-1)!;
    },
    theta(policy) {
      const all = policy.parameters[0].dataSync();
      return samples.map((_, r) => Float64Array.from(all.subarray(r * dimensions, (r + 1) * dimensions)));
    },
  };
  try {
    return work(trainer);
  } finally {
    data.dispose();
    policies.forEach((policy) => policy.dispose());
  }
}

/**
 * Trains one policy from π0.
 *
 * @param loss of each replicate `[R]`, given log π of all texts `[R, X]`
 */
export function learn<Sample>(trainer: Trainer<Sample>, loss: (policy: Tensor) => Tensor): Learned {
  const policy = trainer.policy();
  const { gradientNorm } = trainer.minimise([policy], () => loss(policy.logProb()));
  return { theta: trainer.theta(policy), gradientNorm };
}
