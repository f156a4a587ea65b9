/**
 * How a program ends.
 *
 * @module
 */
import { UserError } from "../user_error.ts";
import { tell } from "./tell.ts";

/**
 * Runs a program and turns its outcome into an exit code: 2 and one line for a user's mistake, 1 and the stack for
 * ours.
 *
 * @example As a script this ends with code 2 and "error: no such folder"
 * ```ts
 * import { UserError } from "../user_error.ts";
 * if (import.meta.main) await exitWith(() => Promise.reject(new UserError("no such folder")));
 * ```
 */
export async function exitWith(program: () => Promise<void>): Promise<never> {
  try {
    await program();
  } catch (error) {
    if (error instanceof UserError) {
      tell(`error: ${error.message.replaceAll(/\s+/g, " ")}\n`); // an argument may hold a line end
      Deno.exit(2);
    }
    tell(`${Deno.inspect(error)}\n`);
    Deno.exit(1);
  }
  Deno.exit(0);
}
