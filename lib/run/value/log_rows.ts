/**
 * The rounds of a user's log, in numbers, chunk by chunk.
 *
 * @module
 */
import { nameOf } from "../../datasets/own/actions.ts";
import { type Cell, isMissing, isNameless, strictNumber } from "../../datasets/own/numbers.ts";
import { Problems } from "../../datasets/own/problems.ts";
import { checkPropensity } from "../../datasets/own/propensities.ts";
import type { Chunk, Table } from "../../datasets/own/table.ts";
import { UserError } from "../../user_error.ts";

/** What stands for what in a log. */
interface LogNames {
  readonly reward: string;
  readonly action?: string;
  readonly propensity?: string;
  readonly group?: string;
  /** Columns of numbers, read into one array each row. */
  readonly numbers: readonly string[];
}

/** Rounds that follow each other. */
export interface LogRows {
  readonly rows: number;
  /** `[rows]` */
  readonly reward: Float64Array;
  /** In 0 .. A-1, `[rows]` */
  readonly action: Int32Array;
  /** In (0, 1], `[rows]`; 1 where the log has no such column. */
  readonly propensity: Float64Array;
  /** Number of the group, in the order of appearance, `[rows]`. */
  readonly group?: Int32Array;
  /** Row-major, `[rows, numbers]` */
  readonly numbers: Float64Array;
  /** Number of the first of them among all that are used, from 0. */
  readonly first: number;
  /** Where a row stands, for messages. */
  place(i: number): string;
}

/** What stands in a cell that a row cannot do without. */
const NONE = -1;

/** Reads the rounds of a log, and counts what it leaves out. */
export class LogReader {
  /** Groups by what their cells hold. */
  readonly #groups = new Map<Cell, number>();
  readonly #groupNames = new Map<string, number>();
  readonly #codes = new Map<Cell, number>();
  readonly #known: ReadonlyMap<string, number>;
  /** Rows that were left out by the last reading. */
  problems = new Problems();

  /**
   * @param actions names in order; of none there is one action
   * @param percent whether propensities are in percent
   */
  constructor(
    readonly table: Table,
    readonly names: LogNames,
    readonly actions: readonly string[],
    readonly percent: boolean,
  ) {
    this.#known = new Map(actions.map((name, code) => [name, code]));
  }

  /** Groups that were seen. */
  get groups(): number {
    return this.#groupNames.size;
  }

  /**
   * The rounds from the first on. Rows that lack a number, an action or a group are left out, and counted.
   *
   * @throws UserError for a cell that is no number, no probability, or no action, naming row and column
   */
  async *rows(): AsyncGenerator<LogRows> {
    const { reward, action, propensity, group, numbers } = this.names;
    const wanted = [reward, action, propensity, group, ...numbers].filter((name) => name !== undefined);
    this.problems = new Problems();
    let first = 0;
    for await (const chunk of this.table.chunks([...new Set(wanted)])) {
      const n = chunk.rows, out = new Uint8Array(n), read = (name: string) => this.#numbers(chunk, name, out);
      const values = read(reward),
        propensities = propensity === undefined ? new Float64Array(n).fill(1) : read(propensity);
      const taken = action === undefined ? new Int32Array(n) : this.#actions(chunk, action, out);
      const owner = group === undefined ? undefined : this.#owners(chunk, group, out);
      const columns = numbers.map(read), kept = keptOf(out);
      if (propensity !== undefined) this.#toProbabilities(chunk, propensity, propensities, out);
      const rows = kept?.length ?? n;
      if (rows === 0) continue;
      yield {
        ...{ rows, first, reward: picked(values, kept), propensity: picked(propensities, kept) },
        action: picked(taken, kept),
        ...(owner !== undefined && { group: picked(owner, kept) }),
        numbers: rowMajor(columns, rows, kept),
        place: (i) => `${this.table.path}: ${chunk.place(kept?.[i] ?? i)}`,
      };
      first += rows;
    }
  }

