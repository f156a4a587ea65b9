/**
 * The cluster that this machine submits to, and its clock.
 *
 * @module
 */
import { callHere, slurmBy } from "./commands.ts";
import type { Surroundings } from "./engine.ts";

/** Milliseconds within which a wait ends that something else ends. */
const LOOK = 250;

/** Slurm by the commands of this machine. */
export function slurmHere(): Surroundings {
  return {
    slurm: slurmBy(callHere),
    now: () => performance.now() / 1000,
    async wait(seconds, unless) {
      for (const end = performance.now() + 1000 * seconds; !unless() && performance.now() < end;) {
        await new Promise((resolve) => setTimeout(resolve, Math.min(LOOK, end - performance.now())));
      }
    },
  };
}
