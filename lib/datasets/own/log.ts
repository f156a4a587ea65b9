/**
 * A user's log: what was done, how likely it was, and what came of it.
 *
 * @module
 */
import { UserError } from "../../user_error.ts";
import { actionsOf } from "./actions.ts";
import { GrowingNames, GrowingNumbers } from "./columns.ts";
import { type Cell, isMissing, truthAsNumber } from "./numbers.ts";
import { openTable } from "./open.ts";
import { type ProblemCount, Problems } from "./problems.ts";
import { checkInverses, checkPropensity, checkRow } from "./propensities.ts";
import { type Chunk, copied } from "./table.ts";
import { UsableRows } from "./usable_rows.ts";

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
  const covariates = (spec.covariates ?? []).map((name) => new CovariateColumn(name));
  const optional = [own, spec.group, spec.text].filter((name) => name !== undefined);
  const asked = [spec.reward, spec.action, ...optional, ...each, ...covariates.map(({ name }) => name)];
  const table = await openTable(path, { columns: asked }), problems = new Problems(), unit = spec.percent ? 100 : 1;
  const rows = new GrowingNumbers(), reward = new GrowingNumbers(), propensity = new GrowingNumbers();
  const action = new GrowingNames(spec.action), group = new GrowingNames(spec.group ?? ""), text: string[] = [];
  const propensities = each.map(() => new GrowingNumbers()), firsts: string[] = [];
  let read = 0;

  for await (const chunk of table.chunks(asked)) {
    read += chunk.rows;
    const usable = new UsableRows(path, chunk, problems), rewards = usable.numbers(spec.reward);
    const owns = own === undefined ? undefined : usable.numbers(own), all = each.map((name) => usable.numbers(name));
    const takeCovariates = covariates.map((covariate) => covariate.read(usable, chunk));
    const actions = usable.codes(action.column);
    const groups = spec.group === undefined ? undefined : usable.codes(group.column);
    for (let i = 0; i < chunk.rows; i++) {
      if (usable.isOut(i)) continue;
      rows.push(chunk.first + i);
      reward.push(rewards[i]);
      action.push(actions[i]);
      firsts[actions[i]] ??= chunk.place(i);
      if (own !== undefined) {
        const value = owns![i] / unit;
        checkPropensity(value, spec.percent === true, (what) => usable.wrong(i, own, what));
        propensity.push(value);
      }
      if (each.length > 0) {
        const values = all.map((column) => column[i] / unit);
        checkRow(values, each, (name, what) => usable.wrong(i, name, what));
        values.forEach((value, a) => propensities[a].push(value));
      }
      if (groups !== undefined) group.push(groups[i]);
      if (spec.text !== undefined) {
        const words = copied(String(chunk.column(spec.text)[i] ?? ""));
        if (words.trim() === "") problems.add(`empty ${spec.text}`, "kept", chunk.place(i));
        text.push(words);
      }
      for (const take of takeCovariates) take(i);
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
  private readonly numbers = new GrowingNumbers();
  private readonly names: GrowingNames;
  private isNamed: boolean | undefined;

  constructor(readonly name: string) {
    this.names = new GrowingNames(name);
  }

  /** Reads a chunk. @returns takes in one of its rows */
  read(usable: UsableRows, chunk: Chunk): (i: number) => void {
    const first = Array.from(chunk.column(this.name)).find((cell) => !isMissing(cell));
    this.isNamed ??= first === undefined ? undefined : !looksLikeNumber(first);
    const values = this.isNamed ? usable.codes(this.names.column) : usable.numbers(this.name);
    return (i) => (this.isNamed ? this.names : this.numbers).push(values[i]);
  }

  all(): Covariate {
    if (!this.isNamed) return { name: this.name, values: this.numbers.all() };
    const levels = this.names.names().sort();
    return { name: this.name, levels, values: Float64Array.from(this.names.of(levels)) };
  }
}

/** A number that is written otherwise than ours is no name. */
function looksLikeNumber(cell: Cell): boolean {
  if (typeof truthAsNumber(cell) === "number") return true;
  return typeof cell === "string" && /^\s*[+-]?[\d.,]*\d/.test(cell) && !/[a-df-wyz]/i.test(cell);
}
