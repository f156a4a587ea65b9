/**
 * A mistake the user can mend: shown as one line without a stack trace, and the program ends with exit code 2.
 *
 * The message names what is wrong, where, and what to do.
 */
export class UserError extends Error {
  /** Shown instead of "Error" where an error is printed whole. */
  override readonly name = "UserError";
}

/** Where numbers left the finite ones. */
interface Divergence {
  /** What is not finite, such as "loss", "gradient" or "weight 3". */
  readonly what: string;
  /** The number that was found. */
  readonly value: number;
  /** Id of the arm that was computed. */
  readonly arm: string;
  /** The replicate, counted from 0. */
  readonly seed: number;
  /** The step or epoch, counted from 0, where there are steps. */
  readonly step?: number;
}

/**
 * A computation whose numbers stopped being finite, or whose mathematics has no answer, under the options it was given.
 *
 * Other options mend it, so it is one line; the run names them. The rows of that unit are not saved, those of others are.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const error = DivergenceError.of({ what: "loss", value: NaN, arm: "dpo", seed: 3, step: 40 });
 * assert.equal(error.message, "training stopped: loss is NaN (arm dpo, seed 3, step 40)");
 * ```
 */
export class DivergenceError extends UserError {
  /** The error of a training run that left the finite numbers. */
  static of({ what, value, arm, seed, step }: Divergence): DivergenceError {
    const at = step === undefined ? "" : `, step ${step}`;
    return new DivergenceError(`training stopped: ${what} is ${value} (arm ${arm}, seed ${seed}${at})`);
  }
}
