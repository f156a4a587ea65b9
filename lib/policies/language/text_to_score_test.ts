/** Lines of JSON as tokens to score. */
import assert from "node:assert/strict";
import { makeTokenizer } from "../../tokenizers/tokenizer.ts";
import { mendedJson } from "../../tokenizers/tokenizer_json.ts";
import { textToScore } from "./text_to_score.ts";

/** Letters, "ab" as one token, and a start token (0) around texts. */
const tokenizer = makeTokenizer({
  json: mendedJson({
    model: { type: "BPE", vocab: { "<s>": 0, "</s>": 1, a: 2, b: 3, c: 4, ab: 5, ":": 6 }, merges: ["a b"] },
    added_tokens: [{ id: 0, content: "<s>", special: true }, { id: 1, content: "</s>", special: true }],
    post_processor: {
      type: "TemplateProcessing",
      single: [{ SpecialToken: { id: "<s>", type_id: 0 } }, { Sequence: { id: "A", type_id: 0 } }],
      special_tokens: { "<s>": { id: "<s>", ids: [0], tokens: ["<s>"] } },
    },
    decoder: { type: "Fuse" },
  }, "t.json"),
  start: 0,
  end: 1,
  template: "{% for m in messages %}{{ m.content }}:{% endfor %}{% if add_generation_prompt %}c{% endif %}",
  from: "t.json",
});
const MODEL = { vocabulary: 7, maxLength: 6 };
const read = (line: unknown) => textToScore(line, MODEL, () => Promise.resolve(tokenizer));

Deno.test("each form of a line becomes the tokens it stands for, and what else it says is kept", async () => {
  const told = async (line: object) => {
    const { ids, completion, rest } = await read(line);
    return [[...ids], completion, rest];
  };
  assert.deepEqual(await told({ text: "abc" }), [[0, 5, 4], undefined, {}]);
  assert.deepEqual(await told({ id: 7, ids: [1, 6], note: null }), [[1, 6], undefined, { id: 7, note: null }]);
  const messages = [{ role: "user", content: "a" }, { role: "assistant", content: "b" }];
  assert.deepEqual(await told({ messages }), [[2, 6, 3, 6], undefined, {}]);
  // A token that spans the seam is the completion's; no end token is added.
  assert.deepEqual(await told({ prompt: "c", completion: "b" }), [[0, 4, 3], 2, {}]);
  assert.deepEqual(await told({ prompt: "ca", completion: "bc" }), [[0, 4, 5, 4], 2, {}]);
  assert.deepEqual(await told({ prompt: "", completion: "b" }), [[0, 3], 1, {}]);
  const chat = { prompt: [messages[0]], completion: [{ role: "assistant", content: "cb" }] };
  assert.deepEqual(await told(chat), [[2, 6, 4, 3, 6], 3, {}]);
});

Deno.test("what cannot be scored is refused with what to do", async () => {
  const cases: [unknown, string][] = [
    [[1], "is no object"],
    [{ id: 3 }, "has no text: write one of text, prompt with completion, messages, ids"],
    [{ prompt: "a" }, "has prompt: write one of text, prompt with completion, messages, ids"],
    [{ text: "a", ids: [1] }, "has text, ids: write one of text, prompt with completion, messages, ids"],
    [{ text: "a", sum: 1 }, "has sum, which is to be written: call it otherwise"],
    [{ text: 5 }, "text is no text: write it in quotes"],
    [{ prompt: "a", completion: null }, "completion is no text: write it in quotes"],
    [{ prompt: "a", completion: "" }, "the completion is empty: it has no token"],
    [{ ids: [] }, "the text is empty: it has no token"],
    [{ ids: "1 2" }, "ids: write a list of whole numbers"],
    [{ ids: [1, -1] }, "ids[1] is -1: write whole numbers from 0"],
    [{ ids: [1, 0.5] }, "ids[1] is 0.5: write whole numbers from 0"],
    [{ ids: [1, 7] }, "id 7 is outside of the model's 7 tokens"],
    [{ ids: [1, 1, 1, 1, 1, 1, 1] }, "7 tokens, and the model was made for 6: shorten the text"],
    [{ messages: ["a"] }, 'messages is no list of messages: write [{"role": "user", "content": "…"}]'],
  ];
  for (const [line, message] of cases) await assert.rejects(read(line), { name: "UserError", message });
  await assert.rejects(read({ messages: [{ role: "user" }] }), { name: "UserError", message: /message 0: content/ });
  await assert.rejects(read({ prompt: "a", completion: [{ role: "user", content: "a" }] }), { name: "UserError" });
});
