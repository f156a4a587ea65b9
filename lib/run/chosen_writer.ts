/**
 * The checkpoint that writes in a run's questions on a language model, as the command line names it.
 *
 * @module
 */
import { basename, resolve } from "node:path";
import { adaptedLayers } from "../policies/language/adapter_layers.ts";
import { type Checkpoint, openCheckpoint } from "../policies/language/checkpoint.ts";
import { tokenizerOf } from "../policies/language/checkpoint_tokenizer.ts";
import type { Trains, WriterChoice } from "../training/language/writer.ts";
import { UserError } from "../user_error.ts";
import { flagName, int, number, type ParsedFlags } from "./options.ts";
import { inLastLayers, ofLastLayers, targetsOf } from "./trained_parts.ts";

const numbers = {
  rank: int(8, "rank of that change", { min: 1, max: 4096 }),
  loraAlpha: number(16, "it is scaled by alpha/rank", { min: 1e-6, max: 1_000_000 }),
  layers: int(0, "only so many of the last layers are trained; 0 for all", { min: 0, max: 1000 }),
};

/** Flags about the model: name, what it takes, help. */
export const writerFlags: readonly (readonly [name: string, kind: string, help: string])[] = [
  [
    "model",
    "FILE|FOLDER",
    "what writes in questions on a language model, in place of stories260K: a folder of Hugging Face, a .gguf file",
  ],
  ["train", "adapter|weights", "what of that model is trained: a low-rank change, or the weights (default adapter)"],
  ["targets", "LIST", "layers that the change is made to: ends of names, or all-linear (default all-linear)"],
  ...Object.entries(numbers).map(([key, { kind, help, values }]) =>
    [flagName(key), kind, `${help} (default ${values.quick})`] as const
  ),
];

/** Tokens that a model must have been made for: constitutions, an opening and what follows it. */
const LENGTH = 128;

/** A checkpoint that was chosen, and what of it is trained in words. */
export interface ChosenWriter extends WriterChoice {
  /** Such as "LoRA of rank 8 (alpha 16) in all-linear of all layers". */
  readonly told: string;
}

/** What is recorded of it. */
export interface WriterFacts {
  /** Name of the file or folder. */
  readonly name: string;
  /** Of the file; of a folder's files together, as `Checkpoint.checksum` has it. */
  readonly sha256: string;
  /** What of it is trained. */
  readonly trained: string;
}

/**
 * The checkpoint that flags name; its header is read, so that what is wrong shows before anything is computed.
 *
 * @returns undefined where none is named
 * @throws UserError where it is not there or cannot be read, for layers that it does not have, and for flags about a model
 * where none is named
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(chosenWriter({ values: {}, switches: new Set() }), undefined);
 * const flags = { values: { rank: "4" }, switches: new Set<string>() };
 * assert.throws(() => chosenWriter(flags), /^UserError: --rank has no effect without --model/);
 * ```
 */
export function chosenWriter({ values }: ParsedFlags): ChosenWriter | undefined {
  const { model: path, train = "adapter", targets = "all-linear" } = values;
  if (path === undefined) {
    const idle = writerFlags.find(([name]) => values[name] !== undefined);
    if (idle !== undefined) throw new UserError(`--${idle[0]} has no effect without --model FILE|FOLDER`);
    return undefined;
  }
  if (path === "") throw new UserError("--model needs a FILE or FOLDER, and got an empty path");
  if (train !== "adapter" && train !== "weights") {
    throw new UserError(`--train ${train}: choose one of adapter, weights`);
  }
  const [rank, alpha, layers] = (["rank", "loraAlpha", "layers"] as const).map((key) => {
    const text = values[flagName(key)];
    try {
      return text === undefined ? numbers[key].values.quick : numbers[key].parse(text);
    } catch (error) {
      throw new UserError(`--${flagName(key)}: ${(error as Error).message}`);
    }
  });
  for (const flag of ["rank", "lora-alpha", "targets"]) {
    if (train === "weights" && values[flag] !== undefined) {
      throw new UserError(`--${flag} has no effect with --train weights`);
    }
  }
  using checkpoint = opened(path);
  const { config } = checkpoint, last = layers === 0 ? "all" : `the last ${layers} of ${config.layers}`;
  if (layers > config.layers) throw new UserError(`--layers ${layers}: ${path} has ${config.layers}`);
  if (config.maxLength < LENGTH) {
    throw new UserError(`--model ${path}: was made for ${config.maxLength} tokens; take one for ${LENGTH} or more`);
  }
  if (train === "weights") {
    const told = layers === 0 ? "all weights" : `the weights of ${last} layers`;
    return { path, told, trains: { weights: ofLastLayers(layers, config) } };
  }
  const adapter = inLastLayers({ rank, alpha, rankStabilised: false, targets: targetsOf(targets) }, layers, config);
  adaptedLayers(adapter, config, "--targets");
  const trains: Trains = { adapter };
  return { path, trains, told: `LoRA of rank ${rank} (alpha ${alpha}) in ${targets} of ${last} layers` };
}

/**
 * Reads a chosen checkpoint's vocabulary.
 *
 * @throws UserError where it is missing or of a kind that is not read
 * @example
 * ```ts ignore
 * await checkVocabulary(chosenWriter(flags)!);
 * ```
 */
export async function checkVocabulary({ path }: ChosenWriter): Promise<void> {
  using checkpoint = opened(path);
  await tokenizerOf(checkpoint);
}

/**
 * What is recorded of a chosen checkpoint; it reads every byte.
 *
 * @example
 * ```ts ignore
 * const { name, sha256 } = factsOf(chosenWriter(flags)!);
 * ```
 */
export function factsOf({ path, told }: ChosenWriter): WriterFacts {
  using checkpoint = opened(path);
  return { name: basename(resolve(path)), sha256: checkpoint.checksum(), trained: told };
}

function opened(path: string): Checkpoint & Disposable {
  const checkpoint = openCheckpoint(path);
  return Object.assign(checkpoint, { [Symbol.dispose]: () => checkpoint.close() });
}
