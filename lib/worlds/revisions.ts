/**
 * Prompts with candidate responses whose quality, style and nuisance features are known, sources of responses weaker than,
 * equal to and stronger than a policy, a reviser, and judges that err: where preference data come from, small enough to
 * enumerate (after D'Oosterlinck et al., arXiv 2408.06266, equations 1 to 4).
 *
 * A prompt has drafts, and of each draft a few versions that differ in quality and next to nothing else. A source is a
 * law over all responses of a prompt, centred on a quality and a style; the log-ratio of two sources is linear in the
 * features, so a log-linear policy can become any of them.
 *
 * @module
 */
import type { Rng } from "../random.ts";
import { logSoftmaxRows } from "../exact/log_space.ts";
import { renderResponse, topicWords } from "./revision_texts.ts";

/** Sizes of a world. */
interface RevisionSettings {
  /** Prompts X, equally likely, >= 1. */
  readonly prompts: number;
  /** Drafts of a prompt, >= 2. */
  readonly drafts: number;
  /** Versions of a draft, from worst to best, >= 2. */
  readonly versions: number;
}

/** Where preference pairs come from. */
export const pairSources = ["clair", "on-policy", "off-policy", "stronger"] as const;
/**
 * `clair`: the policy's response, revised. `on-policy`: two responses of the policy, judged. `off-policy`: two responses
 * of other models, most of them weaker, judged. `stronger`: the policy's response below one of a stronger model.
 */
export type PairSource = typeof pairSources[number];

/** Which model writes a response. */
export const sources = ["weak", "policy", "strong"] as const;
/** Weaker than the policy, the policy that training starts from, or stronger. */
type Source = typeof sources[number];

/** One preference pair a prompt, as responses of that prompt. */
interface PreferencePairs {
  /** Prompts in order `[n]`. */
  readonly prompts: Uint32Array;
  /** The response marked as better, `[n]`. */
  readonly chosen: Uint32Array;
  /** The response marked as worse, `[n]`. */
  readonly rejected: Uint32Array;
}

/** A world with its truth; tables are row-major. */
export interface RevisionWorld extends RevisionSettings {
  /** Responses A of a prompt: drafts times versions. */
  readonly responses: number;
  /** Features `[X, A, FEATURES]`: quality, the two of style, the nuisance ones. */
  readonly features: Float64Array;
  /** True reward r* `[X, A]`: quality − 0.15 max(|style|² − 1, 0). */
  readonly reward: Float64Array;
  /** log π(y|x) of each source, in nats `[X, A]`. */
  readonly logProb: Readonly<Record<Source, Float64Array>>;
  /** The response that a reviser makes of one: clearly better, and as near as there is in all else; undefined for the best. */
  revise(prompt: number, response: number): number | undefined;
  /** The response as a string: topic words of the prompt, then words that change where a feature does. */
  text(prompt: number, response: number): string;
  /**
   * A pair for each of some prompts. Noise marks a pair the wrong way round, wherever it comes from; the pairs
   * themselves do not depend on it.
   *
   * @throws RangeError when `noise` is outside [0, 1] or `first + count` exceeds the prompts
   */
  pairs(from: PairSource, options: PairOptions, rng: Rng): PreferencePairs;
}

/** Which prompts get a pair, and how often it is marked wrongly. */
interface PairOptions {
  /** First prompt. */
  readonly first: number;
  /** Prompts from there on. */
  readonly count: number;
  /** Chance that chosen and rejected are exchanged, in [0, 1]. */
  readonly noise: number;
}

/** Number of features: one of quality, two of style, five of nothing that matters. */
export const FEATURES = 8;
const STYLES = 2;

/** Distance in quality of neighbouring versions of a draft; a reviser improves by at least half of it. */
const STEP = 0.8;
const QUALITY_SPREAD = 0.5;
const QUALITY_JITTER = 0.1;
/** How far versions of a draft differ in style and nuisance features: revisions are minimal, not perfect. */
const REVISION_JITTER = 0.1;
const STYLE_SPREAD = 1.2;
/** Idiosyncrasies of every source alike: standard deviation of a logit that no feature explains. */
const LOGIT_SPREAD = 0.5;
const STYLE_PENALTY = 0.15;

