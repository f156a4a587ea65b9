/**
 * The log of a training by TRL as the curve of one of ours.
 *
 * @module
 */
import type { CurvePoint } from "../../training/language/loop.ts";
import { UserError } from "../../user_error.ts";
import type { LogLine, TrainerState } from "./trainer_state.ts";

/** What of a log must be known to read it. */
interface Reading {
  /** Whether rewards are β times log-ratios to a reference; without one they are β times log-probs, and say nothing new. */
  readonly reference: boolean;
  readonly beta?: number;
  /** Name of the evaluation set, where there are several. */
  readonly evaluation?: string;
  /** Named in errors. */
  readonly where: string;
}

/** A curve, and what was met on the way to it. */
export interface ReadCurve {
  readonly curve: readonly CurvePoint[];
  /** Columns of the curve that no line has. */
  readonly absent: readonly (keyof CurvePoint)[];
  /** Lines in which nothing had moved and every pair was a tie. */
  readonly ties: number;
  /** Most steps of a line that was trained. */
  readonly stepsOfLine: number;
  /** Steps whose gradient was not finite. */
  readonly overflowed: readonly number[];
  /** Steps after which what is held out was evaluated once more. */
  readonly again: readonly number[];
  /** Lines that are held out, where the log says how many. */
  readonly heldOut?: number;
}

/** What TRL calls a column; loss, gradient and rate are transformers' own. */
const NAMES = {
  chosen: "logps/chosen",
  rejected: "logps/rejected",
  chosenRatio: "rewards/chosen",
  rejectedRatio: "rewards/rejected",
  accuracy: "rewards/accuracies",
  gradientNorm: "grad_norm",
  learningRate: "learning_rate",
} as const;

/** Names of numbers that are not finite, which the reader of the state leaves as texts. */
const UNWRITTEN = /^(NaN|-?Infinity)$/;

/**
 * The curve of a log.
 *
 * - A line of step s is of the batches of the steps since the line before it, measured before each step: its place is the
 *   middle of them, as numbers of steps taken. An evaluation of step s is after s steps.
 * - Rewards are divided by β; without it, or without a reference, there are no log-ratios.
 * - A line with all rewards exactly 0 has nothing but ties, which TRL counts as wrong and we as a half.
 *
 * @throws UserError for a number that is not finite, with its step and name, and for several evaluation sets without a name
 * @example
 * ```ts
 * import { readTrainerState } from "./trainer_state.ts";
 * import assert from "node:assert/strict";
 * const state = await readTrainerState("lib/run/trl/testdata/trainer_state.json");
 * const { curve, ties, heldOut } = curveOf(state, { reference: true, beta: 0.2, where: "trainer_state.json" });
 * assert.deepEqual([curve.length, ties, heldOut], [16, 2, 9]);
 * const [{ step, on, accuracy }] = curve;
 * assert.deepEqual([step, on, accuracy], [0, "held-out", 0.5]);
 * ```
 */
