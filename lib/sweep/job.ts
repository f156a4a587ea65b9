/**
 * Blocks of a sweep as lines of text: what is computed at once, kept at once, and handed to a process.
 *
 * @module
 */
import { UserError } from "../user_error.ts";
import { createHash } from "node:crypto";

/** One block: one cell of the grid and one block of seeds of each of its questions. */
export interface Job {
  /** The cell: its knobs in the order of the grid, such as "confounding=0.5 n=500". */
  readonly cell: string;
  /** What `--seeds` is for the cell at this time. */
  readonly seeds: number;
  /** Which block of seeds, counted from 0. */
  readonly block: number;
}

/**
 * Jobs as a file has them, one a line.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const jobs = [{ cell: "n=500", seeds: 40, block: 1 }];
 * assert.equal(jobsText(jobs), '{"cell":"n=500","seeds":40,"block":1}\n');
 * assert.deepEqual(jobsFrom(jobsText(jobs), "jobs"), jobs);
 * ```
 */
export function jobsText(jobs: readonly Job[]): string {
  return jobs.map(({ cell, seeds, block }) => `${JSON.stringify({ cell, seeds, block })}\n`).join("");
}

/**
 * Jobs from the text of a file.
 *
 * @param path where the text is from, for errors
 * @throws UserError naming the line that is none
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.throws(() => jobsFrom("{}\n", "jobs"), { message: /^jobs:1: not a block of a sweep/ });
 * ```
 */
export function jobsFrom(text: string, path: string): Job[] {
  return text.trimEnd().split("\n").map((line, i) => {
    try {
      const { cell, seeds, block } = JSON.parse(line) as Partial<Job>;
      if (typeof cell === "string" && isCount(seeds) && isCount(block)) return { cell, seeds, block };
    } catch {
      // told below
    }
    throw new UserError(`${path}:${i + 1}: not a block of a sweep; the command of the sweep writes this file anew`);
  });
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

/**
 * A name that every file system takes, of a block: cells may be long and have any characters. With other seeds in all the
 * last block of a cell has others, and so another name.
 */
function stem({ cell, seeds, block }: Job): string {
  return `${createHash("sha256").update(`${cell}\n${seeds}`).digest("hex").slice(0, 16)}-${block}`;
}

/**
 * The file of a block's rows where they are kept as files.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.match(shardFile({ cell: "n=500", seeds: 40, block: 1 }), /^[0-9a-f]{16}-1\.shard$/);
 * ```
 */
export function shardFile(job: Job): string {
  return `${stem(job)}.shard`;
}

/** The file that says why a block has no rows. */
export function failureFile(job: Job): string {
  return `${stem(job)}.failed`;
}
