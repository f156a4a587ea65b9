/**
 * Weights of texts that came from another law than the policy's: how many of them still count.
 *
 * @module
 */
import { UserError } from "../../user_error.ts";
import type { Example, ScoredExample } from "./examples.ts";
import type { Objective } from "./objective.ts";
import { readSpan, spanOf } from "./readings.ts";
import type { ReferenceScores } from "./setting.ts";

/**
 * log π(y) − log P(y) of each response, P the law that it came from; undefined where the objective weighs none.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { objectiveOf } from "./objectives.ts";
 * const cpo = objectiveOf("causal-cpo", { loss: { ratio: { kind: "plain" } } }), logps = (logp: number) => [Float32Array.of(0, logp)];
 * const example = { responses: [{ ids: Uint32Array.of(1, 2), from: 1 }], outcome: 1, shownTimes: 2 };
 * const [w] = logWeightsOf(cpo, { example, policy: logps(-1), reference: logps(-2) })!;
 * assert.ok(Math.abs(w - (1 - Math.log(2))) < 1e-15);
 * ```
 */
export function logWeightsOf({ data, terms: [{ law }] }: Objective, scored: ScoredExample): number[] | undefined {
  if (law === undefined && data !== "rewarded") return undefined;
  const { example, policy, reference } = scored;
  return example.responses.map((_, response) => {
    const span = spanOf(example, { response, reduction: "sum" }), base = readSpan(reference![response], span);
    return readSpan(policy[response], span) - (law?.(example, base) ?? base);
  });
}

/** Log of a weight beyond which its product with an outcome may leave float32, whose log ends at 88.7. */
const LARGEST = 80;

/**
 * Refuses lines whose weight overflows before anything has moved: what they say of their law is not so.
 *
 * @param reference log-probs of each example under the model before training
 * @throws UserError naming the line
 * @example
 * ```ts ignore
 * checkWeights(objective, examples, reference);
 * ```
 */
export function checkWeights(
  objective: Objective,
  examples: readonly Example[],
  reference: ReadonlyMap<Example, ReferenceScores>,
): void {
  // Weights that are divided by their mean do not overflow.
  if (objective.coupled) return;
  for (const example of examples.filter(({ lawLogp }) => lawLogp !== undefined)) {
    const { responses } = reference.get(example)!;
    const [logWeight] = logWeightsOf(objective, { example, policy: responses, reference: responses }) ?? [0];
    if (logWeight <= LARGEST) continue;
    throw new UserError(
      `${example.at}: the model gives this text e^${logWeight.toFixed(0)} times the probability that its ` +
        "logging_logprob says: write its log-prob in nats, summed over tokens, or take --ratio self-normalised",
    );
  }
}

/**
 * The law that weights make of texts, the largest of them first taken out of all.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.deepEqual(lawOn([1000, 1000]), [0.5, 0.5]);
 * ```
 */
export function lawOn(logWeights: readonly number[]): number[] {
  const most = logWeights.reduce((a, b) => Math.max(a, b)), weights = logWeights.map((w) => Math.exp(w - most));
  const total = weights.reduce((a, b) => a + b);
  return weights.map((w) => w / total);
}

/**
 * Kish's effective sample size over the number of texts, (Σw)²/(n Σw²): 1 where all weights are alike, 1/n where one has it all.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(effectiveShare([0, 0, -Infinity, -Infinity]), 0.5);
 * ```
 */
export function effectiveShare(logWeights: readonly number[]): number {
  return 1 / (logWeights.length * lawOn(logWeights).reduce((sum, p) => sum + p * p, 0));
}
