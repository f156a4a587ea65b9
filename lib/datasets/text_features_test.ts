import assert from "node:assert/strict";
import fc from "fast-check";
import { tokenJaccard } from "../losses/revision.ts";
import { learnVocabulary, tfidf, tokenize } from "./text_features.ts";

Deno.test("words: case, accents, apostrophes, numbers, tags, other scripts", () => {
  const cases: [string, string[]][] = [
    ["", []],
    ["  ...!? -- ", []],
    ["The DOG's dog's dogs'", ["the", "dog's", "dog's", "dogs"]],
    ["rock 'n' roll", ["rock", "n", "roll"]],
    ["Cafe\u0301 café", ["café", "café"]],
    ["1, 1.5 1,000 2013 3rd A4", ["#", "#", "#", "#", "#", "rd", "a", "#"]],
    ["<p>I saw <em>him</em></p>", ["i", "saw", "him"]],
    ["a < b and c > d", ["a", "b", "and", "c", "d"]],
    ["中文 ПРИВЕТ", ["中", "文", "привет"]],
    ["私はコーヒー2杯を飲む。", ["私", "は", "コ", "ー", "ヒ", "ー", "#", "杯", "を", "飲", "む"]],
    ["ｶﾅ と カナ", ["カ", "ナ", "と", "カ", "ナ"]],
    ["ที่นี่", ["ที่", "นี่"]],
    ["ຂ້ອຍ ភាសា မြန်", ["ຂ້", "ອ", "ຍ", "ភា", "សា", "မြ", "န်"]],
    ["나는 영화를 봤다", ["나는", "영화를", "봤다"]],
    ["हिन्दी में", ["हिन्दी", "में"]],
    ["state-of-the-art @user #tag", ["state", "of", "the", "art", "user", "tag"]],
  ];
  for (const [text, words] of cases) assert.deepEqual(tokenize(text), words, text);
});

Deno.test("joining words by spaces and splitting them again changes nothing", () => {
  fc.assert(fc.property(fc.string({ unit: "grapheme" }), (text) => {
    const words = tokenize(text);
    assert.deepEqual(tokenize(words.join(" ").replaceAll("#", "7")), words);
  }));
});

Deno.test("texts that differ in one character are alike, with spaces between words or without", () => {
  const alike = (first: string, second: string) => tokenJaccard(tokenize(first), tokenize(second));
  const cases: [string, string, number][] = [
    ["她昨天买了新书。", "她昨天卖了新书！", 6 / 8],
    ["彼は犬が嫌いだ", "彼は猫が嫌いだ", 6 / 8],
    ["ฉันกินข้าว", "ฉันกินปลา", 4 / 8],
    ["She buys the book.", "She sells the book!", 3 / 5],
    ["用 Deno 写", "用 Node 写", 2 / 4],
    ["天", "sky", 0],
    ["。", "", 1],
  ];
  for (const [first, second, right] of cases) assert.equal(alike(first, second), right, `${first} ${second}`);
});

Deno.test("the vocabulary knows nothing but the training texts", () => {
  const texts = ["b a", "b c a", "b", "z z z"];
  const training = [0, 1, 2];
  const learnt = learnVocabulary(texts, { training, minDocuments: 1, maxTerms: 10 });
  assert.deepEqual(learnt.terms, ["b", "a", "c"]);
  assert.deepEqual(learnVocabulary([...texts.slice(0, 3), "a a"], { training, minDocuments: 1, maxTerms: 10 }), learnt);
  // ln((1 + 3) / (1 + df)) + 1 for df = 3, 2, 1
  assert.deepEqual(learnt.idf, Float64Array.of(1, Math.log(4 / 3) + 1, Math.log(2) + 1));
});

Deno.test("document frequency counts texts, not occurrences; ties are cut in a fixed order", () => {
  const options = { training: [0, 1, 2], minDocuments: 2, maxTerms: 2 };
  assert.deepEqual(learnVocabulary(["x x x", "c a b", "b c a"], options).terms, ["a", "b"]);
});

Deno.test("options out of range", () => {
  const options = { training: [0], minDocuments: 1, maxTerms: 10 };
  const cases: [Partial<typeof options>, RegExp][] = [
    [{ training: [] }, /^RangeError: training must name at least one text/],
    [{ training: [1] }, /^RangeError: training must hold indices from 0 to 0, got 1/],
    [{ minDocuments: 2 }, /^RangeError: no word occurs in minDocuments = 2 of the 1 training texts/],
  ];
  for (const [change, message] of cases) {
    assert.throws(() => learnVocabulary(["a"], { ...options, ...change }), message);
  }
});

Deno.test("weights are count times idf, in rows of length one; unknown texts are zero rows", () => {
  const vocabulary = { terms: ["a", "b"], idf: Float64Array.of(1, 2) };
  const { rows, columns, starts, indices, values } = tfidf(["b a a a", "unknown", "b"], vocabulary);
  assert.deepEqual([rows, columns], [3, 2]);
  assert.deepEqual(starts, Uint32Array.of(0, 2, 2, 3));
  assert.deepEqual(indices, Uint32Array.of(0, 1, 1));
  // 3 · 1 and 1 · 2 over their length √13; correctly rounded operations leave at most 2 ulp.
  for (const [i, expected] of [3 / Math.sqrt(13), 2 / Math.sqrt(13), 1].entries()) {
    assert.ok(Math.abs(values[i] - expected) <= 2 * Number.EPSILON);
  }
});

Deno.test("every row of any texts has length one or zero, with ascending columns", () => {
  const text = fc.array(fc.constantFrom("a", "b", "c", "d", "7", "!"), { maxLength: 12 }).map((words) =>
    words.join(" ")
  );
  fc.assert(fc.property(fc.array(text, { minLength: 1, maxLength: 8 }), (texts) => {
    const vocabulary = { terms: ["c", "a", "#", "b"], idf: Float64Array.of(1, 1.5, 2, 0.5) };
    const { starts, indices, values } = tfidf(texts, vocabulary);
    for (let r = 0; r < texts.length; r++) {
      let square = 0;
      for (let e = starts[r]; e < starts[r + 1]; e++) {
        square += values[e] ** 2;
        assert.ok(e === starts[r] || indices[e] > indices[e - 1]);
      }
      const known = tokenize(texts[r]).some((word) => vocabulary.terms.includes(word));
      // Four squares, each rounded once: a few units of 2^-53.
      assert.ok(Math.abs(square - Number(known)) < 1e-14);
    }
  }));
});
