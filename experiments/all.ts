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

/** What runs on a world that a user describes, by the name of its report. */
// deno-lint-ignore no-explicit-any -- as above
export const ownWorlds: Readonly<Record<string, () => Promise<{ default: Experiment<any> }>>> = {
  "world-cpo": () => import("./cpo/own_world.ts"),
  "world-compare": () => import("./compare/own_world.ts"),
};

/** All whose rows a report is drawn from. */
export const drawable = { ...experiments, ...ownWorlds };

/** URL of the script of one of {@linkcode ownWorlds}. */
export function moduleOfWorld(name: string): string {
  return new URL(`./${name.replace("world-", "")}/own_world.ts`, import.meta.url).href;
}
