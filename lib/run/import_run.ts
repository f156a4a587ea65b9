/**
 * A training that transformers or TRL ran, as one of ours: from its log to record, curve and report of a folder.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { basename, dirname, join, resolve } from "node:path";
import { refused } from "../files.ts";
import { lossNamed } from "../losses/mod.ts";
import { formatNumber, formatPercent } from "../report/numbers.ts";
import type { CurvePoint } from "../training/language/loop.ts";
import { UserError } from "../user_error.ts";
import { takeFolder } from "./folder.ts";
import { drawTraining } from "./train_keeping.ts";
import { type ImportedRecord, readTraining, TRAINING, writeTraining } from "./training_record.ts";
import { curveOf } from "./trl/curve.ts";
import { type HeldOut, heldOutOf } from "./trl/held_out.ts";
import { lossTypes, tableLoss, type TrlTrainer } from "./trl/losses.ts";
import { notesOf } from "./trl/notes.ts";
import { lossesOfPairs } from "./trl/loss_of.ts";
import { readPredictions } from "./trl/predictions.ts";
import { settingsOf } from "./trl/settings.ts";
import { readTrainerState, type TrainerState } from "./trl/trainer_state.ts";
import { readTrainingArgs, TRAINING_ARGS, type TrainingArgs } from "./trl/training_args.ts";

/** What is imported, and where to. */
export interface ImportOptions {
  /** `trainer_state.json`. */
  readonly state: string;
  /** Log-probs of what was held out. */
  readonly predictions?: string;
  readonly out: string;
  /** TRL's `loss_type`, where no arguments lie beside the log. */
  readonly loss?: string;
  readonly beta?: number;
  /** The evaluation set, where there are several. */
  readonly evaluation?: string;
}

/**
 * Imports a training.
 *
 * @param command as the user gave it, for the report
 * @returns the page that was drawn, and what to know, a line each
 * @throws UserError for whatever a user can mend; nothing was written then
 * @example
 * ```ts ignore
 * const { page, told } = await importRun({ state: "trl/trainer_state.json", out: "reports/trl" }, "deno task import-run …");
 * ```
 */
export async function importRun(
  options: ImportOptions,
  command: string,
): Promise<{ readonly page: string; readonly told: readonly string[] }> {
  const { state: source, out } = options, state = await readTrainerState(source);
  const given = await readTrainingArgs(join(dirname(source), TRAINING_ARGS)), args = argsOf(options, given);
  const trainer = given === undefined ? trainerOf(state) : given.trainer;
  const types = [args.loss_type].flat().filter((type): type is string => typeof type === "string");
  const [type = trainer === undefined || lossTypes(trainer).includes("") ? "" : undefined] = types;
  const loss = trainer === undefined || type === undefined ? undefined : tableLoss(trainer, type, args);
  if (options.loss !== undefined && loss === undefined) throw unknownLoss(options.loss, trainer);
  const reference = trainer === "DPO" || trainer === "KTO";
  const perToken = trainer === "ORPO" || (trainer === "CPO" && (type === "simpo" || type === "ipo"));
  if (trainer === "CPO" && type === undefined) {
    throw new UserError(
      `${source}: without its loss log-probs may be sums or means; name it with --loss ${lossTypes("CPO").join("|")}`,
    );
  }
  const { beta } = args, evaluation = options.evaluation;
  const read = curveOf(state, {
    ...{ reference, where: source },
    ...(typeof beta === "number" && { beta }),
    ...(evaluation !== undefined && { evaluation }),
  });
  const last = read.curve.findLast(({ on }) => on === "held-out");
  const beside = options.predictions === undefined ? undefined : await besideOf(options.predictions, {
    ...{ reference, perToken, batch: args.per_device_eval_batch_size, last },
    // A sum of losses is none of the table.
    ...(loss !== undefined && loss.likelihood === undefined && types.length < 2 && { loss }),
  });
  const recomputed = beside !== undefined;
  const notes = notesOf({ ...(trainer && { trainer }), types, args, reference, read, recomputed });
  const clip = args.max_grad_norm, { train_runtime: seconds } = state.summary;
  const record: ImportedRecord = {
    ...{ command, engine: "PyTorch", steps: state.planned, seconds: typeof seconds === "number" ? seconds : 0 },
    imported: {
      ...{ source, sha256: await sumOf(source), taken: state.steps, trainer: nameOf(trainer, given) },
      ...(loss !== undefined && { loss: { name: loss.name, options: loss.options } }),
      ...{ labelled: trainer === "KTO", perToken, settings: settingsOf(given, read.heldOut), notes },
      ...(typeof clip === "number" && { clip }),
      ...(beside && { beside }),
    },
  };
  const folder = await takeFolder(out, TRAINING);
  try {
    await refuseAnother(out, source);
    const saved = { record, curve: read.curve };
    await writeTraining(out, saved);
    await drawTraining(out, saved);
  } finally {
    folder.release();
  }
  const unknown = loss === undefined && given === undefined
    ? [
      `no ${TRAINING_ARGS} lies beside ${source}: loss and settings are not known; --loss and --beta name what they can`,
    ]
    : [];
  return { page: `${out}/index.html`, told: [...unknown, ...notes, ...(beside ? [beside.finding] : [])] };
}

