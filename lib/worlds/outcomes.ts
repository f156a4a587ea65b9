/**
 * Worlds of texts with outcomes, a hidden reader type, and a known truth.
 *
 * A pool of X texts. Each has a mean outcome g(x) over the population of readers. Readers come in two types
 * C ∈ {−1, +1}, equally frequent and never observed. A reader's outcome is Y = g(x) + s·C + noise. In *randomised*
 * data the text is assigned by a known law P^R, whatever the type. In *observational* data readers choose:
 * P(x | C) ∝ P^R(x) exp(c·C·h(x)), so that E[Y | X = x] = g(x) + s·E[C | x] ≠ g(x).
 *
 * The variance of an outcome given its text is the same in every log of every world with the same `spread`: noise makes up
 * what the type leaves. So a stronger type confounds more and does nothing else.
 *
 * Everything that is a sum over the pool is computed by enumeration in float64.
 *
 * @module
 */
import { float64 } from "../float64.ts";
import { checkFinite } from "../statistics/summary.ts";
import type { Rng } from "../random.ts";

/** The ingredients of a world: synthetic ones below, or texts and ratings of a real data set. */
export interface OutcomeWorldInput {
  /** Features that policies see, row-major `[X, D]`. */
  readonly features: Float64Array;
  /** Features that outcome models see, row-major `[X, K]`. */
  readonly modelFeatures: Float64Array;
  /** Mean outcome g(x) `[X]`. */
  readonly outcome: Float64Array;
  /** How much type +1 likes to read x, standardised over the pool `[X]`. */
  readonly exposure: Float64Array;
  /** log P^R `[X]`: the randomised assignment; normalised here. */
  readonly logAssignment: Float64Array;
  /** log P^f0 `[X]`: what the starting policy writes; normalised here. */
  readonly logStart: Float64Array;
  /** c: how strongly the type moves what is read, in log-odds per unit of exposure. */
  readonly choice: number;
  /** s: how far the type moves the outcome, in units of the outcome. */
  readonly shift: number;
  /** Standard deviation of an outcome given its text, type and noise together; at least |shift|. */
  readonly spread: number;
}

/** Logged texts with their outcomes. */
export interface OutcomeLog {
  /** Index of the text `[n]`. */
  readonly text: Uint32Array;
  /** Outcome Y `[n]`. */
  readonly outcome: Float64Array;
}

/** A log with what its analyst may or may not have recorded of the readers. */
export interface TypedLog extends OutcomeLog {
  /** The reader's type, −1 or +1 `[n]`. */
  readonly type: Int8Array;
}

/** A world whose truth is known. */
export interface OutcomeWorld extends OutcomeWorldInput {
  /** Number of texts X. */
  readonly texts: number;
  /** E[C | x] in observational data `[X]`: zero without choice. */
  readonly expectedType: Float64Array;
  /** log of the observational law of texts, mixed over types `[X]`. */
  readonly logObserved: Float64Array;
  /** n draws with the text assigned by P^R. The same stream gives the same log: fork one for each. */
  randomised(n: number, rng: Rng): TypedLog;
  /** n draws with the text chosen by the reader; the same stream gives the same log. */
  observational(n: number, rng: Rng): TypedLog;
  /** log P(x | C): the texts that readers of a type choose, for type −1 and +1, each `[X]`. */
  readonly logChosen: readonly [Float64Array, Float64Array];
  /** Var(Y | x) in each kind of log, by enumeration `[X]`. */
  outcomeVariance(kind: "randomised" | "observational"): Float64Array;
  /**
   * Predictions confounded after the fact, as in the released simulation: each text gets one reader type C_x from the
   * observational law, and ĝ(x) + shift·C_x is what the outcome model would have said `[X]`. Outcomes stay clean.
   */
  confoundPredictions(prediction: Float64Array, shift: number, rng: Rng): Float64Array;
  /** V(f) = Σ_x f(x) g(x), for log f `[X]`. */
  value(logF: ArrayLike<number>): number;
  /** KL(f ‖ f0) in nats, for log f `[X]`. */
  kl(logF: ArrayLike<number>): number;
  /** log of the maximiser of V(f) − λ·KL(f ‖ f0) over all laws: f ∝ f0 exp(g/λ) `[X]`. */
  optimum(klWeight: number): Float64Array;
}

