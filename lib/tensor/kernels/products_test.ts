import assert from "node:assert/strict";
import type { Tensor } from "@tensorflow/tfjs-core";
import { backendList, startBackend, tf } from "../backend.ts";
import { assertClose, onBackend, rounded, testOnEveryBackend, u } from "../backends_test_helpers.ts";
import { Rng } from "../../random.ts";
import { broadcastShape, offsetsOf, sizeOf } from "./broadcast.ts";

/** `[..., m, k] x [..., k, n]` in float64, each operand as stored. */
function truth(
  a: Float64Array,
  aShape: number[],
  transposeA: boolean,
  b: Float64Array,
  bShape: number[],
  transposeB: boolean,
): { values: Float64Array; shape: number[] } {
  const [m, k] = transposeA ? aShape.slice(-2).reverse() : aShape.slice(-2);
  const n = transposeB ? bShape[bShape.length - 2] : bShape[bShape.length - 1];
  const batch = broadcastShape(aShape.slice(0, -2), bShape.slice(0, -2));
  const aAt = offsetsOf(aShape.slice(0, -2), batch), bAt = offsetsOf(bShape.slice(0, -2), batch);
  const values = new Float64Array(sizeOf(batch) * m * n);
  for (let i = 0; i < values.length; i++) {
    const z = Math.floor(i / (m * n)), row = Math.floor(i / n) % m, column = i % n;
    for (let p = 0; p < k; p++) {
      values[i] += a[aAt[z] * m * k + (transposeA ? p * m + row : row * k + p)] *
        b[bAt[z] * k * n + (transposeB ? column * k + p : p * n + column)];
    }
  }
  return { values, shape: [...batch, m, n] };
}

const turned = (shape: number[], transposed: boolean) =>
  transposed ? [...shape.slice(0, -2), ...shape.slice(-2).reverse()] : shape;

/** [m, k, n] off and on the widths of registers, tiles and passes, vectors and empty ones. */
const sizes = [
  ...[1, 3, 17, 64, 129].flatMap((m) => [1, 3, 17, 64, 129].map((n) => [m, 17, n])),
  ...[[1, 1, 1], [6, 8, 8], [7, 300, 9], [121, 5, 8], [12, 257, 16], [64, 64, 64], [3, 2, 1030], [1, 129, 64]],
  ...[[0, 3, 2], [2, 0, 3], [2, 3, 0], [1, 0, 1]],
];
/** Leading axes of both operands. Stock kernels stretch one side only, so no policy may rely on more. */
const batches = (backend: string) => [
  ...[[[3], [3]], [[3], [1]], [[1], [3]], [[2], []], [[], [2]]],
  ...(!["native", "wasm"].includes(backend) ? [] : [[[2, 1], [1, 3]], [[2, 3], [3]], [[0], [1]]]),
];

testOnEveryBackend("products: every transposition, size and broadcast against float64", (backend) => {
  const rng = Rng.seed(1);
  const compare = (m: number, k: number, n: number, leading: number[][]) => {
    for (const [transposeA, transposeB] of [[false, false], [false, true], [true, false], [true, true]]) {
      const aShape = turned([...leading[0], m, k], transposeA), bShape = turned([...leading[1], k, n], transposeB);
      const a = rounded(rng.normals(sizeOf(aShape))), b = rounded(rng.normals(sizeOf(bShape)));
      const expected = truth(a, aShape, transposeA, b, bShape, transposeB);
      tf.tidy(() => {
        const tensors = [tf.tensor(Float32Array.from(a), aShape), tf.tensor(Float32Array.from(b), bShape)];
        const out = tf.matMul(tensors[0], tensors[1], transposeA, transposeB);
        assert.deepEqual(out.shape, expected.shape);
        // k products of standard normal numbers, each below 5² = 25 in size, summed in any order: k roundings of sums
        // that stay below 10√k for these draws.
        const label = `[${aShape}]${transposeA ? "ᵀ" : ""} x [${bShape}]${transposeB ? "ᵀ" : ""}`;
        assertClose(out.dataSync(), expected.values, u * 10 * Math.sqrt(k) * k + 1e-30, label);
      });
    }
  };
  for (const [m, k, n] of sizes) compare(m, k, n, [[], []]);
  for (const leading of batches(backend)) {
    compare(5, 4, 9, leading);
    compare(1, 4, 3, leading);
    compare(3, 7, 1, leading);
  }
});

testOnEveryBackend("the gradient of a product, broadcast batches included, is that of its definition", (backend) => {
  const rng = Rng.seed(2);
  for (const [aBatch, bBatch] of [[[], []], ...batches(backend)]) {
    if (sizeOf(aBatch) === 0) continue;
    for (const [transposeA, transposeB] of [[false, false], [false, true], [true, false], [true, true]]) {
      const aShape = turned([...aBatch, 3, 4], transposeA), bShape = turned([...bBatch, 4, 5], transposeB);
      const a = rounded(rng.normals(sizeOf(aShape))), b = rounded(rng.normals(sizeOf(bShape)));
      const batch = broadcastShape(aBatch, bBatch), upstream = rounded(rng.normals(sizeOf(batch) * 15));
      const slopes = tf.grads((a: Tensor, b: Tensor) => tf.matMul(a, b, transposeA, transposeB))(
        [tf.tensor(Float32Array.from(a), aShape), tf.tensor(Float32Array.from(b), bShape)],
        tf.tensor(Float32Array.from(upstream), [...batch, 3, 5]),
      );
      // The product is linear in each operand: the slope of one entry is the change that a unit there makes.
      const along = (aUnit: Float64Array, bUnit: Float64Array) =>
        truth(aUnit, aShape, transposeA, bUnit, bShape, transposeB).values.reduce((s, v, i) => s + v * upstream[i], 0);
      const units = (x: Float64Array) => Array.from(x, (_, i) => x.map((_, j) => i === j ? 1 : 0));
      const label = `[${aShape}] x [${bShape}]`;
      // Up to 6 · 5 terms below 10 in size, each rounding by u of a sum below 100.
      assertClose(slopes[0].dataSync(), units(a).map((unit) => along(unit, b)), u * 30 * 100, `${label} a`);
      assertClose(slopes[1].dataSync(), units(b).map((unit) => along(a, unit)), u * 30 * 100, `${label} b`);
      assert.deepEqual(slopes.map((slope) => slope.shape), [aShape, bShape]);
    }
  }
});

