/**
 * What `squeue` and `sacct` say of the elements of arrays.
 *
 * @module
 */

/** How Slurm says an element stands. */
export interface Standing {
  /** Slurm's word, such as "RUNNING" or "NODE_FAIL". */
  readonly state: string;
  /** Why it waits or how it ended, in Slurm's words; empty where it says nothing. */
  readonly reason: string;
  /** The node it is or was on; empty where it has none. */
  readonly node: string;
}

/** By the words of Slurm for an element, such as "14_7". */
export type Standings = ReadonlyMap<string, Standing>;

/** States in which an element will do nothing any more, as `man squeue` of 22.05 to 25.05 lists them. */
const ENDED = new Set([
  ...["BOOT_FAIL", "CANCELLED", "COMPLETED", "DEADLINE", "FAILED", "NODE_FAIL"],
  ...["OUT_OF_MEMORY", "PREEMPTED", "REVOKED", "TIMEOUT"],
]);

/** Arguments of `squeue` for all elements of jobs, those that ended a short while ago too. */
export function queueArguments(ids: readonly string[]): string[] {
  return ["--noheader", "--array", "--states=all", "--format=%i|%T|%r|%N", `--jobs=${ids}`];
}

/**
 * Lines of `squeue`.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const queue = queueOf("14_7|PENDING|Resources|\n14_1|FAILED|NonZeroExitCode|n1\n");
 * assert.deepEqual(queue.get("14_1"), { state: "FAILED", reason: "NonZeroExitCode", node: "n1" });
 * ```
 */
export function queueOf(text: string): Standings {
  return standings(text, ([state, reason, node]) => ({ state, reason: reason === "None" ? "" : reason, node }));
}

/** Arguments of `sacct` for the elements of jobs, without their steps. */
export function accountArguments(ids: readonly string[]): string[] {
  return ["--noheader", "--parsable2", "--allocations", "--format=JobID,State,ExitCode,NodeList", `--jobs=${ids}`];
}

/**
 * Lines of `sacct`. Who cancelled a job is left out of its state.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const account = accountOf("1_3|FAILED|0:9|n1\n1_5|CANCELLED by 0|0:0|None assigned\n");
 * assert.deepEqual(account.get("1_3"), { state: "FAILED", reason: "signal 9", node: "n1" });
 * assert.deepEqual(account.get("1_5"), { state: "CANCELLED", reason: "", node: "" });
 * ```
 */
export function accountOf(text: string): Standings {
  return standings(text, ([state, exit, node]) => {
    const [code, signal] = exit.split(":");
    const reason = signal !== "0" ? `signal ${signal}` : code !== "0" ? `exit code ${code}` : "";
    return { state: state.split(" ")[0], reason, node: node === "None assigned" ? "" : node };
  });
}

/** Elements one a line; what is none, such as a notice of the site, is passed over. */
function standings(text: string, standing: (fields: string[]) => Standing): Standings {
  const found = new Map<string, Standing>();
  for (const line of text.split("\n")) {
    const [id, ...fields] = line.trim().split("|");
    if (/^\d+_\d+$/.test(id) && fields.length === 3) found.set(id, standing(fields));
  }
  return found;
}

/** Whether an element will do nothing any more. A state that this list does not know is one of a living element. */
export function hasEnded({ state }: Standing): boolean {
  return ENDED.has(state);
}

/** How an element ended, in words. */
export function endingOf({ state, reason, node }: Standing): string {
  return `${state}${reason === "" ? "" : ` (${reason})`}${node === "" ? "" : ` on ${node}`}`;
}

/**
 * The number of the job that `sbatch --parsable` has submitted; undefined where the text has none. A wrapper of the site
 * may say more before it.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(submittedJob("12\n"), "12");
 * assert.equal(submittedJob("welcome\n12;cluster\n"), "12");
 * assert.equal(submittedJob(""), undefined);
 * ```
 */
export function submittedJob(text: string): string | undefined {
  return /^(\d+)(?:;.*)?$/.exec(text.trim().split("\n").at(-1)!)?.[1];
}
