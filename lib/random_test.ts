/** Statistical tests are seeded; their bounds are 4 standard errors unless a comment says otherwise. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { Rng } from "./random.ts";

const mean = (x: ArrayLike<number>) => Array.from(x).reduce((a, b) => a + b, 0) / x.length;
const draw = (n: number, next: () => number) => Float64Array.from({ length: n }, next);

/** Pearson correlation: under independence its standard error is 1/√n. */
function correlation(a: Float64Array, b: Float64Array): number {
  const [ma, mb] = [mean(a), mean(b)];
  let ab = 0, aa = 0, bb = 0;
  for (let i = 0; i < a.length; i++) {
    ab += (a[i] - ma) * (b[i] - mb);
    aa += (a[i] - ma) ** 2;
    bb += (b[i] - mb) ** 2;
  }
  return ab / Math.sqrt(aa * bb);
}

/**
 * Fails when counts are too far from the expected ones. Laurent and Massart (2000): a chi-square with k degrees of freedom
 * exceeds k + 2√(kt) + 2t with probability at most e^{−t}; t = 10 is a false alarm in 22 000.
 */
function assertCounts(counts: ArrayLike<number>, probabilities: ArrayLike<number>, label: string): void {
  const n = Array.from(counts).reduce((a, b) => a + b, 0), freedom = counts.length - 1, t = 10;
  const statistic = Array.from(counts).reduce(
    (s, c, i) => s + (c - n * probabilities[i]) ** 2 / (n * probabilities[i]),
    0,
  );
  const bound = freedom + 2 * Math.sqrt(freedom * t) + 2 * t;
  assert.ok(statistic < bound, `${label}: chi-square ${statistic} >= ${bound} with ${freedom} degrees of freedom`);
}

function tally(values: Iterable<number>, cells: number): Float64Array {
  const counts = new Float64Array(cells);
  for (const v of values) counts[v]++;
  return counts;
}
const uniformLaw = (cells: number) => new Float64Array(cells).fill(1 / cells);

Deno.test("the streams never change silently", () => {
  const words = (rng: Rng) => Array.from({ length: 4 }, () => rng.uint32());
  assert.deepEqual(words(Rng.seed(0)), [2515763768, 542428969, 3346211951, 4125526290]);
  assert.deepEqual(words(Rng.seed(-7)), [3951419432, 832359467, 2525218713, 4107021266]);
  assert.deepEqual(words(Rng.seed(0).fork("actions").fork(3)), [353243201, 3411117827, 1092643459, 1359652079]);
  const rng = Rng.seed(1);
  assert.deepEqual([rng.uniform(), rng.normal(), rng.normal(), rng.integer(1000), rng.bernoulli(0.5)], [
    0.3085455770940815,
    0.4918107150217236,
    -0.3569681632672534,
    666,
    false,
  ]);
  assert.deepEqual([...rng.permutation(6)], [3, 2, 0, 4, 1, 5]);
  assert.deepEqual([...rng.categorical([1, 2, 0, 3], 8)], [3, 3, 3, 3, 3, 0, 3, 1]);
});

Deno.test("forks do not depend on what was drawn, and drawing from one moves no other", () => {
  fc.assert(
    fc.property(fc.nat(100), fc.string({ unit: "binary" }), fc.nat(20), (seed, name, draws) => {
      const fresh = Rng.seed(seed).fork(name), parent = Rng.seed(seed);
      for (let i = 0; i < draws; i++) parent.normal();
      const other = parent.fork(`${name}'`);
      other.uint32();
      const forked = parent.fork(name);
      assert.deepEqual([forked.uint32(), forked.uint32()], [fresh.uint32(), fresh.uint32()]);
    }),
    { seed: 1 },
  );
});