/**
 * Builds a world from its ingredients.
 *
 * @throws TypeError when sizes disagree, RangeError when a number is not finite or out of range; so do its methods
 * @example With choice and shift, texts that type +1 prefers look better than they are
 * ```ts
 * import assert from "node:assert/strict";
 * const world = outcomeWorld({
 *   features: Float64Array.of(0, 1), modelFeatures: Float64Array.of(0, 1), outcome: Float64Array.of(0.5, 0.5),
 *   exposure: Float64Array.of(-1, 1), logAssignment: Float64Array.of(0, 0), logStart: Float64Array.of(0, 0),
 *   choice: 1, shift: 0.3, spread: 0.4,
 * });
 * assert.ok(Math.abs(world.expectedType[1] - Math.tanh(1)) < 1e-12);
 * assert.equal(world.value([Math.log(0.5), Math.log(0.5)]), 0.5);
 * ```
 */
export function outcomeWorld(input: OutcomeWorldInput): OutcomeWorld {
  const { outcome, exposure, choice, shift, spread } = input;
  const texts = outcome.length;
  if (texts === 0) throw new RangeError("outcome is empty: a world needs at least one text");
  for (const name of ["exposure", "logAssignment", "logStart"] as const) {
    if (input[name].length !== texts) {
      throw new TypeError(`${name}: expected ${texts} entries like outcome, got ${input[name].length}`);
    }
  }
  for (const name of ["features", "modelFeatures"] as const) {
    if (input[name].length % texts !== 0) {
      throw new TypeError(`${name}: expected a multiple of ${texts} entries like outcome, got ${input[name].length}`);
    }
  }
  for (const name of ["outcome", "exposure", "logAssignment", "logStart"] as const) {
    const bad = input[name].findIndex((v) => !Number.isFinite(v));
    if (bad >= 0) throw new RangeError(`${name}[${bad}] is ${input[name][bad]}: expected a finite number`);
  }
  for (const name of ["choice", "shift"] as const) {
    if (!Number.isFinite(input[name])) throw new RangeError(`${name} must be a finite number, got ${input[name]}`);
  }
  if (!(spread >= Math.abs(shift) && spread < Infinity)) {
    throw new RangeError(`spread must be finite and at least |shift| = ${Math.abs(shift)}, got ${spread}`);
  }
  const logAssignment = normaliseLog(input.logAssignment);
  const logStart = normaliseLog(input.logStart);
  const chosen = (type: -1 | 1) => normaliseLog(logAssignment.map((l, x) => l + choice * type * exposure[x]));
  const given = [chosen(-1), chosen(+1)] as const;
  const chosenBy = given.map((logs) => logs.map(Math.exp));
  // In log space: a text so rare that its probability underflows still has readers of a type.
  const preference = outcome.map((_, x) => given[1][x] - given[0][x]);
  const expectedType = preference.map((d) => Math.tanh(d / 2));
  const logObserved = preference.map((d, x) =>
    Math.max(given[0][x], given[1][x]) + Math.log1p(Math.exp(-Math.abs(d))) - Math.LN2
  );
  const assignment = logAssignment.map(Math.exp);

  /** Variance that the type leaves over within a text. */
  const typeVariance = {
    randomised: new Float64Array(texts).fill(shift ** 2),
    observational: expectedType.map((c) => shift ** 2 * (1 - c * c)),
  };
  const noise = {
    randomised: typeVariance.randomised.map((v) => Math.sqrt(spread ** 2 - v)),
    observational: typeVariance.observational.map((v) => Math.sqrt(spread ** 2 - v)),
  };
  const observe = (kind: keyof typeof noise, rng: Rng, text: Uint32Array, type: Int8Array): TypedLog => {
    const noises = rng.fork("noise").normals(text.length);
    return {
      text,
      type,
      outcome: noises.map((e, i) => outcome[text[i]] + shift * type[i] + noise[kind][text[i]] * e),
    };
  };
  const types = (n: number, rng: Rng) => {
    if (!Number.isSafeInteger(n) || n < 1) throw new RangeError(`n must be a positive integer, got ${n}`);
    return Int8Array.from({ length: n }, () => rng.bernoulli(0.5) ? 1 : -1);
  };
  const sized = <T extends ArrayLike<number>>(name: string, values: T): T => {
    if (values.length === texts) return values;
    throw new TypeError(`${name}: expected one entry for each of ${texts} texts, got ${values.length}`);
  };

  return {
    ...input,
    logAssignment,
    logStart,
    texts,
    expectedType,
    logObserved,
    logChosen: given,
    outcomeVariance: (kind) => noise[kind].map((sd, x) => sd ** 2 + typeVariance[kind][x]),
    randomised: (n, rng) => {
      const type = types(n, rng.fork("types"));
      return observe("randomised", rng, rng.fork("texts").categorical(assignment, n), type);
    },
    observational: (n, rng) => {
      const type = types(n, rng.fork("types"));
      // Both types draw n texts from their own stream and each reader keeps one: no draw depends on another's type.
      const draws = chosenBy.map((law, t) => rng.fork("texts").fork(t).categorical(law, n));
      return observe("observational", rng, Uint32Array.from(type, (c, i) => draws[c > 0 ? 1 : 0][i]), type);
    },
    confoundPredictions: (prediction, by, rng) =>
      sized("prediction", prediction).map((p, x) => p + by * (rng.bernoulli((1 + expectedType[x]) / 2) ? 1 : -1)),
    value: (logF) => sum(sized("logF", logF).length, (x) => Math.exp(logF[x]) * outcome[x]),
    kl: (logF) =>
      sum(sized("logF", logF).length, (x) => logF[x] === -Infinity ? 0 : Math.exp(logF[x]) * (logF[x] - logStart[x])),
    optimum: (klWeight) => {
      if (!(klWeight > 0)) throw new RangeError(`klWeight must be > 0, got ${klWeight}`);
      return normaliseLog(logStart.map((l, x) => l + outcome[x] / klWeight));
    },
  };
}

