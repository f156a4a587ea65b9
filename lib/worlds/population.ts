/**
 * One population of readers that gives every form of feedback, with a hidden type that confounds all of them, small
 * enough to enumerate.
 *
 * A prompt has A candidate responses. A reader of type z = ±1, equally frequent and never recorded, is shown responses by
 *
 *   μ(a|x, z) ∝ π0(a|x) exp(o·l(x,a) + c·z·g(x,a))
 *
 * and reacts to response a with y = m(x,a) + 1.5·c·z·g(x,a) + Gumbel noise. g >= 0 is how sensational a response is: readers
 * of type +1 are shown, and like, what is sensational, those of type −1 neither. One and the same reaction is read in many
 * forms: its value (an outcome), its sign (a thumb), which of two is larger (a preference, exactly of the Bradley-Terry
 * form), and whether a neighbouring response would please more (a revision).
 *
 * The value of a policy is over readers whose type has no part in what they are shown: V(π) = E_x Σ_a π(a|x) m(x,a).
 *
 * @module
 */
import type { Rng } from "../tensor/random.ts";
import { logSoftmaxRows } from "./preferences.ts";

/** A population's knobs. */
export interface PopulationSettings {
  /** Prompts X, equally likely, >= 1. */
  readonly prompts: number;
  /** Responses A of a prompt, >= 3. */
  readonly responses: number;
  /** c: how strongly the type moves what is shown and what is said, >= 0. */
  readonly confounding: number;
  /** Share of units whose reaction is recorded the wrong way round, in [0, 0.5). */
  readonly noise: number;
  /** o: spread of the logging law's own taste, in nats, >= 0; large is poor overlap. */
  readonly overlap: number;
  /** Share of the quality's variance that only products of features explain, in [0, 1]: no policy here can express it. */
  readonly complexity: number;
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
  /** z, −1 or +1: recorded nowhere but here; no method may read it. */
  readonly type: Int8Array;
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
  /** m: mean reaction of all readers, with mean 0 under π0 in every prompt. */
  readonly quality: Float64Array;
  /** g >= 0. */
  readonly sensation: Float64Array;
  /** log π0, in nats. */
  readonly logStart: Float64Array;
  /** log μ(·|x, z) of type −1, then of type +1. */
  readonly logShown: readonly [Float64Array, Float64Array];
  /** Reactions without noise, of type −1, then of type +1. */
  readonly utilities: readonly [Float64Array, Float64Array];
  /** Nearest other responses of the same prompt by features, nearest first, `[X, A, 3]` (fewer for few responses). */
  readonly neighbours: Uint32Array;
  /** How many of them there are for each response. */
  readonly neighbourCount: number;
  /** n units. The first m units of a draw of n are those of a draw of m from the same stream. */
  draw(n: number, rng: Rng): PopulationLog;
}

/** Features of a policy: sensation, and seven others. */
const DIMENSIONS = 8;
/** Pairs of features whose products the complex part of quality is made of. */
const PRODUCTS: readonly (readonly [number, number])[] = [[1, 2], [3, 4], [5, 6]];
/** Share of responses that are sensational at all. */
const SENSATIONAL = 1 / 3;
/** What sensation takes off the mean reaction, a unit: all readers together like it a little less. */
const HARM = 0.5;
/** How far the type moves the reaction, at full confounding. */
const LIKING = 1.5;
/** Standard deviation of log π0 before it is normalised, nats. */
const START_SPREAD = 0.5;
/** Neighbours that a reviser looks at. */
const NEIGHBOURS = 3;
/** Mean of a standard Gumbel law. */
const EULER = 0.5772156649015329;

function check(name: string, value: number, fits: boolean, range: string): void {
  if (!fits) throw new RangeError(`${name} must be ${range}, got ${value}`);
}

