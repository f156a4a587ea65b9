/**
 * What is odd in a user's file, counted: nothing is left out or kept without a word.
 *
 * @module
 */
import { UserError } from "../../user_error.ts";

/** An oddity of some rows. */
export interface ProblemCount {
  /** Which one, such as `missing reward`. */
  readonly kind: string;
  /** How many rows have it. */
  readonly count: number;
  /** Where the first of them stands, such as `row 2 (line 3)`. */
  readonly first: string;
  /** What became of these rows. */
  readonly fate: Fate;
}

/** What becomes of a row: it is used, or it is not. */
type Fate = "left out" | "kept";

/** Counts oddities in the order in which they were met. */
export class Problems {
  private readonly found = new Map<string, { count: number; first: string; fate: Fate }>();

  /** Counts a row. @param place of the row, for messages */
  add(kind: string, fate: Fate, place: string): void {
    const known = this.found.get(kind);
    if (known) known.count++;
    else this.found.set(kind, { count: 1, first: place, fate });
  }

  /** What was counted. */
  list(): ProblemCount[] {
    return Array.from(this.found, ([kind, rest]) => ({ kind, ...rest }));
  }

  /** The error of a file of which nothing is left. @param read how many rows it has */
  noneLeft(path: string, read: number): UserError {
    const why = this.list().map(({ kind, count }) => `${kind} in ${count}`).join(", ");
    return new UserError(`${path}: no row to use of ${read}${why === "" ? "" : ` (${why})`}; look at its columns`);
  }
}

/**
 * A line for readers about an oddity.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const problem = { kind: "missing reward", count: 2, first: "row 7 (line 8)", fate: "left out" } as const;
 * assert.equal(problemLine(problem), "missing reward: 2 rows left out, the first is row 7 (line 8)");
 * ```
 */
export function problemLine({ kind, count, first, fate }: ProblemCount): string {
  return `${kind}: ${count} row${count === 1 ? "" : "s"} ${fate}, the first is ${first}`;
}
