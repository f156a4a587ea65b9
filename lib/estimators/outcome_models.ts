/**
 * Linear and logistic outcome models with a ridge penalty, exact enough to be solved rather than trained.
 *
 * Features are row-major `[n, d]` in one array; an intercept is always fitted and never penalised. Features are taken as
 * they are: put them on one scale where the penalty should treat them alike.
 *
 * @module
 */

import { EigenvalueDecomposition, Matrix } from "ml-matrix";
import { solveDamped } from "../exact/cholesky.ts";
import { sigmoid } from "../exact/logistic.ts";
import { LogisticSample, weightedProducts } from "../exact/samples.ts";
import { DivergenceError } from "../user_error.ts";
import { checkFinite } from "../statistics/summary.ts";
import { checkLength } from "./rounds.ts";

/** A fitted model. */
export interface OutcomeModel {
  /** `[d]` */
  readonly coefficients: Float64Array;
  /** Prediction of a row of zeros, before the logistic function of a logistic model. */
  readonly intercept: number;
  /** The penalty it was fitted with. */
  readonly penalty: number;
  /**
   * Predicted outcomes: the linear predictor of a ridge model, the probability of 1 of a logistic one.
   *
   * @param features row-major `[k, d]`
   * @returns `[k]`
   * @throws TypeError when `features` is no whole number of rows
   */
  predict(features: ArrayLike<number>): Float64Array;
}

/** How a model is fitted. */
export interface FitOptions {
  /** Multiplies half the squared norm of the coefficients, >= 0. */
  readonly penalty: number;
  /** Weight of each row, `[n]`, >= 0, not all 0; all 1 unless given. */
  readonly weights?: ArrayLike<number>;
}

/** Checked inputs of a fit. */
interface Sample {
  readonly n: number;
  readonly d: number;
  readonly features: ArrayLike<number>;
  readonly outcome: ArrayLike<number>;
  readonly weights: ArrayLike<number>;
}

function checkSample(
  features: ArrayLike<number>,
  outcome: ArrayLike<number>,
  weights: ArrayLike<number> = new Float64Array(outcome.length).fill(1),
): Sample {
  const n = outcome.length;
  checkFinite(outcome, "outcome");
  const d = features.length / n;
  if (!Number.isInteger(d) || d < 1) {
    throw new TypeError(
      `features must be ${n} rows of one length, as outcome has ${n}, got ${features.length} numbers`,
    );
  }
  checkFinite(features, "features");
  checkLength(weights, n, "weights");
  checkFinite(weights, "weights");
  let total = 0;
  for (let i = 0; i < n; i++) {
    if (weights[i] < 0) throw new RangeError(`weights[${i}] must be >= 0, got ${weights[i]}`);
    total += weights[i];
  }
  if (total === 0) throw new RangeError(`weights must not all be 0, got ${n} zeros`);
  return { n, d, features, outcome, weights };
}

function checkPenalty(penalty: number): void {
  if (!(penalty >= 0 && penalty < Infinity)) throw new RangeError(`penalty must be finite and >= 0, got ${penalty}`);
}

/** Intercept plus features times coefficients, for each row. */
function linearPredictor(features: ArrayLike<number>, coefficients: Float64Array, intercept: number): Float64Array {
  const d = coefficients.length;
  const rows = features.length / d;
  if (!Number.isInteger(rows)) {
    throw new TypeError(`features must be rows of ${d} numbers, got ${features.length} numbers`);
  }
  const predictor = new Float64Array(rows);
  for (let i = 0, at = 0; i < rows; i++) {
    let sum = intercept;
    for (let j = 0; j < d; j++) sum += features[at++] * coefficients[j];
    predictor[i] = sum;
  }
  return predictor;
}

/** Weighted cross products of the centred sample: what ridge regression needs of it. */
interface Moments {
  readonly featureMeans: Float64Array;
  readonly outcomeMean: number;
  /** Features with features, row-major `[d, d]`. */
  readonly gram: Float64Array;
  /** Features with the outcome, `[d]`. */
  readonly cross: Float64Array;
  readonly outcomeSquares: number;
}

