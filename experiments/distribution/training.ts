/**
 * Plain gradient descent from π0 on the same objectives, for what happens before the optimum is reached.
 *
 * @module
 */
import { sigmoid } from "../../lib/exact/logistic.ts";
import { logSoftmaxRows } from "../../lib/exact/log_space.ts";
import { DivergenceError } from "../../lib/user_error.ts";
import { rewardModel, type Sample } from "./arms.ts";
import { softLabels } from "./fits.ts";

/** Step sizes for a context's mean loss, each below the inverse of its curvature: γ²/2 at most, and about max |R̂|. */
const STEP = { likelihood: 4, policy: 0.1 };

/** What a descent reads of a sample. */
interface Field {
  readonly sample: Sample;
  /** R̂ `[X, A]`. */
  readonly reward: Float64Array;
  readonly klWeight: number;
}

/** Adds the gradient in the logits `[X, A]`, at log-probs `logp`. */
type Slope = (logp: Float64Array, gradient: Float64Array) => void;

/** Gradient of the mean loss over each context's comparisons; `offset` stands inside the comparison. */
function likelihood(table: (field: Field) => Float64Array, offset: (field: Field) => Float64Array | undefined) {
  return (field: Field): Slope => {
    const { world: { contexts, actions }, gamma } = field.sample, counts = table(field), start = offset(field);
    const pairs: { readonly i: number; readonly j: number; won: number; lost: number; apart: number }[] = [];
    for (let x = 0; x < contexts; x++) {
      const first = x * actions;
      const total = counts.subarray(first * actions, (first + actions) * actions).reduce((a, b) => a + b, 0) || 1;
      for (let a = 0; a < actions; a++) {
        for (let b = 0; b < a; b++) {
          const i = first + a, j = first + b, scale = gamma / total;
          const won = scale * counts[i * actions + b], lost = scale * counts[j * actions + a];
          if (won + lost > 0) pairs.push({ i, j, won, lost, apart: start ? start[i] - start[j] : 0 });
        }
      }
    }
    return (logp, gradient) => {
      for (const { i, j, won, lost, apart } of pairs) {
        // Of the loss in `fits.ts` the slope alone: a step reads nothing else, and there are thousands.
        const p = sigmoid(-gamma * (apart - logp[i] + logp[j])), slope = lost * p - won * (1 - p);
        gradient[i] += slope;
        gradient[j] -= slope;
      }
    };
  };
}

/** Gradient of −E_π[score], the score held fixed: p ∘ (E score − score). */
function policyGradient(score: (field: Field, i: number, logp: number) => number) {
  return (field: Field): Slope => {
    const A = field.sample.world.actions, chances = new Float64Array(A), scores = new Float64Array(A);
    return (logp, gradient) => {
      for (let first = 0; first < logp.length; first += A) {
        let mean = 0;
        for (let a = 0; a < A; a++) {
          chances[a] = Math.exp(logp[first + a]);
          scores[a] = score(field, first + a, logp[first + a]);
          mean += chances[a] * scores[a];
        }
        for (let a = 0; a < A; a++) gradient[first + a] += chances[a] * (mean - scores[a]);
      }
    };
  };
}

const compared = ({ sample }: Field) => sample.counts;
const pmle = likelihood(compared, () => undefined);
const klTerm = policyGradient(({ sample }, i, logp) =>
  -sample.options.klScale / Math.sqrt(sample.n) * (logp - sample.world.logStart[i])
);

/** Arms that can be followed along training. */
export const trained: Readonly<Record<string, { rate: number; slope: (field: Field) => Slope }>> = {
  "dpo": { rate: STEP.likelihood, slope: likelihood(compared, ({ sample }) => sample.world.logStart) },
  "rlhf-fixed": {
    rate: STEP.policy,
    slope: policyGradient(({ sample, reward, klWeight }, i, logp) =>
      reward[i] - klWeight * (logp - sample.world.logStart[i])
    ),
  },
  "pmle": { rate: STEP.likelihood, slope: pmle },
  "pmle-kl": {
    rate: STEP.likelihood,
    slope: (field) => {
      const both = [pmle(field), klTerm(field)];
      return (...at) => both.forEach((slope) => slope(...at));
    },
  },
  /** All pairs, weighted by how often the sampling law shows them. */
  "distill-fresh": {
    rate: STEP.likelihood,
    slope: likelihood(
      ({ sample: { world }, reward }) => softLabels(world.pairChances, world.actions, reward),
      () => undefined,
    ),
  },
  "reverse-kl": {
    rate: STEP.policy,
    slope: policyGradient(({ sample, reward }, i, logp) => reward[i] - sample.gamma * logp),
  },
};

/** Where training stands after some steps. */
export interface Trained {
  /** log π `[X, A]`. */
  readonly logPolicy: Float64Array;
  /** R̂ `[X, A]`, the reward model of the same comparisons. */
  readonly reward: Float64Array;
  /** Largest entry of the next gradient, of a context's mean loss. */
  readonly gradientNorm: number;
}

/**
 * Gradient descent from π0, to be asked where it stands after some steps. It goes on from the last answer where it can,
 * so ascending questions cost no more than the last one.
 *
 * @throws DivergenceError, when asked, where a log-probability stops being a number
 */
export function descent(arm: string, sample: Sample, klWeight: number): (steps: number) => Trained {
  const { world } = sample, size = world.logStart.length, reward = rewardModel(sample).table;
  const { rate, slope } = trained[arm], at = slope({ sample, reward, klWeight });
  const gradient = new Float64Array(size), logits = new Float64Array(size);
  let logPolicy: Float64Array = world.logStart, done = 0;
  const evaluate = () => {
    gradient.fill(0);
    at(logPolicy, gradient);
  };
  return (steps) => {
    if (steps < done) [logPolicy, done] = [world.logStart, 0];
    for (; done < steps; done++) {
      evaluate();
      for (let i = 0; i < size; i++) logits[i] = logPolicy[i] - rate * gradient[i];
      logPolicy = logSoftmaxRows(logits, world.actions);
      const bad = logPolicy.findIndex(Number.isNaN);
      if (bad >= 0) {
        throw DivergenceError.of({ what: `log-prob ${bad}`, value: NaN, arm, seed: sample.seed, step: done });
      }
    }
    evaluate();
    return { logPolicy, reward, gradientNorm: gradient.reduce((top, v) => Math.max(top, Math.abs(v)), 0) };
  };
}
