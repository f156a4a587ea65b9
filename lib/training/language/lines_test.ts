import assert from "node:assert/strict";
import { UserError } from "../../user_error.ts";
import { readLines } from "./lines.ts";
import { objectiveOf } from "./objectives.ts";

const encode = (text: string) => Uint32Array.from(text, (letter) => letter.charCodeAt(0));
const applyChat = (messages: readonly { content: string }[], { addGenerationPrompt = false } = {}) =>
  messages.map(({ content }) => `[${content}`).join("") + (addGenerationPrompt ? "[" : "");
const tokenizer = { size: 256, end: 2, encode, decode: () => "", applyChat };
const rules = { start: "never", end: true, maxLength: 8 } as const;
const dpo = objectiveOf("dpo", { loss: { beta: 1 } }), kto = objectiveOf("kto", { loss: { beta: 1 } });
const sft = objectiveOf("sft", { loss: {} });
const read = (lines: readonly unknown[], objective = dpo) =>
  readLines(
    lines.map((line) => typeof line === "string" ? line : JSON.stringify(line)).join("\n"),
    "f",
    objective,
    tokenizer,
    rules,
  );
const shapes = (found: ReturnType<typeof read>) =>
  found.examples.map(({ responses }) => responses.map(({ ids, from }) => [ids.length, from]));

Deno.test("pairs, chats and blank lines; what does not fit is left out and counted", () => {
  const chat = (content: string) => [{ role: "user", content }];
  const found = read([
    { prompt: "ab", chosen: "cd", rejected: "e" },
    "",
    { prompt: chat("q"), chosen: chat("yes"), rejected: chat("n") },
    { prompt: "longer than eight", chosen: "c", rejected: "d" },
    { prompt: "ab", chosen: "0123456789", rejected: "d", more: 1 },
  ]);
  // With the end token for texts; a template writes its own.
  assert.deepEqual(shapes(found), [[[5, 2], [4, 2]], [[6, 3], [4, 3]], [[8, 2], [4, 2]]]);
  assert.equal(
    found.lost,
    "of 4 rows: 1 left out, as its prompt fills the longest length; 5 tokens of completions cut in 1 row",
  );
  assert.deepEqual(found.prompts.map((prompt) => prompt === found.prompts[0]), [true, false, true]);
});

Deno.test("labelled lines get a response to another prompt where KTO needs one", () => {
  const lines = [["a", "xx", true], ["a", "y", false], ["b", "zzz", true], ["b", "w", true]].map(
    ([prompt, completion, label]) => ({ prompt, completion, label }),
  );
  const { examples } = read(lines, kto);
  assert.deepEqual(examples.map(({ desirable }) => desirable), [true, false, true, true]);
  assert.deepEqual(examples.map(({ mismatched }) => String.fromCharCode(...mismatched!.ids.slice(0, -1))), [
    "azzz",
    "aw",
    "bxx",
    "by",
  ]);
  assert.deepEqual(examples.map(({ mismatched }) => mismatched!.from), [1, 1, 1, 1]);
  assert.ok(read(lines, objectiveOf("bco", { loss: { beta: 1 } })).examples.every(({ mismatched }) => !mismatched));
});

Deno.test("rated pairs have the scores of their lines", () => {
  const rebel = objectiveOf("rebel", { loss: { eta: 1 } }), pair = { prompt: "a", chosen: "b", rejected: "c" };
  const { examples } = read([{ ...pair, score_chosen: 7.5, score_rejected: -1 }], rebel);
  assert.deepEqual(examples[0].rewards, [7.5, -1]);
  assert.throws(() => read([{ ...pair, score_chosen: 7.5, score_rejected: "x" }], rebel), {
    name: "UserError",
    message: 'f:1: score_rejected is no number; a line for loss rebel is {"prompt": …, "chosen": …, "rejected": …, ' +
      '"score_chosen": number, "score_rejected": number}',
  });
});

Deno.test("likelihood takes the chosen response, or the only one", () => {
  const found = read([{ prompt: "a", chosen: "bb", rejected: "c" }, { prompt: "a", completion: "b" }], sft);
  assert.deepEqual(shapes(found), [[[4, 1]], [[3, 1]]]);
});

const lossOf = (name: string, loss: Record<string, unknown> = {}) => objectiveOf(name, { loss });
const lone = { prompt: "a", completion: "b" };

