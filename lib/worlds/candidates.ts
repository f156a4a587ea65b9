/**
 * Prompts with candidate responses whose true reward is known, log-linear policies over them, and annotators of several
 * kinds: the world in which a policy labels its own data.
 *
 *   r*(x, a) = w·φ(x, a) + sin(2 φ_0)/2,   π_θ(a|x) ∝ π_ref(a|x) e^{θ·φ(x, a)/β},   implicit reward β log(π_θ/π_ref)
 *
 * so that the margin of a pair is θ·[φ(a) − φ(b)] whatever β. The sine is what no such policy can represent.
 *
 * @module
 */
import { sigmoid } from "../exact/logistic.ts";
import { checkFinite } from "../statistics/summary.ts";
import type { Rng } from "../random.ts";
import { scaledTo } from "../exact/kl_budget.ts";
import { lawAt, type LawClass } from "../exact/laws.ts";
import { logSoftmaxRows } from "../exact/log_space.ts";
import { scoresOf } from "../exact/scores.ts";

/** Sizes of a world. */
interface CandidateSettings {
  /** Prompts X, >= 1. */
  readonly prompts: number;
  /** Candidate responses A of a prompt, >= 2. */
  readonly candidates: number;
  /** Features D of a response, >= 2. */
  readonly features: number;
  /** Standard deviation of the linear part of the true reward, > 0. */
  readonly spread: number;
}

/** A world with its truth; tables are row-major. */
export interface CandidateWorld extends CandidateSettings {
  /** φ `[X, A, D]`, standard normal. */
  readonly table: Float64Array;
  /** r* `[X, A]`. */
  readonly reward: Float64Array;
  /** log π_ref `[X, A]`, in nats: logits standard normal. */
  readonly logReference: Float64Array;
}

/**
 * Draws a world.
 *
 * @throws RangeError for sizes out of range
 * @example
 * ```ts
 * import { Rng } from "../random.ts";
 * import assert from "node:assert/strict";
 * const world = candidateWorld({ prompts: 2, candidates: 3, features: 4, spread: 1 }, Rng.seed(1));
 * assert.equal(world.table.length, 2 * 3 * 4);
 * assert.equal(world.reward.length, 2 * 3);
 * ```
 */
export function candidateWorld(settings: CandidateSettings, rng: Rng): CandidateWorld {
  const { prompts, candidates, features, spread } = settings;
  const least = { prompts: 1, candidates: 2, features: 2 };
  for (const name of ["prompts", "candidates", "features"] as const) {
    if (!Number.isInteger(settings[name]) || settings[name] < least[name]) {
      throw new RangeError(`${name} must be a whole number >= ${least[name]}, got ${settings[name]}`);
    }
  }
  if (!(spread > 0 && spread < Infinity)) throw new RangeError(`spread must be > 0, got ${spread}`);
  const cells = prompts * candidates;
  const table = rng.fork("features").normals(cells * features);
  const weights = rng.fork("reward").normals(features);
  const length = Math.sqrt(weights.reduce((sum, v) => sum + v * v, 0));
  const reward = new Float64Array(cells);
  for (let i = 0; i < cells; i++) {
    for (let k = 0; k < features; k++) reward[i] += table[i * features + k] * weights[k] * spread / length;
    reward[i] += Math.sin(2 * table[i * features]) / 2;
  }
  return {
    ...settings,
    table,
    reward,
    logReference: logSoftmaxRows(rng.fork("reference").normals(cells), candidates),
  };
}

/** Pairs of responses to prompts of one world, each `[N]`. */
export interface CandidatePairs {
  /** Prompt of each pair. */
  readonly prompt: Uint32Array;
  /** One response of each pair. */
  readonly first: Uint32Array;
  /** The other, never the same. */
  readonly second: Uint32Array;
}

/** The class of policies over some prompts. */
function lawsOf({ candidates, features, table, logReference }: CandidateWorld, from: number, to: number): LawClass {
  const [first, end] = [from * candidates, to * candidates];
  return {
    logStart: logReference.subarray(first, end),
    features: table.subarray(first * features, end * features),
    responses: candidates,
  };
}

