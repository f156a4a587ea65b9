import assert from "node:assert/strict";
import { startBackend, type Tensor, tf, type Variable } from "../tensor/backend.ts";
import { assertClose, numericGradient, rounded, testOnEveryBackend } from "../tensor/backends_test_helpers.ts";
import { Rng } from "../random.ts";
import { transformer } from "./transformer.ts";
import { initialWeights, type TransformerSizes, type TransformerWeights, weightShapes } from "./transformer_weights.ts";

const sizes = { vocabulary: 7, width: 8, layers: 2, heads: 2, keyHeads: 1, hidden: 5, maxLength: 6, tied: true };
/** Weights far from 0, so that every part matters. */
const draw = (sizes: TransformerSizes, seed: number): TransformerWeights =>
  Object.fromEntries(
    Object.entries(weightShapes(sizes)).map(([name, shape]) => [
      name,
      Float32Array.from(Rng.seed(seed).fork(name).normals(shape.reduce((a, b) => a * b, 1)), (z) => 0.5 * z + 0.1),
    ]),
  );

/** Logits `[T, V]` of one sequence in float64, straight from the formulas. */
function truth(sizes: TransformerSizes, weights: Record<string, ArrayLike<number>>, ids: number[]): number[][] {
  const { vocabulary, width, layers, heads, keyHeads, hidden, tied } = sizes, head = width / heads;
  const times = (x: number[], w: ArrayLike<number>, columns: number) =>
    Array.from({ length: columns }, (_, c) => x.reduce((sum, v, i) => sum + v * w[i * columns + c], 0));
  const norm = (x: number[], gain: ArrayLike<number>) => {
    const scale = 1 / Math.sqrt(x.reduce((sum, v) => sum + v * v, 0) / x.length + 1e-5);
    return x.map((v, i) => v * scale * gain[i]);
  };
  const turn = (x: number[], t: number) =>
    x.map((v, i) => {
      const half = head / 2, angle = t * 10000 ** (-(i % half) / half);
      return i % head < half
        ? v * Math.cos(angle) - x[i + half] * Math.sin(angle)
        : v * Math.cos(angle) + x[i - half] * Math.sin(angle);
    });
  let x = ids.map((id) => Array.from({ length: width }, (_, d) => weights.embedding[id * width + d]));
  for (let n = 0; n < layers; n++) {
    const w = (name: string) => weights[`${n}.${name}`];
    const mixed = x.map((row) =>
      times(norm(row, w("attention_norm")), w("query_key_value"), (heads + 2 * keyHeads) * head)
    );
    const q = mixed.map((row, t) => turn(row.slice(0, heads * head), t));
    const k = mixed.map((row, t) => turn(row.slice(heads * head, (heads + keyHeads) * head), t));
    const v = mixed.map((row) => row.slice((heads + keyHeads) * head));
    x = x.map((row, t) => {
      const seen = Array.from({ length: heads }, (_, h) => {
        const of = (all: number[], at: number) => all.slice(at * head, (at + 1) * head);
        const shared = Math.floor(h * keyHeads / heads);
        const e = Array.from({ length: t + 1 }, (_, s) => {
          const key = of(k[s], shared);
          return Math.exp(of(q[t], h).reduce((sum, a, d) => sum + a * key[d], 0) / Math.sqrt(head));
        });
        const total = e.reduce((a, b) => a + b, 0);
        return Array.from(
          { length: head },
          (_, d) => e.reduce((sum, a, s) => sum + a * of(v[s], shared)[d], 0) / total,
        );
      }).flat();
      const out = times(seen, w("out"), width);
      return row.map((r, d) => r + out[d]);
    });
    x = x.map((row) => {
      const opened = times(norm(row, w("feed_forward_norm")), w("gate_up"), 2 * hidden);
      const gated = Array.from(
        { length: hidden },
        (_, f) => opened[f] / (1 + Math.exp(-opened[f])) * opened[hidden + f],
      );
      const out = times(gated, w("down"), width);
      return row.map((r, d) => r + out[d]);
    });
  }
  return x.map((row) => {
    const last = norm(row, weights.final_norm);
    if (!tied) return times(last, weights.classifier, vocabulary);
    return Array.from(
      { length: vocabulary },
      (_, c) => last.reduce((sum, a, d) => sum + a * weights.embedding[c * width + d], 0),
    );
  });
}

const ids = [0, 3, 6, 6, 2, 1, 5, 4, 4, 0], length = 5;

for (const tied of [true, false]) {
  testOnEveryBackend(`logits of two sequences against float64, classifier ${tied ? "tied" : "its own"}`, () => {
    const all = { ...sizes, tied }, weights = draw(all, 1), model = transformer(all, weights);
    const logits = model.logits(Uint32Array.from(ids), length);
    assert.deepEqual(logits.shape, [2, length, 7]);
    const expected = [ids.slice(0, 5), ids.slice(5)].flatMap((s) => truth(all, weights, s).flat());
    // Each of some 20 operations a number passes through is off by a few 1e-7 of numbers up to 10.
    assertClose(logits.dataSync(), expected, 5e-5, "logits");
    model.dispose();
  });
}

