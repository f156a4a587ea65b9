/**
 * One population of readers that gives every form of feedback, with a hidden type that confounds all of them, small
 * enough to enumerate.
 *
 * A prompt has A candidate responses. A reader of type z = ±1, equally frequent, is shown responses by
 *
 *   μ(a|x, z) ∝ π0(a|x) exp(o·l(x,a) + c·z·g(x,a))
 *
 * and reacts to response a with y = m(x,a) + 1.5·t·g(x,a) + Gumbel noise, where the taste t = ±1 is the type itself, or a
 * sign whose correlation with it is `link`. g >= 0 is how sensational a response is: with link 1, readers of type +1 are
 * shown, and like, what is sensational, those of type −1 neither. One and the same reaction is read in many forms: its value
 * (an outcome), its sign (a thumb), which of two is larger (a preference, exactly of the Bradley-Terry form), and whether a
 * neighbouring response would please more (a revision).
 *
 * Tastes differ by as much whatever the knobs, so that a knob changes one thing: c changes what is shown and no reaction, and
 * the variance of reactions to π0 is the same at every value of every knob. Hence two controls: with c = 0 tastes are noise
 * alone; with link 0 all is shown as under confounding, and nobody's taste has to do with it.
 *
 * The value of a policy is over readers whose type has no part in what they are shown: V(π) = E_x Σ_a π(a|x) m(x,a).
 *
 * @module
 */
import type { Rng } from "../random.ts";
import { logSoftmaxRows } from "../exact/log_space.ts";

/** What the responses and the readers of a population are like. */
export interface ReaderDescription {
  /** Share of responses that are sensational at all, in (0, 1]. */
  readonly sensational: number;
  /** What a unit of sensation takes off the mean reaction, in standard deviations of the rest of quality. */
  readonly harm: number;
  /** How far taste moves the reaction, a unit of sensation. */
  readonly liking: number;
  /** Standard deviation of log π0 before it is normalised, nats. */
  readonly startSpread: number;
}

/** The readers of the experiments. */
export const READERS: ReaderDescription = { sensational: 1 / 3, harm: 0.5, liking: 1.5, startSpread: 0.5 };

/** A population's knobs. */
export interface PopulationSettings {
  /** Prompts X, equally likely, >= 1. */
  readonly prompts: number;
  /** Responses A of a prompt, >= 3. */
  readonly responses: number;
  /** c: how strongly the type moves what is shown, in nats a unit of sensation, >= 0. */
  readonly confounding: number;
  /** Correlation of a reader's taste with the type that moves what is shown, in [0, 1]: 0 leaves nothing confounded. */
  readonly link: number;
  /** Share of units whose reaction is recorded the wrong way round, in [0, 0.5). */
  readonly noise: number;
  /** o: spread of the logging law's own taste, in nats, >= 0; large is poor overlap. */
  readonly overlap: number;
  /** Share of the quality's variance, without its harm, that comes from products of features, in [0, 1]. */
  readonly complexity: number;
  /** What they are like; {@linkcode READERS} unless given. */
  readonly made?: ReaderDescription;
}

/** n units of feedback, each from one reader; `[n]` each. */
export interface PopulationLog {
  /** Prompt. */
  readonly prompt: Uint32Array;
  /** The first response shown, a draw from μ(·|x, z). */
  readonly first: Uint32Array;
  /** The second response shown, a draw from μ(·|x, z) among the others. */
  readonly second: Uint32Array;
  /** Reaction to the first response. */
  readonly outcome: Float64Array;
  /** 1 where the first response was preferred. */
  readonly firstWins: Uint8Array;
  /** What the first response became: a neighbour that the reader likes better, or itself where none does. */
  readonly revised: Uint32Array;
  /** μ(first|x, z): what the platform that showed it knows. */
  readonly propensity: Float64Array;
  /** Chance of showing these two, in either order, to this reader. */
  readonly pairPropensity: Float64Array;
  /** z, −1 or +1: what is shown follows it. A method may read as much of it as a condition says was recorded. */
  readonly type: Int8Array;
  /** t, −1 or +1: reactions follow it; no method may read it. */
  readonly taste: Int8Array;
}

