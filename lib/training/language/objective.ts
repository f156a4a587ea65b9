/**
 * What is minimised over token batches: what it reads of each example, and how it is averaged.
 *
 * @module
 */
import type { Tensor } from "../../tensor/backend.ts";
import type { ScoredExample } from "./examples.ts";
import type { Reading } from "./readings.ts";

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
  /** What an example is: two responses, two with a reward each, or one with a label. */
  readonly data: "pairs" | "rated" | "labelled";
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
