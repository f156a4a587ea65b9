import assert from "node:assert/strict";
import fc from "fast-check";
import { pairedDifference } from "./intervals.ts";
import { mean } from "./summary.ts";
import { leaders, rankCorrelation, ranks, seedRanks } from "./ranks.ts";

Deno.test("ranks by hand, with ties", () => {
  assert.deepEqual([...ranks([3, 1, 4, 1, 5])], [3, 4.5, 2, 4.5, 1]);
  assert.deepEqual([...ranks([7, 7, 7])], [2, 2, 2]);
});

Deno.test("ranks sum to n(n + 1)/2 and do not change under increasing maps", () => {
  fc.assert(fc.property(fc.array(fc.integer({ min: -5, max: 5 }), { minLength: 1, maxLength: 12 }), (values) => {
    const own = ranks(values), n = values.length;
    assert.equal(own.reduce((a, b) => a + b), n * (n + 1) / 2);
    assert.deepEqual(ranks(values.map((v) => Math.exp(v) + 3)), own);
  }));
});

Deno.test("ranks by counting are those by sorting, ties included", () => {
  const values = Array.from({ length: 60 }, (_, i) => (i * 37) % 11), large = 100;
  // Of a list that is too long to count, the first 60 are ahead by as many as the larger ones put before them.
  const long = [...Array.from({ length: 10 }, () => large), ...values];
  assert.deepEqual([...ranks(values)].map((rank) => rank + 10), [...ranks(long)].slice(10));
});

Deno.test("ranks of four methods on three replicates and their means, by hand", () => {
  // Replicate 0: B C A D; replicate 1: A B C D; replicate 2: A and B tie, then D, C.
  const values = [[2, 9, 5], [4, 8, 5], [3, 7, 1], [1, 6, 2]];
  assert.deepEqual(seedRanks(values).map((row) => [...row]), [[3, 1, 1.5], [1, 2, 1.5], [2, 3, 4], [4, 4, 3]]);
  assert.deepEqual(seedRanks(values).map(mean), [5.5 / 3, 1.5, 3, 11 / 3]);
  assert.throws(() => seedRanks([[1, 2], [1]]), TypeError);
});

Deno.test("Spearman's formula without ties: 1 − 6 Σd²/(n(n² − 1))", () => {
  const a = [1, 2, 3, 4, 5], b = [2, 1, 4, 3, 5];
  assert.ok(Math.abs(rankCorrelation(a, b) - (1 - 6 * 4 / (5 * 24))) < 1e-12);
  assert.equal(rankCorrelation(a, a.toReversed()), -1);
  assert.equal(rankCorrelation(a, [1, 1, 1, 1, 1]), 0);
});

Deno.test("leaders: the best and what is not separated from it", () => {
  const best = [1, 1.1, 0.9, 1], near = [0.9, 1.2, 0.9, 0.9], far = [0.1, 0.2, 0, 0.1];
  assert.deepEqual(leaders([far, near, best], pairedDifference), [2, 1]);
});
