import assert from "node:assert/strict";
import fc from "fast-check";
import type { Tensor } from "@tensorflow/tfjs-core";
import { startBackend, tf } from "./backend.ts";
import {
  assertClose,
  numericGradient,
  rounded,
  SMALLEST_NORMAL,
  testOnEveryBackend,
  u,
} from "./backends_test_helpers.ts";
import { log1mexp, logSigmoid, logSoftmax, softplus, stopGradient, takeAlongLast } from "./ops.ts";
import { Rng } from "../random.ts";

/** Where log-space code goes wrong: 0, ±1e-12 ... ±1e4, and the places where kernels switch formulas. */
const magnitudes = [
  1e-12,
  1e-8,
  1e-6,
  1e-4,
  1e-2,
  0.1,
  0.5,
  Math.LN2,
  1,
  2,
  5,
  10,
  15,
  16,
  17,
  20,
  50,
  88,
  1e2,
  1e3,
  1e4,
];
const grid = rounded([0, ...magnitudes, ...magnitudes.map((m) => -m)]);

const exact = {
  softplus: (x: number) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))),
  logSigmoid: (x: number) => Math.min(x, 0) - Math.log1p(Math.exp(-Math.abs(x))),
  sigmoid: (x: number) => x >= 0 ? 1 / (1 + Math.exp(-x)) : Math.exp(x) / (1 + Math.exp(x)),
};

/** Gradient of the sum, both where the input is given and where it is itself computed, which must agree to the bit. */
function gradient(f: (x: Tensor) => Tensor, x: Tensor): Float32Array {
  const given = tf.grad((x) => tf.sum(f(x as Tensor)))(x).dataSync<"float32">();
  const computed = tf.grad((x) => tf.sum(f(tf.mul(x as Tensor, 1))))(x).dataSync();
  assert.deepEqual(computed, given, "gradient on a computed input");
  return given;
}

// exp and log kernels are within 1 ulp = 2u; Kahan's log1p adds a product, a quotient and a correction (u, u, 2u), its
// argument's error counts at most fully (2u), the outer sum once (u): 9u. Observed: under 2u.
const relative = (ulps: number) => (expected: number) => ulps * u * Math.abs(expected) + SMALLEST_NORMAL;

testOnEveryBackend("softplus and logSigmoid: values and gradients over the grid", () => {
  const x = tf.tensor1d(Float32Array.from(grid));
  assertClose(softplus(x).dataSync(), grid.map(exact.softplus), relative(9), "softplus");
  assertClose(logSigmoid(x).dataSync(), grid.map(exact.logSigmoid), relative(9), "logSigmoid");
  // 1/(1 + e^{−x}): exp 2u, sum and quotient u each.
  assertClose(gradient(softplus, x), grid.map(exact.sigmoid), relative(4), "softplus'");
  assertClose(gradient(logSigmoid, x), grid.map((v) => exact.sigmoid(-v)), relative(4), "logSigmoid'");
});

testOnEveryBackend("softplus and logSigmoid: limits, the slope at 0, and NaN", () => {
  const ends = tf.tensor1d([Infinity, -Infinity, NaN, 0]);
  assert.deepEqual([...softplus(ends).dataSync()], [Infinity, 0, NaN, Math.fround(Math.LN2)]);
  assert.deepEqual([...logSigmoid(ends).dataSync()], [-0, -Infinity, NaN, -Math.fround(Math.LN2)]);
  assert.equal(gradient(softplus, tf.tensor1d([0]))[0], 0.5);
  assert.equal(gradient(logSigmoid, tf.tensor1d([0]))[0], 0.5);
});

