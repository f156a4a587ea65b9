/**
 * Log-probs of responses under a language model, text by text, and the way back.
 *
 * @module
 */
import type { LanguageModel } from "../../policies/language/model.ts";
import { type Sequences, sequencesOf } from "../../policies/language/sequences.ts";
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

function pack(texts: readonly Response[], wholes?: ReadonlySet<Response>): Packed {
  const sequences = sequencesOf(texts.map(({ ids }) => ids)), scored = new Uint8Array(sequences.ids.length);
  texts.forEach((text, b) => {
    const start = sequences.starts[b];
    scored.fill(
      1,
      start + Math.min(text.ids.length, wholes?.has(text) ? 1 : firstScored(text)),
      start + text.ids.length,
    );
  });
  return { sequences, scored };
}

/** Numbers of scored tokens by text and position. */
function unpack({ sequences: { starts, lengths }, scored }: Packed, numbers: Float32Array): TokenLogps[] {
  let at = 0;
  return Array.from(lengths, (length, b) => {
    const out = new Float32Array(length);
    for (let t = 0; t < length; t++) if (scored[starts[b] + t]) out[t] = numbers[at++];
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
          if (scored[sequences.starts[b] + t]) dlogp[at++] = one;
        })
      );
      pass.back(dlogp, into);
    },
    dispose: () => pass.dispose(),
  };
}
