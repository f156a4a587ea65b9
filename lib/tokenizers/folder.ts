/**
 * Tokenizers of Hugging Face folders, in the forms of transformers 4 and 5.
 *
 * @module
 */
import { UserError } from "../user_error.ts";
import { makeTokenizer, type Tokenizer } from "./tokenizer.ts";
import { mendedJson, record } from "./tokenizer_json.ts";

/**
 * Reads `tokenizer.json`, and what `tokenizer_config.json`, `special_tokens_map.json` (transformers 4) and
 * `chat_template.jinja` (transformers 5) beside it say of special tokens and chats.
 *
 * Special tokens are taken from the first of the two that names them; a template from its own file before that of the
 * config. The text around a text (a start token) is what `tokenizer.json` says.
 *
 * @param folder of a model
 * @throws UserError when there is no tokenizer.json, a file is malformed or of a kind that is not read
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const folder = await Deno.makeTempDir();
 * await Deno.writeTextFile(`${folder}/tokenizer.json`, JSON.stringify({
 *   model: { type: "BPE", vocab: { a: 0, "<end>": 1 }, merges: [] },
 *   decoder: { type: "Fuse" },
 * }));
 * await Deno.writeTextFile(`${folder}/tokenizer_config.json`, JSON.stringify({ eos_token: "<end>" }));
 * assert.equal((await loadTokenizer(folder)).end, 1);
 * await Deno.remove(folder, { recursive: true });
 * ```
 */
export async function loadTokenizer(folder: string): Promise<Tokenizer> {
  const path = `${folder}/tokenizer.json`;
  const [text, config, map, template] = await Promise.all([
    textOf(path),
    jsonOf(`${folder}/tokenizer_config.json`),
    jsonOf(`${folder}/special_tokens_map.json`),
    textOf(`${folder}/chat_template.jinja`),
  ]);
  if (text === undefined) {
    throw new UserError(`${folder}: no tokenizer.json: save the tokenizer there with transformers' save_pretrained`);
  }
  const json = mendedJson(parsed(text, path), path);
  const added = new Map(json.added_tokens.map(({ content, id }) => [content, id]));
  const id = (name: string) => {
    const content = contentOf(config[name]) ?? contentOf(map[name]);
    if (content === undefined) return undefined;
    const found = added.get(content) ?? json.model.vocab[content];
    if (found !== undefined) return found;
    throw new UserError(
      `${folder}: ${name} ${JSON.stringify(content)} is no token of tokenizer.json: fetch both again`,
    );
  };
  return makeTokenizer({
    json,
    start: id("bos_token"),
    end: id("eos_token"),
    unknown: id("unk_token"),
    padding: id("pad_token"),
    template: template ?? templateOf(config.chat_template),
    from: folder,
  });
}

/** A token, which transformers 4 writes as an object where it has settings. */
function contentOf(token: unknown): string | undefined {
  const content = typeof token === "object" && token !== null && "content" in token ? token.content : token;
  return typeof content === "string" ? content : undefined;
}

/** A template, or of several that have names, the one called default. */
function templateOf(templates: unknown): string | undefined {
  if (!Array.isArray(templates)) return contentOf(templates);
  return templates.find(({ name }) => name === "default")?.template;
}

/** Undefined where there is no such file. */
async function textOf(path: string): Promise<string | undefined> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw new UserError(`${path}: ${(error as Error).message}: make it readable`);
  }
}

/** Empty where there is no such file. */
async function jsonOf(path: string): Promise<Readonly<Record<string, unknown>>> {
  const text = await textOf(path);
  return text === undefined ? {} : record(parsed(text, path), path, "the whole");
}

function parsed(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new UserError(`${path}: ${(error as Error).message}: fetch the file again`);
  }
}