function moments({ n, d, features, outcome, weights }: Sample): Moments {
  const featureMeans = new Float64Array(d);
  let total = 0, outcomeMean = 0;
  for (let i = 0; i < n; i++) {
    total += weights[i];
    outcomeMean += weights[i] * outcome[i];
    for (let j = 0; j < d; j++) featureMeans[j] += weights[i] * features[i * d + j];
  }
  outcomeMean /= total;
  for (let j = 0; j < d; j++) featureMeans[j] /= total;
  // The outcome is the last column.
  const products = weightedProducts({
    rows: n,
    width: d + 1,
    weights,
    fill(i, row) {
      for (let j = 0, at = i * d; j < d; j++) row[j] = features[at + j] - featureMeans[j];
      row[d] = outcome[i] - outcomeMean;
    },
  });
  const gram = new Float64Array(d * d), cross = products.slice(d * (d + 1), d * (d + 2));
  for (let j = 0; j < d; j++) {
    for (let k = 0; k <= j; k++) gram[j * d + k] = gram[k * d + j] = products[j * (d + 1) + k];
  }
  return { featureMeans, outcomeMean, gram, cross, outcomeSquares: products[(d + 1) ** 2 - 1] };
}

/**
 * Solves a symmetric positive definite system.
 *
 * @param matrix row-major, the lower half is read `[d, d]`
 * @throws RangeError when it is not, naming the remedy
 */
function solve(matrix: Float64Array, right: Float64Array, what: string): Float64Array {
  const d = right.length, room = { factor: new Float64Array(d * d), solution: new Float64Array(d) };
  let positive = solveDamped(matrix, right, 0, room);
  // Collinear features leave a pivot of rounding size, which Cholesky may take for positive.
  for (let j = 0; j < d * d; j += d + 1) {
    if (!(room.factor[j] ** 2 > matrix[j] * d * Number.EPSILON)) positive = false;
  }
  if (positive) return room.solution;
  throw new RangeError(
    `${what}: features are collinear or constant, so coefficients are not determined; raise penalty`,
  );
}

/**
 * Ridge regression: minimises (1/2) sum v (y - b - x c)^2 + (penalty/2) |c|^2 over intercept b and coefficients c.
 *
 * @param features row-major `[n, d]`
 * @param outcome `[n]`
 * @throws TypeError when lengths do not fit; RangeError when a number is not finite, the penalty is negative, or it is 0
 *   and the features are collinear
 *
 * @example A line through three points
 * ```ts
 * import assert from "node:assert/strict";
 * const model = fitRidge([0, 1, 2], [1, 3, 5], { penalty: 0 });
 * assert.ok(Math.abs(model.predict([10])[0] - 21) < 1e-12);
 * ```
 */
export function fitRidge(
  features: ArrayLike<number>,
  outcome: ArrayLike<number>,
  { penalty, weights }: FitOptions,
): OutcomeModel {
  checkPenalty(penalty);
  return ridgeFromMoments(moments(checkSample(features, outcome, weights)), penalty);
}

function ridgeFromMoments({ featureMeans, outcomeMean, gram, cross }: Moments, penalty: number): OutcomeModel {
  const d = featureMeans.length;
  const penalised = gram.slice();
  for (let j = 0; j < d * d; j += d + 1) penalised[j] += penalty;
  const coefficients = solve(penalised, cross, "ridge regression");
  let intercept = outcomeMean;
  for (let j = 0; j < d; j++) intercept -= featureMeans[j] * coefficients[j];
  const predict = (rows: ArrayLike<number>) => linearPredictor(rows, coefficients, intercept);
  return { coefficients, intercept, penalty, predict };
}

/** What the choice of a penalty takes. */
export interface RidgeGcvOptions {
  /** Penalties to try, > 0; 1e-4 to 1e4 in steps of a factor 10 unless given. */
  readonly penalties?: readonly number[];
}

