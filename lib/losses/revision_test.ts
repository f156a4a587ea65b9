import assert from "node:assert/strict";
import fc from "fast-check";
import { levenshtein, tokenJaccard } from "./revision.ts";

/** The definition, without memory of what was computed. */
function recursive(a: string[], b: string[]): number {
  if (a.length === 0 || b.length === 0) return a.length + b.length;
  const [x, ...restA] = a, [y, ...restB] = b;
  if (x === y) return recursive(restA, restB);
  return 1 + Math.min(recursive(restA, restB), recursive(restA, b), recursive(a, restB));
}
const short = fc.string({ unit: fc.constantFrom("a", "b", "é", "😀"), maxLength: 5 });

Deno.test("Levenshtein: the recursive definition, on characters outside the basic plane too", () => {
  fc.assert(
    fc.property(short, short, (a, b) => {
      assert.equal(levenshtein(a, b), recursive([...a], [...b]));
    }),
    { numRuns: 300, seed: 1 },
  );
  assert.deepEqual(
    [["", ""], ["", "abc"], ["flaw", "lawn"], ["intention", "execution"], ["😀", "😁"]].map(([a, b]) =>
      levenshtein(a, b)
    ),
    [0, 3, 2, 5, 1],
  );
});

Deno.test("Levenshtein is a metric", () => {
  const text = fc.string({ maxLength: 20 });
  fc.assert(
    fc.property(text, text, text, (a, b, c) => {
      const ab = levenshtein(a, b);
      assert.equal(ab, levenshtein(b, a));
      assert.equal(ab === 0, a === b);
      assert.ok(ab <= levenshtein(a, c) + levenshtein(c, b));
      assert.ok(ab <= Math.max([...a].length, [...b].length));
    }),
    { numRuns: 200, seed: 2 },
  );
});

Deno.test("Jaccard: by hand, symmetric, blind to order and repetition", () => {
  assert.equal(tokenJaccard(["a", "b"], ["b", "c", "d"]), 0.25);
  assert.equal(tokenJaccard([1, 2, 2, 3], [3, 2, 1]), 1);
  assert.equal(tokenJaccard(["a"], []), 0);
  assert.equal(tokenJaccard([], []), 1);
  const tokens = fc.array(fc.constantFrom("a", "b", "c", "d"));
  fc.assert(
    fc.property(tokens, tokens, (a, b) => {
      const found = tokenJaccard(a, b);
      assert.equal(found, tokenJaccard(b, [...a].reverse()));
      assert.ok(found >= 0 && found <= 1);
      assert.equal(tokenJaccard(a, a), 1);
    }),
    { numRuns: 100, seed: 3 },
  );
});
