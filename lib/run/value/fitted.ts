/**
 * What is fitted where a log does not say it: expected rewards and propensities, each round by models of other folds.
 *
 * @module
 */
import { fillProbabilities, fitMultinomial } from "../../estimators/stream/multinomial.ts";
import type { ActionTable } from "../../estimators/stream/policy_columns.ts";
import { type RidgePredictions, RidgeSums } from "../../estimators/stream/ridge_sums.ts";
import type { LogReader, LogRows } from "./log_rows.ts";

/** Parts of a log, each judged by models of the others. */
const FOLDS = 5;

/** What a chunk is judged by. */
interface Fitted {
  /** Expected rewards of all actions in a chunk's rounds. */
  model(rows: LogRows): ActionTable;
  /** Propensities of a chunk's logged actions, `[rows]`. */
  propensity(rows: LogRows): Float64Array;
}

/**
 * Folds of a chunk's rounds: groups in turn, or rounds by a hash of their number, so that no pattern of a log is one of
 * folds.
 */
function foldsOf({ rows, first, group }: LogRows): Int32Array {
  const fold = new Int32Array(rows);
  for (let i = 0; i < rows; i++) fold[i] = group === undefined ? hashed(first + i) % FOLDS : group[i] % FOLDS;
  return fold;
}

/** The finaliser of MurmurHash3, of a whole number below 2^32. */
function hashed(value: number): number {
  let h = value >>> 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** What is to be fitted, and from which of the numbers of a round. */
interface FitPlan {
  readonly actions: number;
  /** Places of covariates in the numbers of a round. */
  readonly covariates: readonly number[];
  /** Places of expected rewards in them; fitted where absent. */
  readonly outcomes?: readonly number[];
  /** Whether propensities are to be fitted. */
  readonly propensities: boolean;
  /** Numbers of a round. */
  readonly width: number;
}

/**
 * Fits what is to be fitted, in one reading of the log; in none where the log says it all.
 *
 * @throws UserError for cells that cannot be read, and where propensities do not converge
 * @example
 * ```ts ignore
 * const { model } = await fitted(reader, { actions: 3, covariates: [0, 1], propensities: false, width: 2 });
 * ```
 */
export async function fitted(reader: LogReader, plan: FitPlan): Promise<Fitted> {
  const { actions, covariates, outcomes, width } = plan;
  const sums = outcomes === undefined ? new RidgeSums(FOLDS, actions, covariates.length) : undefined;
  const laws = plan.propensities ? new Laws(actions, covariates.length) : undefined;
  const some = (rows: LogRows) => columnsAt(rows, covariates, width);
  if (sums !== undefined || laws !== undefined) {
    for await (const rows of reader.rows()) {
      const fold = foldsOf(rows), values = some(rows);
      sums?.add({ rows: rows.rows, reward: rows.reward, action: rows.action, covariates: values, fold });
      laws?.add(rows, values, fold);
    }
  }
  const predictions: RidgePredictions | undefined = sums?.fit();
  laws?.fit();
  return {
    model: (rows) =>
      predictions?.predict(some(rows), foldsOf(rows), rows.rows) ?? { values: columnsAt(rows, outcomes!, width) },
    propensity: (rows) => laws?.propensity(rows) ?? rows.propensity,
  };
}

/** Some of the numbers of each round, row-major. */
function columnsAt({ rows, numbers }: LogRows, places: readonly number[], width: number): Float64Array {
  if (places.length === width && places.every((place, j) => place === j)) return numbers;
  const count = places.length, values = new Float64Array(rows * count);
  for (let j = 0; j < count; j++) {
    for (let i = 0; i < rows; i++) values[i * count + j] = numbers[i * width + places[j]];
  }
  return values;
}

/** Laws of the logged actions: frequencies without covariates, else a multinomial logistic regression of other folds. */
class Laws {
  readonly #counts: Float64Array;
  readonly #chunks: { readonly values: Float64Array; readonly action: Int32Array; readonly fold: Int32Array }[] = [];
  #rounds = 0;
  #propensities: Float64Array | undefined;

  constructor(readonly actions: number, readonly covariates: number) {
    this.#counts = new Float64Array(actions);
  }

  add({ rows, action }: LogRows, values: Float64Array, fold: Int32Array): void {
    this.#rounds += rows;
    for (let i = 0; i < rows; i++) this.#counts[action[i]]++;
    if (this.covariates > 0) this.#chunks.push({ values: values.slice(), action, fold });
  }

  fit(): void {
    if (this.covariates === 0) return;
    const n = this.#rounds, d = this.covariates, features = new Float64Array(n * (d + 1)).fill(1);
    const action = new Int32Array(n),
      fold = new Int32Array(n),
      seen = [...this.#counts.keys()].filter((a) => this.#counts[a] > 0);
    let at = 0;
    // One after the other they go, so that the rounds are not there twice.
    for (let chunk = this.#chunks.shift(); chunk !== undefined; chunk = this.#chunks.shift()) {
      action.set(chunk.action, at);
      fold.set(chunk.fold, at);
      for (let k = 0; k < chunk.values.length; k++) {
        features[(at + Math.floor(k / d)) * (d + 1) + 1 + k % d] = chunk.values[k];
      }
      at += chunk.action.length;
    }
    standardise(features, n, d + 1);
    // Actions that were never logged have no part in the law.
    const place = new Int32Array(this.actions);
    seen.forEach((a, k) => place[a] = k);
    const codes = action.map((a) => place[a]), out = new Float64Array(seen.length), result = new Float64Array(n);
    for (let k = 0; k < FOLDS; k++) {
      const { own, others } = partedBy(fold, k);
      if (own.length === 0) continue;
      const coefficients = fitMultinomial(features, codes, others, seen.length);
      for (const i of own) {
        fillProbabilities(coefficients, features, i, out);
        // An action that other folds never have is as rare as can be there.
        result[i] = Math.max(out[codes[i]], 1 / n);
      }
    }
    this.#propensities = result;
  }

  propensity({ rows, action, first }: LogRows): Float64Array {
    if (this.#propensities !== undefined) return this.#propensities.subarray(first, first + rows);
    return Float64Array.from(action, (a) => this.#counts[a] / this.#rounds);
  }
}

/** Rounds of a fold and of all others. */
function partedBy(fold: Int32Array, k: number): { readonly own: Int32Array; readonly others: Int32Array } {
  const own = new Int32Array(fold.length), others = new Int32Array(fold.length);
  let count = 0, left = 0;
  for (let i = 0; i < fold.length; i++) {
    if (fold[i] === k) own[count++] = i;
    else others[left++] = i;
  }
  return { own: own.subarray(0, count), others: others.subarray(0, left) };
}

/** Puts all columns but the first on mean 0 and standard deviation 1. */
function standardise(features: Float64Array, n: number, width: number): void {
  for (let j = 1; j < width; j++) {
    let sum = 0, squares = 0;
    for (let i = 0; i < n; i++) sum += features[i * width + j];
    const mean = sum / n;
    for (let i = 0; i < n; i++) squares += (features[i * width + j] - mean) ** 2;
    const scale = Math.sqrt(squares / n) || 1;
    for (let i = 0; i < n; i++) features[i * width + j] = (features[i * width + j] - mean) / scale;
  }
}
