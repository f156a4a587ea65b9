/**
 * Command lines to be copied into a shell.
 *
 * @module
 */

/** Words that a shell of any kind takes as they are. */
const PLAIN = /^[\w./:@%+=,-]+$/;

/**
 * A word as it is typed in a shell of the POSIX kind: in single quotes where it has what a shell would read otherwise.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(shellWord("reports/my-run"), "reports/my-run");
 * assert.equal(shellWord("it's"), String.raw`'it'\''s'`);
 * ```
 */
export function shellWord(text: string): string {
  return PLAIN.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
