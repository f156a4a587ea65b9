/**
 * What the claims need of the options.
 *
 * @module
 */
import { some } from "../../lib/run/needs.ts";
import type { SyntheticOptions } from "./options.ts";

/** Why some options leave a claim untested. */
export type Needs = (o: SyntheticOptions) => string | undefined;

/** Nats below which a link leaves no mutual information that rounding would not swamp. */
const NO_LINK = 0.01;

/** Claims on the steps of the paper, which are few. */
export const paperSteps: Needs = some("longer", (multiple) => multiple === 1, "1 among --longer");

/** Claims on how many times the base policy's mutual information there is. */
export const someInformation: Needs = ({ link, junkLink }) =>
  Math.max(link, junkLink) >= NO_LINK
    ? undefined
    : `this needs --link or --junk-link of ${NO_LINK} or more: the base policy tells constitutions apart by nothing else`;

/** The same without a link. */
export const junkTells: Needs = ({ junkLink }) =>
  junkLink >= NO_LINK
    ? undefined
    : `this needs --junk-link of ${NO_LINK} or more: without a link only junk tells constitutions apart`;
