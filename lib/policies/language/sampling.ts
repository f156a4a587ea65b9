/**
 * The next token from its logits.
 *
 * @module
 */
import { type Weighed, weighed } from "../../tensor/fused/softmax_weights.ts";
import { UserError } from "../../user_error.ts";

/** From which distribution a token is drawn; rules apply in this order. Left out, a rule does nothing. */
export interface Sampling {
  /**
   * Logits of tokens that the sequence has, prompt included, are divided by it where they are positive and multiplied where
   * they are negative (Keskar et al. 2019, arXiv 1909.05858, section 4.1), > 0.
   */
  readonly repetitionPenalty?: number;
  /** Logits are divided by it, >= 0; at 0 the first of the largest is taken, and the rules below do nothing. */
  readonly temperature: number;
  /** So many of the most probable tokens are left, and those that equal the last of them; an integer >= 1. */
  readonly topK?: number;
  /** The fewest tokens are left whose probabilities are at least this together (Holtzman et al. 2020, arXiv 1904.09751). */
  readonly topP?: number;
  /** Tokens are left that have at least so much of the largest probability (Nguyen et al. 2024, arXiv 2407.01082). */
  readonly minP?: number;
}

/** A token that was drawn. */
export interface Drawn {
  /** The token. */
  readonly id: number;
  /** Its log-prob under the model, in nats: no penalty, temperature 1, all tokens. */
  readonly logp: number;
  /** Its log-prob under the distribution that it was drawn from; 0 at temperature 0. */
  readonly sampledLogp: number;
}

/**
 * Refuses rules that mean nothing.
 *
 * @throws RangeError naming the rule and its range
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.throws(() => checkSampling({ temperature: 1, topP: 0 }), /^RangeError: topP: expected above 0, at most 1, got 0$/);
 * ```
 */
export function checkSampling({ temperature, repetitionPenalty = 1, topK = 1, topP = 1, minP = 0 }: Sampling): void {
  const rules: readonly [string, number, boolean, string][] = [
    ["temperature", temperature, temperature >= 0 && temperature < Infinity, "a number >= 0"],
    ["repetitionPenalty", repetitionPenalty, repetitionPenalty > 0 && repetitionPenalty < Infinity, "a number > 0"],
    ["topK", topK, Number.isInteger(topK) && topK >= 1, "an integer >= 1"],
    ["topP", topP, topP > 0 && topP <= 1, "above 0, at most 1"],
    ["minP", minP, minP >= 0 && minP <= 1, "0 to 1"],
  ];
  for (const [name, value, fits, range] of rules) {
    if (!fits) throw new RangeError(`${name}: expected ${range}, got ${value}`);
  }
}

type Numbers = Float32Array | Float64Array;

/**
 * The most probable of some tokens, from the first on, equal ones by id; so many that `enough` says so, perhaps more.
 *
 * Sorting all would take longer than the model: tokens within a distance of the top are sorted, from 2 nats on twice as many
 * nats until they are enough.
 */
function leading(
  ids: Uint32Array,
  scores: Numbers,
  top: number,
  enough: (some: Uint32Array) => boolean,
): Uint32Array {
  for (let nats = 2;; nats *= 2) {
    const within = ids.filter((id) => scores[id] >= top - nats);
    if (within.length === ids.length || enough(within)) return within.sort((a, b) => scores[b] - scores[a] || a - b);
  }
}

/** Tokens that the rules leave, by id. */
function left(scores: Numbers, { top, weights }: Weighed, { topK, topP = 1, minP = 0 }: Sampling): Uint32Array {
  let ids = new Uint32Array(scores.length).map((_, id) => id);
  if (topK !== undefined && topK < ids.length) {
    const last = scores[leading(ids, scores, top, ({ length }) => length >= topK)[topK - 1]];
    ids = ids.filter((id) => scores[id] >= last);
  }
  if (topP < 1) {
    const enough = topP * sumOf(weights, ids);
    const sorted = leading(ids, scores, top, (some) => sumOf(weights, some) >= enough);
    let mass = 0, count = 0;
    while (count < sorted.length && mass < enough) mass += weights[sorted[count++]];
    ids = sorted.slice(0, count).sort();
  }
  // The most probable token is always left, and has the weight 1.
  return minP > 0 ? ids.filter((id) => weights[id] >= minP) : ids;
}

function sumOf(weights: Numbers, ids: Uint32Array): number {
  let sum = 0;
  for (let i = 0; i < ids.length; i++) sum += weights[ids[i]];
  return sum;
}

/**
 * Draws a token. Rules and their order are those of `generate` in transformers 5.24.
 *
 * @param logits of the model `[V]`
 * @param seen tokens that the sequence has
 * @param uniform a draw from [0, 1); not called at temperature 0
 * @param model what the logits weigh; the weights themselves are not looked at at temperature 0
 * @throws UserError when a logit is not a number, or none is finite
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const logits = Float32Array.of(0, Math.log(3));
 * const { id, logp } = drawToken(logits, { temperature: 0 }, new Set(), Math.random);
 * assert.equal(id, 1);
 * assert.ok(Math.abs(logp - Math.log(3 / 4)) < 1e-6);
 * ```
 */
export function drawToken(
  logits: Float32Array,
  sampling: Sampling,
  seen: ReadonlySet<number>,
  uniform: () => number,
  model: Weighed = weighed(logits),
): Drawn {
  const { temperature, repetitionPenalty: penalty = 1, topK = logits.length, topP = 1, minP = 0 } = sampling;
  const logSum = model.top + Math.log(model.sum);
  if (!Number.isFinite(logSum)) {
    throw new UserError("logits are not finite: the model's weights diverged or are damaged");
  }
  let scores: Numbers = logits;
  if (penalty !== 1) {
    scores = new Float64Array(logits);
    for (const id of seen) scores[id] = scores[id] < 0 ? scores[id] * penalty : scores[id] / penalty;
  }
  if (temperature === 0) {
    let id = 0;
    for (let i = 1; i < scores.length; i++) if (scores[i] > scores[id]) id = i;
    return { id, logp: logits[id] - logSum, sampledLogp: 0 };
  }
  if (temperature !== 1) scores = new Float64Array(scores).map((score) => score / temperature);
  const law = scores === logits ? model : weighed(scores), { weights } = law;
  const keepsAll = topK >= logits.length && topP === 1 && minP === 0;
  const ids = keepsAll ? undefined : left(scores, law, sampling), count = ids?.length ?? logits.length;
  const kept = ids === undefined ? law.sum : sumOf(weights, ids), target = uniform() * kept;
  let id = ids?.[0] ?? 0, mass = 0;
  for (let i = 0; i < count && mass <= target; i++) {
    const at = ids === undefined ? i : ids[i], weight = weights[at];
    if (weight > 0) id = at; // the last of these where rounding leaves the target above them all
    mass += weight;
  }
  return { id, logp: logits[id] - logSum, sampledLogp: scores[id] - (law.top + Math.log(kept)) };
}
