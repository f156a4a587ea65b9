import assert from "node:assert/strict";
import fc from "fast-check";
import { inScratch } from "../datasets/data_test_helpers.ts";
import { UserError } from "../user_error.ts";
import { learnt } from "./bytes_test_helpers.ts";
import { loadTokenizer } from "./folder.ts";
import { makeTokenizer, type Tokenizer } from "./tokenizer.ts";
import { mendedJson } from "./tokenizer_json.ts";

const vocabulary = learnt(["the", "12", "  "], 4, ["<|end|>", "<|start|>"]);
const END = vocabulary.tokens.indexOf("<|end|>"), START = vocabulary.tokens.indexOf("<|start|>");
const DIGITS = {
  type: "Sequence",
  pretokenizers: [{ type: "Digits", individual_digits: true }, { type: "ByteLevel", add_prefix_space: false }],
};

/** What `tokenizer.json` has of the vocabulary, as transformers writes it. */
const json = (more: Readonly<Record<string, unknown>> = {}) => ({
  version: "1.0",
  truncation: null,
  padding: null,
  added_tokens: vocabulary.special.map((content) => ({
    ...{ id: vocabulary.tokens.indexOf(content), content, single_word: false, lstrip: false, rstrip: false },
    ...{ normalized: false, special: true },
  })),
  normalizer: null,
  pre_tokenizer: DIGITS,
  post_processor: null,
  decoder: { type: "ByteLevel", add_prefix_space: true, trim_offsets: true, use_regex: true },
  model: {
    type: "BPE",
    vocab: Object.fromEntries(vocabulary.tokens.map((token, id) => [token, id])),
    merges: vocabulary.merges.map((pair) => pair.split(" ")),
  },
  ...more,
});
const make = (more?: Readonly<Record<string, unknown>>) =>
  makeTokenizer({ json: mendedJson(json(more), "a.json"), from: "a.json" });
const pieces = (tokenizer: Tokenizer, text: string) =>
  [...tokenizer.encode(text)].map((id) => tokenizer.decode([id])).join("|");

/** The error of a call, after checking that it is one line. */
function failure(call: () => unknown): string {
  try {
    call();
  } catch (error) {
    assert.ok(error instanceof UserError && !error.message.includes("\n"), String(error));
    return error.message;
  }
  assert.fail("expected a UserError");
}

Deno.test("digits are split that are none in ASCII, and white space is Unicode's: the library alone does neither", () => {
  const of = (tokens: string[], merges: string[]) =>
    make({
      added_tokens: [],
      model: { type: "BPE", vocab: Object.fromEntries(tokens.map((token, id) => [token, id])), merges },
    });
  // ٣ and ٤ are two bytes each; the last token is both.
  const arabic = of(["Ù", "£", "¤", "Ù£", "Ù¤", "Ù£Ù¤"], ["Ù £", "Ù ¤", "Ù£ Ù¤"]);
  assert.deepEqual([...arabic.encode("٣٤")], [3, 4]);
  const halves = of(["Â", "½", "¼", "Â½", "Â¼", "Â½Â¼"], ["Â ½", "Â ¼", "Â½ Â¼"]);
  assert.deepEqual([...halves.encode("½¼")], [3, 4]);
  // U+FEFF, three bytes, is white space to JavaScript: it would stand apart from the mark behind it.
  const joiner = of(["ï", "»", "¿", "!", "¿!"], ["¿ !"]);
  assert.deepEqual([...joiner.encode("\ufeff!")], [0, 1, 4]);
  assert.equal(pieces(make(), "12the"), "1|2|the");
});

Deno.test("no tokens have no text, and text is not tidied: the library alone throws, and joins full stops", () => {
  const tokenizer = make();
  assert.equal(tokenizer.decode([]), "");
  assert.deepEqual([...tokenizer.encode("")], []);
  for (const text of ["a . b", "do n't", "\ufeffa", "\u0000"]) {
    assert.equal(tokenizer.decode(tokenizer.encode(text)), text);
  }
});

Deno.test("ids that end or begin inside a character have U+FFFD for its bytes", () => {
  const tokenizer = make(), [a, b, c] = tokenizer.encode("日");
  assert.equal(tokenizer.decode([a, b, c]), "日");
  assert.equal(tokenizer.decode([a, b]), "\ufffd");
  assert.equal(tokenizer.decode([b, c]), "\ufffd\ufffd");
  assert.equal(tokenizer.decode([a, END]), "\ufffd<|end|>");
});

