/**
 * What a training keeps for its report: what it was told, and its learning curve, in files that `report`, `figures` and
 * `serve` read.
 *
 * @module
 */
import { csvParseRows } from "d3-dsv";
import { textIfThere, writeWhole } from "../files.ts";
import { isObject } from "../formats/json_text.ts";
import { csvField, toCsv } from "../report/csv.ts";
import { losses } from "../losses/mod.ts";
import type { CurvePoint } from "../training/language/loop.ts";
import { UserError } from "../user_error.ts";
import { trainableLosses } from "./train_losses.ts";
import type { TrainOptions } from "./train_options.ts";

/** What a training has in its folder from the beginning: what it was told. */
export const TRAINING = "training.json";
const CURVE = "curve.csv";
/** What else a training alone has in its folder. */
const STATE = "state.json";
/** Files by which a training is known, whichever of them are left. */
export const TRAINING_FILES: readonly string[] = [TRAINING, CURVE, STATE];

/** What every training has, ours and those of others. */
interface AnyRecord {
  readonly command: string;
  /** Name of the engine. */
  readonly engine: string;
  /** Steps that are to be taken. */
  readonly steps: number;
  /** Time of it so far, s; 0 where it is not known. */
  readonly seconds: number;
  /** Why it cannot go on. */
  readonly failure?: string;
}

/** What was told to a training, and what it found before its first step. */
export interface TrainingRecord extends AnyRecord {
  readonly git: { readonly commit: string; readonly dirty: boolean | "unknown" };
  readonly versions: Readonly<Record<string, string>>;
  /** What its numbers depend on beside the name. */
  readonly engineFacts: Readonly<Record<string, string>>;
  /** SHA-256 of the model, of the lines, and of the adapter that it began with. */
  readonly checkpoint: string;
  readonly data: string;
  readonly adapter?: string;
  /** Lines that are learned from. */
  readonly lines: number;
  /** Lines that are only looked at. */
  readonly heldOut: number;
  readonly options: Omit<TrainOptions, "fresh" | "lengthGiven" | "out">;
  /** Steps of the last state that is kept to go on from; 0 where there is none. */
  readonly kept: number;
  readonly imported?: undefined;
}

/** A line of a table that has what another tool's log says beside what was computed here. */
export interface BesideLine {
  readonly quantity: string;
  /** Of the last evaluation in the log; null where it has none. */
  readonly theirs: number | null;
  readonly ours: number;
  /** 95 % interval over prompts; null where they are too few, or all alike. */
  readonly lower: number | null;
  readonly upper: number | null;
}

/** A training that another tool ran, out of its log. */
export interface ImportedRecord extends AnyRecord {
  readonly imported: {
    /** The log, and its SHA-256. */
    readonly source: string;
    readonly sha256: string;
    /** Steps that were taken when it was written. */
    readonly taken: number;
    /** Who trained, such as "DPOTrainer of TRL". */
    readonly trainer: string;
    /** Name and options of the loss in the table; absent where it is not known or not there. */
    readonly loss?: { readonly name: string; readonly options: Readonly<Record<string, unknown>> };
    /** Whether lines are single responses with labels, not pairs. */
    readonly labelled: boolean;
    /** Whether log-probs are means over tokens. */
    readonly perToken: boolean;
    /** Longest gradient, if it is known; 0 for any. */
    readonly clip?: number;
    /** Settings in words, by what they are called. */
    readonly settings: Readonly<Record<string, string>>;
    /** What was undone, and what cannot be. */
    readonly notes: readonly string[];
    /** What is held out, recomputed from predictions. */
    readonly beside?: {
      readonly lines: readonly BesideLine[];
      readonly caption: string;
      /** What it says, in a sentence. */
      readonly finding: string;
    };
  };
}

/** A training as its folder has it. */
export interface SavedTraining<Record = TrainingRecord | ImportedRecord> {
  readonly record: Record;
  readonly curve: readonly CurvePoint[];
}

/**
 * Writes what is known at some point of a training.
 *
 * @throws UserError when the system refuses to write
 * @example
 * ```ts ignore
 * await writeTraining("reports/train", { record, curve: [] });
 * ```
 */
export async function writeTraining(folder: string, { record, curve }: SavedTraining): Promise<void> {
  const weighs = curve.some(({ effective }) => effective !== undefined), columns = weighs ? ALL_COLUMNS : COLUMNS;
  // The record first: a kill between the two leaves a folder that is known as a training's.
  await writeWhole(`${folder}/${TRAINING}`, `${JSON.stringify(record, null, 2)}\n`);
  await writeWhole(`${folder}/${CURVE}`, toCsv(curve.map((point) => ({ ...point })), columns));
}

