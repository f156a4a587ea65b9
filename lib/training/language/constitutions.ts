/**
 * Self-supervised alignment with mutual information on a language model: constitutions are words in front of an opening, and
 * the model goes on with both (Fränken et al., NeurIPS 2024, arXiv 2404.14313).
 *
 * @module
 */
import { sami } from "../../losses/mod.ts";
import { generate } from "../../policies/language/generate.ts";
import type { LanguageModel } from "../../policies/language/model.ts";
import type { Rng } from "../../random.ts";
import { type Tensor, tf } from "../../tensor/backend.ts";
import { meanAll } from "../../tensor/ops.ts";
import type { Response } from "./examples.ts";
import { CONTINUATION } from "./stories.ts";
import { trainTexts } from "./text_trainer.ts";
import type { NamedVariable } from "./trainer.ts";
import { beginningOf, type Writer } from "./writer.ts";

/** A principle in words that a small model knows, as it is and turned round; and the count of `storyCounts` that tells. */
interface Principle {
  readonly words: readonly [string, string];
  /** The same of a writer of fewer words. */
  readonly weakly: readonly [string, string];
  readonly counts: number;
}

/** What constitutions are made of: two principles. */
export const PRINCIPLES: readonly Principle[] = [
  { words: ["Everyone was happy and kind.", "Everyone was sad and mean."], weakly: ["Happy.", "Sad."], counts: 5 },
  { words: ["It was a big, loud day!", "It was a quiet, calm day."], weakly: ["Loud!", "Quiet."], counts: 0 },
];
/** A principle that no constitution has, for what is learned of others. */
export const UNLEARNED = { words: ["Many friends came to play.", "Nobody came to play."], counts: 3 } as const;
/** Which side of each principle a constitution takes. */
export const SIDES = [[0, 0], [0, 1], [1, 0], [1, 1]] as const;

/**
 * Tokens of some words, without a start. A tokenizer that knows spaces as parts of words gets a line's end behind.
 *
 * @example
 * ```ts ignore
 * const ids = wordsOf(writer, "Many friends came to play.");
 * ```
 */
export const wordsOf = ({ tokenizer, opener }: Writer, text: string): number[] =>
  Array.from(tokenizer.encode(opener === undefined ? text : `${text}\n`, { special: false }));

/**
 * Tokens of the constitutions, one for each of {@linkcode SIDES}.
 *
 * @param by a weak writer's are short
 * @example
 * ```ts ignore
 * const [happyAndLoud] = constitutionsOf(writer);
 * ```
 */
export const constitutionsOf = (writer: Writer, by: "words" | "weakly" = "words"): number[][] =>
  SIDES.map((sides) => wordsOf(writer, sides.map((side, p) => PRINCIPLES[p][by][side]).join(" ")));

/**
 * A prompt: what begins a text, a constitution, and an opening without its beginning.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.deepEqual(asked([1], [7, 8], [1, 4, 5]), [1, 7, 8, 4, 5]);
 * ```
 */
export const asked = (
  begin: readonly number[],
  constitution: readonly number[],
  opening: readonly number[],
): number[] => [
  ...begin,
  ...constitution,
  ...opening.slice(begin.length),
];

/**
 * A prompt with what follows it.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(answer([1, 7], [4, 5]).from, 2);
 * ```
 */
export const answer = (prompt: readonly number[], ids: readonly number[]): Response => ({
  ids: Uint32Array.from([...prompt, ...ids]),
  from: prompt.length,
});

/** What is trained, on which openings. */
interface Learning {
  /** Named in errors. */
  readonly arm: string;
  /** Named in errors. */
  readonly seed: number;
  readonly writer: Writer;
  /** The model, which training moves. */
  readonly model: LanguageModel;
  /** Its tensors that are trained. */
  readonly trained: readonly NamedVariable[];
  /** One after the other: openings with what begins a text, and Adam steps. */
  readonly iterations: readonly { readonly openings: readonly (readonly number[])[]; readonly steps: number }[];
  /** Size of a step. */
  readonly learningRate: number;
  /** Whose constitutions it learns from; long ones unless given. */
  readonly by?: "words" | "weakly";
  /** Turns half of the pairs of answers round: a control, in which constitutions say nothing of responses. */
  readonly shuffled?: boolean;
}

/**
 * Algorithm 1. Restarts from the base model in every iteration: two constitutions a query, both answered greedily by the model
 * of the iteration before, and Adam on the two-sided loss of mean log-probs, with as many steps as the iteration has. Its
 * queries serve in all of these, where the paper takes new ones.
 *
 * @throws DivergenceError where loss or gradient are not finite
 * @example
 * ```ts ignore
 * const iterations = [{ openings: begun, steps: 4 }, { openings: begun, steps: 4 }];
 * learnConstitutions({ arm: "sami", seed, writer, model, trained, iterations, learningRate: 3e-4 }, rng);
 * ```
 */
export function learnConstitutions(
  { arm, seed, writer, model, trained, iterations, learningRate, by, shuffled = false }: Learning,
  rng: Rng,
): void {
  const constitutions = constitutionsOf(writer, by), begin = beginningOf(writer);
  const base = trained.map(({ variable }) => variable.dataSync<"float32">().slice());
  for (const { openings, steps } of iterations) {
    const asks = openings.map((opening) => {
      const first = rng.integer(SIDES.length), second = (first + 1 + rng.integer(SIDES.length - 1)) % SIDES.length;
      return [first, second].map((c) => asked(begin, constitutions[c], opening));
    });
    const prompts = asks.flat().map((ids) => ({ ids, seed: 0 }));
    const told = generate(model, prompts, { temperature: 0, maxTokens: CONTINUATION, end: [], atOnce: prompts.length })
      .map(({ ids }) => Array.from(ids));
    trained.forEach(({ variable }, k) => {
      const before = tf.tensor(base[k], variable.shape);
      variable.assign(before);
      before.dispose();
    });
    const texts = asks.flatMap((pair, x) => {
      const turned = shuffled && rng.bernoulli(0.5), answers = [told[2 * x], told[2 * x + 1]];
      return pair.map((prompt) => (turned ? answers.toReversed() : answers).map((ids) => answer(prompt, ids)));
    });
    const loss = (logp: Tensor) =>
      meanAll(sami(tf.reshape(tf.div(logp, CONTINUATION), [-1, 2, 2]) as Tensor)) as Tensor;
    trainTexts({ arm, seed, model, trained, texts, steps, learningRate }, loss);
  }
}
