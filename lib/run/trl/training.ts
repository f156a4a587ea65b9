/**
 * Settings of TRL for a training of a language model as `deno task train` and `learn --model` run it.
 *
 * @module
 */
import type { LanguageModelConfig } from "../../policies/language/config.ts";
import type { ObjectiveOptions } from "../../training/language/objective.ts";
import { inLastLayers } from "../trained_parts.ts";
import type { TrainOptions } from "../train_options.ts";
import { type AskedLoss, type CommonSettings, WEIGHTED } from "./export.ts";

/** What a training is told but for its loss and its lines. */
type Told = Pick<
  TrainOptions,
  "whole" | "rankStabilised" | "targets" | "schedule" | "numbers" | "rules" | "adapter" | "products"
>;

/**
 * What TRL has to be told beside the loss: optimiser, rate, batch, length, adapter.
 *
 * @param told the training, with the rules by which its lines became tokens
 * @param config of the model
 * @example A batch is one pass, so that losses which couple its rows see all of them
 * ```ts
 * import assert from "node:assert/strict";
 * import { trainOptions } from "../train_options.ts";
 * const told = trainOptions(["--model", "m", "--pairs", "p.jsonl", "--batch", "8", "--micro", "2", "--rank", "4"])!;
 * const { training, peft } = commonSettings(told, { layers: 2 });
 * assert.deepEqual([training.per_device_train_batch_size, training.max_grad_norm, peft?.r], [8, 1, 4]);
 * ```
 */
export function commonSettings(told: Told, config: Pick<LanguageModelConfig, "layers">): CommonSettings {
  const { whole, rankStabilised, targets, schedule, numbers, adapter, products } = told;
  const { start, end, maxLength, truncation } = told.rules;
  const { learningRate, warmup, weightDecay, clip, batch, seed, rank, loraAlpha, layers, heldShare } = numbers;
  const lora = inLastLayers({ rank, alpha: loraAlpha, rankStabilised, targets }, layers, config);
  const notes: readonly (readonly [isSo: boolean, note: string])[] = [
    [
      true,
      "Lines come in another order where a batch does not have all of them, and what an epoch leaves of a batch is filled up " +
      "with lines of the next; TRL takes what is left.",
    ],
    [
      start !== "tokenizer",
      `Here texts begin by --start ${start}; DPOTrainer and KTOTrainer leave it to the tokenizer.`,
    ],
    [start !== "always", "CPOTrainer and ORPOTrainer put the start token before every prompt, as --start always does."],
    [!end, "Here completions get no end token; TRL puts one behind each."],
    [truncation === "keep_end", "Here a text that is too long loses its beginning; in TRL its end."],
    [heldShare > 0, `Here a share of ${heldShare} of the prompts is held out; TRL learns from all lines of the file.`],
    [whole && layers > 0, `Here only the last ${layers} layers move; in TRL what is to stay has to be frozen.`],
    [
      !whole && adapter === undefined,
      "The adapter begins with other random numbers; give LoraConfig what stands under peft.",
    ],
    [adapter !== undefined, `The adapter is that of ${adapter}; the reference is the model without it.`],
    [products !== undefined, `Here matrices that are not trained are held and multiplied in ${products}.`],
  ];
  return {
    training: {
      ...{ learning_rate: learningRate, lr_scheduler_type: schedulerOf(schedule, warmup), warmup_steps: warmup },
      ...{ weight_decay: weightDecay, max_grad_norm: clip, per_device_train_batch_size: batch, seed },
      ...(maxLength !== undefined && { max_length: maxLength }),
    },
    ...(!whole && adapter === undefined && {
      peft: {
        ...{ r: rank, lora_alpha: loraAlpha, use_rslora: rankStabilised, lora_dropout: 0 },
        target_modules: typeof lora.targets === "string" ? lora.targets : [...lora.targets],
        ...(lora.layers && { layers_to_transform: [...lora.layers] }),
      },
    }),
    notes: notes.flatMap(([isSo, note]) => isSo ? [note] : []),
  };
}

/** transformers' constant rate knows no warm-up but under a name of its own. */
function schedulerOf(schedule: TrainOptions["schedule"], warmup: number): string {
  return schedule === "constant" && warmup > 0 ? "constant_with_warmup" : schedule;
}

/**
 * The loss of a training as it is asked of TRL.
 *
 * @param steps of the training
 * @param weighted whether some line counts for more than another
 * @returns the loss, or why TRL has none
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const dpo = askedOf("dpo", { loss: { beta: 0.1 } }, 5, false);
 * assert.deepEqual(dpo, { name: "dpo", options: { beta: 0.1 }, training: { max_steps: 5 } });
 * assert.equal(askedOf("dpo", { loss: { beta: 0.1 } }, 5, true), "lines have weights, and TRL's trainers take none");
 * ```
 */
export function askedOf(
  name: string,
  { loss, likelihood }: ObjectiveOptions,
  steps: number,
  weighted: boolean,
): AskedLoss | string {
  if (weighted) return WEIGHTED;
  if (likelihood?.prompt && name !== "orpo") return "TRL's likelihood does not count the prompt but under ORPO";
  return {
    ...{ name, options: loss, training: { max_steps: steps } },
    ...(likelihood && { likelihood: likelihood.weight }),
  };
}
