/**
 * Queries, constitutions and responses whose alignment is known: the world of SAMI (Fränken et al., arXiv 2404.14313), small
 * enough to enumerate.
 *
 * A constitution takes each of P binary principles as its definition (+1) or its antithesis (−1). Real responses follow
 * principles more or less; the base policy knows this a little (`link`). Junk responses follow none and are unlikely, but
 * tell constitutions apart better than any real response: identity without quality.
 *
 * @module
 */
import { float64 } from "../float64.ts";
import { mutualInformation } from "../losses/mutual_information.ts";
import type { Pool } from "../exact/constitution_policy.ts";
import type { Rng } from "../random.ts";

/** A world's knobs. */
export interface PrincipleSettings {
  /** Queries X, equally likely, >= 1. */
  readonly queries: number;
  /** Principles P, from 1 to 6; there are 2^P constitutions. */
  readonly principles: number;
  /** Responses A of a query, junk among them, >= 2. */
  readonly responses: number;
  /** Junk responses of a query, from 0 to A − 2; they come last. */
  readonly junk: number;
  /** Nats of log-odds under the base policy per standard deviation of alignment, >= 0. */
  readonly link: number;
  /** Standard deviation over junk responses of the base policy's constitution-specific logits, in nats, >= 0. */
  readonly junkLink: number;
}

/** A world with its truth. */
export interface PrincipleWorld extends PrincipleSettings {
  /** What policies read: principle scores, gibberish dimensions, style dimensions; constitutions as (1, signs). */
  readonly pool: Pool;
  /** Weights of the base policy `[D, E]`. */
  readonly start: Float64Array;
  /** True alignment score of each response `[X, C, A]`: standard normal over real responses, −3 for junk. */
  readonly alignment: Float64Array;
  /** Length of each response in tokens `[X, A]`; responses that follow the last principle are longer. */
  readonly lengths: Float64Array;
}

/** Base logit of junk; the worst a real response is likely to be; spread of base logits; dimensions of features. */
const JUNK_LOGIT = -4, JUNK_SCORE = -3, SPREAD = 1, GIBBERISH = 3, STYLE = 4;
/** Size of junk's features, so that weights of the size that principles need move junk this many times as far. */
const JUNK_SIZE = 3;
/** Tokens of a median response, and how their logarithm goes with the last principle and varies otherwise. */
const TOKENS = 40, LENGTH_LINK = 0.4, LENGTH_NOISE = 0.3;

/** Signs of every constitution, row-major `[2^P, P]`; the first takes every principle by its definition. */
function signs(principles: number): Float64Array {
  return float64(2 ** principles * principles, (i) => {
    const c = Math.floor(i / principles), p = i % principles;
    return (c >> p) & 1 ? -1 : 1;
  });
}

function check(name: string, value: number, [low, high]: readonly [number, number], whole = true): void {
  if ((whole ? Number.isInteger(value) : Number.isFinite(value)) && value >= low && value <= high) return;
  const range = high === Infinity ? `>= ${low}` : `from ${low} to ${high}`;
  throw new RangeError(`${name} must be a ${whole ? "whole number" : "number"} ${range}, got ${value}`);
}

/**
 * Draws a world. Each part has a stream of its own, so that a knob moves nothing but what it is for.
 *
 * @throws RangeError for knobs out of range
 * @example
 * ```ts
 * import { Rng } from "../random.ts";
 * import assert from "node:assert/strict";
 * const settings = { queries: 2, principles: 2, responses: 5, junk: 1, link: 0.3, junkLink: 1 };
 * const world = principleWorld(settings, Rng.seed(1));
 * assert.equal(world.pool.constitutions, 4);
 * assert.equal(world.alignment.length, 2 * 4 * 5);
 * ```
 */
