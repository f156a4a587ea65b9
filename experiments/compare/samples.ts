/**
 * What the methods of one block of seeds are given: populations, their logs, and what can be made of them without a policy.
 *
 * @module
 */
import { bestOfClass, naturalGradient } from "../../lib/exact/best_of_class.ts";
import { dimensionsOf, expectation, lawAt, type LawClass } from "../../lib/exact/laws.ts";
import type { UnitContext } from "../../lib/run/experiment.ts";
import type { Rng } from "../../lib/random.ts";
import {
  type Population,
  population,
  type PopulationLog,
  type PopulationSettings,
} from "../../lib/worlds/population.ts";
import type { PopulationOptions } from "./options.ts";
import { type CrossFitted, outcomeModel, type RewardModel, rewardModel } from "./nuisance.ts";
import { recordOf, type TypeRecord } from "./record.ts";

/** What a condition sets. */
export type Setting = Omit<PopulationSettings, "prompts" | "responses"> & {
  readonly n: number;
  /** Correlation of the platform's record of the type with the type, in [0, 1]. */
  readonly record: number;
};

/**
 * The setting that conditions depart from: what is shown and what is liked follow one type, which the platform recorded; weak
 * taste of the logging law, right labels, quality that policies can express.
 */
export const CENTRE = { confounding: 0, link: 1, record: 1, noise: 0, overlap: 0.5, complexity: 0 };

/** One replicate's data. */
export interface Sample {
  readonly world: Population;
  readonly log: PopulationLog;
  /** What propensities may depend on. */
  readonly record: TypeRecord;
  readonly model: CrossFitted;
  /** A reward model of the log's preferences, fitted when it is first asked for. */
  reward(): RewardModel;
  /** The class that all policies are of. */
  readonly space: LawClass;
  /** Direction of SAMI's two principles in features `[2][D]`, of length 1: quality as a writer sees it, and a style. */
  readonly principles: readonly [Float64Array, Float64Array];
  /** θ of the best policy of the class at the budget `[D]`. */
  readonly best: Float64Array;
  /** Its value. */
  readonly bestValue: number;
  /** For methods that draw samples of their own. */
  readonly draws: Rng;
}

const unit = (v: Float64Array): Float64Array => {
  const size = Math.hypot(...v);
  return v.map((x) => x / size);
};

/** A direction that is right to the given degree, and one that has nothing to do with it. */
function principlesOf(space: LawClass, quality: Float64Array, degree: number, rng: Rng): [Float64Array, Float64Array] {
  const d = dimensionsOf(space);
  const right = unit(naturalGradient(space, new Float64Array(d), quality));
  const across = (v: Float64Array) => {
    const along = v.reduce((sum, x, k) => sum + x * right[k], 0);
    return unit(v.map((x, k) => x - along * right[k]));
  };
  const error = across(rng.normals(d)), style = across(rng.normals(d));
  return [right.map((v, k) => degree * v + Math.sqrt(1 - degree * degree) * error[k]), style];
}

/** One sample a seed of the block. */
export function samplesOf(
  { options, streams }: Pick<UnitContext<PopulationOptions, unknown>, "options" | "streams">,
  { n, record, ...knobs }: Setting,
): Sample[] {
  const { prompts, responses, budget, principle } = options;
  const [logs, folds, notions, draws, records] = ["log", "folds", "principles", "samples", "record"].map(streams);
  return streams("world").map((rng, r) => {
    const world = population({ prompts, responses, ...knobs }, rng);
    const log = world.draw(n, logs[r]);
    const space = { logStart: world.logStart, features: world.features, responses };
    let reward: RewardModel | undefined;
    const best = bestOfClass(space, world.quality, budget);
    return {
      world,
      log,
      record: recordOf(log, record, records[r]),
      model: outcomeModel(world, log, folds[r].fork("outcomes")),
      reward: () => reward ??= rewardModel(world, log, folds[r].fork("preferences")),
      space,
      principles: principlesOf(space, world.quality, principle, notions[r]),
      best,
      bestValue: expectation(lawAt(space, best), world.quality, responses),
      draws: draws[r],
    };
  });
}
