/**
 * Log-probs of responses under a language model, text by text, and the way back.
 *
 * @module
 */
import type { LanguageModel } from "../../policies/language/model.ts";
import { type Group, type Sequences, sharedSequences } from "../../policies/language/sequences.ts";
import type { Slopes } from "../../policies/language/slopes.ts";
import { firstScored, type Response, type TokenLogps } from "./examples.ts";
import type { FrozenStates } from "./frozen_states.ts";

/** Texts one after another, and which tokens are scored. */
interface Packed {
  readonly sequences: Sequences;
  /** 1 where a token is scored `[N]`. */
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

/** Neighbours with the same prompt, of which none is scored: their prompt is run once. */
function groupsOf(texts: readonly Response[], wholes?: ReadonlySet<Response>): Group[] {
  const groups: { sequences: Uint32Array[]; most: number; prompt: Response }[] = [];
  for (const text of texts) {
    const most = wholes?.has(text) ? 0 : text.from, last = groups.at(-1);
    const isAlike = last !== undefined && most > 0 && most === last.most &&
      text.ids.subarray(0, most).every((id, t) => id === last.prompt.ids[t]);
    if (isAlike) last.sequences.push(text.ids);
    else groups.push({ sequences: [text.ids], most, prompt: text });
  }
  return groups;
}

function pack(texts: readonly Response[], wholes?: ReadonlySet<Response>): Packed {
  const sequences = sharedSequences(groupsOf(texts, wholes)), scored = new Uint8Array(sequences.ids.length);
  texts.forEach((text, b) => {
    for (const row of sequences.rows[b].subarray(wholes?.has(text) ? 1 : firstScored(text))) scored[row] = 1;
  });
  return { sequences, scored };
}

/** Numbers of scored tokens by text and position. */
function unpack({ sequences, scored }: Packed, numbers: Float32Array): TokenLogps[] {
  let at = 0;
  return sequences.rows.map((rows) => {
    const out = new Float32Array(rows.length);
    rows.forEach((row, t) => {
      if (scored[row]) out[t] = numbers[at++];
    });
    return out;
  });
}

/**
 * Log-probs of texts, without a way back.
 *
 * @param texts at least one
 * @param options.withoutChanges those of the model without its low-rank changes
 * @example
 * ```ts ignore
 * const [chosen, rejected] = scoreTexts(model, pair.responses);
 * ```
 */
export function scoreTexts(
  model: LanguageModel,
  texts: readonly Response[],
  { wholes, states, withoutChanges = false }: ScoringOptions & { readonly withoutChanges?: boolean } = {},
): TokenLogps[] {
  const packed = pack(texts, wholes), reached = states?.reached(model, texts, packed.sequences);
  const logp = model.logProbs(packed.sequences, packed.scored, { withoutChanges, ...(reached && { reached }) });
  reached?.states.dispose();
  return unpack(packed, logp);
}

/**
 * Log-probs of texts, to go back through.
 *
 * @param texts at least one
 * @param options.recomputes see `LanguageModel.pass`
 * @param options.collides asks for {@linkcode ScoredTexts.logCollision}
 * @example
 * ```ts ignore
 * const { logps, back } = passTexts(model, pair.responses, { recomputes: false, collides: false });
 * back(logps.map((logp) => logp.map(() => 1)), slopes);
 * ```
 */
export function passTexts(
  model: LanguageModel,
  texts: readonly Response[],
  { wholes, states, recomputes, collides }: ScoringOptions & {
    readonly recomputes: boolean;
    readonly collides: boolean;
  },
): ScoredTexts {
  const packed = pack(texts, wholes), { sequences, scored } = packed;
  const reached = states?.reached(model, texts, sequences);
  const pass = model.pass(sequences, scored, { recomputes, collides, ...(reached && { reached }) });
  reached?.states.dispose();
  return {
    logps: unpack(packed, pass.logp),
    ...(pass.logCollision && { logCollision: unpack(packed, pass.logCollision) }),
    back(slopes, into) {
      const dlogp = new Float32Array(pass.logp.length);
      let at = 0;
      slopes.forEach((slope, b) =>
        slope.forEach((one, t) => {
          if (scored[sequences.rows[b][t]]) dlogp[at++] = one;
        })
      );
      pass.back(dlogp, into);
    },
    dispose: () => pass.dispose(),
  };
}