Deno.test("different names, paths and seeds are different streams", () => {
  const root = Rng.seed(3);
  const streams: Record<string, Rng> = {
    "the parent": Rng.seed(3),
    "empty": root.fork(""),
    "ab, c": root.fork("ab").fork("c"),
    "a, bc": root.fork("a").fork("bc"),
    "abc": root.fork("abc"),
    "cba": root.fork("cba"),
    "1": root.fork(1),
    "10": root.fork(10),
    "1, 0": root.fork(1).fork(0),
    "é": root.fork("é"),
    "astral a": root.fork("\u{1F600}a"), // two UTF-16 units, then one more that counts too
    "astral b": root.fork("\u{1F600}b"),
    "seed 4": Rng.seed(4),
    "seed -3": Rng.seed(-3),
    "seed 3 + 2^32": Rng.seed(3 + 2 ** 32),
  };
  const first = Object.entries(streams).map(([name, rng]) => [`${rng.uint32()} ${rng.uint32()}`, name]);
  assert.equal(new Map(first.map(([words, name]) => [words, name])).size, first.length);
  assert.equal(root.fork(12).uint32(), root.fork("12").uint32(), "a number is its decimal name");
});

Deno.test("streams of neighbouring seeds, names and depths are uncorrelated", () => {
  const n = 5000, root = Rng.seed(11);
  const streams = [
    ...[11, 12, 13].map((seed) => Rng.seed(seed)),
    ...["a", "b", "aa", "actions", "noise", 0, 1, 2].map((name) => root.fork(name)),
    root.fork("a").fork("a"),
  ].map((rng) => draw(n, () => rng.uniform()));
  for (let i = 0; i < streams.length; i++) {
    for (let j = 0; j < i; j++) {
      const r = correlation(streams[i], streams[j]);
      assert.ok(Math.abs(r) < 4 / Math.sqrt(n), `streams ${i} and ${j}: correlation ${r}`);
    }
  }
  // The first draw of many forks is a sample too: it is what a loop over replicates sees.
  const firsts = Float64Array.from({ length: n }, (_, i) => root.fork(i).uniform());
  assert.ok(Math.abs(mean(firsts) - 0.5) < 4 / Math.sqrt(12 * n));
  assert.ok(Math.abs(correlation(firsts.subarray(1), firsts.subarray(0, -1))) < 4 / Math.sqrt(n - 1));
  assertCounts(tally(firsts.map((v) => Math.floor(v * 50)), 50), uniformLaw(50), "first draws of forks");
});

Deno.test("uniform: moments, evenness, no serial correlation, all 53 bits, in [0, 1)", () => {
  const n = 40_000, rng = Rng.seed(21), x = draw(n, () => rng.uniform());
  assert.ok(x.every((v) => v >= 0 && v < 1));
  assert.ok(Math.abs(mean(x) - 1 / 2) < 4 * Math.sqrt(1 / 12 / n));
  // Var((u − 1/2)²) = 1/80 − 1/144 = 1/180.
  assert.ok(Math.abs(mean(x.map((v) => (v - 0.5) ** 2)) - 1 / 12) < 4 * Math.sqrt(1 / 180 / n));
  for (const lag of [1, 2, 3]) {
    const r = correlation(x.subarray(lag), x.subarray(0, -lag));
    assert.ok(Math.abs(r) < 4 / Math.sqrt(n - lag), `lag ${lag}: ${r}`);
  }
  assertCounts(tally(x.map((v) => Math.floor(v * 100)), 100), uniformLaw(100), "cells");
  const pairs = Array.from({ length: n / 2 }, (_, i) => Math.floor(x[2 * i] * 10) * 10 + Math.floor(x[2 * i + 1] * 10));
  assertCounts(tally(pairs, 100), uniformLaw(100), "pairs");
  for (let bit = 0; bit < 53; bit++) {
    const ones = mean(x.map((v) => Math.floor(v * 2 ** 53 / 2 ** bit) % 2));
    assert.ok(Math.abs(ones - 0.5) < 4.5 * Math.sqrt(1 / 4 / n), `bit ${bit}: ${ones}`); // 4.5: 53 looks
  }
});

