/**
 * Outcome models from sums: ridge regressions for all actions and folds of a log that is read in chunks.
 *
 * @module
 */
import { solveDamped } from "../../exact/cholesky.ts";
import type { ActionTable } from "./policy_columns.ts";

/** Penalty on coefficients of covariates, which are in standard deviations of the first chunk, and on what an action adds. */
const PENALTY = 1;

/** Rounds that a model learns from. */
interface Sample {
  readonly rows: number;
  /** `[rows]` */
  readonly reward: Float64Array;
  /** `[rows]`, in 0 .. A-1 */
  readonly action: Int32Array;
  /** Row-major, `[rows, d]`; empty without covariates. */
  readonly covariates: Float64Array;
  /** `[rows]`, in 0 .. F-1 */
  readonly fold: Int32Array;
}

/**
 * Sums of which every fold's model is made: one linear model of all actions, and for each action what it adds to it,
 * shrunk to 0 by a ridge penalty of 1 — so that an action with few rounds is judged by all, and one with none by all alone.
 * Predictions stay within the rewards that were seen.
 */
export class RidgeSums {
  /** Of covariates in the first chunk. */
  readonly #mean: Float64Array;
  readonly #scale: Float64Array;
  #isScaled = false;
  /** Cross products of 1, covariates and reward: `[F, A, D, D + 1]` with D = d + 1. */
  readonly #sums: Float64Array;
  readonly #size: number;
  #low = Infinity;
  #high = -Infinity;

  /**
   * @param folds F
   * @param actions A
   * @param covariates d
   */
  constructor(readonly folds: number, readonly actions: number, readonly covariates: number) {
    this.#mean = new Float64Array(covariates);
    this.#scale = new Float64Array(covariates).fill(1);
    this.#size = (covariates + 1) * (covariates + 2);
    this.#sums = new Float64Array(folds * actions * this.#size);
  }

  /** Takes in a chunk. */
  add({ rows, reward, action, covariates, fold }: Sample): void {
    const d = this.covariates, width = d + 2, row = new Float64Array(width);
    if (!this.#isScaled) this.#setScale(covariates, rows);
    row[0] = 1;
    for (let i = 0; i < rows; i++) {
      const r = row[d + 1] = reward[i], from = (fold[i] * this.actions + action[i]) * this.#size;
      if (r < this.#low) this.#low = r;
      if (r > this.#high) this.#high = r;
      for (let j = 0; j < d; j++) row[j + 1] = (covariates[i * d + j] - this.#mean[j]) / this.#scale[j];
      for (let j = 0; j <= d; j++) {
        for (let k = 0; k < width; k++) this.#sums[from + j * width + k] += row[j] * row[k];
      }
    }
  }

  #setScale(covariates: Float64Array, rows: number): void {
    const d = this.covariates;
    this.#isScaled = true;
    for (let j = 0; j < d; j++) {
      let sum = 0, squares = 0;
      for (let i = 0; i < rows; i++) sum += covariates[i * d + j];
      const mean = this.#mean[j] = sum / rows;
      for (let i = 0; i < rows; i++) squares += (covariates[i * d + j] - mean) ** 2;
      this.#scale[j] = Math.sqrt(squares / rows) || 1;
    }
  }

  /** The models of all folds, each from the rounds of the others. */
  fit(): RidgePredictions {
    const { folds, actions, covariates: d } = this, size = d + 1, width = d + 2;
    const coefficients = new Float64Array(folds * actions * size), pooled = new Float64Array(this.#size);
    const others = new Float64Array(actions * this.#size);
    for (let fold = 0; fold < folds; fold++) {
      others.fill(0);
      pooled.fill(0);
      for (let other = 0; other < folds; other++) {
        if (other === fold) continue;
        for (let k = 0; k < others.length; k++) {
          const value = this.#sums[other * others.length + k];
          others[k] += value;
          pooled[k % this.#size] += value;
        }
      }
      const common = solved(pooled, size, width, (j) => j === 0 ? 0 : PENALTY);
      for (let a = 0; a < actions; a++) {
        const own = others.subarray(a * this.#size, (a + 1) * this.#size), left = own.slice();
        for (let j = 0; j < size; j++) {
          for (let k = 0; k < size; k++) left[j * width + size] -= own[j * width + k] * common[k];
        }
        const added = solved(left, size, width, () => PENALTY);
        for (let j = 0; j < size; j++) coefficients[(fold * actions + a) * size + j] = common[j] + added[j];
      }
    }
    return new RidgePredictions({ actions, size, coefficients, mean: this.#mean, scale: this.#scale }, [
      this.#low,
      this.#high,
    ]);
  }
}

/** Solves one ridge regression out of cross products `[size, width]`, whose last column is the right side. */
function solved(sums: Float64Array, size: number, width: number, penalty: (j: number) => number): Float64Array {
  const matrix = new Float64Array(size * size), right = new Float64Array(size);
  for (let j = 0; j < size; j++) {
    for (let k = 0; k < size; k++) matrix[j * size + k] = sums[j * width + k];
    matrix[j * size + j] += penalty(j);
    right[j] = sums[j * width + size];
  }
  const room = { factor: new Float64Array(size * size), solution: new Float64Array(size) };
  // Without a round to learn from there is nothing to add, and nothing common either.
  return solveDamped(matrix, right, 0, room) ? room.solution : new Float64Array(size);
}

/** Fitted models: what each fold's expects of every action. */
export class RidgePredictions {
  readonly #few: Float64Array | undefined;
  #room = new Float64Array(0);

  /** @param range of rewards, within which predictions stay */
  constructor(
    readonly models: {
      readonly actions: number;
      readonly size: number;
      /** `[F, A, size]` */
      readonly coefficients: Float64Array;
      readonly mean: Float64Array;
      readonly scale: Float64Array;
    },
    readonly range: readonly [low: number, high: number],
  ) {
    this.#few = models.size === 1 ? models.coefficients.map((value) => this.#within(value)) : undefined;
  }

  #within(value: number): number {
    return Math.min(Math.max(value, this.range[0]), this.range[1]);
  }

  /** Expected rewards of a chunk's rounds; without covariates a row a fold, else written over by the next chunk. */
  predict(covariates: Float64Array, fold: Int32Array, rows: number): ActionTable {
    if (this.#few !== undefined) return { values: this.#few, row: fold };
    const { actions, size, coefficients, mean, scale } = this.models, d = size - 1, x = new Float64Array(d);
    if (this.#room.length < rows * actions) this.#room = new Float64Array(rows * actions);
    for (let i = 0; i < rows; i++) {
      for (let j = 0; j < d; j++) x[j] = (covariates[i * d + j] - mean[j]) / scale[j];
      for (let a = 0; a < actions; a++) {
        const from = (fold[i] * actions + a) * size;
        let sum = coefficients[from];
        for (let j = 0; j < d; j++) sum += coefficients[from + 1 + j] * x[j];
        this.#room[i * actions + a] = this.#within(sum);
      }
    }
    return { values: this.#room };
  }
}
