/**
 * What a round adds to the sums of each estimator: columns whose means are all that values are made of.
 *
 * @module
 */
import type { EstimatorId } from "../mod.ts";

/** Numbers of actions by round: a row of a table with a row for each round, or for each fold, or one for all. */
export interface ActionTable {
  /** Row-major, `[R, A]`. */
  readonly values: Float64Array;
  /** Row of each round, `[n]`; the round's own number unless given. */
  readonly row?: Int32Array;
}

/** What a policy does in a chunk: its probabilities, or that it is the one that logged, of which no more has to be known. */
export type PolicyTable = ActionTable | "logging";

/** A chunk of a log, in numbers. */
export interface LogChunk {
  readonly rows: number;
  /** Outcome of the logged action, `[rows]`. */
  readonly reward: Float64Array;
  /** Logged action, `[rows]`, in 0 .. A-1. */
  readonly action: Int32Array;
  /** Its probability under the logging policy, `[rows]`, in (0, 1]. */
  readonly propensity: Float64Array;
}

/** Columns of a policy, in this order. */
const COLUMNS = ["weight", "ipw", "clipped", "direct", "dr", "switch", "dros"] as const;
type Column = typeof COLUMNS[number];

/** How many columns a policy has. */
export const POLICY_COLUMNS = COLUMNS.length;

/** Estimators of a log that is read once, in the order of tables. */
export const STREAMED: readonly EstimatorId[] = [
  ...["naive", "ipw", "snipw", "clipped", "outcome-only", "dr", "sndr", "switch-dr", "dros"] as const,
];

/** Whether an estimator reads the outcome model. */
export const usesModel = (id: EstimatorId): boolean =>
  id === "outcome-only" || id === "dr" || id === "sndr" || id === "switch-dr" || id === "dros";

/**
 * Fills the columns of a policy for a chunk.
 *
 * @param target probabilities of the actions under the policy
 * @param model expected rewards of the actions
 * @param lambda weights above are cut (clipped), not used (switch), or shrunk (dros)
 * @param out columns, `[POLICY_COLUMNS][rows]` or longer
 * @returns the largest weight, and how many weights are above lambda
 * @throws RangeError naming a round of the chunk whose weight is not finite
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const chunk = { rows: 1, reward: Float64Array.of(1), action: Int32Array.of(1), propensity: Float64Array.of(0.5) };
 * const row = Int32Array.of(0), out = Array.from({ length: POLICY_COLUMNS }, () => new Float64Array(1));
 * const target = { values: Float64Array.of(0.2, 0.8), row }, model = { values: Float64Array.of(0, 0.5), row };
 * fillPolicyColumns(chunk, { actions: 2, target, model, lambda: 10 }, out);
 * assert.deepEqual(out.slice(0, 5).map(([value]) => value), [1.6, 1.6, 1.6, 0.4, 0.8]);
 * ```
 */
export function fillPolicyColumns(
  chunk: LogChunk,
  { actions, target, model, lambda }: {
    readonly actions: number;
    readonly target: PolicyTable;
    readonly model: ActionTable;
    readonly lambda: number;
  },
  out: readonly Float64Array[],
): { readonly largest: number; readonly above: number } {
  if (target === "logging") return fillLogging(chunk, { actions, model, lambda }, out);
  const { rows, reward, action, propensity } = chunk;
  const [weight, ipw, clipped, direct, dr, switched, dros] = out;
  const { values: p, row: policyRow } = target, { values: q, row: modelRow } = model;
  let largest = 0, above = 0;
  for (let i = 0; i < rows; i++) {
    const at = (policyRow === undefined ? i : policyRow[i]) * actions, a = action[i];
    const from = (modelRow === undefined ? i : modelRow[i]) * actions;
    const w = p[at + a] / propensity[i], r = reward[i], residual = r - q[from + a];
    if (!(w < Infinity)) throw new RangeError(`round ${i}: its weight overflows: ${p[at + a]} over ${propensity[i]}`);
    if (w > largest) largest = w;
    weight[i] = w;
    ipw[i] = w * r;
    dr[i] = w * residual;
    dros[i] = w / (1 + w * (w / lambda)) * residual;
    if (w > lambda) {
      above++;
      clipped[i] = lambda * r;
      switched[i] = 0;
    } else {
      clipped[i] = ipw[i];
      switched[i] = dr[i];
    }
  }
  fillDirect(direct, rows, actions, target, model);
  return { largest, above };
}

