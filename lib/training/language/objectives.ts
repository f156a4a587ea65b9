/**
 * Losses of the table as objectives of token batches.
 *
 * @module
 */
import { type LossEntry, lossNamed, sft } from "../../losses/mod.ts";
import type { Tensor } from "../../tensor/backend.ts";
import { UserError } from "../../user_error.ts";
import { type ScoredExample, scoredTokens } from "./examples.ts";
import type { Objective, ObjectiveOptions, Term } from "./objective.ts";
import {
  all,
  BOTH,
  type Called,
  chosen,
  each,
  type Loss,
  PAIRED,
  paired,
  type Part,
  rejected,
  same,
} from "./objective_part.ts";
import { games, tied } from "./objectives_of_games.ts";
import { constitutions, rewarded } from "./objectives_of_groups.ts";
import { logged } from "./objectives_of_logs.ts";
import { readSpan, spanOf } from "./readings.ts";

const RATED = ["policyFirst", "policySecond", "rewardFirst", "rewardSecond"];

/** Numbers of scored tokens `[n]`. */
const counts = (scored: readonly ScoredExample[], response: number) =>
  each(scored, ({ example }) => scoredTokens(example.responses[response]));

/**
 * WPO's weights (Zhou et al., EMNLP 2024, arXiv 2406.11827, eq. 2): min(1, e^{a_w + a_l}), a the mean over response tokens
 * of log π(y_t) − log Σ_v π(v)².
 */
function wpoWeights(scored: readonly ScoredExample[]): Tensor {
  return each(scored, ({ example, policy, logCollision }) => {
    const sides = example.responses.map((_, response) => {
      const span = spanOf(example, { response, reduction: "mean" });
      return readSpan(policy[response], span) - readSpan(logCollision![response], span);
    });
    return Math.min(1, Math.exp(sides.reduce((a, b) => a + b)));
  });
}

/** The likelihood of chosen responses: minus the mean log-prob of all their tokens. */
const likelihood = (weight: number, prompt = false): Term => ({
  weight,
  reads: () => [chosen(prompt ? "whole" : "sum")],
  per: "token",
  ofRatios: false,
  loss: ([policy]) => sft(policy),
});

/** Losses of pairs beside a reference. */
function pairs({ name, inputs, loss, options }: Called): Part | undefined {
  const of = { data: "pairs", reference: true, coupled: name.startsWith("aot-") } as const;
  // AOT on pairs sorts margins of policy and reference apart.
  const ofRatios = name !== "aot-paired";
  if (name === "ld-dpo") {
    const evaluate: Term["loss"] = (p, { reference: r }) =>
      loss(paired(p.slice(0, 2), r.slice(0, 2)), paired(p.slice(2), r.slice(2)), options);
    const reads = [chosen("common"), rejected("common"), chosen("excess"), rejected("excess")];
    return { ...of, term: { reads: () => reads, ofRatios, loss: evaluate }, excessWeight: Number(options.alpha) };
  }
  const more = inputs.slice(PAIRED.length).join();
  if (!same(inputs.slice(0, PAIRED.length), PAIRED) || !["", "chosenTokens,rejectedTokens", "weights"].includes(more)) {
    return undefined;
  }
  const beside = (scored: readonly ScoredExample[]) =>
    more === ""
      ? {}
      : more === "weights"
      ? { weights: wpoWeights(scored) }
      : { chosenTokens: counts(scored, 0), rejectedTokens: counts(scored, 1) };
  const evaluate: Term["loss"] = (policy, { reference, scored }) =>
    loss({ ...paired(policy, reference), ...beside(scored) }, options);
  return { ...of, collides: more === "weights", term: { reads: BOTH, ofRatios, loss: evaluate } };
}

/** Losses of pairs under the policy alone. */
function referenceFree({ inputs, loss, options, mean }: Called): Part | undefined {
  if (!same(inputs, PAIRED.slice(0, 2))) return undefined;
  const reads = mean ? () => [chosen("mean"), rejected("mean")] : BOTH;
  const evaluate: Term["loss"] = ([policyChosen, policyRejected]) => loss({ policyChosen, policyRejected }, options);
  return { data: "pairs", reference: false, term: { reads, ofRatios: false, loss: evaluate } };
}

