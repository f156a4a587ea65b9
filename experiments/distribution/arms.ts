/**
 * The arms of distribution learning: what each makes of one and the same comparisons, in a tabular policy class.
 *
 * @module
 */
import type { Rng } from "../../lib/tensor/random.ts";
import { logSoftmaxRows, type PreferenceWorld } from "../../lib/worlds/preferences.ts";
import { apoZeroFit, bradleyTerryFit, type Fit, linearRewardFit, pmleFit, regressionFit, softLabels } from "./fits.ts";
import type { SyntheticOptions } from "./options.ts";

/** What a learner gets: comparisons, and the world for what is known or tuned on the truth. */
export interface Task {
  readonly world: PreferenceWorld;
  /** Comparisons `[X, A, A]`. */
  readonly counts: Float64Array;
  /** How many they are. */
  readonly n: number;
  /** The learner's γ, which need not be the annotators'. */
  readonly gamma: number;
  /** Reward models are linear in the world's features instead of tabular. */
  readonly linearReward: boolean;
  /** The replicate, counted from 0; named in errors. */
  readonly seed: number;
  /** The stream that draws pairs without label, from its start at each call. */
  readonly unlabelled: () => Rng;
  readonly options: Pick<SyntheticOptions, "rlhfBeta" | "eta" | "tau" | "klScale" | "freshPairs">;
}

/** A learned policy: log-probs `[X, A]`, and the largest gradient left in its fit, per comparison. */
export interface Learned {
  readonly logPolicy: Float64Array;
  readonly gradientNorm: number;
}

/** A fit to comparisons that is kept as long as they are: most arms start from the same one. */
function fittedOnce(fit: (task: Task) => Fit): (task: Task) => Fit {
  const fits = new WeakMap<Float64Array, Fit>();
  return (task) => {
    const found = fits.get(task.counts) ?? fit(task);
    fits.set(task.counts, found);
    return found;
  };
}

/** Tabular rewards of greatest likelihood. */
const implicitReward = fittedOnce(({ world, counts }) => bradleyTerryFit(counts, world.actions));
const linearReward = fittedOnce(({ world, counts }) => linearRewardFit(counts, world.actions, world.table!));

/** The reward model: tabular or linear. */
export function rewardModel(task: Task): Fit {
  return task.linearReward ? linearReward(task) : implicitReward(task);
}

/** π ∝ π0^reference e^{scale·R}. */
function tilted({ world }: Task, { table, gradientNorm }: Fit, scale: number, reference: 0 | 1): Learned {
  const logits = table.map((r, i) => reference * world.logStart[i] + scale * r);
  return { logPolicy: logSoftmaxRows(logits, world.actions), gradientNorm };
}

/**
 * The s >= 0 at which π0 e^{sR} is nearest to π* in forward KL: the KL is convex in s, with slope E_π R − E_π* R and
 * curvature Var_π R. Newton steps in a shrinking bracket, of which bisection takes over where they leave it.
 */
export function nearestTilt(world: PreferenceWorld, reward: Float64Array): number {
  const { actions, logStart, logTarget } = world, size = reward.length, logits = new Float64Array(size);
  let wanted = 0;
  for (let i = 0; i < size; i++) wanted += Math.exp(logTarget[i]) * reward[i];
  let low = 0, high = 64, s = 1;
  while (high - low > 1e-14 * (1 + high)) {
    for (let i = 0; i < size; i++) logits[i] = logStart[i] + s * reward[i];
    const logp = logSoftmaxRows(logits, actions);
    let slope = -wanted, curvature = 0;
    for (let first = 0; first < size; first += actions) {
      let sum = 0, squares = 0;
      for (let i = first; i < first + actions; i++) {
        const p = Math.exp(logp[i]);
        sum += p * reward[i];
        squares += p * reward[i] * reward[i];
      }
      slope += sum;
      curvature += squares - sum * sum;
    }
    if (slope < 0) low = s;
    else high = s;
    const step = s - slope / curvature;
    if (Math.abs(step - s) <= 1e-14 * (1 + s)) break;
    s = step > low && step < high ? step : (low + high) / 2;
  }
  return s;
}