/** Subtracts logsumexp, so that the result is the log of a law. */
function normaliseLog(logs: Float64Array): Float64Array {
  const top = logs.reduce((a, b) => Math.max(a, b), -Infinity);
  const total = top + Math.log(sum(logs.length, (i) => Math.exp(logs[i] - top)));
  return logs.map((l) => l - total);
}

function sum(n: number, term: (i: number) => number): number {
  let total = 0;
  for (let i = 0; i < n; i++) total += term(i);
  return total;
}

/**
 * Coefficients by which a text's attributes decide who reads it, as in the released confounding simulation
 * (torylin/causal-preference-optimization, `get_pretrained_logits.py`, 2d4fcdd): treatycommit, brave, evil, flag,
 * threat, economy, treatyviolation.
 */
export const EXPOSURE_COEFFICIENTS: readonly number[] = [2.68, 1.85, 0.14, -2.12, -2.07, -0.94, 0.75];

/** What a synthetic world is made of; coefficients and texts that are not there are drawn anew for each world. */
export interface PoolDescription {
  /** Attributes of each text `[X][K]`; drawn from {−1, +1} unless given. */
  readonly texts?: readonly (readonly number[])[];
  /** By which a text's attributes decide who reads it `[K]`. */
  readonly exposure: readonly number[];
  /** Of a text's log-probability in randomised data `[K]`. */
  readonly assignment?: readonly number[];
  /** Spread of log P^R over the texts, >= 0. */
  readonly overlap: number;
  /** Mean outcome over the texts. */
  readonly mean: number;
  /** The part of the outcome that is linear in attributes: its standard deviation over the texts, and its direction `[K]`. */
  readonly linear: { readonly spread: number; readonly coefficients?: readonly number[] };
  /** The part from products of two attributes each: two of them unless given. */
  readonly interactions: { readonly spread: number; readonly pairs?: readonly (readonly [number, number])[] };
  /** c: how strongly the type moves what is read at confounding 1, log-odds a standard deviation of exposure. */
  readonly choice: number;
  /** s: how far it moves the outcome at confounding 1. */
  readonly shift: number;
  /** Standard deviation of an outcome that no type moves. */
  readonly noise: number;
  /** How often a partial record of a reader's type is right, in [0.5, 1]. */
  readonly record: number;
}

/** Outcome shift of the reader type at confounding 1: large beside the spread of g. */
export const FULL_SHIFT = 0.5;
/** Noise of an outcome that no type moves. */
export const NOISE = 0.2;
/** The world of the experiments. Both parts of g together spread by about 0.2. */
export const POOL: PoolDescription = {
  exposure: EXPOSURE_COEFFICIENTS,
  overlap: 0.5, // mild: the weights of f0 stay below about 3, so that what is tested is confounding and not overlap
  mean: 0.5,
  linear: { spread: 0.18 },
  interactions: { spread: 0.1 },
  choice: 1,
  shift: FULL_SHIFT,
  noise: NOISE,
  record: 0.8,
};
/** Spread of an outcome given its text, whatever the strength of the type: what type and noise have at confounding 1. */
export const FULL_SPREAD = Math.hypot(FULL_SHIFT, NOISE);

/** Knobs of a synthetic world. */
interface SyntheticOptions {
  /** Number of texts X. */
  readonly texts: number;
  /** Strength of the hidden reader type, 0 (none) to 1: how far it moves what {@linkcode moves} says. */
  readonly confounding: number;
  /** Spread of log P^R over the texts, 0 (uniform) and up: how poor overlap with f0 gets. */
  readonly overlap: number;
  /**
   * What the type moves: the outcome and what is read (`both`, unless given), which confounds; or one of the two alone,
   * which does not.
   */
  readonly moves?: "both" | "reading" | "outcome";
  /** Standard deviation of an outcome given its text; that of type and noise at confounding 1 unless given. */
  readonly spread?: number;
  /** What it is made of; {@linkcode POOL} unless given. */
  readonly made?: PoolDescription;
}

