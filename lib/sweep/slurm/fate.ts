/**
 * What becomes of an element of an array, from what it wrote of itself and what Slurm says.
 *
 * @module
 */
import { WORK_LEFT } from "../block_command.ts";
import { endingOf, hasEnded, type Standing } from "./queue.ts";
import type { Written } from "./rounds.ts";
import { NO_CLAIM, NO_PROJECT, SETUP_FAILED } from "./script.ts";

/** Exit codes of one that could begin none of its blocks, where it ran: its own, and those of a missing command. */
const CANNOT_BEGIN: ReadonlySet<number> = new Set([2, SETUP_FAILED, NO_PROJECT, NO_CLAIM, 126, 127]);

/** What is known of an element. */
interface Seen {
  /** Its files. */
  readonly written: Written;
  /** Slurm's word; undefined where Slurm answered and does not know it (any more). */
  readonly standing: Standing | undefined;
  /** Whether Slurm answered. */
  readonly answered: boolean;
  /** Blocks that it has put into the sweep's folder. */
  readonly done: number;
  /** Blocks of it that are not there. */
  readonly left: number;
}

/** How an element is to be taken. */
type Fate =
  | { readonly is: "alive" }
  /** It ended, and its blocks that are not there are free for another. */
  | {
    readonly is: "ended";
    /** Why, where that counts against the block it was at. */
    readonly why?: string;
  }
  /** It could not begin where it was: its blocks are free, and the node is to be left alone. */
  | { readonly is: "not begun"; readonly node: string; readonly why: string };

/**
 * What becomes of an element. One whose blocks are all there is waited for no more, whatever it still does. Its own word
 * for its end comes first: Slurm's reaches later, and that of a node that died not for minutes.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const seen = { written: { node: "n1" }, answered: true, done: 1, left: 2 };
 * const standing = { state: "NODE_FAIL", reason: "NodeDown", node: "n1" };
 * assert.deepEqual(fateOf({ ...seen, standing }), { is: "ended", why: "NODE_FAIL (NodeDown) on n1" });
 * assert.deepEqual(fateOf({ ...seen, standing: { ...standing, state: "RUNNING" } }), { is: "alive" });
 * ```
 */
export function fateOf({ written: { node, code }, standing, answered, done, left }: Seen): Fate {
  if (left === 0) return { is: "ended" };
  if (code !== undefined) {
    const where = node ?? "";
    if (CANNOT_BEGIN.has(code) && done === 0) return { is: "not begun", node: where, why: `exit code ${code}` };
    if (code === WORK_LEFT && done > 0) return { is: "ended" };
    // To an element a time limit and a preemption are the same signal, and memory that ran out is one more; Slurm tells them apart.
    if (standing && hasEnded(standing) && !PLAIN.has(standing.state)) return { is: "ended", why: endingOf(standing) };
    return { is: "ended", why: code === 0 ? UNSEEN : code === WORK_LEFT ? TOO_SHORT : `exit code ${code} on ${where}` };
  }
  if (standing === undefined ? !answered : !hasEnded(standing)) return { is: "alive" };
  const why = standing === undefined
    ? `ended on ${node ?? "no node"}, and Slurm has forgotten why`
    : endingOf(standing);
  if (node !== undefined) return { is: "ended", why };
  // Cancelled while it waited: no node is to blame, and no block.
  if (standing === undefined || standing.node === "") return { is: "ended" };
  return { is: "not begun", node: standing.node, why };
}

/** States that say no more than the exit code does. */
const PLAIN: ReadonlySet<string> = new Set(["COMPLETED", "FAILED"]);
const UNSEEN = "it ended well, and its rows are not there: does it write to the folder that this machine sees?";
const TOO_SHORT = "stopped by Slurm's warning before its first block was done: raise --time, or lower --warning";
