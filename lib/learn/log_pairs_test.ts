/** Pairs out of a log: all of them, weighted as the texts would be shown alike. */
import assert from "node:assert/strict";
import { Rng } from "../random.ts";
import { type LearnData, logData } from "./data.ts";
import { pairsOfLog } from "./log_pairs.ts";

/** A log of prompts with their own shares of three texts, and outcomes of few values. */
function drawn(seed: number, n: number): LearnData & { readonly kind: "log" } {
  const rng = Rng.seed(seed), laws = [[0.6, 0.3, 0.1], [0.2, 0.2, 0.6]];
  const rows = Array.from({ length: n }, (_, i) => {
    const prompt = i % 2, u = rng.uniform(), law = laws[prompt];
    const text = u < law[0] ? 0 : u < law[0] + law[1] ? 1 : 2;
    return { prompt: `p${prompt}`, text: "abc"[text], outcome: rng.integer(2 + text), propensity: law[text] };
  });
  const data = logData(rows);
  if (data.kind !== "log") throw new TypeError("expected a log");
  return data;
}

Deno.test("sums over texts are those over each pair of rows", () => {
  const data = drawn(4, 60), which = [...data.rows.keys()].filter((i) => i % 7 > 0);
  const { pairs, counts } = pairsOfLog(data, which), found = new Map<string, number>();
  const rowsOf = (prompt: number) => which.filter((i) => data.rows[i].prompt === prompt);
  const seen = { formed: 0, ties: 0, same: 0, alone: 0 };
  for (const i of which) {
    for (const j of which) {
      const [a, b] = [data.rows[i], data.rows[j]];
      if (a.prompt !== b.prompt || i === j) continue;
      if (a.text === b.text) seen.same += 0.5;
      else if (a.outcome === b.outcome) seen.ties += 0.5;
      else if (a.outcome > b.outcome) seen.formed++;
      const isTie = a.outcome === b.outcome;
      if (a.text === b.text || a.outcome < b.outcome || isTie && a.text > b.text) continue;
      const size = data.prompts[a.prompt].texts.length, n = rowsOf(a.prompt).length;
      const weight = 1 / (n - 1) / (a.propensity * size * b.propensity * size);
      const key = JSON.stringify([a.prompt, a.text, b.text, isTie]);
      found.set(key, (found.get(key) ?? 0) + weight);
    }
  }
  assert.deepEqual(counts, seen);
  assert.equal(pairs.length, found.size);
  for (const { prompt, chosen, rejected, tied, weight } of pairs) {
    assert.ok(Math.abs(weight - found.get(JSON.stringify([prompt, chosen, rejected, tied]))!) < 1e-9);
  }
});

Deno.test("weights estimate what comes of showing all texts alike, and not of what was shown", () => {
  // Outcomes are uniform on 0..1+k of text k: P(a > b) by enumeration.
  const above = (a: number, b: number) => {
    let more = 0;
    for (let x = 0; x < 2 + a; x++) for (let y = 0; y < 2 + b; y++) more += Number(x > y);
    return more / ((2 + a) * (2 + b));
  };
  const sums = new Map<string, number[]>(), seeds = 200, n = 80;
  for (let seed = 0; seed < seeds; seed++) {
    const data = drawn(seed, n), { pairs } = pairsOfLog(data, [...data.rows.keys()]);
    for (const { prompt, chosen, rejected, weight, tied } of pairs) {
      if (tied || prompt !== 0) continue;
      const names = data.prompts[prompt].texts, key = names[chosen] + names[rejected];
      const own = sums.get(key) ?? [];
      own.push(weight / (n / 2));
      sums.set(key, own);
    }
  }
  for (const [key, own] of sums) {
    const [a, b] = [...key].map((name) => "abc".indexOf(name)), right = above(a, b) / 9;
    const mean = own.reduce((x, y) => x + y, 0) / seeds;
    const spread = Math.sqrt(own.reduce((x, y) => x + y * y, 0) / seeds - mean * mean);
    // Both texts are drawn out of three; four standard errors.
    assert.ok(Math.abs(mean - right) < 4 * spread / Math.sqrt(seeds), `${key}: ${mean} ${right}`);
  }
});

Deno.test("a log of thousands of texts without prompts is refused before its pairs fill the memory", () => {
  const data = logData(
    Array.from({ length: 3000 }, (_, i) => ({ prompt: "", text: `${i}`, outcome: i, propensity: 1 })),
  );
  assert.throws(
    () => pairsOfLog(data, [0, 1]),
    /^UserError: texts that share a prompt make 4498500 pairs, of 1 prompts/,
  );
});

Deno.test("rows alone with their prompt are counted, and prefer nothing", () => {
  const row = { prompt: "a", text: "x", outcome: 1, propensity: 0.5 };
  const data = logData([row, { ...row, text: "y", outcome: 0 }, { ...row, prompt: "b" }]);
  assert.deepEqual(pairsOfLog(data, [0, 2]).counts, { formed: 0, ties: 0, same: 0, alone: 2 });
  assert.equal(pairsOfLog(data, [0, 1, 2]).counts.alone, 1);
});
