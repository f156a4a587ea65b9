/**
 * What is minimised over token batches: what it reads of each example, and how it is averaged.
 *
 * @module
 */
import type { Tensor } from "../../tensor/backend.ts";
import type { Example, ScoredExample } from "./examples.ts";
import type { Reading } from "./readings.ts";

/** What a term is given beside the policy's numbers. */
export interface Given {
  /** The reference's numbers of the same readings, each `[n]`. */
  readonly reference: readonly Tensor[];
  /** The examples `[n]`. */
  readonly scored: readonly ScoredExample[];
  /** z0 of KTO or δ of BCO, for the losses that have one. */
  readonly point: number;
}

/**
 * What an example is:
 * - `pairs`, `tied`, `rated`: two responses; with whether they tie; with a reward each
 * - `labelled`: one response and whether it is a good one
 * - `logged`, `sampled`: one response that was shown, with its outcome; one that the model wrote, with a predicted outcome
 * - `logged and sampled`: the first with a prediction beside its outcome, or the second
 * - `rewarded`: any number of responses, with a reward each
 * - `constitutions`: a response to each of some constitutions, under each of them
 */
export type ExampleKind =
  | "pairs"
  | "tied"
  | "rated"
  | "labelled"
  | "logged"
  | "sampled"
  | "logged and sampled"
  | "rewarded"
  | "constitutions";

/** A summand of an objective. */
export interface Term {
  readonly weight: number;
  /** The policy's numbers that it is a function of, for examples with so many responses. */
  readonly reads: (responses: number) => readonly Reading[];
  /**
   * What its sum is divided by: the number of examples, or of all tokens of its one reading, as the usual mean
   * over the tokens of a batch has it.
   */
  readonly per: "example" | "token";
  /** Whether it is a function of log-ratios alone, so that both sides may be moved by the same number. */
  readonly ofRatios: boolean;
  /** The log-prob that a response is weighed against, where that is not the reference's own, which is given. */
  readonly law?: (example: Example, reference: number) => number;
  /** Loss of each of some examples of one shape `[n]`, given the policy's numbers, each `[n]`. */
  readonly loss: (policy: readonly Tensor[], given: Given) => Tensor;
}

/** What is minimised. */
export interface Objective {
  /** Name in the table of losses. */
  readonly name: string;
  readonly terms: readonly Term[];
  readonly data: ExampleKind;
  /** Whether the reference's log-probs are read, by the loss or by what is measured beside it. */
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
