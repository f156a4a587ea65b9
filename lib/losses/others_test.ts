/**
 * What holds for every per-example loss of the unpaired, reward, game and distribution families.
 */
import assert from "node:assert/strict";
import type { Tensor } from "@tensorflow/tfjs-core";
import { assertClose, numericGradient, testOnEveryBackend, u } from "../tensor/backends_test_helpers.ts";
import { tf } from "../tensor/backend.ts";
import { Rng } from "../random.ts";
import { asTensors, type Batch, drawBatch, slopesIn, specs } from "./others_test_helpers.ts";

const sum = (x: ArrayLike<number>) => Array.from(x).reduce((a, b) => a + b, 0);
// Inputs are exact and below 12 in size. Four of them are added with rounding errors of 12u each, scaled by at most 1; then
// some ten operations of relative error u, exp and log kernels of a few u. A square doubles the relative error.
const close = (expected: number) => 100 * u * (1 + Math.abs(expected));

testOnEveryBackend("values and gradients against float64; constants have no gradient", () => {
  for (const spec of specs) {
    const batch = drawBatch(spec, 1, 10), tensors = asTensors(batch);
    assertClose(spec.loss(tensors).dataSync(), spec.manual(batch), close, spec.name);
    const slopes = slopesIn(spec, tensors);
    for (const name of spec.inputs) {
      if (!spec.trained.includes(name)) {
        assert.ok(slopes[name].every((s) => s === 0), `${spec.name}: ${name} is a constant`);
        continue;
      }
      const truth = spec.slope?.(batch) ??
        numericGradient((x) => sum(spec.manual({ ...batch, [name]: x })), batch[name]);
      assertClose(slopes[name], truth, close, `${spec.name}: gradient in ${name}`);
      assert.ok(slopes[name].some((s) => Math.abs(s) > 0.01), `${spec.name}: ${name} moves`);
    }
  }
});

testOnEveryBackend("a batch in another order gives the same losses in that order", () => {
  const order = Rng.seed(2).permutation(9);
  for (const spec of specs) {
    const batch = drawBatch(spec, 3, 9);
    const moved = Object.fromEntries(
      Object.entries(batch).map(([name, x]) => [name, Float64Array.from(order, (i) => x[i])]),
    );
    const [before, after] = [batch, moved].map((b) => spec.loss(asTensors(b)).dataSync());
    const expected = Float64Array.from(order, (i) => before[i]);
    // A mean in another order: 9 roundings.
    assertClose(after, expected, spec.coupled ? close : 0, spec.name);
  }
});

testOnEveryBackend("replicates are rows that do not mix, in value and in gradient", () => {
  for (const spec of specs) {
    const rows = [4, 5, 6].map((seed) => asTensors(drawBatch(spec, seed, 7)));
    const together = Object.fromEntries(
      spec.inputs.map((
        name,
      ) => [name, tf.tensor2d(rows.flatMap((row) => [...row[name].dataSync()]), [3, 7]) as Tensor]),
    );
    assert.deepEqual(spec.loss(together).shape, [3, 7]);
    assert.deepEqual(
      [...spec.loss(together).dataSync()],
      rows.flatMap((row) => [...spec.loss(row).dataSync()]),
      spec.name,
    );
    const slopes = slopesIn(spec, together), alone = rows.map((row) => slopesIn(spec, row));
    for (const name of spec.trained) {
      assert.deepEqual([...slopes[name]], alone.flatMap((row) => [...row[name]]), `${spec.name}: ${name}`);
    }
    const deep = Object.fromEntries(spec.inputs.map((name) => [name, tf.reshape(together[name], [3, 1, 7]) as Tensor]));
    assert.deepEqual(spec.loss(deep).shape, [3, 1, 7]);
  }
});