/** A population with its truth; tables are row-major `[X, A]`. */
export interface Population extends PopulationSettings {
  /** Features D of a policy; the first is g. */
  readonly dimensions: number;
  /** Features that policies see `[X, A, D]`. */
  readonly features: Float64Array;
  /** Features K of a reward or outcome model. */
  readonly modelDimensions: number;
  /** Features that models see: those of policies, then the products `[X, A, K]`. */
  readonly modelFeatures: Float64Array;
  /** Of features in quality, but for what products add to it and for each prompt's mean `[K]`. */
  readonly qualityWeights: Float64Array;
  /** m: mean reaction of all readers, with mean 0 under π0 in every prompt, and variance 1 under it. */
  readonly quality: Float64Array;
  /** g >= 0. */
  readonly sensation: Float64Array;
  /** log π0, in nats. */
  readonly logStart: Float64Array;
  /** log μ(·|x, z) of type −1, then of type +1. */
  readonly logShown: readonly [Float64Array, Float64Array];
  /** Reactions without noise, of taste −1, then of taste +1. */
  readonly utilities: readonly [Float64Array, Float64Array];
  /** Nearest other responses of the same prompt by features, nearest first, `[X, A, 3]` (fewer for few responses). */
  readonly neighbours: Uint32Array;
  /** How many of them there are for each response. */
  readonly neighbourCount: number;
  /** n units. The first m units of a draw of n are those of a draw of m from the same stream. */
  draw(n: number, rng: Rng): PopulationLog;
}

/** Features of a policy: sensation, and seven others. */
export const DIMENSIONS = 8;
/** Pairs of features whose products the complex part of quality is made of. */
const PRODUCTS: readonly (readonly [number, number])[] = [[1, 2], [3, 4], [5, 6]];
/** Neighbours that a reviser looks at. */
const NEIGHBOURS = 3;
/** Mean of a standard Gumbel law. */
const EULER = 0.5772156649015329;

function check(name: string, value: number, fits: boolean, range: string): void {
  if (!fits) throw new RangeError(`${name} must be ${range}, got ${value}`);
}

/** Minus each prompt's mean under the law. */
function centred(values: Float64Array, law: Float64Array, responses: number): Float64Array {
  const out = values.slice();
  for (let start = 0; start < out.length; start += responses) {
    let mean = 0;
    for (let i = start; i < start + responses; i++) mean += law[i] * values[i];
    for (let i = start; i < start + responses; i++) out[i] -= mean;
  }
  return out;
}

/** Mean of u·v over prompts, under the law. */
function product(u: Float64Array, v: Float64Array, law: Float64Array, prompts: number): number {
  let sum = 0;
  for (let i = 0; i < u.length; i++) sum += law[i] * u[i] * v[i];
  return sum / prompts;
}

/** Features of a policy, row by row; each feature has a stream of its own. */
function drawFeatures(cells: number, share: number, rng: Rng): Float64Array {
  const features = new Float64Array(cells * DIMENSIONS);
  const sensational = rng.fork("sensation"), others = rng.fork("features");
  for (let i = 0; i < cells; i++) {
    const present = sensational.uniform() < share, size = -Math.log1p(-sensational.uniform());
    features[i * DIMENSIONS] = present ? size : 0;
    for (let k = 1; k < DIMENSIONS; k++) features[i * DIMENSIONS + k] = others.normal();
  }
  return features;
}

/** What models see: the features, and products of some. */
function withProducts(features: Float64Array) {
  const cells = features.length / DIMENSIONS;
  const modelDimensions = DIMENSIONS + PRODUCTS.length;
  const modelFeatures = new Float64Array(cells * modelDimensions);
  for (let i = 0; i < cells; i++) {
    const row = features.subarray(i * DIMENSIONS, (i + 1) * DIMENSIONS);
    modelFeatures.set(row, i * modelDimensions);
    PRODUCTS.forEach(([a, b], p) => modelFeatures[i * modelDimensions + DIMENSIONS + p] = row[a] * row[b]);
  }
  return { modelFeatures, modelDimensions };
}

/** Nearest other responses of the same prompt, `[X, A, count]`. */
function nearest(features: Float64Array, responses: number, count: number): Uint32Array {
  const cells = features.length / DIMENSIONS, out = new Uint32Array(cells * count);
  for (let i = 0; i < cells; i++) {
    const start = i - i % responses;
    const distance = (j: number) => {
      let sum = 0;
      for (let k = 0; k < DIMENSIONS; k++) sum += (features[i * DIMENSIONS + k] - features[j * DIMENSIONS + k]) ** 2;
      return sum;
    };
    const others = Array.from({ length: responses }, (_, a) => start + a).filter((j) => j !== i)
      .sort((a, b) => distance(a) - distance(b));
    for (let k = 0; k < count; k++) out[i * count + k] = others[k] - start;
  }
  return out;
}

