/**
 * How fast the engine that runs is, on the two kinds of work experiments give it.
 *
 * @module
 */
import { logLinear } from "../policies/loglinear.ts";
import { Rng } from "../random.ts";
import { tf } from "../tensor/backend.ts";
import { fit } from "../training/fit.ts";

/** Texts and features of the policy that is trained for measurement. */
export const TRAINING_SIZE = { texts: 200, dimensions: 16 } as const;

/**
 * Trains log-linear policies on a known outcome, minus V(f) + 0.1 KL(f || f0), full batch.
 *
 * @param replicates policies `R` that are trained in one program
 * @param steps Adam steps; the loss and its gradient are evaluated once more behind the last
 * @example
 * ```ts
 * import { startBackend } from "../tensor/backend.ts";
 * await startBackend("cpu");
 * trainForSpeed(2, 1);
 * ```
 */
export function trainForSpeed(replicates: number, steps: number): void {
  const { texts, dimensions } = TRAINING_SIZE;
  const rng = Rng.seed(0);
  const normals = (count: number) => Float64Array.from({ length: count }, () => rng.normal());
  const policy = logLinear({
    features: normals(replicates * texts * dimensions),
    replicates,
    texts,
    dimensions,
    base: new Float64Array(texts).fill(-Math.log(texts)),
  });
  const outcome = tf.tensor2d(Float32Array.from(normals(texts)), [1, texts]);
  const loss = () => {
    const logF = policy.logProb();
    // KL to a uniform f0 is the negative entropy up to a constant.
    return tf.sum(tf.mul(tf.exp(logF), tf.sub(tf.mul(logF, 0.1), outcome)), -1);
  };
  try {
    const seeds = Array.from({ length: replicates }, (_, r) => r);
    fit({ parameters: policy.parameters, loss, steps, learningRate: 0.05, arm: "speed", seeds });
  } finally {
    policy.dispose();
    outcome.dispose();
  }
}

/**
 * Time of one float32 product of two square matrices.
 *
 * @param size rows and columns
 * @returns seconds, the mean over about `budget` milliseconds
 *
 * @example
 * ```ts
 * import { startBackend } from "../tensor/backend.ts";
 * import assert from "node:assert/strict";
 * await startBackend("cpu");
 * assert.ok(productSeconds(8, 1) > 0);
 * ```
 */
export function productSeconds(size: number, budget: number): number {
  const rng = Rng.seed(0);
  const matrix = () => tf.tensor2d(Float32Array.from({ length: size * size }, () => rng.uniform()), [size, size]);
  const a = matrix(), b = matrix();
  try {
    return secondsOf(() => {
      const product = tf.matMul(a, b);
      product.dataSync();
      product.dispose();
    }, budget);
  } finally {
    tf.dispose([a, b]);
  }
}

/**
 * Time of one training step of 20 policies at once.
 *
 * @returns seconds, the mean over about `budget` milliseconds
 *
 * @example
 * ```ts
 * import { startBackend } from "../tensor/backend.ts";
 * import assert from "node:assert/strict";
 * await startBackend("cpu");
 * assert.ok(trainingStepSeconds(1) > 0);
 * ```
 */
export function trainingStepSeconds(budget: number): number {
  const steps = 9;
  return secondsOf(() => trainForSpeed(20, steps), budget) / (steps + 1);
}

/** Mean time of some work after one warm-up. */
function secondsOf(work: () => void, budget: number): number {
  work();
  const began = performance.now();
  let count = 0, elapsed = 0;
  for (; elapsed < budget; elapsed = performance.now() - began) {
    work();
    count++;
  }
  return elapsed / 1000 / count;
}
