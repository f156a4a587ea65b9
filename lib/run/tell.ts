/**
 * Text for the user on standard error.
 *
 * @module
 */

/**
 * Writes text to standard error; where nobody can read it, because it is closed or its disk is full, work goes on.
 *
 * @example
 * ```ts
 * tell("");
 * ```
 */
export function tell(text: string): void {
  const bytes = new TextEncoder().encode(text);
  try {
    for (let written = 0; written < bytes.length;) written += Deno.stderr.writeSync(bytes.subarray(written));
  } catch {
    // a report nobody reads must not end a run whose rows are safe
  }
}
