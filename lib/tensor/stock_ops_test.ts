/**
 * Every tfjs operation that the project uses, forward and backward, on every engine: some stock kernels are slow, wrong or
 * missing on one engine or another, so none is trusted before it stands in this list.
 */
import assert from "node:assert/strict";
import type { Tensor, Variable } from "@tensorflow/tfjs";
import { startBackend, tf } from "./backend.ts";
import { assertClose, numericGradient, rounded, testOnEveryBackend, u } from "./backends_test_helpers.ts";
import { Rng } from "./random.ts";

/** One use of an operation: what tfjs does, and what it should do to flat float64 inputs. */
interface Use {
  readonly op: string;
  readonly shapes: readonly number[][];
  /** From the index of an input and a standard normal draw; default: the draw, kept 0.1 away from the kink at 0. */
  readonly draw?: (input: number, z: number) => number;
  readonly forwardOnly?: boolean;
  readonly tf: (...inputs: Tensor[]) => Tensor;
  readonly f64: (...inputs: Float64Array[]) => ArrayLike<number>;
}

const away = (z: number) => z + 0.1 * Math.sign(z);
const positive = (z: number) => Math.abs(z) + 0.1;
const rows = (x: Float64Array, width: number) =>
  Array.from({ length: x.length / width }, (_, r) => x.subarray(r * width, (r + 1) * width));
const sum = (x: ArrayLike<number>) => Array.from(x).reduce((a, b) => a + b, 0);

/** `[batch, n, k] x [batch, k, m]`. */
function product(a: Float64Array, b: Float64Array, [batch, n, k, m]: number[]): Float64Array {
  return Float64Array.from({ length: batch * n * m }, (_, i) => {
    const z = Math.floor(i / (n * m)), r = Math.floor(i / m) % n, c = i % m;
    let total = 0;
    for (let j = 0; j < k; j++) total += a[(z * n + r) * k + j] * b[(z * k + j) * m + c];
    return total;
  });
}

/** `[batch, k, m]` from the transposed `[batch, m, k]`. */
const turned = (x: Float64Array, [, k, m]: number[]) =>
  x.map((_, i) => x[Math.floor(i / (k * m)) * k * m + (i % m) * k + Math.floor(i / m) % k]);

const sizes = { R: 3, X: 7 };
const table = [sizes.R, sizes.X], column = [sizes.R, 1], row = [sizes.X];
/** Conditions that alternate over the table. */
const signs = () => tf.tensor2d(Array.from({ length: sizes.R * sizes.X }, (_, i) => i % 2), [sizes.R, sizes.X], "bool");
const unary = (op: string, apply: (x: Tensor) => Tensor, truth: (x: number) => number, draw = away): Use => ({
  op,
  shapes: [table],
  draw: (_, z) => draw(z),
  tf: apply,
  f64: (x) => x.map(truth),
});
/** Same shapes, a column, a row and a scalar against a table: the broadcasts that losses make. */
const binary = (op: string, apply: (a: Tensor, b: Tensor) => Tensor, truth: (a: number, b: number) => number): Use[] =>
  [table, column, row, []].map((shape) => ({
    op,
    shapes: [table, shape],
    draw: (_, z) => away(z),
    tf: apply,
    f64: (a, b) =>
      a.map((v, i) => {
        const at = b.length === 1 ? 0 : b.length === sizes.R ? Math.floor(i / sizes.X) : i % b.length;
        return truth(v, b[at]);
      }),
  }));