/** Of the policy that logged, all weights are 1, and its action stands for its mean under the model. */
function fillLogging(
  { rows, reward, action }: LogChunk,
  { actions, model: { values: q, row }, lambda }: {
    readonly actions: number;
    readonly model: ActionTable;
    readonly lambda: number;
  },
  [weight, ipw, clipped, direct, dr, switched, dros]: readonly Float64Array[],
): { readonly largest: number; readonly above: number } {
  const isAbove = lambda < 1, shrunk = 1 / (1 + 1 / lambda);
  for (let i = 0; i < rows; i++) {
    const r = reward[i], g = q[(row === undefined ? i : row[i]) * actions + action[i]], residual = r - g;
    weight[i] = 1;
    ipw[i] = r;
    clipped[i] = isAbove ? lambda * r : r;
    direct[i] = g;
    dr[i] = residual;
    switched[i] = isAbove ? 0 : residual;
    dros[i] = shrunk * residual;
  }
  return { largest: rows > 0 ? 1 : 0, above: isAbove ? rows : 0 };
}

/** The model's mean under the policy, by round; by pair of rows where both tables have few. */
function fillDirect(out: Float64Array, rows: number, actions: number, target: ActionTable, model: ActionTable): void {
  const { values: p, row: policyRow } = target, { values: q, row: modelRow } = model;
  const dot = (at: number, from: number) => {
    let sum = 0;
    for (let a = 0; a < actions; a++) sum += p[at + a] * q[from + a];
    return sum;
  };
  if (policyRow === undefined || modelRow === undefined) {
    for (let i = 0; i < rows; i++) {
      out[i] = dot((policyRow === undefined ? i : policyRow[i]) * actions, (modelRow?.[i] ?? i) * actions);
    }
    return;
  }
  const models = q.length / actions, known = new Float64Array(p.length / actions * models);
  for (let k = 0; k < known.length; k++) known[k] = dot(Math.floor(k / models) * actions, (k % models) * actions);
  for (let i = 0; i < rows; i++) out[i] = known[policyRow[i] * models + modelRow[i]];
}

/**
 * The value of a policy by an estimator, from the means of all columns, and its gradient by them.
 *
 * @param mean of the reward and then of the columns of each policy, `[1 + P POLICY_COLUMNS]`
 * @param policy number of the policy
 * @param gradient is written, `[1 + P POLICY_COLUMNS]`; a throw-away array where it does not matter
 * @returns NaN for a self-normalised estimator where all weights are 0
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const mean = Float64Array.of(0.5, 2, 3, 3, 0, 0, 0, 0), gradient = new Float64Array(8);
 * assert.equal(valueOfMeans("snipw", mean, 0, gradient), 1.5);
 * assert.deepEqual([...gradient.slice(0, 3)], [0, -0.75, 0.5]);
 * ```
 */
export function valueOfMeans(
  estimator: EstimatorId,
  mean: Float64Array,
  policy: number,
  gradient: Float64Array,
): number {
  gradient.fill(0);
  const place = (column: Column) => 1 + policy * POLICY_COLUMNS + COLUMNS.indexOf(column);
  const plain = (column: Column) => {
    gradient[place(column)] = 1;
    return mean[place(column)];
  };
  const ratio = (column: Column) => {
    const scale = mean[place("weight")];
    if (!(scale > 0)) return NaN;
    const value = mean[place(column)] / scale;
    gradient[place(column)] = 1 / scale;
    gradient[place("weight")] = -value / scale;
    return value;
  };
  switch (estimator) {
    case "naive":
      gradient[0] = 1;
      return mean[0];
    case "ipw":
    case "clipped":
      return plain(estimator);
    case "snipw":
      return ratio("ipw");
    case "outcome-only":
      return plain("direct");
    case "sndr":
      return plain("direct") + ratio("dr");
    case "dr":
    case "dros":
      return plain("direct") + plain(estimator);
    case "switch-dr":
      return plain("direct") + plain("switch");
  }
}

/**
 * Where a column of a policy stands among all.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(columnOf(0, "weight"), 1);
 * ```
 */
export function columnOf(policy: number, column: Column): number {
  return 1 + policy * POLICY_COLUMNS + COLUMNS.indexOf(column);
}
