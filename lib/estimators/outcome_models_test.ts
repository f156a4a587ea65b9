import assert from "node:assert/strict";
import fc from "fast-check";
import { inverse, Matrix } from "ml-matrix";
import { Rng } from "../random.ts";
import { fitLogistic, fitRidge, fitRidgeGcv, type OutcomeModel } from "./outcome_models.ts";

fc.configureGlobal({ seed: 20260404 });

interface Sample {
  features: Float64Array;
  outcome: Float64Array;
  weights: Float64Array;
  n: number;
  d: number;
}

const samples = fc.record({ seed: fc.integer(), n: fc.integer({ min: 8, max: 30 }), d: fc.integer({ min: 1, max: 4 }) })
  .map(({ seed, n, d }): Sample => {
    const rng = Rng.seed(seed);
    const features = rng.normals(n * d).map((x) => x + 3);
    const outcome = Float64Array.from({ length: n }, (_, i) => features[i * d] - 2 + rng.normal());
    return { features, outcome, weights: Float64Array.from({ length: n }, () => 0.1 + rng.uniform()), n, d };
  });
const penalties = fc.double({ min: 0.01, max: 50, noNaN: true });

/** X'V(y - fitted) with a leading column of ones: zero for the intercept, penalty times c for the coefficients. */
function scores({ features, outcome, weights, n, d }: Sample, model: OutcomeModel): number[] {
  const fitted = model.predict(features);
  return Array.from({ length: d + 1 }, (_, j) => {
    let sum = 0;
    for (let i = 0; i < n; i++) sum += weights[i] * (outcome[i] - fitted[i]) * (j === 0 ? 1 : features[i * d + j - 1]);
    return sum;
  });
}

function assertStationary(sample: Sample, model: OutcomeModel, tolerance: number): void {
  scores(sample, model).forEach((score, j) => {
    const expected = j === 0 ? 0 : model.penalty * model.coefficients[j - 1];
    assert.ok(Math.abs(score - expected) < tolerance, `score ${j}: ${score}, expected ${expected}`);
  });
}

Deno.test("ridge regression solves its normal equations, with weights and a free intercept", () => {
  // Sums of 30 products of numbers up to 10 by 10, a condition number below 1e4: 1e-9 leaves a factor of 100.
  fc.assert(fc.property(samples, penalties, (sample, penalty) => {
    assertStationary(sample, fitRidge(sample.features, sample.outcome, { penalty, weights: sample.weights }), 1e-9);
  }));
});

Deno.test("ridge regression: unit weights are no weights, a whole weight is a repeated row, a large penalty is the mean", () => {
  const [features, outcome] = [[1, 2, 4, 7], [3, 1, 5, 6]];
  const predicted = (model: OutcomeModel) => [...model.predict([0, 10])];
  const near = (a: number[], b: number[]) =>
    a.forEach((x, i) => assert.ok(Math.abs(x - b[i]) < 1e-12, `${x}, ${b[i]}`));
  near(
    predicted(fitRidge(features, outcome, { penalty: 1, weights: [1, 1, 1, 1] })),
    predicted(fitRidge(features, outcome, { penalty: 1 })),
  );
  near(
    predicted(fitRidge(features, outcome, { penalty: 1, weights: [2, 1, 1, 0] })),
    predicted(fitRidge([1, 1, 2, 4], [3, 3, 1, 5], { penalty: 1 })),
  );
  // The slope is 14.5 / (21 + 1e12): ten times that is still below 1e-9.
  for (const value of predicted(fitRidge(features, outcome, { penalty: 1e12 }))) {
    assert.ok(Math.abs(value - 3.75) < 1e-9);
  }
});

