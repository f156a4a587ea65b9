import assert from "node:assert/strict";
import { mutualInformation } from "../losses/mutual_information.ts";
import { Rng } from "../random.ts";
import { baseSequences, listSequences, nextTokens } from "./sequences.ts";

const SETTINGS = { vocabulary: 3, longest: 5, constitutions: 4 };
const sum = (values: ArrayLike<number>) => Array.from(values).reduce((a, b) => a + b, 0);

Deno.test("listed responses are a law under each constitution", () => {
  const next = nextTokens(baseSequences({ ...SETTINGS, link: 1, endLogit: -1 }, Rng.seed(1)), SETTINGS.vocabulary);
  const { logps, lengths } = listSequences(SETTINGS, next);
  assert.equal(lengths.length, 3 + 9 + 27 + 81 + 243);
  // 363 terms of at most rounding size each.
  for (const law of logps) assert.ok(Math.abs(sum(law.map(Math.exp)) - 1) < 1e-13);
});

Deno.test("where the end has one chance everywhere, lengths are geometric and cut at the longest", () => {
  const V = SETTINGS.vocabulary, logits = new Float64Array(4 * (V + 1) ** 2);
  const { logps, lengths } = listSequences(SETTINGS, nextTokens(logits, V));
  const end = 1 / (V + 1);
  for (let length = 1; length <= SETTINGS.longest; length++) {
    const exact = length < SETTINGS.longest ? (1 - end) ** (length - 1) * end : (1 - end) ** (length - 1);
    const found = sum(logps[2].filter((_, s) => lengths[s] === length).map(Math.exp));
    assert.ok(Math.abs(found - exact) < 1e-13, `length ${length}: ${found}, expected ${exact}`);
  }
});

Deno.test("without a link constitutions make no difference; with one they do", () => {
  const listed = (link: number) => {
    const base = baseSequences({ ...SETTINGS, link, endLogit: 0 }, Rng.seed(2));
    return listSequences(SETTINGS, nextTokens(base, SETTINGS.vocabulary)).logps;
  };
  assert.ok(Math.abs(mutualInformation(listed(0))) < 1e-13);
  assert.ok(mutualInformation(listed(0.5)) > 0.01);
});

Deno.test("sizes out of range are named", () => {
  const fails = (changed: Partial<typeof SETTINGS>, message: string) =>
    assert.throws(() => baseSequences({ ...SETTINGS, link: 0, endLogit: 0, ...changed }, Rng.seed(1)), {
      name: "RangeError",
      message,
    });
  fails({ vocabulary: 1 }, "vocabulary must be a whole number >= 2, got 1");
  fails({ longest: 12 }, "3 tokens and 12 places make more than 100,000 responses");
});
