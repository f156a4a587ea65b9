import assert from "node:assert/strict";
import { GgufFile } from "../formats/gguf.ts";
import { SMOLLM2 } from "../optional/parts.ts";
import { needing } from "../optional/skipping.ts";
import { ggufTokenizer } from "./gguf_tokenizer.ts";
import { encodePair, TRL_RULES } from "./pairs.ts";

/**
 * Ids as the Rust library (tokenizers 0.23.3) has them, from the model's vocabulary with its digits split one by one.
 */
const IDS: readonly (readonly [text: string, ids: readonly number[]])[] = [
  ["The bill came to 48.20, tip included.", [504, 3093, 2422, 288, 216, 36, 40, 30, 34, 32, 28, 8618, 3249, 30]],
  ["  7 tabs,\t\tthen\n\n  9 lines", [256, 39, 29416, 28, 197, 197, 4888, 39892, 41, 3204]],
  ["It's 5 o'clock; they'LL wait.", [1589, 506, 216, 37, 263, 23, 17466, 43, 502, 23, 16421, 5847, 30]],
  ["Stra\u00dfe \u2116 \u0664\u0662 costs \u00be of \uff12\uff10", [
    48513,
    34878,
    85,
    4636,
    222,
    240,
    216,
    164,
    114,
    164,
    112,
    3499,
    216,
    43124,
    282,
    216,
    8083,
    236,
    8083,
    234,
  ]],
  ["\u304a\u306f\u3088\u3046 \ud83d\ude42\u200d\u2195\ufe0f", [
    7365,
    228,
    7365,
    124,
    10391,
    226,
    7365,
    224,
    47526,
    321,
    231,
    23227,
    239,
    31752,
  ]],
  ["<|im_start|>user\nOk?<|im_end|>\n", [1, 4093, 198, 24487, 47, 2, 198]],
  ["tail \ufeff\u0085", [14332, 216, 186, 136, 140, 141, 223]],
];

Deno.test({
  ...await needing("SmolLM2", "a real GGUF file: ids are those of the Rust library, and chats those of the model"),
  fn() {
    using file = GgufFile.open(SMOLLM2);
    const tokenizer = ggufTokenizer(file.metadata, SMOLLM2);
    assert.deepEqual([tokenizer.size, tokenizer.start, tokenizer.end, tokenizer.padding], [49152, 1, 2, 2]);
    for (const [text, ids] of IDS) {
      assert.deepEqual([...tokenizer.encode(text)], ids, text);
      assert.equal(tokenizer.decode(ids), text);
    }
    assert.equal(
      tokenizer.applyChat([{ role: "user", content: "Ok?" }], { addGenerationPrompt: true }),
      "<|im_start|>system\nYou are a helpful AI assistant named SmolLM, trained by Hugging Face<|im_end|>\n" +
        "<|im_start|>user\nOk?<|im_end|>\n<|im_start|>assistant\n",
    );
    const prompt = [{ role: "user", content: "Ok?" }] as const,
      answer = [{ role: "assistant", content: "Yes." }] as const;
    const { ids, tokens, seam } = encodePair(tokenizer, prompt, answer, TRL_RULES.dpo);
    assert.equal(tokenizer.decode(ids.slice(-tokens)), "Yes.<|im_end|>\n");
    assert.equal(seam, 0);
    // A full stop after a word is one token, as in a text; written apart it would be one as well, with no space in front.
    const plain = encodePair(tokenizer, "The end", ".", { start: "never", end: false });
    assert.deepEqual([plain.tokens, ...plain.ids.slice(-1)], [1, ...tokenizer.encode(".")]);
  },
});
