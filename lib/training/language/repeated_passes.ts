/**
 * Passes over texts that are run at every step.
 *
 * @module
 */
import type { LanguageModelConfig } from "../../policies/language/config.ts";
import type { LanguageModel } from "../../policies/language/model.ts";
import type { TextGroups } from "./examples.ts";
import { FrozenStates } from "./frozen_states.ts";
import { passTexts, type ScoredTexts } from "./scoring.ts";

/** Bytes of states below the trained blocks that are kept from step to step. */
const STATES = 2 ** 29;
/** Bytes of what a pass keeps for its way back, about; where it would be more, blocks run again. */
const KEPT = 2 ** 30;

/** Numbers that a block keeps of a token, about: its input, queries to values, what attention gave, and the gate's. */
const numbersKept = ({ width, heads, keyHeads, headWidth, hidden }: LanguageModelConfig): number =>
  4 * width + (2 * heads + 2 * keyHeads) * headWidth + 3 * hidden;

/**
 * Runs texts with a way back, again and again: states below the first trained block are kept, and blocks run again on the way
 * back where what they would keep takes much memory, which changes no number.
 *
 * @param states those that others with the same texts have kept as well
 * @returns see {@linkcode passTexts}; groups are always of the same texts
 * @example
 * ```ts ignore
 * const pass = repeatedPasses(model);
 * const { logps, back } = pass(candidates);
 * ```
 */
export function repeatedPasses(
  model: LanguageModel,
  states: FrozenStates = new FrozenStates(STATES),
): (groups: TextGroups) => ScoredTexts {
  const { config, frozenLayers } = model, bytes = 4 * (config.layers - frozenLayers) * numbersKept(config);
  return (groups) => {
    const tokens = groups.flat().reduce((sum, { ids }) => sum + ids.length, 0);
    return passTexts(model, groups, { recomputes: tokens * bytes > KEPT, collides: false, states });
  };
}
