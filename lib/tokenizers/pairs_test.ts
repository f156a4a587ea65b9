import assert from "node:assert/strict";
import fc from "fast-check";
import { realData } from "../datasets/data_test_helpers.ts";
import { needingData } from "../optional/skipping.ts";
import { sequencesOf } from "../policies/language/sequences.ts";
import { storiesModel } from "../policies/language/stories_test_helpers.ts";
import { startBackend } from "../tensor/backend.ts";
import { UserError } from "../user_error.ts";
import type { Message } from "./chat.ts";
import { encodePair, encodeRow, encodeRows, lossesLine, type PairRules, TRL_RULES } from "./pairs.ts";
import type { Coder } from "./tokenizer.ts";

const START = 1, END = 2;

/** Letters, some of which merge; `^` starts and `$` ends a text, and a space is put in front of one. */
const merging: Coder = {
  size: 512,
  start: START,
  end: END,
  encode: (text, { special = false } = {}) => {
    const ids = (` ${text}`.match(/ab|abc|bb| a|./gsu) ?? []).map((token) =>
      token === "^" ? START : token === "$" ? END : token.length > 1 ? 300 + token.length : token.codePointAt(0)!
    );
    return Uint32Array.from(special ? [START, ...ids] : ids);
  },
  decode: () => "",
  applyChat: (messages, { addGenerationPrompt = false } = {}) =>
    `${messages.map(({ role, content }) => `${role[0]}:${content}$`).join("")}${addGenerationPrompt ? "a:" : ""}`,
};
const PLAIN: PairRules = { start: "always", end: false };
const text = fc.string({ unit: fc.constantFrom("a", "b", "c", " "), maxLength: 12 });
const ids = (found: string) => [...merging.encode(found)];

Deno.test("a completion is what stands after the longest beginning that prompt and whole text share", () => {
  const cases: [string, string, number][] = [
    ["x", "y", 1],
    ["xa", "b", 1], // the seam is inside a token
    ["xb", "bb", 2], // b|bb against bb|b: the whole text is cut elsewhere
    ["", "a", 1],
    ["x", "", 0],
    ["", "", 0],
    ["xab", "ab", 1],
  ];
  for (const [prompt, completion, tokens] of cases) {
    const found = encodePair(merging, prompt, completion, PLAIN), label = `${prompt}|${completion}`;
    assert.equal(found.tokens, tokens, label);
    assert.deepEqual([...found.ids], [START, ...ids(prompt + completion)], label);
    assert.deepEqual([...found.mask], [...found.ids].map((_, i) => Number(i >= found.ids.length - tokens)), label);
    assert.equal(found.seam, 1 + ids(prompt).length - (found.ids.length - tokens), label);
  }
});

Deno.test("where the seam lies does not change the text; a longer prompt leaves no more to score", () => {
  fc.assert(
    fc.property(text, text, (prompt, completion) => {
      const { ids, tokens, mask } = encodePair(merging, prompt, completion, PLAIN);
      assert.deepEqual(ids, encodePair(merging, "", prompt + completion, PLAIN).ids);
      assert.equal(mask.reduce((sum, value) => sum + value, 0), tokens);
      assert.ok(tokens <= ids.length - 1 && (completion.length > 0 || tokens === 0));
    }),
    { numRuns: 300, seed: 1 },
  );
});

Deno.test("start and end tokens are put where the rules say, and never twice", () => {
  const pair = (prompt: string, completion: string, rules: PairRules) => {
    const { ids, tokens } = encodePair(merging, prompt, completion, rules);
    return [...ids].map((id, i) => (i === ids.length - tokens ? "|" : "") + String.fromCodePoint(id)).join("");
  };
  const [start, end] = [String.fromCodePoint(START), String.fromCodePoint(END)];
  assert.equal(pair("x", "y", { start: "never", end: false }), " x|y");
  assert.equal(pair("x", "y", { start: "tokenizer", end: false }), `${start} x|y`);
  assert.equal(pair("x", "y", { start: "never", end: true }), ` x|y${end}`);
  assert.equal(pair("x", "y$", { start: "never", end: true }), ` x|y${end}`);
  // An end token of the prompt ends no completion.
  assert.equal(pair("x$", "", { start: "never", end: true }), ` x${end}|${end}`);
  const bare: Coder = { ...merging, encode: (text) => merging.encode(text).slice(1) };
  assert.deepEqual([...encodePair(bare, "^x", "y", PLAIN).ids], [START, 120, 121]);
});

