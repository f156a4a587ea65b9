/**
 * The methods of a run's language question as TRL trains them, on the lines that the question exports.
 *
 * @module
 */
import { lossesOf } from "../../lib/run/arm_losses.ts";
import { type AskedLoss, trlSettings } from "../../lib/run/trl/export.ts";
import type { CompareOptions } from "./options.ts";

/** Why lines of pairs and labels do not serve a method, though its loss may be TRL's. */
const UNSERVED: Readonly<Record<string, string>> = {
  "apo-zero": "learns from revisions of what was shown, which are not among these lines",
  "dpo-weighted": "weighs pairs by their propensities, and TRL's trainers take no weights",
  "sami": "learns from its own stories under constitutions, which are not among these lines",
  "sami-opposed": "is SAMI, asked for something else",
  "rlhf-fixed": "learns from a reward model and the laws over all candidates",
};

/**
 * What lies as `trl.json` beside the lines.
 *
 * @param arms of the run, bounds left out
 * @example
 * ```ts ignore
 * await writeWhole(`${out}/trl.json`, JSON.stringify(languageTrl(["dpo", "kto"], options)));
 * ```
 */
export function languageTrl(arms: readonly string[], options: CompareOptions): ReturnType<typeof trlSettings> {
  const { tau, languageSteps, languageRate, languageN } = options;
  const asked = arms.map((arm): [string, AskedLoss | string] => {
    if (Object.hasOwn(UNSERVED, arm)) return [arm, UNSERVED[arm]];
    const [loss] = lossesOf([arm], false);
    return [arm, loss === undefined ? "minimises no loss of one line" : { name: loss.name, options: { beta: tau } }];
  });
  // AdamW at a constant rate on all lines at once, without decay or a bound on the gradient.
  const training = {
    ...{ max_steps: languageSteps, learning_rate: languageRate, lr_scheduler_type: "constant", weight_decay: 0 },
    ...{ max_grad_norm: 0, per_device_train_batch_size: languageN },
  };
  const { notes, ...settings } = trlSettings(
    Object.fromEntries(asked),
    { usual: "pairs.jsonl", labelled: "completions.jsonl" },
    { training, notes: [] },
  );
  return {
    ...settings,
    notes: [
      ...notes,
      "The run trains on laws over the candidates of an opening, whose log-probs are renormalised; TRL on texts among all " +
      "that can be written. TRL puts the end token behind every completion; these are cut before theirs.",
      "The run's KTO reads the KL itself, TRL's an estimate from mismatched responses.",
    ],
  };
}
