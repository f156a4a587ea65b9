/**
 * The arms of distribution learning: what each makes of one and the same comparisons, in a tabular policy class.
 *
 * @module
 */
import type { Rng } from "../../lib/random.ts";
import { logSoftmaxRows } from "../../lib/exact/log_space.ts";
import { exactLosses } from "../../lib/losses/exact.ts";
import type { PreferenceWorld } from "../../lib/worlds/preferences.ts";
import { apoZeroFit, bradleyTerryFit, type Fit, linearRewardFit, pmleFit, regressionFit, softLabels } from "./fits.ts";
import type { SyntheticOptions } from "./options.ts";
import {
  type HeldOut,
  type Line,
  policyAt,
  reverseKlLine,
  rlhfLine,
  splitCounts,
  tuneOnComparisons,
  tuneOnTruth,
} from "./tuning.ts";

/** What a learner gets: comparisons, and the world for what is known or tuned on the truth. */
export interface Sample {
  readonly world: PreferenceWorld;
  /** Comparisons `[X, A, A]`. */
  readonly counts: Float64Array;
  /** How many they are. */
  readonly n: number;
  /** The learner's γ, which need not be the annotators'. */
  readonly gamma: number;
  /** Reward models are linear in the world's features instead of tabular. */
  readonly linearReward: boolean;
  /** The replicate, counted from 0; named in errors. */
  readonly seed: number;
  /** The stream that draws pairs without label, from its start at each call. */
  readonly unlabelled: () => Rng;
  /** The stream that sends comparisons to folds, from its start at each call. */
  readonly folds: () => Rng;
  readonly options: Pick<SyntheticOptions, "rlhfBeta" | "eta" | "tau" | "klScale" | "freshPairs">;
}

/** A learned policy: log-probs `[X, A]`, and the largest gradient left in its fit, per comparison. */
export interface Learned {
  readonly logPolicy: Float64Array;
  readonly gradientNorm: number;
}

/** A fit to comparisons that is kept as long as they are: most arms start from the same one. */
function fittedOnce<F>(fit: (sample: Sample) => F): (sample: Sample) => F {
  const fits = new WeakMap<Float64Array, F>();
  return (sample) => {
    const found = fits.get(sample.counts) ?? fit(sample);
    fits.set(sample.counts, found);
    return found;
  };
}

/** Tabular rewards of greatest likelihood. */
const implicitReward = fittedOnce(({ world, counts }) => bradleyTerryFit(counts, world.actions));
const linearReward = fittedOnce(({ world, counts }) => linearRewardFit(counts, world.actions, world.table!));

/** The reward model: tabular or linear. */
export function rewardModel(sample: Sample): Fit {
  return sample.linearReward ? linearReward(sample) : implicitReward(sample);
}

/** π ∝ π0^reference e^{scale·R}. */
function tilted({ world }: Sample, { table, gradientNorm }: Fit, scale: number, reference: 0 | 1): Learned {
  const logits = table.map((r, i) => reference * world.logStart[i] + scale * r);
  return { logPolicy: logSoftmaxRows(logits, world.actions), gradientNorm };
}

type LineOf = (logStart: Float64Array, reward: Float64Array, gamma: number) => Line;

/** Reward models without one fold each, with that fold. */
const leftOut = fittedOnce((sample) =>
  splitCounts(sample.counts, sample.folds()).map((held) => {
    const rest = sample.counts.map((count, cell) => count - held[cell]), { actions, table } = sample.world;
    const { table: reward } = sample.linearReward
      ? linearRewardFit(rest, actions, table!)
      : bradleyTerryFit(rest, actions);
    return { held, reward };
  })
);

/** The policy of a line at the t that held-out comparisons like best; the reward model is fitted to all of them. */
function tunedHeldOut(sample: Sample, lineOf: LineOf): Learned {
  const { world, gamma } = sample, { table, gradientNorm } = rewardModel(sample);
  const folds = leftOut(sample).map(({ held, reward }): HeldOut => ({
    line: lineOf(world.logStart, reward, gamma),
    counts: held,
  }));
  const t = tuneOnComparisons(folds, world.actions);
  return { logPolicy: policyAt(lineOf(world.logStart, table, gamma), t, gamma, world.actions), gradientNorm };
}

/** The policy of a line that is nearest to the target. */
function nearestOn({ world, gamma }: Pick<Sample, "world" | "gamma">, reward: Float64Array, lineOf: LineOf) {
  const line = lineOf(world.logStart, reward, gamma);
  return policyAt(line, tuneOnTruth(world, line, gamma), gamma, world.actions);
}

function tunedOnTruth(sample: Sample, lineOf: LineOf): Learned {
  const { table, gradientNorm } = rewardModel(sample);
  return { logPolicy: nearestOn(sample, table, lineOf), gradientNorm };
}