Deno.test("byte tokens that are no text have a mark for each byte, and a byte order mark stays", () => {
  const tokens = ["a", ..."EF BB BF E6".split(" ").map((byte) => `<0x${byte}>`)];
  const tokenizer = make({
    added_tokens: [],
    pre_tokenizer: null,
    decoder: { type: "Sequence", decoders: [{ type: "ByteFallback" }, { type: "Fuse" }] },
    model: { type: "BPE", vocab: Object.fromEntries(tokens.map((t, id) => [t, id])), merges: [], byte_fallback: true },
  });
  assert.deepEqual([...tokenizer.encode("\ufeffa")], [1, 2, 3, 0]);
  assert.equal(tokenizer.decode([1, 2, 3, 0]), "\ufeffa");
  assert.equal(tokenizer.decode([1, 2, 0, 4]), "\ufffd\ufffda\ufffd");
});

Deno.test("marks for spaces and tokens found in normalised text are decoded as the Rust library does", () => {
  // Found with tokenizers 0.23.3: of the first token every mark goes, and a token is written as its text is normalised.
  const model = { type: "BPE", vocab: { "▁": 0, a: 1, "a▁": 2, "<e>": 3 }, merges: [["a", "▁"]] };
  const decoded = (prepend_scheme: string, ids: number[]) =>
    make({
      added_tokens: [],
      pre_tokenizer: null,
      decoder: { type: "Metaspace", replacement: "▁", prepend_scheme },
      model,
    })
      .decode(ids);
  assert.equal(decoded("always", [2, 0, 2]), "a a ");
  assert.equal(decoded("first", [0, 1]), "a");
  assert.equal(decoded("never", [2, 0, 2]), "a  a ");
  const spaces = { type: "Replace", pattern: { String: "▁" }, content: " " };
  const tokenizer = make({
    added_tokens: [{ id: 3, content: "<e>", special: true, normalized: true }],
    normalizer: { type: "Prepend", prepend: "▁" },
    pre_tokenizer: null,
    decoder: { type: "Sequence", decoders: [spaces, { type: "Fuse" }] },
    model,
  });
  assert.equal(tokenizer.decode([1, 3]), "a <e>");
});

Deno.test("small letters are those of single letters: the library alone has another σ at the end of a word", () => {
  const lower = make({ normalizer: { type: "Sequence", normalizers: [{ type: "NFC" }, { type: "Lowercase" }] } });
  const of = (text: string) => lower.decode(lower.encode(text));
  assert.equal(of("ΟΔΟΣ, Σ"), "οδοσ, σ"); // as tokenizers 0.23.3 has it
  assert.equal(of("οδος A"), "οδος a");
});

Deno.test("unknown tokens are fused where nothing is split", () => {
  const added = (...ids: number[]) => ids.map((id) => ({ id, content: `<${id}>`, special: true }));
  const model = { type: "BPE", vocab: { "?": 0, a: 1 }, merges: [], unk_token: "?", fuse_unk: true };
  const tokenizer = make({ added_tokens: added(2, 3), pre_tokenizer: null, model });
  assert.deepEqual([...tokenizer.encode("a<3>bb<2>")], [1, 3, 0, 2]);
});

Deno.test("tokens with a meaning are found in a text, and left out where asked", () => {
  const tokenizer = make(), ids = tokenizer.encode("the<|end|>the");
  assert.deepEqual([...ids].filter((id) => id === END), [END]);
  assert.equal(tokenizer.decode(ids), "the<|end|>the");
  assert.equal(tokenizer.decode(ids, { skipSpecial: true }), "thethe");
});

Deno.test("an id outside of the vocabulary is one line", () => {
  const size = vocabulary.tokens.length;
  for (const id of [size, -1, 0.5, NaN]) {
    const message = `a.json: id ${id} is outside of its ${size} tokens: take ids of this tokenizer`;
    assert.equal(failure(() => make().decode([0, id])), message);
  }
});

