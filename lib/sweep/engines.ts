/**
 * The engines that a sweep may name, and their flags.
 *
 * @module
 */
import { UserError } from "../user_error.ts";
import type { SweepEngine } from "./engine.ts";
import { localEngine } from "./local.ts";

/** Flags of engines: name, what it takes, help. */
export const engineFlags: readonly (readonly [name: string, kind: string, help: string])[] = [];

/** Texts of flags, by name. */
type Texts = Readonly<Record<string, string | undefined>>;

/**
 * The engine that a command line asks for.
 *
 * @param mirror value of PREFLAB_MIRROR, if set
 * @throws UserError for flags that are wrong
 */
export function engineNamed(flags: Texts, mirror: string | undefined): SweepEngine {
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
