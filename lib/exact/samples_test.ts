import assert from "node:assert/strict";
import { Rng } from "../random.ts";
import { LogisticSample, weightedProducts } from "./samples.ts";

/** A sample of n rows of D numbers, the first of which is 1, with weights of which some are 0. */
function drawn(rows: number, width: number, seed: number) {
  const rng = Rng.seed(seed), x = rng.normals(rows * width).map((z, k) => k % width === 0 ? 1 : 2 * z + k % width);
  const weights = Float64Array.from({ length: rows }, (_, i) => i % 5 === 4 ? 0 : 0.1 + rng.uniform());
  const outcome = Float64Array.from(
    { length: rows },
    (_, i) => i % 7 === 0 ? rng.uniform() : Number(rng.bernoulli(0.4)),
  );
  const fill = (i: number, row: Float64Array) => row.set(x.subarray(i * width, (i + 1) * width));
  return { x, rows, width, weights, outcome, fill };
}

/** Σ |terms|, to which rounding is relative, beside the sum. */
function summed(terms: readonly number[]): readonly [sum: number, size: number] {
  return [terms.reduce((a, b) => a + b, 0), terms.reduce((a, b) => a + Math.abs(b), 0)];
}

function close(found: number, terms: readonly number[], what: string): void {
  const [sum, size] = summed(terms);
  // Both add up n terms, each with a few roundings of its own.
  assert.ok(Math.abs(found - sum) <= (terms.length + 16) * 2 ** -52 * size, `${what}: ${found} against ${sum}`);
}

Deno.test("products are sums over rows, for any number of rows and columns", () => {
  for (const [rows, width] of [[1, 1], [7, 3], [8, 2], [9, 1], [41, 6], [300, 11]]) {
    const sample = drawn(rows, width, rows), { x, weights } = sample, found = weightedProducts(sample);
    for (let j = 0; j < width; j++) {
      for (let k = 0; k <= j; k++) {
        const terms = Array.from(weights, (w, i) => w * x[i * width + j] * x[i * width + k]);
        close(found[j * width + k], terms, `${rows} rows, ${j} with ${k}`);
      }
    }
  }
});

Deno.test("loss, gradient and Hessian of a logistic regression are those of plain sums, near 0 and far out", () => {
  for (const [rows, width, scale] of [[1, 1, 1], [9, 2, 1], [40, 5, 1], [40, 5, 30], [100, 3, 300]]) {
    const { x, ...sample } = drawn(rows, width, 100 + rows), { weights, outcome } = sample, rng = Rng.seed(scale);
    const logistic = new LogisticSample(sample);
    for (let turn = 0; turn < 3; turn++) {
      const theta = rng.normals(width).map((z) => scale * z), { loss, gradient, hessian } = logistic.at(theta);
      const scores = Array.from(weights, (_, i) => {
        let sum = 0;
        for (let j = 0; j < width; j++) sum += theta[j] * x[i * width + j];
        return sum;
      });
      const softplus = (z: number) => Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z)));
      const p = scores.map((z) => 1 / (1 + Math.exp(-z))), q = scores.map((z) => 1 / (1 + Math.exp(z)));
      close(
        loss,
        scores.map((z, i) => weights[i] * (outcome[i] * softplus(-z) + (1 - outcome[i]) * softplus(z))),
        "loss",
      );
      for (let j = 0; j < width; j++) {
        const at = (i: number) => x[i * width + j];
        close(
          gradient[j],
          scores.flatMap((
            _,
            i,
          ) => [weights[i] * (1 - outcome[i]) * p[i] * at(i), -weights[i] * outcome[i] * q[i] * at(i)]),
          `gradient ${j}`,
        );
        for (let k = 0; k <= j; k++) {
          close(
            hessian[j * width + k],
            scores.map((_, i) => weights[i] * p[i] * q[i] * at(i) * x[i * width + k]),
            "Hessian",
          );
        }
      }
    }
    logistic.close();
  }
});

Deno.test("a small loss keeps its digits: log(1 + e) of an e that 1 nearly swallows", () => {
  const sample = new LogisticSample({
    ...{ rows: 1, width: 1, weights: [1], outcome: [1] },
    fill: (_, row) => row.fill(1),
  });
  for (const score of [5, 20, 30, 36, 37, 40]) {
    const right = Math.log1p(Math.exp(-score)), { loss } = sample.at(Float64Array.of(score));
    assert.ok(Math.abs(loss / right - 1) < 1e-13, `${score}: ${loss} against ${right}`);
  }
  sample.close();
});

Deno.test("samples of several parts are added up over all", () => {
  const rows = 1_500_000, width = 3, fill = (i: number, row: Float64Array) => row.set([1, i % 2, i % 3]);
  const weights = new Float64Array(rows).fill(1), outcome = weights.map((_, i) => Number(i % 2 === 0));
  // Whole numbers: exact in any order.
  assert.deepEqual([...weightedProducts({ rows, width, weights, fill })], [
    ...[rows, 0, 0],
    ...[rows / 2, rows / 2, 0],
    ...[rows, rows / 2, rows * 5 / 3],
  ]);
  const sample = new LogisticSample({ rows, width, weights, outcome, fill });
  const { gradient, hessian } = sample.at(new Float64Array(width));
  assert.deepEqual([gradient[0], gradient[1], hessian[0], hessian[8]], [0, rows / 4, rows / 4, rows * 5 / 12]);
  sample.close();
});