  #wrong(chunk: Chunk, i: number, name: string, what: string): UserError {
    return new UserError(`${this.table.path}: ${chunk.place(i)}, column "${name}": ${what}`);
  }

  /** Marks a row that lacks something, once. */
  #leaveOut(chunk: Chunk, i: number, name: string, out: Uint8Array): void {
    if (out[i] === 0) this.problems.add(`missing ${name}`, "left out", chunk.place(i));
    out[i] = 1;
  }

  #numbers(chunk: Chunk, name: string, out: Uint8Array): Float64Array {
    const cells = chunk.column(name), values = new Float64Array(chunk.rows);
    for (let i = 0; i < values.length; i++) {
      const cell = cells[i], value = strictNumber(cell);
      if (typeof value === "number") values[i] = value;
      else if (isMissing(cell)) this.#leaveOut(chunk, i, name, out);
      else {
        const truth = String(cell).trim().toLowerCase();
        if (truth !== "true" && truth !== "false") throw this.#wrong(chunk, i, name, value);
        values[i] = truth === "true" ? 1 : 0;
      }
    }
    return values;
  }

  #toProbabilities(chunk: Chunk, name: string, values: Float64Array, out: Uint8Array): void {
    for (let i = 0; i < values.length; i++) {
      if (out[i] === 1) continue;
      if (this.percent) values[i] /= 100;
      const p = values[i];
      if (!(p > 0 && p <= 1)) {
        checkPropensity(p, (what) => {
          const isPercent = !this.percent && p > 1 && p <= 100;
          return this.#wrong(
            chunk,
            i,
            name,
            isPercent ? `is ${p}, and a propensity is at most 1; in percent? Give --percent` : what,
          );
        });
      }
    }
  }

  #actions(chunk: Chunk, name: string, out: Uint8Array): Int32Array {
    const cells = chunk.column(name), taken = new Int32Array(chunk.rows);
    for (let i = 0; i < taken.length; i++) {
      let code = this.#codes.get(cells[i]);
      if (code === undefined) {
        code = isNameless(cells[i]) ? NONE : this.#codeOf(chunk, i, name, cells[i]);
        this.#codes.set(cells[i], code);
      }
      if (code === NONE) this.#leaveOut(chunk, i, name, out);
      else taken[i] = code;
    }
    return taken;
  }

  #codeOf(chunk: Chunk, i: number, column: string, cell: Cell): number {
    const name = nameOf(cell), code = this.#known.get(name), { actions } = this;
    if (code !== undefined) return code;
    const count = actions.length,
      all = count > 10 ? `${actions.slice(0, 10).join(", ")} and ${count - 10} more` : actions.join(", ");
    const isNext = name === String(count) && actions[0] === "0" && !this.#codes.has(0) && !this.#codes.has("0");
    const advice = isNext
      ? `; where codes are counted from 1, name them: --actions ${Array.from(actions.slice(0, 4), (_, a) => a + 1)}${
        count > 4 ? ",…" : ""
      }`
      : "; name all actions with --actions, and give each a probability";
    throw this.#wrong(chunk, i, column, `action "${name}" where there are ${all}${advice}`);
  }

  #owners(chunk: Chunk, name: string, out: Uint8Array): Int32Array {
    const cells = chunk.column(name), numbers = new Int32Array(chunk.rows);
    for (let i = 0; i < numbers.length; i++) {
      let group = this.#groups.get(cells[i]);
      if (group === undefined) {
        if (isNameless(cells[i])) group = NONE;
        else {
          const text = nameOf(cells[i]);
          group = this.#groupNames.get(text) ?? this.#groupNames.size;
          this.#groupNames.set(text, group);
        }
        this.#groups.set(cells[i], group);
      }
      if (group === NONE) this.#leaveOut(chunk, i, name, out);
      else numbers[i] = group;
    }
    return numbers;
  }
}

/** Rows that are not out; undefined where all are in. */
function keptOf(out: Uint8Array): Int32Array | undefined {
  if (!out.includes(1)) return undefined;
  const kept: number[] = [];
  for (let i = 0; i < out.length; i++) if (out[i] === 0) kept.push(i);
  return Int32Array.from(kept);
}

function picked<T extends Float64Array | Int32Array>(values: T, kept: Int32Array | undefined): T {
  if (kept === undefined) return values;
  const some = values.slice(0, kept.length) as T;
  for (let k = 0; k < kept.length; k++) some[k] = values[kept[k]];
  return some;
}

function rowMajor(columns: readonly Float64Array[], rows: number, kept: Int32Array | undefined): Float64Array {
  const values = new Float64Array(rows * columns.length);
  columns.forEach((column, j) => {
    for (let i = 0; i < rows; i++) values[i * columns.length + j] = column[kept?.[i] ?? i];
  });
  return values;
}