function distil(sample: Sample, pairs: (reward: Float64Array) => Float64Array): Learned {
  const reward = rewardModel(sample);
  const student = bradleyTerryFit(pairs(reward.table), sample.world.actions);
  const gradientNorm = Math.max(reward.gradientNorm, student.gradientNorm);
  return tilted(sample, { ...student, gradientNorm }, 1 / sample.gamma, 0);
}

/** Every arm by id. */
export const arms = {
  /** β = γ. */
  "dpo": (sample: Sample) => tilted(sample, implicitReward(sample), 1 / sample.gamma, 1),
  "rlhf-fixed": (sample: Sample) => tilted(sample, rewardModel(sample), 1 / sample.options.rlhfBeta, 1),
  /** β tuned on held-out comparisons. */
  "rlhf-tuned": (sample: Sample) => tunedHeldOut(sample, rlhfLine),
  /** β tuned on the true KL: an upper bound on what tuning can do. */
  "rlhf-best": (sample: Sample) => tunedOnTruth(sample, rlhfLine),
  /** Regression on the labelled pairs. */
  "rebel": (sample: Sample) => {
    const { world, counts, options } = sample, { table, gradientNorm } = rewardModel(sample), A = world.actions;
    const aim = counts.map((_, cell) => {
      const i = Math.floor(cell / A), first = i - i % A;
      return options.eta * (table[i] - table[first + cell % A]);
    });
    const fit = regressionFit(counts, A, exactLosses.rebel.form({ aim }));
    return tilted(sample, { ...fit, gradientNorm: Math.max(fit.gradientNorm, gradientNorm) }, 1, 1);
  },
  "pmle": (sample: Sample) => tilted(sample, implicitReward(sample), 1 / sample.gamma, 0),
  "pmle-kl": ({ world, counts, n, gamma, options }: Sample) => {
    const weight = options.klScale / Math.sqrt(n) * n / world.contexts;
    const { table, gradientNorm } = pmleFit(counts, world.actions, { gamma, logStart: world.logStart, weight });
    return { logPolicy: logSoftmaxRows(table, world.actions), gradientNorm };
  },
  "distill-labelled": (sample: Sample) =>
    distil(sample, (reward) => softLabels(sample.counts, sample.world.actions, reward)),
  "distill-fresh": (sample: Sample) => {
    const { world, n, options, unlabelled } = sample;
    return distil(
      sample,
      (reward) => softLabels(world.pairs(options.freshPairs * n, unlabelled()), world.actions, reward),
    );
  },
  /** b = 0. */
  "reverse-kl": (sample: Sample) => tilted(sample, rewardModel(sample), 1 / sample.gamma, 0),
  /** b tuned on held-out comparisons. */
  "reverse-kl-tuned": (sample: Sample) => tunedHeldOut(sample, reverseKlLine),
  /** b tuned on the true KL. */
  "reverse-kl-best": (sample: Sample) => tunedOnTruth(sample, reverseKlLine),
  "ipo": (sample: Sample) => {
    const loss = exactLosses["ipo-sum"].form({ tau: sample.options.tau });
    return tilted(sample, regressionFit(sample.counts, sample.world.actions, loss), 1, 1);
  },
  /** β = γ. */
  "apo-zero": ({ world, counts, gamma }: Sample) => {
    const { table, gradientNorm } = apoZeroFit(counts, world.actions, { beta: gamma, logStart: world.logStart });
    return { logPolicy: logSoftmaxRows(table, world.actions), gradientNorm };
  },
} as const satisfies Record<string, (sample: Sample) => Learned>;

/** Id of an arm. */
export type ArmId = keyof typeof arms;
/** Ids of all arms. */
export const armIds = Object.keys(arms) as ArmId[];

/**
 * log-probs that an arm reaches with all the comparisons there are, where that has a closed form: π* itself, or π0 times
 * a power of π*.
 */
export function limitOf(arm: ArmId, sample: Pick<Sample, "world" | "gamma" | "options">): Float64Array | undefined {
  const { world, gamma, options } = sample, reward = world.logTarget.map((v) => world.gamma * v);
  const power = (scale: number) => logSoftmaxRows(world.logStart.map((v, i) => v + scale * reward[i]), world.actions);
  if (arm === "dpo") return power(1 / gamma);
  if (arm === "rlhf-fixed") return power(1 / options.rlhfBeta);
  if (arm === "rlhf-best") return nearestOn({ world, gamma }, reward, rlhfLine);
  if (arm === "rlhf-tuned") {
    const line = rlhfLine(world.logStart, reward, gamma);
    return policyAt(line, tuneOnComparisons([{ line, counts: world.chances }], world.actions), gamma, world.actions);
  }
  if (arm === "rebel") return power(options.eta);
  return arm === "ipo" || arm === "apo-zero" ? undefined : world.logTarget;
}
