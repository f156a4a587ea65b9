/** Preferences in the forms that people have. Kinds of files: public data sets and reports of users; texts our own. */
import assert from "node:assert/strict";
import { parquetWriteBuffer } from "hyparquet-writer";
import { mismatchedRows } from "../../losses/mod.ts";
import { readPreferences } from "./preferences.ts";

const folder = await Deno.makeTempDir();
globalThis.addEventListener("unload", () => Deno.removeSync(folder, { recursive: true }));

async function read(rows: readonly object[], named = {}) {
  const path = `${folder}/rows.jsonl`;
  await Deno.writeTextFile(path, rows.map((row) => JSON.stringify(row) + "\n").join(""));
  const { problems, ...found } = await readPreferences(path, named);
  return { ...found, counts: Object.fromEntries(problems.map(({ kind, count, fate }) => [kind, `${count} ${fate}`])) };
}

const refused = (rows: readonly object[], message: RegExp, named = {}) =>
  assert.rejects(read(rows, named), { name: "UserError", message });

Deno.test("a weight and a tie that only a late line has count", async () => {
  const lines = Array.from(
    { length: 1500 },
    (_, i) => ({ prompt: `q${i}`, chosen: `good ${i}`, rejected: `bad ${i}` }),
  );
  const late = { prompt: "q", chosen: "a", rejected: "b", weight: 3, tied: true };
  const { pairs } = await read([...lines, late]);
  assert.deepEqual(pairs[1500], { ...late, row: 1501 });
  assert.equal(pairs[0].tied, false);
});

Deno.test("pairs that teach nothing are left out, each kind counted, and a contradiction is kept", async () => {
  const clean = Array.from(
    { length: 40 },
    (_, i) => ({ prompt: `q${i % 7}`, chosen: `good ${i}`, rejected: `bad ${i}` }),
  );
  assert.deepEqual((await read(clean)).counts, {});
  const { read: rows, pairs, counts } = await read([
    ...clean,
    ...Array(4).fill({ prompt: "q", chosen: "same", rejected: "same" }),
    { prompt: "q", chosen: "", rejected: "x" },
    ...[" \n", ""].map((rejected, i) => ({ prompt: "q", chosen: `x${i}`, rejected })),
    ...Array(6).fill(clean[3]),
    { prompt: "q5", chosen: "bad 5", rejected: "good 5" },
    { prompt: "q", chosen: null, rejected: "x" },
    { chosen: "y", rejected: "x" },
  ]);
  assert.deepEqual([rows, pairs.length, pairs.at(-1)?.row], [56, 41, 54]);
  assert.deepEqual(counts, {
    "identical chosen and rejected": "4 left out",
    "empty chosen": "1 left out",
    "empty rejected": "2 left out",
    "exact duplicate": "6 left out",
    "contradiction: the same pair the other way round": "1 kept",
    "missing chosen": "1 left out",
    "missing prompt": "1 left out",
  });
});

Deno.test("duplicates and contradictions are those of one group", async () => {
  const pair = (chosen: string, rejected: string, who: string) => ({ prompt: "q", chosen, rejected, who });
  const rows = [pair("a", "b", "r"), pair("a", "b", "s"), pair("b", "a", "t")];
  const { pairs, counts } = await read(rows, { group: "who" });
  assert.deepEqual([pairs.map(({ group }) => group), counts], [["r", "s", "t"], {}]);
});

