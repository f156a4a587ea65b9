/**
 * The loss of what is held out, from its log-probs, pair by pair.
 *
 * @module
 */
import { lossNamed } from "../../losses/mod.ts";
import { startBackend, type Tensor, tf } from "../../tensor/backend.ts";
import type { Prediction } from "./predictions.ts";

/** Losses that read more than log-probs of whole responses, or sort those of a pass. */
const OTHERS = ["wpo", "ld-dpo", "aot-paired", "aot-unpaired"];
/** Where in a prediction a loss's input stands; lengths apart. */
const PLACES: Readonly<Record<string, readonly ["policy" | "reference" | "tokens", 0 | 1]>> = {
  ...{ policyChosen: ["policy", 0], policyRejected: ["policy", 1] },
  ...{ referenceChosen: ["reference", 0], referenceRejected: ["reference", 1] },
  ...{ chosenTokens: ["tokens", 0], rejectedTokens: ["tokens", 1] },
};

/**
 * The table's loss of each pair; the engine is `cpu` afterwards.
 *
 * @param perToken whether the loss reads means over tokens in place of sums
 * @returns undefined where the loss is no function of the log-probs that predictions have
 * @example TRL's IPO averages log-ratios over tokens
 * ```ts
 * import assert from "node:assert/strict";
 * const pair = { prompt: "a", policy: [-4, -6], reference: [-6, -6], tokens: [2, 3] } as const;
 * const losses = await lossesOfPairs([pair], { name: "ipo-mean", options: { tau: 0.5 } }, false);
 * assert.deepEqual([...losses!], [0]);
 * ```
 */
export async function lossesOfPairs(
  predictions: readonly Prediction[],
  { name, options }: { readonly name: string; readonly options: Readonly<Record<string, unknown>> },
  perToken: boolean,
): Promise<Float32Array | undefined> {
  const { loss, inputs, options: known } = lossNamed(name);
  const missing = Object.entries(known).some(([key, { default: usual }]) => usual === undefined && !(key in options));
  const read = (input: string) =>
    predictions.map((prediction) => {
      const [of, side] = PLACES[input], value = prediction[of]?.[side] ?? NaN;
      return perToken && of !== "tokens" ? value / prediction.tokens![side] : value;
    });
  if (missing || OTHERS.includes(name) || inputs.some((input) => !Object.hasOwn(PLACES, input))) return undefined;
  const given = inputs.map((input) => [input, read(input)] as const);
  if (given.some(([, values]) => values.some(Number.isNaN))) return undefined;
  await startBackend("cpu");
  return tf.tidy(() => {
    const logps = Object.fromEntries(given.map(([input, values]) => [input, tf.tensor1d(values)]));
    const each = (loss as unknown as (given: Readonly<Record<string, Tensor>>, options: object) => Tensor)(
      logps,
      options,
    );
    return each.dataSync() as Float32Array;
  });
}
