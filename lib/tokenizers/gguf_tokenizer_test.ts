import assert from "node:assert/strict";
import fc from "fast-check";
import { UserError } from "../user_error.ts";
import { learnt, plainEncode } from "./bytes_test_helpers.ts";
import { ggufTokenizer } from "./gguf_tokenizer.ts";

/** Metadata before it is a file's. */
type Metadata = Readonly<Record<string, number | boolean | string | readonly (string | number)[] | undefined>>;

const make = (metadata: Metadata) =>
  ggufTokenizer(new Map(Object.entries(metadata).flatMap(([k, v]) => v === undefined ? [] : [[k, v]])), "a.gguf");

const PIECES = [
  "the",
  " the",
  " cat",
  " sat",
  "that",
  "10",
  "200",
  "  ",
  "\n\n",
  "é",
  "é",
  " été",
  "'s",
  "日本",
  "😀",
  "aa",
  "aaa",
];
const SPECIAL = ["<|end|>", "<|start|>"];
const vocabulary = learnt(PIECES, 40, SPECIAL);

const metadata = (pre: string, more: Metadata = {}): Metadata => ({
  "tokenizer.ggml.model": "gpt2",
  "tokenizer.ggml.pre": pre,
  "tokenizer.ggml.tokens": vocabulary.tokens,
  "tokenizer.ggml.token_type": vocabulary.tokens.map((token) => SPECIAL.includes(token) ? 3 : 1),
  "tokenizer.ggml.merges": vocabulary.merges,
  "tokenizer.ggml.bos_token_id": vocabulary.tokens.length - 1,
  "tokenizer.ggml.eos_token_id": vocabulary.tokens.length - 2,
  ...more,
});

/** White space is that of Unicode: with U+0085, without U+FEFF. */
const SPACE = String.raw`\t\n\v\f\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000`;
const gpt2 = new RegExp(
  String.raw`'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^${SPACE}\p{L}\p{N}]+|[${SPACE}]+(?![^${SPACE}])|[${SPACE}]+`,
  "gu",
);
const cl100k = (digits: string) =>
  new RegExp(
    String
      .raw`'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD]|[^\r\n\p{L}\p{N}]?\p{L}+|${digits}| ?[^${SPACE}\p{L}\p{N}]+[\r\n]*` +
      String.raw`|[${SPACE}]*[\r\n]+|[${SPACE}]+(?![^${SPACE}])|[${SPACE}]+`,
    "gu",
  );
const upper = String.raw`\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}`, lower = String.raw`\p{Ll}\p{Lm}\p{Lo}\p{M}`;
const tekken = new RegExp(
  String.raw`[^\r\n\p{L}\p{N}]?[${upper}]*[${lower}]+|[^\r\n\p{L}\p{N}]?[${upper}]+[${lower}]*|\p{N}` +
    String.raw`| ?[^${SPACE}\p{L}\p{N}]+[\r\n/]*|[${SPACE}]*[\r\n]+|[${SPACE}]+(?![^${SPACE}])|[${SPACE}]+`,
  "gu",
);
const CUTS: Readonly<Record<string, readonly RegExp[]>> = {
  "gpt-2": [gpt2],
  smollm: [/\p{N}/gu, gpt2],
  "llama-bpe": [cl100k(String.raw`\p{N}{1,3}`)],
  qwen2: [cl100k(String.raw`\p{N}`)],
  "deepseek-r1-qwen": [cl100k(String.raw`\p{N}`)],
  tekken: [tekken],
  default: [/[\p{P}$+<=>^~|]+/gu, gpt2, /\p{N}+/gu, /[0-9]{3}/g],
};

/** Texts of what splits and merges differ over. */
const texts = fc.string({
  unit: fc.oneof(
    fc.constantFrom(
      ...PIECES,
      ...SPECIAL,
      " ",
      "\t",
      "\r\n",
      "\u0085",
      "\u00a0",
      "\ufeff",
      "٣",
      "²",
      "½",
      "'LL",
      "'t",
      "e\u0301",
    ),
    fc.constantFrom(..."aehstATÅ019.,!?<|>$-_/"),
    fc.string({ unit: "grapheme", minLength: 1, maxLength: 1 }),
  ),
  maxLength: 24,
});

