/**
 * Self-annotation in a made world: what a seed draws, who labels it, what an arm makes of it, and exact measures round by
 * round.
 *
 * @module
 */
import { sigmoid } from "../../lib/exact/logistic.ts";
import type { UnitContext } from "../../lib/run/experiment.ts";
import type { Rng } from "../../lib/random.ts";
import {
  type CandidatePairs,
  type CandidateWorld,
  candidateWorld,
  drawLabels,
  drawPairs,
  featureDifferences,
  gainAtKl,
  measureCandidates,
  rewardDifferences,
} from "../../lib/worlds/candidates.ts";
import { type Kept, keptOf } from "./kept.ts";
import { fitPairs, type LabelledPairs, type LossSettings } from "./learner.ts";
import type { SgpoOptions } from "./options.ts";
import { dpoLoss } from "./pair_losses.ts";
import { methods, type Pool, selfAnnotate, type Supply, type Trajectory } from "./self_annotation.ts";
import { POOLS } from "./terms.ts";

/** The feature that biased annotators and annotators with a taste look at; the sine is on feature 0. */
const TASTE_FEATURE = 1;
/** E|Δφ| of one standard normal feature. */
const MEAN_DIFFERENCE = 2 / Math.sqrt(Math.PI);

/** What a condition sets. */
interface Setting {
  /** Labelled pairs over all pairs. */
  readonly seedShare: number;
  /** Chance that a human label of the pool is flipped. */
  readonly noise?: number;
  readonly epsilon: number;
  /** Relative sizes of the rounds' pools; the paper's unless given. */
  readonly pools?: readonly number[];
  /** Added to the log-odds of human labels for one feature. */
  readonly bias?: number;
  /** Share of self-annotated pairs that a human without bias labels again. */
  readonly recheck?: number;
  /** How much the type of annotator depends on what is shown. */
  readonly confounding?: number;
  /** Pairs of a follower's group; all at once unless given. */
  readonly group?: number;
}

/** A world with what an arm made of it. */
export interface Sample {
  readonly world: CandidateWorld;
  readonly trajectory: Trajectory;
  /** Draws for measures. */
  readonly rng: Rng;
}

/** Said in the method line of every question on self-annotation. */
export const PROTOCOL =
  "Every seed is a new world; arms share its prompts, labels and draws. A policy tilts π_ref by features of the " +
  "responses; θ_0 is DPO on the seed. Each round it draws two responses a prompt, labels them by its own implicit " +
  "reward, the follower answers to the margins as they are, and the leader takes one proximal step on all pairs so far. ";

/** The options that the losses read. */
export function lossesOf(
  { tau, floor, smoothing, ipoTau, refinedShare, refinedSmoothing, beta, proximal }: SgpoOptions,
  epsilon: number,
): LossSettings & { readonly proximal: number } {
  return { epsilon, tau, floor, smoothing, ipoTau, refinedShare, refinedSmoothing, beta, proximal };
}

/** What a unit of work has. */
export type Context<V = CandidateWorld> = Pick<
  UnitContext<SgpoOptions, Kept<V>>,
  "options" | "arm" | "seeds" | "streams" | "prepared"
>;

/** Runs one arm on every seed of the block. */
export function* outcomesOf({ options, arm, seeds, streams, prepared }: Context, setting: Setting): Generator<Sample> {
  const losses = { ...lossesOf(options, setting.epsilon), group: setting.group }, rngs = streams("world");
  const { heldOut, prompts, candidates, features } = options, bytes = 8 * (heldOut + prompts) * candidates * features;
  for (const [r, rng] of rngs.entries()) {
    const world = keptOf(prepared, seeds[r], bytes, () => drawWorld(options, rng));
    yield { world, trajectory: selfAnnotate(methods[arm], supplyOf(world, options, setting, rng), losses), rng };
  }
}

/** Held-out prompts come first, then those with a pair, then the ranker's. */
export function drawWorld(options: SgpoOptions, rng: Rng): CandidateWorld {
  const { heldOut, prompts, candidates, features, spread, rankerShare } = options;
  const all = heldOut + prompts + Math.ceil(rankerShare * prompts);
  return candidateWorld({ prompts: all, candidates, features, spread }, rng.fork("candidates"));
}

