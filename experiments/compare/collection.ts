/**
 * The methods of a run, and how one of them is run: what all questions share.
 *
 * @module
 */
import { registerMethod } from "../../lib/report/methods.ts";
import { columns } from "../../lib/run/columns.ts";
import type { Metrics, UnitContext } from "../../lib/run/experiment.ts";
import type { View } from "../../lib/run/view.ts";
import { measure } from "./measures.ts";
import type { PopulationOptions } from "./options.ts";
import { families, type Family, type Method, withStudy } from "./training.ts";
import { type Sample, samplesOf, type Setting } from "./samples.ts";

/** The methods of an experiment. */
export interface Collection {
  /** Family by family, as in figures and tables. */
  readonly methods: readonly Method[];
  /** Their ids, in this order. */
  readonly ids: readonly string[];
  /** Whether tensors have a part in training any of them. */
  readonly tensors: boolean;
  /** Names of losses by id, of methods that bring one. */
  readonly losses: Readonly<Record<string, string>>;
  /**
   * Runs one method on one block of seeds.
   *
   * @param also further measures of what was learned from a sample
   */
  run(
    context: UnitContext<PopulationOptions, unknown>,
    setting: Setting,
    also?: (sample: Sample, theta: Float64Array, r: number) => Readonly<Record<string, number>>,
  ): Metrics;
}

/** A collection; methods that bring a style get it registered. */
export function collectionOf(all: readonly Method[]): Collection {
  const methods = families.flatMap((family) => all.filter((method) => method.family === family));
  for (const { id, style } of methods) if (style) registerMethod(id, style);
  // Methods of one condition follow each other, and read the same samples.
  let last: { readonly key: string; readonly samples: Sample[] } | undefined;
  return {
    methods,
    ids: methods.map(({ id }) => id),
    tensors: methods.some(({ learn }) => learn.tensors === true),
    losses: Object.fromEntries(methods.flatMap(({ id, loss }) => loss === undefined ? [] : [[id, loss]])),
    run(context, setting, also = () => ({})) {
      const { options, arm, seeds } = context, world = context.streams("world");
      const key = JSON.stringify([options, seeds, setting, world[0].fork("identity").uint32()]);
      if (last?.key !== key) last = { key, samples: samplesOf(context, setting) };
      const { samples } = last, method = methods.find(({ id }) => id === arm)!;
      const { theta, gradientNorm } = withStudy(arm, samples, options, seeds, (study) => method.learn(study));
      const rows = samples.map((sample, r) => ({
        ...measure(sample, theta[r], options),
        ...also(sample, theta[r], r),
      }));
      return { ...columns(rows), "gradient-norm": gradientNorm };
    },
  };
}

/** Claims about the order of all methods need at least these. */
export const CORE = ["dpo", "rlhf-fixed", "kto", "apo-zero", "outcome-only", "cpo", "dr-cpo", "dpo-weighted"];

/** Bounds: not methods that anyone could use. */
export const BOUNDS = ["oracle", "reference"];

/** The learners of a family that have rows. */
export function armsOf({ methods }: Collection, view: View, ...some: readonly Family[]): string[] {
  return methods.filter(({ id, family }) => view.arms.includes(id) && some.includes(family)).map(({ id }) => id);
}

/** All learners that have rows; where a run has the bounds alone, these. */
export function learners(view: View): string[] {
  const found = view.arms.filter((arm) => !BOUNDS.includes(arm));
  return found.length > 0 ? found : [...view.arms];
}

/** How policies are made comparable; said in the method line of every question. */
export const PROTOCOL =
  "Every seed is a new population and one log of n readers; each method reads the reactions of these readers in its native " +
  "form. One log-linear policy class, one optimiser, and one price of KL, τ, in each loss's own place (β, 1/η, γ, λ). Then " +
  "every policy is scaled along its own direction θ until KL(π ‖ π0) is the same; that needs no truth. Tuning is one rule " +
  "for all: the ridge penalties of outcome and reward models have the least loss over one grid on readers that were held " +
  "out, and τ is not tuned; what that would change is the last question. Value is the exact mean reaction above π0's, in standard deviations of quality; the " +
  "variance of reactions is the same in all conditions.";
