/**
 * What a trained language model is worth: by what it writes where nobody learned, at a budget of KL.
 *
 * @module
 */
import { mean } from "../../statistics/summary.ts";
import { tf } from "../../tensor/backend.ts";
import type { Response } from "./examples.ts";
import { completions, CONTINUATION, type Stories } from "./stories.ts";
import type { TrainedTensor, TrainedWriter } from "./trained_writer.ts";

/** What a model writes at one change of its weights. */
interface Written {
  /** New tokens after each opening. */
  readonly ids: readonly (readonly number[])[];
  /** Mean liking above what the untrained model writes. */
  readonly value: number;
  /** Mean of log π(y)/π0(y) over what it writes, nats a text; 0 where an estimate is below. */
  readonly kl: number;
  /** Mean log-prob of a token of it under the untrained model, nats. */
  readonly fluency: number;
}

/** What is read off at a budget of KL. */
interface AtBudget {
  /** Value there, read off between the two measured places beside it. */
  readonly value: number;
  /** What was written where KL should be the budget: its own KL is it but for noise. */
  readonly near: Written;
}

/** What is judged, and by whom. */
interface JudgeOptions extends Omit<TrainedWriter, "dispose"> {
  /** Openings, and what the untrained model wrote there with the same random numbers. */
  readonly stories: Pick<Stories, "heldOut" | "untrained">;
  /** What new tokens are worth. */
  readonly liking: (ids: readonly number[]) => number;
}

/**
 * Judges what a model writes as trained, and with the change of its weights scaled so that KL is at each of some budgets. Call
 * it before training: it keeps the weights as they are. A low-rank change is scaled by its second factors: by the adapter's
 * scale, as it were.
 *
 * KL grows as the square of a small change. So the root of KL is taken to be linear between what was measured, and so is
 * value between the two places that are next to a budget. Where that misses a budget by a factor of two or more, or KL that is
 * sampled is not above 0, the scale is corrected by what was measured there, six times at the most.
 *
 * @returns of budgets in nats a text, what the model writes as trained, and at each budget
 * @example
 * ```ts ignore
 * const judge = judgeOf({ ...trainedWriter(writer, seed), stories, liking });
 * train(model);
 * const { atBudgets: [{ value }] } = judge([1]);
 * ```
 */
export function judgeOf(
  { stories: { heldOut, untrained }, liking, model, trained, before: logpBefore }: JudgeOptions,
): (budgets: readonly number[]) => { readonly whole: Written; readonly atBudgets: readonly AtBudget[] } {
  const usual = mean(untrained.map(liking));
  const before = trained.map(({ variable }) => variable.dataSync<"float32">().slice());
  const measured = (): Written => {
    const told = completions(model, heldOut, CONTINUATION), ids = told.map((own) => Array.from(own.ids));
    const texts = ids.map((own, i): Response => ({
      ids: Uint32Array.from([...Array.from(heldOut[i].ids), ...own]),
      from: heldOut[i].ids.length,
    }));
    const now = mean(told.map(({ logp }) => Array.from(logp).reduce((sum, value) => sum + value, 0)));
    const start = mean(logpBefore([texts])), kl = Math.max(0, now - start);
    return { ids, value: mean(ids.map(liking)) - usual, kl, fluency: start / CONTINUATION };
  };
  return (budgets) => {
    const after = trained.map(({ variable }) => variable.dataSync<"float32">().slice());
    const whole = measured();
    // A model that training did not move is where it was at any scale; its KL is 0 but for rounding.
    const moved = after.some((numbers, k) => numbers.some((value, i) => value !== before[k][i]));
    if (!moved) return { whole, atBudgets: budgets.map(() => ({ value: whole.value, near: whole })) };
    const at = (share: number): Scaled => {
      moveTo(trained, before, after, share);
      return { share, written: measured() };
    };
    const tried = budgets.map((budget) => placesNear({ share: 1, written: whole }, budget, at));
    const places = [{ value: 0, kl: 0 }, ...tried.flat().map(({ written }) => written), whole]
      .toSorted((a, b) => a.kl - b.kl);
    return {
      whole,
      atBudgets: budgets.map((budget, k) => ({
        value: readOff(places, budget),
        near: tried[k].at(-1)!.written,
      })),
    };
  };
}

/** What is written with the change of the weights scaled. */
interface Scaled {
  /** Of the change: 1 is as trained. */
  readonly share: number;
  readonly written: Written;
}

/** How often a share is corrected by the KL that was measured at it. */
const TRIES = 6;
/** Times a share grows, at the most, from one try to the next, and where KL that is sampled is not above 0. */
const STRIDE = 16;

/** Goes towards a budget from what was measured as trained, until KL is within a factor of two of it: what was met on the way. */
function placesNear(start: Scaled, budget: number, at: (share: number) => Scaled): Scaled[] {
  const met: Scaled[] = [];
  for (let last = start; met.length < TRIES;) {
    const { share, written: { kl } } = last;
    last = at(share * Math.min(STRIDE, kl > 0 ? Math.sqrt(budget / kl) : STRIDE));
    met.push(last);
    if (last.written.kl >= budget / 2 && last.written.kl <= 2 * budget) break;
  }
  return met;
}

/** Puts weights at a share of the way from what they were to what they became, or beyond; first factors go all of it. */
function moveTo(
  trained: readonly TrainedTensor[],
  before: readonly Float32Array[],
  after: readonly Float32Array[],
  share: number,
): void {
  trained.forEach(({ variable, first }, k) => {
    if (first) return;
    const next = tf.tensor(after[k].map((value, i) => before[k][i] + share * (value - before[k][i])), variable.shape);
    variable.assign(next);
    next.dispose();
  });
}

/** Value at a KL, linear in its root between two places, or beyond the last two; that of the last where both are at one KL. */
function readOff(places: readonly Pick<Written, "value" | "kl">[], budget: number): number {
  const found = places.findIndex(({ kl }) => kl >= budget), above = found < 1 ? places.length - 1 : found;
  const [low, high] = places.slice(above - 1, above + 1);
  if (high.kl === low.kl) return high.value;
  const share = (Math.sqrt(budget) - Math.sqrt(low.kl)) / (Math.sqrt(high.kl) - Math.sqrt(low.kl));
  return low.value + share * (high.value - low.value);
}
