/**
 * Text for the user: results on standard output, all else on standard error.
 *
 * @module
 */
import { UserError } from "../user_error.ts";

/**
 * Writes text to standard error; where nobody can read it, because it is closed or its disk is full, work goes on.
 *
 * @example
 * ```ts
 * tell("");
 * ```
 */
export function tell(text: string): void {
  try {
    write(Deno.stderr, text);
  } catch {
    // a report nobody reads must not end a run whose rows are safe
  }
}

/**
 * Writes a line to standard output.
 *
 * @throws UserError when it cannot be written, such as to a full disk; a reader that has gone is no mistake
 * @example
 * ```ts
 * say("reports/cpo/index.html");
 * ```
 */
export function say(line: string): void {
  try {
    write(Deno.stdout, `${line}\n`);
  } catch (error) {
    if (error instanceof Deno.errors.BrokenPipe || error instanceof Deno.errors.BadResource) return;
    throw new UserError(`standard output cannot be written (${(error as Error).message}); everything else is done`);
  }
}

function write(to: { writeSync(bytes: Uint8Array): number }, text: string): void {
  const bytes = new TextEncoder().encode(text);
  for (let written = 0; written < bytes.length;) written += to.writeSync(bytes.subarray(written));
}
