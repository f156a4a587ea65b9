/**
 * Stories that a small language model writes: what it opens, how it goes on with each in several ways, and openings that are
 * held out.
 *
 * @module
 */
import { type Completion, generate, type Prompt } from "../../policies/language/generate.ts";
import { type LanguageModel, languageModel } from "../../policies/language/model.ts";
import type { Rng } from "../../random.ts";
import { DIMENSIONS } from "../../worlds/population.ts";
import { storyFeatures } from "../../worlds/story_features.ts";
import type { Response, TextGroups } from "./examples.ts";
import { beginningOf, type Writer } from "./writer.ts";

/** Tokens of an opening, the start of the text among them. */
export const OPENING = 16;
/** Tokens of what follows an opening. */
export const CONTINUATION = 24;
/** Sequences that grow at a time: it decides nothing. */
const AT_ONCE = 128;

/** What a model that nobody trained wrote, for one seed. */
export interface Stories {
  /** Candidates of each prompt. */
  readonly candidates: TextGroups;
  /** What each candidate says after its opening `[X·A]`. */
  readonly texts: readonly string[];
  /** Features of any text. */
  readonly features: (text: string) => Float64Array;
  /** Features of the candidates `[X·A, 8]`. */
  readonly table: Float64Array;
  /** Openings that are held out, each with a seed of its own. */
  readonly heldOut: readonly Prompt[];
  /** What the untrained model goes on with there. */
  readonly untrained: readonly (readonly number[])[];
}

/** Integers that seed as many sequences. */
const seedsOf = (count: number, rng: Rng): number[] => Array.from({ length: count }, () => rng.uint32());

/**
 * Openings of stories, with what begins a text in front.
 *
 * A writer that has an opener takes the opener's, as texts: less the last word, which may be a part of one, and without a
 * chat's template, whatever the model was made for.
 *
 * @param model the writer's, as it is
 * @returns `[count]`, each of {@linkcode OPENING} tokens where the writer opens itself
 * @example
 * ```ts ignore
 * const [ids] = openings(writer, model, 1, Rng.seed(1));
 * ```
 */
export function openings(writer: Writer, model: LanguageModel, count: number, rng: Rng): number[][] {
  const { opener, tokenizer } = writer;
  if (opener === undefined) {
    const start = tokenizer.start!, prompts = seedsOf(count, rng).map((seed) => ({ ids: [start], seed }));
    return written(model, prompts, OPENING - 1).map((ids) => [start, ...ids]);
  }
  const other = languageModel(opener.source), begin = beginningOf(writer);
  try {
    return openings(opener, other, count, rng).map((ids) => {
      const text = opener.tokenizer.decode(ids, { skipSpecial: true }).replace(/(?<=\S)\s+\S*$/, "");
      return [...begin, ...tokenizer.encode(text)];
    });
  } finally {
    other.dispose();
  }
}

/**
 * What a model goes on with, as many tokens for each prompt, whatever they are, and how likely each was.
 *
 * @param prompts a sequence depends on its own prompt and seed alone
 * @example
 * ```ts ignore
 * const [{ ids, logp }] = completions(model, [{ ids: [1], seed: 7 }], CONTINUATION);
 * ```
 */
export function completions(model: LanguageModel, prompts: readonly Prompt[], tokens: number): Completion[] {
  return generate(model, prompts, { temperature: 1, maxTokens: tokens, end: [], atOnce: AT_ONCE });
}

/**
 * What a model goes on with: as many tokens for each prompt, whatever they are.
 *
 * @param prompts a sequence depends on its own prompt and seed alone
 * @returns new tokens by prompt `[n][tokens]`
 * @example
 * ```ts ignore
 * const [ids] = written(model, [{ ids: [1], seed: 7 }], CONTINUATION);
 * ```
 */
export function written(model: LanguageModel, prompts: readonly Prompt[], tokens: number): number[][] {
  return completions(model, prompts, tokens).map(({ ids }) => [...ids]);
}

/** How many. */
interface StoryCounts {
  /** Openings that candidates go on with. */
  readonly prompts: number;
  /** Candidates of a prompt. */
  readonly responses: number;
  /** Openings that no method learns from. */
  readonly heldOut: number;
}

/**
 * Stories of one seed: the same for the same writer, counts and stream.
 *
 * @example
 * ```ts ignore
 * const { candidates } = storiesOf(writer, { prompts: 24, responses: 4, heldOut: 64 }, Rng.seed(1));
 * ```
 */
export function storiesOf(
  writer: Writer,
  { prompts, responses, heldOut }: StoryCounts,
  rng: Rng,
): Stories {
  const model = languageModel(writer.source), { tokenizer } = writer;
  try {
    const begun = openings(writer, model, prompts, rng.fork("openings"));
    const asked = begun.flatMap((ids) => Array.from({ length: responses }, () => ids));
    const seeds = seedsOf(asked.length, rng.fork("candidates"));
    const told = written(model, asked.map((ids, i) => ({ ids, seed: seeds[i] })), CONTINUATION);
    const texts = told.map((ids) => tokenizer.decode(ids, { skipSpecial: true }));
    const features = storyFeatures(texts), table = new Float64Array(texts.length * DIMENSIONS);
    texts.forEach((text, i) => table.set(features(text), i * DIMENSIONS));
    const whole = told.map((ids, i): Response => ({
      ids: Uint32Array.from([...asked[i], ...ids]),
      from: asked[i].length,
    }));
    const candidates = begun.map((_, x) => whole.slice(x * responses, (x + 1) * responses));
    const held = openings(writer, model, heldOut, rng.fork("held-out")), draws = seedsOf(heldOut, rng.fork("draws"));
    const asking = held.map((ids, i) => ({ ids, seed: draws[i] }));
    return { candidates, texts, features, table, heldOut: asking, untrained: written(model, asking, CONTINUATION) };
  } finally {
    model.dispose();
  }
}

/** Texts of a seed that are kept to be read, unless more are asked for. */
const SHOWN = 6;

/**
 * The first texts in words, with the seed that they are of; none but of the first seed, which is enough to read.
 *
 * @param prompts tokens of each prompt
 * @param told new tokens after each
 * @param most texts at most
 * @example
 * ```ts ignore
 * shownTexts(writer, seed, stories.heldOut.map(({ ids }) => ids), near.ids).forEach(keep);
 * ```
 */
export function shownTexts(
  { tokenizer }: Pick<Writer, "tokenizer">,
  seed: number,
  prompts: readonly ArrayLike<number>[],
  told: readonly ArrayLike<number>[],
  most: number = SHOWN,
): { readonly seed: number; readonly prompt: string; readonly text: string }[] {
  const words = (ids: ArrayLike<number>) => tokenizer.decode(Array.from(ids), { skipSpecial: true });
  return told.slice(0, seed === 0 ? most : 0).map((ids, i) => ({ seed, prompt: words(prompts[i]), text: words(ids) }));
}
