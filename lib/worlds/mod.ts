/**
 * Worlds whose truth is known: readers of a hidden type, logs of outcomes, candidates with pairs, principles.
 *
 * @module
 */
export { candidateWorld, drawLabels, drawPairs, gainAtKl, measureCandidates } from "./candidates.ts";
export { hiddenSelection } from "./hidden_selection.ts";
export { outcomeWorld, syntheticWorld } from "./outcomes.ts";
export { pairChance, population } from "./population.ts";
export { measureConstitutions, principleWorld, winRate } from "./principles.ts";
export { revisionWorld } from "./revisions.ts";
