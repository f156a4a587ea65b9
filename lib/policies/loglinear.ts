/**
 * Log-linear policies over a finite pool of texts, with a leading replicate axis.
 *
 *   f_θ(x) ∝ f0(x) exp(θ·φ(x))
 *
 * @module
 */
import { type Tensor, tf, type Variable } from "../tensor/backend.ts";
import { logSoftmax } from "../tensor/ops.ts";

/** A trainable policy: `R` independent copies trained in one program. */
export interface Policy {
  /** Trainable tensors, each `[R, ...]`. */
  readonly parameters: readonly Variable[];
  /** Number of replicates `R`. */
  readonly replicates: number;
  /** log f(x) of every text in nats, `[R, X]`; differentiable in the parameters. */
  logProb(): Tensor;
  /** Frees the tensors. */
  dispose(): void;
}

/** What a log-linear policy is made of. */
export interface LogLinearOptions {
  /**
   * Text features φ, row-major float64: `[X, D]` when all replicates share one pool, `[R, X, D]` when each has its own.
   */
  readonly features: Float64Array;
  /** Number of replicates `R`. */
  readonly replicates: number;
  /** Number of texts `X`. */
  readonly texts: number;
  /** Number of features `D`. */
  readonly dimensions: number;
  /** log f0 in nats, `[X]` or `[R, X]`: the policy at θ = 0, up to normalisation. */
  readonly base: Float64Array;
  /**
   * Texts come in groups of this size and the policy is a law within each group (a context with its candidate
   * actions) instead of one law over the pool. A base of −Infinity marks an empty slot. Default: one group.
   */
  readonly groupSize?: number;
}

/** Large enough to give probability 0 in float32, small enough to stay finite under differences. */
const IMPOSSIBLE = -1e9;

/**
 * A log-linear policy that starts at f0.
 *
 * An empty slot has probability 0 and a log-prob near −1e9, finite so that sums of f·log f stay so.
 *
 * @throws TypeError when sizes disagree, RangeError when a base is NaN or +Infinity or leaves a law without texts
 * @example At θ = 0 the policy is f0
 * ```ts
 * import { startBackend } from "../tensor/backend.ts";
 * import assert from "node:assert/strict";
 * await startBackend("cpu");
 * const policy = logLinear({
 *   features: Float64Array.of(1, -1), replicates: 1, texts: 2, dimensions: 1,
 *   base: Float64Array.of(Math.log(0.25), Math.log(0.75)),
 * });
 * const [p] = policy.logProb().exp().dataSync();
 * assert.ok(Math.abs(p - 0.25) < 1e-6);
 * ```
 */
export function logLinear(options: LogLinearOptions): Policy {
  const { features, replicates, texts, dimensions, base } = options;
  const groupSize = options.groupSize ?? texts;
  const shared = features.length === texts * dimensions;
  if (!shared && features.length !== replicates * texts * dimensions) {
    throw new TypeError(
      `features: expected ${texts} x ${dimensions} or ${replicates} x ${texts} x ${dimensions} numbers, ` +
        `got ${features.length}`,
    );
  }
  if (base.length !== texts && base.length !== replicates * texts) {
    throw new TypeError(`base: expected ${texts} or ${replicates} x ${texts} numbers, got ${base.length}`);
  }
  if (!(groupSize >= 1 && texts % groupSize === 0)) {
    throw new TypeError(`groupSize: ${texts} texts do not split into groups of ${groupSize}`);
  }
  for (let start = 0; start < base.length; start += groupSize) {
    const group = base.subarray(start, start + groupSize);
    const bad = group.findIndex((b) => !(b < Infinity));
    if (bad >= 0) {
      throw new RangeError(
        `base[${start + bad}] is ${group[bad]}: expected a finite number, or -Infinity for an empty slot`,
      );
    }
    if (group.every((b) => b === -Infinity)) {
      throw new RangeError(`base[${start}] to base[${start + group.length - 1}] are all -Infinity: a law needs a text`);
    }
  }
  const phi: Tensor = shared
    ? tf.tensor2d(Float32Array.from(features), [texts, dimensions])
    : tf.tensor3d(Float32Array.from(features), [replicates, texts, dimensions]);
  const offset = tf.tensor2d(
    Float32Array.from(base, (b) => Math.max(b, IMPOSSIBLE)),
    [base.length / texts, texts],
  );
  const zeros = tf.zeros([replicates, dimensions]);
  const theta = tf.variable(zeros); // a copy
  zeros.dispose();
  /** θ·Φᵀ, `[R, X]`; a product for each replicate, so that none rounds differently for having company. */
  const scores = (): Tensor => {
    const rows = tf.matMul(tf.reshape(theta, [replicates, 1, dimensions]) as Tensor, phi, false, true);
    return tf.reshape(rows, [replicates, texts]);
  };
  return {
    parameters: [theta],
    replicates,
    logProb: () => {
      const all = tf.add(scores(), offset);
      if (groupSize === texts) return logSoftmax(all);
      const grouped = logSoftmax(tf.reshape(all, [replicates, texts / groupSize, groupSize]));
      return tf.reshape(grouped, [replicates, texts]);
    },
    dispose: () => tf.dispose([phi, offset, theta]),
  };
}
