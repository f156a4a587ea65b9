/**
 * A user's log: what was done, how likely it was, and what came of it.
 *
 * @module
 */
import { UserError } from "../../user_error.ts";
import { actionsOf, nameOf } from "./actions.ts";
import { copied, GrowingNames, GrowingNumbers } from "./columns.ts";
import { type Cell, isMissing, isNameless, strictNumber, truthAsNumber } from "./numbers.ts";
import { openTable } from "./open.ts";
import { type ProblemCount, Problems } from "./problems.ts";
import { checkInverses, checkPropensity, checkRow } from "./propensities.ts";

/** Names of the columns of a log, and what is known of its actions. */
export interface LogSpec {
  /** Numbers, or true and false, which are 1 and 0. */
  readonly reward: string;
  /** Codes from 0 on, or names. */
  readonly action: string;
  /** Propensity of the logged action, or one column for each action, in their order. */
  readonly propensity?: string | readonly string[];
  /** Whom rows belong to, such as a reader: rows of one are not independent. */
  readonly group?: string;
  /** A text beside each row. */
  readonly text?: string;
  /** What was known before an action was taken: numbers, or names. */
  readonly covariates?: readonly string[];
  /** How many actions there are, with codes from 0, or their names; by default those that the log has. */
  readonly actions?: number | readonly string[];
  /** Whether propensities are in percent. */
  readonly percent?: boolean;
}

/** A covariate: a number a row, or the code of a level. */
interface Covariate {
  /** Name of its column. */
  readonly name: string;
  /** Numbers; codes where there are levels `[n]`. */
  readonly values: Float64Array<ArrayBuffer>;
  /** Names of the levels, where it has names, sorted. */
  readonly levels?: readonly string[];
}

/** The rows of a log that can be used, by column. */
export interface LogColumns {
  /** How many rows the file has. */
  readonly read: number;
  /** Number of each row in the file, from 1 `[n]`. */
  readonly rows: Float64Array<ArrayBuffer>;
  /** Rewards `[n]`. */
  readonly reward: Float64Array<ArrayBuffer>;
  /** Codes of the actions `[n]`. */
  readonly action: Uint32Array<ArrayBuffer>;
  /** Names of the actions, by code. */
  readonly actions: readonly string[];
  /** Propensities of the logged actions, in (0, 1] `[n]`. */
  readonly propensity?: Float64Array<ArrayBuffer>;
  /** Propensities of each action, where the log has them `[actions][n]`. */
  readonly propensities?: readonly Float64Array<ArrayBuffer>[];
  /** Codes of the groups, and their names by code. */
  readonly group?: { readonly of: Uint32Array<ArrayBuffer>; readonly names: readonly string[] };
  /** Texts `[n]`. */
  readonly text?: readonly string[];
  /** Covariates in the order in which they were asked for. */
  readonly covariates: readonly Covariate[];
  /** What was odd, counted. */
  readonly problems: readonly ProblemCount[];
  /** What is suspicious about the whole log, each a sentence. */
  readonly warnings: readonly string[];
}

/**
 * Reads the columns of a log, chunk by chunk: what is held are the numbers that are asked for. Rows in which one of the
 * columns is missing are left out, and counted.
 *
 * @throws UserError for what {@linkcode openTable} refuses; naming row and column for a cell that is no number, an action
 * that is not one of those declared, a propensity that is none; where no row is left
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const path = await Deno.makeTempFile({ suffix: ".csv" });
 * await Deno.writeTextFile(path, "arm,clicked,p\nb,1,0.5\na,0,0.25\nb,NA,0.5\n");
 * const log = await readLogColumns(path, { reward: "clicked", action: "arm", propensity: "p" });
 * assert.deepEqual([log.actions, [...log.action], [...log.reward]], [["a", "b"], [1, 0], [1, 0]]);
 * assert.deepEqual(log.problems.map(({ kind, count }) => [kind, count]), [["missing clicked", 1]]);
 * await Deno.remove(path);
 * ```
 */