export function principleWorld(settings: PrincipleSettings, rng: Rng): PrincipleWorld {
  const { queries, principles, responses, junk, link, junkLink } = settings;
  check("queries", queries, [1, Infinity]);
  check("principles", principles, [1, 6]);
  check("responses", responses, [2, Infinity]);
  check("junk", junk, [0, responses - 2]);
  check("link", link, [0, Infinity], false);
  check("junkLink", junkLink, [0, Infinity], false);

  const cells = queries * responses, constitutions = 2 ** principles, sign = signs(principles);
  const dimensions = principles + GIBBERISH + STYLE, width = 1 + principles;
  const isJunk = (cell: number) => cell % responses >= responses - junk;
  const scores = rng.fork("scores").normals(cells * principles);
  const gibberish = rng.fork("gibberish").normals(cells * GIBBERISH);
  const style = rng.fork("style").normals(cells * STYLE);
  const plausible = rng.fork("base").normals(cells);
  const features = new Float64Array(cells * dimensions);
  for (let cell = 0; cell < cells; cell++) {
    const row = features.subarray(cell * dimensions, (cell + 1) * dimensions);
    if (isJunk(cell)) {
      for (let g = 0; g < GIBBERISH; g++) row[principles + g] = JUNK_SIZE * gibberish[cell * GIBBERISH + g];
      continue;
    }
    for (let p = 0; p < principles; p++) row[p] = scores[cell * principles + p];
    for (let s = 0; s < STYLE; s++) row[principles + GIBBERISH + s] = style[cell * STYLE + s];
  }
  const embeddings = float64(constitutions * width, (i) => {
    const c = Math.floor(i / width), e = i % width;
    return e === 0 ? 1 : sign[c * principles + e - 1];
  });
  const start = new Float64Array(dimensions * width);
  for (let p = 0; p < principles; p++) start[p * width + 1 + p] = link / Math.sqrt(principles);
  const tilt = rng.fork("junk").normals(GIBBERISH * principles);
  const size = junkLink / (JUNK_SIZE * Math.sqrt(GIBBERISH * principles));
  for (let g = 0; g < GIBBERISH; g++) {
    for (let p = 0; p < principles; p++) start[(principles + g) * width + 1 + p] = size * tilt[g * principles + p];
  }
  const alignment = new Float64Array(cells * constitutions);
  for (let x = 0; x < queries; x++) {
    for (let c = 0; c < constitutions; c++) {
      for (let y = 0; y < responses; y++) {
        const cell = x * responses + y;
        let score = isJunk(cell) ? JUNK_SCORE : 0;
        for (let p = 0; p < principles && !isJunk(cell); p++) {
          score += sign[c * principles + p] * scores[cell * principles + p] / Math.sqrt(principles);
        }
        alignment[(x * constitutions + c) * responses + y] = score;
      }
    }
  }
  const noise = rng.fork("length").normals(cells);
  const lengths = noise.map((z, cell) => {
    const long = isJunk(cell) ? 0 : LENGTH_LINK * scores[cell * principles + principles - 1];
    return Math.max(1, Math.round(TOKENS * Math.exp(long + LENGTH_NOISE * z)));
  });
  return {
    ...settings,
    pool: {
      queries,
      responses,
      constitutions,
      features,
      offsets: plausible.map((z, cell) => isJunk(cell) ? JUNK_LOGIT : SPREAD * z),
      embeddings,
    },
    start,
    alignment,
    lengths,
  };
}

/** Exact measures of a policy; all in nats but alignment (standard deviations) and the probability of junk. */
interface PrincipleMeasures {
  /** I(Y;C|X) with the constitutions uniform. */
  readonly information: number;
  /** E_π[alignment]. */
  readonly alignment: number;
  /** P(junk). */
  readonly junk: number;
  /** E_{x,c} KL(π ‖ π_base). */
  readonly kl: number;
  /** E_π[log π_base]: how usual the responses are; gibberish is not. */
  readonly logBase: number;
  /** E_π[length], tokens. */
  readonly length: number;
}

/**
 * Measures a policy by enumeration, averaged over queries and some constitutions.
 *
 * @param logPolicy log-probs in nats `[X, C, A]`
 * @param logBase log-probs of the base policy in nats `[X, C, A]`
 * @param over constitutions to average over and to tell apart; all unless given
 * @example The base policy has no distance from itself
 * ```ts
 * import { constitutionPolicy } from "../exact/constitution_policy.ts";
 * import { Rng } from "../random.ts";
 * import assert from "node:assert/strict";
 * const settings = { queries: 2, principles: 1, responses: 4, junk: 1, link: 0, junkLink: 0 };
 * const world = principleWorld(settings, Rng.seed(1));
 * const base = constitutionPolicy(world.pool, world.start).all();
 * const { kl, information } = measureConstitutions(world, base, base);
 * assert.equal(kl, 0);
 * assert.ok(Math.abs(information) < 1e-15);
 * ```
 */
