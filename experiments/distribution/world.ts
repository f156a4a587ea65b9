/**
 * The made worlds of comparisons: what a seed draws, shared by all arms, and exact measures of what an arm learns from it.
 *
 * @module
 */
import type { UnitContext } from "../../lib/run/experiment.ts";
import { DivergenceError } from "../../lib/user_error.ts";
import { measurePolicy, type PreferenceSettings, preferenceWorld } from "../../lib/worlds/preferences.ts";
import { type ArmId, arms, type Learned, limitOf, type Sample } from "./arms.ts";
import type { SyntheticOptions } from "./options.ts";

/** What a condition sets; the rest comes from the options. */
interface Setting extends Partial<PreferenceSettings> {
  /** Comparisons. */
  readonly n: number;
  /** γ of the learner over γ of the annotators; 1 unless given. */
  readonly gammaRatio?: number;
}

/** Logits spread unless a question says otherwise: that of the pilot studies, wide enough for plateaus to show. */
export const SPREAD = 0.5;

/** Said in the method line of every question. */
export const PROTOCOL =
  "Every seed is a new world, whose comparisons all arms share; each arm's optimum is reached by " +
  "Newton steps or in closed form, and KL is exact by enumeration. ";

/** Room for the samples of the condition that was asked for last: units of one condition follow one another. */
export interface Drawn {
  latest?: { readonly key: string; readonly samples: readonly Sample[] };
}

/** What a question of the synthetic part prepares. */
export const nothingDrawn = (): Promise<Drawn> => Promise.resolve({});

type Context = Pick<UnitContext<SyntheticOptions, Drawn>, "options" | "seeds" | "streams" | "prepared">;

/** One sample a seed of the block; the arms of a condition share them, and what was fitted to their comparisons. */
export function samplesOf({ options, seeds, streams, prepared }: Context, setting: Setting): readonly Sample[] {
  const key = JSON.stringify([seeds, setting]);
  if (prepared.latest?.key === key) return prepared.latest.samples;
  const { n, gammaRatio = 1, ...world } = setting, { contexts, actions, gamma } = options;
  const comparisons = streams("comparisons"), unlabelled = streams("unlabelled"), folds = streams("folds");
  const samples = streams("world").map((rng, r): Sample => {
    const drawn = preferenceWorld({ contexts, actions, gamma, spread: SPREAD, ...world }, rng);
    return {
      world: drawn,
      counts: drawn.compare(n, comparisons[r]),
      n,
      gamma: gamma * gammaRatio,
      linearReward: drawn.table !== undefined,
      seed: seeds[r],
      unlabelled: () => unlabelled[r].fork("pairs"),
      folds: () => folds[r].fork("folds"),
      options,
    };
  });
  prepared.latest = { key, samples };
  return samples;
}

/**
 * Exact measures of what an arm learned from each sample of a setting, and of what it would learn from all the data there is.
 *
 * @throws DivergenceError when a fit has no number for an answer
 */
export function learnAndMeasure(context: Context & { readonly arm: ArmId }, setting: Setting) {
  const { arm } = context;
  return samplesOf(context, setting).map((sample): Record<string, number> => {
    const learned = arms[arm](sample), bad = learned.logPolicy.findIndex(Number.isNaN);
    if (bad >= 0) throw DivergenceError.of({ what: `log-prob ${bad}`, value: NaN, arm, seed: sample.seed });
    const { logTarget, actions } = sample.world, limit = limitOf(arm, sample);
    return {
      ...measure(sample, learned),
      ...limit && { "limit-kl": measurePolicy(limit, logTarget, actions).forwardKl },
    };
  });
}

function measure({ world }: Sample, { logPolicy, gradientNorm }: Learned) {
  const { forwardKl, reverseKl, entropy, peaked } = measurePolicy(logPolicy, world.logTarget, world.actions);
  return {
    "forward-kl": forwardKl,
    "reverse-kl": reverseKl,
    entropy,
    "target-entropy": measurePolicy(world.logTarget, world.logTarget, world.actions).entropy,
    peaked,
    "gradient-norm": gradientNorm,
  };
}
