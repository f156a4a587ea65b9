/**
 * Learning for the worst that an incomplete record leaves possible.
 *
 * @module
 */
import { adversary, type Side } from "../../lib/estimators/sensitivity/adversary.ts";
import { expectedCost, type Term } from "../../lib/exact/law_terms.ts";
import { logShownTo } from "./record.ts";
import type { Sample } from "./samples.ts";
import { descending, type Method } from "./training.ts";

/** The responses that were shown: places among all `[n]`, and what record and outcome model say of each. */
function shown({ world, log, record, model }: Sample) {
  const laws = logShownTo(world, record.correlation);
  const place = log.prompt.map((x, i) => x * world.responses + log.first[i]);
  return {
    place,
    propensity: Float64Array.from(place, (at, i) => Math.exp(laws[Number(record.sign[i] > 0)][at])),
    residual: log.outcome.map((y, i) => y - model.logged[i]),
  };
}

/** DR-CPO's estimate as coefficients of π `[X·A]`: the outcome model, and weighted residuals. */
export function estimated(sample: Sample): Float64Array {
  const { place, propensity, residual } = shown(sample), { world: { prompts }, model } = sample;
  const out = model.table.map((prediction) => prediction / prompts);
  place.forEach((at, i) => out[at] += residual[i] / propensity[i] / place.length);
  return out;
}

/**
 * What selection off by at most Γ can add to the estimate, a unit of π `[X·A]`: the least where π gains on π0, the most where
 * it loses. Thresholds are those of `adversary` at π0; any gives a valid bound, and these do not follow the policy.
 */
export function moved(sample: Sample, gamma: number, side: Side): Float64Array {
  const { place, propensity, residual } = shown(sample), start = sample.world.logStart.map(Math.exp);
  const contrast = Float64Array.from(place, (at) => start[at]), out = new Float64Array(start.length);
  const { shift } = adversary({ outcome: residual, action: place, propensity, contrast });
  shift(gamma, side).forEach((s, i) => out[place[i]] += s / place.length);
  return out;
}

/** A probability that differs from π0's by less than this is π0's: rounding is no improvement to be doubted. */
const SAME = 1e-12;

/** Minus what the worst selection takes off the improvement over π0. */
function worst(sample: Sample, gamma: number): Term {
  const [gained, lost] = (["lower", "upper"] as const).map((side) => moved(sample, gamma, side));
  const start = sample.world.logStart.map(Math.exp);
  return () => ({ chances, slopes }) => () => {
    for (let a = 0; a < chances.length; a++) {
      const more = chances[a] - start[a];
      if (Math.abs(more) >= SAME) slopes[a] -= chances[a] * (more > 0 ? gained[a] : lost[a]);
    }
  };
}

/**
 * DR-CPO's improvement over π0 where the odds of what was shown may be off by Γ, in the worst case (Kallus & Zhou, NeurIPS
 * 2018, arXiv 1805.08593), less τ KL(π ‖ π0). Γ = 1 is DR-CPO.
 */
export const robustDrCpo = (gamma: number): Method => ({
  id: "robust-dr-cpo",
  family: "outcomes",
  reads: "outcome of one shown response; its propensity given what was recorded, and by how much its odds may be off",
  learn: descending((sample, { tau }) => [
    expectedCost({ cost: estimated(sample).map((u) => -u), price: tau / sample.world.prompts }),
    worst(sample, gamma),
  ]),
});
