/**
 * Win rates that the length of answers does not raise, by models that know ties.
 *
 * @module
 */
import { CholeskyDecomposition, Matrix } from "ml-matrix";
import { studentQuantile } from "../statistics/distributions.ts";
import { checkLevel } from "../statistics/intervals.ts";
import { DivergenceError } from "../user_error.ts";
import { checkComparisons, type Comparisons, lengthFeature } from "./length_controlled.ts";
import { checkLength } from "./rounds.ts";
import { davidsonModel, type Likelihood, type Outcome, raoKupperModel, type TieModel } from "./tie_models.ts";

/** Models of ties by name. */
const MODELS = { davidson: davidsonModel, "rao-kupper": raoKupperModel } as const satisfies Record<string, TieModel>;
/** A model of ties. */
export type TieModelName = keyof typeof MODELS;

/** Comparisons of which some are ties. */
export interface TiedComparisons extends Comparisons {
  /** 1 where neither answer was better, whatever `preference` says there; else 0 `[n]`. */
  readonly tied: ArrayLike<number>;
}

/** A number with the ends of its interval. */
interface Estimated {
  readonly estimate: number;
  readonly lower: number;
  readonly upper: number;
}

/** What a model of ties says. */
export interface TiedWinRate {
  /** P(win) + P(tie)/2 were both answers equally long. */
  readonly winRate: Estimated;
  /** P(tie) were they. */
  readonly tieRate: Estimated;
  /** θ: log of the ratio of strengths at equal length. */
  readonly strength: number;
  /** φ: what a much longer answer adds to it; 0 where all answers are equally long. */
  readonly lengthEffect: number;
  /** ν of Davidson, θ of Rao and Kupper. */
  readonly tieParameter: number;
  /** Mean log-likelihood of a comparison, by which the two models can be compared. */
  readonly logLikelihood: number;
  /** Groups behind the intervals. */
  readonly n: number;
}

/** Newton steps at most; a fit takes about ten. */
const MAX_STEPS = 100;
/** Converged when no parameter moves by more, relative to the largest: on separable data steps stay of size 1. */
const TOLERANCE = 1e-10;

/**
 * Length-controlled win rate with ties: strengths of both answers differ by λ, and ties are an outcome of their own.
 *
 *   λ = θ + φ tanh(Δ/sd(Δ)),   Δ = length of m's answer − length of b's,   win rate = P(win) + P(tie)/2 at λ = θ
 *
 * P is Davidson's or Rao and Kupper's ({@linkcode davidsonModel}, {@linkcode raoKupperModel}), fitted by maximum likelihood;
 * the length term is that of `lengthControlledWinRate`, which takes a tie for half a win. Intervals are Student's on the log
 * odds of the two rates, by the delta method with the robust variance over groups, and as many degrees of freedom less than
 * groups as there are parameters. From the other side the rate is one minus this.
 *
 * @param options.model of ties; Davidson's unless given
 * @param options.level probability that an interval covers the truth, in (0, 1); 0.95 unless given
 * @throws TypeError when lengths of the lists differ; RangeError for numbers out of range, naming argument and row, where
 * there are no wins, no ties or no losses, for fewer groups than parameters and one, and where every answer of m is longer
 * than b's by the same; DivergenceError where lengths tell outcomes apart without error
 * @example Without differences in length, the shares of wins, ties and losses are fitted as they are
 * ```ts
 * import assert from "node:assert/strict";
 * const preference = [1, 1, 1, 1, 0, 0, 1, 1], tied = [0, 0, 0, 0, 0, 0, 1, 1], length = tied.map(() => 9);
 * const { winRate, tieRate } = tiedWinRate({ preference, tied, length, baselineLength: length });
 * assert.ok(Math.abs(winRate.estimate - 5 / 8) < 1e-9 && Math.abs(tieRate.estimate - 2 / 8) < 1e-9);
 * ```
 */
