/**
 * How every method is trained: one policy class, one optimiser, one number of steps, from π0.
 *
 * @module
 */
import type { Term } from "../../lib/exact/law_terms.ts";
import type { MethodStyle } from "../../lib/report/methods.ts";
import type { Tensor } from "../../lib/tensor/backend.ts";
import { learn, type Learned, type Trainer, withTrainer } from "../../lib/training/loglinear.ts";
import type { PopulationOptions } from "./options.ts";
import type { Sample } from "./samples.ts";

/** Which panel of the figures a method stands in. */
export const families = ["pairs", "reward", "other", "outcomes", "bound"] as const;
/** Name of a family. */
export type Family = typeof families[number];

/** A method: how it learns, and what from. */
export interface Method {
  /** In rows, flags and the registry of looks. */
  readonly id: string;
  /** Its style, unless `lib/report/methods.ts` has one. */
  readonly style?: MethodStyle;
  /** Where it stands in figures. */
  readonly family: Family;
  /** Name in the table of losses of the one that it minimises, unless `lib/run/arm_losses.ts` has one. */
  readonly loss?: string;
  /** What it is given, for the table of methods. */
  readonly reads: string;
  /** Learns from all samples of a block at once; says whether tensors have a part in it. */
  readonly learn: ((study: Study) => Learned) & { readonly tensors?: boolean };
}

/** The trainer of a block's samples, and what methods read of the settings. */
export interface Study extends Trainer<Sample> {
  /** τ: the price of KL, each method's own scale. */
  readonly tau: number;
  readonly options: PopulationOptions;
}

/** Runs some work with a study of these samples, and frees its tensors. */
export function withStudy<T>(
  method: string,
  samples: readonly Sample[],
  options: PopulationOptions,
  seeds: readonly number[],
  work: (study: Study) => T,
): T {
  const { steps, learningRate, tau } = options, { responses, dimensions } = samples[0].world;
  return withTrainer({
    arm: method,
    seeds,
    samples,
    start: ({ world }) => world.logStart,
    features: ({ world }) => world.features,
    dimensions,
    groupSize: responses,
    phases: [{ steps, learningRate }],
  }, (trainer) => work({ ...trainer, tau, options }));
}

/**
 * A method that minimises terms of log-probs in float64.
 *
 * @param terms of one sample
 */
export function descending(terms: (sample: Sample, study: Study) => readonly Term[]): Method["learn"] {
  return (study) => study.descend((sample) => terms(sample, study));
}

/**
 * A method that minimises one loss on tensors, whether or not it has a form in float64.
 *
 * @param loss mean loss of each replicate `[R]`, given log π of all responses `[R, X·A]`
 */
export function minimising(loss: (study: Study, policy: Tensor) => Tensor): Method["learn"] {
  return Object.assign((study: Study) => learn(study, (policy) => loss(study, policy)), { tensors: true });
}
