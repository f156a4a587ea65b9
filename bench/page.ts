/**
 * Measured rows as CSV and as a page.
 *
 * @module
 */
import { toCsv } from "../lib/report/csv.ts";
import { configList } from "../lib/report/config_list.ts";
import { escapeText } from "../lib/report/escape.ts";
import { htmlDocument } from "../lib/report/page.ts";
import { siteNav } from "../lib/report/site_nav.ts";
import { tableHtml } from "../lib/report/tables.ts";
import type { Row } from "../lib/report/types.ts";
import { writeWhole } from "../lib/files.ts";
import { benchMarkdown } from "./markdown.ts";
import type { BenchRow } from "./rows.ts";

/** What the numbers mean. */
const LEAD =
  "Times are medians of runs that took turns in one process, on a machine that may be busy with other work: " +
  "the ratios hold, the milliseconds drift. Below 1 is faster than the yardstick.";

/**
 * Writes `results.csv`, `results.md` and `index.html`.
 *
 * @param folder is there
 * @param machine what was measured on, as name and value
 * @example
 * ```ts ignore
 * await writeBench("reports/bench", rows, [["processor", "..."]]);
 * ```
 */
export async function writeBench(
  folder: string,
  rows: readonly BenchRow[],
  machine: readonly (readonly [string, string])[],
  notes: readonly string[],
): Promise<void> {
  await writeWhole(`${folder}/results.csv`, toCsv(rows as unknown as readonly Row[]));
  await writeWhole(`${folder}/results.md`, benchMarkdown(rows, machine, notes));
  const groups = [...new Set(rows.map((row) => row.group))];
  const sections = groups.map((group, i) => {
    const own = rows.filter((row) => row.group === group);
    const unit = own[0].unit;
    return `<section><h2>${escapeText(group)}</h2><div class="scroll">` + tableHtml({
      id: `group-${i}`,
      caption: "",
      columns: [
        { key: "work", label: "Work" },
        { key: "by", label: "By" },
        { key: "ms", label: "ms" },
        ...(unit ? [{ key: "rate", label: unit }] : []),
        { key: "ratio", label: "Ratio", digits: 2 },
        { key: "against", label: "to" },
      ],
      rows: own.map((row) =>
        row.ms === null ? { ...row, by: `${row.by}: not found` } : row
      ) as unknown as readonly Row[],
    }) + "</div></section>";
  });
  const remarks = notes.map((note) => `<p class="notice" role="note">${escapeText(note)}</p>`).join("\n");
  const nav = siteNav("bench/index.html", ["index.html", "claims.html", "bench/index.html"]);
  const body = `${nav}<header><h1>Speed</h1><p class="lead">${escapeText(LEAD)}</p></header>\n${remarks}\n` +
    sections.join("\n") + `<section><h2>The machine</h2>${configList(machine)}</section>`;
  await writeWhole(`${folder}/index.html`, await htmlDocument("Speed: preflab", body));
}
