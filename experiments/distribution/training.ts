/**
 * Plain gradient descent from π0 on the same objectives, for what happens before the optimum is reached.
 *
 * @module
 */
import { logSoftmaxRows } from "../../lib/worlds/preferences.ts";
import { rewardModel, type Task } from "./arms.ts";
import { softLabels } from "./fits.ts";

/** Step sizes for a context's mean loss, each below the inverse of its curvature: γ²/2 at most, and about max |R̂|. */
const STEP = { likelihood: 4, policy: 0.1 };

/** What a descent reads of a task. */
interface Field {
  readonly task: Task;
  /** R̂ `[X, A]`. */
  readonly reward: Float64Array;
  readonly klWeight: number;
}

/** Adds the gradient in the logits of one context `[A]`, at log-probs `logp`. */
type Slope = (field: Field, x: number, logp: Float64Array, gradient: Float64Array) => void;

/** Gradient of the mean loss over a context's comparisons; `offset` stands inside the comparison. */
function likelihood(table: (field: Field) => Float64Array, offset: (field: Field) => Float64Array | undefined) {
  return (field: Field): Slope => {
    const counts = table(field), start = offset(field), A = field.task.world.actions;
    return ({ task: { gamma } }, x, logp, gradient) => {
      const square = counts.subarray(x * A * A, (x + 1) * A * A);
      const total = square.reduce((a, b) => a + b, 0) || 1;
      for (let a = 0; a < A; a++) {
        for (let b = 0; b < A; b++) {
          const weight = square[a * A + b];
          if (a === b || weight === 0) continue;
          const margin = logp[a] - logp[b] - (start ? start[x * A + a] - start[x * A + b] : 0);
          const slope = weight / total * gamma / (1 + Math.exp(gamma * margin));
          gradient[a] -= slope;
          gradient[b] += slope;
        }
      }
    };
  };
}

/** Gradient of −E_π[score], the score held fixed: p ∘ (E score − score). */
function policyGradient(score: (field: Field, i: number, logp: number) => number): () => Slope {
  return () => (field, x, logp, gradient) => {
    const A = logp.length, scores = logp.map((v, a) => score(field, x * A + a, v));
    const mean = scores.reduce((sum, v, a) => sum + Math.exp(logp[a]) * v, 0);
    for (let a = 0; a < A; a++) gradient[a] += Math.exp(logp[a]) * (mean - scores[a]);
  };
}

const compared = ({ task }: Field) => task.counts;
const pmle = likelihood(compared, () => undefined);
const klTerm = policyGradient(({ task }, i, logp) =>
  -task.options.klScale / Math.sqrt(task.n) * (logp - task.world.logStart[i])
);

/** Arms that can be followed along training. */
export const trained: Readonly<Record<string, { rate: number; slope: (field: Field) => Slope }>> = {
  "dpo": { rate: STEP.likelihood, slope: likelihood(compared, ({ task }) => task.world.logStart) },
  "rlhf-fixed": {
    rate: STEP.policy,
    slope: policyGradient(({ task, reward, klWeight }, i, logp) =>
      reward[i] - klWeight * (logp - task.world.logStart[i])
    ),
  },
  "pmle": { rate: STEP.likelihood, slope: pmle },
  "pmle-kl": {
    rate: STEP.likelihood,
    slope: (field) => {
      const both = [pmle(field), klTerm()];
      return (...at) => both.forEach((slope) => slope(...at));
    },
  },
  /** All pairs, weighted by how often the sampling law shows them. */
  "distill-fresh": {
    rate: STEP.likelihood,
    slope: likelihood(
      ({ task: { world }, reward }) => softLabels(world.pairChances, world.actions, reward),
      () => undefined,
    ),
  },
  "reverse-kl": {
    rate: STEP.policy,
    slope: policyGradient(({ task, reward }, i, logp) => reward[i] - task.gamma * logp),
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

/** Runs gradient descent for `steps` steps. */
export function train(arm: string, task: Task, { steps, klWeight }: { steps: number; klWeight: number }): Trained {
  const { world } = task, A = world.actions, reward = rewardModel(task).table;
  const field: Field = { task, reward, klWeight };
  const { rate, slope } = trained[arm], at = slope(field);
  let logPolicy: Float64Array = world.logStart.slice(), gradientNorm = 0;
  for (let step = 0; step <= steps; step++) {
    const gradient = new Float64Array(logPolicy.length);
    for (let x = 0; x < world.contexts; x++) {
      at(field, x, logPolicy.subarray(x * A, (x + 1) * A), gradient.subarray(x * A, (x + 1) * A));
    }
    gradientNorm = gradient.reduce((top, v) => Math.max(top, Math.abs(v)), 0);
    if (step < steps) logPolicy = logSoftmaxRows(logPolicy.map((v, i) => v - rate * gradient[i]), A);
  }
  return { logPolicy, reward, gradientNorm };
}
