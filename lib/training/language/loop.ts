/**
 * Training from the first step to the last, or from where it was.
 *
 * @module
 */
import { DivergenceError } from "../../user_error.ts";
import type { Example } from "./examples.ts";
import { batchAt } from "./order.ts";
import { rateAt, type Schedule } from "./schedule.ts";
import { NOTHING_SEEN, seen, type Watch } from "./stopping.ts";
import type { Trainer } from "./trainer.ts";

/** A line of a learning curve. */
export interface CurvePoint {
  /** Steps taken before it. */
  readonly step: number;
  /** Of the batch of the step, or of all that is held out. */
  readonly on: "train" | "held-out";
  readonly loss: number;
  /** Mean log-prob of chosen or desirable responses, in nats. */
  readonly chosen: number;
  readonly rejected: number;
  /** Mean log-ratio to the reference of chosen or desirable responses, in nats; NaN without a reference. */
  readonly chosenRatio: number;
  readonly rejectedRatio: number;
  /** Share of pairs in the right order; NaN without pairs. */
  readonly accuracy: number;
  /** Mean reward of the law that the policy is on the responses of a prompt; of responses with rewards alone. */
  readonly value?: number;
  /** Effective sample size over the number of texts, of texts that are weighed. */
  readonly effective?: number;
  /** Their largest weight. */
  readonly largest?: number;
  /** Length of the gradient before clipping; NaN where none was taken. */
  readonly gradientNorm: number;
  readonly learningRate: number;
}

/** How long and in which order. */
export interface LoopOptions {
  readonly seed: number;
  /** Examples of a step. */
  readonly batch: number;
  readonly schedule: Schedule;
  /** Steps between evaluations of what is held out; also before the first step and after the last. */
  readonly evaluateEvery: number;
  /** Steps between saves. */
  readonly saveEvery: number;
  /** Evaluations without a lower loss after which training stops; for ever unless given. */
  readonly patience?: number;
}

/** What goes on with a training that was stopped. */
export interface Progressed {
  readonly curve: readonly CurvePoint[];
  readonly watch: Watch;
}

/** What is told along the way. */
interface Listeners {
  /** A point of the curve. */
  point(point: CurvePoint): void | Promise<void>;
  /** The lowest loss on what is held out so far: weights as they are now are worth keeping. */
  best(): void | Promise<void>;
  /** What was done so far may be saved. */
  save(progress: Progressed): void | Promise<void>;
}

/** How training ended. */
interface Ended extends Progressed {
  /** Steps taken in all. */
  readonly steps: number;
  /** Whether the rule "patience" ended it. */
  readonly stopped: boolean;
}

/**
 * Trains.
 *
 * @param trainer at the step that `from` was saved at
 * @param train examples to learn from
 * @param heldOut examples that are only looked at; may be none
 * @param from where to go on
 * @throws DivergenceError where numbers are not finite, once the state before that step is saved
 * @example
 * ```ts ignore
 * const { curve, steps } = await runLoop(trainer, { train, heldOut }, options, listeners);
 * ```
 */
export async function runLoop(
  trainer: Trainer,
  { train, heldOut }: { readonly train: readonly Example[]; readonly heldOut: readonly Example[] },
  { seed, batch, schedule, evaluateEvery, saveEvery, patience = Infinity }: LoopOptions,
  listeners: Listeners,
  from: Progressed = { curve: [], watch: NOTHING_SEEN },
): Promise<Ended> {
  const curve = [...from.curve];
  let { watch } = from;
  const tell = async (point: CurvePoint) => {
    curve.push(point);
    await listeners.point(point);
  };
  const evaluate = async () => {
    const { point: _, ...result } = trainer.evaluate(heldOut);
    const learningRate = rateAt(schedule, trainer.steps);
    await tell({ step: trainer.steps, on: "held-out", ...result, gradientNorm: NaN, learningRate });
    watch = seen(watch, result.loss, trainer.steps);
    if (watch.since === 0) await listeners.best();
  };
  const looks = heldOut.length > 0;
  try {
    if (looks && trainer.steps === 0) await evaluate();
    while (trainer.steps < schedule.steps && watch.since < patience) {
      const step = trainer.steps, learningRate = rateAt(schedule, step);
      const examples = batchAt(seed, step, batch, train.length).map((place) => train[place]);
      const { point: _, ...result } = trainer.step(examples, learningRate);
      await tell({ step, on: "train", ...result, learningRate });
      const last = trainer.steps === schedule.steps;
      if (looks && (last || trainer.steps % evaluateEvery === 0)) await evaluate();
      if (last || watch.since >= patience || trainer.steps % saveEvery === 0) await listeners.save({ curve, watch });
      // A key press or a signal is heard between two steps.
      await new Promise((resolve) => setTimeout(resolve));
    }
  } catch (error) {
    // The step that failed has changed nothing.
    if (error instanceof DivergenceError) await listeners.save({ curve, watch });
    throw error;
  }
  return { curve, watch, steps: trainer.steps, stopped: watch.since >= patience };
}