testOnEveryBackend("log1mexp: values and gradients from 0 to -1e4", () => {
  const below = grid.filter((x) => x < 0);
  const x = tf.tensor1d(Float32Array.from(below));
  // An independent form: near 0 the series 1 − e^x = −x(1 + x/2 + x²/6 + ...), further out the definition.
  const truth = below.map((v) =>
    v > -1e-3 ? Math.log(-v) + Math.log1p(v / 2 + v * v / 6 + v ** 3 / 24) : Math.log1p(-Math.exp(v))
  );
  // −e^x/(1 − e^x) = 1/x + 1/2 + x/12 − x³/720 + ... for the Bernoulli numbers' series.
  const slope = below.map((v) => v > -1e-3 ? 1 / v + 0.5 + v / 12 : -Math.exp(v) / (1 - Math.exp(v)));
  // Computed in float64 and rounded once (u); the truth itself is good to 1e-12.
  assertClose(log1mexp(x).dataSync(), truth, relative(1.001), "log1mexp");
  assertClose(gradient(log1mexp, x), slope, relative(1.001), "log1mexp'");
  assert.deepEqual([...log1mexp(tf.tensor1d([0, -Infinity, NaN])).dataSync()], [-Infinity, -0, NaN]);
  assert.deepEqual([...gradient(log1mexp, tf.tensor1d([0, -0, -Infinity]))], [-Infinity, -Infinity, -0]);
});

/** log-softmax of one slice in float64. */
function exactLogSoftmax(x: ArrayLike<number>): Float64Array {
  const top = Math.max(...Array.from(x));
  const total = Math.log(Array.from(x).reduce((sum, v) => sum + Math.exp(v - top), 0));
  return Float64Array.from(x, (v) => v - top - total);
}

testOnEveryBackend("logSoftmax: large, equal, far apart and impossible logits", () => {
  const cases = [[0, 0, 0], [1e4, 9999, 1e4 - 0.5], [-1e4, -1e4 + 3], [80, -80, 0, 3], [-1e9, 2, 1], [88.5, 88.25], [
    7,
  ]];
  for (const logits of cases) {
    const n = logits.length, truth = exactLogSoftmax(rounded(logits));
    // Shift and final difference round once each; the sum of n exponentials is off by (n + 2)u, which log makes absolute.
    const tolerance = (expected: number) => u * (2 * Math.abs(expected) + n + 4);
    assertClose(logSoftmax(tf.tensor1d(logits)).dataSync(), truth, tolerance, `logSoftmax(${logits})`);
    const weights = logits.map((_, i) => i - 0.7);
    const total = weights.reduce((a, b) => a + b, 0);
    const pulled = (x: Tensor) => tf.sum(tf.mul(logSoftmax(x), tf.tensor1d(weights)));
    const slopes = tf.grad((x) => pulled(x as Tensor))(tf.tensor1d(logits)).dataSync();
    assertClose(
      slopes,
      truth.map((l, i) => weights[i] - Math.exp(l) * total),
      u * (n + 8) * n,
      `gradient at ${logits}`,
    );
  }
});

testOnEveryBackend(
  "logSoftmax: the last axis of any rank, sums to one, ignores a shift, keeps NaN in its slice",
  () => {
    const rng = Rng.seed(1), shape = [3, 4, 5];
    const logits = Float32Array.from({ length: 60 }, () => rng.integer(41) - 20); // integers: the shift below is exact
    const x = tf.tensor3d(logits, [3, 4, 5]);
    const y = logSoftmax(x);
    assert.deepEqual(y.shape, shape);
    for (let s = 0; s < 12; s++) {
      const slice = y.dataSync().slice(s * 5, s * 5 + 5);
      assertClose(
        slice,
        exactLogSoftmax(logits.slice(s * 5, s * 5 + 5)),
        (l) => u * (2 * Math.abs(l) + 9),
        `slice ${s}`,
      );
    }
    assertClose(tf.sum(tf.exp(y), -1).dataSync(), new Float64Array(12).fill(1), 30 * u, "sums");
    assert.deepEqual(logSoftmax(tf.add(x, 2 ** 20)).dataSync(), y.dataSync());
    assert.deepEqual(
      [...logSoftmax(tf.tensor2d([[NaN, 1], [1, NaN], [3, 3]])).dataSync()].map(Number.isNaN),
      [true, true, true, true, false, false],
    );
    const weights = Rng.seed(2).normals(60);
    const objective = (values: Float64Array) => {
      let total = 0;
      for (let s = 0; s < 12; s++) {
        exactLogSoftmax(values.subarray(s * 5, s * 5 + 5)).forEach((l, i) => total += l * weights[s * 5 + i]);
      }
      return total;
    };
    const slopes = gradient((x) => tf.mul(logSoftmax(x), tf.tensor3d(Float32Array.from(weights), [3, 4, 5])), x);
    // Σ|weights| of a slice is below 10: each of its 5 products is off by a few u of that.
    assertClose(slopes, numericGradient(objective, logits), 10 * 10 * u, "gradient");
  },
);