export function curveOf(state: TrainerState, reading: Reading): ReadCurve {
  const { where } = reading, overflowed: number[] = [], again: number[] = [], looks = new Map<number, CurvePoint>();
  let ties = 0, stepsOfLine = 1, before = 0;
  const pointOf = (line: LogLine, on: CurvePoint["on"], step: number, loss: number): CurvePoint => {
    const of = (column: keyof typeof NAMES) => {
      const value = numberOf(line, `${on === "train" ? "" : "eval_"}${NAMES[column]}`, where);
      return value ?? NaN;
    };
    const ratio = (column: "chosenRatio" | "rejectedRatio") =>
      reading.reference ? of(column) / (reading.beta ?? NaN) : NaN;
    const still = reading.reference && [of("chosenRatio"), of("rejectedRatio"), of("accuracy")].every((n) => n === 0);
    if (still) ties++;
    return {
      ...{ step, on, loss, chosen: of("chosen"), rejected: of("rejected") },
      ...{ chosenRatio: ratio("chosenRatio"), rejectedRatio: ratio("rejectedRatio") },
      ...{ accuracy: still ? 0.5 : of("accuracy"), gradientNorm: NaN, learningRate: NaN },
    };
  };
  const curve = state.trained.map((line): CurvePoint => {
    const size = line.step - before, loss = needed(line, "loss", where);
    before = line.step;
    stepsOfLine = Math.max(stepsOfLine, size);
    const norm = line.values.grad_norm, overflows = typeof norm === "string" && UNWRITTEN.test(norm);
    if (overflows && loss === 0) {
      throw new UserError(
        `${where}: the loss of step ${line.step} is 0 beside a gradient of ${norm}: so transformers logs a loss that is ` +
          "not finite; import the state of a checkpoint before that step",
      );
    }
    // Half precision overflows and leaves the step out.
    if (overflows) overflowed.push(line.step);
    const gradientNorm = overflows ? NaN : numberOf(line, NAMES.gradientNorm, where) ?? NaN;
    const learningRate = numberOf(line, NAMES.learningRate, where) ?? NaN;
    return { ...pointOf(line, "train", line.step - (size + 1) / 2, loss), gradientNorm, learningRate };
  });
  const lossName = lossOfEvaluation(state, reading);
  let heldOut: number | undefined;
  for (const line of state.evaluated) {
    const loss = numberOf(line, lossName, where);
    if (loss === undefined) continue;
    if (looks.has(line.step)) again.push(line.step);
    else {
      looks.set(line.step, pointOf(line, "held-out", line.step, loss));
      heldOut ??= countOf(line, lossName.slice(0, -"loss".length), where);
    }
  }
  const all = [...looks.values(), ...curve].sort((a, b) => a.step - b.step);
  const columns = Object.keys(NAMES) as (keyof typeof NAMES)[];
  return {
    ...{ curve: all, ties, stepsOfLine, overflowed, again },
    absent: columns.filter((column) => all.every((point) => Number.isNaN(point[column]))),
    ...(heldOut !== undefined && { heldOut }),
  };
}

/** A number of a line; undefined where it has none. */
function numberOf({ step, values }: LogLine, name: string, where: string): number | undefined {
  const value = Object.hasOwn(values, name) ? values[name] : undefined;
  if (value === undefined || value === null) return undefined;
  if (typeof value === "number" && Number.isFinite(value)) return value;
  const what = typeof value === "string" ? value : JSON.stringify(value);
  if (typeof value === "string" && !UNWRITTEN.test(value)) {
    throw new UserError(`${where}: ${name} of step ${step} is ${JSON.stringify(value)}, and no number; it is damaged`);
  }
  throw new UserError(
    `${where}: ${name} of step ${step} is ${what}: the training diverged; import the state of a checkpoint before that step`,
  );
}

function needed(line: LogLine, name: string, where: string): number {
  const value = numberOf(line, name, where);
  if (value === undefined) throw new UserError(`${where}: ${name} of step ${line.step} is missing; it is damaged`);
  return value;
}

/** What the loss of the evaluations is called. */
function lossOfEvaluation({ evaluated }: TrainerState, { evaluation, where }: Reading): string {
  const names = new Set(
    evaluated.flatMap(({ values }) => Object.keys(values)).flatMap((key) => {
      const [, name] = /^eval_(?:(.+)_)?loss$/.exec(key) ?? [undefined, "nll"];
      return name === "nll" ? [] : [name ?? ""];
    }),
  );
  if (evaluation !== undefined) {
    if (names.has(evaluation)) return `eval_${evaluation}_loss`;
    const has = [...names].filter(Boolean).join(", ") || "none with a name";
    throw new UserError(`--eval ${evaluation}: ${where} has no such evaluation set; it has ${has}`);
  }
  if (names.has("") || names.size === 0) return "eval_loss";
  const [only, ...others] = names;
  if (others.length === 0) return `eval_${only}_loss`;
  throw new UserError(
    `${where}: has evaluations of ${[...names].join(", ")}, and a curve is of one; name it with --eval`,
  );
}

/** Examples of an evaluation: its time by its rate, both of which are rounded; undefined where that leaves a doubt. */
function countOf(line: LogLine, prefix: string, where: string): number | undefined {
  const [time, rate] = ["runtime", "samples_per_second"].map((name) => numberOf(line, `${prefix}${name}`, where));
  if (time === undefined || rate === undefined) return undefined;
  const doubt = 0.00005 * rate + 0.0005 * time;
  return doubt < 0.4 ? Math.round(time * rate) : undefined;
}
