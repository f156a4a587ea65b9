/**
 * Command lines that name a run and then flags: `figures cpo --venue icml`. A run is an experiment's, a training or a valuation.
 *
 * @module
 */
import { nearest } from "../nearest.ts";
import type { Report } from "../report/types.ts";
import { readSavedReport, SAVED_REPORT } from "./saved_report.ts";
import { UserError } from "../user_error.ts";
import { type ParsedFlags, parseFlags } from "./options.ts";
import { readTraining, type SavedTraining, TRAINING } from "./training_record.ts";
import { readValue, VALUE, type ValueRecord } from "./value/record.ts";

/** A command line that names a run. */
interface NamedCommand {
  /** Its first word; empty where `--help` was asked for without one. */
  readonly name: string;
  /** Text of each flag that was given. */
  readonly values: ParsedFlags["values"];
  /** Whether `--help` was given. */
  readonly help: boolean;
}

/**
 * Splits the arguments of a task that takes one run.
 *
 * @param valued names of flags that take a value
 * @throws UserError when flags are wrong
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const { name, values } = nameAndFlags(["cpo", "--venue", "icml"], ["venue"]);
 * assert.deepEqual([name, values.venue], ["cpo", "icml"]);
 * ```
 */
export function nameAndFlags(args: readonly string[], valued: readonly string[]): NamedCommand {
  const [first = "", ...rest] = args;
  const isName = first !== "" && !first.startsWith("--");
  const { values, switches } = parseFlags(isName ? rest : args, valued, ["help"]);
  return { name: isName ? first : "", values, help: switches.has("help") };
}

/**
 * The folder of the run that is named, and the training or valuation in it where it is one. Names are those of
 * experiments, `train`, `value`, and those of folders of trainings and valuations below `reports`.
 *
 * @param task its name, for errors
 * @param known experiments by name
 * @param from value of `--from`, if given
 * @throws UserError when no run is named, an unknown one, or a training or valuation that is not there or damaged
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.deepEqual(await namedRun("figures", "cpo", { cpo: 1 }, undefined), { folder: "reports/cpo" });
 * await assert.rejects(namedRun("figures", "cop", { cpo: 1 }, undefined), /unknown "cop", did you mean cpo/);
 * ```
 */
export async function namedRun(
  task: string,
  name: string,
  known: Readonly<Record<string, unknown>>,
  from: string | undefined,
): Promise<
  {
    readonly folder: string;
    readonly training?: SavedTraining;
    readonly valuation?: ValueRecord;
    readonly saved?: Report;
  }
> {
  const folder = folderOf(from, name);
  if (Object.hasOwn(known, name)) return { folder };
  const training = name === "" ? undefined : await readTraining(folder);
  if (training !== undefined) return { folder, training };
  const valuation = name === "" ? undefined : await readValue(folder);
  if (valuation !== undefined) return { folder, valuation };
  const saved = name === "" ? undefined : await readSavedReport(folder);
  if (saved !== undefined) return { folder, saved };
  if (name === "learn") {
    throw new UserError(`${folder}: no comparison is there; run deno task learn first, or name its --out with --from`);
  }
  if (name === "value") {
    throw new UserError(
      `${folder}: no value of a policy is there; run deno task value first, or name its --out with --from`,
    );
  }
  if (name === "train") {
    throw new UserError(
      `${folder}: no training was begun there; run deno task train first, or name its --out with --from`,
    );
  }
  const there = await trainingsIn("reports"),
    names = [...new Set([...Object.keys(known), "train", "value", "learn", ...there])];
  const guess = name === "" ? undefined : nearest(name, names);
  const unknown = name === "" ? "" : `: unknown "${name}"${guess ? `, did you mean ${guess}?` : ""}`;
  throw new UserError(
    `${task} takes one experiment out of ${
      Object.keys(known).join(", ")
    }, or train, value, learn, or the folder of one of these in reports` +
      `${there.length > 0 ? ` (${there.join(", ")})` : ""}${unknown}; such as deno task ${task} cpo`,
  );
}

/** Names of folders that hold trainings or valuations. */
async function trainingsIn(folder: string): Promise<string[]> {
  try {
    const items = await Array.fromAsync(Deno.readDir(folder));
    const has = (path: string) => Deno.stat(`${folder}/${path}`).then(() => true, () => false);
    const found = await Promise.all(
      items.map(async ({ name }) =>
        (await Promise.all([TRAINING, VALUE, SAVED_REPORT].map((file) => has(`${name}/${file}`)))).includes(true)
          ? [name]
          : []
      ),
    );
    return found.flat().sort();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

/**
 * The folder of a run.
 *
 * @param from value of `--from`, if given
 * @throws UserError when it is empty
 */
function folderOf(from: string | undefined, name: string): string {
  const folder = (from ?? `reports/${name}`).replace(/(?<=.)\/+$/, "");
  if (folder === "") throw new UserError("--from needs a folder");
  return folder;
}
