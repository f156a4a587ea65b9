/**
 * Log-probs of responses under a language model, text by text, and the way back.
 *
 * @module
 */
import type { LanguageModel } from "../../policies/language/model.ts";
import { type Sequences, sharedSequences } from "../../policies/language/sequences.ts";
import type { Slopes } from "../../policies/language/slopes.ts";
import { firstScored, type Response, type TextGroups, type TokenLogps } from "./examples.ts";
import type { FrozenStates } from "./frozen_states.ts";

/** Texts one after another, and which tokens are scored. */
interface Packed {
  readonly sequences: Sequences;
  /** First token that is scored, of each text. */
  readonly from: readonly number[];
  /** 1 where the token of a row is scored `[N]`. */
  readonly scored: Uint8Array;
}

/** How texts are run. */
interface ScoringOptions {
  /** Scores every token but the first of these responses, the prompt's among them; default: the response's. */
  readonly wholes?: ReadonlySet<Response>;
  /** States below the first trained block, where they are kept. */
  readonly states?: FrozenStates;
}

/** Texts on their way forward and back. */
export interface ScoredTexts {
  /** Of each text. */
  readonly logps: readonly TokenLogps[];
  /** log Σ_v π(v)² of each text's tokens, where it was asked for. */
  readonly logCollision?: readonly TokenLogps[];
  /** Adds to the gradients, given the slope in each log-prob `[T]` of each text. Once, or {@linkcode dispose}. */
  back(slopes: readonly Float32Array[], into: Slopes): void;
  /** Frees what was kept. */
  dispose(): void;
}

function pack(groups: TextGroups, wholes?: ReadonlySet<Response>): Packed {
  // Tokens that are scored may be shared as well: their log-prob is one number, whose slopes add up.
  const sequences = sharedSequences(
    groups.map((texts) => ({ sequences: texts.map(({ ids }) => ids), most: Infinity })),
  );
  const texts = groups.flat(), from = texts.map((text) => wholes?.has(text) ? 1 : firstScored(text));
  const scored = new Uint8Array(sequences.ids.length);
  sequences.rows.forEach((rows, b) => {
    for (let t = from[b]; t < rows.length; t++) scored[rows[t]] = 1;
  });
  return { sequences, from, scored };
}

/** Numbers of scored rows by text and position. */
function unpack({ sequences: { rows }, from, scored }: Packed, numbers: Float32Array): TokenLogps[] {
  const byRow = new Float32Array(scored.length);
  for (let row = 0, at = 0; row < scored.length; row++) if (scored[row]) byRow[row] = numbers[at++];
  return rows.map((own, b) => {
    const text = new Float32Array(own.length);
    for (let t = from[b]; t < own.length; t++) text[t] = byRow[own[t]];
    return text;
  });
}

/**
 * Log-probs of texts, without a way back.
 *
 * @param groups at least one text in all
 * @param options.withoutChanges those of the model without its low-rank changes
 * @returns one for each text
 * @example
 * ```ts ignore
 * const [chosen, rejected] = scoreTexts(model, [pair.responses]);
 * ```
 */
export function scoreTexts(
  model: LanguageModel,
  groups: TextGroups,
  { wholes, states, withoutChanges = false }: ScoringOptions & { readonly withoutChanges?: boolean } = {},
): TokenLogps[] {
  const packed = pack(groups, wholes), reached = states?.reached(model, groups);
  const logp = model.logProbs(packed.sequences, packed.scored, { withoutChanges, ...(reached && { reached }) });
  reached?.states.dispose();
  return unpack(packed, logp);
}

/**
 * Log-probs of texts, to go back through.
 *
 * @param groups at least one text in all
 * @param options.recomputes see `LanguageModel.pass`
 * @param options.collides asks for {@linkcode ScoredTexts.logCollision}
 * @example
 * ```ts ignore
 * const { logps, back } = passTexts(model, [pair.responses], { recomputes: false, collides: false });
 * back(logps.map((logp) => logp.map(() => 1)), slopes);
 * ```
 */
export function passTexts(
  model: LanguageModel,
  groups: TextGroups,
  { wholes, states, recomputes, collides }: ScoringOptions & {
    readonly recomputes: boolean;
    readonly collides: boolean;
  },
): ScoredTexts {
  const packed = pack(groups, wholes), { sequences, scored, from } = packed;
  const reached = states?.reached(model, groups);
  const pass = model.pass(sequences, scored, { recomputes, collides, ...(reached && { reached }) });
  reached?.states.dispose();
  return {
    logps: unpack(packed, pass.logp),
    ...(pass.logCollision && { logCollision: unpack(packed, pass.logCollision) }),
    back(slopes, into) {
      const byRow = new Float32Array(scored.length);
      slopes.forEach((slope, b) => {
        const rows = sequences.rows[b];
        for (let t = from[b]; t < rows.length; t++) byRow[rows[t]] += slope[t];
      });
      pass.back(byRow.filter((_, row) => scored[row]), into);
    },
    dispose: () => pass.dispose(),
  };
}