for (const [pre, cut] of Object.entries(CUTS)) {
  Deno.test(`split ${pre}: ids are those of a plain second implementation, and decoding gives the text back`, () => {
    const tokenizer = make(metadata(pre));
    fc.assert(
      fc.property(texts, (text) => {
        const given = pre.includes("qwen") ? text.normalize("NFC") : text, ids = tokenizer.encode(text);
        assert.deepEqual([...ids], plainEncode(vocabulary, cut, given), JSON.stringify(text));
        assert.equal(tokenizer.decode(ids), given);
      }),
      { numRuns: 400, seed: 1 },
    );
  });
}

Deno.test("each split cuts digits in its own way", () => {
  // "10" and "200" are tokens, and 10 is found in 1010 where nothing cuts it.
  const pieces = (pre: string, text: string) => {
    const tokenizer = make(metadata(pre));
    return [...tokenizer.encode(text)].map((id) => tokenizer.decode([id])).join("|");
  };
  assert.equal(pieces("gpt-2", "10200"), "10|200");
  for (const pre of ["llama-bpe", "default"]) assert.equal(pieces(pre, "10200"), "10|2|00");
  for (const pre of ["smollm", "qwen2"]) assert.equal(pieces(pre, "10200"), "1|0|2|0|0");
  // The space before a digit stands alone in SmolLM's split, and with the digits in GPT-2's.
  assert.equal(pieces("smollm", "  5"), "  |5");
  assert.equal(pieces("gpt-2", "  5"), " | |5");
});

Deno.test("a piece that is a token stays one under llama-bpe, whatever the merges say", () => {
  const more = { "tokenizer.ggml.merges": vocabulary.merges.filter((pair) => pair !== "t he" && pair !== "th e") };
  const the = vocabulary.tokens.indexOf("the");
  assert.deepEqual([...make(metadata("llama-bpe", more)).encode("the")], [the]);
  assert.ok(make(metadata("qwen2", more)).encode("the").length > 1);
});

Deno.test("start and end are put around a text where the file says so, or the split does", () => {
  const [end, start] = [vocabulary.tokens.length - 2, vocabulary.tokens.length - 1], a = "a".charCodeAt(0);
  const around = (
    pre: string,
    more: Metadata,
  ) => [...make(metadata(pre, more)).encode("a", { special: true })];
  const add = (bos: boolean, eos: boolean) => ({
    "tokenizer.ggml.add_bos_token": bos,
    "tokenizer.ggml.add_eos_token": eos,
  });
  assert.deepEqual(around("smollm", {}), [a]);
  assert.deepEqual(around("smollm", add(true, true)), [start, a, end]);
  assert.deepEqual(around("llama-bpe", {}), [start, a]);
  assert.deepEqual(around("llama-bpe", add(false, false)), [a]);
});

Deno.test("tokens that a user defined are found in a text before anything else, and are text", () => {
  const a = "a".charCodeAt(0) - 33,
    types = vocabulary.tokens.map((token, id) => id === a ? 4 : SPECIAL.includes(token) ? 3 : 1);
  const tokens = vocabulary.tokens.map((token, id) => id === a ? "the cat" : token);
  const tokenizer = make(metadata("smollm", { "tokenizer.ggml.tokens": tokens, "tokenizer.ggml.token_type": types }));
  const ids = tokenizer.encode("xthe cat<|end|>");
  assert.deepEqual([...ids].slice(1), [a, tokens.length - 2]);
  assert.equal(tokenizer.decode(ids, { skipSpecial: true }), "xthe cat");
});

/** A vocabulary with scores, as SentencePiece writes it. */
function scored(words: readonly [string, number][], more: Metadata = {}): Metadata {
  const bytes = Array.from({ length: 256 }, (_, i) => `<0x${i.toString(16).toUpperCase().padStart(2, "0")}>`);
  const tokens = ["<unk>", "<s>", "</s>", ...bytes, ...words.map(([word]) => word)];
  return {
    "tokenizer.ggml.model": "llama",
    "tokenizer.ggml.tokens": tokens,
    "tokenizer.ggml.token_type": tokens.map((_, id) => id === 0 ? 2 : id < 3 ? 3 : id < 259 ? 6 : 1),
    "tokenizer.ggml.scores": tokens.map((_, id) => id < 259 ? 0 : words[id - 259][1]),
    "tokenizer.ggml.bos_token_id": 1,
    "tokenizer.ggml.eos_token_id": 2,
    "tokenizer.ggml.unknown_token_id": 0,
    ...more,
  };
}