export function tiedWinRate(
  comparisons: TiedComparisons,
  { model = "davidson", level = 0.95 }: { readonly model?: TieModelName; readonly level?: number } = {},
): TiedWinRate {
  checkLevel(level);
  const { preference, tied, groups } = comparisons, n = preference.length;
  const weights = checkComparisons(comparisons), law = MODELS[model];
  checkLength(tied, n, "tied");
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const shares = sharesOf(preference, tied, weights);
  const feature = lengthFeature(comparisons.length, comparisons.baselineLength);
  const width = feature === undefined ? 2 : 3, kappaAt = width - 1;
  const told = new Map<number | string, Float64Array>();
  for (let i = 0; i < n; i++) told.set(groups?.[i] ?? i, new Float64Array(width));
  const count = told.size;
  if (count <= width) {
    throw new RangeError(`expected at least ${width + 1} ${groups ? "groups" : "comparisons"}, got ${count}`);
  }

  /** Visits the log-likelihood of each outcome that a comparison may be, with what it counts for. */
  const visit = (at: Float64Array, take: (likelihood: Likelihood, weight: number, x: number, i: number) => void) => {
    for (let i = 0; i < n; i++) {
      const x = feature?.[i] ?? 0, lambda = at[0] + (feature === undefined ? 0 : at[1] * x);
      for (const [outcome, share] of outcomesOf(preference[i], tied[i])) {
        if (share * weights[i] > 0) take(law.at(outcome, lambda, at[kappaAt]), share * weights[i], x, i);
      }
    }
  };
  const row = (x: number, lambda: number, kappa: number) =>
    feature === undefined ? [lambda, kappa] : [lambda, lambda * x, kappa];
  const lossAt = (at: Float64Array): number => {
    if (!(at[kappaAt] > law.least)) return Infinity;
    let sum = 0;
    visit(at, ({ value }, weight) => sum -= weight * value);
    return sum;
  };
  const derivatives = (at: Float64Array) => {
    const gradient = new Float64Array(width), hessian = Matrix.zeros(width, width);
    visit(at, ({ slope, curvature: [ll, lk, kk] }, weight, x) => {
      row(x, ...slope).forEach((value, j) => gradient[j] -= weight * value);
      // λ's part of a row, and κ's.
      const of = row(x, 1, 0),
        both = (j: number, k: number) =>
          j === kappaAt ? (k === kappaAt ? kk : lk * of[k]) : k === kappaAt ? lk * of[j] : ll * of[j] * of[k];
      for (let j = 0; j < width; j++) {
        for (let k = 0; k < width; k++) hessian.set(j, k, hessian.get(j, k) - weight * both(j, k));
      }
    });
    return { gradient, hessian };
  };

  const start = new Float64Array(width);
  start[kappaAt] = law.kappaOf(shares.tie);
  const at = newton(start, lossAt, derivatives, model), cholesky = choleskyOf(derivatives(at).hessian, model);
  visit(at, ({ slope }, weight, x, i) => {
    const sums = told.get(groups?.[i] ?? i)!;
    row(x, ...slope).forEach((value, j) => sums[j] += weight * value);
  });
  // Strength and tie parameter alone move what answers of equal length do.
  const theta = at[0], kappa = at[kappaAt];
  const tie = law.at("tie", theta, kappa), win = law.at("win", theta, kappa);
  const [pTie, pWin] = [tie, win].map(({ value }) => Math.exp(value));
  const slopeOf = (j: 0 | 1) => ({ tie: pTie * tie.slope[j], win: pWin * win.slope[j] + pTie * tie.slope[j] / 2 });
  const quantile = studentQuantile((1 + level) / 2, count - width);
  const estimated = (estimate: number, lambda: number, kappa: number): Estimated => {
    const gradient = Matrix.columnVector(feature === undefined ? [lambda, kappa] : [lambda, 0, kappa]);
    const direction = cholesky.solve(gradient).to1DArray();
    let squares = 0;
    for (const sums of told.values()) squares += sums.reduce((sum, value, j) => sum + value * direction[j], 0) ** 2;
    const error = Math.sqrt(squares * count / (count - width)) / (estimate * (1 - estimate));
    const end = (side: number) => 1 / (1 + (1 - estimate) / estimate * Math.exp(-side * quantile * error));
    return { estimate, lower: end(-1), upper: end(1) };
  };
  return {
    winRate: estimated(pWin + pTie / 2, slopeOf(0).win, slopeOf(1).win),
    tieRate: estimated(pTie, slopeOf(0).tie, slopeOf(1).tie),
    strength: theta,
    lengthEffect: feature === undefined ? 0 : at[1],
    tieParameter: law.written(kappa),
    logLikelihood: -lossAt(at) / total,
    n: count,
  };
}

/** What a comparison says: a tie, or a win and a loss by their probabilities. */
const outcomesOf = (preference: number, tied: number): readonly (readonly [Outcome, number])[] =>
  tied === 1 ? [["tie", 1]] : [["win", preference], ["loss", 1 - preference]];

function sharesOf(preference: ArrayLike<number>, tied: ArrayLike<number>, weights: Float64Array) {
  const shares = { win: 0, tie: 0, loss: 0 }, total = weights.reduce((sum, weight) => sum + weight, 0);
  for (let i = 0; i < weights.length; i++) {
    if (tied[i] !== 0 && tied[i] !== 1) throw new RangeError(`tied[${i}] must be 0 or 1, got ${tied[i]}`);
    for (const [outcome, share] of outcomesOf(preference[i], tied[i])) shares[outcome] += weights[i] * share / total;
  }
  for (const [outcome, share] of Object.entries(shares)) {
    if (share === 0) {
      throw new RangeError(
        `no ${outcome} among ${weights.length} comparisons, so a model of ties has no estimate; ` +
          (outcome === "tie" ? "take lengthControlledWinRate" : "give the shares with exact intervals"),
      );
    }
  }
  return shares;
}

/** Newton's method with step halving, on a convex loss. */
function newton(
  start: Float64Array,
  lossAt: (at: Float64Array) => number,
  derivatives: (at: Float64Array) => { readonly gradient: Float64Array; readonly hessian: Matrix },
  model: string,
): Float64Array {
  let at = start, loss = lossAt(at);
  for (let step = 0; step < MAX_STEPS; step++) {
    const { gradient, hessian } = derivatives(at);
    const direction = choleskyOf(hessian, model).solve(Matrix.columnVector(gradient)).to1DArray();
    const most = (values: ArrayLike<number>) => Array.from(values).reduce((top, v) => Math.max(top, Math.abs(v)), 0);
    const move = (size: number) => at.map((value, j) => value - size * direction[j]);
    if (most(direction) <= TOLERANCE * (1 + most(at))) return move(1);
    let size = 1, next = lossAt(move(size));
    // A loss may rise by its rounding.
    while (!(next <= loss + 1e-12 * Math.abs(loss)) && size > 1e-10) next = lossAt(move(size /= 2));
    at = move(size);
    loss = next;
  }
  throw diverged(model);
}

function choleskyOf(hessian: Matrix, model: string): CholeskyDecomposition {
  const cholesky = new CholeskyDecomposition(hessian);
  if (!cholesky.isPositiveDefinite()) throw diverged(model);
  return cholesky;
}

const diverged = (model: string) =>
  new DivergenceError(
    `${model}: no finite estimate: lengths may tell wins, ties and losses apart without error; give more comparisons`,
  );