/** Nine decades around 1. */
const DEFAULT_PENALTIES: readonly number[] = [1e-4, 1e-3, 1e-2, 0.1, 1, 10, 100, 1e3, 1e4];

/**
 * Ridge regression with the penalty of smallest generalised cross-validation score (Golub, Heath & Wahba 1979),
 * (1/n) |y - H y|^2 / (1 - tr(H)/n)^2 with the intercept counted in the trace of H; of equal scores the larger penalty.
 *
 * @param features row-major `[n, d]`
 * @param outcome `[n]`
 * @throws TypeError when lengths do not fit; RangeError when a number is not finite or a penalty is not positive
 *
 * @example Noise-free data wants the smallest penalty
 * ```ts
 * import assert from "node:assert/strict";
 * const x = Array.from({ length: 20 }, (_, i) => i);
 * assert.equal(fitRidgeGcv(x, x.map((v) => 2 * v), { penalties: [0.01, 1, 100] }).penalty, 0.01);
 * ```
 */
export function fitRidgeGcv(
  features: ArrayLike<number>,
  outcome: ArrayLike<number>,
  { penalties = DEFAULT_PENALTIES }: RidgeGcvOptions = {},
): OutcomeModel {
  if (penalties.length === 0) throw new RangeError("penalties must hold at least one number, got none");
  for (const penalty of penalties) {
    if (!(penalty > 0 && penalty < Infinity)) throw new RangeError(`penalties must be finite and > 0, got ${penalty}`);
  }
  const sample = checkSample(features, outcome);
  const { n, d } = sample;
  const statistics = moments(sample);
  const decomposition = new EigenvalueDecomposition(Matrix.from1DArray(d, d, statistics.gram), {
    assumeSymmetric: true,
  });
  const axes = decomposition.eigenvectorMatrix;
  // Eigenvalues of rounding size are zero directions: they carry no outcome.
  const largest = Math.max(...decomposition.realEigenvalues, 0);
  const spectrum = decomposition.realEigenvalues.map((value) => value > largest * d * Number.EPSILON ? value : 0);
  const explained = spectrum.map((value, k) => {
    if (value === 0) return 0;
    let along = 0;
    for (let j = 0; j < d; j++) along += axes.get(j, k) * statistics.cross[j];
    return along * along / value;
  });
  const unexplained = Math.max(0, statistics.outcomeSquares - explained.reduce((sum, value) => sum + value, 0));
  let best = penalties[0], bestScore = Infinity;
  for (const penalty of [...penalties].sort((a, b) => b - a)) {
    let residual = unexplained, trace = 1;
    for (let k = 0; k < d; k++) {
      residual += explained[k] * (penalty / (spectrum[k] + penalty)) ** 2;
      trace += spectrum[k] / (spectrum[k] + penalty);
    }
    const score = residual / n / (1 - trace / n) ** 2;
    if (score < bestScore) [best, bestScore] = [penalty, score];
  }
  return ridgeFromMoments(statistics, best);
}

// Not by lib/exact/newton.ts, which stops where the gradient is small: on separable data without a penalty it is, far out,
// and such a fit has to be refused.

/** Newton steps allowed; a well-posed fit takes about ten. */
const MAX_STEPS = 100;
/** Converged when the Newton decrement, twice the fall in the loss still to be had, is this small against the loss, */
const DECREMENT_TOLERANCE = 1e-14;
/** and the step is this small against theta: on separable data steps stay of size 1 while the loss hardly falls. */
const STEP_TOLERANCE = 1e-6;
/** A loss may rise by its rounding. */
const LOSS_ROUNDING = 1e-12;

