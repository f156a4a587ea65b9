import assert from "node:assert/strict";
import { binomial, multinomial } from "./binomial.ts";
import { Rng } from "../random.ts";

/** log of the binomial coefficient, by a sum of logs. */
const logChoose = (n: number, k: number) => {
  let sum = 0;
  for (let i = 1; i <= k; i++) sum += Math.log((n - k + i) / i);
  return sum;
};

Deno.test("counts follow the binomial law, on both algorithms and both sides of a half", () => {
  const draws = 100_000;
  for (const [n, p] of [[7, 0.3], [1000, 0.004], [40, 0.26], [60, 0.5], [300, 0.2], [90, 0.8], [12, 0.95]]) {
    const rng = Rng.seed(1).fork(`${n} ${p}`), seen = new Float64Array(n + 1);
    for (let i = 0; i < draws; i++) seen[binomial(n, p, rng)]++;
    let chi = 0, cells = 0, restSeen = 0, restExpected = 0;
    for (let k = 0; k <= n; k++) {
      const expected = draws * Math.exp(logChoose(n, k) + k * Math.log(p) + (n - k) * Math.log1p(-p));
      if (expected < 10) {
        restSeen += seen[k];
        restExpected += expected;
        continue;
      }
      chi += (seen[k] - expected) ** 2 / expected;
      cells++;
    }
    if (restExpected > 1) chi += (restSeen - restExpected) ** 2 / restExpected;
    // χ² has mean cells and variance 2·cells: five standard deviations, of seven fixed streams.
    assert.ok(chi < cells + 5 * Math.sqrt(2 * cells), `n ${n}, p ${p}: χ² ${chi} on ${cells}`);
  }
});

Deno.test("mean and variance are right where the law is too wide to table", () => {
  const n = 2_000_000, p = 0.037, draws = 20_000, rng = Rng.seed(2);
  const z = Float64Array.from(
    { length: draws },
    () => (binomial(n, p, rng) - n * p) / Math.sqrt(n * p * (1 - p)),
  );
  const moment = (power: number) => z.reduce((sum, v) => sum + v ** power, 0) / draws;
  // Standard errors over 20000 draws of a nearly normal law: 1/√N, √(2/N), √(96/N) for powers 1, 2, 4.
  assert.ok(Math.abs(moment(1)) < 5 / Math.sqrt(draws));
  assert.ok(Math.abs(moment(2) - 1) < 5 * Math.sqrt(2 / draws));
  assert.ok(Math.abs(moment(4) - 3) < 5 * Math.sqrt(96 / draws));
});

Deno.test("a multinomial draw has its size, spares what cannot happen, and covaries as it should", () => {
  const chances = Float64Array.of(0, 2, 5, 0, 3, 0), n = 1000, draws = 5000, rng = Rng.seed(3);
  let sum = 0, product = 0;
  for (let i = 0; i < draws; i++) {
    const counts = multinomial(chances, n, rng);
    assert.equal(counts.reduce((a, b) => a + b), n);
    assert.equal(counts[0] + counts[3] + counts[5], 0);
    sum += counts[1];
    product += (counts[1] - 200) * (counts[2] - 500);
  }
  // Mean 200 with variance 160; covariance −n·0.2·0.5 = −100, whose estimate has an sd near √(160·250 + 100²)/√N.
  assert.ok(Math.abs(sum / draws - 200) < 5 * Math.sqrt(160 / draws));
  assert.ok(Math.abs(product / draws + 100) < 5 * Math.sqrt((160 * 250 + 100 ** 2) / draws));
});

Deno.test("arguments out of range are refused", () => {
  const rng = Rng.seed(4);
  assert.throws(() => binomial(-1, 0.5, rng), { name: "RangeError", message: "n must be a whole number >= 0, got -1" });
  assert.throws(() => binomial(3, NaN, rng), { name: "RangeError", message: "p must be in [0, 1], got NaN" });
  assert.throws(() => multinomial(new Float64Array(3), 3, rng), {
    name: "RangeError",
    message: "chances must not all be zero",
  });
  assert.equal(binomial(0, 0.3, rng), 0);
  assert.equal(binomial(9, 0, rng), 0);
});
