import assert from "node:assert/strict";
import fc from "fast-check";
import type { Tensor } from "@tensorflow/tfjs-core";
import { startBackend, tf } from "./backend.ts";
import { assertClose, numericGradient, rounded, testOnEveryBackend, u } from "./backends_test_helpers.ts";
import { Rng } from "../random.ts";
import { type Reduction, sequenceLogProb } from "./sequence.ts";

const reductions = ["sum", "mean", "none"] as const;
const values = (logits: Tensor, labels: number[], mask: number[], reduction: Reduction = "sum") => [
  ...sequenceLogProb(logits, labels, mask, { reduction }).logp.dataSync(),
];
const random = (seed: number, shape: number[]) =>
  tf.tensor(Float32Array.from(Rng.seed(seed).normals(shape.reduce((a, b) => a * b, 1))), shape) as Tensor;

testOnEveryBackend("over all sequences of up to three words the probabilities sum to one", () => {
  const words = 3, eos = 0;
  // A model with one logit table a prefix; a sequence ends with eos, or at the third word.
  const table = new Map<string, number[]>();
  const rng = Rng.seed(1);
  const next = (prefix: number[]) => {
    const key = prefix.join();
    if (!table.has(key)) table.set(key, [...rounded(rng.normals(words))]);
    return table.get(key)!;
  };
  const sequences: number[][] = [];
  const grow = (prefix: number[]) => {
    for (let word = 0; word < words; word++) {
      const longer = [...prefix, word];
      if (word === eos || longer.length === 3) sequences.push(longer);
      else grow(longer);
    }
  };
  grow([]);
  assert.equal(sequences.length, 1 + 2 * (1 + 2 * 3));
  // One prompt token (of any id) in front, eos as padding behind.
  const length = 4;
  const logits = sequences.map((s) =>
    Array.from({ length }, (_, t) => t < s.length ? next(s.slice(0, t)) : [NaN, NaN, NaN])
  );
  const labels = sequences.flatMap((s) => [2, ...s, ...new Array(3 - s.length).fill(eos)]);
  const mask = sequences.flatMap((s) => [0, ...s.map(() => 1), ...new Array(3 - s.length).fill(0)]);
  const { logp, tokens, empty } = sequenceLogProb(tf.tensor3d(logits), labels, mask, { reduction: "sum" });
  // Each log-prob is rounded once, to within u·|logp| (which is below 16): so is each probability, relatively.
  const total = [...logp.dataSync()].reduce((sum, l) => sum + Math.exp(l), 0);
  assert.ok(Math.abs(total - 1) <= 16 * u, `${total}`);
  assert.deepEqual([...tokens], sequences.map((s) => s.length), "the first eos counts, padding with its id does not");
  assert.equal(empty, 0);
});

Deno.test("one sequence by hand", async () => {
  await startBackend("cpu");
  // The label of position 0 and the last logits play no part.
  const logits = tf.tensor3d([[[Math.log(1), Math.log(3)], [Math.log(4), Math.log(1)], [50, -50]]]);
  assertClose(values(logits, [0, 1, 0], [1, 1, 1]), [Math.log(3 / 4) + Math.log(4 / 5)], 4 * u, "sum");
  assertClose(values(logits, [0, 1, 0], [1, 1, 1], "mean"), [Math.log(3 / 5) / 2], 4 * u, "mean");
  assertClose(values(logits, [0, 1, 0], [1, 0, 1], "none"), [0, Math.log(4 / 5)], 4 * u, "none");
});

testOnEveryBackend("a constant on the logits of a position, padding and its ids change nothing", () => {
  const [batch, length, words] = [3, 5, 4];
  fc.assert(
    fc.property(fc.nat(1000), fc.integer({ min: 0, max: 6 }), fc.integer({ min: -100, max: 99 }), (seed, more, id) => {
      const rng = Rng.seed(seed);
      // Sixteenths, so that adding an integer is exact.
      const rows = Array.from(
        { length: batch },
        () => Array.from({ length }, () => Array.from({ length: words }, () => (rng.integer(97) - 48) / 16)),
      );
      const labels = rows.map((row) => row.map(() => rng.integer(words)));
      const mask = rows.map((row) => row.map(() => rng.integer(2)));
      const shifts = rows.map((row) => row.map(() => rng.integer(201) - 100));
      const padded = rows.map((row, b) => [
        ...row.map((at, t) => at.map((v) => v + shifts[b][t])),
        ...Array.from({ length: more }, () => [NaN, -Infinity, Infinity, id]),
      ]);
      for (const reduction of reductions) {
        const before = values(tf.tensor3d(rows), labels.flat(), mask.flat(), reduction);
        const after = values(
          tf.tensor3d(padded),
          labels.flatMap((row) => [...row, ...new Array(more).fill(id)]),
          mask.flatMap((row) => [...row, ...new Array(more).fill(0)]),
          reduction,
        );
        if (reduction !== "none") assert.deepEqual(after, before);
        else {
          const width = length + more - 1;
          assert.deepEqual(after.filter((_, i) => i % width < length - 1), before);
          assert.ok(after.every((v, i) => i % width < length - 1 || v === 0));
        }
      }
    }),
    { numRuns: 30, seed: 1 },
  );
});

