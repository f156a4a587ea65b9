/**
 * The made world of constitutions and responses: what a seed draws, the policy that training ends with, and its measures.
 *
 * @module
 */
import { constitutionPolicy, type Pool } from "../../lib/exact/constitution_policy.ts";
import type { UnitContext } from "../../lib/run/experiment.ts";
import { mean } from "../../lib/statistics/summary.ts";
import type { Rng } from "../../lib/random.ts";
import {
  contrastTerms,
  measureConstitutions,
  type PrincipleSettings,
  type PrincipleWorld,
  principleWorld,
  winRate,
} from "../../lib/worlds/principles.ts";
import type { SyntheticOptions } from "./options.ts";
import { type Method, train, type Training } from "./training.ts";

/** Said in the method line of every question. */
export const PROTOCOL =
  "Every seed is a new world, whose queries, constitutions and random draws all arms share; mutual information, KL, junk " +
  "and win rates are exact by enumeration. ";

/** One world with its base policy. */
export interface Sample {
  readonly world: PrincipleWorld;
  /** log-probs of the base policy `[X, C, A]`. */
  readonly logBase: Float64Array;
  /** Draws of training. */
  readonly rng: Rng;
  /** What is trained here, and on which replicate. */
  readonly run: { readonly arm: string; readonly seed: number };
}

/** What a unit of work of the made world has. */
export type Context = Pick<UnitContext<SyntheticOptions, unknown>, "options" | "streams" | "arm" | "seeds">;

/** One case a seed of the block. */
export function samplesOf(
  { options, streams, arm, seeds }: Context,
  settings: Partial<PrincipleSettings> = {},
): Sample[] {
  const draws = streams("training");
  return streams("world").map((rng, r) => {
    const { queries, principles, responses, junk, link, junkLink } = options;
    const world = principleWorld({ queries, principles, responses, junk, link, junkLink, ...settings }, rng);
    const run = { arm, seed: seeds[r] };
    return { world, logBase: constitutionPolicy(world.pool, world.start).all(), rng: draws[r], run };
  });
}

/** The numbers of all constitutions. */
function allConstitutions({ pool }: PrincipleWorld): number[] {
  return Array.from({ length: pool.constitutions }, (_, c) => c);
}

/**
 * log-probs of the policy that a method ends with `[X, C, A]`.
 *
 * @param changes of the training that options and the world ask for
 */
export function endOf(
  { world, rng, run }: Sample,
  method: Method,
  options: SyntheticOptions,
  changes: Partial<Training> = {},
): Float64Array {
  const training: Training = {
    pool: world.pool,
    start: world.start,
    steps: options.steps,
    batch: options.batch,
    rate: options.rate,
    klWeight: options.klWeight,
    beta: options.dpoBeta,
    queries: Uint32Array.from({ length: world.queries }, (_, x) => x),
    constitutions: allConstitutions(world),
    scores: world.alignment,
    run,
    ...changes,
  };
  return constitutionPolicy(training.pool, train(method, training, rng).at(-1)!).all();
}

/** Exact measures of a policy, by metric; over some constitutions. */
export function measure({ world, logBase }: Sample, logPolicy: Float64Array, over = allConstitutions(world)) {
  const { logBase: usual, length, information, alignment, junk, kl } = measureConstitutions(
    world,
    logPolicy,
    logBase,
    over,
  );
  return {
    information,
    alignment,
    junk,
    kl,
    "log-base": usual,
    length,
    "win-rate": winRate(world.pool, world.alignment, logPolicy, logBase, over),
  };
}

/** The constitution that takes every principle the other way. */
export const antithesisOf = ({ pool }: PrincipleWorld) => (c: number): number => pool.constitutions - 1 - c;

/** Both contrasts at two constitutions a batch, averaged over queries. */
export function contrastsOf({ queries, constitutions, responses }: Pool, logPolicy: Float64Array) {
  const each = Array.from({ length: queries }, (_, x) =>
    contrastTerms(Array.from({ length: constitutions }, (_, c) => {
      const at = (x * constitutions + c) * responses;
      return logPolicy.subarray(at, at + responses);
    })));
  return {
    "constitution-term": mean(each.map(({ constitution }) => constitution)),
    "response-term": mean(each.map(({ response }) => response)),
  };
}

/** Turns each principle of a constitution round with some chance; a bit of its number is a principle. */
export const turned = (principles: number, noise: number) => (c: number, rng: Rng) => {
  let out = c;
  for (let p = 0; p < principles; p++) if (rng.bernoulli(noise)) out ^= 1 << p;
  return out;
};
