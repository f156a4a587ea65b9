/**
 * What all steps of a training share.
 *
 * @module
 */
import type { LanguageModel } from "../../policies/language/model.ts";
import type { Example, TokenLogps } from "./examples.ts";
import type { FrozenStates } from "./frozen_states.ts";
import type { Objective } from "./objective.ts";

/** δ of BCO and the number of rewards behind it: part of the state of training. */
interface Points {
  mean: number;
  count: number;
}

/** Log-probs of an example under the reference. */
export interface ReferenceScores {
  /** Of each response. */
  readonly responses: readonly TokenLogps[];
  /** Of the mismatched pair, where the example has one. */
  readonly mismatched?: TokenLogps;
}

/** What a step is made of, the same for all steps. */
export interface Setting {
  readonly model: LanguageModel;
  readonly objective: Objective;
  /** By example, where the objective reads a reference. */
  readonly reference: ReadonlyMap<Example, ReferenceScores>;
  /** Examples of one pass. */
  readonly micro: number;
  /** Whether blocks are run again on the way back: less memory, more time. */
  readonly recomputes: boolean;
  /** Where states below the first trained block are kept. */
  readonly states?: FrozenStates;
  /** δ of BCO, from step to step. */
  readonly points: Points;
}
