import assert from "node:assert/strict";
import { ggufTokenizer } from "./gguf_tokenizer.ts";

const parsed = (metadata: Readonly<Record<string, string | number | boolean | (string | number)[]>>) => {
  const files = ggufTokenizer(new Map(Object.entries(metadata)), "a.gguf").files();
  return [...files.values()].map((text) => JSON.parse(text));
};

Deno.test("byte pairs are written with every setting that the Rust library asks for", () => {
  const [json, config] = parsed({
    ...{ "tokenizer.ggml.model": "gpt2", "tokenizer.ggml.pre": "smollm", "tokenizer.ggml.merges": ["a b"] },
    ...{ "tokenizer.ggml.tokens": ["<s>", "a", "b", "ab"], "tokenizer.ggml.token_type": [3, 1, 1, 1] },
    ...{ "tokenizer.ggml.bos_token_id": 0, "tokenizer.ggml.add_bos_token": true, "tokenizer.chat_template": "{{ 1 }}" },
  });
  const bytes = { add_prefix_space: false, trim_offsets: false };
  assert.deepEqual(json.decoder, { ...bytes, use_regex: true, type: "ByteLevel" });
  assert.deepEqual(json.pre_tokenizer.pretokenizers.at(-1), { ...bytes, type: "ByteLevel", use_regex: false });
  assert.deepEqual(json.added_tokens, [
    { single_word: false, lstrip: false, rstrip: false, id: 0, content: "<s>", special: true, normalized: false },
  ]);
  const [first, text] = json.post_processor.single;
  assert.deepEqual(json.post_processor, {
    ...{ type: "TemplateProcessing", single: [first, text] },
    pair: [first, text, { Sequence: { id: "B", type_id: 0 } }],
    special_tokens: { "<s>": { id: "<s>", ids: [0], tokens: ["<s>"] } },
  });
  assert.deepEqual(config, {
    ...{ tokenizer_class: "PreTrainedTokenizerFast", clean_up_tokenization_spaces: false, bos_token: "<s>" },
    chat_template: "{{ 1 }}",
  });
});
