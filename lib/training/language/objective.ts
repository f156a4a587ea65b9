/**
 * Losses of the table as objectives of token batches: what they read of each example, and how they are averaged.
 *
 * @module
 */
import { lossNamed, type PairedLogps, sft, wpo } from "../../losses/mod.ts";
import { type Tensor, tf } from "../../tensor/backend.ts";
import { UserError } from "../../user_error.ts";
import { type ScoredExample, scoredTokens } from "./examples.ts";
import { type Reading, readSpan, spanOf } from "./readings.ts";

/** What a term is given beside the policy's numbers. */
interface Given {
  /** The reference's numbers of the same readings, each `[n]`. */
  readonly reference: readonly Tensor[];
  /** The examples `[n]`. */
  readonly scored: readonly ScoredExample[];
  /** z0 of KTO or δ of BCO, for the losses that have one. */
  readonly point: number;
}

/** A summand of an objective. */
export interface Term {
  readonly weight: number;
  /** The policy's numbers that it is a function of. */
  readonly reads: readonly Reading[];
  /**
   * What its sum is divided by: the number of examples, or of all tokens of its one reading, as the usual mean
   * over the tokens of a batch has it.
   */
  readonly per: "example" | "token";
  /** Whether it is a function of log-ratios alone, so that both sides may be moved by the same number. */
  readonly ofRatios: boolean;
  /** Loss of each example `[n]`, given the policy's numbers, each `[n]`. */
  readonly loss: (policy: readonly Tensor[], given: Given) => Tensor;
}

/** What is minimised. */
export interface Objective {
  /** Name in the table of losses. */
  readonly name: string;
  readonly terms: readonly Term[];
  /** What an example is: two responses, or one with a label. */
  readonly data: "pairs" | "labelled";
  /** Whether the reference's log-probs are read. */
  readonly reference: boolean;
  /** Whether the slope of one example depends on the log-probs of others, so that a batch is scored before any way back. */
  readonly coupled: boolean;
  /** Whether laws of tokens are read as well: WPO's weights. */
  readonly collides: boolean;
  /** How {@linkcode Given.point} comes about: a mean over mismatched pairs, or over all rewards so far. */
  readonly point?: "mismatched" | "running";
  /** β of the loss, where it has one. */
  readonly beta?: number;
  /** Weight of what a response has beyond the shorter one's length, where that is not 1: LD-DPO's α. */
  readonly excessWeight?: number;
}

/** How an objective differs from its loss. */
export interface ObjectiveOptions {
  /** Options of the loss, by the names of the table. */
  readonly loss: Readonly<Record<string, unknown>>;
  /** A likelihood term beside the loss: minus the mean log-prob of the tokens of chosen responses, times the weight. */
  readonly likelihood?: {
    readonly weight: number;
    /** Whether the prompt's tokens count too, as in TRL's ORPO. */
    readonly prompt?: boolean;
  };
}

const PAIRED = ["policyChosen", "policyRejected", "referenceChosen", "referenceRejected"];
const same = (a: readonly string[], b: readonly string[]) => a.join() === b.join();

type Loss = (logps: unknown, ...more: unknown[]) => Tensor;

const chosen = (reduction: Reading["reduction"]): Reading => ({ response: 0, reduction });
const rejected = (reduction: Reading["reduction"]): Reading => ({ response: 1, reduction });

/** Readings of both sides as the losses of pairs name them. */
function paired([policyChosen, policyRejected]: readonly Tensor[], [c, r]: readonly Tensor[]): PairedLogps {
  return { policyChosen, policyRejected, referenceChosen: c, referenceRejected: r };
}

/** Numbers of scored tokens `[n]`. */
const counts = (scored: readonly ScoredExample[], response: number) =>
  tf.tensor1d(scored.map(({ example }) => scoredTokens(example.responses[response])));

/**
 * WPO's weights (Zhou et al., EMNLP 2024, arXiv 2406.11827, eq. 2): min(1, e^{a_w + a_l}), a the mean over response tokens
 * of log π(y_t) − log Σ_v π(v)².
 */
function wpoWeights(scored: readonly ScoredExample[]): Tensor {
  return tf.tensor1d(scored.map(({ example, policy, logCollision }) => {
    const sides = example.responses.map((_, response) => {
      const span = spanOf(example, { response, reduction: "mean" });
      return readSpan(policy[response], span) - readSpan(logCollision![response], span);
    });
    return Math.min(1, Math.exp(sides.reduce((a, b) => a + b)));
  }));
}

/** The likelihood of chosen responses: minus the mean log-prob of all their tokens. */
const likelihood = (weight: number, prompt = false): Term => ({
  weight,
  reads: [chosen(prompt ? "whole" : "sum")],
  per: "token",
  ofRatios: false,
  loss: ([policy]) => sft(policy),
});

