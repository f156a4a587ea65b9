/**
 * The rows of one block as bytes with a checksum: the same bytes whoever computes them, where and when.
 *
 * A line of JSON says whose rows they are and how they are laid out; behind it stand all numbers as float64, lowest byte
 * first, unit after unit; the last 32 bytes are the SHA-256 of everything before them.
 *
 * @module
 */
import { createHash } from "node:crypto";
import type { Block } from "../run/rows.ts";
import { UserError } from "../user_error.ts";
import type { Job } from "./job.ts";

/** Bytes of a SHA-256. */
const SEAL = 32;
const LINE_END = 10;

/** First line of a shard. */
interface Heading {
  readonly preflab: "shard 1";
  /** Identity of the sweep: what decides its rows beside cells and seeds. */
  readonly sweep: string;
  readonly cell: string;
  readonly block: number;
  readonly units: readonly Omit<Block, "values">[];
}

/** What a shard holds. */
interface Shard {
  /** Identity of the sweep it was computed for. */
  readonly sweep: string;
  /** Its cell. */
  readonly cell: string;
  /** Its block of seeds. */
  readonly block: number;
  /** Its rows, one block a unit, in the order of the plan. */
  readonly blocks: readonly Block[];
}

/**
 * Rows of a block as bytes.
 *
 * @param sweep identity of the sweep
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const row = { part: "synthetic", question: "q", arm: "cpo", condition: { n: 64 }, seeds: [0], metrics: ["kl"] };
 * const bytes = encodeShard("s", { cell: "n=64", block: 0 }, [{ ...row, values: Float64Array.of(0.5) }]);
 * assert.deepEqual(decodeShard(bytes)!.blocks[0].values, Float64Array.of(0.5));
 * bytes[3] ^= 1;
 * assert.equal(decodeShard(bytes), undefined);
 * ```
 */
export function encodeShard(
  sweep: string,
  { cell, block }: Pick<Job, "cell" | "block">,
  blocks: readonly Block[],
): Uint8Array<ArrayBuffer> {
  const units = blocks.map(({ values: _, ...unit }) => unit);
  const heading = new TextEncoder().encode(
    `${JSON.stringify({ preflab: "shard 1", sweep, cell, block, units } satisfies Heading)}\n`,
  );
  const length = heading.length + 8 * blocks.reduce((total, { values }) => total + values.length, 0);
  const bytes = new Uint8Array(length + SEAL), numbers = new DataView(bytes.buffer);
  bytes.set(heading);
  let at = heading.length;
  for (const { values } of blocks) for (const value of values) numbers.setFloat64((at += 8) - 8, value, true);
  bytes.set(createHash("sha256").update(bytes.subarray(0, length)).digest(), length);
  return bytes;
}

/**
 * Rows from the bytes of a shard.
 *
 * @returns undefined where the bytes are not as they were written
 */
export function decodeShard(bytes: Uint8Array): Shard | undefined {
  if (!isWhole(bytes)) return undefined;
  const end = bytes.indexOf(LINE_END);
  if (end < 0) return undefined;
  const { sweep, cell, block, units }: Heading = JSON.parse(new TextDecoder().decode(bytes.subarray(0, end)));
  const numbers = new DataView(bytes.buffer, bytes.byteOffset);
  let at = end + 1;
  const blocks = units.map((unit) => ({
    ...unit,
    values: Float64Array.from(
      { length: unit.seeds.length * unit.metrics.length },
      () => numbers.getFloat64((at += 8) - 8, true),
    ),
  }));
  return { sweep, cell, block, blocks };
}

function isWhole(bytes: Uint8Array): boolean {
  const length = bytes.length - SEAL;
  if (length <= 0) return false;
  const seal = createHash("sha256").update(bytes.subarray(0, length)).digest();
  return seal.every((byte, i) => byte === bytes[length + i]);
}

/**
 * Rows from bytes that must be those of a block.
 *
 * @param path where the bytes are from, for errors
 * @throws UserError where they are torn, changed, or of another block or sweep
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const job = { cell: "n=64", seeds: 2, block: 0 };
 * assert.throws(() => checkShard(new Uint8Array(9), "s", job, "a.shard"), { message: /^a\.shard: not as it was written/ });
 * ```
 */
export function checkShard(bytes: Uint8Array, sweep: string, job: Job, path: string): Shard {
  const shard = decodeShard(bytes), said = `${job.cell} block ${job.block}`;
  if (shard === undefined) throw new UserError(`${path}: not as it was written; remove it, and ${said} runs again`);
  if (shard.sweep !== sweep || shard.cell !== job.cell || shard.block !== job.block) {
    throw new UserError(`${path}: rows of another sweep or block than ${said}; remove it, and it runs again`);
  }
  return shard;
}