/** Centre of each source: quality, then the two styles. Weak models have a style of their own, and so have strong ones. */
const CENTRES: Readonly<Record<Source, readonly [number, number, number]>> = {
  weak: [-1.5, 1.5, 0],
  policy: [0, 0, 0],
  strong: [1.2, 0, 1.5],
};

/**
 * Chance that a response of off-policy data is a strong model's: such a response wins nearly always, so that about 80% of
 * winners are a weak model's, as in the ready-made data of the paper.
 */
const STRONG_SHARE = 0.1;

/** In place of a revision: none was looked for, there is none. */
const UNKNOWN = -2, NONE = -1;

/**
 * Distance of two responses in all features but quality.
 *
 * @param a features of a response `[FEATURES]`
 * @param b features of another
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const a = Float64Array.of(9, 3, 0, 0, 0, 0, 0, 0), b = Float64Array.of(0, 0, 4, 0, 0, 0, 0, 0);
 * assert.equal(nuisanceDistance(a, b), 5);
 * ```
 */
export function nuisanceDistance(a: Float64Array, b: Float64Array): number {
  let squares = 0;
  for (let k = 1; k < FEATURES; k++) squares += (a[k] - b[k]) ** 2;
  return Math.sqrt(squares);
}

/**
 * Draws a world.
 *
 * @throws RangeError for sizes out of range
 * @example
 * ```ts
 * import { Rng } from "../random.ts";
 * import assert from "node:assert/strict";
 * const world = revisionWorld({ prompts: 3, drafts: 2, versions: 2 }, Rng.seed(1));
 * const { chosen, rejected } = world.pairs("clair", { first: 0, count: 3, noise: 0 }, Rng.seed(2));
 * chosen.forEach((w, x) => assert.ok(world.reward[x * 4 + w] > world.reward[x * 4 + rejected[x]]));
 * ```
 */
export function revisionWorld(settings: RevisionSettings, rng: Rng): RevisionWorld {
  const { prompts, drafts, versions } = settings;
  for (const [name, value, least] of [["prompts", prompts, 1], ["drafts", drafts, 2], ["versions", versions, 2]]) {
    if (!(Number.isInteger(value) && Number(value) >= Number(least))) {
      throw new RangeError(`${name} must be a whole number >= ${least}, got ${value}`);
    }
  }
  const responses = drafts * versions;
  const features = drawFeatures(settings, rng.fork("features"));
  const at = (x: number, a: number) =>
    features.subarray((x * responses + a) * FEATURES, (x * responses + a + 1) * FEATURES);
  const reward = new Float64Array(prompts * responses).map((_, i) => rewardOf(at(0, i)));
  const quirks = rng.fork("quirks").normals(prompts * responses).map((z) => z * LOGIT_SPREAD);
  const law = (source: Source) =>
    logSoftmaxRows(quirks.map((quirk, i) => quirk - squaredDistance(at(0, i), CENTRES[source]) / 2), responses);
  const logProb = { weak: law("weak"), policy: law("policy"), strong: law("strong") };
  const topics = rng.fork("topics");

  /** Each response's revision once it was looked for. */
  const revisions = new Int32Array(prompts * responses).fill(UNKNOWN);
  const revise = (x: number, a: number): number | undefined => {
    const key = x * responses + a;
    if (revisions[key] === UNKNOWN) revisions[key] = nearestBetter(x, a) ?? NONE;
    return revisions[key] === NONE ? undefined : revisions[key];
  };
  const nearestBetter = (x: number, a: number): number | undefined => {
    let best: number | undefined, least = Infinity;
    for (let b = 0; b < responses; b++) {
      if (at(x, b)[0] < at(x, a)[0] + STEP / 2 || reward[x * responses + b] <= reward[x * responses + a]) continue;
      const distance = nuisanceDistance(at(x, a), at(x, b));
      if (distance < least) [best, least] = [b, distance];
    }
    return best;
  };
  return {
    ...settings,
    responses,
    features,
    reward,
    logProb,
    revise,
    text: (x, a) => renderResponse(topicWords(topics.fork(x)), at(x, a)),
    pairs(from, { first, count, noise }, stream) {
      if (!(noise >= 0 && noise <= 1)) throw new RangeError(`noise must be in [0, 1], got ${noise}`);
      if (!(first >= 0 && first + count <= prompts)) {
        throw new RangeError(`first + count must be at most ${prompts} prompts, got ${first} + ${count}`);
      }
      const out = { prompts: new Uint32Array(count), chosen: new Uint32Array(count), rejected: new Uint32Array(count) };
      for (let i = 0; i < count; i++) {
        const x = first + i, own = stream.fork(x);
        const [w, l] = pairOf(from, x, { responses, reward, logProb, revise }, own);
        const flipped = own.fork("label").bernoulli(noise);
        out.prompts[i] = x;
        out.chosen[i] = flipped ? l : w;
        out.rejected[i] = flipped ? w : l;
      }
      return out;
    },
  };
}

