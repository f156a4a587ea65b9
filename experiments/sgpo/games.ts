/**
 * The game on a law of preferences without sampling: leader and follower take turns until neither has anything to gain.
 *
 * @module
 */
import { scoresOf } from "../../lib/exact/scores.ts";
import { sigmoid, softplus } from "../../lib/exact/logistic.ts";
import type { MarginLoss } from "../../lib/exact/loss_forms.ts";
import { follower, meanLoss } from "../../lib/losses/follower.ts";
import type { PreferenceLaw } from "../../lib/worlds/preference_shifts.ts";
import { fitPairs, isGame, type LeaderLoss, lossAt, type LossSettings, turnOf } from "./learner.ts";
import { dpoLoss } from "./pair_losses.ts";

/** An arm of the question on shifts. */
interface Game {
  readonly loss: LeaderLoss;
  /** Where the margin window ends, for games whose support is all but unrestricted. */
  readonly window?: number;
}

/** Low enough that the support is unrestricted in effect: a mass of ε/10⁶ moves. */
const UNRESTRICTED = -1e6;

/** Every arm by id. */
export const games: Readonly<Record<string, Game>> = {
  "dpo": { loss: "dpo" },
  "sgpo-free": { loss: "margin", window: UNRESTRICTED },
  "ssapo-margin": { loss: "margin" },
  "ssapo-probability": { loss: "probability" },
  "robust-dpo": { loss: "robust" },
  "ipo": { loss: "ipo" },
};

/** The class of policies: margins θ·x of each pair's first over its second response. */
export interface MarginClass {
  /** x `[N, D]`: the identity where every pair has a margin of its own. */
  readonly differences: Float64Array;
  readonly dimensions: number;
}

/** Every pair has a margin of its own. */
export function freeMargins(pairs: number): MarginClass {
  const differences = new Float64Array(pairs * pairs);
  for (let i = 0; i < pairs; i++) differences[i * pairs + i] = 1;
  return { differences, dimensions: pairs };
}

/** Keeps optima finite where a law leaves no doubt; far below every difference that is reported. */
const RIDGE = 1e-9;

/** Both orders of every pair, with their masses: what the law is on. */
function ordersOf({ differences }: MarginClass, { chance }: PreferenceLaw): {
  readonly differences: Float64Array;
  readonly weights: Float64Array;
} {
  const both = new Float64Array(2 * differences.length);
  both.set(differences);
  both.set(differences.map((v) => -v), differences.length);
  const weights = new Float64Array(2 * chance.length);
  weights.set(chance);
  weights.set(chance.map((p) => 1 - p), chance.length);
  return { differences: both, weights };
}

/** Where the turns ended. */
interface Equilibrium {
  /** Margins of the pairs, first over second `[N]`. */
  readonly margins: Float64Array;
  /** θ that they are the margins of `[D]`. */
  readonly theta: Float64Array;
  /** Turns taken. */
  readonly turns: number;
  /** Largest change of a margin in the last turn; 0 without a follower. */
  readonly movement: number;
  /** Nats by which the follower's best answer and the one that the leader faced differ, in the last turn. */
  readonly unanswered: number;
}

/** Where the window of a margin game ends: τ below all margins of DPO, in both orders of the pairs. One for all policies. */
export function windowOf(dpo: Float64Array, tau: number): number {
  return -dpo.reduce((top, xi) => Math.max(top, Math.abs(xi)), 0) - tau;
}

/**
 * The policy that an arm learns from a law: an optimum for those without a follower; for games, turns of follower and
 * proximal leader until neither has anything left to gain, or a number of turns is reached.
 *
 * The follower's answer jumps where the order of margins changes, so that a leader who faces the last one alone is thrown
 * back and forth for ever. It faces the average of the answers so far, the newest with a weight of 2/(t + 1).
 */
export function play(
  { loss, window }: Game,
  policies: MarginClass,
  law: PreferenceLaw,
  settings: LossSettings & { readonly proximal: number; readonly alternations: number; readonly settled: number },
): Equilibrium {
  const { differences, weights } = ordersOf(policies, law), start = new Float64Array(policies.dimensions);
  const still = { turns: 0, movement: 0, unanswered: 0 };
  let theta = fitPairs({ differences, weights }, dpoLoss, { start, proximal: RIDGE }).theta;
  let margins = scoresOf(policies.differences, theta);
  if (loss === "dpo") return { margins, theta, ...still };
  if (!isGame(loss)) {
    const other = lossAt(loss, scoresOf(differences, theta), settings);
    theta = fitPairs({ differences, weights }, other, { start, proximal: RIDGE }).theta;
    return { margins: scoresOf(policies.differences, theta), theta, ...still };
  }
  const { epsilon: radius, tau, proximal, alternations, settled } = settings, end = window ?? windowOf(margins, tau);
  let turns = 0, movement = Infinity, unanswered = Infinity, moved: Float64Array | undefined;
  while (turns < alternations && !(movement <= settled && unanswered <= settled)) {
    const turn = turnOf(loss, scoresOf(differences, theta), settings, end), { points, lo } = turn;
    const answer = follower(points, { radius, lo, masses: weights }), newest = 2 / (turns + 2);
    moved = moved?.map((share, i) => share + (answer.moved[i] - share) * newest) ?? answer.moved;
    const faced = { ...answer, moved };
    unanswered = Math.abs(meanLoss(points, answer, turn.loss) - meanLoss(points, faced, turn.loss));
    theta = fitPairs({ differences, weights }, turn.leader(faced), { start: theta, proximal }).theta;
    const next = scoresOf(policies.differences, theta);
    movement = next.reduce((top, xi, i) => Math.max(top, Math.abs(xi - margins[i])), 0);
    margins = next;
    turns++;
  }
  return { margins, theta, turns, movement, unanswered };
}

