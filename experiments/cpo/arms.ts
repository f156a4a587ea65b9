/**
 * The policy-learning arms on real texts, as losses on tensors: how each turns one and the same log into an objective.
 *
 * Every arm maximises an estimate of V(f) minus λ·KL(f ‖ f0); they differ in the estimate alone.
 *
 * @module
 */
import type { Tensor } from "@tensorflow/tfjs";
import { cpo, drCpo, outcomeOnly, plain } from "../../lib/losses/causal.ts";
import { type Policy } from "../../lib/policies/loglinear.ts";
import { tf } from "../../lib/tensor/backend.ts";
import { takeAlongLast } from "../../lib/tensor/ops.ts";
import { fit, type FitResult } from "../../lib/training/fit.ts";
import type { Sample } from "./learning.ts";

/** All replicates as tensors: `[R, n]` at logged texts, `[R, m]` at generated ones, `[R, X]` over the pool. */
export interface Batch {
  readonly logged: {
    readonly logpF: Tensor;
    readonly logpR: Tensor;
    readonly logpF0: Tensor;
    readonly outcome: Tensor;
    readonly meanOutcome: Tensor;
    readonly outside: Tensor;
    readonly crossFitted: Tensor;
  };
  readonly generated: {
    readonly logpF: Tensor;
    readonly logpF0: Tensor;
    readonly outside: Tensor;
    readonly crossFitted: Tensor;
  };
  readonly pool: { readonly logpF: Tensor; readonly truth: Tensor };
}

const mean = (losses: Tensor): Tensor => tf.mean(losses, -1);

const doublyRobust = ({ logged, generated }: Batch, model: "outside" | "crossFitted"): Tensor => {
  const { correction, outcome } = drCpo(
    { ...logged, prediction: logged[model] },
    { ...generated, prediction: generated[model] },
    plain,
  );
  return tf.add(mean(correction), mean(outcome));
};

/** Minus the estimated value of each replicate's policy, `[R]`. */
export const policyArms = {
  /** As if the logged texts had been drawn from f0. */
  "naive": ({ logged }: Batch) => mean(cpo({ ...logged, logpR: logged.logpF0 }, plain)),
  "outcome-only": ({ generated }: Batch) => mean(outcomeOnly({ ...generated, prediction: generated.outside }, plain)),
  "cpo": ({ logged }: Batch) => mean(cpo(logged, plain)),
  "cpo-baseline": ({ logged }: Batch) => mean(cpo(logged, { ...plain, baseline: logged.meanOutcome })),
  "snipw": ({ logged }: Batch) => mean(cpo(logged, { ratio: { kind: "self-normalised" } })),
  /** Clipped as the released code clips. */
  "clipped": ({ logged }: Batch) => mean(cpo(logged, { ratio: { kind: "stabilised", low: 0.8, high: 1.2 } })),
  "dr-cpo": (batch: Batch) => doublyRobust(batch, "outside"),
  "dr-cpo-cross-fitted": (batch: Batch) => doublyRobust(batch, "crossFitted"),
  /** The true value: what the policy class can reach. */
  "oracle": ({ pool }: Batch) => tf.neg(tf.sum(tf.mul(tf.exp(pool.logpF), pool.truth), -1)),
} as const satisfies Record<string, (batch: Batch) => Tensor>;

/** Id of a policy-learning arm. */
export type PolicyArm = keyof typeof policyArms;

/** How a policy is trained. */
export interface LearnOptions {
  readonly steps: number;
  readonly learningRate: number;
  /** λ: weight of KL(f ‖ f0). */
  readonly klWeight: number;
  readonly seeds: readonly number[];
}

/**
 * Trains one policy per replicate.
 *
 * @returns log f of every text `[X]` per replicate, the first parameter of each replicate, and how training ended
 */
export function learn(
  arm: PolicyArm,
  policy: Policy,
  samples: readonly Sample[],
  { steps, learningRate, klWeight, seeds }: LearnOptions,
): { logF: Float64Array[]; theta: Float64Array[]; end: FitResult } {
  const replicates = samples.length, texts = samples[0].world.texts;
  const n = samples[0].log.text.length, m = samples[0].generated.length;
  const table = (row: (s: Sample) => ArrayLike<number>, width: number) =>
    tf.tensor2d(Float32Array.from(samples.flatMap((s) => Array.from(row(s)))), [replicates, width]);
  const at = (values: (s: Sample) => Float64Array, texts: (s: Sample) => Uint32Array) => (s: Sample) =>
    Float64Array.from(texts(s), (x) => values(s)[x]);
  const textOf = (s: Sample) => s.log.text, generatedOf = (s: Sample) => s.generated;
  const flat = (pick: (s: Sample) => Uint32Array) => Uint32Array.from(samples.flatMap((s) => Array.from(pick(s))));
  const loggedIndex = flat(textOf), generatedIndex = flat(generatedOf);

  const constants = {
    logpR: table((s) => s.logPropensity, n),
    loggedF0: table(at((s) => s.world.logStart, textOf), n),
    outcome: table((s) => s.log.outcome, n),
    meanOutcome: table((s) => [s.log.outcome.reduce((a, b) => a + b, 0) / n], 1),
    loggedOutside: table(at((s) => s.outside, textOf), n),
    loggedCrossFitted: table((s) => s.crossFitted.logged, n),
    generatedF0: table(at((s) => s.world.logStart, generatedOf), m),
    generatedOutside: table(at((s) => s.outside, generatedOf), m),
    generatedCrossFitted: table(at((s) => s.crossFitted.pool, generatedOf), m),
    start: table((s) => s.world.logStart, texts),
    truth: table((s) => s.world.outcome, texts),
  };
  const needsLogged = !["outcome-only", "oracle"].includes(arm);
  const needsGenerated = ["outcome-only", "dr-cpo", "dr-cpo-cross-fitted"].includes(arm);
  const loss = () => {
    const logpF = policy.logProb();
    const batch: Batch = {
      logged: {
        logpF: needsLogged ? takeAlongLast(logpF, loggedIndex, n) : logpF,
        logpR: constants.logpR,
        logpF0: constants.loggedF0,
        outcome: constants.outcome,
        meanOutcome: constants.meanOutcome,
        outside: constants.loggedOutside,
        crossFitted: constants.loggedCrossFitted,
      },
      generated: {
        logpF: needsGenerated ? takeAlongLast(logpF, generatedIndex, m) : logpF,
        logpF0: constants.generatedF0,
        outside: constants.generatedOutside,
        crossFitted: constants.generatedCrossFitted,
      },
      pool: { logpF, truth: constants.truth },
    };
    const kl = tf.sum(tf.mul(tf.exp(logpF), tf.sub(logpF, constants.start)), -1);
    return tf.add(policyArms[arm](batch), tf.mul(kl, klWeight)) as Tensor;
  };
  try {
    const end = fit({ parameters: policy.parameters, loss, steps, learningRate, arm, seeds });
    const split = (all: ArrayLike<number>) => {
      const width = all.length / replicates;
      return samples.map((_, r) => Float64Array.from({ length: width }, (_, i) => all[r * width + i]));
    };
    const logF = split(tf.tidy(() => policy.logProb().dataSync()));
    return { logF, theta: split(policy.parameters[0].dataSync()), end };
  } finally {
    tf.dispose(constants);
  }
}
