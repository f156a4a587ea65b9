/**
 * Log-probs of chosen tokens from the last states of a language model, without the table of all logits.
 *
 * @module
 */
import { logSoftmax } from "../../tensor/fused/log_softmax.ts";
import { pickedLogProbs, picksOf } from "../../tensor/fused/picked.ts";
import type { Matrix } from "../../tensor/held_matrix.ts";
import { type Tensor, tf } from "../../tensor/tf.ts";
import { numbersOf, type Product, product, productBack } from "./linear.ts";
import type { Slopes } from "./slopes.ts";

/** Logits that are in memory at a time, at most, but for one row. */
const LOGITS_AT_A_TIME = 2 ** 23;

/** Slopes of logits that are kept for the way back of a trained classifier, at most; more are computed again. */
const SLOPES_KEPT = 2 ** 25;

/** The last product of a model. */
export interface Classifier {
  /** `[V, D]` */
  readonly weight: Matrix;
  /** Whether it is trained. */
  readonly trained: boolean;
  /** Bound `c` of the logits, `c·tanh(l/c)`. */
  readonly softCap?: number;
}

/** Log-probs, and the way back. */
interface Scored {
  /** In nats `[R]`. */
  readonly logp: Float32Array;
  /** log Σ_v π(v)² of each row, in nats `[R]`, where it was asked for. */
  readonly logCollision?: Float32Array;
  /** The slope of the states `[R, D]` from that of the log-probs `[R]`; frees what was kept. */
  back(dlogp: Float32Array, slopes: Slopes): Tensor;
  /** Frees what was kept. */
  dispose(): void;
}

/**
 * Logits of states, capped where the model caps them; call it inside `tf.tidy`.
 *
 * @param states `[R, D]`
 * @param by who multiplies
 * @returns `[R, V]`
 * @example
 * ```ts ignore
 * const logits = logitsOf(classifier, states);
 * ```
 */
export function logitsOf({ weight, softCap }: Classifier, states: Tensor, by: Product = product): Tensor {
  return capped(by(states, weight), softCap);
}

function capped(logits: Tensor, softCap: number | undefined): Tensor {
  if (softCap === undefined) return logits;
  return tf.mul(tf.sub(tf.mul(tf.sigmoid(tf.mul(logits, 2 / softCap)), 2), 1), softCap);
}

/** log Σ_v π(v)² of each row `[R, V]` → `[R]`. */
function collisions(logits: Tensor): Tensor {
  return tf.log(tf.sum(tf.exp(tf.mul(logSoftmax(logits), 2)), 1));
}

/**
 * log softmax(logits)[ids] of each row.
 *
 * Rows are worked through some at a time, so that no more than 32 MiB of logits are there at once. The slope of a log-prob
 * in its logits does not depend on the loss, so it is found on the way forward, from the logits that are there anyway; with
 * a frozen classifier that in the state too: two products instead of three. A trained one keeps 128 MiB of slopes at most.
 *
 * @param states `[R, D]`; the caller's, and not to be freed before the way back
 * @param ids `[R]`
 * @param keeps whether there will be a way back
 * @param collides whether to find how likely two draws are the same token; it has no gradient
 * @throws RangeError for an id outside of the vocabulary
 * @example
 * ```ts
 * import { startBackend, tf } from "../../tensor/backend.ts";
 * import assert from "node:assert/strict";
 * await startBackend("cpu");
 * const classifier = { weight: tf.variable(tf.tensor2d([[0], [Math.log(3)]])), trained: false };
 * const { logp } = score(classifier, tf.ones([1, 1]), Uint32Array.of(1), false);
 * assert.ok(Math.abs(logp[0] - Math.log(3 / 4)) < 1e-6);
 * ```
 */
export function score(
  classifier: Classifier,
  states: Tensor,
  ids: Uint32Array,
  keeps: boolean,
  collides = false,
): Scored {
  const { trained, softCap } = classifier, [vocabulary] = classifier.weight.shape, [rows, width] = states.shape;
  const step = Math.max(1, Math.floor(LOGITS_AT_A_TIME / vocabulary));
  const logp = new Float32Array(rows), units: Tensor[] = [], kept: Tensor[] = [];
  const logCollision = collides ? new Float32Array(rows) : undefined;
  const keepsSlopes = keeps && trained && rows * vocabulary <= SLOPES_KEPT;
  const parts = Array.from({ length: Math.ceil(rows / step) }, (_, i) => {
    const from = i * step, count = Math.min(step, rows - from);
    const indices = Uint32Array.from({ length: count }, (_, r) => r);
    const picks = picksOf({ rows: indices, ids: ids.subarray(from, from + count) }, {
      ...{ rows: count, width: vocabulary, outputs: count },
    });
    const picked = (logits: Tensor) => pickedLogProbs(capped(logits, softCap), picks, [count]);
    /** Log-probs, and the slope of each in its logits: that of a loss is a multiple of it, row by row. */
    const sloped = (logits: Tensor) => tf.valueAndGrad((x) => picked(x as Tensor))(logits, tf.ones([count]));
    return { from, count, picked, sloped, states: () => tf.slice(states, [from, 0], [count, width!]) };
  });
  for (const { from, picked, sloped, states } of parts) {
    tf.tidy(() => {
      const logits = product(states(), classifier.weight);
      logCollision?.set(collisions(capped(logits, softCap)).dataSync<"float32">(), from);
      if (keeps && !trained || keepsSlopes) {
        const { value, grad } = sloped(logits);
        logp.set(value.dataSync<"float32">(), from);
        if (trained) kept.push(tf.keep(grad as Tensor));
        else units.push(tf.keep(productBack(grad as Tensor, classifier.weight)));
      } else logp.set(picked(logits).dataSync<"float32">(), from);
    });
  }
  const dispose = () => tf.dispose([...units, ...kept]);
  return {
    logp,
    ...(logCollision === undefined ? {} : { logCollision }),
    dispose,
    back(dlogp, slopes) {
      if (dlogp.length !== rows) throw new TypeError(`dlogp: expected ${rows} entries, got ${dlogp.length}`);
      const dstates = tf.tidy(() => {
        const slopesOf = parts.map(({ from, count, sloped, states }, i) => {
          const upstream = tf.tensor2d(dlogp.subarray(from, from + count), [count, 1]);
          if (!trained) return tf.mul(units[i], upstream);
          return tf.tidy(() => {
            const weight = numbersOf(classifier.weight),
              x = states(),
              unit = kept[i] ?? sloped(tf.matMul(x, weight, false, true)).grad;
            slopes.add(weight, tf.matMul(unit, tf.mul(x, upstream), true, false));
            return tf.mul(tf.matMul(unit, weight), upstream) as Tensor;
          });
        });
        if (slopesOf.length === 0) return tf.zeros([0, width!]) as Tensor;
        return (slopesOf.length === 1 ? slopesOf[0] : tf.concat(slopesOf, 0)) as Tensor;
      });
      dispose();
      return dstates;
    },
  };
}
