/**
 * stories260K as tests use it.
 *
 * @module
 */
import type { Store } from "../../datasets/store.ts";
import type { Tokenizer } from "../../tokenizers/tokenizer.ts";
import { openCheckpoint } from "./checkpoint.ts";
import { tokenizerOf } from "./checkpoint_tokenizer.ts";
import { type LanguageModel, languageModel } from "./model.ts";

/** The model on the engine that runs, and its tokenizer, read from a folder as a user has it. */
export async function storiesModel(store: Store): Promise<{ model: LanguageModel; tokenizer: Tokenizer }> {
  const folder = await Deno.makeTempDir();
  try {
    for (const name of ["stories260K.bin", "tok512.bin"]) {
      await Deno.writeFile(`${folder}/${name}`, await store.read("stories-260k", name));
    }
    const checkpoint = openCheckpoint(`${folder}/stories260K.bin`);
    try {
      return { model: languageModel(checkpoint), tokenizer: await tokenizerOf(checkpoint) };
    } finally {
      checkpoint.close();
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
