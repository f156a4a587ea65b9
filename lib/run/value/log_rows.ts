/**
 * The rounds of a user's log, in numbers, chunk by chunk.
 *
 * @module
 */
import { Problems } from "../../datasets/own/problems.ts";
import { checkPropensity, checkRow } from "../../datasets/own/propensities.ts";
import type { Table } from "../../datasets/own/table.ts";
import { CodedColumn, UsableRows } from "../../datasets/own/usable_rows.ts";

/** What stands for what in a log. */
interface LogNames {
  readonly reward: string;
  readonly action?: string;
  /** Of the logged action, or one of each action in their order. */
  readonly propensity?: readonly string[];
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

/** Reads the rounds of a log, and counts what it leaves out. */
export class LogReader {
  readonly #groups = new Map<string, number>();
  readonly #owner: CodedColumn | undefined;
  readonly #taken: CodedColumn | undefined;
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
    const { group, action } = names, known = new Map(actions.map((name, code) => [name, code]));
    this.#owner = group === undefined ? undefined : new CodedColumn(group, (name) => {
      const code = this.#groups.get(name) ?? this.#groups.size;
      this.#groups.set(name, code);
      return code;
    });
    let hasFirst = false;
    this.#taken = action === undefined ? undefined : new CodedColumn(action, (name, wrong) => {
      const code = known.get(name);
      hasFirst ||= code === 0;
      if (code === undefined) throw wrong(this.#strange(name, hasFirst));
      return code;
    });
  }

  /** Groups that were seen. */
  get groups(): number {
    return this.#groups.size;
  }

  /**
   * The rounds from the first on. Rows that lack a number, an action or a group are left out, and counted.
   *
   * @throws UserError for a cell that is no number, no probability, or no action, naming row and column
   */
  async *rows(): AsyncGenerator<LogRows> {
    const { reward, action, propensity = [], group, numbers } = this.names;
    const wanted = [reward, action, group, ...propensity, ...numbers].filter((name) => name !== undefined);
    this.problems = new Problems();
    let first = 0;
    for await (const chunk of this.table.chunks([...new Set(wanted)])) {
      const n = chunk.rows,
        usable = new UsableRows(this.table.path, chunk, this.problems),
        values = usable.numbers(reward);
      const ofActions = propensity.map((name) => usable.numbers(name));
      const taken = this.#taken === undefined ? new Int32Array(n) : usable.codes(this.#taken);
      const owner = this.#owner === undefined ? undefined : usable.codes(this.#owner);
      const columns = numbers.map((name) => usable.numbers(name)), kept = usable.kept();
      const propensities = ofActions.length === 0
        ? new Float64Array(n).fill(1)
        : this.#logged(usable, propensity, ofActions, taken);
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

  /** Propensities of the logged actions, from one column or from those of all actions. */
  #logged(
    usable: UsableRows,
    names: readonly string[],
    columns: readonly Float64Array[],
    taken: Int32Array,
  ): Float64Array {
    const logged = new Float64Array(taken.length), unit = this.percent ? 100 : 1, isAlone = columns.length === 1;
    for (let i = 0; i < logged.length; i++) {
      if (usable.isOut(i)) continue;
      const a = isAlone ? 0 : taken[i], p = logged[i] = columns[a][i] / unit;
      if (!isAlone) {
        checkRow(columns.map((column) => column[i] / unit), names, (name, what) => usable.wrong(i, name, what));
      }
      if (!(p > 0 && p <= 1)) checkPropensity(p, this.percent, (what) => usable.wrong(i, names[a], what));
    }
    return logged;
  }

  /** What is wrong with an action that none of the names is. */
  #strange(name: string, hasFirst: boolean): string {
    const { actions } = this, count = actions.length;
    const all = count > 10 ? `${actions.slice(0, 10).join(", ")} and ${count - 10} more` : actions.join(", ");
    const isNext = name === String(count) && actions[0] === "0" && !hasFirst;
    const first = Array.from(actions.slice(0, 4), (_, a) => a + 1), more = count > 4 ? ",…" : "";
    const advice = isNext
      ? `; where codes are counted from 1, name them: --actions ${first}${more}`
      : "; name all actions with --actions, and give each a probability";
    return `action "${name}" where there are ${all}${advice}`;
  }
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
