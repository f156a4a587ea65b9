/**
 * Fields of configurations that others wrote, each checked when it is read.
 *
 * @module
 */
import { UserError } from "../../user_error.ts";

/** No model is so wide. */
const LARGEST = 2 ** 31;
/** Lists of layers are made before a weight is seen, so their number is not believed beyond this. */
export const MOST_LAYERS = 1000;

/**
 * Values by name. One that is missing and one that is `null` are different: the first has the default of its family, the
 * second is switched off.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const fields = new Fields({ hidden_size: 32, cap: null }, "config.json");
 * assert.deepEqual([fields.size("hidden_size"), fields.size("layers", 2), fields.number("cap", 30)], [32, 2, undefined]);
 * assert.throws(() => fields.size("heads"), { message: "config.json: heads is missing; the file is damaged" });
 * ```
 */
export class Fields {
  constructor(
    private readonly values: Readonly<Record<string, unknown>>,
    /** Named in errors. */
    readonly where: string,
  ) {}

  /** The value as it stands; undefined where it is missing. */
  raw(name: string): unknown {
    return Object.hasOwn(this.values, name) ? this.values[name] : undefined;
  }

  /** All names. */
  names(): string[] {
    return Object.keys(this.values);
  }

  /** A whole number from 1 to `most`. @throws UserError for another value, and for none without a default */
  size(name: string, fallback?: number, most: number = LARGEST): number {
    const value = this.raw(name) ?? fallback;
    if (value === undefined) throw new UserError(`${this.where}: ${name} is missing; the file is damaged`);
    if (!(Number.isInteger(value) && Number(value) >= 1 && Number(value) <= most)) {
      throw this.wrong(name, most === LARGEST ? "a whole number from 1 on" : `a whole number from 1 to ${most}`);
    }
    return value as number;
  }

  /** A positive number; undefined where it is `null`. @throws UserError for another value */
  number(name: string, fallback: number): number | undefined {
    const value = this.raw(name) === undefined ? fallback : this.raw(name);
    if (value === null) return undefined;
    if (!(typeof value === "number" && Number.isFinite(value) && value > 0)) {
      throw this.wrong(name, "a positive number");
    }
    return value;
  }

  /** True or false; `null` counts as missing. @throws UserError for another value */
  flag(name: string, fallback: boolean): boolean {
    const value = this.raw(name) ?? fallback;
    if (typeof value !== "boolean") throw this.wrong(name, "true or false");
    return value;
  }

  /** Ids of tokens, given as one or as a list. @throws UserError where one is no token of the vocabulary */
  tokens(name: string, vocabulary: number, fallback: readonly number[]): number[] {
    const value = this.raw(name) === undefined ? fallback : this.raw(name) ?? [];
    const ids = Array.isArray(value) ? value : [value];
    // -1 says "none" in files of old.
    const given = ids.filter((id) => id !== -1);
    if (!given.every((id) => Number.isInteger(id) && id >= 0 && id < vocabulary)) {
      throw this.wrong(name, `a token below ${vocabulary}`);
    }
    return given;
  }

  /** The error for a value that is not what it must be. */
  wrong(name: string, expected: string): UserError {
    const value = this.raw(name), text = typeof value === "bigint" ? String(value) : JSON.stringify(value);
    return new UserError(`${this.where}: ${name} is ${text?.slice(0, 80)} where ${expected} is expected`);
  }

  /** The error for a value that would change the arithmetic in a way that is not done here, and what to take instead. */
  notDone(name: string, instead = "another model"): UserError {
    const value = this.raw(name), text = typeof value === "bigint" ? String(value) : JSON.stringify(value);
    return new UserError(`${this.where}: ${name} ${text?.slice(0, 80)} is not supported; take ${instead}`);
  }
}
