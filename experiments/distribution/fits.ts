/**
 * The fits behind the arms, in float64 on counts of comparisons: every optimum is reached, not approached.
 *
 * A count table is `[X, A, A]`: entry (x, a, b) says how often a beat b. A reward or logit table is `[X, A]`.
 *
 * @module
 */
import { sigmoid } from "../../lib/exact/logistic.ts";
import { logSoftmaxRows } from "../../lib/exact/log_space.ts";
import type { MarginLoss } from "../../lib/exact/loss_forms.ts";
import { addMargins } from "../../lib/exact/margins.ts";
import { scoresOf } from "../../lib/exact/scores.ts";
import { minimise, type Quadratic } from "../../lib/exact/newton.ts";
import { exactLosses } from "../../lib/losses/exact.ts";

/**
 * Weight of half the sum of squared (implicit) rewards, in comparisons. It makes optima finite where labels separate and
 * decides for indifference where nothing was compared; a thousandth of a comparison leaves everything else alone.
 */
const RIDGE = 1e-3;

/** A fitted table with the largest gradient left, per comparison. */
export interface Fit {
  /** `[X, A]`. */
  readonly table: Float64Array;
  /** Largest absolute entry of the gradient over that context's comparisons. */
  readonly gradientNorm: number;
}

/** Relative to the number of comparisons: what float64 leaves of a sum of that many terms. */
const TOLERANCE = 1e-12;

function eachContext(
  counts: Float64Array,
  actions: number,
  fit: (wins: Float64Array, total: number, context: number) => { at: Float64Array; gradientNorm: number },
): Fit {
  const square = actions * actions, contexts = counts.length / square;
  const table = new Float64Array(contexts * actions);
  let gradientNorm = 0;
  for (let x = 0; x < contexts; x++) {
    const wins = counts.subarray(x * square, (x + 1) * square);
    const total = Math.max(1, wins.reduce((a, b) => a + b, 0));
    const end = fit(wins, total, x);
    table.set(end.at, x * actions);
    gradientNorm = Math.max(gradientNorm, end.gradientNorm / total);
  }
  return { table, gradientNorm };
}

/** Comparisons of two responses that have one margin. */
interface Compared {
  /** Rows of the table `[X, A]`. */
  readonly first: number;
  readonly second: number;
  /** Cell of the count table: the first one won. */
  readonly cell: number;
  /** How many they are. */
  readonly count: number;
}

/** Comparisons of one context: by winner, or both sides of a pair at once. */
export function comparedIn(counts: Float64Array, actions: number, context: number, of: "wins" | "pairs"): Compared[] {
  const start = context * actions, compared: Compared[] = [];
  for (let a = 0; a < actions; a++) {
    for (let b = 0; b < (of === "pairs" ? a : actions); b++) {
      const first = start + a, second = start + b, cell = first * actions + b;
      const count = a === b ? 0 : counts[cell] + (of === "pairs" ? counts[second * actions + a] : 0);
      if (count > 0) compared.push({ first, second, cell, count });
    }
  }
  return compared;
}

/** Share of the comparisons of two responses that the first one won, by cell of pairs. */
function winRates(counts: Float64Array, actions: number): Float64Array {
  const rates = new Float64Array(counts.length);
  for (let first = 0; first < counts.length / actions; first++) {
    const a = first % actions;
    for (let b = 0; b < a; b++) {
      const cell = first * actions + b, count = counts[cell] + counts[(first - a + b) * actions + a];
      if (count > 0) rates[cell] = counts[cell] / count;
    }
  }
  return rates;
}

/** Adds a loss of θ_a − θ_b over comparisons of one context to an objective of θ. */
function addLosses(compared: readonly Compared[], theta: Float64Array, loss: MarginLoss, to: Quadratic): void {
  const d = theta.length, { gradient, hessian } = to, out = new Float64Array(3);
  for (const { first, second, cell, count } of compared) {
    const a = first % d, b = second % d;
    loss(theta[a] - theta[b], cell, out);
    const slope = count * out[1], curvature = count * out[2];
    to.value += count * out[0];
    gradient[a] += slope;
    gradient[b] -= slope;
    hessian[a * d + a] += curvature;
    hessian[b * d + b] += curvature;
    hessian[Math.max(a, b) * d + Math.min(a, b)] -= curvature;
  }
}

