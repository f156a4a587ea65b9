/**
 * Columns that grow while a file is read, in as little memory as their numbers need.
 *
 * @module
 */

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
  private readonly codes = new Map<string, number>();
  private readonly column = new GrowingNumbers();

  /** Appends a name. @returns its code, counted in the order in which names were first met */
  push(name: string): number {
    let code = this.codes.get(name);
    if (code === undefined) {
      code = this.codes.size;
      // A part of a text keeps all of the text in memory, a copy does not.
      this.codes.set(copied(name), code);
    }
    this.column.push(code);
    return code;
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
    return Uint32Array.from(this.column.all(), (code) => codes[code]);
  }
}

/**
 * The same text in memory of its own: a part of a text keeps the whole of it.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(copied("é😀".slice(0, 1)), "é");
 * ```
 */
export const copied = (text: string): string => JSON.parse(JSON.stringify(text)) as string;