Deno.test("with scores: merged as SentencePiece merges, best score first and of equals the first", () => {
  const words: [string, number][] = [
    ...[..."▁abc"].map((letter): [string, number] => [letter, -100]),
    ...["ab", "bc", "abc", "▁a", "▁▁", "cab", "aa", "aaa", "▁ab"].map((word, i): [string, number] => [word, -i]),
  ];
  const file = scored(words, { "tokenizer.ggml.add_space_prefix": false });
  const tokenizer = make(file), tokens = file["tokenizer.ggml.tokens"] as string[];
  const score = new Map(words);
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(..." abcé😀"), maxLength: 16 }), (text) => {
      const word = [...text.replaceAll(" ", "▁")];
      for (;;) {
        let best = -1;
        for (let i = 0; i + 1 < word.length; i++) {
          const own = score.get(word[i] + word[i + 1]);
          if (own !== undefined && (best < 0 || own > score.get(word[best] + word[best + 1])!)) best = i;
        }
        if (best < 0) break;
        word.splice(best, 2, word[best] + word[best + 1]);
      }
      const ids = word.flatMap((part) =>
        score.has(part) ? [tokens.indexOf(part)] : [...new TextEncoder().encode(part)].map((byte) => byte + 3)
      );
      assert.deepEqual([...tokenizer.encode(text)], ids, JSON.stringify(text));
      assert.equal(tokenizer.decode(ids), text);
    }),
    { numRuns: 500, seed: 1 },
  );
});

Deno.test("with scores: a character that is no token may still be part of one", () => {
  const words: [string, number][] = [["a", -9], ["éa", -1], ["😀a", -1]];
  const tokenizer = make(scored(words, { "tokenizer.ggml.add_space_prefix": false }));
  assert.deepEqual([...tokenizer.encode("éa😀a")], [260, 261]);
});

Deno.test("with scores: a space is put in front unless the file says not to, and a start token where asked", () => {
  const words: [string, number][] = [["▁", -9], ["a", -9], ["▁a", -1]];
  const tokenizer = make(scored(words));
  assert.deepEqual([...tokenizer.encode("a")], [261]);
  assert.deepEqual([...tokenizer.encode("a", { special: true })], [1, 261]);
  assert.deepEqual([...tokenizer.encode("a</s>a")], [261, 2, 261]);
  assert.equal(tokenizer.decode([261, 261]), "a a");
  assert.deepEqual([
    ...make(scored(words, { "tokenizer.ggml.add_space_prefix": false })).encode("a"),
  ], [260]);
});

Deno.test("what is not read is refused by name, in one line", () => {
  const cases: [Metadata, RegExp][] = [
    [{ "tokenizer.ggml.model": "bert" }, /^a\.gguf: a tokenizer\.ggml\.model bert is not read, gpt2 and llama are: /],
    [{}, /tokenizer\.ggml\.model undefined is not read/],
    [
      metadata("bloom"),
      /^a\.gguf: a tokenizer\.ggml\.pre bloom is not read, default, gpt-2, smollm, llama-bpe, .*, qwen2, .* are: /,
    ],
    [metadata("toString"), /pre toString is not read/],
    [{ ...metadata("smollm"), "tokenizer.ggml.merges": undefined }, /^a\.gguf: no tokenizer\.ggml\.merges: /],
    [{ ...scored([]), "tokenizer.ggml.scores": undefined }, /^a\.gguf: no tokenizer\.ggml\.scores: /],
    [metadata("smollm", { "tokenizer.ggml.token_type": [1] }), /^a\.gguf: 287 tokens and 1 types of them: /],
    [metadata("smollm", { "tokenizer.ggml.eos_token_id": 9999 }), /eos_token is id 9999, and there is no such token/],
  ];
  for (const [file, message] of cases) {
    assert.throws(() => make(file), (error) => {
      assert.ok(error instanceof UserError && !error.message.includes("\n"));
      assert.match(error.message, message);
      return true;
    });
  }
});
