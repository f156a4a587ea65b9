/**
 * The methods of a run, and how one of them is run: what all questions share.
 *
 * @module
 */
import { registerMethod } from "../../lib/report/methods.ts";
import type { Condition, Metrics, UnitContext } from "../../lib/run/experiment.ts";
import type { View } from "../../lib/run/view.ts";
import { pairedDifference } from "../../lib/statistics/intervals.ts";
import { leaders } from "../../lib/statistics/ranks.ts";
import { reaching, zero } from "../../lib/run/needs.ts";
import { measure } from "./measures.ts";
import type { CompareOptions } from "./options.ts";
import { families, type Family, type Method, withStudy } from "./study.ts";
import { type Setting, type Task, tasksOf } from "./tasks.ts";

/** The methods of an experiment. */
export interface Collection {
  /** Family by family, as in figures and tables. */
  readonly methods: readonly Method[];
  /** Their ids, in this order. */
  readonly ids: readonly string[];
  /**
   * Runs one method on one block of seeds.
   *
   * @param also further measures of what was learned from a task
   */
  run(
    context: UnitContext<CompareOptions, unknown>,
    setting: Setting,
    also?: (task: Task, theta: Float64Array, r: number) => Readonly<Record<string, number>>,
  ): Metrics;
}

/** A collection; methods that bring a look get it registered. */
export function collectionOf(all: readonly Method[]): Collection {
  const methods = families.flatMap((family) => all.filter((method) => method.family === family));
  for (const { id, look } of methods) if (look) registerMethod(id, look);
  // Methods of one condition follow each other, and read the same tasks.
  let last: { readonly key: string; readonly tasks: Task[] } | undefined;
  return {
    methods,
    ids: methods.map(({ id }) => id),
    run(context, setting, also = () => ({})) {
      const { options, arm, seeds } = context, world = context.streams("world");
      const key = JSON.stringify([options, seeds, setting, world[0].fork("identity").uint32()]);
      if (last?.key !== key) last = { key, tasks: tasksOf(context, setting) };
      const { tasks } = last, method = methods.find(({ id }) => id === arm)!;
      const { theta, gradientNorm } = withStudy(arm, tasks, options, seeds, (study) => method.learn(study));
      const rows = tasks.map((task, r) => ({ ...measure(task, theta[r], options), ...also(task, theta[r], r) }));
      return {
        ...Object.fromEntries(Object.keys(rows[0]).map((name) => [name, rows.map((row) => row[name])])),
        "gradient-norm": gradientNorm,
      };
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

/** Values of one metric, one row an arm: `[K][R]`. */
export function valuesOf(view: View, arms: readonly string[], condition: Condition, metric = "value"): Float64Array[] {
  return arms.map((arm) => view.series(arm, metric, condition).values);
}

/**
 * The weakest and the strongest confounding of a run: the same where there is one strength.
 */
export function ends({ confounding }: CompareOptions): { readonly least: number; readonly most: number } {
  return { least: Math.min(...confounding), most: Math.max(...confounding) };
}

/** Claims on what happens without confounding, and under all of it. */
export const without = zero<CompareOptions>("confounding"), full = reaching<CompareOptions>("confounding", 1);

/** Readers whose type moves what they like, and not what they are shown: what tastes cost as noise. */
export const NOISE_ONLY: Condition = { world: "noise only", confounding: 0 };

/** Readers whose type moves both, at the strongest confounding of a run. */
export function confounded(o: CompareOptions): Condition {
  const { most } = ends(o);
  return most > 0 ? { world: "confounded", confounding: most } : NOISE_ONLY;
}

/** Readers who are shown as much by a type that has nothing to do with what they like: what overlap costs. */
export function unlinked(o: CompareOptions): Condition {
  return { world: "unlinked", confounding: ends(o).most };
}

/** The noise-only control and full confounding; one condition where a run has no confounding. */
export function controlAndConfounded(o: CompareOptions): readonly Condition[] {
  return ends(o).most > 0 ? [NOISE_ONLY, confounded(o)] : [NOISE_ONLY];
}

/** What tells such a condition from the other, in captions and panels. */
export function nameOfWorld({ world, confounding }: Condition): string {
  return world === "confounded" ? `confounding ${confounding}` : String(world);
}

/** Value lost to confounding, per seed: in the noise-only control, or the unlinked one, minus under full confounding. */
export function losses(view: View, arm: string, o: CompareOptions, control = NOISE_ONLY): Float64Array {
  const [before, after] = [control, confounded(o)].map((condition) => view.series(arm, "value", condition).values);
  return before.map((v, r) => v - after[r]);
}

/** The learner of highest mean value and those that nothing separates from it. */
export interface Best {
  /** Whether the interval of its value is above 0, the value of the untrained policy in every prompt of every seed. */
  readonly moved: boolean;
  /** The best first. */
  readonly arms: readonly string[];
}

/** Who is best in a condition, and whether that is better than not to train. */
export function bestIn(view: View, condition: Condition, arms: readonly string[] = learners(view)): Best {
  const order = leaders(valuesOf(view, arms, condition), pairedDifference).map((k) => arms[k]);
  return { moved: view.mean(order[0], "value", condition).lower > 0, arms: order };
}

/** How policies are made comparable; said in the method line of every question. */
export const PROTOCOL =
  "Every seed is a new population and one log of n readers; each method reads the reactions of these readers in its native " +
  "form. One log-linear policy class, one optimiser, and one price of KL, τ, in each loss's own place (β, 1/η, γ, λ). Then " +
  "every policy is scaled along its own direction θ until KL(π ‖ π0) is the same; that needs no truth. Tuning is one rule " +
  "for all: the ridge penalties of outcome and reward models have the least loss over one grid on readers that were held " +
  "out, and τ is not tuned; what that would change is the last question. Value is the exact mean reaction above π0's, in standard deviations of quality; the " +
  "variance of reactions is the same in all conditions.";
