/**
 * Result rows and their CSV form: `experiment, part, question, arm, seed, <condition columns>, metric, value`.
 *
 * @module
 */
import { csvParseRows } from "d3-dsv";
import { UserError } from "../user_error.ts";
import type { Condition, Experiment } from "./experiment.ts";

/** One number of a run. */
export interface ResultRow {
  readonly part: string;
  readonly question: string;
  readonly arm: string;
  readonly seed: number;
  readonly condition: Condition;
  readonly metric: string;
  readonly value: number;
}

/** The columns of an experiment's file: the union of its questions' condition columns, in order of appearance. */
export function conditionColumns<O>(
  questions: readonly { conditions(options: O): readonly Condition[] }[],
  options: O,
): string[] {
  return [...new Set(questions.flatMap((q) => q.conditions(options).flatMap((condition) => Object.keys(condition))))];
}

/** Header and rows as lines, with a newline behind each. */
export function rowsToCsv(experiment: string, columns: readonly string[], rows: readonly ResultRow[]): string {
  return rows.map((row) =>
    [
      experiment,
      row.part,
      row.question,
      row.arm,
      row.seed,
      ...columns.map((column) => row.condition[column] ?? ""),
      row.metric,
      row.value,
    ].join(",") + "\n"
  ).join("");
}

/** The header line. */
export function csvHeader(columns: readonly string[]): string {
  return ["experiment", "part", "question", "arm", "seed", ...columns, "metric", "value"].join(",") + "\n";
}

/**
 * Reads rows back.
 *
 * Condition columns become numbers where the experiment's conditions hold numbers: text otherwise.
 *
 * @param path named in errors
 * @throws UserError when the file is not such a table
 */
export function rowsFromCsv(text: string, path: string): ResultRow[] {
  const [header, ...lines]: string[][] = csvParseRows(text);
  const fixed = ["experiment", "part", "question", "arm", "seed"];
  if (
    !header || fixed.some((name, i) => header[i] !== name) || header.at(-2) !== "metric" || header.at(-1) !== "value"
  ) {
    throw new UserError(`${path}: the first line is not the header of a results file; run again with --fresh`);
  }
  const columns = header.slice(fixed.length, -2);
  return lines.map((cells, i) => {
    const value = Number(cells.at(-1));
    if (cells.length !== header.length || cells.at(-1) === "" || !Number.isFinite(value)) {
      throw new UserError(
        `${path}, line ${i + 2}: not a row of ${header.length} columns ending in a number; use --fresh`,
      );
    }
    const condition = Object.fromEntries(
      columns.map((name, k) => [name, cells[fixed.length + k]]).filter(([, cell]) => cell !== "")
        .map(([name, cell]) => [name, Number.isFinite(Number(cell)) ? Number(cell) : cell]),
    );
    const [, part, question, arm, seed] = cells;
    return { part, question, arm, seed: Number(seed), condition, metric: cells.at(-2)!, value };
  });
}

/** Refuses names that would need quoting in CSV, once, where an experiment is declared. */
export function checkNames(experiment: Experiment): void {
  const plain = /^[a-z0-9][a-z0-9-]*$/;
  for (const name of [experiment.name, ...experiment.questions.flatMap((q) => [q.id, ...q.arms])]) {
    if (!plain.test(name)) throw new TypeError(`"${name}": ids are lower-case letters, digits and hyphens`);
  }
}
