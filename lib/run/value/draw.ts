/**
 * What a valuation leaves in its folder: `value.csv`, and the report.
 *
 * @module
 */
import { basename, resolve } from "node:path";
import { writeWhole } from "../../files.ts";
import { toCsv } from "../../report/csv.ts";
import { type Drawer, drawHere } from "../../report/drawer.ts";
import { writeReport } from "../../report/write.ts";
import type { ValueRecord } from "./record.ts";
import { valueReport } from "./report.ts";

/**
 * Draws a valuation into its folder.
 *
 * @throws UserError when a file cannot be written
 * @example
 * ```ts ignore
 * await drawValue("reports/value", (await readValue("reports/value"))!);
 * ```
 */
export async function drawValue(folder: string, record: ValueRecord, drawer: Drawer = drawHere): Promise<void> {
  await writeWhole(`${folder}/value.csv`, toCsv(record.rows.map((row) => ({ ...row }))));
  if (record.gamma !== undefined) {
    await writeWhole(`${folder}/gamma.csv`, toCsv(record.gamma.rows.map((row) => ({ ...row }))));
  }
  await writeReport(valueReport(basename(resolve(folder)), record), folder, drawer);
}