export async function readLogColumns(path: string, spec: LogSpec): Promise<LogColumns> {
  const each = typeof spec.propensity === "object" ? spec.propensity : [];
  const own = typeof spec.propensity === "string" ? spec.propensity : undefined;
  const named = [spec.action, spec.group].filter((name) => name !== undefined);
  const covariates = (spec.covariates ?? []).map((name) => new CovariateColumn(name));
  const numeric = [spec.reward, ...(own === undefined ? [] : [own]), ...each, ...covariates.map(({ name }) => name)];
  const asked = [...numeric, ...named, ...(spec.text === undefined ? [] : [spec.text])];
  const table = await openTable(path, { columns: asked }), problems = new Problems(), unit = spec.percent ? 100 : 1;
  const rows = new GrowingNumbers(), reward = new GrowingNumbers(), propensity = new GrowingNumbers();
  const action = new GrowingNames(), group = new GrowingNames(), text: string[] = [];
  const propensities = each.map(() => new GrowingNumbers()), firsts: string[] = [];
  let read = 0;

  for await (const chunk of table.chunks(asked)) {
    read += chunk.rows;
    const cells = new Map(asked.map((name) => [name, chunk.column(name)]));
    for (let i = 0; i < chunk.rows; i++) {
      const cell = (name: string): Cell => cells.get(name)![i];
      const missing = numeric.find((name) => isMissing(cell(name))) ?? named.find((name) => isNameless(cell(name)));
      if (missing !== undefined) {
        problems.add(`missing ${missing}`, "left out", chunk.place(i));
        continue;
      }
      const wrong = (name: string, what: string) =>
        new UserError(`${path}: ${chunk.place(i)}, column "${name}": ${what}`);
      const number = (name: string, given = cell(name)): number => {
        const value = strictNumber(given);
        if (typeof value === "string") throw wrong(name, value);
        return value;
      };
      rows.push(chunk.first + i);
      reward.push(number(spec.reward, truthAsNumber(cell(spec.reward))));
      const code = action.push(nameOf(cell(spec.action)));
      if (code === firsts.length) firsts.push(chunk.place(i));
      if (own !== undefined) {
        const value = number(own) / unit;
        checkPropensity(value, (what) => wrong(own, what));
        propensity.push(value);
      }
      if (each.length > 0) {
        const values = each.map((name) => number(name) / unit);
        checkRow(values, each, wrong);
        values.forEach((value, a) => propensities[a].push(value));
      }
      if (spec.group !== undefined) group.push(nameOf(cell(spec.group)));
      if (spec.text !== undefined) {
        const words = copied(String(cell(spec.text) ?? ""));
        if (words.trim() === "") problems.add(`empty ${spec.text}`, "kept", chunk.place(i));
        text.push(words);
      }
      for (const covariate of covariates) covariate.push(cell(covariate.name), wrong);
    }
  }

  const all = rows.all();
  if (all.length === 0) throw problems.noneLeft(path, read);
  const declared = spec.actions ?? (each.length > 0 ? each.length : undefined);
  const { actions, warnings } = actionsOf(
    action.names(),
    declared,
    (k) => `${path}: ${firsts[k]}, column "${spec.action}"`,
  );
  const codes = action.of(actions), columns = propensities.map((column) => column.all());
  if (each.length > 0 && actions.length !== each.length) {
    throw new UserError(
      `${path}: ${each.length} columns of propensities for ${actions.length} actions; name one for each`,
    );
  }
  const logged = own !== undefined ? propensity.all() : columns.length > 0 ? pick(columns, codes) : undefined;
  if (logged !== undefined && own === undefined) checkLogged(logged, all, `${path}: row `);
  return {
    read,
    rows: all,
    reward: reward.all(),
    action: codes,
    actions,
    covariates: covariates.map((covariate) => covariate.all()),
    problems: problems.list(),
    warnings: [...warnings, ...(own === undefined ? [] : checkInverses(logged!, action.names().length))],
    ...(logged && { propensity: logged }),
    ...(columns.length > 0 && { propensities: columns }),
    ...(spec.group !== undefined && { group: { of: group.of(group.names()), names: group.names() } }),
    ...(spec.text !== undefined && { text }),
  };
}

/** Propensities of the logged actions `[n]`. */
const pick = (columns: readonly Float64Array[], codes: Uint32Array) =>
  Float64Array.from(codes, (code, row) => columns[code][row]);

function checkLogged(logged: Float64Array, rows: Float64Array, place: string): void {
  const zero = logged.indexOf(0);
  if (zero >= 0) {
    throw new UserError(
      `${place}${rows[zero]}: the logged action has propensity 0; what was done cannot be impossible`,
    );
  }
}

/** A covariate while it is read: of numbers or of names, by what stands first. */
class CovariateColumn {
  private column: GrowingNumbers | GrowingNames | undefined;

  constructor(readonly name: string) {}

  push(cell: Cell, wrong: (name: string, what: string) => UserError): void {
    const value = strictNumber(truthAsNumber(cell));
    this.column ??= typeof value === "number" || looksLikeNumber(cell) ? new GrowingNumbers() : new GrowingNames();
    if (this.column instanceof GrowingNames) this.column.push(nameOf(cell));
    else if (typeof value === "number") this.column.push(value);
    else throw wrong(this.name, `${value}, in a column that begins with numbers`);
  }

  all(): Covariate {
    if (!(this.column instanceof GrowingNames)) {
      return { name: this.name, values: (this.column ?? new GrowingNumbers()).all() };
    }
    const levels = this.column.names().sort();
    return { name: this.name, levels, values: Float64Array.from(this.column.of(levels)) };
  }
}

/** A number that is written otherwise than ours is no name. */
const looksLikeNumber = (cell: Cell): boolean =>
  typeof cell === "string" && /^\s*[+-]?[\d.,]*\d/.test(cell) && !/[a-wyz]/i.test(cell.replace(/e/i, ""));