Deno.test("completions of a prompt begin at the same place, the first of theirs", () => {
  // "xa" is x|a alone and before "c", and x|ab before "b": both completions are scored from the a on.
  const [chosen, rejected] = encodeRow(merging, "xa", ["c", "b"], { start: "never", end: true });
  assert.deepEqual([chosen.tokens, rejected.tokens], [3, 2]);
  assert.deepEqual([...chosen.ids.slice(-3)], [97, 99, END]);
  const turned = encodeRow(merging, "xa", ["b", "c"], { start: "never", end: true });
  assert.deepEqual(turned.map(({ tokens }) => tokens), [2, 3]);
  assert.equal(encodePair(merging, "xa", "c", { start: "never", end: true }).tokens, 2);
});

Deno.test("a chat is what its template writes, and begins to be scored where the assistant speaks", () => {
  const prompt: Message[] = [{ role: "user", content: "b" }];
  const { ids: found, tokens } = encodePair(merging, prompt, [{ role: "assistant", content: "c" }], TRL_RULES.dpo);
  assert.deepEqual([...found], ids("u:b$a:c$"));
  assert.deepEqual([...found.slice(-tokens)], [99, END]);
  assert.throws(() => encodePair(merging, prompt, "c", TRL_RULES.dpo), UserError);
});

Deno.test("too long: keep_start cuts the end, keep_end the beginning, and every token cut is counted", () => {
  fc.assert(
    fc.property(text, text, fc.integer({ min: 1, max: 12 }), fc.boolean(), (prompt, completion, maxLength, atEnd) => {
      const whole = encodePair(merging, prompt, completion, PLAIN);
      const truncation = atEnd ? "keep_end" : "keep_start";
      const { ids, mask, tokens, cut } = encodePair(merging, prompt, completion, { ...PLAIN, maxLength, truncation });
      const kept = atEnd ? whole.ids.slice(-maxLength) : whole.ids.slice(0, maxLength);
      assert.deepEqual(ids, kept);
      assert.deepEqual(mask, atEnd ? whole.mask.slice(-maxLength) : whole.mask.slice(0, maxLength));
      assert.equal(tokens + cut.completion, whole.tokens);
      assert.equal(ids.length + cut.prompt + cut.completion, whole.ids.length);
    }),
    { numRuns: 300, seed: 2 },
  );
});

Deno.test("rows without a token to score are left out, and all that is lost is counted and said", () => {
  const rows = [
    { prompt: "c", completions: ["cc", "c"] }, // 2 + 3 tokens with the end, 2 + 2
    { prompt: "cccc", completions: ["c", "c"] }, // the prompt fills 5
    { prompt: "c", completions: ["c", "cccccc"] }, // 2 + 7, of which 4 are cut
    { prompt: "ca", completions: ["b", "b"] }, // the seam is inside a token
  ];
  const { rows: found, kept, losses } = encodeRows(merging, rows, { start: "never", end: true, maxLength: 5 });
  assert.deepEqual(kept, [0, 2, 3]);
  assert.deepEqual(found.map((pairs) => pairs.map(({ tokens }) => tokens)), [[3, 2], [2, 3], [2, 2]]);
  assert.deepEqual(losses, { rows: 4, filled: 1, empty: 0, cutRows: 1, cutTokens: 4, promptTokens: 0, seams: 1 });
  assert.equal(
    lossesLine(losses),
    "of 4 rows: 1 left out, as its prompt fills the longest length; 4 tokens of completions cut in 1 row; " +
      "1 prompt ends inside a token of the whole text",
  );
  const end = encodeRows(merging, rows, { start: "never", end: true, maxLength: 5, truncation: "keep_end" });
  assert.deepEqual(end.kept, [0, 1, 2, 3]);
  assert.deepEqual(end.losses, { rows: 4, filled: 0, empty: 0, cutRows: 1, cutTokens: 2, promptTokens: 6, seams: 1 });
  const empty = encodeRows(merging, [{ prompt: "c", completions: [""] }], { start: "never", end: false });
  assert.equal(lossesLine(empty.losses), "of 1 row: 1 left out, as it has an empty completion");
});

