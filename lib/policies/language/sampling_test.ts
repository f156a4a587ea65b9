import assert from "node:assert/strict";
import { Rng } from "../../random.ts";
import { type Drawn, drawToken, type Sampling } from "./sampling.ts";

const SIZE = 60;
const logitsOf = (seed: number, ties: boolean): Float32Array =>
  Float32Array.from(Rng.seed(seed).normals(SIZE), (z) => ties ? Math.round(2 * z) / 2 : 2.5 * z);

/**
 * Log-probs of the distribution that is drawn from, by another road: probabilities throughout, all sorted, every rule as
 * transformers 5.24 has it in `generation/logits_process.py`, in the order of `_get_logits_processor`: what is removed gets
 * probability 0, and each rule begins with a softmax of what is left.
 */
function plain(
  logits: Float32Array,
  { repetitionPenalty = 1, temperature, topK = 0, topP = 1, minP = 0 }: Sampling,
  seen: ReadonlySet<number>,
): number[] {
  const softmax = (scores: readonly number[]) => {
    const weights = scores.map((score) => Math.exp(score)), total = weights.reduce((a, b) => a + b, 0);
    return weights.map((weight) => weight / total);
  };
  let scores = Array.from(logits, (l, i) => !seen.has(i) ? l : l < 0 ? l * repetitionPenalty : l / repetitionPenalty);
  scores = scores.map((score) => score / temperature);
  if (topK > 0) {
    const kth = scores.toSorted((a, b) => b - a)[Math.min(topK, SIZE) - 1];
    scores = scores.map((score) => score < kth ? -Infinity : score);
  }
  if (topP < 1) {
    // From the least probable up, those are removed whose sum so far is at most 1 − p, but never the last.
    const probabilities = softmax(scores),
      order = scores.map((_, i) => i).sort((a, b) => scores[a] - scores[b] || b - a);
    let sum = 0;
    order.forEach((id, n) => {
      sum += probabilities[id];
      if (sum <= 1 - topP && n < SIZE - 1) scores[id] = -Infinity;
    });
  }
  const probabilities = softmax(scores), top = Math.max(...probabilities);
  return softmax(scores.map((score, i) => probabilities[i] < minP * top ? -Infinity : score)).map(Math.log);
}

const RULES: readonly Sampling[] = [
  { temperature: 1 },
  { temperature: 0.3 },
  { temperature: 2, topK: 7 },
  { temperature: 1, topK: 100 },
  { temperature: 0.8, topP: 0.9 },
  { temperature: 3, topP: 0.35 },
  { temperature: 1, topP: 1e-9 },
  { temperature: 1.5, minP: 0.1 },
  { temperature: 1, minP: 1 },
  { temperature: 1, repetitionPenalty: 1.7 },
  { temperature: 1, repetitionPenalty: 0.6, topK: 20, topP: 0.8 },
  { temperature: 1.3, repetitionPenalty: 1.2, topK: 30, topP: 0.95, minP: 0.05 },
];

Deno.test("rules are those of transformers, in its order: each token that can be drawn, and its log-prob", () => {
  for (const rules of RULES) {
    for (const ties of [false, true]) {
      for (let seed = 0; seed < 4; seed++) {
        const logits = logitsOf(seed, ties), seen = new Set([3, 4, 5, 40, 59]), expected = plain(logits, rules, seen);
        const cumulative = expected.map((_, i) => expected.slice(0, i + 1).reduce((a, b) => a + Math.exp(b), 0));
        const model = plain(logits, { temperature: 1 }, seen);
        expected.forEach((logp, id) => {
          if (logp < -25) return; // removed, or too small a part of [0, 1) to aim at
          // A target in the middle of the token's part of [0, 1).
          const drawn = drawToken(logits, rules, seen, () => cumulative[id] - Math.exp(logp) / 2);
          assert.equal(drawn.id, id, JSON.stringify({ rules, ties, seed }));
          assert.ok(Math.abs(drawn.sampledLogp - logp) < 1e-12);
          assert.ok(Math.abs(drawn.logp - model[id]) < 1e-12);
        });
      }
    }
  }
});

Deno.test("temperature 0 takes the first of the largest, penalised where it was seen, and draws nothing", () => {
  const never = (): number => assert.fail("drew");
  const logits = Float32Array.of(1, 3, 2, 3), total = Math.log(Math.exp(1) + 2 * Math.exp(3) + Math.exp(2));
  const greedy = (seen: number[], rules: Partial<Sampling> = {}): Drawn =>
    drawToken(logits, { temperature: 0, ...rules }, new Set(seen), never);
  assert.equal(greedy([]).id, 1);
  assert.ok(Math.abs(greedy([]).logp - (3 - total)) < 1e-12);
  assert.equal(greedy([]).sampledLogp, 0);
  assert.equal(greedy([1], { repetitionPenalty: 1.1, topK: 1 }).id, 3);
  assert.equal(greedy([1, 3], { repetitionPenalty: 2 }).id, 2);
});

Deno.test("draws follow the probabilities", () => {
  const logits = logitsOf(9, false), rules = { temperature: 1.5, topP: 0.9 }, rng = Rng.seed(5), draws = 20_000;
  const expected = plain(logits, rules, new Set()).map(Math.exp), counts = new Float64Array(SIZE);
  for (let i = 0; i < draws; i++) counts[drawToken(logits, rules, new Set(), () => rng.uniform()).id]++;
  const possible = expected.map((p, id) => ({ p, id })).filter(({ p }) => p > 0);
  assert.equal(counts.filter((n, id) => n > 0 && expected[id] === 0).length, 0);
  assert.ok(possible.every(({ p }) => p * draws > 5), "too few expected for the approximation");
  const statistic = possible.reduce((sum, { p, id }) => sum + (counts[id] - p * draws) ** 2 / (p * draws), 0);
  // Chi-square with as many degrees of freedom as tokens less one: mean k, variance 2k; five deviations above the mean.
  const k = possible.length - 1;
  assert.ok(k > 10 && statistic < k + 5 * Math.sqrt(2 * k), `${statistic} with ${k} degrees of freedom`);
  assert.ok(statistic > k - 5 * Math.sqrt(2 * k), `${statistic}: more even than chance`);
});

Deno.test("logits that are not finite are refused", () => {
  for (const logit of [NaN, Infinity]) {
    assert.throws(() => drawToken(Float32Array.of(0, logit), { temperature: 0 }, new Set(), Math.random), {
      name: "UserError",
      message: "logits are not finite: the model's weights diverged or are damaged",
    });
  }
});
