/**
 * The tokenizer that lies beside a model's weights.
 *
 * @module
 */
import { loadTokenizer } from "../../tokenizers/folder.ts";
import { ggufTokenizer } from "../../tokenizers/gguf_tokenizer.ts";
import { llama2cTokenizer } from "../../tokenizers/llama2c.ts";
import type { Tokenizer } from "../../tokenizers/tokenizer.ts";
import { UserError } from "../../user_error.ts";
import type { Checkpoint } from "./checkpoint.ts";

/**
 * The tokenizer of a checkpoint: of the files in its folder, or of the metadata of its GGUF file. Beside a model of
 * llama2.c lies `tokenizer.bin`, or `tok512.bin` for a vocabulary of 512.
 *
 * @throws UserError where there is none, or it is of a kind that is not read
 * @example
 * ```ts ignore
 * const tokenizer = await tokenizerOf(openCheckpoint("models/SmolLM2"));
 * ```
 */
export async function tokenizerOf({ tokenizer }: Pick<Checkpoint, "tokenizer">): Promise<Tokenizer> {
  switch (tokenizer.kind) {
    case "folder":
      return await loadTokenizer(tokenizer.folder);
    case "gguf":
      return ggufTokenizer(tokenizer.metadata, tokenizer.path);
    case "llama2c":
      return await ofLlama2c(tokenizer.folder, tokenizer.vocabulary);
  }
}

async function ofLlama2c(folder: string, vocabulary: number): Promise<Tokenizer> {
  const names = [`tok${vocabulary}.bin`, "tokenizer.bin"];
  for (const path of names.map((name) => `${folder}/${name}`)) {
    let bytes: Uint8Array;
    try {
      bytes = await Deno.readFile(path);
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) continue;
      throw error;
    }
    const tokenizer = llama2cTokenizer(bytes, path);
    if (tokenizer.size === vocabulary) return tokenizer;
    throw new UserError(`${path}: ${tokenizer.size} tokens, where the model has ${vocabulary}; put its own beside it`);
  }
  throw new UserError(`${folder}: neither ${names.join(" nor ")}; put the model's vocabulary beside it`);
}