const uses: Use[] = [
  ...binary("add", (a, b) => tf.add(a, b), (a, b) => a + b),
  ...binary("sub", (a, b) => tf.sub(a, b), (a, b) => a - b),
  ...binary("mul", (a, b) => tf.mul(a, b), (a, b) => a * b),
  ...binary("div", (a, b) => tf.div(a, b), (a, b) => a / b),
  unary("neg", (x) => tf.neg(x), (x) => -x),
  unary("exp", (x) => tf.exp(x), Math.exp),
  unary("log", (x) => tf.log(x), Math.log, positive),
  unary("abs", (x) => tf.abs(x), Math.abs),
  unary("square", (x) => tf.square(x), (x) => x * x),
  unary("rsqrt", (x) => tf.rsqrt(x), (x) => 1 / Math.sqrt(x), positive),
  unary("sqrt", (x) => tf.sqrt(x), Math.sqrt, positive),
  unary("relu", (x) => tf.relu(x), (x) => Math.max(x, 0)),
  unary("sigmoid", (x) => tf.sigmoid(x), (x) => 1 / (1 + Math.exp(-x))),
  unary("reshape", (x) => tf.reshape(x, [sizes.X, sizes.R]), (x) => x),
  unary("onesLike", (x) => tf.mul(x, tf.onesLike(x)), (x) => x),
  unary("zerosLike", (x) => tf.add(x, tf.zerosLike(x)), (x) => x),
  unary("zeros", (x) => tf.add(x, tf.zeros(table)), (x) => x),
  { op: "sum", shapes: [table], tf: (x) => tf.sum(x), f64: (x) => [sum(x)] },
  { op: "sum", shapes: [table], tf: (x) => tf.sum(x, -1), f64: (x) => rows(x, sizes.X).map(sum) },
  { op: "sum", shapes: [table], tf: (x) => tf.sum(x, -1, true), f64: (x) => rows(x, sizes.X).map(sum) },
  { op: "mean", shapes: [table], tf: (x) => tf.mean(x, -1), f64: (x) => rows(x, sizes.X).map((r) => sum(r) / sizes.X) },
  {
    op: "max",
    shapes: [table],
    tf: (x) => tf.max(x, -1, true),
    f64: (x) => rows(x, sizes.X).map((r) => Math.max(...r)),
  },
  {
    op: "where", // a scalar branch, as in bounds
    shapes: [[], table],
    tf: (a, b) => tf.where(signs(), a as Tensor, b),
    f64: (a, b) => b.map((v, i) => i % 2 ? a[0] : v),
  },
  // Comparisons have no gradient function: they serve inside customGrad and on constants.
  {
    op: "greater",
    forwardOnly: true,
    shapes: [table, table],
    tf: (a, b) => tf.where(tf.greater(a, b), a, b),
    f64: (a, b) => a.map((v, i) => Math.max(v, b[i])),
  },
  {
    op: "greaterEqual",
    forwardOnly: true,
    shapes: [table, table],
    draw: (_, z) => Math.round(z),
    tf: (a, b) => tf.where(tf.greaterEqual(a, 0), b, tf.neg(b)),
    f64: (a, b) => a.map((v, i) => v >= 0 ? b[i] : -b[i]),
  },
  {
    op: "equal",
    forwardOnly: true,
    shapes: [table],
    draw: (_, z) => Math.round(z),
    tf: (a) => tf.where(tf.equal(a, 1), tf.onesLike(a), tf.zerosLike(a)),
    f64: (a) => a.map((v) => v === 1 ? 1 : 0),
  },
  unary("step", (x) => tf.mul(tf.step(x), x), (x) => Math.max(x, 0)),
  {
    op: "slice",
    shapes: [[2, 3, 4]],
    tf: (x) => tf.slice(x, [0, 1, 2], [2, 2, 2]),
    f64: (x) => x.filter((_, i) => Math.floor(i / 4) % 3 >= 1 && i % 4 >= 2),
  },
  {
    op: "concat",
    shapes: [[2, 3], [2, 4]],
    tf: (a, b) => tf.concat([a, b], 1),
    f64: (a, b) => [0, 1].flatMap((r) => [...rows(a, 3)[r], ...rows(b, 4)[r]]),
  },
  {
    op: "softmax",
    shapes: [table],
    tf: (x) => tf.softmax(x),
    f64: (x) => rows(x, sizes.X).flatMap((r) => [...r].map((v) => Math.exp(v) / sum(r.map(Math.exp)))),
  },
  {
    op: "transpose",
    shapes: [[2, 3, 4]],
    tf: (x) => tf.transpose(x, [0, 2, 1]),
    f64: (x) => x.map((_, i) => x[Math.floor(i / 12) * 12 + (i % 3) * 4 + Math.floor(i / 3) % 4]),
  },
  // Products as the policies use them (all others: kernels/products_test.ts); sizes off the SIMD width.
  ...[[1, 3, 7, 21], [1, 1, 5, 4], [1, 20, 9, 50]].map(([, n, k, m]): Use => ({
    op: "matMul",
    shapes: [[n, k], [m, k]],
    tf: (a, b) => tf.matMul(a, b, false, true),
    f64: (a, b) => product(a, turned(b, [1, k, m]), [1, n, k, m]),
  })),
  ...[[4, 1, 7, 21], [3, 2, 5, 6]].map(([batch, n, k, m]): Use => ({
    op: "matMul",
    shapes: [[batch, n, k], [batch, m, k]],
    tf: (a, b) => tf.matMul(a, b, false, true),
    f64: (a, b) => product(a, turned(b, [batch, k, m]), [batch, n, k, m]),
  })),
];