const human = "\n\nHuman: Where?\n\nAssistant:";
for (
  const [what, chosen, rejected, want] of [
    ["the last shared turn", `${human} Here.\n\nHuman: So?${human} far`, `${human} Here.\n\nHuman: So?${human} near`, [
      `${human} Here.\n\nHuman: So?${human}`,
      " far",
      " near",
    ]],
    ["a reply that goes on", `${human} a\n\nHuman: x\n\nAssistant: y`, `${human} b`, [
      human,
      " a\n\nHuman: x\n\nAssistant: y",
      " b",
    ]],
    ["a reply with a marker in it", `${human} Write:\n\nAssistant: z`, `${human} b`, [
      human,
      " Write:\n\nAssistant: z",
      " b",
    ]],
    ["replies that begin alike", `${human} The sun`, `${human} The moon`, [human, " The sun", " The moon"]],
    ["single line ends", "Human: Q\nAssistant: a", "Human: Q\nAssistant: b", ["Human: Q\nAssistant:", " a", " b"]],
    ["a template's markers", "<|im_start|>assistant\nx", "<|im_start|>assistant\ny", [
      "<|im_start|>assistant\n",
      "x",
      "y",
    ]],
    ["texts that part within a word", "It was warm", "It was wet", ["It was", " warm", " wet"]],
    ["a text that the other goes on with", "It was", "It was wet", undefined],
    ["scripts without spaces", "我喜欢夏天。", "我喜欢冬天。", ["我喜欢", "夏天。", "冬天。"]],
    ["letters of two units", "a 😀", "a 😁", ["a", " 😀", " 😁"]],
    ["nothing in common", "ja", "nein", ["", "ja", "nein"]],
    ["different prompts", "\n\nHuman: A\n\nAssistant: x", "\n\nHuman: B\n\nAssistant: x", undefined],
    ["replies that part behind the user's turn", `${human} a\n\nHuman: b c`, `${human} a\n\nHuman: d`, undefined],
  ] as const
) {
  Deno.test(`an implicit prompt ends before ${what}`, async () => {
    const other = { chosen: "p q", rejected: "p r" };
    const { pairs } = await read([other, { chosen, rejected }]);
    const found = pairs.slice(1).map((pair) => [pair.prompt, pair.chosen, pair.rejected]);
    assert.deepEqual(found, want === undefined ? [] : [want]);
    if (want) assert.deepEqual([want[0] + want[1], want[0] + want[2]], [chosen, rejected], "no letter is lost");
  });
}

Deno.test("oddities of dialogues are counted", async () => {
  const { counts } = await read([
    { chosen: `${human} a`, rejected: `${human} b` },
    { chosen: human, rejected: `${human} b` },
    { chosen: `${human} s`, rejected: `${human} s` },
    { chosen: `${human} u\n\nHuman: v`, rejected: `${human} w` },
    { chosen: "\n\nHuman: A\n\nAssistant: x", rejected: "\n\nHuman: B\n\nAssistant: x" },
  ]);
  assert.deepEqual(counts, {
    "empty chosen": "1 left out",
    "identical chosen and rejected": "1 left out",
    "a reply with more turns": "1 kept",
    "replies to different prompts": "1 left out",
  });
});

const user = (content: string) => ({ role: "user", content }),
  assistant = (content: string) => ({ role: "assistant", content });

Deno.test("chats are pairs with their prompt apart, within the texts, or both", async () => {
  const want = [[user("q")], [assistant("a")], [assistant("b")]];
  const rows = [
    { prompt: [user("q")], chosen: [assistant("a")], rejected: [assistant("b")] },
    { prompt: "q", chosen: [user("q"), assistant("a")], rejected: [user("q"), assistant("b")] },
    { prompt: "q", chosen: [assistant("a")], rejected: [assistant("b")] },
    { prompt: [user("q")], chosen: "a", rejected: "b" },
    { chosen: [user("q"), assistant("a")], rejected: [user("q"), assistant("b")] },
    { chosen: [{ from: "human", value: "q" }, { from: "gpt", value: "a" }], rejected: [user("q"), assistant("b")] },
    {
      chosen: [{ role: "user", content: [{ type: "text", text: "q" }] }, assistant("a")],
      rejected: [user("q"), assistant("b")],
    },
    { chosen: JSON.stringify([user("q"), assistant("a")]), rejected: [user("q"), assistant("b")] },
  ];
  for (const row of rows) {
    const { pairs: [pair] } = await read([row]);
    assert.deepEqual([pair.prompt, pair.chosen, pair.rejected], want, JSON.stringify(row));
  }
  const same = [user("q"), assistant("a")];
  assert.deepEqual((await read([rows[0], { prompt: "q", chosen: same, rejected: same }])).counts, {
    "identical chosen and rejected": "1 left out",
  });
  await refused(
    [{ prompt: "q", chosen: 7, rejected: "b" }],
    /row 1 \(line 1\), column "chosen": is 7, neither a text nor/,
  );
});

Deno.test("chats in Parquet are lists of structs", async () => {
  const chat = (reply: string) => JSON.stringify([user("q"), assistant(reply)]);
  await Deno.writeFile(
    `${folder}/chats.parquet`,
    new Uint8Array(parquetWriteBuffer({
      columnData: [
        { name: "chosen", data: [JSON.parse(chat("a"))], type: "JSON" },
        { name: "rejected", data: [JSON.parse(chat("b"))], type: "JSON" },
      ],
    })),
  );
  const { pairs: [pair] } = await readPreferences(`${folder}/chats.parquet`);
  assert.deepEqual([pair.prompt, pair.chosen], [[user("q")], [assistant("a")]]);
});

