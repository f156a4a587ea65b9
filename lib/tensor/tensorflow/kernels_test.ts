/** Where the engine is installed: values do not depend on their place, nor on what else is in the batch. */
import type { Tensor } from "@tensorflow/tfjs-core";
import assert from "node:assert/strict";
import { skippedIf } from "../../optional/skipping.ts";
import { startBackend, tf } from "../backend.ts";
import { assertClose, rounded, u } from "../backends_test_helpers.ts";
import { Rng } from "../../random.ts";
import { PACKAGE, READY, whyAbsent } from "./place.ts";

function testOnTensorFlow(name: string, body: () => void): void {
  Deno.test({
    ...skippedIf(whyAbsent() !== undefined, `${name} [tensorflow]`, "TensorFlow"),
    fn: async () => {
      await startBackend("tensorflow");
      const before = tf.memory().numTensors;
      tf.tidy(body);
      assert.equal(tf.memory().numTensors, before, "tensors are left");
    },
  });
}

const normals = (seed: number, ...shape: number[]) =>
  tf.tensor(Float32Array.from(Rng.seed(seed).normals(shape.reduce((a, b) => a * b, 1))), shape);
const values = (x: Tensor) => Array.from(x.dataSync());

testOnTensorFlow("the package is of the version of tfjs, and joins its engine", () => {
  const { version } = JSON.parse(Deno.readTextFileSync(`${READY}/${PACKAGE}/package.json`));
  assert.equal(version, tf.version_core);
  assert.equal(tf.getBackend(), "tensorflow");
  const held = (globalThis as unknown as { _tfengine: unknown })._tfengine;
  assert.equal(tf.engine(), held);
});

const unary: Record<string, (x: Tensor) => Tensor> = {
  exp: (x) => tf.exp(x),
  log: (x) => tf.log(x),
  log1p: (x) => tf.log1p(x),
  expm1: (x) => tf.expm1(x),
  rsqrt: (x) => tf.rsqrt(x),
  reciprocal: (x) => tf.reciprocal(x),
  sigmoid: (x) => tf.sigmoid(x),
};

for (const [name, f] of Object.entries(unary)) {
  testOnTensorFlow(`${name}: a value alone is the value among others`, () => {
    const x = tf.add(tf.abs(normals(1, 150)), 0.01), whole = values(f(x));
    for (let i = 0; i < 150; i++) {
      assert.equal(values(f(tf.slice(x, [i], [1])))[0], whole[i], `at ${i}`);
      assert.deepEqual(values(f(tf.slice(x, [0], [i]))), whole.slice(0, i), `the first ${i}`);
    }
    assert.deepEqual(f(tf.reshape(x, [3, 50])).shape, [3, 50]);
  });
}

testOnTensorFlow("sigmoid is good to 4u from one end to the other", () => {
  const x = rounded(Array.from({ length: 2001 }, (_, i) => (i - 1000) / 12.5));
  // exp 2u, sum and quotient u each.
  const truth = x.map((v) => 1 / (1 + Math.exp(-v)));
  assertClose(tf.sigmoid(tf.tensor1d(Float32Array.from(x))).dataSync(), truth, (p) => 4 * u * p, "sigmoid");
});

testOnTensorFlow("softmax of a row does not depend on the number of rows, and is right", () => {
  for (const size of [1, 3, 17, 64, 129]) {
    const x = normals(size, 7, size), whole = values(tf.softmax(x));
    for (const rows of [1, 2, 5]) {
      assert.deepEqual(values(tf.softmax(tf.slice(x, [0, 0], [rows, size]))), whole.slice(0, rows * size));
    }
    // exp of a rounded difference below 10 in size: 10u + 2u; a sum of n: n·u; the quotient: u.
    const input = Array.from(x.dataSync());
    const truth = input.map((v, i) => {
      const row = input.slice(Math.floor(i / size) * size, Math.floor(i / size) * size + size);
      return Math.exp(v) / row.reduce((sum, w) => sum + Math.exp(w), 0);
    });
    assertClose(whole, truth, (p) => (13 + size) * u * p, `softmax of ${size}`);
  }
});

const products = [[1, 16, 200], [1, 200, 16], [2, 16, 200], [3, 5, 6], [17, 64, 129], [1, 1000, 3], [4, 1000, 1]];
for (const [rows, inner, columns] of products) {
  testOnTensorFlow(`[${rows},${inner}] x [${inner},${columns}]: a product alone is the product in a batch`, () => {
    const a = normals(1, 5, rows, inner), b = normals(2, 5, inner, columns);
    const at = tf.transpose(a, [0, 2, 1]), bt = tf.transpose(b, [0, 2, 1]);
    const forms = [
      (count: number) => tf.matMul(first(a, count), first(b, count)),
      (count: number) => tf.matMul(first(at, count), first(b, count), true),
      (count: number) => tf.matMul(first(a, count), first(bt, count), false, true),
    ];
    const first = (x: Tensor, count: number) => tf.slice(x, [0, 0, 0], [count, -1, -1]);
    for (const form of forms) {
      const whole = values(form(5));
      for (const count of [1, 2, 4]) assert.deepEqual(values(form(count)), whole.slice(0, count * rows * columns));
    }
    const whole = values(forms[0](1));
    const shared = values(tf.matMul(a, first(b, 1)));
    assert.deepEqual(shared.slice(0, rows * columns), whole, "b broadcast");
  });

  testOnTensorFlow(`[n,${inner}] x [${inner},${columns}]: a row does not depend on the number of rows`, () => {
    const a = normals(3, 51, inner), b = normals(4, inner, columns), whole = values(tf.matMul(a, b));
    for (const count of [1, 2, 3, 9, 24, 25, 26, 49]) {
      const some = values(tf.matMul(tf.slice(a, [0, 0], [count, inner]), b));
      assert.deepEqual(some, whole.slice(0, count * columns), `${count} rows`);
    }
    const asBatch = tf.matMul(tf.reshape(a, [51, 1, inner]), tf.reshape(b, [1, inner, columns]));
    assert.deepEqual(values(asBatch), whole, "each row a batch of its own");
    // Against the definition: `inner` terms of size below 25, each rounded, and as many sums.
    const x = a.dataSync(), y = b.dataSync();
    const truth = whole.map((_, i) => {
      let sum = 0;
      for (let k = 0; k < inner; k++) sum += x[Math.floor(i / columns) * inner + k] * y[k * columns + i % columns];
      return sum;
    });
    assertClose(whole, truth, inner * inner * 25 * u, "product");
  });
}

testOnTensorFlow("empty products and gradients pass through", () => {
  assert.deepEqual(tf.matMul(tf.zeros([0, 3]), tf.zeros([3, 2])).shape, [0, 2]);
  assert.deepEqual(values(tf.matMul(tf.zeros([1, 0]), tf.zeros([0, 2]))), [0, 0]);
  const slope = tf.grad((x) => tf.sum(tf.matMul(x as Tensor, tf.tensor2d([[1, 2], [3, 4]]))));
  assert.deepEqual(values(slope(tf.tensor2d([[5, 6]]))), [3, 7]);
});
