/**
 * The language model that writes, and what of it is trained.
 *
 * @module
 */
import type { Store } from "../../datasets/store.ts";
import { inMemory } from "../../formats/file_bytes.ts";
import { Llama2cFile } from "../../formats/llama2c.ts";
import { countOf } from "../../formats/tensor_file.ts";
import type { LoraSettings } from "../../policies/language/adapter_layers.ts";
import { openCheckpoint } from "../../policies/language/checkpoint.ts";
import { tokenizerOf } from "../../policies/language/checkpoint_tokenizer.ts";
import { weightsFromLlama2c } from "../../policies/language/config_llama2c.ts";
import type { WeightSource } from "../../policies/language/weights.ts";
import { llama2cTokenizer } from "../../tokenizers/llama2c.ts";
import type { Tokenizer } from "../../tokenizers/tokenizer.ts";

/** What of a model is trained: a low-rank change, or the weights whose names it says yes to. */
export type Trains =
  | { readonly adapter: LoraSettings }
  | { readonly weights: (name: string) => boolean };

/** A model that is there for all units. */
export interface Writer {
  readonly source: WeightSource;
  readonly tokenizer: Tokenizer;
  /** Numbers in its file. */
  readonly weights: number;
  /** What of it is trained; what the question trains of stories260K unless given. */
  readonly trains?: Trains;
  /** Who writes the openings, where it is another. */
  readonly opener?: Writer;
}

/** A checkpoint that is to write, and what of it is to be trained. */
export interface WriterChoice {
  /** File or folder. */
  readonly path: string;
  /** What of it is trained. */
  readonly trains: Trains;
}

/**
 * The writer of a question: stories260K, of the data set `stories-260k`, or the checkpoint that was chosen. Its file stays
 * open; texts that it begins with are then those of stories260K.
 *
 * @throws UserError where a file is missing or not the pinned one, or the checkpoint cannot be read
 * @example
 * ```ts ignore
 * const { tokenizer } = await storyWriter(openStore({ cache: "data/cache" }));
 * ```
 */
export async function storyWriter(store: Store, chosen?: WriterChoice): Promise<Writer> {
  const [model, vocabulary] = await Promise.all(
    ["stories260K.bin", "tok512.bin"].map((name) => store.read("stories-260k", name)),
  );
  const file = Llama2cFile.of(inMemory(model, "stories260K.bin"));
  const opener = {
    source: weightsFromLlama2c(file),
    tokenizer: llama2cTokenizer(vocabulary, "tok512.bin"),
    weights: file.tensors.values().reduce((sum, { shape }) => sum + countOf(shape)!, 0),
  };
  if (chosen === undefined) return opener;
  const source = openCheckpoint(chosen.path), { names } = source;
  return {
    ...{ source, opener, trains: chosen.trains },
    tokenizer: await tokenizerOf(source),
    weights: names.reduce((sum, name) => sum + countOf(source.shape(name))!, 0),
  };
}

/**
 * What stands in front of every text: the tokens that the model's tokenizer puts there, which may be none.
 *
 * @example
 * ```ts ignore
 * const ids = [...beginningOf(writer), ...writer.tokenizer.encode("Once")];
 * ```
 */
export function beginningOf({ tokenizer, opener }: Pick<Writer, "tokenizer" | "opener">): number[] {
  return opener === undefined ? [tokenizer.start!] : Array.from(tokenizer.encode("", { special: true }));
}