Deno.test("logs have outcomes, predictions, and the law that a text came from", () => {
  const facts = (found: ReturnType<typeof read>) => found.examples.map(({ at: _, responses: __, ...facts }) => facts);
  const shown = { ...lone, outcome: 1.5 };
  const lines = [shown, { ...shown, logging_logprob: -7 }, { ...shown, propensity: 0.25, candidates: 3 }];
  assert.deepEqual(facts(read(lines, lossOf("causal-cpo"))), [
    ...[{ outcome: 1.5 }, { outcome: 1.5, lawLogp: -7 }, { outcome: 1.5, shownTimes: 0.75 }],
  ]);
  const sampled = { ...lone, predicted: 2 };
  assert.deepEqual(facts(read([{ ...shown, predicted: 1 }, sampled], lossOf("dr-cpo"))), [
    ...[{ outcome: 1.5, predicted: 1 }, { predicted: 2 }],
  ]);
  assert.deepEqual(facts(read([sampled], lossOf("causal-outcome-only"))), [{ predicted: 2 }]);
});

Deno.test("groups have any number of completions; pairs may tie and weigh", () => {
  const group = { prompt: "a", completions: ["b", "cc", "d"], rewards: [1, 0, -2] };
  const found = read([group, { prompt: "x", completions: ["y", "z"], rewards: [0, 1] }], lossOf("rloo"));
  assert.deepEqual(shapes(found), [[[3, 1], [4, 1], [3, 1]], [[3, 1], [3, 1]]]);
  assert.deepEqual(found.examples.map(({ rewards }) => rewards), [[1, 0, -2], [0, 1]]);
  const pair = { prompt: "a", chosen: "b", rejected: "c", weight: 2.5 };
  assert.equal(read([pair]).examples[0].weight, 2.5);
  assert.equal(read([{ ...pair, tied: true }], lossOf("davidson", { beta: 1, nu: 1 })).examples[0].tied, true);
  assert.equal(
    read([{ ...lone, label: true, weight: 0.5 }, { ...lone, prompt: "z", label: true }], kto).examples[0].weight,
    0.5,
  );
});

Deno.test("every completion stands behind every constitution, without an end token", () => {
  const line = { constitutions: ["1", "22"], prompt: "a", completions: ["x", "yy"] };
  const found = read([line, { ...line, constitutions: ["1", "too long for it"] }], lossOf("sami"));
  const texts = found.examples[0].responses.map(({ ids, from }) => [String.fromCharCode(...ids), from]);
  assert.deepEqual(texts, [["1ax", 2], ["1ayy", 2], ["22ax", 3], ["22ayy", 3]]);
  assert.deepEqual([found.examples.length, found.examples[0].constitutions], [1, 2]);
  const chat = (content: string) => [{ role: "user", content }];
  const chats = { constitutions: [chat("1"), chat("2")], prompt: chat("a"), completions: [chat("x"), chat("y")] };
  const [{ responses }] = read([chats], lossOf("sami")).examples;
  assert.deepEqual(responses.map(({ ids }) => String.fromCharCode(...ids)), ["[1[a[x", "[1[a[y", "[2[a[x", "[2[a[y"]);
});

