/**
 * Columns that grow while a file is read, in as little memory as their numbers need.
 *
 * @module
 */
import { copied } from "./table.ts";
import { CodedColumn } from "./usable_rows.ts";

/** A column of numbers. */
export class GrowingNumbers {
  private held = new Float64Array(1024);
  private size = 0;

  /** Appends a number. */
  push(value: number): void {
    if (this.size === this.held.length) {
      const larger = new Float64Array(2 * this.size);
      larger.set(this.held);
      this.held = larger;
    }
    this.held[this.size++] = value;
  }

  /** All numbers `[n]`. */
  all(): Float64Array<ArrayBuffer> {
    return this.held.slice(0, this.size);
  }
}

/** A column of names, each of which is held once. */
export class GrowingNames {
  /** Gives names their codes, in the order in which they are first met. */
  readonly column: CodedColumn;
  private readonly codes = new Map<string, number>();
  private readonly taken = new GrowingNumbers();

  /** @param name of the column */
  constructor(name: string) {
    this.column = new CodedColumn(name, (name) => {
      const known = this.codes.get(name);
      if (known !== undefined) return known;
      // A part of a text keeps all of the text in memory, a copy does not.
      this.codes.set(copied(name), this.codes.size);
      return this.codes.size - 1;
    });
  }

  /** Appends a code. */
  push(code: number): void {
    this.taken.push(code);
  }

  /** Names in the order in which they were first met. */
  names(): string[] {
    return [...this.codes.keys()];
  }

  /** Codes of all rows, where each name stands in `names` `[n]`. @throws RangeError for a name that is not among them */
  of(names: readonly string[]): Uint32Array<ArrayBuffer> {
    const places = new Map(names.map((name, i) => [name, i]));
    const codes = this.names().map((name) => {
      const place = places.get(name);
      if (place === undefined) throw new RangeError(`no name "${name}"`);
      return place;
    });
    return Uint32Array.from(this.taken.all(), (code) => codes[code]);
  }
}
