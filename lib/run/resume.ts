/**
 * Going on in a file of lines that a run which was stopped has written.
 *
 * @module
 */
import { UserError } from "../user_error.ts";

/** How a line that is there is held to what would be written now. */
interface Rule<Item, Kept> {
  /** What lines are made of, such as "prompts". */
  readonly kind: string;
  /** What of a line depends on the model. @throws what `refuse` makes, where the line is not of the item */
  read(line: string, item: Item, refuse: (what: string) => UserError): Kept;
  /** Holds the last line to the model. @throws what `refuse` makes, where it is of another one */
  compare(item: Item, kept: Kept, refuse: (what: string) => UserError): Promise<void>;
}

/**
 * Takes in turn what each line that is there was made of, holds the line to it, and the last one to the model as well.
 *
 * @param out the file, for errors
 * @param kept its whole lines
 * @param next what the next line is made of; undefined where there is no more
 * @returns how many lines there are
 * @throws UserError with the number of a line that is of something else
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const items = ["a", "b"], rule = {
 *   kind: "prompts",
 *   read: (line: string, item: string, refuse: (what: string) => Error) => {
 *     if (line !== item) throw refuse("is another line");
 *   },
 *   compare: () => Promise.resolve(),
 * };
 * const kept = (...lines: string[]) => ReadableStream.from(lines);
 * assert.equal(await countKept("f", kept("a"), () => items.shift(), rule), 1);
 * await assert.rejects(countKept("f", kept("c"), () => items.shift(), rule), {
 *   message: "f:1: is another line; remove the file, or name another with --out",
 * });
 * ```
 */
export async function countKept<Item, Kept>(
  out: string,
  kept: AsyncIterable<string>,
  next: () => Promise<Item | undefined> | Item | undefined,
  { kind, read, compare }: Rule<Item, Kept>,
): Promise<number> {
  let done = 0, last: { readonly item: Item; readonly kept: Kept } | undefined;
  const refuse = (what: string) =>
    new UserError(`${out}:${done}: ${what}; remove the file, or name another with --out`);
  for await (const line of kept) {
    done++;
    const item = await next();
    if (item === undefined) throw refuse(`there are fewer ${kind}`);
    last = { item, kept: read(line, item, refuse) };
  }
  if (last !== undefined) await compare(last.item, last.kept, refuse);
  return done;
}