/** The trainer's arguments, with what flags say where they are not there. */
function argsOf({ loss, beta }: ImportOptions, given: TrainingArgs | undefined): TrainingArgs["values"] {
  const values = given?.values ?? {};
  for (const [flag, value, name] of [["--loss", loss, "loss_type"], ["--beta", beta, "beta"]] as const) {
    if (value === undefined || values[name] === undefined) continue;
    throw new UserError(
      `${flag} has no effect: ${TRAINING_ARGS} beside the log says ${name} ${values[name]}; leave it out`,
    );
  }
  return {
    ...values,
    ...(loss !== undefined && { loss_type: loss }),
    ...(beta !== undefined && { beta }),
  };
}

/** The trainer, by what it alone logs. */
function trainerOf({ trained, evaluated }: TrainerState): TrlTrainer | undefined {
  const keys = new Set([...trained, ...evaluated].flatMap(({ values }) => Object.keys(values)));
  const has = (name: string) => keys.has(name) || keys.has(`eval_${name}`);
  if (has("log_odds_ratio")) return "ORPO";
  if (has("nll_loss")) return "CPO";
  if (has("kl") && (has("rewards/chosen") || has("rewards/rejected"))) return "KTO";
  return has("rewards/accuracies") && has("logps/chosen") ? "DPO" : undefined;
}

/** Who trained: by what it logs, or by the class of its arguments. */
function nameOf(trainer: TrlTrainer | undefined, given?: TrainingArgs): string {
  const [, name = trainer] = /^trl\..*\.(\w+)Config$/.exec(given?.of ?? "") ?? [];
  return name === undefined ? "a trainer of transformers" : `${name}Trainer of TRL`;
}

function unknownLoss(loss: string, trainer: TrlTrainer | undefined): UserError {
  if (trainer === undefined) {
    return new UserError(`--loss ${loss}: the log is of no trainer of TRL that has a loss to name; leave it out`);
  }
  const names = lossTypes(trainer).filter(Boolean).join(", ");
  return new UserError(
    `--loss ${loss}: ${nameOf(trainer)} has ${names === "" ? "one loss; leave it out" : `${names}; name one of them`}`,
  );
}

/** What predictions say, beside the last evaluation of the log. */
async function besideOf(
  path: string,
  { reference, perToken, batch: size, last, loss }: {
    readonly reference: boolean;
    readonly perToken: boolean;
    readonly batch: unknown;
    readonly last?: CurvePoint;
    readonly loss?: { readonly name: string; readonly options: Readonly<Record<string, unknown>> };
  },
): Promise<ImportedRecord["imported"]["beside"]> {
  const predictions = await readPredictions(path, reference);
  if (perToken && predictions.some(({ tokens }) => tokens === undefined)) {
    throw new UserError(`${path}: the loss compares means over tokens; give chosen_tokens and rejected_tokens as well`);
  }
  const batch = typeof size === "number" ? size : undefined;
  const losses = loss === undefined ? undefined : await lossesOfPairs(predictions, loss, perToken);
  const ofTokens = !perToken && loss !== undefined && lossNamed(loss.name).reduction.startsWith("mean");
  const found = heldOutOf(predictions, {
    ...{ perToken, ofTokens, ...(losses && { losses }) },
    ...(last && { last }),
    ...(batch !== undefined && { batch }),
  });
  const { lines, pairs, prompts } = found, [{ ours, lower, upper, theirs }] = lines;
  const many = `${formatNumber(pairs)} ${pairs === 1 ? "pair" : "pairs"}`;
  const interval = lower === null || upper === null ? "" : ` [${formatPercent(lower)}, ${formatPercent(upper)}]`;
  const log = theirs === null ? "" : `; the log's last evaluation has ${formatPercent(theirs)}`;
  return {
    lines,
    finding: `Of ${many} of ${basename(path)}, ${formatPercent(ours)}${interval} are in the right order${log}.`,
    caption:
      `The last evaluation of the log, and the same over the ${many} of ${basename(path)}, each counting once and a ` +
      `tie as a half${interval === "" ? "" : `; intervals are of 95 % over ${formatNumber(prompts)} prompts`}.` +
      againTold(found, batch, theirs),
  };
}

/** Whether the log's share is met by counting as TRL does: by batches, and a tie as wrong. */
function againTold({ asTrl }: HeldOut, batch: number | undefined, theirs: number | null): string {
  if (asTrl === undefined || theirs === null) return "";
  const counted = ` Counted as TRL does, in batches of ${formatNumber(batch!)} and a tie as wrong, the share is ` +
    `${formatPercent(asTrl)}`;
  // The log's is a mean of float32.
  return Math.abs(asTrl - theirs) < 1e-4
    ? `${counted}, the log's.`
    : `${counted}, not the log's ${
      formatPercent(theirs)
    }: the lines may be others, or of another checkpoint or precision.`;
}

async function sumOf(path: string): Promise<string> {
  try {
    return createHash("sha256").update(await Deno.readFile(path)).digest("hex");
  } catch (error) {
    throw refused(path, error);
  }
}

/** A log that has grown is imported again; any other training stays. */
async function refuseAnother(out: string, source: string): Promise<void> {
  const another = new UserError(`--out ${out}: holds another training; choose another folder`);
  const found = await readTraining(out).catch((error) => {
    throw error instanceof UserError ? another : error;
  });
  if (found === undefined) return;
  if (found.record.imported === undefined || resolve(found.record.imported.source) !== resolve(source)) throw another;
}
