/**
 * A judge who errs as often as it is told.
 *
 * @module
 */
import { sigmoid } from "../../lib/exact/logistic.ts";
import type { Rng } from "../../lib/random.ts";
import { mean } from "../../lib/statistics/summary.ts";

/** Steps that halve where the steepness is looked for: as many as a float64 has digits. */
const HALVINGS = 53;
/** The steepest judge, per standard deviation of quality: it errs nowhere. */
const STEEPEST = 1024;

/** How many of some pairs are in their right place; one of two that are worth the same is so by half. */
export const rightShare = (gaps: readonly number[]): number => mean(gaps.map((gap) => (1 + Math.sign(gap)) / 2));

/**
 * Whether a judge sees each pair the right way round.
 *
 * It errs more where two are near, by a logistic function of their gap, and is as steep as makes the expected share of pairs
 * in their right place the one that is asked for, or the nearest that there is. Systematic sampling then makes as many errors
 * as are expected, to within one.
 *
 * @param gaps how much more the better of two is worth `[n]`, each >= 0
 * @param share of pairs that are to be in their right place, of equal ones a half
 */
export function judged(gaps: readonly number[], share: number, rng: Rng): boolean[] {
  const errs = (steepness: number) => gaps.map((gap) => sigmoid(-steepness * gap));
  let low = -STEEPEST, high = STEEPEST;
  for (let i = 0; i < HALVINGS; i++) {
    const middle = (low + high) / 2;
    if (1 - mean(errs(middle)) < share) low = middle;
    else high = middle;
  }
  const chances = errs((low + high) / 2);
  let met = rng.uniform();
  return chances.map((chance, i) => {
    if (gaps[i] === 0) return rng.bernoulli(0.5);
    const before = Math.floor(met);
    met += chance;
    return Math.floor(met) === before;
  });
}