Deno.test("what is wrong with a log, a group or constitutions is said", () => {
  const shown = { ...lone, outcome: 1 }, group = { prompt: "a", completions: ["b", "c"], rewards: [1, 0] };
  const matrix = { constitutions: ["1", "2"], prompt: "a", completions: ["x", "y"] };
  const refused: readonly (readonly [loss: string, line: unknown, why: string])[] = [
    ["causal-cpo", lone, "has no outcome"],
    ["causal-cpo", { ...lone, outcome: "1" }, "outcome is no number"],
    [
      "causal-cpo",
      { ...shown, logging_logprob: 3 },
      "logging_logprob is 3, and is to be a logarithm of a probability, 0 or less",
    ],
    [
      "causal-cpo",
      { ...shown, propensity: 0.5 },
      "has a propensity without candidates, the number of texts out of which it was shown",
    ],
    ["causal-cpo", { ...shown, propensity: 0, candidates: 2 }, "propensity is 0, and is to be in (0, 1]"],
    [
      "causal-cpo",
      { ...shown, propensity: 1, candidates: 1.5 },
      "candidates is 1.5, and is to be a whole number from 1 on",
    ],
    ["causal-cpo", { ...shown, candidates: 2 }, "has candidates without a propensity"],
    [
      "causal-outcome-only",
      { ...shown, predicted: 1 },
      "has an outcome, which this loss does not read; dr-cpo reads both",
    ],
    ["dr-cpo", shown, "has no predicted"],
    [
      "dr-cpo",
      { ...lone, predicted: 1, propensity: 1, candidates: 1 },
      "has a propensity, and no outcome that it would belong to",
    ],
    ["rloo", { ...group, rewards: [1] }, "rewards is no list of 2 numbers"],
    ["rloo", { ...group, completions: ["b"], rewards: [1] }, "completions is no list of at least 2 texts"],
    ["reinforce", { ...group, completions: [], rewards: [] }, "completions is no list of at least a text"],
    ["sami", { ...matrix, completions: ["x", "y", "z"] }, "has 2 constitutions and 3 completions"],
    ["sami", { ...matrix, constitutions: ["1", "1"] }, "constitutions 1 and 2 are the same"],
    [
      "sami",
      { ...matrix, constitutions: [[{ role: "system", content: "" }], "2"] },
      "prompt and constitutions are to be texts, or all of them lists of messages",
    ],
    ["davidson", { prompt: "a", chosen: "b", rejected: "c" }, "tied is neither true nor false"],
    ["dpo", { prompt: "a", chosen: "b", rejected: "c", weight: -1 }, "weight is -1, and is to be 0 or more"],
    [
      "dpo",
      { prompt: "a", chosen: "b", rejected: "c", tied: true },
      "is a tie, which this loss would take for a win; leave it out, or take davidson or rao-kupper",
    ],
    ["causal-cpo", { ...shown, weight: 2 }, "has a weight, which this loss does not read; leave it out"],
    ["rloo", { ...group, weight: 2 }, "has a weight, which this loss does not read; leave it out"],
    ["causal-cpo", { ...lone, outcome: 1e300 }, "outcome is 1e+300, and is to be between -3.4e38 and 3.4e38"],
    ["rloo", { ...group, rewards: [0, -1e39] }, "rewards[1] is -1e+39, and is to be between -3.4e38 and 3.4e38"],
  ];
  for (const [loss, line, why] of refused) {
    assert.throws(() => read([line], lossOf(loss)), (error) => {
      assert.ok(error instanceof UserError, String(error));
      assert.ok(error.message.startsWith(`f:1: ${why}; a line for loss ${loss} is {"`), error.message);
      return true;
    });
  }
});

Deno.test("a line that is none is named, with what one is", () => {
  const good = { prompt: "a", chosen: "b", rejected: "c" };
  const refused: readonly [lines: unknown[], message: string, objective?: typeof dpo][] = [
    [[good, "{"], 'f:2: no JSON object; a line for loss dpo is {"prompt": …, "chosen": …, "rejected": …}'],
    [["[1]"], 'f:1: no JSON object; a line for loss dpo is {"prompt": …, "chosen": …, "rejected": …}'],
    [
      [{ ...good, chosen: undefined }],
      'f:1: has no chosen; a line for loss dpo is {"prompt": …, "chosen": …, "rejected": …}',
    ],
    [
      [{ ...good, prompt: [{ role: "user" }] }],
      'f:1: prompt is neither a text nor a list of messages; a line for loss dpo is {"prompt": …, "chosen": …, "rejected": …}',
    ],
    [
      [{ prompt: "a", completion: "b", label: 1 }],
      'f:1: label is neither true nor false; a line for loss kto is {"prompt": …, "completion": …, "label": true or false}',
      kto,
    ],
    [[{ prompt: "a", completion: "b", label: true }], "f: all lines have one prompt; this loss needs several", kto],
    [
      ["", { ...good, prompt: "", rejected: "" }],
      "f:2: a response of one token without a prompt is predicted by nothing; write a prompt, or take --start always",
    ],
    [[""], "f: no line that can be learned from"],
    [
      [{ ...good, prompt: "longer than eight" }],
      "f: no line that can be learned from (of 1 row: 1 left out, as its prompt fills the longest length)",
    ],
  ];
  for (const [lines, message, objective] of refused) {
    assert.throws(() => read(lines, objective), (error) => {
      assert.ok(error instanceof UserError, String(error));
      assert.equal(error.message, message);
      return true;
    });
  }
});

Deno.test("pairs of the same response twice and empty chosen responses are counted; nothing but the former is refused", () => {
  const encode = (text: string) => Uint32Array.from(text, (letter) => letter.charCodeAt(0));
  const letters = { size: 256, end: 0, encode, decode: () => "", applyChat: () => "" };
  const line = (chosen: string, rejected: string) => JSON.stringify({ prompt: "a", chosen, rejected });
  const read = (...lines: string[]) =>
    readLines(lines.join("\n"), "f", objectiveOf("dpo", { loss: { beta: 1 } }), letters, { start: "never", end: true });
  assert.equal(
    read(line("b", "b"), line("", "c"), line("d", "e")).lost,
    "chosen and rejected are the same in 1 line; chosen is empty in 1 line",
  );
  assert.throws(() => read(line("b", "b"), line("c", "c")), {
    name: "UserError",
    message: "f: chosen and rejected are the same in every line; write pairs that differ",
  });
});