testOnEveryBackend("accumulated over parts of any sizes it is the loss of the whole batch", () => {
  for (const spec of specs.filter((s) => !s.coupled)) {
    const batch = drawBatch(spec, 7, 8);
    const whole = spec.loss(asTensors(batch)).dataSync();
    for (const sizes of [[1, 1, 1, 1, 1, 1, 1, 1], [3, 3, 2], [8]]) {
      let start = 0;
      const parts = sizes.flatMap((size) => {
        const from = start;
        start += size;
        const part: Batch = Object.fromEntries(
          Object.entries(batch).map(([name, x]) => [name, x.subarray(from, from + size)]),
        );
        return [...spec.loss(asTensors(part)).dataSync()];
      });
      assert.deepEqual(parts, [...whole], `${spec.name} in parts of ${sizes}`);
    }
  }
});

testOnEveryBackend("log-probs raised together change nothing", () => {
  for (const spec of specs) {
    const batch = drawBatch(spec, 8, 6);
    const before = spec.loss(asTensors(batch)).dataSync();
    for (const pair of spec.shifts ?? []) {
      const raised = { ...batch };
      for (const name of pair) raised[name] = batch[name].map((v) => v - 16);
      // Raised inputs, below 32, are rounded by 16u each.
      const allowed = (v: number) => close(v) + 2 * 16 * u * 2 * (1 + Math.sqrt(Math.abs(v)));
      assertClose(spec.loss(asTensors(raised)).dataSync(), before, allowed, `${spec.name}: ${pair}`);
    }
  }
});

testOnEveryBackend("log-ratios of ±80 and log-probs of −900: right in value, finite in gradient", () => {
  const far = [-80, 80, -80, 80, 0, 900, 900, 0], other = [80, -80, -80, 80, 900, 0, 900, 0];
  for (const spec of specs) {
    const batch: Batch = Object.fromEntries(spec.inputs.map((name, i) => {
      if (name === "desirable" || name === "tied") return [name, Float64Array.from(far, (_, j) => Number(j % 2 === 0))];
      if (name === "moved") return [name, Float64Array.from(far, () => 0.5)];
      if (name === "distance") return [name, Float64Array.from(far, () => 0.25)];
      if (name.startsWith("reference")) return [name, Float64Array.from(far, () => -80)];
      const numbers = (i % 2 === 0 ? far : other).map((v) => v + (name.startsWith("policy") ? 80 : 0));
      return [name, Float64Array.from(numbers, (v) => -v)];
    }));
    const tensors = asTensors(batch);
    // Inputs are whole numbers: all that is rounded is relative, and exp of up to 900: 900u more.
    assertClose(spec.loss(tensors).dataSync(), spec.manual(batch), (v) => 1000 * u * (1 + Math.abs(v)), spec.name);
    for (const [name, slopes] of Object.entries(slopesIn(spec, tensors))) {
      assert.ok(slopes.every(Number.isFinite), `${spec.name}: gradient in ${name}`);
    }
  }
});

testOnEveryBackend("NaN, infinities and shapes that differ are refused by name", () => {
  for (const spec of specs) {
    const batch = drawBatch(spec, 9, 4), tensors = asTensors(batch);
    for (const name of spec.inputs) {
      for (const bad of [NaN, Infinity, -Infinity]) {
        const spoilt = { ...tensors, [name]: tf.tensor1d([...batch[name]].map((v, i) => i === 2 ? bad : v)) };
        assert.throws(() => spec.loss(spoilt), {
          name: "RangeError",
          message: `${name}[2] is ${bad}: expected a finite number`,
        }, `${spec.name}: ${name}`);
      }
      if (spec.inputs.length === 1) continue;
      const short = { ...tensors, [name]: tf.tensor1d([...batch[name].subarray(0, 3)]) };
      assert.throws(() => spec.loss(short), (error: Error) => {
        assert.equal(error.name, "TypeError");
        assert.match(error.message, /^\w+: expected the shape \[[34]\] of \w+, got \[[34]\]$/, `${spec.name}: ${name}`);
        assert.ok(error.message.includes(name), `${spec.name}: ${error.message} names ${name}`);
        return true;
      });
    }
  }
});
