/**
 * The fits behind the arms, in float64 on counts of comparisons: every optimum is reached, not approached.
 *
 * A count table is `[X, A, A]`: entry (x, a, b) says how often a beat b. A reward or logit table is `[X, A]`.
 *
 * @module
 */
import { minimise, type Quadratic } from "../../lib/training/newton.ts";

/**
 * Weight of half the sum of squared (implicit) rewards, in comparisons. It makes optima finite where labels separate and
 * decides for indifference where nothing was compared; a thousandth of a comparison leaves everything else alone.
 */
export const RIDGE = 1e-3;

/** A fitted table with the largest gradient left, per comparison. */
export interface Fit {
  /** `[X, A]`. */
  readonly table: Float64Array;
  /** Largest absolute entry of the gradient over that context's comparisons. */
  readonly gradientNorm: number;
}

/** Relative to the number of comparisons: what float64 leaves of a sum of that many terms. */
const TOLERANCE = 1e-12;

const softplus = (z: number): number => z > 0 ? z + Math.log1p(Math.exp(-z)) : Math.log1p(Math.exp(z));
const sigmoid = (z: number): number => 1 / (1 + Math.exp(-z));

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

/** Adds the negative log-likelihood of `scale`·(θ_a − θ_b) to an objective. */
function addLikelihood(wins: Float64Array, theta: Float64Array, scale: number, out: Draft): void {
  const d = theta.length;
  for (let a = 0; a < d; a++) {
    for (let b = 0; b < a; b++) {
      const won = wins[a * d + b], lost = wins[b * d + a];
      if (won + lost === 0) continue;
      const z = scale * (theta[a] - theta[b]), p = sigmoid(z);
      out.value += won * softplus(-z) + lost * softplus(z);
      const slope = scale * (lost * p - won * (1 - p)), curvature = scale * scale * (won + lost) * p * (1 - p);
      out.gradient[a] += slope;
      out.gradient[b] -= slope;
      out.hessian[a * d + a] += curvature;
      out.hessian[b * d + b] += curvature;
      out.hessian[a * d + b] -= curvature;
      out.hessian[b * d + a] -= curvature;
    }
  }
}

interface Draft {
  value: number;
  readonly gradient: Float64Array;
  readonly hessian: Float64Array;
}

/** An objective that holds the ridge on scale·θ alone. */
function ridge(theta: Float64Array, scale: number): Draft {
  const d = theta.length, weight = RIDGE * scale * scale;
  const out = { value: 0, gradient: new Float64Array(d), hessian: new Float64Array(d * d) };
  for (let i = 0; i < d; i++) {
    out.value += weight * theta[i] ** 2 / 2;
    out.gradient[i] = weight * theta[i];
    out.hessian[i * d + i] = weight;
  }
  return out;
}

/**
 * Rewards of greatest likelihood, one a response; with fractional counts, those that distil soft labels.
 *
 * In a tabular class DPO's implicit reward β log(π/π0) and PMLE's γ log π are these rewards too.
 */
export function bradleyTerryFit(counts: Float64Array, actions: number): Fit {
  return eachContext(counts, actions, (wins, total) => {
    const evaluate = (r: Float64Array): Quadratic => {
      const out = ridge(r, 1);
      addLikelihood(wins, r, 1, out);
      return out;
    };
    return minimise(new Float64Array(actions), evaluate, TOLERANCE * total);
  });
}

/** Rewards of greatest likelihood among linear maps of features `[X, A, d]`. */
export function linearRewardFit(counts: Float64Array, actions: number, features: Float64Array): Fit {
  const cells = counts.length / actions, width = features.length / cells;
  const pairs: { a: number; b: number; won: number; lost: number }[] = [];
  let total = 0;
  for (let i = 0; i < cells; i++) {
    const x = Math.floor(i / actions);
    for (let b = 0; b < i - x * actions; b++) {
      const j = x * actions + b, won = counts[i * actions + b], lost = counts[j * actions + i - x * actions];
      total += won + lost;
      if (won + lost > 0) pairs.push({ a: i, b: j, won, lost });
    }
  }
  const evaluate = (w: Float64Array): Quadratic => {
    const out = ridge(w, 1), difference = new Float64Array(width);
    for (const { a, b, won, lost } of pairs) {
      let z = 0;
      for (let k = 0; k < width; k++) {
        difference[k] = features[a * width + k] - features[b * width + k];
        z += difference[k] * w[k];
      }
      const p = sigmoid(z), slope = lost * p - won * (1 - p), curvature = (won + lost) * p * (1 - p);
      out.value += won * softplus(-z) + lost * softplus(z);
      for (let k = 0; k < width; k++) {
        out.gradient[k] += slope * difference[k];
        for (let l = 0; l < width; l++) out.hessian[k * width + l] += curvature * difference[k] * difference[l];
      }
    }
    return out;
  };
  total = Math.max(1, total);
  const { at, gradientNorm } = minimise(new Float64Array(width), evaluate, TOLERANCE * total);
  const table = new Float64Array(cells).map((_, i) => {
    let sum = 0;
    for (let k = 0; k < width; k++) sum += features[i * width + k] * at[k];
    return sum;
  });
  return { table, gradientNorm: gradientNorm / total };
}