Deno.test("generalised cross-validation picks the penalty that the hat matrix says", () => {
  const grid = [0.01, 0.1, 1, 10, 100, 1000];
  fc.assert(fc.property(samples, ({ features, outcome, n, d }) => {
    const X = new Matrix(n, d + 1), y = Matrix.columnVector(outcome);
    for (let i = 0; i < n; i++) {
      X.set(i, 0, 1);
      for (let j = 0; j < d; j++) X.set(i, j + 1, features[i * d + j]);
    }
    const scored = grid.map((penalty) => {
      const ridge = Matrix.eye(d + 1).mul(penalty);
      ridge.set(0, 0, 0);
      const hat = X.mmul(inverse(Matrix.add(X.transpose().mmul(X), ridge))).mmul(X.transpose());
      const residual = Matrix.sub(y, hat.mmul(y));
      return { penalty, score: residual.dot(residual) / n / (1 - hat.trace() / n) ** 2 };
    });
    const best = scored.reduce((a, b) => b.score < a.score ? b : a);
    const chosen = scored.find(({ penalty }) =>
      penalty === fitRidgeGcv(features, outcome, { penalties: grid }).penalty
    )!;
    // Equal up to rounding, should two penalties tie.
    assert.ok(chosen.score <= best.score * (1 + 1e-9), `chose ${chosen.penalty}, best ${best.penalty}`);
  }));
});

Deno.test("the chosen penalty is large for noise and small for signal, and the model is ridge with it", () => {
  const rng = Rng.seed(8), n = 200, d = 10;
  const features = rng.normals(n * d);
  const signal = Float64Array.from({ length: n }, (_, i) => 5 * features[i * d] + 0.01 * rng.normal());
  assert.equal(fitRidgeGcv(features, rng.normals(n)).penalty >= 100, true);
  const model = fitRidgeGcv(features, signal);
  assert.ok(model.penalty <= 0.01, `${model.penalty}`);
  assert.deepEqual(model.coefficients, fitRidge(features, signal, { penalty: model.penalty }).coefficients);
});

Deno.test("generalised cross-validation works with more features than rows", () => {
  const rng = Rng.seed(9), n = 10, d = 25;
  const features = rng.normals(n * d);
  const model = fitRidgeGcv(features, Float64Array.from({ length: n }, (_, i) => features[i * d]));
  assert.ok([...model.coefficients].every(Number.isFinite));
});

Deno.test("logistic regression solves its score equations", () => {
  fc.assert(fc.property(samples, penalties, (drawn, penalty) => {
    const outcome = drawn.outcome.map((y) => y > 1 ? 1 : 0);
    fc.pre(outcome.includes(0) && outcome.includes(1));
    const sample = { ...drawn, outcome };
    const model = fitLogistic(sample.features, outcome, { penalty, weights: sample.weights });
    // A decrement of 1e-14 * loss leaves a score of sqrt(1e-14 * 30 * curvature), with curvature up to 30 * 50 / 4.
    assertStationary(sample, model, 1e-5);
    assert.ok([...model.predict(sample.features)].every((p) => p > 0 && p < 1));
  }));
});

Deno.test("logistic regression of one binary feature is the two frequencies, weighted and fractional too", () => {
  const model = fitLogistic([0, 0, 1, 1], [0, 1, 0, 1], { penalty: 0, weights: [3, 1, 1, 4] });
  const [low, high] = model.predict([0, 1]);
  assert.ok(Math.abs(low - 0.25) < 1e-9 && Math.abs(high - 0.8) < 1e-9);
  const fractional = fitLogistic([0, 1], [0.25, 0.8], { penalty: 0 }).predict([0, 1]);
  assert.ok(Math.abs(fractional[0] - 0.25) < 1e-9 && Math.abs(fractional[1] - 0.8) < 1e-9);
});

Deno.test("separable data needs a penalty, and is told so", () => {
  const features = [-2, -1, 1, 2], outcome = [0, 0, 1, 1];
  assert.throws(() => fitLogistic(features, outcome, { penalty: 0 }), /raise penalty$/);
  // Separated in one direction only: the second feature is never 1 without an outcome of 1.
  const half = [0, 0, 1, 0, 2, 0, 3, 0, 1, 1, 2, 1];
  assert.throws(() => fitLogistic(half, [0, 1, 0, 1, 1, 1], { penalty: 0 }), /raise penalty$/);
  const [low, high] = fitLogistic(features, outcome, { penalty: 0.1 }).predict([-1, 1]);
  assert.ok(low < 0.5 && high > 0.5 && Math.abs(low + high - 1) < 1e-9);
});

Deno.test("far-off features stay finite", () => {
  const model = fitLogistic([-1000, 1000, -900, 900, 10, -10], [0, 1, 0, 1, 0, 1], { penalty: 1e-3 });
  assert.ok([...model.predict([-1e6, 1e6])].every((p) => p >= 0 && p <= 1));
});

