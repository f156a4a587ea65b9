/**
 * Tabular policies: a table of logits for each replicate.
 *
 *   π(a|s) = exp θ[s, a] / Σ_b exp θ[s, b]
 *
 * @module
 */
import { type Tensor, tf, type Variable } from "../tensor/backend.ts";
import { pickedLogProbs, type Picks, picksOf } from "../tensor/fused/picked.ts";
import { logSoftmax } from "../tensor/ops.ts";
import type { Rng } from "../tensor/random.ts";

/** A trainable table: `R` independent copies trained in one program. */
export interface TabularPolicy {
  /** The logits, one variable `[R, S, A]`. */
  readonly parameters: readonly Variable[];
  /** log π(a|s) of every action in every state, in nats, `[R, S, A]`; differentiable. */
  logProbs(): Tensor;
  /**
   * Checked choices of actions in states, for {@linkcode logProb}.
   *
   * @param states `[N]` for all replicates alike, or row-major `[R, N]`
   * @param actions of the same size
   * @throws TypeError for other sizes, RangeError naming an index that is out of range
   */
  choices(states: Uint32Array, actions: Uint32Array): Picks;
  /** log π(action|state) of choices, in nats, `[R, N]`; differentiable. */
  logProb(choices: Picks): Tensor;
  /**
   * Draws an action for each state, `[R, N]` row-major, with a stream of its own for each replicate.
   *
   * @param states `[N]`, or row-major `[R, N]`
   * @param rngs `[R]`
   */
  sample(states: Uint32Array, rngs: readonly Rng[]): Uint32Array;
  /** Frees the tensors. */
  dispose(): void;
}

/**
 * Tabular policies with the given logits.
 *
 * @param options.replicates `R`
 * @param options.states `S`
 * @param options.actions `A`
 * @param options.logits row-major `[S, A]` for all replicates alike, or `[R, S, A]`; default: 0, uniform policies
 * @throws TypeError when there are other numbers of logits
 * @example
 * ```ts
 * import { startBackend } from "../tensor/backend.ts";
 * import assert from "node:assert/strict";
 * await startBackend("wasm");
 * const policy = tabular({ replicates: 2, states: 3, actions: 4 });
 * const choices = policy.choices(Uint32Array.of(0, 2), Uint32Array.of(1, 3));
 * assert.deepEqual([...policy.logProb(choices).dataSync()], new Array(4).fill(Math.fround(-Math.log(4))));
 * policy.dispose();
 * ```
 */
export function tabular(
  { replicates, states: S, actions: A, logits = new Float64Array(S * A) }: {
    readonly replicates: number;
    readonly states: number;
    readonly actions: number;
    readonly logits?: Float64Array;
  },
): TabularPolicy {
  if (logits.length !== S * A && logits.length !== replicates * S * A) {
    throw new TypeError(`logits: expected ${S} x ${A} or ${replicates} x ${S} x ${A} numbers, got ${logits.length}`);
  }
  const start = Float32Array.from({ length: replicates * S * A }, (_, i) => logits[i % logits.length]);
  const theta = tf.tidy(() => tf.variable(tf.tensor3d(start, [replicates, S, A])));
  /** Row-major `[R, N]` whichever way it is given. */
  const forEach = (name: string, index: Uint32Array, count: number): Uint32Array => {
    if (index.length !== count && index.length !== replicates * count) {
      throw new TypeError(`${name}: expected ${count} or ${replicates} x ${count} entries, got ${index.length}`);
    }
    return Uint32Array.from({ length: replicates * count }, (_, i) => index[i % index.length]);
  };
  const rowsOf = (states: Uint32Array, count: number) =>
    forEach("states", states, count).map((state, i) => {
      if (state >= S) throw new RangeError(`states: ${state} at ${i % count}, expected 0 .. ${S - 1}`);
      return Math.floor(i / count) * S + state;
    });
  const countOf = (states: Uint32Array, others: Uint32Array) => {
    const least = Math.min(states.length, others.length);
    return states.length === others.length && least % replicates === 0 && replicates > 1 ? least : least;
  };
  return {
    parameters: [theta],
    logProbs: () => logSoftmax(theta),
    choices: (states, actions) => {
      const count = countOf(states, actions);
      return picksOf({ rows: rowsOf(states, count), ids: forEach("actions", actions, count) }, {
        rows: replicates * S,
        width: A,
        outputs: replicates * count,
      });
    },
    logProb: (choices) => pickedLogProbs(theta, choices, [replicates, choices.sizes.outputs / replicates]),
    sample: () => new Uint32Array(),
    dispose: () => theta.dispose(),
  };
}