/**
 * Logistic regression with a ridge penalty: minimises -sum v [y log p + (1 - y) log(1 - p)] + (penalty/2) |c|^2 with
 * p = 1 / (1 + exp(-b - x c)), by Newton's method with step halving.
 *
 * @param features row-major `[n, d]`
 * @param outcome `[n]`, each in [0, 1], some above 0 and some below 1 (fractions are allowed)
 * @throws TypeError when lengths do not fit; RangeError when a number is out of range, all outcomes are one class, or the
 *   features are collinear without a penalty; Error when it does not converge, as on separable data without a penalty
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const model = fitLogistic([0, 0, 0, 0, 1, 1, 1, 1], [0, 0, 0, 1, 0, 1, 1, 1], { penalty: 0 });
 * const [low, high] = model.predict([0, 1]);
 * assert.ok(Math.abs(low - 0.25) < 1e-9 && Math.abs(high - 0.75) < 1e-9);
 * ```
 */
export function fitLogistic(
  features: ArrayLike<number>,
  outcome: ArrayLike<number>,
  { penalty, weights }: FitOptions,
): OutcomeModel {
  checkPenalty(penalty);
  const sample = checkSample(features, outcome, weights);
  checkClasses(sample);
  const { n, d } = sample,
    rows = new LogisticSample({
      rows: n,
      width: d + 1,
      weights: sample.weights,
      outcome,
      fill(i, row) {
        row[0] = 1;
        for (let j = 0, at = i * d; j < d; j++) row[j + 1] = features[at + j];
      },
    });
  try {
    const { coefficients, intercept } = minimised(rows, d, penalty);
    const predict = (rows: ArrayLike<number>) => {
      const predicted = linearPredictor(rows, coefficients, intercept);
      for (let i = 0; i < predicted.length; i++) predicted[i] = sigmoid(predicted[i]);
      return predicted;
    };
    return { coefficients, intercept, penalty, predict };
  } finally {
    rows.close();
  }
}

/** Newton's method on the penalised loss; each step costs one pass over the rows, unless it has to be halved. */
function minimised(
  rows: LogisticSample,
  d: number,
  penalty: number,
): Pick<OutcomeModel, "coefficients" | "intercept"> {
  const at = (theta: Float64Array) => {
    const { loss, gradient, hessian } = rows.at(theta);
    let squares = 0;
    for (let j = 1; j <= d; j++) {
      squares += theta[j] ** 2;
      gradient[j] += penalty * theta[j];
      hessian[j * (d + 2)] += penalty;
    }
    return { loss: loss + penalty / 2 * squares, gradient, hessian };
  };
  // theta holds the intercept, then the coefficients.
  let theta = new Float64Array(d + 1), here = at(theta);
  for (let step = 0; step < MAX_STEPS; step++) {
    const { loss: current, gradient, hessian } = here;
    const direction = solve(hessian, gradient, "logistic regression");
    const decrement = direction.reduce((sum, value, j) => sum + value * gradient[j], 0);
    const from = theta, move = (size: number) => from.map((value, j) => value - size * direction[j]);
    const largest = (values: Float64Array) => values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    const settled = largest(direction) <= STEP_TOLERANCE * (1 + largest(theta));
    if (settled && decrement <= DECREMENT_TOLERANCE * current) {
      theta = move(1);
      return { coefficients: theta.slice(1), intercept: theta[0] };
    }
    let size = 1;
    here = at(theta = move(size));
    while (!(here.loss <= current * (1 + LOSS_ROUNDING)) && size > 1e-10) here = at(theta = move(size /= 2));
  }
  throw new DivergenceError(
    `logistic regression did not converge in ${MAX_STEPS} Newton steps: with penalty ${penalty} the outcome may be separable; raise penalty`,
  );
}

function checkClasses({ n, outcome, weights }: Sample): void {
  let ones = 0, zeros = 0;
  for (let i = 0; i < n; i++) {
    if (!(outcome[i] >= 0 && outcome[i] <= 1)) {
      throw new RangeError(`outcome[${i}] must be in [0, 1], got ${outcome[i]}`);
    }
    ones += weights[i] * outcome[i];
    zeros += weights[i] * (1 - outcome[i]);
  }
  if (ones === 0 || zeros === 0) {
    throw new RangeError(
      `outcome must hold both classes, got only ${ones === 0 ? 0 : 1} in ${n} rows of positive weight`,
    );
  }
}