Deno.test("what cannot be fitted is refused by name", () => {
  const refuse = (make: () => unknown, name: string, message: string) => assert.throws(make, { name, message });
  const ridge = { penalty: 1 };
  refuse(
    () => fitRidge([1, 2, 3], [1, 2], ridge),
    "TypeError",
    "features must be 2 rows of one length, as outcome has 2, got 3 numbers",
  );
  refuse(() => fitRidge([1, NaN], [1, 2], ridge), "RangeError", "features[1] must be a finite number, got NaN");
  refuse(() => fitRidge([1, 2], [1, NaN], ridge), "RangeError", "outcome[1] must be a finite number, got NaN");
  refuse(() => fitRidge([1, 2], [1, 2], { penalty: -1 }), "RangeError", "penalty must be finite and >= 0, got -1");
  refuse(
    () => fitRidge([1, 2], [1, 2], { penalty: 1, weights: [1] }),
    "TypeError",
    "weights must have length 2, got 1",
  );
  refuse(
    () => fitRidge([1, 2], [1, 2], { penalty: 1, weights: [0, 0] }),
    "RangeError",
    "weights must not all be 0, got 2 zeros",
  );
  refuse(
    () => fitRidge([1, 2], [1, 2], { penalty: 1, weights: [1, -1] }),
    "RangeError",
    "weights[1] must be >= 0, got -1",
  );
  const collinear = "features are collinear or constant, so coefficients are not determined; raise penalty";
  refuse(() => fitRidge([1, 2, 2, 4, 3, 6], [1, 2, 3], { penalty: 0 }), "RangeError", `ridge regression: ${collinear}`);
  refuse(() => fitRidge([5, 5, 5], [1, 2, 3], { penalty: 0 }), "RangeError", `ridge regression: ${collinear}`);
  refuse(
    () => fitRidge([1, 2, 3, 4], [1, 2], ridge).predict([1]),
    "TypeError",
    "features must be rows of 2 numbers, got 1 numbers",
  );
  refuse(
    () => fitLogistic([1, 2], [1, 1], ridge),
    "RangeError",
    "outcome must hold both classes, got only 1 in 2 rows of positive weight",
  );
  refuse(() => fitLogistic([1, 2], [0, 2], ridge), "RangeError", "outcome[1] must be in [0, 1], got 2");
  refuse(
    () => fitRidgeGcv([1, 2], [1, 2], { penalties: [0] }),
    "RangeError",
    "penalties must be finite and > 0, got 0",
  );
  refuse(
    () => fitRidgeGcv([1, 2], [1, 2], { penalties: [] }),
    "RangeError",
    "penalties must hold at least one number, got none",
  );
});

Deno.test("models are what they were before their sums were taken by kernels, but for the order of additions", () => {
  const rng = Rng.seed(77), n = 500, d = 4, x = rng.normals(n * d).map((z, k) => z + k % d);
  const y = Float64Array.from({ length: n }, (_, i) => Number(rng.bernoulli(1 / (1 + Math.exp(1 - x[i * d])))));
  const weights = Float64Array.from({ length: n }, () => 0.1 + rng.uniform());
  const before = [
    [-0.36088755099984915, 1.1188080228271726, -0.06320180378761676, -0.1308487462751424, -0.06647580811966057],
    [-0.40607482640360715, 1.1597837416296162, -0.02940084500672006, -0.13530854783001622, -0.062031473927776526],
    [0.43085466581530285, 0.19816983536391403, -0.013672513475897053, -0.021057154957867804, -0.014737373536190083],
    [0.4235476315552965, 0.2110879824476841, -0.008736622971606272, -0.021764355772943906, -0.013409246806885716],
  ];
  const models = [fitLogistic, fitRidge].flatMap((fit) => [
    fit(x, y, { penalty: 0 }),
    fit(x, y, { penalty: 2, weights }),
  ]);
  for (const [k, { intercept, coefficients }] of models.entries()) {
    [intercept, ...coefficients].forEach((value, j) => {
      assert.ok(Math.abs(value / before[k][j] - 1) < 1e-12, `model ${k}, ${j}: ${value} against ${before[k][j]}`);
    });
  }
});
