/**
 * What files of tensors have in common, whatever their format.
 *
 * @module
 */
import { UserError } from "../user_error.ts";

/** One tensor of a file, before it is read. */
export interface TensorInfo {
  /** How its numbers are stored, in the words of the format. */
  readonly type: string;
  /** Sizes, the slowest first: a matrix is `[rows, columns]`. */
  readonly shape: readonly number[];
}

/** Tensors that are read one by one. */
export interface TensorFile {
  /** Where they come from: a file, or a folder of several. */
  readonly path: string;
  /** By name, in the order of the file. */
  readonly tensors: ReadonlyMap<string, TensorInfo>;
  /**
   * The numbers of a tensor in row-major order.
   *
   * @throws UserError where there is no such tensor, or it holds no real numbers
   */
  readFloats(name: string): Float32Array;
  /** Closes what is open. */
  close(): void;
}

/**
 * Product of sizes; undefined where it is not a whole number below 2^53.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(countOf([2, 3]), 6);
 * assert.equal(countOf([]), 1);
 * assert.equal(countOf([2 ** 30, 2 ** 30]), undefined);
 * ```
 */
export function countOf(shape: readonly number[]): number | undefined {
  let count = 1;
  for (const size of shape) {
    if (!(Number.isSafeInteger(size) && size >= 0)) return undefined;
    count *= size;
    if (!Number.isSafeInteger(count)) return undefined;
  }
  return count;
}

/**
 * A name that can be shown in a line; no file has others but a damaged one.
 *
 * @param where named in the error
 * @throws UserError for a name of other characters, or one longer than 300
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(checkedName("blk.0.attn_q.weight", "f"), "blk.0.attn_q.weight");
 * assert.throws(() => checkedName("a\nb", "f"), { message: 'f: has a name "a\\nb"; the file is damaged' });
 * ```
 */
export function checkedName(name: string, where: string): string {
  if (/^\P{C}{0,300}$/u.test(name)) return name;
  throw new UserError(`${where}: has a name ${JSON.stringify(name.slice(0, 40))}; the file is damaged`);
}

/** A range of bytes that a tensor claims. */
interface Claim {
  /** Whose. */
  readonly name: string;
  /** First byte. */
  readonly start: number;
  /** The byte after the last. */
  readonly end: number;
}

/**
 * Refuses ranges that overlap.
 *
 * @returns the ranges by where they start
 * @throws UserError naming two that do
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const claims = [{ name: "b", start: 4, end: 8 }, { name: "a", start: 0, end: 5 }];
 * assert.throws(() => withoutOverlap(claims, "f"), /^UserError: f: tensors a and b overlap/);
 * ```
 */
export function withoutOverlap(claims: readonly Claim[], path: string): readonly Claim[] {
  const sorted = claims.toSorted((a, b) => a.start - b.start || a.end - b.end);
  for (let i = 1; i < sorted.length; i++) {
    if (sorted[i].start < sorted[i - 1].end) {
      throw new UserError(`${path}: tensors ${sorted[i - 1].name} and ${sorted[i].name} overlap; the file is damaged`);
    }
  }
  return sorted;
}
