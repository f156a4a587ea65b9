/**
 * What a training leaves in its folder on its way: record, curve and report, and whether it may begin there at all.
 *
 * @module
 */
import { basename, resolve } from "node:path";
import { type Drawer, drawHere } from "../report/drawer.ts";
import { writeReport } from "../report/write.ts";
import type { CurvePoint } from "../training/language/loop.ts";
import { UserError } from "../user_error.ts";
import { trainReport } from "./train_report.ts";
import {
  type ImportedRecord,
  readTraining,
  type SavedTraining,
  type TrainingRecord,
  writeTraining,
} from "./training_record.ts";

/** Keeps what a training has found so far. */
interface Keeping {
  /** Takes in a point of the curve. */
  add(point: CurvePoint): void;
  /** Writes record and curve. @param kept steps of the state that was saved */
  write(kept?: number): Promise<void>;
  /** Writes them and draws the report. @param failure why the training cannot go on */
  draw(failure?: string): Promise<void>;
}

/**
 * Keeps a training that begins or goes on.
 *
 * @param known what does not change on the way
 * @param from the curve so far, the steps of the state that is kept, and the seconds that were spent before
 * @example
 * ```ts ignore
 * const keeping = keepTraining("reports/train", known, { curve: [], kept: 0, seconds: 0 });
 * await keeping.write();
 * ```
 */
export function keepTraining(
  out: string,
  known: Omit<TrainingRecord, "kept" | "seconds" | "failure">,
  from: { readonly curve: readonly CurvePoint[] } & Pick<TrainingRecord, "kept" | "seconds">,
): Keeping {
  const curve = [...from.curve], began = performance.now();
  let { kept } = from;
  const now = (failure?: string): SavedTraining => ({
    record: {
      ...{ ...known, kept, seconds: from.seconds + (performance.now() - began) / 1000 },
      ...(failure !== undefined && { failure }),
    },
    curve,
  });
  return {
    add: (point) => void curve.push(point),
    write(steps = kept) {
      kept = steps;
      return writeTraining(out, now());
    },
    async draw(failure) {
      const saved = now(failure);
      await writeTraining(out, saved);
      await drawTraining(out, saved);
    },
  };
}

/**
 * Draws the report of a training into its folder.
 *
 * @throws UserError when a file cannot be written
 * @example
 * ```ts ignore
 * await drawTraining("reports/train", (await readTraining("reports/train"))!);
 * ```
 */
export async function drawTraining(folder: string, saved: SavedTraining, drawer: Drawer = drawHere): Promise<void> {
  await writeReport(trainReport(basename(resolve(folder)), saved), folder, drawer);
}

/**
 * What was spent on a training before, once it is known that nothing is lost by going on.
 *
 * @param hasState whether there is a state to go on from
 * @returns seconds
 * @throws UserError where a state was saved and is gone: a training that began anew would write over what it has written
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(await spentBefore("reports/no-such-training", false, console.log), 0);
 * ```
 */
export async function spentBefore(out: string, hasState: boolean, say: (line: string) => void): Promise<number> {
  let record: TrainingRecord | ImportedRecord | undefined, isWhole = true;
  try {
    record = (await readTraining(out))?.record;
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    isWhole = false;
    if (hasState) say(error.message);
  }
  if (record?.imported !== undefined) {
    throw new UserError(`--out ${out}: holds a training that ${record.imported.trainer} ran; choose another folder`);
  }
  if (hasState) return record?.seconds ?? 0;
  if (!isWhole || (record !== undefined && record.kept > 0)) {
    throw new UserError(
      `${out}: holds a training whose state.json is gone, so that it cannot go on; take --fresh to begin again, or ` +
        "another --out",
    );
  }
  if (record !== undefined) say(`${out}: was stopped before its first save; begins again`);
  return 0;
}
