/**
 * The values in the head of a GGUF file, read from front to back (ggml, docs/gguf.md).
 *
 * @module
 */
import { UserError } from "../user_error.ts";
import { decodeUtf8, type FileBytes } from "./file_bytes.ts";

/** A value of the metadata; a whole number is a `bigint` where a `number` would round it. */
export type GgufValue = number | bigint | boolean | string | readonly GgufValue[];

/** Heads are read through a window of so many bytes. */
const WINDOW = 1 << 18;
/** No head is longer: those of the largest vocabularies take 20 MB. */
const LONGEST_HEAD = 1 << 28;
/** Lists in lists go no deeper. */
const DEEPEST = 4;

const UINT8 = 0, UINT32 = 4, STRING = 8, ARRAY = 9;

/** Bytes that a value takes at least, by the number of its type. */
const WIDTHS: readonly number[] = [1, 1, 2, 2, 4, 4, 4, 1, 8, 12, 8, 8, 8];

/** Reads values one after the other; no length is believed before there are bytes for it. */
export class GgufCursor {
  /** Where the next value begins. */
  position = 0;
  private window = new Uint8Array(0);
  private view = new DataView(this.window.buffer);
  private from = 0;

  constructor(private readonly file: FileBytes) {}

  /** The next byte of a 32-bit whole number without sign. */
  uint32(): number {
    return this.scalar(UINT32, "a number") as number;
  }

  /**
   * The next 64-bit count of things that take at least so many bytes each.
   *
   * @throws UserError where the file has not as many bytes left
   */
  count(bytesEach: number, what: string): number {
    const count = Number(this.ahead(8, what).getBigUint64(this.advance(8), true));
    const left = Math.min(this.file.size, LONGEST_HEAD) - this.position;
    if (count * bytesEach > left) {
      throw new UserError(`${this.file.path}: ${count} ${what} are announced where ${left} bytes are left; damaged`);
    }
    return count;
  }

  /** The next 64-bit whole number without sign. @throws UserError where it is 2^53 or more */
  uint64(what: string): number {
    const value = this.scalar(10, what);
    if (typeof value === "number") return value;
    throw new UserError(`${this.file.path}: ${what} is ${value}; the file is damaged`);
  }

  /** The next text. */
  text(what: string): string {
    const length = this.count(1, `bytes of ${what}`);
    this.ahead(length, what);
    const start = this.advance(length);
    return decodeUtf8(this.window.subarray(start, start + length), `${this.file.path}: ${what}`);
  }

  /** The next value, whose type stands before it. */
  value(what: string): GgufValue {
    return this.of(this.uint32(), what, 0);
  }

  private of(type: number, what: string, depth: number): GgufValue {
    if (type === STRING) return this.text(what);
    if (type === ARRAY) {
      if (depth === DEEPEST) throw new UserError(`${this.file.path}: ${what} has lists in lists in lists; damaged`);
      const inner = this.uint32();
      const length = this.count(this.width(inner, what), `values of ${what}`), values: GgufValue[] = [];
      for (let i = 0; i < length; i++) values.push(this.of(inner, what, depth + 1));
      return values;
    }
    return this.scalar(type, what);
  }

  private scalar(type: number, what: string): number | bigint | boolean {
    const width = this.width(type, what), view = this.ahead(width, what), at = this.advance(width);
    switch (type) {
      case UINT8:
        return view.getUint8(at);
      case 1:
        return view.getInt8(at);
      case 2:
        return view.getUint16(at, true);
      case 3:
        return view.getInt16(at, true);
      case UINT32:
        return view.getUint32(at, true);
      case 5:
        return view.getInt32(at, true);
      case 6:
        return view.getFloat32(at, true);
      case 7: {
        const bit = view.getUint8(at);
        if (bit > 1) throw new UserError(`${this.file.path}: ${what} is ${bit} where 0 or 1 is meant; damaged`);
        return bit === 1;
      }
      case 12:
        return view.getFloat64(at, true);
      default: {
        const whole = type === 10 ? view.getBigUint64(at, true) : view.getBigInt64(at, true), number = Number(whole);
        return Number.isSafeInteger(number) ? number : whole;
      }
    }
  }

  private width(type: number, what: string): number {
    const width = WIDTHS[type];
    if (width === undefined) throw new UserError(`${this.file.path}: ${what} is of type ${type}, which is not known`);
    return width;
  }

  /** A view of the window, in which the next `size` bytes are at what {@linkcode advance} returns. */
  private ahead(size: number, what: string): DataView {
    const { file, position } = this;
    if (position + size > this.from + this.window.length) {
      if (position + size > Math.min(file.size, LONGEST_HEAD)) {
        throw new UserError(`${file.path}: ends in the middle of ${what}; cut off: get it again`);
      }
      this.window = new Uint8Array(Math.min(WINDOW + size, file.size - position));
      this.view = new DataView(this.window.buffer);
      this.from = position;
      file.readInto(this.window, position);
    }
    return this.view;
  }

  private advance(size: number): number {
    const at = this.position - this.from;
    this.position += size;
    return at;
  }
}