testOnEveryBackend("products: NaN and infinity reach what depends on them and nothing else", () => {
  for (const size of [1, 2, 7, 40]) {
    const a = tf.buffer([size, size], "float32"), b: Tensor = tf.ones([size, size]);
    a.set(NaN, size - 1, 0);
    for (const transposed of [false, true]) {
      const out = tf.matMul(a.toTensor(), b, transposed).dataSync();
      const bad = transposed ? 0 : size - 1;
      out.forEach((v, i) => assert.equal(Number.isNaN(v), Math.floor(i / size) === bad, `${size}: ${i}`));
    }
  }
});

testOnEveryBackend("integer products are integers", () => {
  const a = tf.tensor2d([[1, -2, 3], [4, 5, 6]], [2, 3], "int32"),
    b = tf.tensor2d([[7, 8, 9], [1, 2, 3]], [2, 3], "int32");
  const out = tf.matMul(a, b, false, true);
  assert.equal(out.dtype, "int32");
  assert.deepEqual([...out.dataSync()], [18, 6, 122, 32]);
  assert.deepEqual([...tf.matMul(a, b, true, false).dataSync()], [11, 16, 21, -9, -6, -3, 27, 36, 45]);
});

testOnEveryBackend("fused products: bias and activation as one after the other", () => {
  const rng = Rng.seed(3);
  const draw = (...shape: number[]): Tensor => tf.tensor(Float32Array.from(rng.normals(sizeOf(shape))), shape);
  for (const [aShape, bShape] of [[[4, 5], [5, 6]], [[3, 4, 5], [3, 5, 6]]]) {
    const a = draw(...aShape), b = draw(...bShape), bias = draw(6), alpha = draw(6);
    for (const activation of ["linear", "relu", "relu6", "elu", "sigmoid", "prelu", "leakyrelu"] as const) {
      const plain = tf.add(tf.matMul(a, b), bias);
      const expected = activation === "linear"
        ? plain
        : activation === "prelu"
        ? tf.prelu(plain, alpha)
        : activation === "leakyrelu"
        ? tf.leakyRelu(plain, 0.3)
        : tf[activation](plain);
      const transposed = tf.transpose(b, b.rank === 2 ? [1, 0] : [0, 2, 1]);
      for (const [right, transposeB] of [[b, false], [transposed, true]] as const) {
        const fused = tf.fused.matMul({
          a,
          b: right,
          transposeB,
          bias,
          activation,
          preluActivationWeights: activation === "prelu" ? alpha : undefined,
          leakyreluAlpha: 0.3,
        });
        assertClose(fused.dataSync(), expected.dataSync(), 100 * u, activation);
      }
    }
  }
});

for (const { name } of backendList) {
  Deno.test({
    ...onBackend(name, "products are the same to the bit every time"),
    fn: async () => {
      const product = async () => {
        await startBackend(name);
        return tf.tidy(() => {
          const rng = Rng.seed(4);
          const a = tf.tensor2d(Float32Array.from(rng.normals(70 * 300)), [70, 300]);
          const b = tf.tensor2d(Float32Array.from(rng.normals(300 * 50)), [300, 50]);
          return tf.matMul(a, b).dataSync();
        });
      };
      const first = await product();
      await startBackend("cpu");
      tf.tidy(() => tf.ones([123]));
      assert.deepEqual(await product(), first);
      for (let i = 0; i < 5; i++) assert.deepEqual(await product(), first);
    },
  });
}

Deno.test("sizes that do not fit are named", async () => {
  await startBackend("wasm");
  assert.throws(() => tf.matMul(tf.ones([2, 3]), tf.ones([4, 5])), {
    name: "TypeError",
    message: "matMul: inner sizes 3 and 4 of shapes [2,3] and [4,5] differ (transposeA=false, transposeB=false)",
  });
  assert.throws(() => tf.matMul(tf.ones([2, 3, 3]), tf.ones([3, 3, 5])), {
    name: "TypeError",
    message: "shapes [2] and [3] cannot be broadcast together",
  });
});

testOnEveryBackend("a weight changed in place is used as it is now", () => {
  const a = tf.ones([2, 3]) as Tensor, weights = tf.variable(tf.ones([3, 2]));
  assert.equal(tf.matMul(a, weights as Tensor).dataSync()[0], 3);
  weights.assign(tf.fill([3, 2], 2));
  assert.equal(tf.matMul(a, weights as Tensor).dataSync()[0], 6);
  weights.dispose();
});