function distil(task: Task, pairs: (reward: Float64Array) => Float64Array): Learned {
  const reward = rewardModel(task);
  const student = bradleyTerryFit(pairs(reward.table), task.world.actions);
  const gradientNorm = Math.max(reward.gradientNorm, student.gradientNorm);
  return tilted(task, { ...student, gradientNorm }, 1 / task.gamma, 0);
}

/** Every arm by id. */
export const arms = {
  /** β = γ. */
  "dpo": (task: Task) => tilted(task, implicitReward(task), 1 / task.gamma, 1),
  "rlhf-fixed": (task: Task) => tilted(task, rewardModel(task), 1 / task.options.rlhfBeta, 1),
  /** β tuned on the true KL: an upper bound on what tuning can do. */
  "rlhf-tuned": (task: Task) => {
    const reward = rewardModel(task);
    return tilted(task, reward, nearestTilt(task.world, reward.table), 1);
  },
  /** Regression on the labelled pairs. */
  "rebel": (task: Task) => {
    const { world, counts, options } = task, { table, gradientNorm } = rewardModel(task), A = world.actions;
    const aim = (x: number, a: number, b: number) => options.eta * (table[x * A + a] - table[x * A + b]);
    const fit = regressionFit(counts, A, aim);
    return tilted(task, { ...fit, gradientNorm: Math.max(fit.gradientNorm, gradientNorm) }, 1, 1);
  },
  "pmle": (task: Task) => tilted(task, implicitReward(task), 1 / task.gamma, 0),
  "pmle-kl": ({ world, counts, n, gamma, options }: Task) => {
    const weight = options.klScale / Math.sqrt(n) * n / world.contexts;
    const { table, gradientNorm } = pmleFit(counts, world.actions, { gamma, logStart: world.logStart, weight });
    return { logPolicy: logSoftmaxRows(table, world.actions), gradientNorm };
  },
  "distill-labelled": (task: Task) => distil(task, (reward) => softLabels(task.counts, task.world.actions, reward)),
  "distill-fresh": (task: Task) => {
    const { world, n, options, unlabelled } = task;
    return distil(
      task,
      (reward) => softLabels(world.pairs(options.freshPairs * n, unlabelled()), world.actions, reward),
    );
  },
  /** b = 0. */
  "reverse-kl": (task: Task) => tilted(task, rewardModel(task), 1 / task.gamma, 0),
  "ipo": (task: Task) => {
    const margin = 1 / (2 * task.options.tau);
    return tilted(task, regressionFit(task.counts, task.world.actions, () => margin), 1, 1);
  },
  /** β = γ. */
  "apo-zero": ({ world, counts, gamma }: Task) => {
    const { table, gradientNorm } = apoZeroFit(counts, world.actions, { beta: gamma, logStart: world.logStart });
    return { logPolicy: logSoftmaxRows(table, world.actions), gradientNorm };
  },
} as const satisfies Record<string, (task: Task) => Learned>;

/** Id of an arm. */
export type ArmId = keyof typeof arms;
/** Ids of all arms. */
export const armIds = Object.keys(arms) as ArmId[];

/**
 * log-probs that an arm reaches with all the comparisons there are, where that has a closed form: π* itself, or π0 times
 * a power of π*.
 */
export function limitOf(arm: ArmId, task: Pick<Task, "world" | "gamma" | "options">): Float64Array | undefined {
  const { world, gamma, options } = task, reward = world.logTarget.map((v) => world.gamma * v);
  const power = (scale: number) => logSoftmaxRows(world.logStart.map((v, i) => v + scale * reward[i]), world.actions);
  if (arm === "dpo") return power(1 / gamma);
  if (arm === "rlhf-fixed") return power(1 / options.rlhfBeta);
  if (arm === "rlhf-tuned") return power(nearestTilt(world, reward));
  if (arm === "rebel") return power(options.eta);
  return arm === "ipo" || arm === "apo-zero" ? undefined : world.logTarget;
}