testOnEveryBackend("gradients, on given and computed logits", () => {
  const shape = [2, 4, 3], labels = [0, 2, 1, 0, 1, 1, 2, 2], mask = [0, 1, 1, 0, 1, 0, 1, 1];
  for (const reduction of reductions) {
    const x = random(3, shape);
    const size = reduction === "none" ? 6 : 2;
    const upstream = rounded(Rng.seed(4).normals(size));
    const pulled = (x: Tensor) =>
      tf.sum(tf.mul(
        tf.reshape(sequenceLogProb(x, labels, mask, { reduction }).logp, [-1]),
        tf.tensor1d(Float32Array.from(upstream)),
      ));
    const slopes = tf.grad((x) => pulled(x as Tensor))(x).dataSync();
    assert.deepEqual(tf.grad((x) => pulled(tf.mul(x as Tensor, 1)))(x).dataSync(), slopes);
    const objective = (at: Float64Array) => {
      const token = (b: number, t: number) => {
        const row = at.subarray((b * 4 + t - 1) * 3, (b * 4 + t) * 3);
        return row[labels[b * 4 + t]] - Math.log(row.reduce((sum, v) => sum + Math.exp(v), 0));
      };
      let total = 0;
      for (const b of [0, 1]) {
        const counted = [1, 2, 3].filter((t) => mask[b * 4 + t] === 1);
        for (const t of counted) {
          const weight = reduction === "none"
            ? upstream[b * 3 + t - 1]
            : upstream[b] / (reduction === "mean" ? counted.length : 1);
          total += weight * token(b, t);
        }
      }
      return total;
    };
    // Slopes below 3 in size, rounded once after float64 (upstream: exact); differences are good to 1e-9.
    assertClose(slopes, numericGradient(objective, x.dataSync()), 3 * u + 1e-9, reduction);
  }
});

testOnEveryBackend("empty completions give 0, count, and pull on nothing", () => {
  const x = random(5, [3, 3, 2]);
  const labels = [0, 1, 1, 0, 1, 1, -7, 99, 1], mask = [1, 0, 0, 0, 1, 1, 0, 0, 0];
  for (const reduction of ["sum", "mean"] as const) {
    const { logp, tokens, empty } = sequenceLogProb(x, labels, mask, { reduction });
    assert.deepEqual([...tokens], [0, 2, 0]);
    assert.equal(empty, 2);
    assert.deepEqual([...logp.dataSync()].map((v) => v === 0), [true, false, true]);
    const slopes = tf.grad((x) => tf.sum(sequenceLogProb(x as Tensor, labels, mask, { reduction }).logp))(x).dataSync();
    assert.deepEqual([...slopes].map((v) => v !== 0), [0, 1, 0].flatMap((b) => [b, b, 0].flatMap((s) => [!!s, !!s])));
  }
});

testOnEveryBackend("impossible tokens and NaN where a token counts are not hidden", () => {
  const at = (row: number[], id: number) => values(tf.tensor3d([[row, [0, 0]]]), [0, id], [0, 1])[0];
  assert.equal(at([-Infinity, 3], 1), 0);
  assert.equal(at([-Infinity, 3], 0), -Infinity);
  assert.ok(Number.isNaN(at([NaN, 3], 1)));
  assert.ok(Number.isNaN(at([Infinity, 3], 1)));
  assert.equal(at([3e38, -3e38], 1), -Infinity);
});

Deno.test("mistakes are named", async () => {
  await startBackend("cpu");
  const x = tf.zeros([2, 3, 4]), labels = [0, 1, 2, 0, 1, 2], mask = [0, 1, 1, 0, 1, 1];
  const fails = (error: { name: string; message: string }, ...args: Parameters<typeof sequenceLogProb>) =>
    assert.throws(() => sequenceLogProb(...args), error);
  fails(
    { name: "TypeError", message: "logits: expected shape [B, T, V], got [6,4]" },
    tf.zeros([6, 4]),
    labels,
    mask,
    { reduction: "sum" },
  );
  fails(
    { name: "TypeError", message: "labels: expected 2 x 3 entries for logits [2,3,4], got 5" },
    x,
    labels.slice(1),
    mask,
    { reduction: "sum" },
  );
  fails(
    { name: "TypeError", message: "mask: expected 2 x 3 entries for logits [2,3,4], got 2" },
    x,
    labels,
    [1, 1],
    { reduction: "sum" },
  );
  fails(
    { name: "RangeError", message: "labels[2] is 4: expected an id in 0 .. 3" },
    x,
    [0, 1, 4, 0, 1, 2],
    mask,
    { reduction: "sum" },
  );
  fails(
    { name: "RangeError", message: "mask[4] is 0.5: expected 0 or 1" },
    x,
    labels,
    [0, 1, 1, 0, 0.5, 1],
    { reduction: "sum" },
  );
  fails(
    { name: "RangeError", message: "reduction: expected one of sum, mean, none, got average" },
    x,
    labels,
    mask,
    { reduction: "average" as "mean" },
  );
});
