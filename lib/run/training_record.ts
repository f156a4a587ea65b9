/**
 * What a training keeps for its report: what it was told, and its learning curve, in files that `report`, `figures` and
 * `serve` read.
 *
 * @module
 */
import { csvParseRows } from "d3-dsv";
import { refused, writeWhole } from "../files.ts";
import { isObject } from "../formats/json_text.ts";
import { csvField, toCsv } from "../report/csv.ts";
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

/** What was told to a training, and what it found before its first step. */
export interface TrainingRecord {
  readonly command: string;
  readonly git: { readonly commit: string; readonly dirty: boolean | "unknown" };
  readonly versions: Readonly<Record<string, string>>;
  /** Name of the engine. */
  readonly engine: string;
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
  /** Steps that are to be taken. */
  readonly steps: number;
  readonly options: Omit<TrainOptions, "fresh" | "lengthGiven" | "out">;
  /** Steps of the last state that is kept to go on from; 0 where there is none. */
  readonly kept: number;
  /** Time of it so far, s. */
  readonly seconds: number;
  /** Why it cannot go on. */
  readonly failure?: string;
}

/** A training as its folder has it. */
export interface SavedTraining {
  readonly record: TrainingRecord;
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
  const record = recordIn(text), begins = curve === undefined && record?.kept === 0;
  const points = begins ? [] : record && curve !== undefined ? pointsIn(curve) : undefined;
  if (record !== undefined && points !== undefined) return { record, curve: points };
  throw new UserError(
    `${record === undefined ? path : `${folder}/${CURVE}`}: missing, damaged or of an earlier version; the deno task ` +
      "train that made it, given again, goes on and writes it anew",
  );
}

const COLUMNS: readonly (keyof CurvePoint)[] = [
  ...["step", "on", "loss", "chosen", "rejected", "chosenRatio", "rejectedRatio", "accuracy", "gradientNorm"] as const,
  "learningRate",
];
/** With what is measured of texts that are weighed. */
const ALL_COLUMNS: typeof COLUMNS = [...COLUMNS, "value", "effective", "largest"];
const SIDE = COLUMNS.indexOf("on");

async function textIfThere(path: string): Promise<string | undefined> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return undefined;
    throw refused(path, error);
  }
}

/** A record with everything that a report reads; undefined where something is missing. */
function recordIn(text: string): TrainingRecord | undefined {
  let record: unknown;
  try {
    record = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isObject(record)) return undefined;
  const { options, lines, heldOut, steps, seconds, kept, command, engine, checkpoint, data } = record;
  const isWhole = [lines, heldOut, steps, seconds, kept].every(Number.isFinite) &&
    [command, engine, checkpoint, data].every((text) => typeof text === "string") &&
    [record.git, record.versions, record.engineFacts].every(isObject) &&
    isObject(options) && [options.numbers, options.objective, options.rules].every(isObject) &&
    trainableLosses.some(({ name }) => name === options.loss);
  return isWhole ? record as unknown as TrainingRecord : undefined;
}

function pointsIn(text: string): CurvePoint[] | undefined {
  const [head, ...lines]: string[][] = csvParseRows(text);
  const columns = [COLUMNS, ALL_COLUMNS].find((columns) => `${columns}` === `${head}`);
  if (columns === undefined || !text.endsWith("\n")) return undefined;
  // Numbers have one form, in which they were written: any other text would be drawn as 0 or as a gap.
  const isWritten = (cell: string, i: number) => i === SIDE || csvField(Number(cell)) === cell;
  if (!lines.every((cells) => cells.length === columns.length && cells.every(isWritten))) return undefined;
  const points = lines.map((cells) => {
    const point = Object.fromEntries(columns.map((name, i) => [name, name === "on" ? cells[i] : Number(cells[i])]));
    return point as unknown as CurvePoint;
  });
  const isPoint = ({ step, on }: CurvePoint) => Number.isInteger(step) && (on === "train" || on === "held-out");
  return points.every(isPoint) ? points : undefined;
}