Deno.test("normal: four moments, quartiles, and independence within a pair", () => {
  const n = 40_000, x = Rng.seed(22).normals(n);
  assert.equal(x.length, n);
  // E z^k and Var z^k: 0, 1; 1, 2; 0, 15; 3, 96.
  for (const [power, moment, variance] of [[1, 0, 1], [2, 1, 2], [3, 0, 15], [4, 3, 96]]) {
    const found = mean(x.map((z) => z ** power));
    assert.ok(Math.abs(found - moment) < 4 * Math.sqrt(variance / n), `moment ${power}: ${found}`);
  }
  const cells = x.map((z) => z < -0.6744897501960817 ? 0 : z < 0 ? 1 : z < 0.6744897501960817 ? 2 : 3);
  assertCounts(tally(cells, 4), uniformLaw(4), "quartiles");
  const [first, second] = [x.filter((_, i) => i % 2 === 0), x.filter((_, i) => i % 2 === 1)];
  assert.ok(Math.abs(correlation(first, second)) < 4 / Math.sqrt(n / 2));
  const squares = correlation(first.map((z) => z * z), second.map((z) => z * z));
  assert.ok(Math.abs(squares) < 4 / Math.sqrt(n / 2)); // sin and cos of one angle would show here
});

Deno.test("bernoulli: frequencies, never at 0 and always at 1", () => {
  const n = 20_000, rng = Rng.seed(23);
  for (const p of [0.03, 0.5, 0.9]) {
    const hits = mean(draw(n, () => Number(rng.bernoulli(p))));
    assert.ok(Math.abs(hits - p) < 4 * Math.sqrt(p * (1 - p) / n), `${p}: ${hits}`);
  }
  for (let i = 0; i < 1000; i++) assert.ok(!rng.bernoulli(0) && rng.bernoulli(1));
});

Deno.test("integer: even over small ranges, and without modulo bias where that would be largest", () => {
  const n = 30_000, rng = Rng.seed(24);
  for (const cells of [1, 2, 3, 7, 10, 64]) {
    assertCounts(tally(draw(n, () => rng.integer(cells)), cells), uniformLaw(cells), `integer(${cells})`);
  }
  // 2^32 mod 3·2^30 = 2^30: a plain remainder would hit the first third twice as often as each other.
  const large = 3 * 2 ** 30;
  assertCounts(tally(draw(n, () => Math.floor(rng.integer(large) / 2 ** 30)), 3), uniformLaw(3), "thirds");
});

Deno.test("permutation: every order equally often", () => {
  const rng = Rng.seed(25), orders = new Map<string, number>();
  for (let i = 0; i < 24_000; i++) {
    const order = rng.permutation(4).join("");
    orders.set(order, (orders.get(order) ?? 0) + 1);
  }
  assert.equal(orders.size, 24);
  assertCounts([...orders.values()], uniformLaw(24), "orders");
  assert.deepEqual([...rng.permutation(100)].sort((a, b) => a - b), Array.from({ length: 100 }, (_, i) => i));
  assert.deepEqual([[...rng.permutation(0)], [...rng.permutation(1)]], [[], [0]]);
});

Deno.test("categorical: frequencies follow the weights, whatever their scale; weight 0 never comes", () => {
  const n = 40_000, weights = [0, 0.5, 2, 0, 1.5, 4, 0];
  const counts = tally(Rng.seed(26).categorical(weights, n), 7);
  assert.deepEqual([counts[0], counts[3], counts[6]], [0, 0, 0]);
  const positive = [1, 2, 4, 5];
  assertCounts(positive.map((i) => counts[i]), positive.map((i) => weights[i] / 8), "categorical");
  // Powers of two scale exactly: the very same draws.
  const scaled = (factor: number) => [...Rng.seed(27).categorical(weights.map((w) => w * factor), 500)];
  assert.deepEqual(scaled(2 ** 300), scaled(1));
  assert.deepEqual(scaled(2 ** -300), scaled(1));
  assert.deepEqual([...Rng.seed(1).categorical([0, 3], 4)], [1, 1, 1, 1]);
  assert.equal(Rng.seed(1).categorical([1], 0).length, 0);
});

Deno.test("counts over many repetitions vary as independent draws do", () => {
  // Streams that share their uniforms would give equal counts: variance 0 instead of n p (1 − p).
  const repetitions = 500, n = 100, p = 0.3, root = Rng.seed(28);
  const counts = Float64Array.from(
    { length: repetitions },
    (_, r) => tally(root.fork(r).categorical([p, 1 - p], n), 2)[0],
  );
  const spread = mean(counts.map((c) => (c - n * p) ** 2)), variance = n * p * (1 - p);
  // A binomial of that size is near normal: the variance's relative standard error is √(2/500).
  assert.ok(Math.abs(spread / variance - 1) < 4 * Math.sqrt(2 / repetitions), `${spread} for ${variance}`);
});

