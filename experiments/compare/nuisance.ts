/**
 * Models that methods lean on: of outcomes, and of rewards behind preferences.
 *
 * Both see the same features, and both have a ridge penalty that is chosen by one rule: the least loss over one grid on
 * a fifth of the readers that was held out.
 *
 * @module
 */
import { assignFolds, fitLogistic, fitRidge, type OutcomeModel } from "../../lib/estimators/mod.ts";
import type { Rng } from "../../lib/random.ts";
import type { Population, PopulationLog } from "../../lib/worlds/population.ts";

/** Penalties that are tried, on the sum of losses over readers. */
export const PENALTIES: readonly number[] = [1, 10, 100, 1000];
const FOLDS = 5;

/** An outcome model that was fitted on the log itself. */
export interface CrossFitted {
  /** Prediction of each unit's outcome by a model of the other folds `[n]`. */
  readonly logged: Float64Array;
  /** Mean over folds of their predictions `[X, A]`. */
  readonly table: Float64Array;
  /** The penalty of least held-out loss. */
  readonly penalty: number;
}

/** Rewards that explain the preferences. */
export interface RewardModel {
  /** Rewards of all responses, up to a constant of the prompt, `[X, A]`. */
  readonly table: Float64Array;
  /** The penalty of least held-out loss. */
  readonly penalty: number;
}

/** The penalty of least loss on a fold that was held out; of equal losses the larger penalty. */
function leastHeldOut(
  fold: Uint32Array,
  fit: (train: readonly number[], penalty: number) => OutcomeModel,
  loss: (model: OutcomeModel, test: readonly number[]) => number,
): number {
  const [train, test] = split(fold, 0);
  const losses = PENALTIES.map((penalty) => loss(fit(train, penalty), test));
  return PENALTIES[losses.lastIndexOf(Math.min(...losses))];
}

/** Units outside of a fold, and in it. */
function split(fold: Uint32Array, held: number): readonly [number[], number[]] {
  const units = Array.from(fold, (_, i) => i);
  return [units.filter((i) => fold[i] !== held), units.filter((i) => fold[i] === held)];
}

/** Ridge regression of outcomes; each unit is predicted without its fold. */
export function outcomeModel(world: Population, log: PopulationLog, rng: Rng): CrossFitted {
  const { modelFeatures, modelDimensions: width, responses } = world, n = log.outcome.length;
  const fold = assignFolds({ n, folds: FOLDS, rng });
  const rowsOf = (units: readonly number[]) => {
    const rows = new Float64Array(units.length * width);
    units.forEach((unit, i) => {
      const cell = log.prompt[unit] * responses + log.first[unit];
      rows.set(modelFeatures.subarray(cell * width, (cell + 1) * width), i * width);
    });
    return rows;
  };
  const fit = (train: readonly number[], penalty: number) =>
    fitRidge(rowsOf(train), Float64Array.from(train, (i) => log.outcome[i]), { penalty });
  const penalty = leastHeldOut(
    fold,
    fit,
    (model, test) => model.predict(rowsOf(test)).reduce((sum, y, i) => sum + (y - log.outcome[test[i]]) ** 2, 0),
  );
  const models = Array.from({ length: FOLDS }, (_, k) => fit(split(fold, k)[0], penalty));
  const tables = models.map((model) => model.predict(modelFeatures));
  return {
    penalty,
    logged: Float64Array.from(fold, (k, i) => tables[k][log.prompt[i] * responses + log.first[i]]),
    table: tables[0].map((_, i) => tables.reduce((sum, table) => sum + table[i] / FOLDS, 0)),
  };
}

/** Bradley-Terry rewards, linear in what models see: products of features as well, which no policy expresses. */
export function rewardModel(world: Population, log: PopulationLog, rng: Rng): RewardModel {
  const { modelFeatures, modelDimensions: width, responses } = world, n = log.firstWins.length;
  const differences = (units: readonly number[], sign: number) => {
    const rows = new Float64Array(units.length * width);
    units.forEach((unit, i) => {
      const start = log.prompt[unit] * responses;
      const [a, b] = [(start + log.first[unit]) * width, (start + log.second[unit]) * width];
      for (let k = 0; k < width; k++) rows[i * width + k] = sign * (modelFeatures[a + k] - modelFeatures[b + k]);
    });
    return rows;
  };
  // Each pair in both orders with half a weight: then no order has a constant of its own.
  const fit = (units: readonly number[], penalty: number) => {
    const rows = new Float64Array(2 * units.length * width);
    rows.set(differences(units, 1));
    rows.set(differences(units, -1), units.length * width);
    const wins = units.map((i) => log.firstWins[i]);
    return fitLogistic(rows, [...wins, ...wins.map((win) => 1 - win)], {
      penalty,
      weights: new Float64Array(2 * units.length).fill(0.5),
    });
  };
  const penalty = leastHeldOut(
    assignFolds({ n, folds: FOLDS, rng }),
    fit,
    (model, test) =>
      model.predict(differences(test, 1)).reduce((sum, p, i) => sum - Math.log(log.firstWins[test[i]] ? p : 1 - p), 0),
  );
  const { coefficients } = fit(Array.from(log.firstWins, (_, i) => i), penalty);
  const table = new Float64Array(modelFeatures.length / width);
  for (let i = 0; i < table.length; i++) {
    for (let k = 0; k < width; k++) table[i] += coefficients[k] * modelFeatures[i * width + k];
  }
  return { table, penalty };
}