/** Chosen and rejected of a prompt, by a judge who does not err. */
function pairOf(
  from: PairSource,
  x: number,
  { responses, reward, logProb, revise }: Pick<RevisionWorld, "responses" | "reward" | "logProb" | "revise">,
  rng: Rng,
): [number, number] {
  const row = (source: Source) => logProb[source].subarray(x * responses, (x + 1) * responses).map(Math.exp);
  const judged = (a: number, b: number): [number, number] =>
    reward[x * responses + a] >= reward[x * responses + b] ? [a, b] : [b, a];
  /** Another response than `not`. */
  const draw = (law: Float64Array, not?: number) => rng.categorical(law.map((p, a) => a === not ? 0 : p), 1)[0];
  switch (from) {
    case "clair": {
      // What cannot be improved is not revised.
      const rejected = draw(row("policy").map((p, a) => revise(x, a) === undefined ? 0 : p));
      return [revise(x, rejected)!, rejected];
    }
    case "on-policy": {
      const first = draw(row("policy"));
      return judged(first, draw(row("policy"), first));
    }
    case "off-policy": {
      const law = () => row(rng.bernoulli(STRONG_SHARE) ? "strong" : "weak");
      const first = draw(law());
      return judged(first, draw(law(), first));
    }
    case "stronger": {
      const rejected = draw(row("policy"));
      return [draw(row("strong"), rejected), rejected];
    }
  }
}

function drawFeatures({ prompts, drafts, versions }: RevisionSettings, rng: Rng): Float64Array {
  const out = new Float64Array(prompts * drafts * versions * FEATURES);
  let at = 0;
  for (let x = 0; x < prompts; x++) {
    for (let d = 0; d < drafts; d++) {
      const draft = rng.normals(FEATURES).map((z, k) =>
        z * (k === 0 ? QUALITY_SPREAD : k <= STYLES ? STYLE_SPREAD : 1)
      );
      for (let v = 0; v < versions; v++) {
        out[at++] = draft[0] + STEP * (v - (versions - 1) / 2) + QUALITY_JITTER * rng.normal();
        for (let k = 1; k < FEATURES; k++) out[at++] = draft[k] + REVISION_JITTER * rng.normal();
      }
    }
  }
  return out;
}

function rewardOf(features: Float64Array): number {
  let style = 0;
  for (let k = 1; k <= STYLES; k++) style += features[k] ** 2;
  return features[0] - STYLE_PENALTY * Math.max(style - 1, 0);
}

function squaredDistance(features: Float64Array, centre: readonly number[]): number {
  return centre.reduce((sum, c, k) => sum + (features[k] - c) ** 2, 0);
}
