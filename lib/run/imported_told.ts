/**
 * A training that another tool ran, in words.
 *
 * @module
 */
import { lossNamed, lossTitle } from "../losses/mod.ts";
import { formatDuration, formatNumber } from "../report/numbers.ts";
import type { ImportedRecord } from "./training_record.ts";
import { formulasOf, optionsTold, type TrainingWords } from "./training_told.ts";
import { EXAMPLE_WORDS } from "./training_words.ts";

/**
 * What is said of a training that another tool ran.
 *
 * @param state how far it is
 * @param planned the steps that were to be taken, in words
 * @example
 * ```ts ignore
 * const { title } = importedWords(record, trainingState(saved), "12 steps"); // "Training by TRL: DPO"
 * ```
 */
export function importedWords(
  { command, seconds, imported }: ImportedRecord,
  { steps, told }: { readonly steps: number; readonly told: string },
  planned: string,
): TrainingWords {
  const { loss, trainer, labelled, perToken, settings, source, sha256, clip, notes, beside } = imported;
  const entry = loss === undefined ? undefined : lossNamed(loss.name), setting = optionsTold(loss?.options ?? {});
  const title = entry === undefined ? undefined : lossTitle(entry, loss!.options);
  const data = labelled ? "labelled" : "pairs";
  // "DPOTrainer of TRL", or of transformers, where the trainer has no name.
  const [who, tool] = trainer.split(" of "), name = title ?? (tool === "TRL" ? who : undefined);
  return {
    title: `Training by ${tool}${name === undefined ? "" : `: ${name}`}`,
    paper: entry?.source ?? "",
    lead: `${trainer}: ${formatNumber(steps)} of ${planned}` +
      `${title === undefined ? "" : ` by ${title}${setting && ` with ${setting}`}`}. ${told}`,
    formulas: entry === undefined ? [] : formulasOf(entry, loss!.options),
    config: {
      ...{ command, log: source, "SHA-256 of the log": sha256, trainer },
      ...(title !== undefined && { loss: [title, setting].filter(Boolean).join(", ") }),
      ...settings,
      ...(seconds > 0 && { time: formatDuration(seconds) }),
    },
    ...{ data, per: loss?.name === "sft" ? "token" : EXAMPLE_WORDS[data].unit, notes },
    ...(perToken ? { nats: "nats a token", reduction: "averaged over" } : { nats: "nats", reduction: "summed over" }),
    ...(clip !== undefined && { clip }),
    ...(beside && { beside }),
  };
}