Deno.test("what a rule needs and the tokenizer lacks is named, with the row", () => {
  const bare: Coder = { ...merging, start: undefined, end: undefined };
  const row = (rules: PairRules) => () => encodeRows(bare, [{ prompt: "a", completions: ["b"] }], rules);
  assert.throws(row({ start: "never", end: true }), {
    name: "UserError",
    message: "row 0: the tokenizer has no end token, which is to end completions: take rules without it",
  });
  assert.throws(row({ start: "always", end: false }), {
    name: "UserError",
    message: "row 0: the tokenizer has no start token, which is to begin prompts: take rules without it",
  });
});

const store = await realData("stories-260k");

Deno.test({
  ...needingData(
    { "stories-260k": store },
    "real data: a completion's log-prob is the whole text's minus its beginning's, and above that of texts put together",
  ),
  async fn() {
    await startBackend("wasm");
    const { model, tokenizer } = await storiesModel(store!);
    const score = (ids: Uint32Array, mask: ArrayLike<number>) =>
      model.logProbs(sequencesOf([ids]), Array.from(ids, (_, t) => Number(t > 0 && mask[t])))
        .reduce((sum, logp) => sum + logp, 0);
    for (
      const [prompt, completion] of [["One day, a dog", " saw a ball."], ["The bird sa", "id hello."], [
        "He was hap",
        "py",
      ]]
    ) {
      const { ids, mask, tokens } = encodePair(tokenizer, prompt, completion, PLAIN), logp = score(ids, mask);
      const beginning = ids.slice(0, ids.length - tokens);
      const parts = score(ids, ids.map(() => 1)) - score(beginning, beginning.map(() => 1));
      assert.ok(Math.abs(logp - parts) < 1e-4, `${prompt}|${completion}: ${logp} and ${parts}`);
      const [first, second] = [tokenizer.encode(prompt), tokenizer.encode(completion)];
      const apart = Uint32Array.of(tokenizer.start!, ...first, ...second);
      const separate = score(apart, apart.map((_, i) => Number(i > first.length)));
      assert.ok(logp > separate + 3, `${prompt}|${completion}: ${logp} and ${separate}`);
    }
    // A dot after "The end" is one token; written apart, it is a space and a dot, which nobody writes after a word.
    const { ids, mask, tokens } = encodePair(tokenizer, "The end", ".", PLAIN);
    const apart = Uint32Array.of(...ids.slice(0, -1), ...tokenizer.encode("."));
    const logps = [score(ids, mask), score(apart, apart.map((_, i) => Number(i >= ids.length - 1)))];
    assert.deepEqual([tokens, apart.length - ids.length + 1], [1, 2]);
    // To the digits at which they were found when each text still got a space of its own.
    assert.deepEqual(logps.map((logp) => logp.toFixed(2)), ["-1.04", "-19.32"]);
    model.dispose();
  },
});

Deno.test("a text has more tokens than a call takes arguments", () => {
  const count = 300_000, encode = () => new Uint32Array(count).fill(7);
  const tokenizer = {
    size: 9,
    start: 1,
    end: 2,
    encode,
    decode: () => "",
    applyChat: () => "",
  };
  const { ids } = encodePair(tokenizer, "a", "b", { start: "always", end: true });
  assert.deepEqual([ids.length, ids[0], ids[1], ids.at(-1)], [count + 2, 1, 7, 2]);
});
