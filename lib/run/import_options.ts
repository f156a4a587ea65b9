/**
 * What `deno task import-run` is told.
 *
 * @module
 */
import { UserError } from "../user_error.ts";
import type { ImportOptions } from "./import_run.ts";
import { number, parseFlags } from "./options.ts";

const BETA = number(0.1, "TRL's beta", { min: 1e-9, max: 1e9 });

/** The text of `--help`. */
export const IMPORT_HELP =
  `Makes a report of a training that transformers or TRL ran, out of its log: the curves, table and notes that deno task
train gives of its own, in files that deno task report, figures and serve read. What TRL counts otherwise is undone
where it can be; the notes say what was and what cannot be, and which columns the log lacks (docs/trl.md).

Usage: deno task import-run TRAINER_STATE.json [PREDICTIONS.jsonl] [flags]

  TRAINER_STATE.json  in every checkpoint of a trainer; also what its save_state() writes. training_args.bin is read where it
                      lies beside it, as in checkpoints: nothing in it is run
  PREDICTIONS.jsonl   log-probs of what was held out, a line a pair: {"prompt", "chosen_logps", "rejected_logps",
                      "ref_chosen_logps", "ref_rejected_logps"}; docs/trl.md has the lines of Python that write them. Or what
                      deno task score writes of lines that say {"pair", "side": "chosen", "of": "policy"}
  --out FOLDER        (default reports/imported)
  --loss NAME         TRL's loss_type, where no training_args.bin lies there
  --beta NUM          TRL's beta, where none lies there: without it there are no log-ratios
  --eval NAME         which evaluation set, where there are several
  --help              this text

Examples
  deno task import-run trl-out/checkpoint-500/trainer_state.json --out reports/trl-dpo
  deno task import-run trainer_state.json predictions.jsonl --loss sigmoid --beta 0.1`;

/**
 * Reads the command line.
 *
 * @returns undefined where help was asked for
 * @throws UserError for whatever does not fit
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.deepEqual(importOptions(["a/trainer_state.json", "--beta", "0.1"]), {
 *   state: "a/trainer_state.json", out: "reports/imported", beta: 0.1,
 * });
 * assert.throws(() => importOptions([]), /^UserError: import-run takes the trainer_state.json of a training/);
 * ```
 */
export function importOptions(args: readonly string[]): ImportOptions | undefined {
  const first = args.findIndex((word) => word.startsWith("-")), words = first < 0 ? args : args.slice(0, first);
  const { values, switches } = parseFlags(args.slice(words.length), ["out", "loss", "beta", "eval"], ["help"]);
  if (switches.has("help")) return undefined;
  const [state, predictions, more] = words, { out = "reports/imported", loss, beta, eval: evaluation } = values;
  if (state === undefined || state === "") {
    throw new UserError(
      "import-run takes the trainer_state.json of a training, before all flags; such as deno task import-run " +
        "trl-out/checkpoint-500/trainer_state.json",
    );
  }
  if (more !== undefined) throw new UserError(`unexpected argument "${more}": one log and one file of predictions`);
  const folder = out.replace(/(?<=.)\/+$/, "");
  for (const [flag, value] of [["--out", folder], ["--loss", loss], ["--eval", evaluation]] as const) {
    if (value === "") throw new UserError(`${flag} needs a value, and got an empty one`);
  }
  return {
    ...{ state, out: folder },
    ...(predictions !== undefined && { predictions }),
    ...(loss !== undefined && { loss }),
    ...(beta !== undefined && { beta: betaOf(beta) }),
    ...(evaluation !== undefined && { evaluation }),
  };
}

function betaOf(text: string): number {
  try {
    return BETA.parse(text);
  } catch (error) {
    throw error instanceof UserError ? new UserError(`--beta: ${error.message}`) : error;
  }
}
