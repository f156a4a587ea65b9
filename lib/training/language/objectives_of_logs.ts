/**
 * Causal losses as objectives: of texts that were shown, with their outcomes, and of texts that the model wrote.
 *
 * A text is weighed by P^f/P^R: the model's law over the one that it came from, which is the model as it was before training
 * unless its line says otherwise.
 *
 * @module
 */
import { checkNumber } from "../../losses/check_number.ts";
import { cpo, outcomeOnly } from "../../losses/mod.ts";
import { tf } from "../../tensor/backend.ts";
import type { Example } from "./examples.ts";
import type { Term } from "./objective.ts";
import { all, type Called, each, type Part } from "./objective_part.ts";
import { readSpan, spanOf } from "./readings.ts";

const KINDS = {
  "causal-cpo": "logged",
  "causal-outcome-only": "sampled",
  "dr-cpo": "logged and sampled",
} as const;

/** log P^R of a text: of the law that it was drawn from, and of being shown once it was drawn. */
const law = ({ lawLogp, shownTimes = 1 }: Example, reference: number): number =>
  (lawLogp ?? reference) + Math.log(shownTimes);

/**
 * The causal losses of the paper; beside their own options `klWeight`, λ of {@linkcode klPrice}.
 *
 * DR-CPO is a sum of two means, over shown and over sampled texts, which a batch has in any numbers: see
 * {@linkcode weighedBySample}.
 */
export function logged({ name, loss, options: { klWeight = 0, ...options } }: Called): Part | undefined {
  const kind = Object.entries(KINDS).find(([known]) => known === name)?.[1];
  if (kind === undefined) return undefined;
  const evaluate: Term["loss"] = ([logpF], { reference: [logp], scored }) => {
    const outcome = () => each(scored, ({ example }) => example.outcome!);
    const prediction = () => each(scored, ({ example }) => example.predicted!);
    if (kind !== "logged and sampled") {
      return kind === "logged"
        ? loss({ logpF, logpR: logp, outcome: outcome() }, options)
        : loss({ logpF, logpF0: logp, prediction: prediction() }, options);
    }
    const both = options as unknown as Parameters<typeof outcomeOnly>[1];
    return scored[0].example.outcome === undefined
      ? outcomeOnly({ logpF, logpF0: logp, prediction: prediction() }, both)
      : cpo({ logpF, logpR: logp, outcome: outcome() }, { ...both, baseline: prediction() });
  };
  const { ratio } = options as { readonly ratio?: { readonly kind: string } };
  return {
    ...{ data: kind, reference: true, coupled: ratio?.kind === "self-normalised" },
    term: { reads: all("sum"), ofRatios: true, law, loss: evaluate },
    ...(klWeight !== 0 && { more: [klPrice(Number(klWeight), kind)] }),
  };
}

/**
 * λ times an estimate of KL(π‖π_0), which without it nothing bounds: with lr = log π/π_0 and u the probability of a text under
 * π_0 over that of the law that it came from,
 *
 *   u (e^lr lr − e^lr + 1)
 *
 * whose mean is KL, and which is 0 or more for every text. With it a text of outcome Y is best at lr = (Y − b)/λ. Of DR-CPO's
 * two samples each gives half: a text without a price would be grown without end.
 */
function klPrice(weight: number, kind: typeof KINDS[keyof typeof KINDS]): Term {
  return {
    // Weights of examples make the mean the sum of both samples' means, each of which estimates KL.
    ...{
      weight: kind === "logged and sampled" ? weight / 2 : weight,
      per: "example",
      reads: all("sum"),
      ofRatios: true,
      law,
    },
    loss([logpF], { reference: [logp], scored }) {
      checkNumber("klWeight", weight, { min: 0 });
      const before = each(scored, ({ example, reference }) => {
        const base = readSpan(reference![0], spanOf(example, { response: 0, reduction: "sum" }));
        return law(example, base) - base;
      });
      const ratio = tf.add(tf.sub(logpF, logp), before), grown = tf.exp(ratio);
      return tf.mul(tf.add(tf.sub(tf.mul(grown, ratio), grown), 1), tf.exp(tf.neg(before)));
    },
  };
}

/**
 * Shown and sampled texts weighed so that the mean over all of them is the sum of both means: N/n each, of n of a kind among N.
 * Then the mean over any random batch is right on average, whatever it has of each.
 *
 * @throws RangeError where there are none of one kind
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const shown = { responses: [], outcome: 1, predicted: 1 }, sampled = { responses: [], predicted: 1 };
 * assert.deepEqual(weighedBySample([shown, sampled, sampled]).map(({ weight }) => weight), [3, 1.5, 1.5]);
 * ```
 */
export function weighedBySample(examples: readonly Example[]): Example[] {
  const isShown = ({ outcome }: Example) => outcome !== undefined, shown = examples.filter(isShown).length;
  const sampled = examples.length - shown;
  if (shown === 0 || sampled === 0) {
    throw new RangeError(`has ${shown} lines with an outcome and ${sampled} without; DR-CPO needs both`);
  }
  return examples.map((example) => ({ ...example, weight: examples.length / (isShown(example) ? shown : sampled) }));
}
