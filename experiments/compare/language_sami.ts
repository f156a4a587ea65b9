/**
 * SAMI among the methods of the language question: it reads two principles in words and stories of the model's own, and no
 * label.
 *
 * @module
 */
import type { Rng } from "../../lib/random.ts";
import {
  answer,
  asked,
  constitutionsOf,
  learnConstitutions,
  PRINCIPLES,
  SIDES,
} from "../../lib/training/language/constitutions.ts";
import type { TextGroups } from "../../lib/training/language/examples.ts";
import { CONTINUATION, type Stories, written } from "../../lib/training/language/stories.ts";
import { textLogps } from "../../lib/training/language/text_trainer.ts";
import type { TrainedWriter } from "../../lib/training/language/trained_writer.ts";
import { beginningOf, type Writer } from "../../lib/training/language/writer.ts";

/** Iterations, and how many of another method's steps each has: few keep SAMI from gibberish, since its loss has no optimum. */
const ITERATIONS = 2, SHARE_OF_STEPS = 1 / 4;

/** Arms, and whether they are asked for the opposite of what readers like: SAMI itself cannot know which it is. */
const ASKED = { "sami": false, "sami-opposed": true } as const;
/** The control among them: it is compared at one budget of KL alone, to save time. */
export const OPPOSED = "sami-opposed" satisfies keyof typeof ASKED;
/** An arm of SAMI's. */
type SamiArm = keyof typeof ASKED;

/** Whether an arm is one of SAMI's. */
export const isSami = (arm: string): arm is SamiArm => Object.hasOwn(ASKED, arm);

/** Of each principle the side that readers like, or the other; in words, the tokens of the constitution that says so. */
export function constitutionFor(arm: SamiArm, writer: Writer, qualityWeights: ArrayLike<number>): number[] {
  const sides = PRINCIPLES.map(({ counts }) => (qualityWeights[counts] >= 0) !== ASKED[arm] ? 0 : 1);
  return constitutionsOf(writer)[SIDES.findIndex((own) => own.every((side, p) => side === sides[p]))];
}

/** Stories with a constitution in front of every opening. */
interface Constituted extends Pick<Stories, "candidates" | "heldOut" | "untrained"> {}

/** The same candidates and held-out openings behind a constitution, and what a model goes on with there. */
export function behind(
  constitution: readonly number[],
  writer: Writer,
  { candidates, heldOut }: Pick<Stories, "candidates" | "heldOut">,
  { model }: Pick<TrainedWriter, "model">,
): Constituted {
  const begin = beginningOf(writer), put = (ids: ArrayLike<number>) => asked(begin, constitution, Array.from(ids));
  const prompts = heldOut.map(({ ids, seed }) => ({ ids: put(ids), seed }));
  return {
    candidates: candidates.map((some) =>
      some.map(({ ids, from }) => answer(put(ids.subarray(0, from)), Array.from(ids.subarray(from))))
    ),
    heldOut: prompts,
    untrained: written(model, prompts, CONTINUATION),
  };
}

/**
 * Algorithm 1 on the openings that other methods learn from.
 *
 * @param options.steps of another method
 * @param texts whose log-probs say what was learned
 * @returns how much likelier each of them became `[X·A]`
 */
export function learnSami(
  { arm, seed, writer, openings, model, trained, steps, learningRate }: {
    readonly arm: string;
    readonly seed: number;
    readonly writer: Writer;
    readonly openings: readonly (readonly number[])[];
    readonly steps: number;
    readonly learningRate: number;
  } & Pick<TrainedWriter, "model" | "trained">,
  texts: TextGroups,
  rng: Rng,
): Float64Array {
  const before = textLogps(model, texts);
  const iterations = Array.from({ length: ITERATIONS }, () => ({ openings, steps: Math.ceil(SHARE_OF_STEPS * steps) }));
  learnConstitutions({ arm, seed, writer, model, trained, iterations, learningRate }, rng);
  return textLogps(model, texts).map((logp, i) => logp - before[i]);
}
