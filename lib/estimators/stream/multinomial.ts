/**
 * Propensities of any number of actions given covariates.
 *
 * @module
 */
import { solveDamped } from "../../exact/cholesky.ts";
import { DivergenceError } from "../../user_error.ts";

/** Steps allowed; a well-posed fit takes some dozens. */
const MAX_STEPS = 2000;
/** Converged when no coefficient moves by more. */
const TOLERANCE = 1e-7;
/** Penalty on coefficients but intercepts, which keeps them finite on separable data. */
const PENALTY = 1;

/**
 * Multinomial logistic regression with a ridge penalty of 1 on all coefficients but intercepts, by steps that a bound of
 * the curvature makes (Böhning, Annals of the Institute of Statistical Mathematics 44, 1992), sped up as by Nesterov.
 *
 * @param features row-major `[n, D]`, the first column of which is 1
 * @param action `[n]`, in 0 .. A-1
 * @param rows of the sample that are learned from
 * @returns coefficients, row-major `[A, D]`
 * @throws DivergenceError when it does not converge
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const features = [0, 0, 0, 1, 1, 1].flatMap((x) => [1, x]), action = Int32Array.of(0, 0, 1, 0, 1, 1);
 * const [a, b, c, d] = fitMultinomial(Float64Array.from(features), action, Int32Array.from(action.keys()), 2);
 * assert.ok(a + c < 1e-9 && d > 0 && b < 0);
 * ```
 */
export function fitMultinomial(
  features: Float64Array,
  action: Int32Array,
  rows: Int32Array,
  actions: number,
): Float64Array {
  const width = features.length / action.length, size = actions * width, gram = new Float64Array(width * width);
  for (const i of rows) {
    for (let j = 0; j < width; j++) {
      for (let k = 0; k < width; k++) gram[j * width + k] += features[i * width + j] * features[i * width + k] / 2;
    }
  }
  for (let j = 1; j < width; j++) gram[j * (width + 1)] += PENALTY;
  const room = { factor: new Float64Array(width * width), solution: new Float64Array(width) };
  let now = new Float64Array(size), before = now, momentum = 1;
  const gradient = new Float64Array(size), p = new Float64Array(actions), right = new Float64Array(width);
  for (let step = 0; step < MAX_STEPS; step++) {
    const next = (1 + Math.sqrt(1 + 4 * momentum * momentum)) / 2, ahead = (momentum - 1) / next;
    const from = now.map((value, k) => value + ahead * (value - before[k]));
    gradient.fill(0);
    for (const i of rows) {
      fillProbabilities(from, features, i, p);
      p[action[i]] -= 1;
      for (let a = 0; a < actions; a++) {
        for (let j = 0; j < width; j++) gradient[a * width + j] -= p[a] * features[i * width + j];
      }
    }
    const moved = new Float64Array(size);
    let climbs = 0, most = 0;
    for (let a = 0; a < actions; a++) {
      for (let j = 0; j < width; j++) right[j] = gradient[a * width + j] - (j > 0 ? PENALTY * from[a * width + j] : 0);
      // The damping is rounding: it makes collinear covariates share what they say.
      solveDamped(gram, right, 1e-9 * rows.length, room);
      for (let j = 0; j < width; j++) {
        const k = a * width + j;
        moved[k] = from[k] + room.solution[j];
        climbs += right[j] * (moved[k] - now[k]);
        most = Math.max(most, Math.abs(moved[k] - from[k]));
      }
    }
    // Where the way ahead no longer climbs, momentum begins again (O'Donoghue & Candès 2015).
    momentum = climbs < 0 ? 1 : next;
    before = now;
    now = moved;
    if (most < TOLERANCE) return now;
  }
  throw new DivergenceError(
    `propensities: no convergence in ${MAX_STEPS} steps; scale the covariates, leave some out, or give --propensity`,
  );
}

/**
 * Probabilities of all actions in a round.
 *
 * @param coefficients row-major `[A, D]`
 * @param features row-major `[n, D]`
 * @param out is written, `[A]`
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const out = new Float64Array(2);
 * fillProbabilities(Float64Array.of(0, Math.log(3)), Float64Array.of(1), 0, out);
 * assert.ok(Math.abs(out[1] - 0.75) < 1e-15);
 * ```
 */
export function fillProbabilities(
  coefficients: Float64Array,
  features: Float64Array,
  row: number,
  out: Float64Array,
): void {
  const actions = out.length, width = coefficients.length / actions;
  let most = -Infinity, sum = 0;
  for (let a = 0; a < actions; a++) {
    let score = 0;
    for (let j = 0; j < width; j++) score += coefficients[a * width + j] * features[row * width + j];
    out[a] = score;
    if (score > most) most = score;
  }
  for (let a = 0; a < actions; a++) sum += out[a] = Math.exp(out[a] - most);
  for (let a = 0; a < actions; a++) out[a] /= sum;
}