export function measureConstitutions(
  world: PrincipleWorld,
  logPolicy: Float64Array,
  logBase: Float64Array,
  over: readonly number[] = Array.from({ length: world.pool.constitutions }, (_, c) => c),
): PrincipleMeasures {
  const { queries, responses, constitutions } = world.pool;
  const sums = { information: 0, alignment: 0, junk: 0, kl: 0, logBase: 0, length: 0 };
  for (let x = 0; x < queries; x++) {
    const laws = over.map((c) => {
      const at = (x * constitutions + c) * responses;
      return logPolicy.subarray(at, at + responses);
    });
    sums.information += mutualInformation(laws) / queries;
    for (const [i, law] of laws.entries()) {
      const at = (x * constitutions + over[i]) * responses;
      for (let y = 0; y < responses; y++) {
        const p = Math.exp(law[y]) / (queries * over.length);
        sums.alignment += p * world.alignment[at + y];
        if (y >= responses - world.junk) sums.junk += p;
        sums.kl += p * (law[y] - logBase[at + y]);
        sums.logBase += p * logBase[at + y];
        sums.length += p * world.lengths[x * responses + y];
      }
    }
  }
  return sums;
}

/** What SAMI maximises, by enumeration, in nats. */
interface ContrastTerms {
  /** log n − E[loss] of the constitution contrast (equations 1 and 4): at most I(Y;C|X). */
  readonly constitution: number;
  /** log n − E[loss] of the response contrast (equation 8): no bound. */
  readonly response: number;
}

/**
 * Both InfoNCE terms of one query with two constitutions in the batch, averaged over all pairs of different constitutions
 * and all responses they may give.
 *
 * @param laws log-probs of all responses under each constitution `[C][A]`, C >= 2
 * @throws RangeError when there are fewer than two constitutions
 * @example Constitutions that share no response are told apart by both
 * ```ts
 * import assert from "node:assert/strict";
 * assert.deepEqual(contrastTerms([[0, -Infinity], [-Infinity, 0]]), { constitution: Math.LN2, response: Math.LN2 });
 * ```
 */
export function contrastTerms(laws: readonly ArrayLike<number>[]): ContrastTerms {
  const count = laws.length, width = laws[0]?.length ?? 0;
  if (count < 2) throw new RangeError(`laws: expected two constitutions or more, got ${count}`);
  const chances = laws.map((law) => Float64Array.from(law, Math.exp));
  let constitution = 0, response = 0;
  for (let k = 0; k < count; k++) {
    const own = chances[k];
    for (let l = 0; l < count; l++) {
      if (l === k) continue;
      const other = chances[l];
      for (let y = 0; y < width; y++) {
        if (own[y] === 0) continue;
        constitution += own[y] * Math.log(2 * own[y] / (own[y] + other[y]));
        for (let z = 0; z < width; z++) {
          if (other[z] > 0) response += own[y] * other[z] * Math.log(2 * own[y] / (own[y] + own[z]));
        }
      }
    }
  }
  const pairs = count * (count - 1);
  return { constitution: constitution / pairs, response: response / pairs };
}

/**
 * How often a policy's response has the higher score than another policy's to the same query and constitution; ties count
 * half. Averaged over queries and some constitutions.
 *
 * @param scores `[X, C, A]`
 * @param logPolicy log-probs in nats `[X, C, A]`
 * @param logOther log-probs in nats `[X, C, A]`
 * @param over constitutions to average over
 * @example A policy ties with itself
 * ```ts
 * import assert from "node:assert/strict";
 * const [scores, law] = [Float64Array.of(1, 2), Float64Array.of(Math.log(0.25), Math.log(0.75))];
 * assert.equal(winRate({ queries: 1, responses: 2, constitutions: 1 }, scores, law, law, [0]), 0.5);
 * ```
 */
export function winRate(
  { queries, responses, constitutions }: Pick<Pool, "queries" | "responses" | "constitutions">,
  scores: Float64Array,
  logPolicy: Float64Array,
  logOther: Float64Array,
  over: readonly number[],
): number {
  let total = 0;
  for (let x = 0; x < queries; x++) {
    for (const c of over) {
      const at = (x * constitutions + c) * responses;
      const order = Array.from({ length: responses }, (_, y) => at + y).sort((a, b) => scores[a] - scores[b]);
      let below = 0;
      for (let i = 0; i < responses;) {
        let mine = 0, theirs = 0, j = i;
        for (; j < responses && scores[order[j]] === scores[order[i]]; j++) {
          mine += Math.exp(logPolicy[order[j]]);
          theirs += Math.exp(logOther[order[j]]);
        }
        total += mine * (below + theirs / 2);
        below += theirs;
        i = j;
      }
    }
  }
  return total / (queries * over.length);
}
