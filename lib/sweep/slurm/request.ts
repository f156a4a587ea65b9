/**
 * What a sweep asks of Slurm, as its flags say it.
 *
 * @module
 */
import { UserError } from "../../user_error.ts";

/** Flags of the engine: name, what it takes, help. */
export const slurmFlags: readonly (readonly [name: string, kind: string, help: string])[] = [
  ["partition", "NAME", "slurm: of sbatch, where it runs"],
  ["account", "NAME", "slurm: of sbatch, who pays"],
  ["time", "TIME", "slurm: of sbatch, limit of one element of an array, such as 30 or 2:00:00"],
  ["mem", "SIZE", "slurm: of sbatch, memory of one element, such as 2G"],
  ["blocks-per-task", "INT", "slurm: blocks of one element (default: so many that there are at most 100 elements)"],
  ["max-running", "INT", "slurm: elements that run at the same time"],
  ["setup", "TEXT", 'slurm: shell lines that each element begins with, such as "module load …"'],
  ["warning", "INT", "slurm: seconds before the limit from which an element begins no block (default 120)"],
  ["retries", "INT", "slurm: times that a block is submitted again where what computes it ended (default 3)"],
  ["settle", "INT", "slurm: seconds until files written on a node are seen here (default 60, for NFS)"],
  ["dry-run", "", "slurm: print the submission and its script, and submit nothing"],
];

/** What is asked of Slurm. */
export interface SlurmRequest {
  readonly partition?: string;
  readonly account?: string;
  readonly time?: string;
  readonly mem?: string;
  /** Blocks of one element; absent where the engine chooses. */
  readonly blocksPerTask?: number;
  /** Elements that run at the same time; absent for any number. */
  readonly maxRunning?: number;
  /** Shell lines that each element begins with. */
  readonly setup?: string;
  /** Seconds before the time limit from which an element begins no block. */
  readonly warning: number;
  /** Times that a block is submitted again. */
  readonly retries: number;
  /** Seconds until a file that a node has written is seen here. */
  readonly settle: number;
}

/** The longest warning that `sbatch --signal` takes, seconds. */
const LONGEST_WARNING = 65_535;

/**
 * Reads the flags of the engine.
 *
 * @param texts texts of flags, by name
 * @throws UserError naming the flag, what it takes, and what was given
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(slurmRequest({ partition: "short", "max-running": "8" }).maxRunning, 8);
 * assert.throws(() => slurmRequest({ retries: "-1" }), /--retries: expected an integer from 0 to 100, got "-1"/);
 * ```
 */
export function slurmRequest(texts: Readonly<Record<string, string | undefined>>): SlurmRequest {
  const count = (name: string, min: number, max: number): number | undefined => {
    const text = texts[name], value = Number(text);
    if (text === undefined) return undefined;
    if (text.trim() !== "" && Number.isInteger(value) && value >= min && value <= max) return value;
    throw new UserError(`--${name}: expected an integer from ${min} to ${max}, got "${text}"`);
  };
  const word = (name: string): string | undefined => {
    const text = texts[name];
    if (text === undefined || /^[^\s-]\S*$/.test(text)) return text;
    throw new UserError(`--${name}: expected one word as sbatch takes it, got "${text}"`);
  };
  const { setup } = texts;
  if (setup?.includes("\0")) throw new UserError("--setup: has a character that no shell takes");
  return {
    ...{ partition: word("partition"), account: word("account"), time: word("time"), mem: word("mem"), setup },
    blocksPerTask: count("blocks-per-task", 1, 1_000_000),
    maxRunning: count("max-running", 1, 100_000),
    warning: count("warning", 1, LONGEST_WARNING) ?? 120,
    retries: count("retries", 0, 100) ?? 3,
    settle: count("settle", 0, 3600) ?? 60,
  };
}