Deno.test("kinds of tokenizers that are not read are refused by name", () => {
  const cases: [Readonly<Record<string, unknown>>, string][] = [
    [
      { model: { type: "WordPiece" } },
      "a tokenizer of type WordPiece is not read, BPE is: take a model with such a one, or give lines of ids",
    ],
    [
      { model: { type: "Unigram" } },
      "a tokenizer of type Unigram is not read, BPE is: take a model with such a one, or give lines of ids",
    ],
    [{ model: [] }, "model is no object: fetch the file again"],
    [{ model: { type: "BPE" } }, "model has no list merges: fetch the file again"],
    [
      { added_tokens: [{ id: vocabulary.tokens.length + 1, content: "<|gap|>", special: true }] },
      `<|gap|> has id ${
        vocabulary.tokens.length + 1
      }, and the Rust library takes it for ${vocabulary.tokens.length}: ` +
      "number the added tokens in order, without a gap",
    ],
    [
      { added_tokens: [{ id: vocabulary.tokens.length, content: "a", special: true }] },
      `a has id ${vocabulary.tokens.length}, and the Rust library takes it for 97: number the added tokens in order, without a gap`,
    ],
    [
      { // a vocabulary with a gap, and an added token that is in it
        added_tokens: [9, 10].map((id) => ({ id, content: `<${id}>`, special: true })),
        model: { type: "BPE", vocab: { a: 0, b: 1, "<9>": 9 }, merges: [] },
      },
      "<10> has id 10, and the Rust library takes it for 3: number the added tokens in order, without a gap",
    ],
    [{ decoder: null }, "no decoder, so ids have no text: save the tokenizer with one"],
    ...([
      [{ model: { ...json().model, dropout: 0.1 } }, "model with dropout"],
      [{ normalizer: { type: "BertNormalizer" } }, "normalizer BertNormalizer"],
      [{ pre_tokenizer: { type: "Sequence", pretokenizers: [{ type: "Punctuation" }] } }, "pre-tokenizer Punctuation"],
      [{ pre_tokenizer: { type: "ByteLevel", add_prefix_space: true } }, "ByteLevel with add_prefix_space"],
      [
        { pre_tokenizer: { type: "Split", pattern: { String: " " }, behavior: "MergedWithNext" } },
        "split with behavior MergedWithNext",
      ],
      [{ post_processor: { type: "BertProcessing" } }, "post-processor BertProcessing"],
      [
        {
          post_processor: {
            type: "TemplateProcessing",
            single: [{ SpecialToken: { id: "<|end|>", type_id: 0 } }, { Sequence: { id: "A", type_id: 0 } }],
            special_tokens: { "<|end|>": { id: "<|end|>", ids: [START, 0], tokens: ["<|start|>", "!"] } },
          },
        },
        `<|end|> as ids ${START}, 0 in TemplateProcessing`,
      ],
      [{ model: { ...json().model, unk_token: "<|end|>", fuse_unk: true } }, "model with fuse_unk and a split"],
      [{ decoder: { type: "CTC" } }, "decoder CTC"],
      [{ added_tokens: [{ id: 0, content: "a", single_word: true }] }, "added token with single_word"],
    ] as const).map(([more, what]): [Readonly<Record<string, unknown>>, string] => [
      more,
      `${what} is not read: take a model whose tokenizer has none`,
    ]),
  ];
  for (const [more, message] of cases) assert.equal(failure(() => make(more)), `a.json: ${message}`);
});

Deno.test("a file that is not what its format says is one line, whatever stands where", () => {
  const parts = json({
    normalizer: { type: "Sequence", normalizers: [{ type: "Replace", pattern: { String: " " }, content: "▁" }] },
    pre_tokenizer: {
      type: "Sequence",
      pretokenizers: [{ type: "Split", pattern: { Regex: "a" }, behavior: "Isolated" }],
    },
    post_processor: {
      type: "TemplateProcessing",
      single: [{ SpecialToken: { id: "<|start|>" } }, { Sequence: { id: "A" } }],
    },
    decoder: {
      type: "Sequence",
      decoders: [{ type: "Strip", content: " ", start: 1, stop: 0 }, { type: "ByteFallback" }],
    },
    model: { type: "BPE", vocab: { a: 0, b: 1, ab: 2 }, merges: [["a", "b"]], unk_token: null },
  });
  const places = (value: unknown, way: string[] = []): string[][] =>
    typeof value !== "object" || value === null
      ? [way]
      : [way, ...Object.entries(value).flatMap(([key, inner]) => places(inner, [...way, key]))];
  const changed = (value: unknown, [key, ...way]: string[], to: unknown): unknown => {
    if (key === undefined) return to;
    const copy = (Array.isArray(value) ? [...value] : { ...value as object }) as Record<string, unknown>;
    copy[key] = changed(copy[key], way, to);
    return copy;
  };
  const values = [null, undefined, -1, 0.5, 1e9, 3, "", "x", "(", [], [null], {}, { type: "x" }, true];
  let refused = 0;
  fc.assert(
    fc.property(fc.constantFrom(...places(parts)), fc.constantFrom(...values), (way, value) => {
      try {
        const tokenizer = makeTokenizer({ json: mendedJson(changed(parts, way, value), "a.json"), from: "a.json" });
        const ids = tokenizer.encode("aab b", { special: true });
        assert.ok(ids.every((id) => id < tokenizer.size));
        assert.equal(typeof tokenizer.decode(ids), "string");
      } catch (error) {
        assert.ok(error instanceof UserError, `${way}: ${JSON.stringify(value)}: ${error}`);
        assert.match(error.message, /^a\.json: [^\n]+$/);
        refused++;
      }
    }),
    { numRuns: 2000, seed: 1 },
  );
  assert.ok(refused > 500, `${refused}`);
});

