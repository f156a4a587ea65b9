/** Kernels of ours that stand in front of stock ones, against the reference engine. */
import assert from "node:assert/strict";
import type { Tensor } from "@tensorflow/tfjs-core";
import { startBackend, tf } from "../backend.ts";
import { Rng } from "../../random.ts";
import { sizeOf } from "./broadcast.ts";

type Draw = (...shape: number[]) => Tensor;

/** A use: what it does with inputs that `draw` makes; the same draws on every engine. */
interface Use {
  readonly name: string;
  readonly run: (draw: Draw) => Tensor;
  /** Largest difference allowed; 0: to the bit. */
  readonly tolerance?: number;
}

const lengths = [1, 3, 4, 17, 64, 129];
const shapes = [
  ...lengths.map((n) => [n]),
  [3, 17],
  [17, 3],
  [1, 64],
  [64, 1],
  [4, 8],
  [2, 3, 5],
  [2, 1, 5, 4],
  [0, 3],
  [3, 0],
];
const each = (name: string, run: (x: Tensor, draw: Draw) => Tensor, tolerance?: number): Use[] =>
  shapes.map((shape) => ({ name: `${name} [${shape}]`, run: (draw) => run(draw(...shape), draw), tolerance }));
const indices = (...list: number[]) => tf.tensor1d(list, "int32");
const bools = (x: Tensor) => tf.greater(x, 0);
/** Sums of at most 300 standard normal numbers in another order: roundings of partial sums below 60. */
const SUM = 300 * 60 * 2 ** -24;

