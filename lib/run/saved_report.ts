/**
 * A report as data in its folder, from which `deno task report` and `deno task figures` draw it again.
 *
 * @module
 */
import { textIfThere, writeWhole } from "../files.ts";
import { isObject } from "../formats/json_text.ts";
import { type MethodStyle, methodStyle, registerMethod } from "../report/methods.ts";
import type { Report } from "../report/types.ts";
import { UserError } from "../user_error.ts";

/** The file of a report about a user's own data. */
export const SAVED_REPORT = "report.json";

/** A report with the looks of its methods. */
interface SavedReport {
  readonly report: Report;
  readonly styles: Readonly<Record<string, MethodStyle>>;
}

/**
 * Writes a report as data.
 *
 * @param methods ids whose looks go with it
 * @throws UserError when the file cannot be written
 */
export async function saveReport(folder: string, report: Report, methods: readonly string[]): Promise<void> {
  const styles = Object.fromEntries(methods.map((id) => [id, methodStyle(id)]));
  await writeWhole(
    `${folder}/${SAVED_REPORT}`,
    `${JSON.stringify({ report, styles } satisfies SavedReport, null, 1)}\n`,
  );
}

/**
 * The report of a folder; its methods are registered.
 *
 * @returns undefined where there is none
 * @throws UserError for a file that is not as it was written
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(await readSavedReport("reports/no-such-report"), undefined);
 * ```
 */
export async function readSavedReport(folder: string): Promise<Report | undefined> {
  const path = `${folder}/${SAVED_REPORT}`;
  const text = await textIfThere(path);
  if (text === undefined) return undefined;
  const damaged = () => new UserError(`${path}: damaged or of an earlier version; give the command again that made it`);
  let saved: unknown;
  try {
    saved = JSON.parse(text);
  } catch {
    throw damaged();
  }
  if (!isObject(saved) || !isObject(saved.report) || !isObject(saved.styles)) throw damaged();
  const { report, styles } = saved as unknown as SavedReport;
  if (typeof report.title !== "string" || !Array.isArray(report.sections) || !Array.isArray(report.claims)) {
    throw damaged();
  }
  for (const [id, style] of Object.entries(styles)) registerMethod(id, style);
  return report;
}
