/**
 * The tokenizer that lies beside a model's weights.
 *
 * @module
 */
import { loadTokenizer } from "../../tokenizers/folder.ts";
import { ggufTokenizer } from "../../tokenizers/gguf_tokenizer.ts";
import type { Tokenizer } from "../../tokenizers/tokenizer.ts";
import type { Checkpoint } from "./checkpoint.ts";

/**
 * The tokenizer of a checkpoint: of the files in its folder, or of the metadata of its GGUF file.
 *
 * @throws UserError where there is none, or it is of a kind that is not read
 * @example
 * ```ts ignore
 * const tokenizer = await tokenizerOf(openCheckpoint("models/SmolLM2"));
 * ```
 */
export async function tokenizerOf({ tokenizer }: Pick<Checkpoint, "tokenizer">): Promise<Tokenizer> {
  return tokenizer.kind === "folder"
    ? await loadTokenizer(tokenizer.folder)
    : ggufTokenizer(tokenizer.metadata, tokenizer.path);
}
