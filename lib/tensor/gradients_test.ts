/** What training takes from tfjs beside single operations: Adam, and gradients by variable. */
import assert from "node:assert/strict";
import type { Variable } from "@tensorflow/tfjs-core";
import { tf } from "./backend.ts";
import { assertClose, rounded, testOnEveryBackend, u } from "./backends_test_helpers.ts";
import { Rng } from "../random.ts";

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