/**
 * Least squares of differences of rewards: the sum over comparisons of (r_a − r_b − aim(a, b))², aim antisymmetric but for
 * who won.
 *
 * @param aim what a comparison in context x that a won wants r_a − r_b to be
 */
export function regressionFit(
  counts: Float64Array,
  actions: number,
  aim: (context: number, a: number, b: number) => number,
): Fit {
  return eachContext(counts, actions, (wins, total, x) => {
    const evaluate = (r: Float64Array): Quadratic => {
      const out = ridge(r, 1), d = actions;
      for (let a = 0; a < d; a++) {
        for (let b = 0; b < d; b++) {
          const weight = wins[a * d + b];
          if (a === b || weight === 0) continue;
          const error = r[a] - r[b] - aim(x, a, b);
          out.value += weight * error * error / 2;
          out.gradient[a] += weight * error;
          out.gradient[b] -= weight * error;
          out.hessian[a * d + a] += weight;
          out.hessian[b * d + b] += weight;
          out.hessian[a * d + b] -= weight;
          out.hessian[b * d + a] -= weight;
        }
      }
      return out;
    };
    return minimise(new Float64Array(actions), evaluate, TOLERANCE * total);
  });
}

/** log π of logits, in place of a fresh array. */
function logLaw(theta: Float64Array): Float64Array {
  const top = theta.reduce((a, b) => Math.max(a, b));
  const total = top + Math.log(theta.reduce((sum, v) => sum + Math.exp(v - top), 0));
  return theta.map((v) => v - total);
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
  return eachContext(counts, actions, (wins, total, x) => {
    const start = logStart.subarray(x * actions, (x + 1) * actions);
    const evaluate = (theta: Float64Array): Quadratic => {
      const out = ridge(theta, gamma), d = actions;
      addLikelihood(wins, theta, gamma, out);
      const logp = logLaw(theta), p = logp.map(Math.exp), ratio = logp.map((v, a) => v - start[a]);
      const kl = ratio.reduce((sum, v, a) => sum + p[a] * v, 0);
      const slope = ratio.map((v, a) => p[a] * (v - kl));
      out.value += weight * kl;
      for (let a = 0; a < d; a++) {
        out.gradient[a] += weight * slope[a];
        out.hessian[a * d + a] += weight * (slope[a] + p[a]);
        for (let b = 0; b < d; b++) {
          out.hessian[a * d + b] -= weight * (p[a] * p[b] + p[a] * slope[b] + slope[a] * p[b]);
        }
      }
      return out;
    };
    return minimise(start.slice(), evaluate, TOLERANCE * (total + weight));
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
    const evaluate = (theta: Float64Array): Quadratic => {
      const d = actions, logp = logLaw(theta), p = logp.map(Math.exp);
      let value = 0, slopes = 0, bends = 0;
      const slope = new Float64Array(d), bend = new Float64Array(d);
      for (let a = 0; a < d; a++) {
        const r = beta * (logp[a] - start[a]), s = sigmoid(r), rate = s * (1 - s);
        value += pull[a] * s + RIDGE * r * r / 2;
        slope[a] = beta * (pull[a] * rate + RIDGE * r);
        bend[a] = beta * beta * (pull[a] * rate * (1 - 2 * s) + RIDGE);
        slopes += slope[a];
        bends += bend[a];
      }
      const gradient = slope.map((v, a) => v - p[a] * slopes), hessian = new Float64Array(d * d);
      // Through logits θ: dr_a/dθ_c = β(δ_ac − p_c), d²r_a/dθ_c dθ_e = −β(δ_ce p_c − p_c p_e).
      for (let a = 0; a < d; a++) {
        for (let b = 0; b < d; b++) {
          hessian[a * d + b] = p[a] * p[b] * (bends + slopes) - bend[a] * p[b] - p[a] * bend[b] +
            (a === b ? bend[a] - slopes * p[a] : 0);
        }
      }
      return { value, gradient, hessian };
    };
    return minimise(start.slice(), evaluate, TOLERANCE * total);
  });
}

/** The comparisons of `counts` relabelled with a reward's own chances: what distillation learns from. */
export function softLabels(counts: Float64Array, actions: number, reward: Float64Array): Float64Array {
  return counts.map((_, cell) => {
    const i = Math.floor(cell / actions), b = cell % actions;
    const x = Math.floor(i / actions), a = i % actions, j = x * actions + b;
    return a === b ? 0 : (counts[cell] + counts[j * actions + a]) * sigmoid(reward[i] - reward[j]);
  });
}