/** Scaled to variance 1 over all cells once each prompt's mean under the law is taken off. */
function standardised(values: Float64Array, law: Float64Array, responses: number): Float64Array {
  const out = centred(values, law, responses);
  const size = Math.sqrt(out.reduce((sum, v) => sum + v * v, 0) / out.length);
  return out.map((v) => v / size);
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

/** Feature tables; each feature has a stream of its own. */
function drawFeatures(cells: number, rng: Rng) {
  const sensation = new Float64Array(cells), features = new Float64Array(cells * DIMENSIONS);
  const sensational = rng.fork("sensation"), others = rng.fork("features");
  for (let i = 0; i < cells; i++) {
    const present = sensational.uniform() < SENSATIONAL, size = -Math.log1p(-sensational.uniform());
    sensation[i] = features[i * DIMENSIONS] = present ? size : 0;
    for (let k = 1; k < DIMENSIONS; k++) features[i * DIMENSIONS + k] = others.normal();
  }
  const modelDimensions = DIMENSIONS + PRODUCTS.length;
  const modelFeatures = new Float64Array(cells * modelDimensions);
  for (let i = 0; i < cells; i++) {
    const row = features.subarray(i * DIMENSIONS, (i + 1) * DIMENSIONS);
    modelFeatures.set(row, i * modelDimensions);
    PRODUCTS.forEach(([a, b], p) => modelFeatures[i * modelDimensions + DIMENSIONS + p] = row[a] * row[b]);
  }
  return { sensation, features, modelFeatures, modelDimensions };
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
 * @throws RangeError for knobs out of range
 * @example
 * ```ts
 * import { Rng } from "../tensor/random.ts";
 * import assert from "node:assert/strict";
 * const knobs = { prompts: 2, responses: 4, confounding: 1, noise: 0, overlap: 0.5, complexity: 0 };
 * const world = population(knobs, Rng.seed(1));
 * const log = world.draw(10, Rng.seed(2));
 * assert.ok(log.first.every((a, i) => a !== log.second[i]));
 * ```
 */
export function population(settings: PopulationSettings, rng: Rng): Population {
  const { prompts, responses, confounding, noise, overlap, complexity } = settings;
  check("prompts", prompts, Number.isInteger(prompts) && prompts >= 1, "a whole number >= 1");
  check("responses", responses, Number.isInteger(responses) && responses >= 3, "a whole number >= 3");
  check("confounding", confounding, confounding >= 0 && confounding < Infinity, "a number >= 0");
  check("noise", noise, noise >= 0 && noise < 0.5, "in [0, 0.5)");
  check("overlap", overlap, overlap >= 0 && overlap < Infinity, "a number >= 0");
  check("complexity", complexity, complexity >= 0 && complexity <= 1, "in [0, 1]");
  const cells = prompts * responses;
  const { sensation, features, modelFeatures, modelDimensions } = drawFeatures(cells, rng);
  const logStart = logSoftmaxRows(rng.fork("start").normals(cells).map((v) => START_SPREAD * v), responses);
  const start = logStart.map(Math.exp);

  const linear = rng.fork("linear").normals(DIMENSIONS), product = rng.fork("products").normals(PRODUCTS.length);
  const dot = (i: number, weights: (k: number) => number) => {
    let sum = 0;
    for (let k = 0; k < modelDimensions; k++) sum += modelFeatures[i * modelDimensions + k] * weights(k);
    return sum;
  };
  const part = (weights: (k: number) => number) =>
    standardised(new Float64Array(cells).map((_, i) => dot(i, weights)), start, responses);
  const simple = part((k) => k > 0 && k < DIMENSIONS ? linear[k] : 0);
  const complex = part((k) => k >= DIMENSIONS ? product[k - DIMENSIONS] : 0);
  const [a, b] = [Math.sqrt(1 - complexity), Math.sqrt(complexity)];
  const quality = centred(simple.map((v, i) => a * v + b * complex[i] - HARM * sensation[i]), start, responses);

  const taste = rng.fork("logging").normals(cells);
  const shown = (type: number) =>
    logSoftmaxRows(logStart.map((v, i) => v + overlap * taste[i] + confounding * type * sensation[i]), responses);
  const utility = (type: number) => quality.map((v, i) => v + LIKING * confounding * type * sensation[i]);
  const logShown = [shown(-1), shown(1)] as const, utilities = [utility(-1), utility(1)] as const;
  const neighbourCount = Math.min(NEIGHBOURS, responses - 1);
  const neighbours = nearest(features, responses, neighbourCount);
  const parts = {
    dimensions: DIMENSIONS,
    features,
    modelDimensions,
    modelFeatures,
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
  const { prompts, responses, noise, logShown, utilities, neighbours, neighbourCount } = world;
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
  };
  for (let i = 0; i < n; i++) {
    const x = rng.integer(prompts), z = rng.uniform() < 0.5 ? 0 : 1, start = x * responses;
    const law = laws[z], utility = utilities[z];
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
