/**
 * How every method is trained: one policy class, one optimiser, one number of steps, from π0.
 *
 * @module
 */
import { logLinear, type Policy } from "../../lib/policies/loglinear.ts";
import type { MethodStyle } from "../../lib/report/methods.ts";
import type { Tensor } from "../../lib/tensor/backend.ts";
import { fit } from "../../lib/training/fit.ts";
import { type Data, dataOf } from "./batch.ts";
import type { CompareOptions } from "./options.ts";
import type { Task } from "./tasks.ts";

/** What a method learned from each task. */
export interface Learned {
  /** θ of π ∝ π0 e^{θ·φ} `[R][D]`. */
  readonly theta: readonly Float64Array[];
  /** Euclidean norm of the last gradient `[R]`; 0 for what is computed in closed form. */
  readonly gradientNorm: ArrayLike<number>;
}

/** Which panel of the figures a method stands in. */
export const families = ["pairs", "reward", "other", "outcomes", "bound"] as const;
/** Name of a family. */
export type Family = typeof families[number];

/** A method: how it learns, and what from. */
export interface Method {
  /** In rows, flags and the registry of looks. */
  readonly id: string;
  /** Its look, unless `lib/report/methods.ts` has one. */
  readonly look?: MethodStyle;
  /** Where it stands in figures. */
  readonly family: Family;
  /** What it is given, for the table of methods. */
  readonly reads: string;
  /** Learns from all tasks of a block at once. */
  learn(study: Study): Learned;
}

/** The data of a block and the means to train on them. */
export interface Study {
  readonly data: Data;
  readonly tasks: readonly Task[];
  /** τ: the price of KL, each method's own scale. */
  readonly tau: number;
  readonly options: CompareOptions;
  /** A policy at π0, or another log-linear table; freed with the study. */
  policy(base?: (task: Task) => Float64Array): Policy;
  /** Minimises a loss `[R]` over all policies named, with the study's optimiser. */
  minimise(policies: readonly Policy[], loss: () => Tensor, steps?: number): Float64Array;
  /** θ of a policy, `[R][D]`. */
  parameters(policy: Policy): Float64Array[];
}

/** Runs some work with a study of these tasks, and frees its tensors. */
export function withStudy<T>(
  method: string,
  tasks: readonly Task[],
  options: CompareOptions,
  seeds: readonly number[],
  work: (study: Study) => T,
): T {
  const data = dataOf(tasks), policies: Policy[] = [], replicates = tasks.length;
  const { steps: allSteps, learningRate, tau } = options;
  const flat = (row: (task: Task) => Float64Array) => {
    const width = row(tasks[0]).length, out = new Float64Array(width * replicates);
    tasks.forEach((task, r) => out.set(row(task), r * width));
    return out;
  };
  const study: Study = {
    data,
    tasks,
    tau,
    options,
    policy(base = ({ world }) => world.logStart) {
      const { world } = tasks[0];
      const policy = logLinear({
        features: flat((task) => task.world.features),
        replicates,
        texts: data.cells,
        dimensions: world.dimensions,
        base: flat(base),
        groupSize: world.responses,
      });
      policies.push(policy);
      return policy;
    },
    minimise: (some, loss, steps = allSteps) => {
      const parameters = some.flatMap((policy) => policy.parameters);
      return fit({ parameters, loss, steps, learningRate, arm: method, seeds }).gradientNorm;
    },
    parameters(policy) {
      const all = policy.parameters[0].dataSync(), width = all.length / replicates;
      return tasks.map((_, r) => Float64Array.from(all.subarray(r * width, (r + 1) * width)));
    },
  };
  try {
    return work(study);
  } finally {
    data.dispose();
    policies.forEach((policy) => policy.dispose());
  }
}

/**
 * A method that minimises one loss.
 *
 * @param loss mean loss of each replicate `[R]`, given log π of all responses `[R, X·A]`
 */
export function minimising(
  loss: (study: Study, policy: Tensor) => Tensor,
  prepare?: (study: Study) => void,
): Method["learn"] {
  return (study) => {
    prepare?.(study);
    const policy = study.policy();
    const gradientNorm = study.minimise([policy], () => loss(study, policy.logProb()));
    return { theta: study.parameters(policy), gradientNorm };
  };
}