/** Losses of pairs with rewards. */
function rated({ inputs, loss, options }: Called): Part | undefined {
  const reference = same(inputs, [...RATED, "referenceFirst", "referenceSecond"]);
  if (!reference && !same(inputs, RATED)) return undefined;
  const evaluate: Term["loss"] = (
    [policyFirst, policySecond],
    { reference: [referenceFirst, referenceSecond], scored },
  ) =>
    loss({
      ...{ policyFirst, policySecond, ...(reference && { referenceFirst, referenceSecond }) },
      rewardFirst: each(scored, ({ example }) => example.rewards![0]),
      rewardSecond: each(scored, ({ example }) => example.rewards![1]),
    }, options);
  return { data: "rated", reference, term: { reads: BOTH, ofRatios: reference, loss: evaluate } };
}

/** Losses of single responses with labels. */
function labelled({ name, inputs, loss, options }: Called): Part | undefined {
  if (!same(inputs, ["policy", "reference", "desirable"])) return undefined;
  const found = name === "kto" ? "referencePoint" : name === "bco" ? "shift" : undefined;
  const evaluate: Term["loss"] = ([policy], { reference: [reference], scored, point }) =>
    loss(
      { policy, reference, desirable: each(scored, ({ example }) => Number(example.desirable)) },
      found === undefined ? options : { ...options, [found]: point },
    );
  return {
    ...{ data: "labelled", reference: true, term: { reads: all("sum"), ofRatios: true, loss: evaluate } },
    // TRL moves δ by the rewards of the batch before its loss.
    coupled: name === "bco",
    ...(name === "kto" ? { point: "mismatched" } : name === "bco" ? { point: "running" } : {}),
  };
}

const readsMeans = ({ reduction }: LossEntry, { link, alpha = 0 }: Readonly<Record<string, unknown>>): boolean =>
  reduction.startsWith("mean") || link === "ipo" || alpha !== 0;

/** Why a loss is not trained on lines, and what does its work. */
const REFUSED: Readonly<Record<string, string>> = {
  "bradley-terry":
    "reads rewards of a reward model, which a language model does not give; with rewards β·log-ratio it " +
    "is dpo",
  "reverse-kl-penalty":
    "is a penalty beside a loss, and alone is least at the model before training; reverse-kl has it " +
    "as --kl-weight, rlhf as --beta",
  "released-causal":
    "is what the released code computes, for comparison and not for training: its weights sum to one in " +
    "each batch, so that a text alone teaches nothing; take dr-cpo",
};

/**
 * The objective of a loss of the table.
 *
 * What its examples are follows from what it reads: log-probs of pairs, with or without a reference, of single responses with
 * labels, of texts with outcomes, of several responses with rewards or under several constitutions. What none of these has is
 * refused.
 *
 * Sums over tokens are float64. Where a loss is a function of log-ratios alone they are formed there, before anything is
 * rounded to float32: a long text's log-prob has no digits left for its difference from the reference's.
 *
 * @throws RangeError for an unknown name, UserError for a loss that cannot be trained so, with the reason
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const { data, reference } = objectiveOf("simpo", { loss: { beta: 2, gamma: 0.5 } });
 * assert.deepEqual([data, reference], ["pairs", false]);
 * assert.throws(() => objectiveOf("bradley-terry", { loss: {} }), /^UserError: loss bradley-terry reads rewards of a/);
 * ```
 */
export function objectiveOf(name: string, { loss: options, likelihood: extra }: ObjectiveOptions): Objective {
  const entry = lossNamed(name), { inputs } = entry;
  if (Object.hasOwn(REFUSED, name)) throw new UserError(`loss ${name} ${REFUSED[name]}`);
  const common = {
    ...{ name, coupled: false, collides: false },
    ...(typeof options.beta === "number" && { beta: options.beta }),
  };
  if (name === "sft") {
    if (extra !== undefined) throw new UserError("loss sft is the likelihood; leave --likelihood out");
    return { ...common, terms: [likelihood(1)], data: "pairs", reference: false };
  }
  const called = { name, inputs, options, mean: readsMeans(entry, options), loss: entry.loss as unknown as Loss };
  const part = FAMILIES.map((family) => family(called)).find((found) => found !== undefined);
  if (part === undefined) {
    throw new UserError(
      `loss ${name} reads ${inputs.join(", ")}, which no line has; deno task train --help lists others`,
    );
  }
  const { term, more = [], ...rest } = part;
  if (extra !== undefined && !["pairs", "tied", "rated"].includes(rest.data)) {
    throw new UserError(`loss ${name} has no chosen responses; leave --likelihood out`);
  }
  const terms: Term[] = [{ ...term, weight: 1, per: "example" }, ...more];
  if (extra !== undefined) terms.push(likelihood(extra.weight, extra.prompt));
  return { ...common, ...rest, terms };
}

const FAMILIES = [pairs, referenceFree, rated, labelled, games, tied, logged, rewarded, constitutions];
