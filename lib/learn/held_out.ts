/**
 * What a policy does on rows that it has not learned from.
 *
 * @module
 */
import { sigmoid, softplus } from "../exact/logistic.ts";
import { type LawClass, lawOf, score } from "../exact/laws.ts";
import { tokenize } from "../datasets/text_features.ts";
import type { LearnData } from "./data.ts";

/** Numbers of one held-out row. */
export type Measures = Readonly<Record<string, number>>;

/** A policy of a fold. */
export interface FoldPolicy {
  /** `[D]` */
  readonly theta: Float64Array;
  /** The same, scaled to the budget of KL `[D]`. */
  readonly equal: Float64Array;
  /** What multiplies log-ratios to give rewards; 1 for losses without one. */
  readonly beta: number;
}

/**
 * Measures of a held-out pair. A tie has no right order: what counts one is NaN there.
 *
 * - `accuracy`: 1 where the policy raises the chosen text more than the other, 1/2 where both alike
 * - `preferred`: probability of the chosen text under the policy, given that it is one of both
 * - `log-loss`: −log of the probability that the rewards, β times log-ratios, give the choice in a Bradley-Terry model
 * - `kl`: KL(π ‖ π0) at the prompt, in nats; `chosen` and `rejected`: log π/π0, in nats
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { pairsData } from "./data.ts";
 * const even = { logStart: Float64Array.of(-Math.LN2, -Math.LN2), features: Float64Array.of(1, 0), responses: 2 };
 * const theta = Float64Array.of(1), data = pairsData([{ prompt: "a", chosen: "b", rejected: "c d" }]);
 * const measures = pairMeasures(data, 0, even, { theta, equal: theta, beta: 1 });
 * assert.deepEqual([measures.accuracy, measures["picked-words"], measures["other-words"]], [1, 1, 2]);
 * ```
 */
export function pairMeasures(
  data: LearnData,
  row: number,
  space: LawClass,
  { theta, equal, beta }: FoldPolicy,
): Measures {
  if (data.kind !== "pairs") throw new TypeError("expected pairs");
  const { prompt, chosen, rejected, tied } = data.rows[row], first = prompt * space.responses;
  const of = (weights: Float64Array) => [chosen, rejected].map((text) => score(space, weights, first + text));
  const [c, r] = of(theta), [ec, er] = of(equal), margin = c - r, { kl, logNormaliser } = lawOf(space, theta, prompt);
  const words = [chosen, rejected].map((text) => tokenize(data.prompts[prompt].texts[text]).length);
  const accuracy = margin > 0 ? 1 : margin < 0 ? 0 : 0.5, [picked, other] = margin >= 0 ? words : words.toReversed();
  const counted = (value: number) => tied ? NaN : value;
  return {
    accuracy: counted(accuracy),
    preferred: counted(sigmoid(margin)),
    "equal-kl-preferred": counted(sigmoid(ec - er)),
    "log-loss": counted(softplus(-beta * margin)),
    predicted: sigmoid(beta * margin),
    kl,
    chosen: c - logNormaliser,
    rejected: r - logNormaliser,
    won: tied ? 0.5 : accuracy,
    "picked-words": picked,
    "other-words": other,
  };
}

/** What is predicted of the outcomes of a log. */
interface LogPrediction {
  /** Predicted outcome of each cell of the table of candidates `[P·A]`. */
  readonly predicted: Float64Array;
}

/**
 * Measures of a held-out row of a log, whose means estimate values of policies.
 *
 * - `value`: Σ_a π(a) q(a) + π(a_i)/p_i (r_i − q(a_i)), the row's term of the doubly robust estimate
 * - `gain` over the uniform π0 and `gain-over-log` over what was shown; `equal-kl-…` at a budget of KL
 * - `weight`: π(a_i)/p_i
 *
 * @example Where nothing is predicted, the doubly robust term is that of inverse propensities
 * ```ts
 * import assert from "node:assert/strict";
 * import { logData } from "./data.ts";
 * const row = { prompt: "a", outcome: 3, propensity: 0.5 }, theta = Float64Array.of(0);
 * const even = { logStart: Float64Array.of(-Math.LN2, -Math.LN2), features: Float64Array.of(1, 0), responses: 2 };
 * const data = logData([{ ...row, text: "b" }, { ...row, text: "c" }]), predicted = new Float64Array(2);
 * assert.ok(Math.abs(logMeasures(data, 0, even, { theta, equal: theta }, { predicted }).value - 3) < 1e-12);
 * ```
 */
export function logMeasures(
  data: LearnData,
  row: number,
  space: LawClass,
  { theta, equal }: Pick<FoldPolicy, "theta" | "equal">,
  { predicted }: LogPrediction,
): Measures {
  if (data.kind !== "log") throw new TypeError("expected a log");
  const { prompt, text, outcome, propensity } = data.rows[row], first = prompt * space.responses;
  const term = (chances: ArrayLike<number>) => {
    let direct = 0;
    for (let a = 0; a < space.responses; a++) direct += chances[a] * predicted[first + a];
    return direct + chances[text] / propensity * (outcome - predicted[first + text]);
  };
  const { chances, kl } = lawOf(space, theta, prompt), value = term(chances);
  const start = term(space.logStart.subarray(first, first + space.responses).map(Math.exp));
  const same = term(lawOf(space, equal, prompt).chances);
  return {
    ...{ value, gain: value - start, "gain-over-log": value - outcome, "equal-kl-value": same },
    ...{ "equal-kl-gain": same - start, kl, weight: chances[text] / propensity },
  };
}