for (const [number, use] of uses.entries()) {
  testOnEveryBackend(`${use.op} on ${use.shapes.map((s) => `[${s}]`).join(" ")} (${number})`, () => {
    const rng = Rng.seed(number);
    const draw = use.draw ?? ((_, z) => away(z));
    const inputs = use.shapes.map((shape, i) =>
      rounded(rng.fork(i).normals(shape.reduce((a, b) => a * b, 1)).map((z) => draw(i, z)))
    );
    const tensors = inputs.map((x, i) => tf.tensor(Float32Array.from(x), use.shapes[i]));
    const truth = use.f64(...inputs);
    const out = use.tf(...tensors);
    // At most 21 terms are added, of numbers below about 10: each rounds by u of a sum below 100; kernels of single
    // functions are within 4u.
    const bound = (expected: number) => u * (4 * Math.abs(expected) + 21 * 10);
    assertClose(out.dataSync(), truth, bound, "forward");
    if (use.forwardOnly) return;

    const upstream = rounded(rng.fork("upstream").normals(truth.length));
    const slopes = tf.grads((...x: Tensor[]) => use.tf(...x))(
      tensors,
      tf.tensor(Float32Array.from(upstream), out.shape),
    );
    inputs.forEach((input, i) => {
      const objective = (x: Float64Array) => {
        const at = use.f64(...inputs.map((other, j) => j === i ? x : other));
        return upstream.reduce((total, w, j) => total + w * at[j], 0);
      };
      const numeric = numericGradient(objective, input);
      // Quotients near the kink at 0.1 have slopes to 1/0.1² = 100 times the numerator: relative to the largest one.
      const largest = Math.max(...numeric.map(Math.abs), 1);
      assertClose(slopes[i].dataSync(), numeric, u * 200 * largest + 1e-9, `gradient ${i}`);
    });
  });
}

testOnEveryBackend("an infinite bound is beyond nothing, and NaN is beyond no bound", () => {
  const x: Tensor = tf.tensor1d([NaN, 5, -5, Infinity, -Infinity]);
  const bounded = (bound: number) => [...tf.where(tf.greater(x, bound), tf.scalar(bound) as Tensor, x).dataSync()];
  assert.deepEqual(bounded(1), [NaN, 1, -5, 1, -Infinity]);
  assert.deepEqual(bounded(Infinity), [NaN, 5, -5, Infinity, -Infinity]);
});

