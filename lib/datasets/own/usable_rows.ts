/**
 * Columns of a chunk, without the rows that lack something in one of them.
 *
 * @module
 */
import { UserError } from "../../user_error.ts";
import { nameOf } from "./actions.ts";
import { type Cell, isMissing, isNameless, strictNumber, truthAsNumber } from "./numbers.ts";
import type { Problems } from "./problems.ts";
import { type Chunk, copied } from "./table.ts";

/** A column of names while a file is read: each name is looked up once, whatever rows have it. */
export class CodedColumn {
  private readonly codes = new Map<Cell, number>();

  /**
   * @param name of the column
   * @param codeOf code of a name, 0 or more; it may refuse one by an error
   */
  constructor(
    readonly name: string,
    private readonly codeOf: (name: string, wrong: (what: string) => UserError) => number,
  ) {}

  /** Code of a cell; -1 where it has no name. @param wrong makes an error of what is wrong with it */
  code(cell: Cell, wrong: (what: string) => UserError): number {
    let code = this.codes.get(cell);
    if (code === undefined) {
      code = isNameless(cell) ? -1 : this.codeOf(nameOf(cell), wrong);
      // Of lists and structs no two are one.
      if (typeof cell !== "object") this.codes.set(typeof cell === "string" ? copied(cell) : cell, code);
    }
    return code;
  }
}

/** Rows of a chunk that can be used, once all columns have been read. */
export class UsableRows {
  private readonly out: Uint8Array;

  /**
   * @param path of the file, for errors
   * @param problems counts a row once, by the first column that it lacks
   */
  constructor(private readonly path: string, private readonly chunk: Chunk, private readonly problems: Problems) {
    this.out = new Uint8Array(chunk.rows);
  }

  /** A column of numbers; true and false are 1 and 0 `[rows]`. @throws UserError for a cell that is none */
  numbers(name: string): Float64Array<ArrayBuffer> {
    const cells = this.chunk.column(name), values = new Float64Array(this.chunk.rows);
    for (let i = 0; i < values.length; i++) {
      const cell = cells[i], value = strictNumber(cell);
      if (typeof value === "number") values[i] = value;
      else if (isMissing(cell)) this.leaveOut(i, name);
      else {
        const truth = truthAsNumber(cell);
        if (typeof truth !== "number") throw this.wrong(i, name, value);
        values[i] = truth;
      }
    }
    return values;
  }

  /** Codes of a column of names; -1 in rows that are left out `[rows]`. @throws UserError for a name that is refused */
  codes(column: CodedColumn): Int32Array<ArrayBuffer> {
    const cells = this.chunk.column(column.name), codes = new Int32Array(this.chunk.rows);
    for (let i = 0; i < codes.length; i++) {
      codes[i] = column.code(cells[i], (what) => this.wrong(i, column.name, what));
      if (codes[i] < 0) this.leaveOut(i, column.name);
    }
    return codes;
  }

  /** Whether a row lacks something. */
  isOut(i: number): boolean {
    return this.out[i] === 1;
  }

  /** Places of the rows that can be used; undefined where these are all. */
  kept(): Int32Array<ArrayBuffer> | undefined {
    if (!this.out.includes(1)) return undefined;
    const kept = new Int32Array(this.out.length);
    let count = 0;
    for (let i = 0; i < kept.length; i++) if (this.out[i] === 0) kept[count++] = i;
    return kept.slice(0, count);
  }

  /** An error of a cell. */
  wrong(i: number, name: string, what: string): UserError {
    return new UserError(`${this.path}: ${this.chunk.place(i)}, column "${name}": ${what}`);
  }

  private leaveOut(i: number, name: string): void {
    if (this.out[i] === 0) this.problems.add(`missing ${name}`, "left out", this.chunk.place(i));
    this.out[i] = 1;
  }
}