/** Makes an objective hold the ridge on scale·θ alone. */
function startWithRidge(theta: Float64Array, scale: number, out: Quadratic): void {
  const d = theta.length, weight = RIDGE * scale * scale;
  out.value = 0;
  out.hessian.fill(0);
  for (let i = 0; i < d; i++) {
    out.value += weight * theta[i] * theta[i] / 2;
    out.gradient[i] = weight * theta[i];
    out.hessian[i * d + i] = weight;
  }
}

/** Rewards, one a response, whose differences have the least loss. */
function rewardFit(counts: Float64Array, actions: number, of: "wins" | "pairs", loss: MarginLoss): Fit {
  return eachContext(counts, actions, (_, total, x) => {
    const compared = comparedIn(counts, actions, x, of);
    const evaluate = (r: Float64Array, out: Quadratic) => {
      startWithRidge(r, 1, out);
      addLosses(compared, r, loss, out);
    };
    return minimise(new Float64Array(actions), evaluate, TOLERANCE * total);
  });
}

/** Bradley-Terry's, DPO's and PMLE's loss over both sides of each pair: the cross-entropy to the share that was won. */
export function likelihood(counts: Float64Array, actions: number, gamma: number): MarginLoss {
  return exactLosses["preference-distillation"].form({ gamma, chance: winRates(counts, actions) });
}

/**
 * Rewards of greatest likelihood, one a response; with fractional counts, those that distil soft labels.
 *
 * In a tabular class DPO's implicit reward β log(π/π0) and PMLE's γ log π are these rewards too.
 */
export function bradleyTerryFit(counts: Float64Array, actions: number): Fit {
  return rewardFit(counts, actions, "pairs", likelihood(counts, actions, 1));
}

/** Rewards of greatest likelihood among linear maps of features `[X, A, d]`. */
export function linearRewardFit(counts: Float64Array, actions: number, features: Float64Array): Fit {
  const cells = counts.length / actions, width = features.length / cells;
  const compared = Array.from({ length: cells / actions }, (_, x) => comparedIn(counts, actions, x, "pairs")).flat();
  const differences = new Float64Array(compared.length * width);
  compared.forEach(({ first, second }, i) => {
    for (let k = 0; k < width; k++) {
      differences[i * width + k] = features[first * width + k] - features[second * width + k];
    }
  });
  const total = Math.max(1, counts.reduce((a, b) => a + b, 0));
  const loss = likelihood(counts, actions, 1), weights = Float64Array.from(compared, ({ count }) => count);
  const evaluate = (w: Float64Array, out: Quadratic) => {
    startWithRidge(w, 1, out);
    addMargins({ differences, weights }, (z, i, one) => loss(z, compared[i].cell, one), w, out);
  };
  const { at, gradientNorm } = minimise(new Float64Array(width), evaluate, TOLERANCE * total);
  return { table: scoresOf(features, at), gradientNorm: gradientNorm / total };
}

/**
 * Rewards of least squares: half the sum over comparisons of a squared error, which the ridge is weighed against.
 *
 * @param loss IPO's or REBEL's, of cells of the count table
 */
export function regressionFit(counts: Float64Array, actions: number, loss: MarginLoss): Fit {
  return rewardFit(counts, actions, "wins", (margin, cell, out) => {
    loss(margin, cell, out);
    for (let k = 0; k < 3; k++) out[k] /= 2;
  });
}

/**
 * Logits of the policy that minimises PMLE's loss plus b·KL(π ‖ π0).
 *
 * @param logStart log π0 `[X, A]`
 * @param weight b times the number of comparisons over the number of contexts, >= 0
 */