/**
 * Draws a population. Every part has a stream of its own, so that a knob moves nothing but what it is for.
 *
 * @param texts features of responses that are there already `[X, A, K]`, the first of them sensation; π0 is uniform then,
 * as where the responses are draws of its own. All is drawn unless given
 * @throws RangeError for knobs out of range
 * @example
 * ```ts
 * import { Rng } from "../random.ts";
 * import assert from "node:assert/strict";
 * const knobs = { prompts: 2, responses: 4, confounding: 1, link: 1, noise: 0, overlap: 0.5, complexity: 0 };
 * const world = population(knobs, Rng.seed(1));
 * const log = world.draw(10, Rng.seed(2));
 * assert.ok(log.first.every((a, i) => a !== log.second[i]));
 * ```
 */
export function population(settings: PopulationSettings, rng: Rng, texts?: Float64Array): Population {
  const { prompts, responses, confounding, link, noise, overlap, complexity, made = READERS } = settings;
  check("prompts", prompts, Number.isInteger(prompts) && prompts >= 1, "a whole number >= 1");
  check("responses", responses, Number.isInteger(responses) && responses >= 3, "a whole number >= 3");
  // Three parts of quality that have to differ within prompts.
  check("responses", responses, prompts * (responses - 1) >= 3, "4 or more where there is one prompt");
  check("confounding", confounding, confounding >= 0 && confounding < Infinity, "a number >= 0");
  check("link", link, link >= 0 && link <= 1, "in [0, 1]");
  check("noise", noise, noise >= 0 && noise < 0.5, "in [0, 0.5)");
  check("overlap", overlap, overlap >= 0 && overlap < Infinity, "a number >= 0");
  check("complexity", complexity, complexity >= 0 && complexity <= 1, "in [0, 1]");
  const cells = prompts * responses;
  if (texts !== undefined && texts.length !== cells * DIMENSIONS) {
    throw new RangeError(`texts: expected ${cells} rows of ${DIMENSIONS} features, got ${texts.length} numbers`);
  }
  const features = texts ?? drawFeatures(cells, made.sensational, rng),
    { modelFeatures, modelDimensions } = withProducts(features);
  const sensation = new Float64Array(cells).map((_, i) => features[i * DIMENSIONS]);
  const preferred = texts === undefined ? rng.fork("start").normals(cells) : new Float64Array(cells);
  const logStart = logSoftmaxRows(preferred.map((v) => made.startSpread * v), responses);
  const start = logStart.map(Math.exp);

  const linear = rng.fork("linear").normals(DIMENSIONS), products = rng.fork("products").normals(PRODUCTS.length);
  const dot = (i: number, weights: (k: number) => number) => {
    let sum = 0;
    for (let k = 0; k < modelDimensions; k++) sum += modelFeatures[i * modelDimensions + k] * weights(k);
    return sum;
  };
  const part = (weights: (k: number) => number) =>
    centred(new Float64Array(cells).map((_, i) => dot(i, weights)), start, responses);
  const size = (v: Float64Array) => Math.sqrt(product(v, v, start, prompts));
  const unit = (v: Float64Array) => {
    const length = size(v);
    return v.map((x) => x / length);
  };
  // Uncorrelated under π0, so that their shares can change and the variance of their sum cannot.
  const apart = (v: Float64Array, ...others: readonly Float64Array[]) =>
    others.filter((other) => size(other) > 0).reduce((rest, other) => {
      const along = product(rest, other, start, prompts) / product(other, other, start, prompts);
      return rest.map((x, i) => x - along * other[i]);
    }, v);
  const harm = centred(sensation, start, responses);
  const plain = part((k) => k > 0 && k < DIMENSIONS ? linear[k] : 0), alone = apart(plain, harm);
  const simple = unit(alone);
  const complex = unit(apart(part((k) => k >= DIMENSIONS ? products[k - DIMENSIONS] : 0), harm, simple));
  const [a, b] = [Math.sqrt(1 - complexity), Math.sqrt(complexity)], spread = Math.hypot(1, made.harm * size(harm));
  const quality = simple.map((v, i) => (a * v + b * complex[i] - made.harm * harm[i]) / spread);
  const ofHarm = size(harm) > 0 ? product(plain, harm, start, prompts) / size(harm) ** 2 : 0;
  const qualityWeights = linear.map((v, k) =>
    (a * (k === 0 ? -ofHarm : v) / size(alone) - (k === 0 ? made.harm : 0)) / spread
  );

  const taste = rng.fork("logging").normals(cells);
  const shown = (type: number) =>
    logSoftmaxRows(logStart.map((v, i) => v + overlap * taste[i] + confounding * type * sensation[i]), responses);
  const utility = (sign: number) => quality.map((v, i) => v + made.liking * sign * sensation[i]);
  const logShown = [shown(-1), shown(1)] as const, utilities = [utility(-1), utility(1)] as const;
  const neighbourCount = Math.min(NEIGHBOURS, responses - 1);
  const neighbours = nearest(features, responses, neighbourCount);
  const parts = {
    dimensions: DIMENSIONS,
    features,
    modelDimensions,
    modelFeatures,
    qualityWeights,
    quality,
    sensation,
    logStart,
    logShown,
    utilities,
    neighbours,
    neighbourCount,
  };
  return { ...settings, ...parts, draw: (n, stream) => drawUnits({ ...settings, ...parts }, n, stream) };
}