Deno.test("a split that only its own normalizer's text would feel is none, as in Gemma's files", () => {
  const spaces = { type: "Replace", pattern: { String: " " }, content: "▁" };
  const split = { type: "Split", pattern: { String: " " }, behavior: "MergedWithPrevious", invert: false };
  assert.equal(mendedJson(json({ normalizer: spaces, pre_tokenizer: split }), "a.json").pre_tokenizer, null);
});

const TEMPLATE = "{% for m in messages %}{{ m.role }}:{{ m.content }}{{ eos_token }}{% endfor %}";

Deno.test("folders of transformers 4 and 5 name the same tokens and template", async () => {
  await inScratch(async (folder) => {
    const write = (name: string, value: unknown) =>
      Deno.writeTextFile(`${folder}/${name}`, typeof value === "string" ? value : JSON.stringify(value));
    const check = async () => {
      const tokenizer = await loadTokenizer(folder);
      assert.deepEqual([tokenizer.start, tokenizer.end, tokenizer.padding], [START, END, END]);
      assert.deepEqual([...tokenizer.encode("a", { special: true })], [START, "a".charCodeAt(0)]);
      assert.equal(tokenizer.applyChat([{ role: "user", content: "a" }]), "user:a<|end|>");
    };
    const start = {
      type: "TemplateProcessing",
      single: [{ SpecialToken: { id: "<|start|>" } }, { Sequence: { id: "A" } }],
    };
    const strings = { bos_token: "<|start|>", eos_token: "<|end|>", pad_token: "<|end|>" };
    await write("tokenizer.json", json({ post_processor: start }));
    // 4: the template in the config, tokens as objects, a map beside it.
    const objects = Object.fromEntries(
      Object.entries(strings).map(([name, content]) => [name, { content, lstrip: false }]),
    );
    await write("tokenizer_config.json", { chat_template: TEMPLATE });
    await write("special_tokens_map.json", objects);
    await check();
    const named = [{ name: "tool_use", template: "x" }, { name: "default", template: TEMPLATE }];
    await write("tokenizer_config.json", { ...objects, chat_template: named });
    await Deno.remove(`${folder}/special_tokens_map.json`);
    await check();
    // 5: the template in a file of its own, tokens as strings in the config.
    await write("tokenizer_config.json", { ...strings, chat_template: "not this" });
    await write("chat_template.jinja", TEMPLATE);
    await check();
    await write("tokenizer_config.json", { ...strings, eos_token: "<other>" });
    await assert.rejects(loadTokenizer(folder), {
      name: "UserError",
      message: `${folder}: eos_token "<other>" is no token of tokenizer.json: fetch both again`,
    });
  });
});

Deno.test("a folder without tokenizer.json, with half of one, or without a template is one line", async () => {
  await inScratch(async (folder) => {
    const message = `${folder}: no tokenizer.json: save the tokenizer there with transformers' save_pretrained`;
    await assert.rejects(loadTokenizer(folder), { name: "UserError", message });
    await Deno.writeTextFile(`${folder}/tokenizer.json`, '{"model":');
    await assert.rejects(loadTokenizer(folder), (error) => {
      assert.match(
        failure(() => {
          throw error;
        }),
        /tokenizer\.json: .*: fetch the file again$/,
      );
      return true;
    });
    await Deno.writeTextFile(`${folder}/tokenizer.json`, JSON.stringify(json()));
    const tokenizer = await loadTokenizer(folder);
    assert.equal(
      failure(() => tokenizer.applyChat([{ role: "user", content: "a" }])),
      `${folder}: no chat template: put one beside it as chat_template.jinja, or give texts`,
    );
  });
});