/** Labels and pools of one replicate. */
export function supplyOf(world: CandidateWorld, options: SgpoOptions, setting: Setting, rng: Rng): Supply {
  const { heldOut, prompts, beta, temperature } = options, { pools = POOLS } = setting;
  const seeds = Math.max(2, Math.round(setting.seedShare * prompts)), still = new Float64Array(options.features);
  // The first pairs of a longer draw are those of a shorter one.
  const human = (count: number): LabelledPairs => {
    const range = [heldOut, heldOut + count] as const;
    const pairs = drawPairs(world, range, { theta: still, beta }, { temperature: 1 }, rng.fork("pairs"));
    return labelled(world, pairs, setting, rng);
  };
  const shares = pools.reduce((a, b) => a + b, 0);
  const end = (round: number) =>
    heldOut + seeds + Math.round((prompts - seeds) * pools.slice(0, round).reduce((a, b) => a + b, 0) / shares);
  return {
    dimensions: options.features,
    seed: human(seeds),
    all: () => human(prompts),
    rounds: pools.length,
    pool(round, theta): Pool {
      const stream = rng.fork("pools").fork(round), range = [end(round - 1), end(round)] as const;
      const pairs = drawPairs(world, range, { theta, beta }, { temperature }, stream.fork("responses"));
      return { differences: featureDifferences(world, pairs), rechecked: recheck(world, pairs, setting, stream) };
    },
    ranker: () => rankerOf(world, options, rng.fork("ranker")),
  };
}

/** Pairs with the labels of humans who may have a bias, or a taste that goes with what they are shown. */
function labelled(world: CandidateWorld, pairs: CandidatePairs, setting: Setting, rng: Rng): LabelledPairs {
  const { bias = 0, noise = 0, confounding } = setting, d = world.features;
  const differences = featureDifferences(world, pairs), odds = rewardDifferences(world, pairs);
  const taste = odds.map((_, i) => differences[i * d + TASTE_FEATURE]);
  const types = rng.fork("types"), weights = new Float64Array(odds.length).fill(1);
  odds.forEach((value, i) => {
    let liking = bias;
    if (confounding !== undefined) {
      const chance = sigmoid(confounding * (Math.abs(taste[i]) - MEAN_DIFFERENCE)), fan = types.uniform() < chance;
      liking = fan ? bias : -bias;
      weights[i] = 0.5 / (fan ? chance : 1 - chance);
    }
    odds[i] = value + liking * taste[i];
  });
  const labels = drawLabels(odds, { flips: noise }, rng.fork("labels"));
  return { differences: differences.map((v, at) => labels[Math.floor(at / d)] ? v : -v), weights };
}

function recheck(world: CandidateWorld, pairs: CandidatePairs, setting: Setting, rng: Rng): Int8Array | undefined {
  if (!setting.recheck) return undefined;
  const labels = drawLabels(rewardDifferences(world, pairs), { flips: 0 }, rng.fork("rechecks"));
  const asked = rng.fork("asked");
  return Int8Array.from(labels, (label) => asked.uniform() < setting.recheck! ? label : -1);
}

/** θ of a ranker that learned from another crowd's labels on prompts of its own. */
function rankerOf(world: CandidateWorld, options: SgpoOptions, rng: Rng): Float64Array {
  const { heldOut, prompts, features, spread, beta, rankerAgreement: agreement, proximal } = options;
  const theta = new Float64Array(features), other = rng.fork("crowd").normals(features);
  const length = Math.sqrt(other.reduce((sum, v) => sum + v * v, 0));
  const range = [heldOut + prompts, world.prompts] as const;
  const pairs = drawPairs(world, range, { theta, beta }, { temperature: 1 }, rng.fork("pairs"));
  const differences = featureDifferences(world, pairs);
  const odds = rewardDifferences(world, pairs).map((gap, i) => {
    let own = 0;
    for (let k = 0; k < features; k++) own += differences[i * features + k] * other[k] * spread / length;
    return agreement * gap + Math.sqrt(1 - agreement ** 2) * own;
  });
  const labels = drawLabels(odds, { flips: 0 }, rng.fork("labels"));
  const chosen = differences.map((v, at) => labels[Math.floor(at / features)] ? v : -v);
  return fitPairs({ differences: chosen }, dpoLoss, { start: theta, proximal }).theta;
}

/**
 * Runs an arm on every seed of the block. Exact measures after the seed (round 0) and each round: `gain-0`, `gain-1`, … , the
 * gain of the last policy at the set KL, and the largest gradient.
 */
export function annotateAndMeasure(context: Context, setting: Setting): Record<string, number>[] {
  const { heldOut, beta, equalKl } = context.options;
  return Array.from(outcomesOf(context, setting), ({ world, trajectory: { thetas, gradientNorm } }) => ({
    ...Object.fromEntries(thetas.flatMap((theta, t) => {
      const { bestGain, ...rest } = measureCandidates(world, [0, heldOut], { theta, beta });
      return Object.entries({ ...rest, "best-gain": bestGain }).map(([name, value]) => [`${name}-${t}`, value]);
    })),
    "gain-at-kl": gainAtKl(world, [0, heldOut], thetas.at(-1)!, equalKl),
    "gradient-norm": gradientNorm,
  }));
}
