/**
 * Every experiment, by name: a new one is one more line.
 *
 * @module
 */
import type { Experiment } from "../lib/run/experiment.ts";

/** How to load each experiment; the file of experiment NAME is `experiments/NAME.ts`. */
// deno-lint-ignore no-explicit-any -- each experiment has options of its own
export const experiments: Readonly<Record<string, () => Promise<{ default: Experiment<any> }>>> = {
  cpo: () => import("./cpo.ts"),
  distribution: () => import("./distribution.ts"),
  apo: () => import("./apo.ts"),
  sami: () => import("./sami.ts"),
  sgpo: () => import("./sgpo.ts"),
  compare: () => import("./compare.ts"),
};

/** URL of an experiment's script, for its workers. */
export function moduleOf(name: string): string {
  return new URL(`./${name}.ts`, import.meta.url).href;
}