const uses: Use[] = [
  ...each("sum of all", (x) => tf.sum(x), SUM),
  ...each("sum of the last axis", (x) => tf.sum(x, -1), SUM),
  ...each("sum of the first axis", (x) => tf.sum(x, 0, true), SUM),
  ...each("mean of the last axis", (x) => x.size > 0 ? tf.mean(x, -1) : x, SUM),
  ...each("largest of all", (x) => x.size > 0 ? tf.max(x) : x),
  ...each("largest of the first axis", (x) => x.size > 0 ? tf.max(x, 0) : x),
  ...each("smallest of the last axis", (x) => x.size > 0 ? tf.min(x, -1, true) : x),
  ...[[0, 2], [1, 3], [0, 1], [1, 2], [0, 3], [0, 1, 3]].flatMap((axes): Use[] => [
    { name: `sum over ${axes}`, run: (draw) => tf.sum(draw(3, 4, 5, 6), axes), tolerance: SUM },
    { name: `mean over ${axes}`, run: (draw) => tf.mean(draw(3, 4, 5, 6), axes, true), tolerance: SUM },
    { name: `max over ${axes}`, run: (draw) => tf.max(draw(3, 4, 5, 6), axes) },
  ]),
  { name: "mean of equal numbers is that number", run: () => tf.mean(tf.fill([49], 0.1)), tolerance: 1e-8 },
  { name: "sum of integers", run: (draw) => tf.sum(tf.cast(tf.mul(draw(3, 5), 9), "int32"), 0) },
  { name: "max of integers", run: (draw) => tf.max(tf.cast(tf.mul(draw(3, 5), 9), "int32"), 0) },

  ...each("transpose", (x) => tf.transpose(x)),
  ...[[0, 2, 1], [1, 0, 2], [2, 0, 1], [1, 2, 0], [2, 1, 0]].flatMap((perm) =>
    [[2, 3, 5], [5, 17, 4], [4, 1, 8], [0, 3, 2]].map((shape): Use => ({
      name: `transpose [${shape}] by ${perm}`,
      run: (draw) => tf.transpose(draw(...shape), perm),
    }))
  ),
  ...[[0, 2, 1, 3], [0, 1, 3, 2], [2, 3, 0, 1], [0, 3, 1, 2], [3, 0, 1, 2]].map((perm): Use => ({
    name: `transpose of rank 4 by ${perm}`,
    run: (draw) => tf.transpose(draw(3, 4, 5, 6), perm),
  })),
  { name: "transpose of booleans", run: (draw) => tf.transpose(bools(draw(5, 3))) },
  ...each("clone", (x) => tf.clone(x)),

  ...each("tile", (x) => tf.tile(x, x.shape.map((_, i) => i + 2))),
  ...each("tile of the first axis", (x) => tf.tile(x, x.shape.map((_, i) => i === 0 ? 3 : 1))),
  { name: "broadcast", run: (draw) => tf.broadcastTo(draw(1, 4, 1), [3, 4, 5]) },
  { name: "broadcast of a scalar", run: () => tf.broadcastTo(tf.scalar(2), [3, 7]) },
  { name: "tile of booleans", run: (draw) => tf.tile(bools(draw(3, 2)), [2, 3]) },
  ...[[[0, 1], [3, 2]], [[1, 0], [2, 5]], [[2, 4], [-1, -1]], [[0, 0], [0, 2]], [[1, 1], [1, 1]]].map((
    [begin, size],
  ): Use => ({
    name: `slice at ${begin} of ${size}`,
    run: (draw) => tf.slice(draw(3, 5), begin, size),
  })),
  { name: "slice of rank 4", run: (draw) => tf.slice(draw(3, 4, 5, 6), [1, 0, 2, 3], [2, 3, 2, 2]) },
  { name: "slice of rank 5", run: (draw) => tf.slice(draw(2, 3, 2, 3, 4), [0, 1, 0, 1, 0], [2, 2, 1, 2, 4]) },
  { name: "slice of whole inner axes", run: (draw) => tf.slice(draw(3, 4, 5), [1, 1, 0], [2, 2, 5]) },
  { name: "slice of booleans", run: (draw) => tf.slice(bools(draw(5, 5)), [1, 2], [3, 2]) },
  { name: "split", run: (draw) => tf.split(draw(6, 4), 2, 1)[1] },

  ...[0, 1, 2].map((axis): Use => ({
    name: `gather along ${axis}`,
    run: (draw) => tf.gather(draw(4, 5, 6), indices(3, 0, 0, 2), axis),
  })),
  { name: "gather by a table", run: (draw) => tf.gather(draw(4, 3), tf.tensor2d([[1, 3], [0, 1]], [2, 2], "int32")) },
  {
    name: "gather in batches",
    run: (draw) => tf.gather(draw(2, 5, 3), tf.tensor2d([[4, 0, 1], [2, 2, 3]], [2, 3], "int32"), 1, 1),
  },
  { name: "gather of single numbers", run: (draw) => tf.gather(draw(9), indices(8, 0, 8)) },
  {
    name: "gradient of gather",
    run: (draw) => tf.grad((x) => tf.gather(x, indices(3, 0, 3, 3, 1)))(draw(5, 7), draw(5, 7)),
    tolerance: 1e-6,
  },
  {
    name: "gradient of gather along the last axis",
    run: (draw) => tf.grad((x) => tf.gather(x, indices(3, 0, 3), 1))(draw(5, 7), draw(5, 3)),
    tolerance: 1e-6,
  },
  {
    name: "segments, some empty",
    run: (draw) => tf.unsortedSegmentSum(draw(6, 3), indices(4, 0, 4, -1, 2, 0), 6),
    tolerance: 1e-6,
  },

  ...each("maximum", (x, draw) => tf.maximum(x, draw(...x.shape))),
  ...each("minimum with one number", (x) => tf.minimum(x, 0.2)),
  { name: "maximum under a broadcast", run: (draw) => tf.maximum(draw(4, 1), draw(3)) },
  ...(["greater", "greaterEqual", "equal", "lessEqual", "less"] as const).flatMap((op): Use[] => [
    ...each(op, (x, draw) => tf[op](tf.round(x), tf.round(draw(...x.shape)))),
    ...each(`${op} than one number`, (x) => tf[op](tf.round(x), 1)),
    ...each(`one number ${op}`, (x) => tf[op](1, tf.round(x))),
    { name: `${op} under a broadcast`, run: (draw) => tf[op](tf.round(draw(4, 1)), tf.round(draw(3))) },
  ]),
  ...each("clip", (x) => tf.clipByValue(x, -0.5, 0.7)),
  ...each("where", (x, draw) => tf.where(bools(draw(...x.shape)), x, draw(...x.shape))),
  { name: "where, mask broadcast", run: (draw) => tf.where(bools(draw(5, 5)), draw(2, 3, 5, 5), tf.scalar(-1e9)) },
  {
    name: "where, integers",
    run: (draw) => tf.where(bools(draw(9)), tf.range(0, 9, 1, "int32"), tf.range(9, 0, -1, "int32")),
  },
  { name: "where, booleans", run: (draw) => tf.where(bools(draw(9)), bools(draw(9)), bools(draw(9))) },

  { name: "cast to boolean", run: () => tf.cast(tf.tensor1d([0, 0.5, -0.25, -0, NaN, 3]), "bool") },
  { name: "cast to integers", run: () => tf.cast(tf.tensor1d([0, 0.5, -1.75, 3]), "int32") },
  { name: "one-hot as float32", run: () => tf.oneHot(indices(2, 0, -1, 5), 4, 1.5, -0.5, "float32") },
  { name: "one-hot", run: () => tf.oneHot(indices(2, 0), 4) },
  ...[0, 1].map((axis): Use => ({
    name: `cumulative sum along ${axis}`,
    run: (draw) => tf.cumsum(draw(4, 6), axis),
    tolerance: 1e-6,
  })),
];

