/**
 * SAMI on the small autoregressive policy: which log-probs enter the loss is the question.
 *
 * @module
 */
import { checkBounded } from "../../lib/exact/descent.ts";
import type { Rng } from "../../lib/random.ts";
import { nextTokens, type SequenceSettings } from "../../lib/worlds/sequences.ts";
import { exactLosses } from "../../lib/losses/exact.ts";

/** What the loss reads of a response. */
export interface Score {
  /** Averaged over tokens, or summed. */
  readonly averaged: boolean;
  /** Whether the end counts as a token's log-prob. */
  readonly end: boolean;
}

/** Constitutions as e(c): what all share, and two signs. */
const SIGNS = [[1, 1, 1], [1, -1, 1], [1, 1, -1], [1, -1, -1]];
/** How many constitutions there are. */
export const CONSTITUTIONS = SIGNS.length;
/** Step size for the mean loss over a batch. */
const RATE = 0.5;

/** A policy to start from. */
export interface SequenceStudy {
  readonly settings: SequenceSettings;
  /** Logits of the base policy `[C, V + 1, V + 1]`. */
  readonly base: Float64Array;
}

/** Two constitutions, and a response drawn under each. */
interface SequenceExample {
  readonly pair: readonly [number, number];
  readonly responses: readonly [readonly number[], readonly number[]];
}

/** One response: its tokens, the end not among them. */
function draw({ vocabulary: V, longest }: SequenceSettings, chances: Float64Array, c: number, rng: Rng): number[] {
  const tokens: number[] = [];
  let before = V;
  while (tokens.length < longest) {
    const from = (c * (V + 1) + before) * (V + 1);
    let u = rng.uniform(), token = 0;
    for (; token < V; token++) {
      u -= chances[from + token];
      if (u < 0) break;
    }
    if (token === V && tokens.length === 0) token = V - 1; // rounding: the end is impossible here
    if (token === V) break;
    tokens.push(token);
    before = token;
  }
  return tokens;
}

/** Places in the table of the transitions that count in a response's score under constitution c. */
function transitions(
  { vocabulary: V, longest }: SequenceSettings,
  tokens: readonly number[],
  { c, end }: { c: number; end: boolean },
): number[] {
  const size = V + 1;
  const places = tokens.map((token, t) => (c * size + (t === 0 ? V : tokens[t - 1])) * size + token);
  if (end && tokens.length < longest) places.push((c * size + tokens[tokens.length - 1]) * size + V);
  return places;
}

/**
 * Gradient of the mean two-sided SAMI loss over some examples, in the logits.
 *
 * @param logits `[C, V + 1, V + 1]`
 * @returns the same shape
 */
export function sequenceGradient(
  settings: SequenceSettings,
  score: Score,
  logits: Float64Array,
  examples: readonly SequenceExample[],
): Float64Array {
  const size = settings.vocabulary + 1, next = nextTokens(logits, settings.vocabulary);
  const gradient = new Float64Array(logits.length), totals = new Float64Array(logits.length / size);
  const matrix = new Float64Array(4), loss = exactLosses.sami.form({});
  const out = new Float64Array(5);
  for (const { pair, responses } of examples) {
    const weight = responses.map((tokens) => score.averaged ? 1 / tokens.length : 1);
    const places = pair.flatMap((c) => responses.map((tokens) => transitions(settings, tokens, { c, end: score.end })));
    for (let i = 0; i < 4; i++) matrix[i] = weight[i % 2] * places[i].reduce((sum, at) => sum + next[at], 0);
    loss(matrix, out);
    for (let i = 0; i < 4; i++) {
      const slope = out[i + 1] * weight[i % 2] / examples.length;
      for (const at of places[i]) {
        gradient[at] += slope;
        totals[Math.floor(at / size)] += slope;
      }
    }
  }
  for (let at = 0; at < gradient.length; at++) gradient[at] -= totals[Math.floor(at / size)] * Math.exp(next[at]);
  return gradient;
}

/**
 * Trains through all iterations, each from the base policy on responses of the one before; logits at the end.
 *
 * @throws DivergenceError naming arm, seed and step when a logit runs away
 */
export function trainSequences(
  { settings, base }: SequenceStudy,
  score: Score,
  { steps, batch, run }: {
    steps: readonly number[];
    batch: number;
    run: { readonly arm: string; readonly seed: number };
  },
  rng: Rng,
): Float64Array {
  let logits = base;
  for (const [iteration, count] of steps.entries()) {
    const before = nextTokens(logits, settings.vocabulary).map(Math.exp), stream = rng.fork(iteration);
    const choices = stream.fork("examples"), answers = stream.fork("responses");
    const theta = base.slice();
    for (let step = 0; step < count; step++) {
      const examples = Array.from({ length: batch }, (): SequenceExample => {
        const k = choices.integer(CONSTITUTIONS), l = (k + 1 + choices.integer(CONSTITUTIONS - 1)) % CONSTITUTIONS;
        const responses = [draw(settings, before, k, answers), draw(settings, before, l, answers)] as const;
        return { pair: [k, l], responses };
      });
      shareStep(theta, sequenceGradient(settings, score, theta, examples));
      checkBounded(theta, (k) => `logit ${k}`, { step, ...run });
    }
    logits = theta;
  }
  return logits;
}

/** A step in what all constitutions share and in each sign: Δlogits(c) = −rate Σ_e e(c) Σ_c' e(c') gradient(c'). */
function shareStep(theta: Float64Array, gradient: Float64Array): void {
  const table = theta.length / CONSTITUTIONS;
  for (let place = 0; place < table; place++) {
    for (let e = 0; e < SIGNS[0].length; e++) {
      let along = 0;
      for (const [c, signs] of SIGNS.entries()) along += signs[e] * gradient[c * table + place];
      for (const [c, signs] of SIGNS.entries()) theta[c * table + place] -= RATE * signs[e] * along;
    }
  }
}
