/**
 * One training of a language model on preference pairs, looked at after each epoch.
 *
 * @module
 */
import type { LanguageModel } from "../../lib/policies/language/model.ts";
import { mean } from "../../lib/statistics/summary.ts";
import type { Example } from "../../lib/training/language/examples.ts";
import { FrozenStates } from "../../lib/training/language/frozen_states.ts";
import { objectiveOf } from "../../lib/training/language/objectives.ts";
import { batchAt } from "../../lib/training/language/order.ts";
import { scoreTexts } from "../../lib/training/language/scoring.ts";
import type { ReferenceScores } from "../../lib/training/language/setting.ts";
import { type NamedVariable, trainerOf } from "../../lib/training/language/trainer.ts";
import { textLogps } from "../../lib/training/language/text_trainer.ts";
import type { StoryPair } from "./story_pairs.ts";

/** Longer gradients are shortened to this, as TRL does. */
const CLIP_NORM = 1;
/** Bytes of states below the first trained block that are kept. */
const STATES = 2 ** 29;

/** What is trained, on what, and how. */
interface StoryTraining {
  readonly model: LanguageModel;
  readonly trained: readonly NamedVariable[];
  /** Name in the table of losses. */
  readonly loss: string;
  readonly pairs: readonly StoryPair[];
  readonly beta: number;
  /** Pairs of a step. */
  readonly batch: number;
  readonly epochs: number;
  readonly learningRate: number;
  readonly seed: number;
}

/** Pairs as lines: both responses of one, or for losses of labels each by itself, with another opening's for KTO's z0. */
function linesOf(pairs: readonly StoryPair[], labelled: boolean): Example[][] {
  return pairs.map(({ chosen, rejected }, x) => {
    if (!labelled) return [{ responses: [chosen, rejected] }];
    const other = pairs[(x + 1) % pairs.length];
    const beside = (response: StoryPair["chosen"]) => {
      const ids = Uint32Array.of(...chosen.ids.subarray(0, chosen.from), ...response.ids.subarray(response.from));
      return { ids, from: chosen.from };
    };
    return [
      { responses: [chosen], desirable: true, mismatched: beside(other.chosen) },
      { responses: [rejected], desirable: false, mismatched: beside(other.rejected) },
    ];
  });
}

/** Log-probs of all lines under the model as it is. */
function referenceOf(model: LanguageModel, lines: readonly Example[]): Map<Example, ReferenceScores> {
  const groups = lines.map(({ responses, mismatched }) => [...responses, ...mismatched ? [mismatched] : []]);
  const logps = scoreTexts(model, groups);
  let at = 0;
  return new Map(lines.map((line, i) => {
    const own = logps.slice(at, at += groups[i].length), [mismatched] = own.slice(line.responses.length);
    return [line, { responses: own.slice(0, line.responses.length), ...(mismatched && { mismatched }) }];
  }));
}

/**
 * Trains, by the trainer that `deno task train` uses.
 *
 * @param look told of the number of epochs after each
 * @throws DivergenceError where numbers stop being finite
 */
export function trainOnPairs(
  { model, trained, loss, pairs, beta, batch, epochs, learningRate, seed }: StoryTraining,
  look: (epoch: number) => void,
): void {
  const objective = objectiveOf(loss, { loss: loss === "sft" ? {} : { beta } });
  const lines = linesOf(pairs, objective.data === "labelled"), all = lines.flat();
  const reference = objective.reference ? referenceOf(model, all) : new Map<Example, ReferenceScores>();
  const micro = batch * lines[0].length;
  const trainer = trainerOf(
    {
      model,
      objective,
      reference,
      micro,
      recomputes: false,
      points: { mean: 0, count: 0 },
      states: new FrozenStates(STATES),
    },
    trained,
    { weightDecay: 0, clipNorm: CLIP_NORM, seed },
  );
  try {
    const steps = Math.ceil(pairs.length / batch);
    for (let epoch = 1; epoch <= epochs; epoch++) {
      while (trainer.steps < epoch * steps) {
        const some = batchAt(seed, trainer.steps, Math.min(batch, pairs.length), pairs.length);
        trainer.step(some.flatMap((x) => lines[x]), learningRate);
      }
      look(epoch);
    }
  } finally {
    trainer.dispose();
  }
}

/** Mean changes of log-probs of winners and losers since they were first looked at. */
export function movementOf(model: LanguageModel, pairs: readonly StoryPair[]): () => Record<string, number> {
  const texts = pairs.map(({ chosen, rejected }) => [chosen, rejected]), before = textLogps(model, texts);
  return () => {
    const moved = textLogps(model, texts).map((logp, i) => logp - before[i]);
    return {
      "chosen": mean(moved.filter((_, i) => i % 2 === 0)),
      "rejected": mean(moved.filter((_, i) => i % 2 === 1)),
    };
  };
}