/** NaN among the numbers, at the ends and in the middle, for what must not lose it. */
const withNaN = () => tf.tensor2d([[NaN, 1, 2, 3, 4], [1, 2, NaN, 4, 5], [1, 2, 3, 4, NaN], [1, 2, 3, 4, 5]]);
uses.push(
  { name: "NaN in max", run: () => tf.max(withNaN(), -1) },
  { name: "NaN in min of columns", run: () => tf.min(withNaN(), 0) },
  { name: "NaN in sum", run: () => tf.sum(withNaN(), -1) },
  { name: "NaN in maximum", run: () => tf.maximum(withNaN(), 3) },
  { name: "NaN in minimum", run: () => tf.minimum(3, withNaN()) },
  { name: "NaN in clip", run: () => tf.clipByValue(withNaN(), 2, 3) },
  { name: "NaN in greater", run: () => tf.greater(withNaN(), 2) },
  { name: "NaN in lessEqual", run: () => tf.lessEqual(withNaN(), 2) },
);

Deno.test("our kernels give what the reference engine gives", async () => {
  const all = async (backend: string) => {
    await startBackend(backend);
    return uses.map(({ run }, number) =>
      tf.tidy(() => {
        const rng = Rng.seed(number);
        let inputs = 0;
        const draw: Draw = (...shape) => tf.tensor(Float32Array.from(rng.fork(inputs++).normals(sizeOf(shape))), shape);
        const out = run(draw);
        return { shape: out.shape, dtype: out.dtype, values: [...out.dataSync()] };
      })
    );
  };
  const expected = await all("cpu"), actual = await all("wasm");
  uses.forEach(({ name, tolerance = 0 }, i) => {
    assert.deepEqual(actual[i].shape, expected[i].shape, name);
    assert.equal(actual[i].dtype, expected[i].dtype, name);
    expected[i].values.forEach((v, j) => {
      const got = actual[i].values[j];
      assert.ok(
        Object.is(got, v) || got === v || Math.abs(got - v) <= tolerance,
        `${name}[${j}]: got ${got}, expected ${v}`,
      );
    });
  });
});

Deno.test("a cumulative sum along an axis counted from the end", async () => {
  await startBackend("wasm"); // the reference engine loses the shape of this one
  const sum = tf.cumsum(tf.tensor2d([[1, 2, 3], [4, 5, 6]]), -1);
  assert.deepEqual([...sum.dataSync()], [1, 3, 6, 4, 9, 15]);
});

Deno.test("an index out of range is named", async () => {
  await startBackend("wasm");
  assert.throws(() => tf.gather(tf.ones([4, 2]), indices(0, 4)), {
    name: "RangeError",
    message: "GatherV2: the index value 4 is not in [0, 3]",
  });
});

Deno.test("a copy outlives what it was made from, and the other way round", async () => {
  await startBackend("wasm");
  const x = tf.tensor1d([1, 2, 3]), copy = tf.clone(x), view = tf.transpose(tf.reshape(x, [3, 1]));
  const before = tf.memory().numDataBuffers;
  x.dispose();
  assert.deepEqual([...copy.dataSync()], [1, 2, 3]);
  copy.dispose();
  assert.deepEqual([...view.dataSync()], [1, 2, 3]);
  view.dispose();
  assert.equal(tf.memory().numDataBuffers, before);
});
