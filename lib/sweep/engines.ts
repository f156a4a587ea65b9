/**
 * The engines that a sweep may name, and their flags.
 *
 * @module
 */
import { UserError } from "../user_error.ts";
import type { SweepEngine } from "./engine.ts";
import { localEngine } from "./local.ts";
import { slurmEngine } from "./slurm/engine.ts";
import { slurmHere } from "./slurm/here.ts";
import { slurmFlags, slurmRequest } from "./slurm/request.ts";

const names = ["local", "slurm"];

/** Flags of engines: name, what it takes, help. */
export const engineFlags: readonly (readonly [name: string, kind: string, help: string])[] = [
  [
    "engine",
    "NAME",
    "what computes: local (default), processes on this machine; or slurm, arrays of jobs on a cluster",
  ],
  ...slurmFlags,
];

/** Texts of flags, by name. */
type Texts = Readonly<Record<string, string | undefined>>;

/**
 * The engine that a command line asks for.
 *
 * @param switches flags without a value that were given
 * @param mirror value of PREFLAB_MIRROR, if set
 * @throws UserError for flags that are wrong or have no effect
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.throws(() => engineNamed({ time: "30" }, new Set(), undefined), /--time: has no effect without --engine slurm/);
 * ```
 */
export function engineNamed(flags: Texts, switches: ReadonlySet<string>, mirror: string | undefined): SweepEngine {
  const { engine = "local" } = flags;
  if (!names.includes(engine)) throw new UserError(`--engine: expected ${names.join(" or ")}, got "${engine}"`);
  if (engine === "slurm") {
    if (flags.jobs !== undefined) throw new UserError("--jobs: has no effect with --engine slurm; see --max-running");
    return slurmEngine(slurmRequest(flags), mirror, slurmHere());
  }
  const idle = slurmFlags.map(([name]) => name).find((name) => flags[name] !== undefined || switches.has(name));
  if (idle !== undefined) throw new UserError(`--${idle}: has no effect without --engine slurm`);
  return localEngine(jobsOf(flags.jobs), mirror);
}

function jobsOf(text: string | undefined): number {
  if (text === undefined) return navigator.hardwareConcurrency;
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1 || count > 256) {
    throw new UserError(`--jobs: expected an integer from 1 to 256, got "${text}"`);
  }
  return count;
}
