/**
 * Preferences that carry information about a target policy, in a world small enough to enumerate.
 *
 * A pair is drawn from μ(·|x), both responses independently, and labelled with
 * P(a ≻ b | x) = σ(γ [log π*(a|x) − log π*(b|x)]) (Yun et al., arXiv 2506.01523, equations 2 and 3). Knobs move μ away from
 * π*, flip labels, and let a hidden type of annotator move both what is shown and what is preferred.
 *
 * @module
 */
import { sigmoid } from "../exact/logistic.ts";
import { logSoftmaxRows } from "../exact/log_space.ts";
import { scoresOf } from "../exact/scores.ts";
import { checkFinite } from "../statistics/summary.ts";
import { multinomial } from "../tensor/binomial.ts";
import type { Rng } from "../random.ts";

/** A preference world's knobs. */
export interface PreferenceSettings {
  /** Contexts X, equally likely, >= 1. */
  readonly contexts: number;
  /** Responses A of a context, >= 2. */
  readonly actions: number;
  /** γ, the exponent of the preference model, > 0. */
  readonly gamma: number;
  /** Standard deviation of the logits of π* and π0, in nats, >= 0. */
  readonly spread: number;
  /** Features d of a response whose linear map gives the logits of π*; without them logits are independent. */
  readonly features?: number;
  /** κ: pairs are drawn from μ ∝ π0 π*^κ; 0 unless given, below 0 away from the target. */
  readonly tilt?: number;
  /** Chance that a label is flipped, in [0, 0.5); 0 unless given. */
  readonly noise?: number;
  /** c: annotators of type ±1 see μ e^{±ch} and prefer with log-odds moved by ±c(h(a) − h(b)); 0 unless given. */
  readonly confounding?: number;
}

/** A world with its truth; tables are row-major `[X, A]`. */
export interface PreferenceWorld extends PreferenceSettings {
  /** log π*(a|x), in nats `[X, A]`. */
  readonly logTarget: Float64Array;
  /** log π0(a|x), in nats `[X, A]`. */
  readonly logStart: Float64Array;
  /** Features of each response `[X, A, d]`, where the world has them. */
  readonly table?: Float64Array;
  /** Chance that one comparison is in x and a beats b, `[X, A, A]`; sums to 1. */
  readonly chances: Float64Array;
  /** Chance that one pair is a and b in x, in this order, `[X, A, A]`; sums to 1. */
  readonly pairChances: Float64Array;
  /** How often a beat b in x among `n` comparisons, `[X, A, A]`. The first m of n comparisons are those of a draw of m. */
  compare(n: number, rng: Rng): Float64Array;
  /** How often a and b were drawn in x, in this order, among `n` pairs without label, `[X, A, A]`. */
  pairs(n: number, rng: Rng): Float64Array;
}

/**
 * How often each outcome comes up in `n` draws (alias method of Walker, in Vose's form: one uniform number a draw).
 *
 * @param chances `[K]`, non-negative, not all zero; they need not sum to 1
 * @returns counts `[K]`
 * @example
 * ```ts
 * import { Rng } from "../random.ts";
 * import assert from "node:assert/strict";
 * const counts = drawCounts(Float64Array.of(1, 0, 1), 100, Rng.seed(1));
 * assert.equal(counts[1], 0);
 * assert.equal(counts[0] + counts[2], 100);
 * ```
 * @throws RangeError when n is not a whole number >= 0, or naming a chance that is not finite
 */
export function drawCounts(chances: Float64Array, n: number, rng: Rng): Float64Array {
  if (!Number.isSafeInteger(n) || n < 0) throw new RangeError(`n must be a whole number >= 0, got ${n}`);
  // A chance that is NaN would be given draws all the same.
  checkFinite(chances, "chances");
  const size = chances.length;
  let total = 0;
  for (const chance of chances) total += chance;
  const share = chances.map((chance) => chance * size / total);
  const alias = Uint32Array.from(share, (_, i) => i);
  const small: number[] = [], large: number[] = [];
  share.forEach((value, i) => (value < 1 ? small : large).push(i));
  while (small.length > 0 && large.length > 0) {
    const low = small.pop()!, high = large.at(-1)!;
    alias[low] = high;
    share[high] -= 1 - share[low];
    if (share[high] < 1) small.push(large.pop()!);
  }
  // What rounding leaves over belongs to itself, unless it cannot come up at all.
  for (const i of [...small, ...large]) if (chances[i] > 0) share[i] = 1;
  const counts = new Float64Array(size);
  for (let i = 0; i < n; i++) {
    const u = rng.uniform() * size, cell = Math.floor(u);
    counts[u - cell < share[cell] ? cell : alias[cell]]++;
  }
  return counts;
}

/**
 * Draws a world. Target, start and annotators come from streams of their own, so that a knob moves nothing but what it
 * is for.
 *
 * @throws RangeError for knobs out of range
 * @example
 * ```ts
 * import { Rng } from "../random.ts";
 * import assert from "node:assert/strict";
 * const world = preferenceWorld({ contexts: 2, actions: 3, gamma: 0.5, spread: 1 }, Rng.seed(1));
 * const wins = world.compare(100, Rng.seed(2));
 * assert.equal(wins.length, 2 * 3 * 3);
 * assert.equal(wins.reduce((a, b) => a + b), 100);
 * ```
 */
