/**
 * The state of a training by transformers: its `trainer_state.json`.
 *
 * @module
 */
import { refused } from "../../files.ts";
import { isObject, type JsonObject, parseObject } from "../../formats/json_text.ts";
import { UserError } from "../../user_error.ts";

/** A line of the log, of steps that were trained or of an evaluation. */
export interface LogLine {
  /** Steps taken when it was written. */
  readonly step: number;
  readonly values: JsonObject;
}

/** What a state says of its training. */
export interface TrainerState {
  /** Steps taken, and those that are to be. */
  readonly steps: number;
  readonly planned: number;
  /** Lines of steps that were trained, in order. */
  readonly trained: readonly LogLine[];
  /** Lines of evaluations, in order. */
  readonly evaluated: readonly LogLine[];
  /** The line at the end of a training that ended: `train_runtime` and others. */
  readonly summary: JsonObject;
  /** Examples of a step in one process, of which an accumulated step has several. */
  readonly batch?: number;
}

/** What stands for a number that is not finite, which Python writes into JSON by its name. */
const UNWRITTEN = /"(?:[^"\\]|\\.)*"|-?\bInfinity\b|\bNaN\b/g;

/**
 * Reads a state.
 *
 * @throws UserError for what is no JSON, no state of a trainer, or has no log of a training
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const { steps, trained, evaluated } = await readTrainerState("lib/run/trl/testdata/trainer_state.json");
 * assert.deepEqual([steps, trained.length, evaluated.map(({ step }) => step)], [12, 12, [0, 4, 8, 12]]);
 * ```
 */
export async function readTrainerState(path: string): Promise<TrainerState> {
  let text: string;
  try {
    text = await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) throw new UserError(`${path}: there is no such file; check the path`);
    if (error instanceof Deno.errors.IsADirectory) {
      throw new UserError(`${path}: is a folder; name the trainer_state.json in it`);
    }
    throw refused(path, error);
  }
  // As texts, they are met where a number is looked for, which has a step and a name.
  const quoted = text.replaceAll(UNWRITTEN, (found) => found.startsWith('"') ? found : `"${found}"`);
  const state = parseObject(quoted, path), { log_history: log, global_step: steps, max_steps: planned } = state;
  if (!Array.isArray(log) || !log.every(isObject)) {
    throw new UserError(
      `${path}: has no log_history; name the trainer_state.json that a trainer of transformers or TRL writes`,
    );
  }
  if (!isCount(steps)) {
    throw new UserError(`${path}: has no global_step; name the trainer_state.json of a training, not another log`);
  }
  const lines = log.map((values: JsonObject, i): LogLine => {
    if (!isCount(values.step)) throw new UserError(`${path}: entry ${i} of log_history has no step; it is damaged`);
    return { step: values.step, values };
  });
  const trained = lines.filter(({ values }) => "loss" in values);
  const evaluated = lines.filter(({ values }) => Object.keys(values).some((key) => /^eval_(.+_)?loss$/.test(key)));
  const summary = lines.findLast(({ values }) => "train_runtime" in values)?.values ?? {};
  if (trained.length + evaluated.length === 0) {
    throw new UserError(`${path}: log_history has no loss; train with a logging_steps that is at most the steps`);
  }
  const back = trained.find(({ step }, i) => step > steps || (i > 0 && step <= trained[i - 1].step)) ??
    evaluated.find(({ step }, i) => step > steps || (i > 0 && step < evaluated[i - 1].step));
  if (back !== undefined) {
    throw new UserError(`${path}: a line of step ${back.step} is out of order: it is no log of one training`);
  }
  return {
    ...{ steps, trained, evaluated, summary },
    planned: isCount(planned) ? Math.max(planned, steps) : steps,
    ...(isCount(state.train_batch_size) && { batch: state.train_batch_size }),
  };
}

const isCount = (value: unknown): value is number => Number.isInteger(value) && Number(value) >= 0;