Deno.test("labels are true and false, and mismatched rows never share a prompt", async () => {
  const rows = ["u", "u", "v", "v", "w", "w"].map((prompt, i) => ({
    prompt,
    response: `r${i}`,
    label: [true, 0, "TRUE", "False", 1, "0"][i],
  }));
  const { form, singles } = await read(rows);
  assert.deepEqual([form, singles.map(({ value }) => value)], ["labelled", [1, 0, 1, 0, 1, 0]]);
  const prompts = singles.map(({ prompt }) => JSON.stringify(prompt));
  mismatchedRows(prompts).forEach((other, row) => assert.notEqual(prompts[other], prompts[row]));
  const { counts } = await read([
    ...rows,
    rows[0],
    { ...rows[1], label: true },
    { prompt: "u", response: "", label: true },
    { prompt: "u", response: "x" },
  ]);
  assert.deepEqual(counts, {
    "exact duplicate": "1 left out",
    "contradiction: another label of the same text": "1 kept",
    "empty completion": "1 left out",
    "missing label": "1 left out",
  });
  await refused([{ ...rows[0], label: "good" }], /column "label": is "good", and is to be true or false, or 1 or 0/);
});

Deno.test("every two rated answers to a prompt are a pair, equal ratings a tie", async () => {
  const want = [["b", "a", false], ["a", "c", true], ["b", "c", false]];
  const flat = await read(
    ["a", "b", "c", "d"].map((response, i) => ({ question: i < 3 ? "q" : "p", response, score: [2, 5, 2, 9][i] })),
  );
  const list = await read([{ prompt: "q", completions: ["a", "b", "c"], rewards: [2, 5, 2] }, {
    prompt: "p",
    completions: ["d"],
    rewards: [9],
  }]);
  for (const { pairs, counts } of [flat, list]) {
    assert.deepEqual(pairs.map(({ chosen, rejected, tied }) => [chosen, rejected, tied]), want);
    assert.deepEqual(counts, { "one rated answer alone": "1 left out", tie: "1 kept" });
  }
  await refused([{ prompt: "q", completions: ["a", "b"], rewards: [1] }], /has 1 numbers? for 2 completions/);
});

Deno.test("outcomes with propensities, weights, ties and scores are read where they are", async () => {
  const { form, singles } = await read([{
    prompt: "q",
    completion: "a",
    outcome: -2.5,
    propensity: 0.25,
    candidates: 4,
  }]);
  assert.deepEqual([form, singles], ["logged", [{
    prompt: "q",
    completion: "a",
    value: -2.5,
    row: 1,
    propensity: 0.25,
    candidates: 4,
  }]]);
  await refused(
    [{ prompt: "q", completion: "a", outcome: 1, propensity: 25 }],
    /column "propensity": is 25, and a propensity is at most 1/,
  );
  const pair = { prompt: "q", chosen: "a", rejected: "b" };
  const { pairs, counts } = await read([
    { ...pair, weight: 2 },
    { ...pair, chosen: "c", tied: true },
    { ...pair, chosen: "d", score_chosen: 1, score_rejected: 3 },
    { ...pair, chosen: "e", score_chosen: 3, score_rejected: 3 },
  ]);
  assert.deepEqual(pairs.map(({ weight, tied, scores }) => [weight, tied, scores]), [
    [2, false, undefined],
    [undefined, true, undefined],
    [undefined, false, [1, 3]],
    [undefined, true, [3, 3]],
  ]);
  assert.deepEqual(counts, { tie: "2 kept", "the rejected text has the higher score": "1 kept" });
  await refused([{ ...pair, weight: -1 }], /column "weight": is -1, and is to be 0 or more/);
});

Deno.test("columns are found by their usual names, or named; what is no preference is refused", async () => {
  const named = { prompt: "q", chosen: "good", rejected: "bad" };
  assert.equal((await read([{ q: "q", good: "a", bad: "b" }], named)).pairs[0].chosen, "a");
  await refused([{ text: "a" }], /no preferences among the columns text; name those of chosen and rejected/);
  await refused([{ chosen: "a", rejected: "b" }], /no column "chosne", did you mean "chosen"/, { chosen: "chosne" });
  await refused(
    [{ prompt: "q", response: "a", label: 1, score: 2 }],
    /can be read as prompt, response, label, or as prompt, response, score/,
  );
  assert.equal((await read([{ prompt: "q", response: "a", label: 1, score: 2 }], { label: "label" })).form, "labelled");
  await refused([{ chosen: "a", rejected: "a" }], /no row to use of 1 \(identical chosen and rejected in 1\)/);
});