/** log π of a policy with implicit rewards θ·φ, over some prompts, in nats `[prompts, A]`. */
function policyOf(world: CandidateWorld, theta: Float64Array, beta: number, from: number, to: number): Float64Array {
  checkFinite(theta, "theta");
  return lawAt(lawsOf(world, from, to), theta.map((v) => v / beta));
}

/** A policy's implicit reward, and how log-ratios turn into it. */
interface ImplicitReward {
  /** θ: β log(π_θ/π_ref) is θ·φ up to a constant of the prompt `[D]`. */
  readonly theta: Float64Array;
  /** β, > 0. */
  readonly beta: number;
}

/**
 * Two different responses to each of some prompts, drawn from a policy one after the other without replacement.
 *
 * @param range first prompt, and the one behind the last
 * @param options.temperature of the draw, > 0: the policy's log-probs are divided by it
 * @param rng two uniform numbers a prompt, so that policies share their draws
 * @throws RangeError for a range outside the world and a temperature out of range
 * @example
 * ```ts
 * import { Rng } from "../random.ts";
 * import assert from "node:assert/strict";
 * const world = candidateWorld({ prompts: 5, candidates: 3, features: 2, spread: 1 }, Rng.seed(1));
 * const policy = { theta: Float64Array.of(0, 0), beta: 1 };
 * const { prompt, first, second } = drawPairs(world, [3, 5], policy, { temperature: 1 }, Rng.seed(2));
 * assert.deepEqual([...prompt], [3, 4]);
 * assert.ok(first.every((a, i) => a !== second[i]));
 * ```
 */
export function drawPairs(
  world: CandidateWorld,
  [from, to]: readonly [number, number],
  { theta, beta }: ImplicitReward,
  { temperature }: { readonly temperature: number },
  rng: Rng,
): CandidatePairs {
  if (!(from >= 0 && from <= to && to <= world.prompts)) {
    throw new RangeError(`range must lie within 0 to ${world.prompts}, got ${from} to ${to}`);
  }
  if (!(temperature > 0 && temperature < Infinity)) throw new RangeError(`temperature must be > 0, got ${temperature}`);
  const { candidates } = world, count = to - from;
  const logp = policyOf(world, theta, beta, from, to);
  const law = new Float64Array(candidates);
  const prompt = new Uint32Array(count), first = new Uint32Array(count), second = new Uint32Array(count);
  const pick = (u: number, without: number): number => {
    let total = 0;
    for (let a = 0; a < candidates; a++) if (a !== without) total += law[a];
    let left = u * total, last = 0;
    for (let a = 0; a < candidates; a++) {
      if (a === without || law[a] === 0) continue;
      last = a;
      left -= law[a];
      if (left < 0) return a;
    }
    return last;
  };
  for (let i = 0; i < count; i++) {
    const row = logp.subarray(i * candidates, (i + 1) * candidates);
    // The smallest positive number keeps a second response there to draw where the first one has all the mass.
    for (let a = 0; a < candidates; a++) law[a] = Math.max(Math.exp(row[a] / temperature), Number.MIN_VALUE);
    prompt[i] = from + i;
    first[i] = pick(rng.uniform(), -1);
    second[i] = pick(rng.uniform(), first[i]);
  }
  return { prompt, first, second };
}

/**
 * φ(first) − φ(second) of each pair.
 *
 * @returns `[N, D]`, row-major
 * @example
 * ```ts
 * import { Rng } from "../random.ts";
 * import assert from "node:assert/strict";
 * const world = candidateWorld({ prompts: 1, candidates: 2, features: 2, spread: 1 }, Rng.seed(1));
 * const pair = { prompt: Uint32Array.of(0), first: Uint32Array.of(0), second: Uint32Array.of(1) };
 * assert.equal(featureDifferences(world, pair)[1], world.table[1] - world.table[3]);
 * ```
 */
