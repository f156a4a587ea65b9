/**
 * What a loss holds fixed: numbers, tensors without gradient, and labels.
 *
 * @module
 */
import { type Tensor, tf } from "../tensor/backend.ts";
import { stopGradient } from "../tensor/ops.ts";
import { placed, rangeOf } from "./check.ts";

/**
 * A number or tensor as a constant that broadcasts to another tensor without enlarging it.
 *
 * @param name of the argument, for messages
 * @param value a number, or any shape that broadcasts to `like`: `[]`, `[..., 1]`, `[..., B]`
 * @param like `[..., B]`
 * @param bounds.min smallest value allowed
 * @throws TypeError when it is neither or does not broadcast, RangeError when an entry is not finite or below `min`
 * @example
 * ```ts
 * import { startBackend, tf } from "../tensor/backend.ts";
 * import assert from "node:assert/strict";
 * await startBackend("cpu");
 * const like = tf.zeros([2, 3]);
 * assert.deepEqual(constantLike("shift", tf.zeros([2, 1]), like).shape, [2, 1]);
 * assert.throws(() => constantLike("shift", tf.zeros([2]), like), {
 *   message: "shift: expected a number or a shape that broadcasts to [2,3], got [2]",
 * });
 * ```
 */
export function constantLike(
  name: string,
  value: Tensor | number,
  like: Tensor,
  bounds: { readonly min?: number } = {},
): Tensor {
  if (typeof value !== "number" && !Array.isArray(value?.shape)) {
    throw new TypeError(`${name}: expected a number or a tensor, got ${typeof value}`);
  }
  const given = typeof value === "number" ? tf.scalar(value) : value;
  const extra = like.rank - given.rank;
  if (extra < 0 || given.shape.some((size, axis) => size !== 1 && size !== like.shape[extra + axis])) {
    throw new TypeError(
      `${name}: expected a number or a shape that broadcasts to [${like.shape}], got [${given.shape}]`,
    );
  }
  // A number is judged as given, not as float32 rounds it.
  const { bad, low } = typeof value === "number"
    ? { bad: Number.isFinite(value) ? -1 : 0, low: value }
    : rangeOf(given);
  const { min = -Infinity } = bounds;
  if (bad >= 0 || low < min) {
    const values = typeof value === "number" ? [value] : given.dataSync();
    const place = values.findIndex((v) => !(Number.isFinite(v) && v >= min));
    throw new RangeError(
      `${placed(name, given, place)} is ${values[place]}: expected a finite number${
        min > -Infinity ? ` >= ${min}` : ""
      }`,
    );
  }
  return stopGradient(given);
}

/**
 * One of two numbers for every example, chosen by its label.
 *
 * @param name of the labels' argument, for messages
 * @param labels 1 or 0 (or booleans) `[..., B]`
 * @param whenTrue for label 1
 * @param whenFalse for label 0
 * @returns a constant `[..., B]`
 * @throws RangeError naming the first label that is neither 0 nor 1
 * @example
 * ```ts
 * import { startBackend, tf } from "../tensor/backend.ts";
 * import assert from "node:assert/strict";
 * await startBackend("cpu");
 * assert.deepEqual([...byLabel("desirable", tf.tensor1d([1, 0, 1]), 1, -1).dataSync()], [1, -1, 1]);
 * ```
 */
export function byLabel(name: string, labels: Tensor, whenTrue: number, whenFalse: number): Tensor {
  const given = labels.dataSync();
  const out = new Float32Array(given.length);
  for (let i = 0; i < given.length; i++) {
    if (given[i] !== 0 && given[i] !== 1) throw new RangeError(`${name}[${i}] is ${given[i]}: expected 0 or 1`);
    out[i] = given[i] === 1 ? whenTrue : whenFalse;
  }
  return tf.tensor(out, labels.shape);
}