testOnEveryBackend("the gradient in every parameter against differences in float64", () => {
  const weights = draw(sizes, 2), model = transformer(sizes, weights), names = Object.keys(weightShapes(sizes));
  const mask = ids.map((_, i) => Number(i % length >= 2));
  const { grads } = tf.variableGrads(
    () => tf.sum(model.logProb(Uint32Array.from(ids), mask, { length, reduction: "sum" }).logp) as Tensor as never,
    [...model.parameters],
  );
  const logProb = (weights: Record<string, ArrayLike<number>>) => {
    let total = 0;
    for (const start of [0, length]) {
      const rows = truth(sizes, weights, ids.slice(start, start + length));
      for (let t = 1; t < length; t++) {
        if (!mask[start + t]) continue;
        total += rows[t - 1][ids[start + t]] - Math.log(rows[t - 1].reduce((sum, l) => sum + Math.exp(l), 0));
      }
    }
    return total;
  };
  names.forEach((name, i) => {
    const at = rounded(weights[name]), slopes = (grads[model.parameters[i].name] as Variable).dataSync();
    const numeric = numericGradient((values) => logProb({ ...weights, [name]: values }), at);
    const largest = numeric.reduce((most, v) => Math.max(most, Math.abs(v)), 1);
    assertClose(slopes, numeric, 2e-5 * largest, name);
  });
  model.dispose();
});

testOnEveryBackend("sampling: prompts stay, the likeliest comes at temperature 0, and draws follow the logits", () => {
  const weights = draw(sizes, 3), model = transformer(sizes, weights), rng = Rng.seed(1);
  const greedy = model.sample(Uint32Array.of(1, 2, 3, 4), { promptLength: 2, length: 5, temperature: 0, rng });
  for (const start of [0, 5]) {
    const row = [...greedy.slice(start, start + 5)];
    assert.deepEqual(row.slice(0, 2), start === 0 ? [1, 2] : [3, 4]);
    for (let t = 2; t < 5; t++) {
      const logits = truth(sizes, weights, row.slice(0, t))[t - 1];
      assert.equal(row[t], logits.indexOf(Math.max(...logits)));
    }
  }
  const n = 4000, drawn = model.sample(new Uint32Array(n).fill(5), { promptLength: 1, length: 2, temperature: 2, rng });
  const e = truth(sizes, weights, [5])[0].map((l) => Math.exp(l / 2)), total = e.reduce((a, b) => a + b, 0);
  e.forEach((v, token) => {
    const p = v / total, count = drawn.filter((id, i) => i % 2 === 1 && id === token).length;
    assert.ok(
      Math.abs(count - n * p) <= 4.5 * Math.sqrt(n * p * (1 - p)) + 1,
      `token ${token}: ${count} of ${n}, p ${p}`,
    );
  });
  model.dispose();
});

testOnEveryBackend("the same bytes twice, and every tensor is freed", () => {
  const before = tf.memory().numTensors;
  const logits = () => {
    const model = transformer(sizes, initialWeights(sizes, Rng.seed(4)));
    const values = tf.tidy(() => model.logits(Uint32Array.from(ids), length).dataSync());
    model.dispose();
    return values;
  };
  assert.deepEqual(logits(), logits());
  assert.equal(tf.memory().numTensors, before);
});

Deno.test("weights start with standard deviation 0.02 and gains 1", () => {
  const large = { ...sizes, vocabulary: 200, width: 64 }, weights = initialWeights(large, Rng.seed(5));
  const { embedding } = weights, variance = embedding.reduce((sum, v) => sum + v * v, 0) / embedding.length;
  // The variance estimate has relative standard deviation √(2/n), n = 12,800.
  assert.ok(Math.abs(variance / 0.02 ** 2 - 1) < 5 * Math.sqrt(2 / embedding.length));
  assert.ok(weights["0.attention_norm"].every((gain) => gain === 1));
});

Deno.test("mistakes are named", async () => {
  await startBackend("cpu");
  const fails = (change: Partial<TransformerSizes>, message: string) =>
    assert.throws(() => weightShapes({ ...sizes, ...change }), { name: "RangeError", message });
  fails({ heads: 3 }, "width: 8 does not split into 3 heads of even width");
  fails({ heads: 4, keyHeads: 3 }, "keyHeads: 3 does not divide 4 heads");
  fails({ layers: 0 }, "layers: expected a count >= 1, got 0");
  const { final_norm: _, ...rest } = draw(sizes, 1);
  assert.throws(() => transformer(sizes, rest), {
    name: "TypeError",
    message: "weights: expected 8 numbers for final_norm, got undefined",
  });
  const model = transformer(sizes, draw(sizes, 1));
  assert.throws(() => model.logits(new Uint32Array(14), 7), {
    name: "RangeError",
    message: "length: expected 1 .. 6 and a divisor of 14 ids, got 7",
  });
  model.dispose();
});
