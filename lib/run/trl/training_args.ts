/**
 * The arguments of a training by transformers or TRL, from the file that lies beside its state.
 *
 * @module
 */
import { unzip } from "../../datasets/zip.ts";
import { refused } from "../../files.ts";
import { isObject, type JsonObject } from "../../formats/json_text.ts";
import { PICKLED_CLASS, unpickled } from "../../formats/pickle.ts";
import { UserError } from "../../user_error.ts";
import { TRL_TRAINERS, type TrlTrainer } from "./losses.ts";

/** The file that transformers saves them in, beside its checkpoints and its last weights. */
export const TRAINING_ARGS = "training_args.bin";

/** What a training was told. */
export interface TrainingArgs {
  /** Undefined for arguments of a trainer that the table has no losses of. */
  readonly trainer?: TrlTrainer;
  /** Class of the arguments, such as "trl.trainer.dpo_config.DPOConfig". */
  readonly of: string;
  readonly values: JsonObject;
}

/**
 * Reads the arguments beside a training's state, without running the code that the file names.
 *
 * @param path of the file
 * @returns undefined where it is not there
 * @throws UserError for a file that is no arguments
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const args = await readTrainingArgs("lib/run/trl/testdata/training_args.bin");
 * assert.deepEqual([args?.trainer, args?.values.beta, args?.values.lr_scheduler_type], ["DPO", 0.2, "linear"]);
 * ```
 */
export async function readTrainingArgs(path: string): Promise<TrainingArgs | undefined> {
  let bytes: Uint8Array;
  try {
    bytes = await Deno.readFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw refused(path, error);
  }
  const read = plain(unpickled(pickleIn(bytes, path), path));
  const of = isObject(read) ? read[PICKLED_CLASS] : undefined;
  if (!isObject(read) || typeof of !== "string") {
    throw new UserError(`${path}: no arguments of a trainer; move it away, and name --loss and --beta instead`);
  }
  const [, name] = /\.(\w+)Config$/.exec(of) ?? [], trainer = TRL_TRAINERS.find((known) => known === name);
  return { of, values: read, ...(trainer !== undefined && { trainer }) };
}

function pickleIn(bytes: Uint8Array, path: string): Uint8Array {
  try {
    for (const [name, file] of unzip(bytes, path)) if (name.endsWith("/data.pkl")) return file;
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
  }
  throw new UserError(`${path}: not as torch.save writes it; move it away, and name --loss and --beta instead`);
}

/** Members of enumerations as their values. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (!isObject(value)) return value;
  const { [PICKLED_CLASS]: made, args } = value;
  if (made !== undefined && Array.isArray(args) && args.length === 1) return plain(args[0]);
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, plain(item)]));
}
