/**
 * Where the scripts of tasks lie.
 *
 * @module
 */
import { experiments } from "../experiments/all.ts";

/** The script of a task or of an experiment, from the project's folder. */
export function scriptOf(name: string): string {
  return `${name in experiments ? "experiments" : "tasks"}/${name}.ts`;
}
