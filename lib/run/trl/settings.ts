/**
 * A trainer's arguments in the words that settings of our trainings have.
 *
 * @module
 */
import { formatNumber } from "../../report/numbers.ts";
import type { TrainingArgs } from "./training_args.ts";

/**
 * Settings in words, by what they are called; what is not known is left out.
 *
 * @param heldOut lines that are held out, where they are known
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const values = { learning_rate: 0.003, lr_scheduler_type: "linear", per_device_train_batch_size: 2, seed: 0 };
 * assert.deepEqual(settingsOf({ of: "trl.trainer.dpo_config.DPOConfig", values }, 9), {
 *   arguments: "trl.trainer.dpo_config.DPOConfig",
 *   batch: "2 lines a process",
 *   "learning rate": "0.003, linear",
 *   "held out": "9 lines",
 *   seed: "0",
 * });
 * ```
 */
export function settingsOf(args: TrainingArgs | undefined, heldOut: number | undefined): Record<string, string> {
  const held: Record<string, string> = heldOut === undefined ? {} : { "held out": `${formatNumber(heldOut)} lines` };
  if (args === undefined) return held;
  const { values, of } = args;
  const number = (name: string) => typeof values[name] === "number" ? values[name] as number : undefined;
  const batch = number("per_device_train_batch_size"), parts = number("gradient_accumulation_steps") ?? 1;
  const rate = number("learning_rate"), warmup = number("warmup_steps") ?? 0;
  const types = [values.loss_type].flat().filter((type) => typeof type === "string");
  const schedule = values.lr_scheduler_type;
  const told: Record<string, string | undefined> = {
    arguments: of,
    "loss_type": types.length === 0 ? undefined : types.join(", "),
    batch: batch === undefined
      ? undefined
      : `${formatNumber(batch * parts)} lines a process${parts > 1 ? `, ${formatNumber(batch)} at a time` : ""}`,
    "learning rate": rate === undefined ? undefined : `${rate}${typeof schedule === "string" ? `, ${schedule}` : ""}` +
      (warmup > 0 ? `, warm-up ${warmup}${warmup < 1 ? " of the steps" : " steps"}` : ""),
    "weight decay": number("weight_decay")?.toString(),
    clip: clipTold(number("max_grad_norm")),
    "max_length": number("max_length")?.toString(),
    ...held,
    seed: number("seed")?.toString(),
  };
  return Object.fromEntries(
    Object.entries(told).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}

function clipTold(clip: number | undefined): string | undefined {
  if (clip === undefined) return undefined;
  return clip === 0 ? "none" : `gradients longer than ${clip}`;
}