Deno.test("mistakes are named", () => {
  const rng = Rng.seed(1);
  const range = (call: () => unknown, message: string) => assert.throws(call, { name: "RangeError", message });
  range(() => Rng.seed(0.5), "seed must be an integer, got 0.5");
  range(() => Rng.seed(NaN), "seed must be an integer, got NaN");
  range(() => Rng.seed(2 ** 53), "seed must be an integer, got 9007199254740992");
  for (const n of [0, -1, 1.5, 2 ** 32, NaN]) {
    range(() => rng.integer(n), `n must be an integer from 1 to 4294967295, got ${n}`);
  }
  range(() => rng.categorical([1, -0.5], 2), "probabilities[1] must be finite and >= 0, got -0.5");
  range(() => rng.categorical([NaN], 2), "probabilities[0] must be finite and >= 0, got NaN");
  range(() => rng.categorical([1, Infinity], 2), "probabilities[1] must be finite and >= 0, got Infinity");
  range(() => rng.categorical([0, 0], 2), "probabilities sum to 0: at least one must be positive");
  range(() => rng.categorical([], 2), "probabilities sum to 0: at least one must be positive");
});

Deno.test("integers, one by one and as a fill, are the remainders below the last whole multiple of n", () => {
  /** As the definition says it, in float64 numbers, which hold all of them. */
  const byDefinition = (rng: Rng, n: number) => {
    const limit = 2 ** 32 - 2 ** 32 % n;
    let x;
    do x = rng.uint32(); while (x >= limit);
    return x % n;
  };
  // Near half and all of 2^32 every other number is drawn again; powers of two never.
  const limits = [1, 2, 3, 7, 1000, 65536, 99_991, 2 ** 31 - 1, 2 ** 31, 2 ** 31 + 1, 2 ** 32 - 2, 2 ** 32 - 1];
  for (const n of limits) {
    const [one, other, third] = [0, 0, 0].map(() => Rng.seed(12).fork(n)), filled = new Uint32Array(500);
    one.fillIntegers(n, filled);
    assert.deepEqual([...filled], Array.from(filled, () => other.integer(n)), `n = ${n}`);
    assert.deepEqual([...filled], Array.from(filled, () => byDefinition(third, n)), `n = ${n}`);
    assert.equal(one.uint32(), other.uint32(), "the stream goes on from where it would be");
  }
  assert.throws(() => Rng.seed(1).fillIntegers(0, new Uint32Array(1)), {
    name: "RangeError",
    message: "n must be an integer from 1 to 4294967295, got 0",
  });
});

Deno.test("counts are those of the integers that would be drawn, added to what is there", () => {
  for (const n of [1, 2, 3, 7, 1000, 99_991]) {
    const [one, other] = [0, 0].map(() => Rng.seed(14).fork(n)),
      counts = new Uint16Array(n),
      right = new Uint16Array(n);
    for (let round = 0; round < 2; round++) one.countIntegers(300, counts);
    for (let i = 0; i < 600; i++) right[other.integer(n)]++;
    assert.deepEqual(counts, right, `n = ${n}`);
    assert.equal(one.uint32(), other.uint32(), "the stream goes on from where it would be");
  }
  assert.throws(() => Rng.seed(1).countIntegers(1, new Uint16Array(0)), { name: "RangeError", message: /got 0$/ });
});

Deno.test("a remainder by the reciprocal is exact next to every multiple that rounding could miss", () => {
  // What fillIntegers computes, at the numbers it could get wrong: multiples of n up to 2^32 and their neighbours.
  const rng = Rng.seed(13);
  for (let trial = 0; trial < 20_000; trial++) {
    const n = 1 + Math.floor(2 ** (32 * rng.uniform())) % 0xffffffff, inverse = 1 / n;
    const multiple = Math.floor(rng.uniform() * Math.floor(2 ** 32 / n)) * n;
    for (const x of [multiple - 1, multiple, multiple + 1, multiple + n - 1]) {
      if (x >= 0 && x < 2 ** 32) assert.equal(x - Math.floor((x + 0.5) * inverse) * n, x % n, `${x} % ${n}`);
    }
  }
});
