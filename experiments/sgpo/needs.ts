/**
 * What the claims need of the options.
 *
 * @module
 */
import { over, some } from "../../lib/run/needs.ts";
import type { SgpoOptions } from "./options.ts";

/** Why some options leave a claim untested. */
export type Needs = (o: SgpoOptions) => string | undefined;

/** Claims on clean seeds. */
export const cleanSeeds: Needs = some("noises", (noise) => noise === 0, "0 among --noises");
/** Claims on noisy seeds. */
export const noisySeeds: Needs = some("noises", (noise) => noise > 0, "a value of --noises above 0");
/** Claims on SSAPO, which without a radius is self-DPO. */
export const aRadius: Needs = over("epsilon");
