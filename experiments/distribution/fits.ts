/**
 * The fits behind the arms, in float64 on counts of comparisons: every optimum is reached, not approached.
 *
 * A count table is `[X, A, A]`: entry (x, a, b) says how often a beat b. A reward or logit table is `[X, A]`.
 *
 * @module
 */
import { minimise, type Quadratic } from "../../lib/exact/newton.ts";
import { logSoftmaxRows } from "../../lib/exact/log_space.ts";

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
function addLikelihood(wins: Float64Array, theta: Float64Array, scale: number, out: Quadratic): void {
  const d = theta.length, { gradient, hessian } = out;
  for (let a = 1; a < d; a++) {
    for (let b = 0; b < a; b++) {
      const won = wins[a * d + b], lost = wins[b * d + a];
      if (won + lost === 0) continue;
      const z = scale * (theta[a] - theta[b]), small = Math.exp(-Math.abs(z));
      // p = σ(z), and both softplus(±z) from one exponential: they differ by z.
      const p = (z > 0 ? 1 : small) / (1 + small), rest = Math.log1p(small);
      out.value += won * (rest + Math.max(-z, 0)) + lost * (rest + Math.max(z, 0));
      const slope = scale * (lost * p - won * (1 - p)), curvature = scale * scale * (won + lost) * p * (1 - p);
      gradient[a] += slope;
      gradient[b] -= slope;
      hessian[a * d + a] += curvature;
      hessian[b * d + b] += curvature;
      hessian[a * d + b] -= curvature;
    }
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

/**
 * Rewards of greatest likelihood, one a response; with fractional counts, those that distil soft labels.
 *
 * In a tabular class DPO's implicit reward β log(π/π0) and PMLE's γ log π are these rewards too.
 */
export function bradleyTerryFit(counts: Float64Array, actions: number): Fit {
  return eachContext(counts, actions, (wins, total) => {
    const evaluate = (r: Float64Array, out: Quadratic) => {
      startWithRidge(r, 1, out);
      addLikelihood(wins, r, 1, out);
    };
    return minimise(new Float64Array(actions), evaluate, TOLERANCE * total);
  });
}

/** Rewards of greatest likelihood among linear maps of features `[X, A, d]`. */
export function linearRewardFit(counts: Float64Array, actions: number, features: Float64Array): Fit {
  const cells = counts.length / actions, width = features.length / cells;
  const pairs: { won: number; lost: number; difference: Float64Array }[] = [];
  let total = 0;
  for (let i = 0; i < cells; i++) {
    const x = Math.floor(i / actions);
    for (let b = 0; b < i - x * actions; b++) {
      const j = x * actions + b, won = counts[i * actions + b], lost = counts[j * actions + i - x * actions];
      if (won + lost === 0) continue;
      total += won + lost;
      const difference = new Float64Array(width);
      for (let k = 0; k < width; k++) difference[k] = features[i * width + k] - features[j * width + k];
      pairs.push({ won, lost, difference });
    }
  }
  const evaluate = (w: Float64Array, out: Quadratic) => {
    startWithRidge(w, 1, out);
    const { gradient, hessian } = out;
    for (const { won, lost, difference } of pairs) {
      let z = 0;
      for (let k = 0; k < width; k++) z += difference[k] * w[k];
      const small = Math.exp(-Math.abs(z)), p = (z > 0 ? 1 : small) / (1 + small), rest = Math.log1p(small);
      const slope = lost * p - won * (1 - p), curvature = (won + lost) * p * (1 - p);
      out.value += won * (rest + Math.max(-z, 0)) + lost * (rest + Math.max(z, 0));
      for (let k = 0; k < width; k++) {
        gradient[k] += slope * difference[k];
        for (let l = 0; l <= k; l++) hessian[k * width + l] += curvature * difference[k] * difference[l];
      }
    }
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
    const evaluate = (r: Float64Array, out: Quadratic) => {
      const d = actions, { gradient, hessian } = out;
      startWithRidge(r, 1, out);
      for (let a = 0; a < d; a++) {
        for (let b = 0; b < d; b++) {
          const weight = wins[a * d + b];
          if (a === b || weight === 0) continue;
          const error = r[a] - r[b] - aim(x, a, b);
          out.value += weight * error * error / 2;
          gradient[a] += weight * error;
          gradient[b] -= weight * error;
          hessian[a * d + a] += weight;
          hessian[b * d + b] += weight;
          hessian[Math.max(a, b) * d + Math.min(a, b)] -= weight;
        }
      }
    };
    return minimise(new Float64Array(actions), evaluate, TOLERANCE * total);
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
  return eachContext(counts, actions, (wins, total, x) => {
    const start = logStart.subarray(x * actions, (x + 1) * actions);
    const p = new Float64Array(actions), slope = new Float64Array(actions);
    const evaluate = (theta: Float64Array, out: Quadratic) => {
      const d = actions, { gradient, hessian } = out, logp = logSoftmaxRows(theta, d);
      startWithRidge(theta, gamma, out);
      addLikelihood(wins, theta, gamma, out);
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
        const r = beta * (logp[a] - start[a]), s = sigmoid(r), rate = s * (1 - s);
        p[a] = Math.exp(logp[a]);
        out.value += pull[a] * s + RIDGE * r * r / 2;
        slope[a] = beta * (pull[a] * rate + RIDGE * r);
        bend[a] = beta * beta * (pull[a] * rate * (1 - 2 * s) + RIDGE);
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
