/**
 * What `deno task learn --model` is told of the language model: flags of `deno task train`, with its defaults.
 *
 * @module
 */
import { UserError } from "../../user_error.ts";
import { int } from "../options.ts";
import { type TrainOptions, trainOptions } from "../train_options.ts";

/** Flags of `deno task train` that are handed through. */
const TRAINING = [
  ...["train", "rank", "lora-alpha", "targets", "layers", "epochs", "steps", "batch", "micro", "learning-rate"],
  ...["schedule", "warmup", "weight-decay", "clip", "max-length", "truncation", "start", "backend", "products"],
] as const;
const SWITCHES = ["recompute", "rs-lora", "no-end"] as const;
const KL_TOKENS = int(32, "tokens of each completion that KL is measured on", { min: 1, max: 100_000 });

/** Flags with a value, and switches, that need `--model`. */
export const LANGUAGE_FLAGS: readonly string[] = ["model", "kl-tokens", ...TRAINING];
/** Switches that need `--model`. */
export const LANGUAGE_SWITCHES: readonly string[] = SWITCHES;

/** A language model as the policy. */
export interface LanguageOptions {
  /** How one training goes; its pairs, loss and folder are not used. */
  readonly training: TrainOptions;
  /** Tokens at most of the completions that KL is measured on. */
  readonly klTokens: number;
}

/** The part of `--help` on language models. */
export const LANGUAGE_HELP = `Over a language model (pairs alone)
  --model FOLDER|FILE one that deno task train takes: policies are that model, trained anew in every fold by each method,
                      instead of words. --beta is 0.1 unless given; several values are chosen from inside each fold,
                      which takes a training more for each
  --train adapter|weights   a low-rank adapter, or all weights, as is usual for small models (default adapter)
  --rank, --lora-alpha, --targets, --layers, --rs-lora, --epochs, --steps, --batch, --micro, --learning-rate, --schedule,
  --warmup, --weight-decay, --clip, --recompute, --max-length, --truncation, --start, --no-end, --backend, --products
                      as deno task train has them, with its defaults
  --kl-tokens int     ${KL_TOKENS.help} (default ${KL_TOKENS.values.quick})`;

/**
 * Reads the flags.
 *
 * @returns undefined without `--model`
 * @throws UserError for flags without effect, and as `trainOptions` does
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(languageOptions({ model: "m", rank: "2" }, new Set())!.training.numbers.rank, 2);
 * assert.throws(() => languageOptions({ rank: "2" }, new Set()), /^UserError: --rank has no effect without --model$/);
 * ```
 */
export function languageOptions(
  values: Readonly<Record<string, string | undefined>>,
  switches: ReadonlySet<string>,
): LanguageOptions | undefined {
  const { model } = values;
  if (model === undefined) {
    const idle = LANGUAGE_FLAGS.find((name) => values[name] !== undefined) ??
      SWITCHES.find((name) => switches.has(name));
    if (idle !== undefined) throw new UserError(`--${idle} has no effect without --model`);
    return undefined;
  }
  if (values.log !== undefined) {
    throw new UserError("--model learns from pairs alone; give --pairs, or leave --model out to learn from a log");
  }
  for (const name of ["features", "kl"]) {
    if (values[name] !== undefined) throw new UserError(`--${name} has no effect with --model, which reads tokens`);
  }
  const flags = TRAINING.flatMap((name) => values[name] === undefined ? [] : [`--${name}`, values[name]]);
  const on = SWITCHES.filter((name) => switches.has(name)).map((name) => `--${name}`);
  const seed = values.seed === undefined ? [] : ["--seed", values.seed];
  const training = trainOptions(["--model", model, "--pairs", "-", ...flags, ...on, ...seed])!;
  let klTokens = KL_TOKENS.values.quick;
  if (values["kl-tokens"] !== undefined) {
    try {
      klTokens = KL_TOKENS.parse(values["kl-tokens"]);
    } catch (error) {
      throw new UserError(`--kl-tokens: ${(error as Error).message}`);
    }
  }
  return { training, klTokens };
}
