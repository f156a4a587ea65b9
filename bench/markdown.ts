/**
 * Measured rows as Markdown.
 *
 * @module
 */
import type { BenchRow } from "./rows.ts";

/**
 * A table a group: a line a piece of work, a column for each who did it, with milliseconds and the ratio to the yardstick.
 *
 * @param machine what was measured on, as name and value
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const row = { group: "Steps", work: "tiny", rate: null, unit: "" };
 * const rows = [
 *   { ...row, by: "PyTorch", ms: 2, ratio: null, against: "" },
 *   { ...row, by: "native", ms: 1, ratio: 0.5, against: "PyTorch" },
 *   { ...row, by: "JAX", ms: null, ratio: null, against: "" },
 * ];
 * assert.match(benchMarkdown(rows, [["cores", "2"]], []), /\| tiny \| 2\.00 \| 1\.00 \(0\.50x\) \| not found \|/);
 * ```
 */
export function benchMarkdown(
  rows: readonly BenchRow[],
  machine: readonly (readonly [string, string])[],
  notes: readonly string[],
): string {
  const sections = Map.groupBy(rows, (row) => row.group).entries().map(([group, own]) => {
    const by = [...new Set(own.map((row) => row.by))];
    const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |\n`;
    const lines = Map.groupBy(own, (row) => row.work).entries().map(([work, times]) =>
      line([work, ...by.map((name) => cellOf(times.find((row) => row.by === name)))])
    );
    const head = line(["Work, ms", ...by]) + line(["---", ...by.map(() => "--:")]);
    return `## ${group}\n\n${head}${lines.toArray().join("")}`;
  });
  const facts = machine.map(([name, value]) => `- ${name}: ${value}\n`).join("");
  return `# Speed\n\nMedian milliseconds and, in brackets, the ratio to the first column: below 1 is faster.\n\n` +
    `${facts}${notes.map((note) => `- ${note}\n`).join("")}\n${sections.toArray().join("\n")}`;
}

function cellOf(row: BenchRow | undefined): string {
  if (row === undefined) return "–";
  if (row.ms === null) return "not found";
  const ms = row.ms < 1000 ? row.ms.toPrecision(3) : row.ms.toFixed(0);
  return row.ratio === null ? ms : `${ms} (${row.ratio.toFixed(2)}x)`;
}
