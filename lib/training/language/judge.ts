/**
 * What a trained language model is worth: by what it writes where nobody learned, at a budget of KL.
 *
 * @module
 */
import { type LanguageModel, languageModel } from "../../policies/language/model.ts";
import { mean } from "../../statistics/summary.ts";
import { tf } from "../../tensor/backend.ts";
import type { Response } from "./examples.ts";
import { scoreTexts } from "./scoring.ts";
import { completions, CONTINUATION, OPENING, type Stories, type Writer } from "./stories.ts";
import type { NamedVariable } from "./trainer.ts";

/** What a model writes at one change of its weights. */
interface Written {
  /** Mean liking above what the untrained model writes. */
  readonly value: number;
  /** Mean of log π(y)/π0(y) over what it writes, nats a text. */
  readonly kl: number;
  /** Mean log-prob of a token of it under the untrained model, nats. */
  readonly fluency: number;
}

/** What is judged, and by whom. */
interface JudgeOptions extends Pick<Writer, "source"> {
  /** Openings, and what the untrained model wrote there with the same random numbers. */
  readonly stories: Pick<Stories, "heldOut" | "untrained">;
  /** What new tokens are worth. */
  readonly liking: (ids: readonly number[]) => number;
  /** The model before it is trained. */
  readonly model: LanguageModel;
  /** Its tensors that will be trained. */
  readonly trained: readonly NamedVariable[];
}

/**
 * Judges what a model writes as trained, and with the change of its weights scaled so that KL is at a budget. Call it before
 * training: it keeps the weights as they are.
 *
 * KL grows as the square of a small change. So the root of KL is taken to be linear between what was measured, and so is
 * value between the two places that are next to the budget; one is at it but for noise.
 *
 * @returns of a budget in nats a text: "value" above the untrained model, "kl-spent" where it was measured next to the budget,
 * "fluency" (mean log-prob of a token under the untrained model, nats), "value-as-trained" and "kl-as-trained"
 * @example
 * ```ts ignore
 * const judge = judgeOf({ source, stories, liking, model, trained });
 * train(model);
 * const { value } = judge(1);
 * ```
 */
export function judgeOf(
  { source, stories: { heldOut, untrained }, liking, model, trained }: JudgeOptions,
): (budget: number) => Record<string, number> {
  const usual = mean(untrained.map(liking));
  const before = trained.map(({ variable }) => variable.dataSync<"float32">().slice());
  const measured = (original: LanguageModel): Written => {
    const told = completions(model, heldOut, CONTINUATION);
    const texts = told.map(({ ids }, i): Response => ({
      ids: Uint32Array.from([...Array.from(heldOut[i].ids), ...ids]),
      from: OPENING,
    }));
    const logProb = (logps: readonly ArrayLike<number>[]) =>
      mean(logps.map((of) => Array.from(of).reduce((sum, logp) => sum + logp, 0)));
    const start = logProb(scoreTexts(original, [texts]));
    const kl = Math.max(0, logProb(told.map(({ logp }) => logp)) - start); // an estimate may be below
    return { value: mean(told.map(({ ids }) => liking(ids))) - usual, kl, fluency: start / CONTINUATION };
  };
  const atBudget = (budget: number, original: LanguageModel): Record<string, number> => {
    const after = trained.map(({ variable }) => variable.dataSync<"float32">().slice());
    const scaledBy = (scale: number): Written => {
      trained.forEach(({ variable }, k) => {
        const numbers = after[k].map((value, i) => before[k][i] + scale * (value - before[k][i]));
        const next = tf.tensor(numbers, variable.shape);
        variable.assign(next);
        next.dispose();
      });
      return measured(original);
    };
    const whole = measured(original), told = { "value-as-trained": whole.value, "kl-as-trained": whole.kl };
    // A model that training did not move is where it was at any scale; its KL is 0 but for rounding.
    const moved = after.some((numbers, k) => numbers.some((value, i) => value !== before[k][i]));
    if (!moved || !(whole.kl > 0)) return { value: whole.value, "kl-spent": 0, fluency: whole.fluency, ...told };
    const at = scaledBy(Math.sqrt(budget / whole.kl));
    const places = [{ value: 0, kl: 0 }, at, whole].toSorted((a, b) => a.kl - b.kl);
    const found = places.findIndex(({ kl }) => kl >= budget), above = found < 1 ? places.length - 1 : found;
    const [low, high] = places.slice(above - 1, above + 1);
    const share = (Math.sqrt(budget) - Math.sqrt(low.kl)) / (Math.sqrt(high.kl) - Math.sqrt(low.kl));
    return {
      value: low.value + share * (high.value - low.value),
      "kl-spent": at.kl,
      fluency: at.fluency,
      ...told,
    };
  };
  return (budget) => {
    const original = languageModel(source);
    try {
      return atBudget(budget, original);
    } finally {
      original.dispose();
    }
  };
}