/**
 * The training of a folder.
 *
 * @returns undefined where no training was begun there
 * @throws UserError for files that are not as they were written
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(await readTraining("reports/no-such-training"), undefined);
 * ```
 */
export async function readTraining(folder: string): Promise<SavedTraining | undefined> {
  const path = `${folder}/${TRAINING}`, text = await textIfThere(path);
  const curve = await textIfThere(`${folder}/${CURVE}`);
  if (text === undefined) {
    if (curve === undefined || await textIfThere(`${folder}/${STATE}`) === undefined) return undefined;
    throw new UserError(
      `${path}: is gone, which said what the training in this folder was told; train again into another --out`,
    );
  }
  const record = recordIn(text);
  const begins = curve === undefined && record?.imported === undefined && record?.kept === 0;
  const points = begins ? [] : record && curve !== undefined ? pointsIn(curve) : undefined;
  if (record !== undefined && points !== undefined) return { record, curve: points };
  const again = text.includes('"imported": {')
    ? "import the training again, into another --out"
    : "the deno task train that made it, given again, goes on and writes it anew";
  throw new UserError(
    `${record === undefined ? path : `${folder}/${CURVE}`}: missing, damaged or of an earlier version; ${again}`,
  );
}

const COLUMNS: readonly (keyof CurvePoint)[] = [
  ...["step", "on", "loss", "chosen", "rejected", "chosenRatio", "rejectedRatio", "accuracy", "gradientNorm"] as const,
  "learningRate",
];
/** With what is measured of texts that are weighed. */
const ALL_COLUMNS: typeof COLUMNS = [...COLUMNS, "value", "effective", "largest"];
const SIDE = COLUMNS.indexOf("on");

/** A record with everything that a report reads; undefined where something is missing. */
function recordIn(text: string): TrainingRecord | ImportedRecord | undefined {
  let record: unknown;
  try {
    record = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isObject(record)) return undefined;
  const { options, lines, heldOut, steps, seconds, kept, command, engine, checkpoint, data, imported } = record;
  if (imported !== undefined) {
    const isAny = [steps, seconds].every(Number.isFinite) && [command, engine].every((of) => typeof of === "string");
    return isAny && isImported(imported) ? record as unknown as ImportedRecord : undefined;
  }
  const isWhole = [lines, heldOut, steps, seconds, kept].every(Number.isFinite) &&
    [command, engine, checkpoint, data].every((text) => typeof text === "string") &&
    [record.git, record.versions, record.engineFacts].every(isObject) &&
    isObject(options) && [options.numbers, options.objective, options.rules].every(isObject) &&
    trainableLosses.some(({ name }) => name === options.loss);
  return isWhole ? record as unknown as TrainingRecord : undefined;
}

function isImported(imported: unknown): boolean {
  if (!isObject(imported)) return false;
  const { source, sha256, trainer, taken, loss, settings, notes, beside } = imported;
  return [source, sha256, trainer].every((text) => typeof text === "string") && Number.isFinite(taken) &&
    isObject(settings) && Array.isArray(notes) &&
    (loss === undefined || isObject(loss) && losses.some(({ name }) => name === loss.name) && isObject(loss.options)) &&
    (beside === undefined || isObject(beside) && Array.isArray(beside.lines) && beside.lines.every(isObject));
}

function pointsIn(text: string): CurvePoint[] | undefined {
  const [head, ...lines]: string[][] = csvParseRows(text);
  const columns = [COLUMNS, ALL_COLUMNS].find((columns) => `${columns}` === `${head}`);
  if (columns === undefined || !text.endsWith("\n")) return undefined;
  // Texts that are weighed have rewards on all lines, or on none.
  const value = columns.indexOf("value"), lacksValue = value >= 0 && lines.every((cells) => cells[value] === "");
  // Numbers have one form, in which they were written: any other text would be drawn as 0 or as a gap.
  const isWritten = (cell: string, i: number) =>
    i === SIDE || csvField(Number(cell)) === cell || (i === value && lacksValue);
  if (!lines.every((cells) => cells.length === columns.length && cells.every(isWritten))) return undefined;
  const points = lines.map((cells) => {
    const entries = columns.map((name, i) => [name, name === "on" ? cells[i] : Number(cells[i])]);
    return Object.fromEntries(entries.filter((_, i) => !(i === value && lacksValue))) as unknown as CurvePoint;
  });
  // A line of another tool's log may be of several steps, and stands in the middle of them.
  const isPoint = ({ step, on }: CurvePoint) => Number.isInteger(2 * step) && (on === "train" || on === "held-out");
  return points.every(isPoint) ? points : undefined;
}