/** 1/T of the smooth maxima of {@linkcode bestInBall}, from coarse to fine; the last leaves 10⁻⁴ log 2 nats. */
const SHARPNESS = [30, 1000, 10_000] as const;

/**
 * A policy whose worst value within ε is as good as any of its class has, but for what the search leaves: the outer problem
 * of the game, solved for itself and not by turns.
 *
 * For a convex l and a window [lo, ∞) the worst case is min over γ >= 0 of γε + mean max(l(ξ), l(lo) − γ(ξ − lo)), which at
 * each γ is convex in the margins. γ, of one dimension, is searched on a grid and then between its neighbours: as the margin up
 * to which mass moves at that price, where l and its chord from lo meet.
 */
export function bestInBall(
  policies: MarginClass,
  law: PreferenceLaw,
  { radius, lo, start: from }: { readonly radius: number; readonly lo: number; readonly start: Float64Array },
): { readonly margins: Float64Array; readonly worst: number } {
  const { differences, weights } = ordersOf(policies, law), top = softplus(-lo);
  const first = scoresOf(policies.differences, from);
  let best = { margins: first, worst: worstValue(first, law, { radius, lo }) }, theta = from;
  const at = (edge: number): number => {
    const price = (top - softplus(-edge)) / (edge - lo);
    for (const k of SHARPNESS) {
      const loss: MarginLoss = (margin, i, to) => {
        dpoLoss(margin, i, to);
        const line = margin > lo ? top - price * (margin - lo) : to[0], slope = margin > lo ? -price : to[1];
        const p = sigmoid(k * (line - to[0])), apart = slope - to[1];
        to[0] += softplus(k * (line - to[0])) / k;
        to[2] = (1 - p) * to[2] + (margin > lo ? 0 : p * to[2]) + k * p * (1 - p) * apart * apart;
        to[1] += p * apart;
      };
      theta = fitPairs({ differences, weights }, loss, { start: theta, proximal: RIDGE }).theta;
    }
    const margins = scoresOf(policies.differences, theta), worst = worstValue(margins, law, { radius, lo });
    if (worst > best.worst) best = { margins, worst };
    return worst;
  };
  // From just above the end of the window to its other side.
  const grid = Array.from({ length: 9 }, (_, j) => lo - 2 * lo * (j + 0.2) / 9), values = grid.map(at);
  const highest = values.indexOf(Math.max(...values));
  let [low, high] = [grid[Math.max(0, highest - 1)], grid[Math.min(grid.length - 1, highest + 1)]];
  for (let step = 0; step < 6; step++) {
    const [a, b] = [low + (high - low) / 3, high - (high - low) / 3];
    if (at(a) < at(b)) low = a;
    else high = b;
  }
  return best;
}

/** E[log σ(margin)] under a law. */
export function value(margins: Float64Array, { chance }: PreferenceLaw): number {
  let sum = 0;
  for (let i = 0; i < margins.length; i++) {
    sum -= chance[i] * softplus(-margins[i]) + (1 - chance[i]) * softplus(margins[i]);
  }
  return sum / margins.length;
}

/** How much more the best policy of the class gets under a law than this one. */
export function regret(margins: Float64Array, policies: MarginClass, law: PreferenceLaw): number {
  const { differences, weights } = ordersOf(policies, law), start = new Float64Array(policies.dimensions);
  const { theta } = fitPairs({ differences, weights }, dpoLoss, { start, proximal: RIDGE });
  return value(scoresOf(policies.differences, theta), law) - value(margins, law);
}

/** min E[log σ] over laws of margins within ε of the policy's own, on a window; at ε = 0 its value. */
export function worstValue(
  margins: Float64Array,
  { chance }: PreferenceLaw,
  { radius, lo }: { readonly radius: number; readonly lo: number },
): number {
  const points = Float64Array.from([...margins, ...margins.map((xi) => -xi)], (xi) => Math.max(xi, lo));
  const masses = Float64Array.from([...chance, ...chance.map((p) => 1 - p)]);
  // A point below the window's end stays where it is: what it costs beyond the end is added back.
  const below = margins.reduce((sum, xi, i) => {
    const beyond = (at: number) => Math.max(0, softplus(-at) - softplus(-lo));
    return sum + chance[i] * beyond(xi) + (1 - chance[i]) * beyond(-xi);
  }, 0) / margins.length;
  return -meanLoss(points, follower(points, { radius, lo, masses }), (xi) => softplus(-xi)) - below;
}

/** W1 between the laws of a policy's margins under two laws of preferences: the area between distribution functions. */
export function gapDistance(margins: Float64Array, law: PreferenceLaw, other: PreferenceLaw): number {
  const size = margins.length, points = [...margins, ...margins.map((xi) => -xi)];
  const difference = points.map((_, k) => {
    const i = k % size, change = (law.chance[i] - other.chance[i]) / size;
    return k < size ? change : -change;
  });
  const order = points.map((_, k) => k).sort((a, b) => points[a] - points[b]);
  let area = 0, height = 0;
  for (let k = 0; k + 1 < order.length; k++) {
    height += difference[order[k]];
    area += Math.abs(height) * (points[order[k + 1]] - points[order[k]]);
  }
  return area;
}
