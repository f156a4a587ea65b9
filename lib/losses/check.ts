/**
 * Checks of the arguments of losses: wrong shapes and numbers stop at the door, with names and sizes.
 *
 * @module
 */
import { type Tensor, tf } from "../tensor/backend.ts";

/** What a tensor's numbers are like. */
interface Range {
  /** Place of the first number that is not finite; −1 where all are. */
  readonly bad: number;
  /** Smallest number but NaN; ∞ where there is none. */
  readonly low: number;
  /** Largest number but NaN; −∞ where there is none. */
  readonly high: number;
}

/**
 * Tensors do not change, so each is read once: what stays the same over training (a reference's log-probs, labels,
 * weights) costs nothing at later steps.
 */
const seen = new WeakMap<Tensor, Range>();

/**
 * The range of a tensor's numbers, read once.
 *
 * @example
 * ```ts
 * import { startBackend, tf } from "../tensor/backend.ts";
 * import assert from "node:assert/strict";
 * await startBackend("cpu");
 * assert.deepEqual(rangeOf(tf.tensor1d([-3, -Infinity, -1])), { bad: 1, low: -Infinity, high: -1 });
 * ```
 */
export function rangeOf(tensor: Tensor): Range {
  const before = seen.get(tensor);
  if (before) return before;
  const values = tensor.dataSync();
  // Without a branch, since the policy's log-probs are read at every step: times 0, what is not finite becomes NaN.
  let low = Infinity, high = -Infinity, odd = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    low = value < low ? value : low;
    high = value > high ? value : high;
    odd += value * 0;
  }
  const bad = odd === 0 ? -1 : values.findIndex((value) => !Number.isFinite(value));
  const found = { bad, low, high };
  // A variable is the one tensor that takes other numbers.
  if (!(tensor instanceof tf.Variable)) seen.set(tensor, found);
  return found;
}

/**
 * How far above 0 rounding leaves a log-prob: a few float32 units of logits, summed over a sure policy's tokens. Where
 * *all* are above 0, a hundredth of it is too far.
 */
const ROUNDING = 1e-3;

/**
 * Checks that log-probs can be such.
 *
 * @param name of the argument, for messages
 * @param tensor of any shape; what is not finite is left to others
 * @throws RangeError naming argument and position of the first one above 0, and saying so where all look like
 * probabilities
 * @example
 * ```ts
 * import { startBackend, tf } from "../tensor/backend.ts";
 * import assert from "node:assert/strict";
 * await startBackend("cpu");
 * assert.throws(() => checkLogProbs("policy", tf.tensor1d([-1, 0.5])), {
 *   message: "policy[1] is 0.5: expected a log-prob, at most 0",
 * });
 * assert.throws(() => checkLogProbs("policy", tf.tensor1d([0.75, 0.5])), {
 *   message: "policy[0] is 0.75: expected a log-prob, at most 0; all lie in (0, 1], as probabilities do: take their logarithms",
 * });
 * ```
 */
export function checkLogProbs(name: string, tensor: Tensor): void {
  const { low, high } = rangeOf(tensor);
  const probabilities = low > 0 && high <= 1 && high > ROUNDING / 100;
  if (!(high > ROUNDING) && !probabilities) return;
  const values = tensor.dataSync(), limit = probabilities ? 0 : ROUNDING;
  const place = values.findIndex((value) => value > limit);
  const why = probabilities ? "; all lie in (0, 1], as probabilities do: take their logarithms" : "";
  throw new RangeError(`${placed(name, tensor, place)} is ${values[place]}: expected a log-prob, at most 0${why}`);
}

/** How a message names an entry: "x[3]", and "x" for a tensor of one number without shape. */
export const placed = (name: string, { rank }: Tensor, place: number): string =>
  rank === 0 ? name : `${name}[${place}]`;

/** Arguments that hold log-probs, by the names that all losses give them: policyChosen, referenceFirst, logps. */
const LOG_PROBS = /^(policy|reference|logp)/;

/**
 * Checks that tensors have one shape and hold finite numbers, and those named policy…, reference… or logp… none above 0.
 * Each tensor is read once, however often it is given.
 *
 * @param tensors by argument name; the first one sets the shape
 * @throws TypeError naming what is no tensor, or both shapes; RangeError naming argument and position of a number that is
 * not finite, or of a log-prob above 0
 * @example
 * ```ts
 * import { startBackend, tf } from "../tensor/backend.ts";
 * import assert from "node:assert/strict";
 * await startBackend("cpu");
 * const chosen = tf.tensor1d([-1, -2]), rejected = tf.tensor1d([-3]);
 * assert.throws(() => checkTensors({ chosen, rejected }), /rejected: expected the shape \[2\] of chosen, got \[1\]/);
 * ```
 */
export function checkTensors(tensors: Readonly<Record<string, Tensor>>): void {
  for (const [name, tensor] of Object.entries(tensors)) {
    if (!Array.isArray(tensor?.shape)) throw new TypeError(`${name}: expected a tensor, got ${typeof tensor}`);
  }
  const [[first, { shape }]] = Object.entries(tensors);
  for (const [name, tensor] of Object.entries(tensors)) {
    if (tensor.shape.join() !== shape.join()) {
      throw new TypeError(`${name}: expected the shape [${shape}] of ${first}, got [${tensor.shape}]`);
    }
    checkFiniteTensor(name, tensor);
    if (LOG_PROBS.test(name)) checkLogProbs(name, tensor);
  }
}

/**
 * Checks that a tensor holds finite numbers.
 *
 * @throws RangeError naming argument and position of the first one that is not
 * @example
 * ```ts
 * import { startBackend, tf } from "../tensor/backend.ts";
 * import assert from "node:assert/strict";
 * await startBackend("cpu");
 * assert.throws(() => checkFiniteTensor("reward", tf.tensor1d([0, NaN])), {
 *   message: "reward[1] is NaN: expected a finite number",
 * });
 * ```
 */
export function checkFiniteTensor(name: string, tensor: Tensor): void {
  const { bad } = rangeOf(tensor);
  if (bad < 0) return;
  throw new RangeError(`${placed(name, tensor, bad)} is ${tensor.dataSync()[bad]}: expected a finite number`);
}

/**
 * Checks that an options object holds nothing that the loss would ignore.
 *
 * @param name of the loss
 * @param given the options object; an option set to `undefined` counts as absent
 * @param known names of the options that the loss reads
 * @throws TypeError naming the first unknown option and listing the known ones
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.throws(() => checkOptions("kto", { bta: 1 }, ["beta"]), {
 *   message: "kto: unknown option bta; it takes beta",
 * });
 * ```
 */
export function checkOptions(name: string, given: object, known: readonly string[]): void {
  for (const [option, value] of Object.entries(given)) {
    if (value === undefined || known.includes(option)) continue;
    throw new TypeError(`${name}: unknown option ${option}; it takes ${known.join(", ") || "no options"}`);
  }
}