testOnEveryBackend("Adam follows the algorithm in float64", () => {
  const rng = Rng.seed(5), steps = 200, n = 6, rate = 0.05;
  const start = rounded(rng.normals(n));
  const x = tf.variable(tf.tensor1d(Float32Array.from(start)));
  const optimiser = tf.train.adam(rate, 0.9, 0.999, 1e-8);
  const [m, v, truth] = [new Float64Array(n), new Float64Array(n), Float64Array.from(start)];
  for (let step = 1; step <= steps; step++) {
    // Sizes from 1e-3 to 1e3, an exact zero throughout in the last entry: the step is 0/(0 + 1e-8).
    const slopes = rounded(rng.normals(n).map((z, i) => i === n - 1 ? 0 : z * 10 ** (i * 1.5 - 3)));
    const { grads } = tf.variableGrads(() => tf.sum(tf.mul(x, tf.tensor1d(Float32Array.from(slopes)))), [x]);
    optimiser.applyGradients(grads as Record<string, Variable>);
    slopes.forEach((g, i) => {
      m[i] = 0.9 * m[i] + 0.1 * g;
      v[i] = 0.999 * v[i] + 0.001 * g * g;
      truth[i] -= rate * (m[i] / (1 - 0.9 ** step)) / (Math.sqrt(v[i] / (1 - 0.999 ** step)) + 1e-8);
    });
  }
  // The engine keeps 0.999^t in float32: off by t·u, it shifts 1 − 0.999^t (about t/1000) by 1000u relatively and its root
  // by 500u; 0.999 itself is off by u/4 with the same effect. Both moments add some 10u. Each step is at most 3 rates long.
  assertClose(x.dataSync(), truth, steps * 3 * rate * 1000 * u, "parameters");
  assert.equal(x.dataSync()[n - 1], start[n - 1]);
  optimiser.dispose();
  x.dispose();
});

testOnEveryBackend("variableGrads: of computed values, by name, and only for the variables asked for", () => {
  const a = tf.variable(tf.tensor1d([1, 2])), b = tf.variable(tf.tensor1d([3, 4]));
  const { value, grads } = tf.variableGrads(() => tf.sum(tf.mul(tf.exp(tf.mul(a, 0)), tf.mul(a, b))), [a]);
  assert.equal(value.dataSync()[0], 11);
  assert.deepEqual(Object.keys(grads), [a.name]);
  assert.deepEqual([...(grads[a.name] as Variable).dataSync()], [3, 4]);
  tf.dispose([a, b]);
});

/** Names in the tfjs namespace that make, hold or differentiate tensors but compute nothing by themselves. */
const plumbing = new Set([
  ...["tensor", "tensor1d", "tensor2d", "tensor3d", "scalar", "variable"],
  ...["customGrad", "grad", "grads", "variableGrads", "valueAndGrads", "tidy", "keep", "dispose", "memory", "train"],
  ...["env", "ready", "setBackend", "getBackend", "enableProdMode"],
  ...["engine", "backend", "getKernel", "registerKernel", "unregisterKernel", "registerGradient"],
  ...["backend_util", "slice_util"],
]);

Deno.test("no source file uses an operation that is not in the list", async () => {
  await startBackend("cpu");
  const listed = new Set(uses.map((use) => use.op));
  const missing: string[] = [];
  let files = 0;
  const walk = (folder: URL) => {
    for (const entry of Deno.readDirSync(folder)) {
      const url = new URL(entry.isDirectory ? `${entry.name}/` : entry.name, folder);
      if (entry.isDirectory && entry.name !== "testdata") walk(url);
      if (!/\.ts$/.test(entry.name) || /_(test|slow_test|test_helpers|bench)\.ts$/.test(entry.name)) continue;
      files++;
      const code = Deno.readTextFileSync(url).replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*/g, "");
      for (const [, name] of code.matchAll(/\btf\.(\w+)/g)) {
        if (!listed.has(name) && !plumbing.has(name)) missing.push(`tf.${name} in ${url.pathname}`);
      }
    }
  };
  for (const folder of ["lib/", "experiments/"]) walk(new URL(`../../${folder}`, import.meta.url));
  assert.ok(files > 50, "the source files were not found");
  assert.deepEqual(missing, [], "add a use of it to the list above");
});
