/**
 * A user's preferences, in the forms that people have.
 *
 * @module
 */
import { openTable } from "./open.ts";
import { type Pair, PairsRead } from "./pairs.ts";
import { type Form, formOf, type PreferenceColumns } from "./preference_columns.ts";
import { type ProblemCount, Problems } from "./problems.ts";
import { pairsOfRatings } from "./ratings.ts";
import { Row } from "./row.ts";
import { type Single, SinglesRead } from "./singles.ts";

/** Preferences that can be used. */
export interface Preferences {
  /** What the file holds. */
  readonly form: Form;
  /** How many rows the file has. */
  readonly read: number;
  /** Pairs, in the order of the file; those of ratings too. None of labels and logs. */
  readonly pairs: readonly Pair[];
  /** Completions with a label or an outcome, in the order of the file; none of pairs. */
  readonly singles: readonly Single[];
  /** What was odd, counted. */
  readonly problems: readonly ProblemCount[];
}

/**
 * Reads preferences: pairs with a prompt or without, completions with labels, ratings or outcomes, texts or chats.
 *
 * Left out, and counted, are rows that lack a text or value, empty texts, pairs of identical texts and exact duplicates.
 * Kept and counted are contradictions and ties. Every two rated answers to a prompt make a pair.
 *
 * @param named names of columns by the part they play, where they are not the usual ones
 * @throws UserError for what {@linkcode openTable} refuses, for columns that are no preferences, naming row and column for
 * a cell that is not what its column is to hold, and where nothing is left
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const path = await Deno.makeTempFile({ suffix: ".jsonl" });
 * await Deno.writeTextFile(path, '{"chosen": "Hello you", "rejected": "Hello there"}\n{"chosen": "a", "rejected": "a"}\n');
 * const { pairs, problems } = await readPreferences(path);
 * assert.deepEqual(pairs, [{ prompt: "Hello", chosen: " you", rejected: " there", row: 1, tied: false }]);
 * assert.deepEqual(problems.map(({ kind, count }) => [kind, count]), [["identical chosen and rejected", 1]]);
 * await Deno.remove(path);
 * ```
 */
export async function readPreferences(path: string, named: PreferenceColumns = {}): Promise<Preferences> {
  // A weight or a tie that one line alone has, however late, is not to be passed over.
  const table = await openTable(path, { columns: Object.values(named), rare: true });
  const { form, columns } = formOf(path, table.columns, named),
    problems = new Problems(),
    pairs = new PairsRead(problems);
  const kind = form === "labelled" ? "label" : form === "logged" ? "outcome" : "rating";
  const singles = new SinglesRead(problems, kind);
  let read = 0;
  for await (const chunk of table.chunks(Object.values(columns))) {
    read += chunk.rows;
    for (let i = 0; i < chunk.rows; i++) {
      const row = new Row(path, columns, chunk, i);
      if (form === "pairs") pairs.read(row, columns.prompt !== undefined);
      else if (form === "rated lists") singles.readList(row);
      else singles.read(row);
    }
  }
  const isRated = kind === "rating";
  if (isRated) pairsOfRatings(path, singles.singles, pairs, problems);
  const found = { pairs: pairs.pairs, singles: isRated ? [] : singles.singles };
  if (found.pairs.length + found.singles.length === 0) throw problems.noneLeft(path, read);
  return { form, read, ...found, problems: problems.list() };
}