export function preferenceWorld(settings: PreferenceSettings, rng: Rng): PreferenceWorld {
  const { contexts, actions, gamma, spread, features, tilt = 0, noise = 0, confounding = 0 } = settings;
  const size = { contexts, actions };
  for (const [name, value] of Object.entries(size)) {
    const least = name === "actions" ? 2 : 1;
    if (!Number.isInteger(value) || value < least) {
      throw new RangeError(`${name} must be a whole number >= ${least}, got ${value}`);
    }
  }
  if (!(gamma > 0 && gamma < Infinity)) throw new RangeError(`gamma must be > 0, got ${gamma}`);
  if (!(spread >= 0 && spread < Infinity)) throw new RangeError(`spread must be >= 0, got ${spread}`);
  if (!(noise >= 0 && noise < 0.5)) throw new RangeError(`noise must be in [0, 0.5), got ${noise}`);
  const cells = contexts * actions;
  const logits = (stream: Rng) => stream.normals(cells).map((z) => z * spread);
  let table: Float64Array | undefined, targetLogits: Float64Array;
  if (features !== undefined) {
    const width = features, weights = rng.fork("weights").normals(width);
    const rows = table = rng.fork("features").normals(cells * width);
    targetLogits = scoresOf(rows, weights).map((sum) => sum * spread / Math.sqrt(width));
  } else targetLogits = logits(rng.fork("target"));
  const logTarget = logSoftmaxRows(targetLogits, actions);
  const logStart = logSoftmaxRows(logits(rng.fork("start")), actions);
  const taste = rng.fork("annotators").normals(cells);

  const chances = new Float64Array(cells * actions), pairChances = new Float64Array(cells * actions);
  const types = confounding === 0 ? [0] : [-1, 1];
  for (const type of types) {
    const shown = logSoftmaxRows(
      logStart.map((value, i) => value + tilt * logTarget[i] + type * confounding * taste[i]),
      actions,
    );
    for (let x = 0; x < contexts; x++) {
      for (let a = 0; a < actions; a++) {
        for (let b = 0; b < actions; b++) {
          const i = x * actions + a, j = x * actions + b, cell = i * actions + b;
          const drawn = Math.exp(shown[i] + shown[j]) / (contexts * types.length);
          const odds = gamma * (logTarget[i] - logTarget[j]) + type * confounding * (taste[i] - taste[j]);
          const wins = noise + (1 - 2 * noise) * sigmoid(odds);
          pairChances[cell] += drawn;
          // Either order of the pair leads here; a response drawn against itself is one outcome.
          chances[cell] += a === b ? drawn : 2 * drawn * wins;
        }
      }
    }
  }
  return {
    ...settings,
    logTarget,
    logStart,
    table,
    chances,
    pairChances,
    compare: (n, stream) => drawCounts(chances, n, stream),
    // One draw a pair is the shorter way only to a few pairs.
    pairs: (n, stream) => (n < 4 * pairChances.length ? drawCounts : multinomial)(pairChances, n, stream),
  };
}

/** Exact measures of a policy against a law. */
interface PolicyMeasures {
  /** E_x KL(law ‖ policy), nats. */
  readonly forwardKl: number;
  /** E_x KL(policy ‖ law), nats. */
  readonly reverseKl: number;
  /** E_x H(policy), nats. */
  readonly entropy: number;
  /** Share of contexts whose likeliest response has a probability above 0.99. */
  readonly peaked: number;
}

/**
 * Compares a policy with a law by enumeration, averaged over contexts.
 *
 * @param logPolicy log-probs in nats `[X, A]`, finite
 * @param logLaw log-probs in nats `[X, A]`, finite
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const even = Float64Array.of(-Math.LN2, -Math.LN2);
 * assert.deepEqual(measurePolicy(even, even, 2), { forwardKl: 0, reverseKl: 0, entropy: Math.LN2, peaked: 0 });
 * ```
 * @throws RangeError naming the first log-prob that is not finite
 */
export function measurePolicy(logPolicy: Float64Array, logLaw: Float64Array, actions: number): PolicyMeasures {
  checkFinite(logPolicy, "logPolicy");
  checkFinite(logLaw, "logLaw");
  const contexts = logPolicy.length / actions;
  let forwardKl = 0, reverseKl = 0, entropy = 0, peaked = 0;
  for (let x = 0; x < contexts; x++) {
    let top = -Infinity;
    for (let i = x * actions; i < (x + 1) * actions; i++) {
      const p = Math.exp(logPolicy[i]), q = Math.exp(logLaw[i]), difference = logPolicy[i] - logLaw[i];
      forwardKl -= q * difference;
      reverseKl += p * difference;
      if (p > 0) entropy -= p * logPolicy[i];
      top = Math.max(top, p);
    }
    if (top > 0.99) peaked++;
  }
  return {
    forwardKl: forwardKl / contexts,
    reverseKl: reverseKl / contexts,
    entropy: entropy / contexts,
    peaked: peaked / contexts,
  };
}
