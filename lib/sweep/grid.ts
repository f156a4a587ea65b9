/**
 * The grid of a sweep: values of some options, and every combination of them.
 *
 * @module
 */
import { nearest } from "../nearest.ts";
import { flagName, type OptionSpecs } from "../run/options.ts";
import { UserError } from "../user_error.ts";

/** An option of the experiment with the values it takes in a sweep. */
export interface Knob {
  /** Name of the option, such as "learningRate". */
  readonly option: string;
  /** Its flag without dashes, such as "learning-rate": what it is called in cells, files and figures. */
  readonly flag: string;
  /** Texts of its values, in the order they were given; a list of several numbers has ":" between them. */
  readonly values: readonly string[];
}

/** Cells that a grid has at most: more are no figure, and their table no longer fits into memory. */
const MOST_CELLS = 100_000;

/**
 * Knobs from the text of a grid, checked against the options of an experiment.
 *
 * @param text such as "confounding=0,0.5 n=500,2000"; a value that is a list itself has its numbers joined by ":"
 * @throws UserError naming the knob and what it takes
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { options } from "../run/demo_test_helpers.ts";
 * assert.deepEqual(gridOf("texts=20,1e2 strengths=0,0:1", options), [
 *   { option: "texts", flag: "texts", values: ["20", "100"] },
 *   { option: "strengths", flag: "strengths", values: ["0", "0:1"] },
 * ]);
 * ```
 */
export function gridOf(text: string, options: OptionSpecs): Knob[] {
  const words = text.trim().split(/\s+/).filter((word) => word !== "");
  if (words.length === 0) throw new UserError('--grid is empty: it takes knobs such as "n=500,2000"');
  const knobs = words.map((word) => knobOf(word, options));
  const twice = knobs.find(({ flag }, i) => knobs.findIndex((knob) => knob.flag === flag) !== i);
  if (twice) throw new UserError(`--grid: ${twice.flag} stands twice; give all its values behind one "="`);
  const cells = knobs.reduce((count, { values }) => count * values.length, 1);
  if (cells > MOST_CELLS) throw new UserError(`--grid: ${cells} cells; ${MOST_CELLS} are the most, split the sweep`);
  return knobs;
}

function knobOf(word: string, options: OptionSpecs): Knob {
  const [, name, list] = /^([^=]+)=(.+)$/.exec(word) ?? [];
  if (list === undefined) {
    throw new UserError(`--grid: "${word}" is not a knob with its values, such as n=500,2000`);
  }
  const option = Object.keys(options).find((key) => key === name || flagName(key) === name);
  if (option === undefined) {
    const flags = Object.keys(options).map(flagName), guess = nearest(name, flags);
    throw new UserError(
      `--grid: unknown option ${name}${guess ? `, did you mean ${guess}` : ""}? Choose from ${flags.join(", ")}`,
    );
  }
  const flag = flagName(option), { bounds, parse } = options[option];
  if (option === "seeds") throw new UserError("--grid: seeds are no knob; give their number by --seeds");
  if (bounds === undefined) throw new UserError(`--grid: ${flag} is not a number; give it as a flag, for all cells`);
  const values = list.split(",").map((value) => {
    try {
      parse(value.replaceAll(":", ","));
    } catch (error) {
      if (error instanceof UserError) throw new UserError(`--grid ${flag}=${value}: ${error.message}`);
      throw error;
    }
    return value.split(":").map((number) => String(Number(number))).join(":");
  });
  const twice = values.find((value, i) => values.indexOf(value) !== i);
  if (twice !== undefined) throw new UserError(`--grid: ${flag}=${twice} stands twice in "${word}"`);
  return { option, flag, values };
}

/**
 * All cells of a grid by name, the last knob fastest.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const knob = (flag: string, ...values: string[]) => ({ option: flag, flag, values });
 * assert.deepEqual(cellsOf([knob("a", "0", "1"), knob("n", "5")]), ["a=0 n=5", "a=1 n=5"]);
 * ```
 */
export function cellsOf(knobs: readonly Knob[]): string[] {
  const extend = (cells: string[], { flag, values }: Knob) =>
    cells.flatMap((cell) => values.map((value) => `${cell}${cell === "" ? "" : " "}${flag}=${value}`));
  return knobs.reduce(extend, [""]);
}

/**
 * The text of each knob in a cell, by flag.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.deepEqual(settingOf("a=0.5 n=0:1"), { a: "0.5", n: "0:1" });
 * ```
 */
export function settingOf(cell: string): Record<string, string> {
  return Object.fromEntries(cell.split(" ").map((knob) => knob.split("=") as [string, string]));
}

/** The same as texts of flags. */
export function flagsOf(cell: string): Record<string, string> {
  return Object.fromEntries(Object.entries(settingOf(cell)).map(([flag, text]) => [flag, text.replaceAll(":", ",")]));
}