/**
 * A synthetic world: texts with binary attributes, an outcome linear in them plus interactions, whose coefficients are
 * drawn anew for each world; exposure as in the released simulation. What is described otherwise is as described, and
 * moves none of the draws of the rest.
 *
 * @throws RangeError when an option is out of range, or there are not as many texts as are described
 * @example
 * ```ts
 * import { Rng } from "../random.ts";
 * import assert from "node:assert/strict";
 * const world = syntheticWorld({ texts: 50, confounding: 0, overlap: 1 }, Rng.seed(1));
 * assert.equal(world.texts, 50);
 * assert.ok(world.expectedType.every((c) => Math.abs(c) < 1e-12));
 * ```
 */
export function syntheticWorld(options: SyntheticOptions, rng: Rng): OutcomeWorld {
  const { texts, confounding, overlap, moves = "both", made = POOL } = options;
  const { spread = Math.hypot(made.shift, made.noise) } = options;
  if (!Number.isInteger(texts) || texts < 2) throw new RangeError(`texts must be an integer >= 2, got ${texts}`);
  if (!(confounding >= 0 && confounding <= 1)) {
    throw new RangeError(`confounding must be between 0 and 1, got ${confounding}`);
  }
  if (!(overlap >= 0)) throw new RangeError(`overlap must be >= 0, got ${overlap}`);
  if (made.texts !== undefined && made.texts.length !== texts) {
    throw new RangeError(`texts must be ${made.texts.length}, as many as are described, got ${texts}`);
  }
  const count = made.exposure.length;
  const attributes = made.texts === undefined
    ? randomAttributes(texts, count, rng.fork("attributes"))
    : Float64Array.from(made.texts.flat());
  const pairs = attributePairs(count);
  const coefficients = (given: readonly number[] | undefined, name: string) =>
    given === undefined ? rng.fork(name).normals(count) : Float64Array.from(given);
  const linear = combine(attributes, texts, coefficients(made.linear.coefficients, "outcome"));
  const chosen = made.interactions.pairs ??
    Array.from(rng.fork("interactions").permutation(pairs.length).slice(0, 2), (k) => pairs[k]);
  const interactions = float64(texts, (x) => {
    let total = 0;
    for (const [a, b] of chosen) total += attributes[x * count + a] * attributes[x * count + b];
    return total;
  });
  const [linearPart, interactionPart] = [standardise(linear), standardise(interactions)];
  const assignment = standardise(combine(attributes, texts, coefficients(made.assignment, "assignment")));
  return outcomeWorld({
    features: attributes,
    modelFeatures: attributes, // linear in the attributes: such a model misses the interactions
    outcome: linearPart.map((l, x) =>
      made.mean + made.linear.spread * l + made.interactions.spread * interactionPart[x]
    ),
    exposure: standardise(combine(attributes, texts, Float64Array.from(made.exposure))),
    logAssignment: assignment.map((a) => overlap * a),
    logStart: new Float64Array(texts),
    choice: moves === "outcome" ? 0 : made.choice * confounding,
    shift: moves === "reading" ? 0 : made.shift * confounding,
    spread,
  });
}

/** Attributes in {−1, +1}, centred so that interactions are not collinear with main effects, row-major `[X, K]`. */
function randomAttributes(texts: number, count: number, rng: Rng): Float64Array {
  return float64(texts * count, () => rng.bernoulli(0.5) ? 1 : -1);
}

function attributePairs(count: number): [number, number][] {
  return Array.from({ length: count }, (_, a) => Array.from({ length: a }, (_, b): [number, number] => [b, a])).flat();
}

/** Row-major features times coefficients `[X]`. */
function combine(features: Float64Array, texts: number, coefficients: Float64Array): Float64Array {
  const width = coefficients.length;
  return float64(texts, (x) => sum(width, (k) => features[x * width + k] * coefficients[k]));
}

/**
 * Mean 0 and standard deviation 1 over the pool (its own, with divisor X); all zeros when constant.
 *
 * @param values `[X]`
 * @returns `[X]`
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.deepEqual([...standardise(Float64Array.of(1, 3))], [-1, 1]);
 * assert.deepEqual([...standardise(Float64Array.of(2, 2))], [0, 0]);
 * ```
 * @throws RangeError naming the first value that is not finite
 */
export function standardise(values: Float64Array): Float64Array {
  checkFinite(values);
  const mean = sum(values.length, (i) => values[i]) / values.length;
  const spread = Math.sqrt(sum(values.length, (i) => (values[i] - mean) ** 2) / values.length);
  return values.map((v) => spread === 0 ? 0 : (v - mean) / spread);
}