Deno.test("takeAlongLast agrees with gather of the reference engine, repeated indices included", async () => {
  await startBackend("cpu");
  const gather = (values: Tensor, index: Uint32Array, n: number) => {
    const [rows, width] = values.shape;
    const flat = Int32Array.from(index, (j, i) => Math.floor(i / n) * width + j);
    return tf.reshape(tf.gather(tf.reshape(values, [-1]), tf.tensor1d(flat, "int32")), [rows, n]);
  };
  const sizes = fc.tuple(
    fc.integer({ min: 1, max: 4 }),
    fc.integer({ min: 1, max: 5 }),
    fc.integer({ min: 1, max: 12 }),
  );
  const input = sizes.chain(([rows, width, n]) =>
    fc.record({
      shape: fc.constant({ rows, width, n }),
      index: fc.array(fc.nat(width - 1), { minLength: rows * n, maxLength: rows * n }),
      seed: fc.nat(1000),
    })
  );
  fc.assert(
    fc.property(input, ({ shape: { rows, width, n }, index, seed }) =>
      tf.tidy(() => {
        const picks = Uint32Array.from(index);
        const values = tf.tensor2d(Float32Array.from(Rng.seed(seed).normals(rows * width)), [rows, width]);
        const upstream = tf.tensor2d(Float32Array.from(Rng.seed(seed + 1).normals(rows * n)), [rows, n]);
        const ours = (v: Tensor) => takeAlongLast(v, picks, n), stock = (v: Tensor) => gather(v, picks, n);
        assert.deepEqual(ours(values).dataSync(), stock(values).dataSync());
        const slope = (f: (v: Tensor) => Tensor) => tf.grad((v) => f(v as Tensor))(values, upstream).dataSync();
        // The reference adds at most 12 numbers below 5 in float32: each addition rounds by at most 60u.
        assertClose(slope(ours), slope(stock), 12 * 60 * u, "gradient");
      })),
    { numRuns: 60, seed: 3 },
  );
});

testOnEveryBackend("takeAlongLast: a worked gradient on a computed input", () => {
  const index = Uint32Array.of(2, 0, 2, 1, 1, 1);
  const upstream = tf.tensor2d([[1, 2, 4], [8, 16, 32]]);
  const picked = (v: Tensor) => takeAlongLast(tf.mul(v, 2), index, 3);
  const values = tf.tensor2d([[1, 2, 3], [4, 5, 6]]);
  assert.deepEqual([...picked(values).dataSync()], [6, 2, 6, 10, 10, 10]);
  const slope = tf.grad((v) => picked(v as Tensor))(values, upstream);
  assert.deepEqual([...slope.dataSync()], [4, 0, 10, 0, 112, 0]);
});

Deno.test("takeAlongLast names what does not fit", async () => {
  await startBackend("cpu");
  const values = tf.zeros([2, 3]);
  assert.throws(() => takeAlongLast(values, Uint32Array.of(0, 1, 2, 3), 2), {
    name: "RangeError",
    message: "index[3] is 3, but the last axis has 3 entries",
  });
  assert.throws(() => takeAlongLast(values, Uint32Array.of(0, 1, 2), 2), {
    name: "TypeError",
    message: "index: expected 2 x 2 entries for values [2,3], got 3",
  });
  assert.throws(() => takeAlongLast(tf.zeros([6]), Uint32Array.of(0), 1), {
    name: "TypeError",
    message: "values: expected shape [R, X], got [6]",
  });
});

testOnEveryBackend("stopGradient: same numbers, no slope, also on computed inputs", () => {
  const x = tf.tensor2d([[1, -2], [3, 0]]);
  assert.deepEqual(stopGradient(x).dataSync(), x.dataSync());
  assert.deepEqual(stopGradient(x).shape, [2, 2]);
  assert.deepEqual([...gradient((x) => tf.mul(x, stopGradient(tf.exp(x))), x)], [...tf.exp(x).dataSync()]);
  assert.deepEqual([...gradient((x) => tf.add(x, stopGradient(tf.mul(x, 5))), x)], [1, 1, 1, 1]);
});
