/**
 * What the methods of one block of seeds are given: populations, their logs, and what can be made of them without a policy.
 *
 * @module
 */
import { crossFit, fitRidgeGcv } from "../../lib/estimators/mod.ts";
import { bestOfClass, expectation, lawAt, type LawClass, naturalGradient } from "../../lib/policies/laws.ts";
import type { UnitContext } from "../../lib/run/experiment.ts";
import type { Rng } from "../../lib/tensor/random.ts";
import {
  type Population,
  population,
  type PopulationLog,
  type PopulationSettings,
} from "../../lib/worlds/population.ts";
import type { CompareOptions } from "./options.ts";

/** What a condition sets. */
export type Setting = Omit<PopulationSettings, "prompts" | "responses"> & { readonly n: number };

/** The setting that conditions depart from: weak taste of the logging law, right labels, quality that policies can express. */
export const CENTRE = { confounding: 0, noise: 0, overlap: 0.5, complexity: 0 };

/** An outcome model that was fitted on the log itself. */
export interface CrossFitted {
  /** Prediction of each unit's outcome by a model of the other folds `[n]`. */
  readonly logged: Float64Array;
  /** Mean over folds of their predictions `[X, A]`. */
  readonly table: Float64Array;
}

/** One replicate's data. */
export interface Task {
  readonly world: Population;
  readonly log: PopulationLog;
  readonly model: CrossFitted;
  /** The class that all policies are of. */
  readonly space: LawClass;
  /** Direction of SAMI's two principles in features `[2][D]`, of length 1: quality as a writer sees it, and a style. */
  readonly principles: readonly [Float64Array, Float64Array];
  /** θ of the best policy of the class at the budget `[D]`. */
  readonly best: Float64Array;
  /** Its value. */
  readonly bestValue: number;
  /** For methods that draw samples of their own. */
  readonly samples: Rng;
}

const FOLDS = 5;

/** Ridge regression of outcomes on what models see, fitted without the fold it predicts. */
function outcomeModel(world: Population, log: PopulationLog, rng: Rng): CrossFitted {
  const { modelFeatures, modelDimensions: width, responses, quality } = world, n = log.outcome.length;
  const cell = (i: number) => log.prompt[i] * responses + log.first[i];
  const table = new Float64Array(quality.length);
  const logged = crossFit({ n, folds: FOLDS, rng }, (train) => {
    const rows = new Float64Array(train.length * width);
    train.forEach((unit, i) =>
      rows.set(modelFeatures.subarray(cell(unit) * width, (cell(unit) + 1) * width), i * width)
    );
    const predicted = fitRidgeGcv(rows, Float64Array.from(train, (i) => log.outcome[i])).predict(modelFeatures);
    predicted.forEach((value, i) => table[i] += value / FOLDS);
    return (test) => Float64Array.from(test, (i) => predicted[cell(i)]);
  });
  return { logged, table };
}

const unit = (v: Float64Array): Float64Array => {
  const size = Math.hypot(...v);
  return v.map((x) => x / size);
};

/** A direction that is right to the given degree, and one that has nothing to do with it. */
function principlesOf(space: LawClass, quality: Float64Array, degree: number, rng: Rng): [Float64Array, Float64Array] {
  const d = space.features.length / space.logStart.length;
  const right = unit(naturalGradient(space, new Float64Array(d), quality));
  const across = (v: Float64Array) => {
    const along = v.reduce((sum, x, k) => sum + x * right[k], 0);
    return unit(v.map((x, k) => x - along * right[k]));
  };
  const error = across(rng.normals(d)), style = across(rng.normals(d));
  return [right.map((v, k) => degree * v + Math.sqrt(1 - degree * degree) * error[k]), style];
}

/** One task a seed of the block. */
export function tasksOf(
  { options, streams }: Pick<UnitContext<CompareOptions, unknown>, "options" | "streams">,
  { n, ...knobs }: Setting,
): Task[] {
  const { prompts, responses, budget, principle } = options;
  const [logs, folds, notions, samples] = ["log", "folds", "principles", "samples"].map(streams);
  return streams("world").map((rng, r) => {
    const world = population({ prompts, responses, ...knobs }, rng);
    const log = world.draw(n, logs[r]);
    const space = { logStart: world.logStart, features: world.features, responses };
    const best = bestOfClass(space, world.quality, budget);
    return {
      world,
      log,
      model: outcomeModel(world, log, folds[r]),
      space,
      principles: principlesOf(space, world.quality, principle, notions[r]),
      best,
      bestValue: expectation(lawAt(space, best), world.quality, responses),
      samples: samples[r],
    };
  });
}
