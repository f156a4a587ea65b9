/**
 * What the causal losses refuse: texts whose numbers make no estimate.
 *
 * A log-prob of −∞ under the policy is a text that it never writes: weight 0. Everywhere else −∞ is an error, since a text
 * that was logged or generated had a probability.
 *
 * @module
 */
import { type Tensor, tf } from "../tensor/backend.ts";
import { checkFiniteTensor, checkLogProbs, placed, rangeOf } from "./check.ts";
import { checkNumber } from "./check_number.ts";

/** The largest float32, as a logarithm: a weight past it is ∞. */
const LARGEST = Math.log(3.4028234663852886e38);

/** How weights are formed, as far as it decides what overflows. */
type Bounded =
  | { readonly kind: "plain" }
  | { readonly kind: "self-normalised" }
  | { readonly kind: "stabilised"; readonly low: number; readonly high: number };

/** The texts of one sample, each tensor broadcasting to the policy's, as given: what is made of them anew is read anew. */
interface Texts {
  /** Log-probs under the policy `[..., B]`, with the argument's name. */
  readonly policy: readonly [name: string, logp: Tensor];
  /** Log-probs under the law that the texts come from, with the argument's name. */
  readonly law: readonly [name: string, logp: Tensor];
  /** Outcomes and predictions by argument name; the value of a text is the first minus the others. */
  readonly values: Readonly<Record<string, Tensor | number>>;
}

/** Laws whose texts a policy has been trained on: its log-probs were looked at when they came in. */
const trainedOn = new WeakSet<Tensor>();

/** Whether a gradient is being taken, that is, a policy trained. */
const training = (): boolean => tf.engine().state.gradientDepth > 0;

/**
 * Checks texts before they are weighted. Outside of gradients everything is looked at. Within, what was given is read once,
 * and the policy's log-probs at the first step on these texts: what later steps make of them shows in the loss, which whoever
 * trains looks at anyway (`fit` names arm, seed and step), and reading them anew would lengthen each step by a tenth.
 *
 * @throws RangeError naming argument and text: a number that is not finite, a log-prob above 0, a weight past float32, and
 * for self-normalised weights a row in which all are 0
 * @example
 * ```ts
 * import { startBackend, tf } from "../tensor/backend.ts";
 * import assert from "node:assert/strict";
 * await startBackend("cpu");
 * const at = (value: number) => tf.tensor1d([value]);
 * const texts = { policy: ["logpF", at(-50)], law: ["logpR", at(-170)], values: { outcome: at(1) } } as const;
 * assert.throws(() => checkTexts(texts, { kind: "plain" }), {
 *   message: "logpF[0]: the weight overflows, its log is 120 (float32 ends at 88.7); self-normalised weights do not",
 * });
 * ```
 */
export function checkTexts({ policy: [name, logpF], law: [lawName, law], values }: Texts, ratio: Bounded): void {
  checkFiniteTensor(lawName, law);
  checkLogProbs(lawName, law);
  let largest = 0;
  for (const [name, value] of Object.entries(values)) {
    if (typeof value === "number") {
      checkNumber(name, value, {});
      largest += Math.abs(value);
    } else {
      checkFiniteTensor(name, value);
      const { low, high } = rangeOf(value);
      largest += Math.max(-low, high);
    }
  }
  const trains = training();
  if (trains && trainedOn.has(law)) return;
  checkWeighted(name, logpF, law, values, largest, ratio);
  if (trains && !(law instanceof tf.Variable)) trainedOn.add(law);
}

/** What the policy makes of the texts. */
function checkWeighted(
  name: string,
  logpF: Tensor,
  law: Tensor,
  values: Texts["values"],
  largest: number,
  ratio: Bounded,
): void {
  checkPolicy(name, logpF);
  if (ratio.kind === "self-normalised") return checkSomeWeight(name, logpF);
  const highest = rangeOf(logpF).high - rangeOf(law).low;
  // What the weights or their product with the values could be at most; nearly always far below.
  if (highest + Math.max(0, Math.log(largest)) < LARGEST) return;
  checkWeights(name, logpF, law, Object.values(values), ratio);
}

/** Finite or −∞, and none above 0. */
function checkPolicy(name: string, logpF: Tensor): void {
  if (rangeOf(logpF).bad >= 0) {
    const values = logpF.dataSync(), place = values.findIndex((value) => !(value < Infinity));
    if (place >= 0) {
      throw new RangeError(
        `${placed(name, logpF, place)} is ${values[place]}: expected a log-prob, finite or −Infinity`,
      );
    }
  }
  checkLogProbs(name, logpF);
}

function checkSomeWeight(name: string, logpF: Tensor): void {
  if (rangeOf(logpF).low > -Infinity) return;
  const values = logpF.dataSync(), size = logpF.shape[logpF.rank - 1] ?? 1;
  for (let row = 0; row * size < values.length; row++) {
    if (values.subarray(row * size, (row + 1) * size).some((value) => value > -Infinity)) continue;
    throw new RangeError(
      `${placed(name, logpF, row * size)}: all ${size} weights of its row are 0, and there is nothing to divide by`,
    );
  }
}

/** Each text by itself, for the few batches whose range leaves doubt. */
function checkWeights(
  name: string,
  logpF: Tensor,
  law: Tensor,
  values: readonly (Tensor | number)[],
  ratio: Exclude<Bounded, { kind: "self-normalised" }>,
): void {
  const policy = logpF.dataSync(), at = reader(law, logpF);
  const parts = values.map((value) => typeof value === "number" ? () => value : reader(value, logpF));
  for (let i = 0; i < policy.length; i++) {
    const [first, ...others] = parts.map((part) => part(i));
    const value = others.reduce((sum, other) => sum - other, first);
    let logWeight = policy[i] - at(i);
    if (ratio.kind === "stabilised") {
      logWeight = value >= 0 ? Math.min(logWeight, Math.log(ratio.high)) : Math.max(logWeight, Math.log(ratio.low));
    }
    if (Math.max(logWeight, logWeight + Math.log(Math.abs(value))) < LARGEST) continue;
    const what = logWeight < LARGEST ? `times the value ${value} overflows, its log is` : "overflows, its log is";
    throw new RangeError(
      `${placed(name, logpF, i)}: the weight ${what} ${Number(logWeight.toFixed(3))} (float32 ends at ` +
        `${LARGEST.toFixed(1)}); self-normalised weights do not`,
    );
  }
}

/** Reads a tensor at the flat places of a larger one to which it broadcasts. */
function reader(tensor: Tensor, like: Tensor): (place: number) => number {
  const values = tensor.dataSync();
  if (values.length === like.size) return (place) => values[place];
  const extra = like.rank - tensor.rank;
  return (place) => {
    let index = 0, stride = 1;
    for (let axis = like.rank - 1; axis >= 0; axis--) {
      const coordinate = place % like.shape[axis];
      place = (place - coordinate) / like.shape[axis];
      const size = axis < extra ? 1 : tensor.shape[axis - extra];
      if (size > 1) index += coordinate * stride;
      stride *= size;
    }
    return values[index];
  };
}
