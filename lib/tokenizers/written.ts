/**
 * Tokenizers as the files of a Hugging Face folder.
 *
 * @module
 */
import type { Step, TokenizerJson } from "./tokenizer_json.ts";

/** What stands in the files beside the tokenizer itself. */
interface Beside {
  /** Tokens by what they are called in `tokenizer_config.json`. */
  readonly names: Readonly<Record<string, string>>;
  /** Of chats, in Jinja. */
  readonly template?: string;
}

/**
 * The texts of `tokenizer.json` and `tokenizer_config.json`, which transformers 4 and 5 and the Rust library read, by the names
 * of the files.
 *
 * @example
 * ```ts
 * import { mendedJson } from "./tokenizer_json.ts";
 * import assert from "node:assert/strict";
 * const model = { type: "BPE", vocab: { a: 0, b: 1 }, merges: [] };
 * const json = mendedJson({ model, decoder: { type: "ByteLevel" } }, "a.gguf");
 * const files = tokenizerFiles(json, { names: { eos_token: "b" } });
 * assert.deepEqual(JSON.parse(files.get("tokenizer.json")!).model.vocab, { a: 0, b: 1 });
 * assert.equal(JSON.parse(files.get("tokenizer_config.json")!).eos_token, "b");
 * ```
 */
export function tokenizerFiles(json: TokenizerJson, { names, template }: Beside): ReadonlyMap<string, string> {
  const ids = (
    token: string,
  ) => [json.model.vocab[token] ?? json.added_tokens.find(({ content }) => content === token)!.id];
  const file = {
    ...{ version: "1.0", truncation: null, padding: null },
    added_tokens: json.added_tokens.map((token) => ({ single_word: false, lstrip: false, rstrip: false, ...token })),
    normalizer: json.normalizer,
    pre_tokenizer: json.pre_tokenizer && complete(json.pre_tokenizer, ids),
    post_processor: json.post_processor && complete(json.post_processor, ids),
    decoder: complete(json.decoder, ids),
    model: json.model,
  };
  const config = {
    ...{ tokenizer_class: "PreTrainedTokenizerFast", clean_up_tokenization_spaces: false, ...names },
    ...(template !== undefined && { chat_template: template }),
  };
  return new Map([["tokenizer.json", file], ["tokenizer_config.json", config]].map(([name, value]) => {
    return [name as string, `${JSON.stringify(value, null, 2)}\n`];
  }));
}

/** A step with every setting that the Rust library asks for, also where it has no effect. */
function complete(step: Step, ids: (token: string) => readonly number[]): Step {
  const parts = ["pretokenizers", "processors", "decoders"].find((name) => name in step);
  if (parts !== undefined) return { ...step, [parts]: (step[parts] as Step[]).map((part) => complete(part, ids)) };
  if (step.type === "ByteLevel") return { add_prefix_space: false, trim_offsets: false, use_regex: true, ...step };
  if (step.type !== "TemplateProcessing") return step;
  const pieces = step.single as readonly { readonly SpecialToken?: { readonly id: string } }[];
  const special = pieces.flatMap(({ SpecialToken: token }) => token ? [token.id] : []);
  const second = { Sequence: { id: "B", type_id: 0 } };
  return {
    pair: [...pieces, second],
    ...step,
    special_tokens: Object.fromEntries(special.map((id) => [id, { id, ids: ids(id), tokens: [id] }])),
  };
}