/** Index of a draw from `A` chances that need not sum to 1, leaving one out. */
function pick(law: Float64Array, start: number, count: number, u: number, without: number): number {
  let total = 0;
  for (let a = 0; a < count; a++) if (a !== without) total += law[start + a];
  let rest = u * total, last = 0;
  for (let a = 0; a < count; a++) {
    if (a === without) continue;
    last = a;
    rest -= law[start + a];
    if (rest < 0) break;
  }
  return last;
}

function drawUnits(world: Omit<Population, "draw">, n: number, rng: Rng): PopulationLog {
  check("n", n, Number.isSafeInteger(n) && n >= 1, "a whole number >= 1");
  const { prompts, responses, link, noise, logShown, utilities, neighbours, neighbourCount } = world;
  const laws = logShown.map((logs) => logs.map(Math.exp));
  const gumbel = () => -Math.log(-Math.log1p(-rng.uniform())) - EULER;
  const log = {
    prompt: new Uint32Array(n),
    first: new Uint32Array(n),
    second: new Uint32Array(n),
    outcome: new Float64Array(n),
    firstWins: new Uint8Array(n),
    revised: new Uint32Array(n),
    propensity: new Float64Array(n),
    pairPropensity: new Float64Array(n),
    type: new Int8Array(n),
    taste: new Int8Array(n),
  };
  for (let i = 0; i < n; i++) {
    const x = rng.integer(prompts), z = rng.uniform() < 0.5 ? 0 : 1, start = x * responses;
    const taste = rng.uniform() < (1 + link) / 2 ? z : 1 - z;
    const law = laws[z], utility = utilities[taste];
    const a = pick(law, start, responses, rng.uniform(), -1), b = pick(law, start, responses, rng.uniform(), a);
    // A reaction recorded the wrong way round is so in all its forms.
    const sign = rng.uniform() < noise ? -1 : 1;
    const reaction = (response: number) => sign * (utility[start + response] + gumbel());
    const liked = reaction(a), other = reaction(b);
    let revised = a, best = liked;
    for (let k = 0; k < neighbourCount; k++) {
      const neighbour = neighbours[(start + a) * neighbourCount + k], would = reaction(neighbour);
      if (would > best) [revised, best] = [neighbour, would];
    }
    log.prompt[i] = x;
    log.first[i] = a;
    log.second[i] = b;
    log.outcome[i] = liked;
    log.firstWins[i] = Number(liked > other);
    log.revised[i] = revised;
    log.propensity[i] = law[start + a];
    log.pairPropensity[i] = pairChance(law, start, a, b);
    log.type[i] = z === 0 ? -1 : 1;
    log.taste[i] = taste === 0 ? -1 : 1;
  }
  return log;
}

/**
 * Chance that two draws without replacement give a and b, in either order.
 *
 * @param law probabilities of a table, of which one prompt's begin at `start`
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(pairChance(Float64Array.of(0.5, 0.25, 0.25), 0, 1, 2), 1 / 6);
 * ```
 */
export function pairChance(law: Float64Array, start: number, a: number, b: number): number {
  const [p, q] = [law[start + a], law[start + b]];
  return p * q / (1 - p) + p * q / (1 - q);
}