/**
 * The objective of a loss of the table.
 *
 * Which losses there are follows from what they read: log-probs of pairs, with or without a reference, per token or not, and
 * log-probs of single responses with labels. Rewards, games, samples of the policy and enumerated laws are read by the
 * others, which are refused.
 *
 * Sums over tokens are float64. Where a loss is a function of log-ratios alone they are formed there, before anything is
 * rounded to float32: a long text's log-prob has no digits left for its difference from the reference's.
 *
 * @throws RangeError for an unknown name, UserError for a loss that reads something else
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const { data, reference } = objectiveOf("simpo", { loss: { beta: 2, gamma: 0.5 } });
 * assert.deepEqual([data, reference], ["pairs", false]);
 * assert.throws(() => objectiveOf("rloo", { loss: {} }), /^UserError: loss rloo reads policy, reward/);
 * ```
 */
export function objectiveOf(name: string, { loss: options, likelihood: extra }: ObjectiveOptions): Objective {
  const entry = lossNamed(name), { inputs } = entry, loss = entry.loss as unknown as Loss;
  const more = extra === undefined ? [] : [likelihood(extra.weight, extra.prompt)];
  const beta = typeof options.beta === "number" ? { beta: options.beta } : {};
  const common = { name, coupled: false, collides: false, ...beta };
  const term = (reads: readonly Reading[], evaluate: Term["loss"], ofRatios: boolean): Term => ({
    ...{ weight: 1, reads, per: "example", ofRatios, loss: evaluate },
  });
  const withReference = (reads: readonly Reading[], evaluate: Term["loss"]): Objective => ({
    ...common,
    terms: [term(reads, evaluate, name !== "aot-paired"), ...more],
    data: "pairs",
    reference: true,
    coupled: name.startsWith("aot-"),
  });
  if (name === "sft") {
    if (extra !== undefined) throw new UserError("loss sft is the likelihood; leave --likelihood out");
    return { ...common, terms: [likelihood(1)], data: "pairs", reference: false };
  }
  if (name === "wpo") {
    const evaluate: Term["loss"] = (policy, { reference, scored }) =>
      wpo(
        { ...paired(policy, reference), weights: wpoWeights(scored) },
        options as unknown as Parameters<typeof wpo>[1],
      );
    return { ...withReference([chosen("sum"), rejected("sum")], evaluate), collides: true };
  }
  if (name === "ld-dpo") {
    const evaluate: Term["loss"] = (p, { reference: r }) =>
      loss(paired(p.slice(0, 2), r.slice(0, 2)), paired(p.slice(2), r.slice(2)), options);
    const reads = [chosen("common"), rejected("common"), chosen("excess"), rejected("excess")];
    return { ...withReference(reads, evaluate), excessWeight: Number(options.alpha) };
  }
  if (same(inputs, PAIRED)) {
    return withReference(
      [chosen("sum"), rejected("sum")],
      (policy, { reference }) => loss(paired(policy, reference), options),
    );
  }
  if (same(inputs, [...PAIRED, "chosenTokens", "rejectedTokens"])) {
    return withReference([chosen("sum"), rejected("sum")], (policy, { reference, scored }) =>
      loss({
        ...paired(policy, reference),
        chosenTokens: counts(scored, 0),
        rejectedTokens: counts(scored, 1),
      }, options));
  }
  if (same(inputs, PAIRED.slice(0, 2))) {
    const mean = entry.reduction.startsWith("mean") || options.link === "ipo" || (options.alpha ?? 0) !== 0;
    const reduction = mean ? "mean" : "sum";
    return {
      ...common,
      terms: [
        term(
          [chosen(reduction), rejected(reduction)],
          ([policyChosen, policyRejected]) => loss({ policyChosen, policyRejected }, options),
          false,
        ),
        ...more,
      ],
      data: "pairs",
      reference: false,
    };
  }
  if (same(inputs, ["policy", "reference", "desirable"])) {
    if (extra !== undefined) throw new UserError(`loss ${name} has no chosen responses; leave --likelihood out`);
    const point = name === "kto" ? "referencePoint" : name === "bco" ? "shift" : undefined;
    const desirable = (scored: readonly ScoredExample[]) =>
      tf.tensor1d(scored.map(({ example }) => Number(example.desirable)));
    return {
      ...common,
      terms: [
        term(
          [chosen("sum")],
          ([policy], { reference: [reference], scored, point: at }) =>
            loss(
              { policy, reference, desirable: desirable(scored) },
              point === undefined ? options : { ...options, [point]: at },
            ),
          true,
        ),
      ],
      data: "labelled",
      reference: true,
      // TRL moves δ by the rewards of the batch before its loss.
      coupled: name === "bco",
      ...(name === "kto" ? { point: "mismatched" } : name === "bco" ? { point: "running" } : {}),
    };
  }
  throw new UserError(
    `loss ${name} reads ${
      inputs.join(", ")
    }, which lines of responses do not have; choose a loss of pairs or of labelled ` +
      "responses: deno task losses lists them",
  );
}