export function featureDifferences(world: CandidateWorld, pairs: CandidatePairs): Float64Array {
  const { candidates, features, table } = world, out = new Float64Array(pairs.prompt.length * features);
  for (let i = 0; i < pairs.prompt.length; i++) {
    const base = pairs.prompt[i] * candidates;
    const a = (base + pairs.first[i]) * features, b = (base + pairs.second[i]) * features;
    for (let k = 0; k < features; k++) out[i * features + k] = table[a + k] - table[b + k];
  }
  return out;
}

/**
 * r*(first) − r*(second) of each pair: the log-odds that an annotator without faults prefers the first.
 *
 * @returns `[N]`
 * @example
 * ```ts
 * import { Rng } from "../random.ts";
 * import assert from "node:assert/strict";
 * const world = candidateWorld({ prompts: 1, candidates: 2, features: 2, spread: 1 }, Rng.seed(1));
 * const pair = { prompt: Uint32Array.of(0), first: Uint32Array.of(1), second: Uint32Array.of(0) };
 * assert.equal(rewardDifferences(world, pair)[0], world.reward[1] - world.reward[0]);
 * ```
 */
export function rewardDifferences(world: CandidateWorld, pairs: CandidatePairs): Float64Array {
  const { candidates, reward } = world;
  return Float64Array.from(pairs.prompt, (x, i) => {
    return reward[x * candidates + pairs.first[i]] - reward[x * candidates + pairs.second[i]];
  });
}

/**
 * Bradley-Terry labels: 1 where the first response won.
 *
 * @param logOdds that the first one is preferred `[N]`
 * @param options.flips chance that a label is turned round, in [0, 1]
 * @param rng two uniform numbers a pair, so that more flips leave other labels alone
 * @returns `[N]`
 * @throws RangeError for a chance out of range, and naming log-odds that are NaN
 * @example
 * ```ts
 * import { Rng } from "../random.ts";
 * import assert from "node:assert/strict";
 * assert.deepEqual([...drawLabels(Float64Array.of(50, -50), { flips: 0 }, Rng.seed(1))], [1, 0]);
 * assert.deepEqual([...drawLabels(Float64Array.of(50, -50), { flips: 1 }, Rng.seed(1))], [0, 1]);
 * ```
 */
export function drawLabels(logOdds: Float64Array, { flips }: { readonly flips: number }, rng: Rng): Uint8Array {
  if (!(flips >= 0 && flips <= 1)) throw new RangeError(`flips must be in [0, 1], got ${flips}`);
  const missing = logOdds.findIndex(Number.isNaN);
  if (missing >= 0) throw new RangeError(`logOdds[${missing}] must be a number, got NaN`);
  return Uint8Array.from(logOdds, (odds) => {
    const wins = rng.uniform() < sigmoid(odds), flipped = rng.uniform() < flips;
    return wins !== flipped ? 1 : 0;
  });
}

/**
 * E_π r* − E_ref r* of the policy that a ranking gives at a given KL: θ is scaled until the mean KL(π ‖ π_ref) over the
 * prompts is `kl`. It says what an implicit reward knows, whatever its scale; a merely sharper policy has the same.
 *
 * @param range first prompt, and the one behind the last
 * @param theta of the implicit reward; its length does not matter `[D]`
 * @param kl nats, > 0; where no scale reaches it, a θ of length 2²⁰ or more is taken
 * @returns in units of r*; 0 where θ is 0
 * @throws RangeError for a range outside the world, an empty one, and a KL that is not above 0
 * @example
 * ```ts
 * import { Rng } from "../random.ts";
 * import assert from "node:assert/strict";
 * const world = candidateWorld({ prompts: 4, candidates: 3, features: 2, spread: 1 }, Rng.seed(1));
 * const gain = (scale: number) => gainAtKl(world, [0, 4], Float64Array.of(scale, -scale), 0.2);
 * assert.ok(Math.abs(gain(1) - gain(5)) < 1e-9);
 * ```
 */
