/**
 * Tabular policies: a table of logits for each replicate.
 *
 *   π(a|s) = exp θ[s, a] / Σ_b exp θ[s, b]
 *
 * @module
 */
import { type Tensor, tf, type Variable } from "../tensor/backend.ts";
import { logSoftmax, takeAlongLast } from "../tensor/ops.ts";
import type { Rng } from "../random.ts";

/** A trainable table: `R` independent copies trained in one program. */
interface TabularPolicy {
  /** The logits, one variable `[R, S, A]`. */
  readonly parameters: readonly Variable[];
  /** log π(a|s) of every action in every state, in nats, `[R, S, A]`; differentiable. */
  logProbs(): Tensor;
  /**
   * Where the choices of actions in states stand in a replicate's table, for {@linkcode logProb}.
   *
   * @param states row-major `[R, N]`
   * @param actions row-major `[R, N]`
   * @returns row-major `[R, N]`
   * @throws TypeError when they do not split into replicates or differ in number, RangeError naming an index that is out
   * of range
   */
  choices(states: Uint32Array, actions: Uint32Array): Uint32Array;
  /**
   * log π(action|state) of choices, in nats, `[R, N]`; differentiable.
   *
   * @param logProbs what {@linkcode logProbs} gives: computed once for several sets of choices
   * @param choices from {@linkcode choices}
   */
  logProb(logProbs: Tensor, choices: Uint32Array): Tensor;
  /**
   * Draws an action for each state, `[R, N]` row-major, with a stream of its own for each replicate.
   *
   * @param states row-major `[R, N]`
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
 * const choices = policy.choices(Uint32Array.of(0, 2, 1, 1), Uint32Array.of(1, 3, 0, 2)); // two for each replicate
 * assert.deepEqual([...policy.logProb(policy.logProbs(), choices).dataSync()], new Array(4).fill(Math.fround(-Math.log(4))));
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
  /** Row of the table that each state has. */
  const rowsOf = (states: Uint32Array) => {
    const count = states.length / replicates;
    if (!Number.isInteger(count)) {
      throw new TypeError(`states: ${states.length} do not split into ${replicates} replicates`);
    }
    return states.map((state, i) => {
      if (state >= S) throw new RangeError(`states[${i}] is ${state}: expected 0 .. ${S - 1}`);
      return Math.floor(i / count) * S + state;
    });
  };
  return {
    parameters: [theta],
    logProbs: () => logSoftmax(theta),
    choices(states, actions) {
      if (actions.length !== states.length) {
        throw new TypeError(`actions: expected ${states.length} as there are states, got ${actions.length}`);
      }
      const rows = rowsOf(states);
      return actions.map((action, i) => {
        if (action >= A) throw new RangeError(`actions[${i}] is ${action}: expected 0 .. ${A - 1}`);
        return (rows[i] % S) * A + action;
      });
    },
    logProb: (logProbs, choices) =>
      takeAlongLast(tf.reshape(logProbs, [replicates, S * A]), choices, choices.length / replicates),
    sample(states, rngs) {
      const values = theta.dataSync<"float32">(), count = states.length / replicates;
      return rowsOf(states).map((row, i) => {
        const logits = values.subarray(row * A, (row + 1) * A), top = logits.reduce((a, b) => Math.max(a, b));
        return rngs[Math.floor(i / count)].categorical(Float64Array.from(logits, (l) => Math.exp(l - top)), 1)[0];
      });
    },
    dispose: () => theta.dispose(),
  };
}