export function pmleFit(
  counts: Float64Array,
  actions: number,
  { gamma, logStart, weight }: { gamma: number; logStart: Float64Array; weight: number },
): Fit {
  const loss = likelihood(counts, actions, gamma);
  return eachContext(counts, actions, (_, total, x) => {
    const start = logStart.subarray(x * actions, (x + 1) * actions), compared = comparedIn(counts, actions, x, "pairs");
    const p = new Float64Array(actions), slope = new Float64Array(actions);
    const evaluate = (theta: Float64Array, out: Quadratic) => {
      const d = actions, { gradient, hessian } = out, logp = logSoftmaxRows(theta, d);
      startWithRidge(theta, gamma, out);
      addLosses(compared, theta, loss, out);
      let kl = 0;
      for (let a = 0; a < d; a++) kl += (p[a] = Math.exp(logp[a])) * (logp[a] - start[a]);
      out.value += weight * kl;
      for (let a = 0; a < d; a++) {
        slope[a] = p[a] * (logp[a] - start[a] - kl);
        gradient[a] += weight * slope[a];
        hessian[a * d + a] += weight * (slope[a] + p[a]);
        for (let b = 0; b <= a; b++) {
          hessian[a * d + b] -= weight * (p[a] * p[b] + p[a] * slope[b] + slope[a] * p[b]);
        }
      }
    };
    return minimise(start, evaluate, TOLERANCE * (total + weight));
  });
}

/**
 * Logits of the policy that minimises APO-zero's loss from π0: the sum over responses of (losses − wins) σ(r_a),
 * r = β log(π/π0), with the ridge on r. Not convex; the minimum is the one that descent from π0 finds.
 */
export function apoZeroFit(
  counts: Float64Array,
  actions: number,
  { beta, logStart }: { beta: number; logStart: Float64Array },
): Fit {
  const undesirable = exactLosses["apo-zero-unpaired"].form({ beta }), one = new Float64Array(3);
  return eachContext(counts, actions, (wins, total, x) => {
    const start = logStart.subarray(x * actions, (x + 1) * actions);
    const pull = new Float64Array(actions);
    for (let a = 0; a < actions; a++) {
      for (let b = 0; b < actions; b++) {
        if (a === b) continue;
        pull[a] -= wins[a * actions + b];
        pull[b] += wins[a * actions + b];
      }
    }
    const p = new Float64Array(actions), slope = new Float64Array(actions), bend = new Float64Array(actions);
    const evaluate = (theta: Float64Array, out: Quadratic) => {
      const d = actions, logp = logSoftmaxRows(theta, d);
      let slopes = 0, bends = 0;
      out.value = 0;
      for (let a = 0; a < d; a++) {
        const logRatio = logp[a] - start[a], r = beta * logRatio;
        undesirable(logRatio, false, 0, one);
        p[a] = Math.exp(logp[a]);
        out.value += pull[a] * one[0] + RIDGE * r * r / 2;
        slope[a] = pull[a] * one[1] + RIDGE * beta * r;
        bend[a] = pull[a] * one[2] + RIDGE * beta * beta;
        slopes += slope[a];
        bends += bend[a];
      }
      // Through logits θ: dr_a/dθ_c = β(δ_ac − p_c), d²r_a/dθ_c dθ_e = −β(δ_ce p_c − p_c p_e).
      for (let a = 0; a < d; a++) {
        out.gradient[a] = slope[a] - p[a] * slopes;
        for (let b = 0; b <= a; b++) {
          out.hessian[a * d + b] = p[a] * p[b] * (bends + slopes) - bend[a] * p[b] - p[a] * bend[b];
        }
        out.hessian[a * d + a] += bend[a] - slopes * p[a];
      }
    };
    return minimise(start, evaluate, TOLERANCE * total);
  });
}

/** The comparisons of `counts` relabelled with a reward's own chances: what distillation learns from. */
export function softLabels(counts: Float64Array, actions: number, reward: Float64Array): Float64Array {
  const out = new Float64Array(counts.length);
  for (let i = 0; i < reward.length; i++) {
    const first = i - i % actions, a = i % actions;
    for (let b = 0; b < actions; b++) {
      const j = first + b, cell = i * actions + b;
      if (a !== b) out[cell] = (counts[cell] + counts[j * actions + a]) * sigmoid(reward[i] - reward[j]);
    }
  }
  return out;
}