export function gainAtKl(
  world: CandidateWorld,
  [from, to]: readonly [number, number],
  theta: Float64Array,
  kl: number,
): number {
  if (!(from >= 0 && from < to && to <= world.prompts)) {
    throw new RangeError(`range must lie within 0 to ${world.prompts} and hold a prompt, got ${from} to ${to}`);
  }
  checkFinite(theta, "theta");
  const space = lawsOf(world, from, to), { logp } = scaledTo(space, theta, kl);
  const reward = world.reward.subarray(from * world.candidates, to * world.candidates);
  return logp.reduce((sum, l, i) => sum + (Math.exp(l) - Math.exp(space.logStart[i])) * reward[i], 0) / (to - from);
}

/** What a policy is worth on some prompts, by enumeration over their responses and pairs of responses. */
interface CandidateMeasures {
  /** E_π r* − E_ref r*. */
  readonly gain: number;
  /** E r*(the response with the largest implicit reward) − E_ref r*: what does not depend on how sharp the policy is. */
  readonly bestGain: number;
  /** Mean entropy of the policy, nats. */
  readonly entropy: number;
  /** Share of pairs whose better response has the larger implicit reward; a tie is half right. */
  readonly accuracy: number;
  /** Mean over pairs of σ(|margin|): how sure the implicit reward is of its verdict. */
  readonly confidence: number;
  /** Confidence less the chance that an annotator without faults agrees with the verdict; above 0 it is too sure. */
  readonly overconfidence: number;
}

/**
 * Exact measures on some prompts, all pairs of different responses equally likely.
 *
 * @param range first prompt, and the one behind the last
 * @throws RangeError for a range outside the world, or an empty one
 * @example The reference gains nothing and is indifferent
 * ```ts
 * import { Rng } from "../random.ts";
 * import assert from "node:assert/strict";
 * const world = candidateWorld({ prompts: 4, candidates: 3, features: 2, spread: 1 }, Rng.seed(1));
 * const { gain, accuracy, confidence } = measureCandidates(world, [0, 4], { theta: Float64Array.of(0, 0), beta: 1 });
 * assert.deepEqual([gain, accuracy, confidence], [0, 0.5, 0.5]);
 * ```
 */
export function measureCandidates(
  world: CandidateWorld,
  [from, to]: readonly [number, number],
  policy: ImplicitReward,
): CandidateMeasures {
  if (!(from >= 0 && from < to && to <= world.prompts)) {
    throw new RangeError(`range must lie within 0 to ${world.prompts} and hold a prompt, got ${from} to ${to}`);
  }
  const { candidates, reward, logReference } = world, { theta, beta } = policy;
  const logp = policyOf(world, theta, beta, from, to), rewards = scoresOf(lawsOf(world, from, to).features, theta);
  let gain = 0, bestGain = 0, entropy = 0, right = 0, confidence = 0, agreement = 0;
  for (let x = from; x < to; x++) {
    const implicit = rewards.subarray((x - from) * candidates, (x - from + 1) * candidates);
    for (let a = 0; a < candidates; a++) {
      const i = x * candidates + a, p = Math.exp(logp[i - from * candidates]);
      const expected = Math.exp(logReference[i]) * reward[i];
      gain += p * reward[i] - expected;
      bestGain -= expected;
      if (p > 0) entropy -= p * logp[i - from * candidates];
      for (let b = 0; b < a; b++) {
        const margin = implicit[a] - implicit[b], truth = reward[i] - reward[x * candidates + b];
        right += margin * truth > 0 ? 1 : margin * truth === 0 ? 0.5 : 0;
        confidence += sigmoid(Math.abs(margin));
        agreement += margin === 0 ? 0.5 : sigmoid(Math.sign(margin) * truth);
      }
    }
    let best = 0;
    for (let a = 1; a < candidates; a++) if (implicit[a] > implicit[best]) best = a;
    bestGain += reward[x * candidates + best];
  }
  const count = to - from, pairs = count * candidates * (candidates - 1) / 2;
  return {
    gain: gain / count,
    bestGain: bestGain / count,
    entropy: entropy / count,
    accuracy: right / pairs,
    confidence: confidence / pairs,
    overconfidence: (confidence - agreement) / pairs,
  };
}
