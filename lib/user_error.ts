/**
 * A mistake the user can mend: shown as one line without a stack trace, and the program ends with exit code 2.
 *
 * The message names what is wrong, where, and what to do.
 */
export class UserError extends Error {
  /** Shown instead of "Error" where an error is printed whole. */
  override readonly name = "UserError";
}
