/**
 * Result rows, in columns and as they are read, and their CSV form: `experiment, part, question, arm, seed, <condition columns>, metric, value`.
 *
 * @module
 */
import { csvParseRows } from "d3-dsv";
import { UserError } from "../user_error.ts";
import type { Condition } from "./condition.ts";
import type { WrittenText } from "./written_text.ts";

/** One number of a run. */
export interface ResultRow {
  /** "synthetic" or "benchmark". */
  readonly part: string;
  /** Id of the question. */
  readonly question: string;
  /** Id of the arm. */
  readonly arm: string;
  /** The replicate, counted from 0. */
  readonly seed: number;
  /** One of the question's conditions. */
  readonly condition: Condition;
  /** Name of what was measured. */
  readonly metric: string;
  /** The number, finite, in the unit of its metric. */
  readonly value: number;
}

/** Rows of one arm at one condition, in columns: as a unit computes them, and as they are kept and drawn. */
export interface Block extends Omit<ResultRow, "seed" | "metric" | "value"> {
  /** The replicates, counted from 0, `[R]`. */
  readonly seeds: readonly number[];
  /** Names of what was measured, `[M]`. */
  readonly metrics: readonly string[];
  /** All metrics of the first replicate, then of the next, `[R × M]`, finite. */
  readonly values: Float64Array;
  /** Texts that were kept beside them; absent where there are none. */
  readonly texts?: readonly WrittenText[];
}

/**
 * The columns of an experiment's file: the union of its questions' condition columns, in order of appearance.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const questions = [{ conditions: () => [{ n: 64 }] }, { conditions: () => [{ n: 64, model: "right" }] }];
 * assert.deepEqual(conditionColumns(questions, {}), ["n", "model"]);
 * ```
 */
export function conditionColumns<O>(
  questions: readonly { conditions(options: O): readonly Condition[] }[],
  options: O,
): string[] {
  return [...new Set(questions.flatMap((q) => q.conditions(options).flatMap((condition) => Object.keys(condition))))];
}

/**
 * Rows as lines, with a newline behind each: block by block, replicate by replicate, metric by metric.
 *
 * @param columns condition columns, in order; a condition without one has an empty cell
 * @throws TypeError when a text or number would not be the same after reading it back
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const cell = { part: "synthetic", question: "q", arm: "a", condition: { n: 64 } };
 * const text = rowsToCsv("demo", ["n"], [{ ...cell, seeds: [0], metrics: ["mean"], values: Float64Array.of(0.5) }]);
 * assert.equal(text, "demo,synthetic,q,a,0,64,mean,0.5\n");
 * assert.deepEqual(rowsFromCsv(csvHeader(["n"]) + text, "results.csv"), [{ ...cell, seed: 0, metric: "mean", value: 0.5 }]);
 * ```
 */
export function rowsToCsv(experiment: string, columns: readonly string[], blocks: readonly Block[]): string {
  return [...rowsInPieces(experiment, columns, blocks)].join("");
}

/** Characters of a piece, about. */
const PIECE = 2 ** 20;

/**
 * {@linkcode rowsToCsv} in pieces of about a megabyte: no text holds the rows of thousands of seeds.
 *
 * @throws TypeError as it does
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.deepEqual([...rowsInPieces("demo", [], [])], []);
 * ```
 */
export function* rowsInPieces(
  experiment: string,
  columns: readonly string[],
  blocks: readonly Block[],
): Generator<string> {
  let text = "";
  for (const { part, question, arm, condition, seeds, metrics, values } of blocks) {
    const names = [experiment, part, question, arm].map(plain).join(",");
    const cells = columns.map((column) => `${column in condition ? plain(condition[column]) : ""},`).join("");
    const named = metrics.map(plain);
    for (const [r, seed] of seeds.entries()) {
      const start = `${names},${plain(seed)},${cells}`;
      for (const [m, metric] of named.entries()) {
        text += `${start}${metric},${plain(values[r * named.length + m])}\n`;
      }
      if (text.length < PIECE) continue;
      yield text;
      text = "";
    }
  }
  if (text !== "") yield text;
}

/**
 * The header line.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(csvHeader(["n"]), "experiment,part,question,arm,seed,n,metric,value\n");
 * ```
 */
export function csvHeader(columns: readonly string[]): string {
  return ["experiment", "part", "question", "arm", "seed", ...columns.map(plain), "metric", "value"].join(",") + "\n";
}

/** A cell that needs no quotes and whose type shows. */
function plain(cell: string | number): string | number {
  const fits = typeof cell === "number" ? Number.isFinite(cell) : !/[",\r\n]/.test(cell) && !looksNumeric(cell);
  if (!fits || cell === "") {
    throw new TypeError(
      `"${cell}": names and conditions are finite numbers, or texts without commas, quotes and line ends that are ` +
        "not numbers",
    );
  }
  return cell;
}

function looksNumeric(text: string): boolean {
  return Number.isFinite(Number(text));
}

/**
 * Reads rows back.
 *
 * Cells of condition columns that look like numbers are numbers; empty ones are no part of the condition.
 *
 * @param path named in errors
 * @throws UserError when the file is not such a table
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const text = csvHeader(["n", "model"]) + "demo,synthetic,q,cpo,0,64,,kl,0.5\n";
 * assert.deepEqual(rowsFromCsv(text, "results.csv")[0].condition, { n: 64 });
 * ```
 */
export function rowsFromCsv(text: string, path: string): ResultRow[] {
  if (!text.endsWith("\n")) throw new UserError(`${path}: the last line is cut short; run again to mend it`);
  const [header, ...lines]: string[][] = csvParseRows(text);
  const fixed = ["experiment", "part", "question", "arm", "seed"];
  if (
    !header || fixed.some((name, i) => header[i] !== name) || header.at(-2) !== "metric" || header.at(-1) !== "value"
  ) {
    throw new UserError(`${path}: the first line is not the header of a results file; run again with --fresh`);
  }
  const columns = header.slice(fixed.length, -2);
  // Thousands of rows share a condition: they share its object too.
  const conditions = new Map<string, Condition>();
  const conditionOf = (cells: readonly string[]): Condition => {
    const key = cells.join();
    let condition = conditions.get(key);
    if (!condition) {
      condition = Object.fromEntries(
        columns.map((name, k) => [name, cells[k]]).filter(([, cell]) => cell !== "")
          .map(([name, cell]) => [name, looksNumeric(cell) ? Number(cell) : cell]),
      );
      conditions.set(key, condition);
    }
    return condition;
  };
  return lines.map((cells, i) => {
    const value = Number(cells.at(-1)), seed = Number(cells[4]);
    const isNumber = cells.at(-1)!.trim() !== "" && Number.isFinite(value);
    if (cells.length !== header.length || !isNumber || !Number.isSafeInteger(seed)) {
      throw new UserError(
        `${path}, line ${i + 2}: not a row of ${header.length} columns with a seed and a value; run again with --fresh`,
      );
    }
    const condition = conditionOf(cells.slice(fixed.length, -2));
    const [, part, question, arm] = cells;
    return { part, question, arm, seed, condition, metric: cells.at(-2)!, value };
  });
}
