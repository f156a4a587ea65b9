/**
 * What a language model learns preferences from, in tokens.
 *
 * @module
 */
import { UserError } from "../../user_error.ts";

/** A prompt with a response to it. */
export interface Response {
  /** Prompt, then response `[T]`. */
  readonly ids: Uint32Array;
  /** Where the response begins; the first token of a text is never scored. */
  readonly from: number;
}

/** Texts by group: those of a group may begin with the same prompt, which is run once. */
export type TextGroups = readonly (readonly Response[])[];

/** A line of the data. */
export interface Example {
  /** Where it was read, for errors, such as `pairs.jsonl:3`. */
  readonly at?: string;
  /**
   * The chosen and the rejected response of a pair; or one alone; or any number of them with rewards. With C constitutions,
   * C responses under the first of them, then under the second: C² in all.
   */
  readonly responses: readonly Response[];
  /** What its loss counts for beside that of others; 1 unless given. */
  readonly weight?: number;
  /** Rewards of the responses, for losses that read them. */
  readonly rewards?: readonly number[];
  /** Whether the responses of a pair are equally good. */
  readonly tied?: boolean;
  /** What was observed where the response was shown. */
  readonly outcome?: number;
  /** What is predicted to be observed. */
  readonly predicted?: number;
  /** Log-prob in nats of the law that the response came from; that of the reference unless given. */
  readonly lawLogp?: number;
  /** How many times as probable it was to be shown as to be drawn from that law; 1 unless given. */
  readonly shownTimes?: number;
  /** Constitutions behind each other in {@linkcode Example.responses}. */
  readonly constitutions?: number;
  /** Whether a lone response is a good one. */
  readonly desirable?: boolean;
  /** The prompt of a lone response with a response to another prompt, for KTO's reference point. */
  readonly mismatched?: Response;
}

/** Log-probs of one text's tokens, by position `[T]`; 0 where they were not asked for. */
export type TokenLogps = Float32Array;

/** An example with the log-probs of its tokens. */
export interface ScoredExample {
  readonly example: Example;
  /** Under the policy, of each response. */
  readonly policy: readonly TokenLogps[];
  /** Under the reference, where the loss has one. */
  readonly reference?: readonly TokenLogps[];
  /** log Σ_v π(v)² of each token's law, where the loss asks for it. */
  readonly logCollision?: readonly TokenLogps[];
}

/**
 * Refuses log-probs that are not finite, which an untrained model gives where its weights are damaged.
 *
 * @param logps of one text of the example `[T]`
 * @param whose the model that gave them, in words
 * @throws UserError with the line, and what to do
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const example = { at: "pairs.jsonl:3", responses: [] };
 * checkFinite(example, Float32Array.of(0, -1), "the model");
 * assert.throws(() => checkFinite(example, Float32Array.of(0, NaN), "the model"), /^UserError: pairs.jsonl:3: .* NaN/);
 * ```
 */
export function checkFinite({ at = "an example" }: Example, logps: TokenLogps, whose: string): void {
  const bad = logps.findIndex((logp) => !Number.isFinite(logp));
  if (bad < 0) return;
  throw new UserError(
    `${at}: ${whose} gives token ${bad} a log-prob of ${logps[bad]}; its weights may be damaged: get the model again`,
  );
}

/**
 * Where scoring begins: at the response, or after the first token where the response is all.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(firstScored({ ids: Uint32Array.of(1, 2), from: 0 }), 1);
 * ```
 */
export const firstScored = ({ from }: Response): number => Math.max(1, from);

/**
 * How many tokens of a response are scored.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(scoredTokens({ ids: Uint32Array.of(1, 2, 3), from: 1 }), 2);
 * ```
 */
export const scoredTokens = (response: Response): number => Math.max(0, response.ids.length - firstScored(response));
