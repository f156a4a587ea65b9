/**
 * Command lines that name an experiment and then flags: `figures cpo --venue icml`.
 *
 * @module
 */
import { UserError } from "../user_error.ts";
import { nearest, type ParsedFlags, parseFlags } from "./options.ts";

/** A command line that names an experiment. */
interface NamedCommand {
  /** Which experiment; empty where `--help` was asked for without one. */
  readonly name: string;
  /** Text of each flag that was given. */
  readonly values: ParsedFlags["values"];
  /** Whether `--help` was given. */
  readonly help: boolean;
}

/**
 * Splits the arguments of a task that takes one experiment.
 *
 * @param task its name, for errors
 * @param known experiments by name
 * @param valued names of flags that take a value
 * @throws UserError when no experiment is named, an unknown one, or flags are wrong
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const { name, values } = experimentAndFlags("figures", ["cpo", "--venue", "icml"], { cpo: 1 }, ["venue"]);
 * assert.deepEqual([name, values.venue], ["cpo", "icml"]);
 * assert.throws(() => experimentAndFlags("figures", ["cop"], { cpo: 1 }, []), /unknown "cop", did you mean cpo/);
 * ```
 */
export function experimentAndFlags(
  task: string,
  args: readonly string[],
  known: Readonly<Record<string, unknown>>,
  valued: readonly string[],
): NamedCommand {
  const [first = "", ...rest] = args;
  const isName = first !== "" && !first.startsWith("--");
  const { values, switches } = parseFlags(isName ? rest : args, valued, ["help"]);
  const help = switches.has("help");
  if (!help && !(isName && Object.hasOwn(known, first))) {
    const names = Object.keys(known), guess = isName ? nearest(first, names) : undefined;
    const unknown = isName ? `: unknown "${first}"${guess ? `, did you mean ${guess}?` : ""}` : "";
    throw new UserError(
      `${task} takes one experiment out of ${names.join(", ")}${unknown}; such as deno task ${task} cpo`,
    );
  }
  return { name: isName ? first : "", values, help };
}

/**
 * The folder of an experiment's run.
 *
 * @param from value of `--from`, if given
 * @throws UserError when it is empty
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(folderOf(undefined, "cpo"), "reports/cpo");
 * assert.equal(folderOf("reports/trial/", "cpo"), "reports/trial");
 * ```
 */
export function folderOf(from: string | undefined, name: string): string {
  const folder = (from ?? `reports/${name}`).replace(/(?<=.)\/+$/, "");
  if (folder === "") throw new UserError("--from needs a folder");
  return folder;
}
